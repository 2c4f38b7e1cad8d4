package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// distances is the energy of n particles with m coordinates each in a box, over all pairs within a cutoff, as users write it.
func distances(d array.Dtype, n, m int) *expr.Program {
	return program([]expr.Type{typ(d, n, m), typ(d, m)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		all := []int{n, n, m}
		r := b.Sub(b.Broadcast(x[0], all, []int{0, 2}), b.Broadcast(x[0], all, []int{1, 2}))
		box := b.Broadcast(x[1], all, []int{2})
		r = b.Sub(r, b.Mul(box, b.Apply(expr.OpRound, b.Div(r, box))))
		r2 := b.Sum(b.Square(r), 2)
		pair := b.Type(r2)
		ok := b.Apply(expr.OpAnd, b.Less(r2, b.Fill(pair, 0.5)), b.Apply(expr.OpGreater, r2, b.Fill(pair, 0)))
		inv := b.Div(b.Fill(pair, 1), b.IntegerPow(b.Select(ok, r2, b.Fill(pair, 1)), 3))
		e := b.SumAll(b.Select(ok, b.Sub(b.Square(inv), inv), b.Fill(pair, 0)))
		bonds := b.Sub(b.SliceAxis(x[0], 0, 1, n), b.SliceAxis(x[0], 0, 0, n-1))
		length := b.Apply(expr.OpSqrt, b.Sum(b.Square(bonds), 1))
		return []expr.ID{b.Add(b.Scale(e, 1e-3), b.SumAll(length)), length, b.Reduce(expr.OpReduceMax, r, 2), b.Sum(r, 0), b.Roll(bonds, []int{0}, []int{2})}
	})
}

// Pair energies, forces and what else is computed along axes of 2 to 7 components: the bits of the program as written, on all levels and teams.
// Catches a component in another place, a fold in another order, a zero of the other sign.
func TestTurned(t *testing.T) {
	for _, d := range []array.Dtype{array.Float64, array.Float32} {
		for m := 1; m <= 8; m++ {
			p := distances(d, 17, m)
			if _, turned, err := turn(p); m > 1 && m < 8 {
				require.NoError(t, err)
				require.NotEmpty(t, turned)
			}
			energy := *p
			energy.Outputs = p.Outputs[:1]
			for _, q := range []*expr.Program{p, must(expr.ValueAndGrad(expr.Prune(&energy), []int{0, 1})), must(expr.Vmap(p, []int{0, -1}, nil, 5))} {
				s := noise(m)
				in := []*array.Array{s.fill(q.InputTypes()[0]), s.fill(q.InputTypes()[1])}
				everywhere(t, q, in, map[array.Dtype]float64{array.Float64: 1e-9, array.Float32: 2e-2}[d])
				want := outputs(q)
				require.NoError(t, must(Compile(q, Options{asWritten: true})).Run(context.Background(), nil, in, want))
				same(t, want, runs(t, q, nil, in), q.String())
			}
		}
	}
}
