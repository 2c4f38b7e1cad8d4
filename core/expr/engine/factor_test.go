package engine

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
)

// factorisations lists (operation, attributes, shapes of operands) for matrices of size n in lead.
func factorisations(d array.Dtype, lead []int, n int) (out []*expr.Program) {
	shape := func(s ...int) expr.Type { return typ(d, append(append([]int{}, lead...), s...)...) }
	a, rhs := shape(n, n), shape(n, 3)
	add := func(op expr.Op, attrs *expr.Attrs, results int, in ...expr.Type) {
		out = append(out, program(in, func(b *expr.Builder, x []expr.ID) (ids []expr.ID) {
			if op == expr.OpCholesky || op == expr.OpEigh { // definite
				h := b.Transpose(x[0], append(upTo(0, len(lead)), len(lead)+1, len(lead)))
				if d == array.Complex128 {
					h = b.Conj(h)
				}
				shifted := b.MatMul(x[0], h)
				e := b.Equal(b.Iota(array.Int64, a.Shape, len(lead)), b.Iota(array.Int64, a.Shape, len(lead)+1))
				x = []expr.ID{b.Add(shifted, b.Convert(e, d))}
			}
			y := must(b.Emit(op, attrs, x...))
			for k := range results {
				ids = append(ids, b.Result(y, k))
			}
			return ids
		}))
	}
	for _, on := range []bool{false, true} {
		add(expr.OpTriangularSolve, &expr.Attrs{Lower: on, Trans: !on, Unit: true}, 1, a, rhs)
		add(expr.OpSolve, &expr.Attrs{Trans: on}, 1, a, rhs)
	}
	for op, results := range map[expr.Op]int{expr.OpInv: 1, expr.OpLu: 2, expr.OpSlogdet: 2} {
		add(op, nil, results, a)
	}
	if d == array.Float64 || d == array.Complex128 {
		add(expr.OpCholesky, nil, 1, a)
		add(expr.OpEigh, nil, 1, a)
	}
	for _, s := range []expr.Type{a, shape(n, n+2), shape(n+3, n)} {
		for _, attrs := range []*expr.Attrs{nil, {Mode: "full"}} {
			add(expr.OpQr, attrs, 2, s)
			if n < 9 {
				add(expr.OpSvd, attrs, 3, s)
			}
		}
	}
	if d == array.Float64 || d == array.Complex128 {
		add(expr.OpEig, nil, 2, a)
		add(expr.OpFunm, &expr.Attrs{Mode: "exp"}, 1, a)
		add(expr.OpFunmTangent, &expr.Attrs{Mode: "exp"}, 1, a, a)
	}
	return out
}

// Every factorisation at every dtype, batches of several sizes, empty ones too, on all levels and teams: near the reference, one set of bits.
// Catches: a slab of another matrix, a result that another stage overwrites, a batch cut at the wrong place.
func TestFactorisations(t *testing.T) {
	for _, d := range []array.Dtype{array.Float64, array.Float32, array.Complex128, array.Complex64} {
		for _, lead := range [][]int{{}, {0}, {3}, {2, 19}} {
			for _, n := range []int{0, 1, 5, 9} {
				s := noise(n + 7)
				for _, p := range factorisations(d, lead, n) {
					var in []*array.Array
					for _, ty := range p.InputTypes() {
						in = append(in, s.fill(ty))
					}
					tolerance := 1e-9
					if d == array.Float32 || d == array.Complex64 {
						tolerance = 1e-3
					}
					everywhere(t, p, in, tolerance)
				}
			}
		}
	}
}

// Without vectors among the outputs values alone are computed: near those with vectors, and no memory is planned for the vectors.
func TestValuesAlone(t *testing.T) {
	const n = 40
	for _, op := range []expr.Op{expr.OpEigh, expr.OpSvd} {
		with := func(vectors bool) *expr.Program {
			return program([]expr.Type{f64(2, n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
				y := must(b.Emit(op, nil, x[0]))
				if op == expr.OpEigh {
					return map[bool][]expr.ID{false: {y}, true: {y, b.Result(y, 1)}}[vectors]
				}
				return map[bool][]expr.ID{false: {b.Result(y, 1)}, true: {b.Result(y, 1), y, b.Result(y, 2)}}[vectors]
			})
		}
		s := noise(3)
		in := []*array.Array{s.fill(f64(2, n, n))}
		ex := must(Compile(with(false), Options{}))
		require.Less(t, ex.Bytes(), 8*n*n)
		near(t, runs(t, with(true), nil, in)[:1], runs(t, with(false), nil, in), 1e-13, op.String())
	}
}

// A NaN in one matrix of a batch leaves the others alone, and ends every factorisation at once.
func TestFactorisationsOfNaN(t *testing.T) {
	for _, p := range factorisations(array.Float64, []int{3}, 6) {
		s := noise(5)
		var clean, bad []*array.Array
		for _, ty := range p.InputTypes() {
			x := s.fill(ty)
			y := empty(ty)
			copy(y.Data, x.Data)
			clean, bad = append(clean, x), append(bad, y)
		}
		size := bad[0].Len() / 3
		array.View[float64](bad[0])[size+size/2] = math.NaN()
		array.View[float64](bad[0])[2*size+1] = math.Inf(1)
		want, got := runs(t, p, nil, clean), runs(t, p, nil, bad)
		for k := range want {
			one := len(want[k].Data) / 3
			require.Equal(t, want[k].Data[:one], got[k].Data[:one], "%v", p)
		}
	}
}

// A batch that takes long ends soon after its context.
func TestFactorisationsStop(t *testing.T) {
	p := program([]expr.Type{f64(4000, 60, 60)}, func(b *expr.Builder, x []expr.ID) []expr.ID { return []expr.ID{must(b.Emit(expr.OpEigh, nil, x[0]))} })
	s := noise(1)
	in, out := []*array.Array{s.fill(p.InputTypes()[0])}, outputs(p)
	ex := must(Compile(p, Options{}))
	for _, workers := range []int{1, 2} {
		team := par.NewTeam(workers)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		start := time.Now()
		require.ErrorIs(t, ex.Run(ctx, team, in, out), context.DeadlineExceeded)
		require.Less(t, time.Since(start), 2*time.Second) // all of it takes far longer
		cancel()
		team.Close()
	}
}

// A steady call of small factorisations allocates nothing, alone and shared.
func TestFactorisationsAllocateNothing(t *testing.T) {
	p := program([]expr.Type{f64(200, 12, 12), f64(200, 12, 1)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		w := must(b.Emit(expr.OpEigh, nil, x[0]))
		q := must(b.Emit(expr.OpQr, nil, x[0]))
		d := must(b.Emit(expr.OpSlogdet, nil, x[0]))
		return []expr.ID{w, b.Result(w, 1), q, b.Result(q, 1), d, must(b.Emit(expr.OpSolve, nil, x[0], x[1])), must(b.Emit(expr.OpInv, nil, x[0]))}
	})
	s := noise(2)
	in, out := []*array.Array{s.fill(p.InputTypes()[0]), s.fill(p.InputTypes()[1])}, outputs(p)
	ex := must(Compile(p, Options{}))
	for _, workers := range []int{1, 2} {
		team := par.NewTeam(workers)
		run := func() { require.NoError(t, ex.Run(context.Background(), team, in, out)) }
		run()
		run()
		require.Zero(t, testing.AllocsPerRun(20, run), "%d workers", workers)
		team.Close()
	}
}
