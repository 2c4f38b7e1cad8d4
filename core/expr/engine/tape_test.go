package engine

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
)

// A tape has the bits of the nests, on every level, NaN, infinities and signs of zero included; and of gradients. Catches a place that is taken
// for another, an operation with another rounding or sign, and sums in another order.
func TestTapesHaveTheBitsOfNests(t *testing.T) {
	strange := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1e-310, 1, -1}
	tapes := 0
	for seed := range 400 {
		s := noise(seed + 77)
		sh := [][2]int{{1, 5}, {2, 2}, {2, 3}, {1, 1}, {4, 2}}[seed%5]
		d := array.Float64
		if seed%7 == 3 {
			d = array.Float32
		}
		p := randomProgram(&s, d, sh[0], sh[1], 3+seed%4)
		in := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}
		if d == array.Float64 && seed%2 == 0 {
			for i := range 3 {
				array.View[float64](in[i%2])[s.below(sh[0]*sh[1])] = strange[s.below(len(strange))]
			}
		}
		programs := []*expr.Program{p}
		if d == array.Float64 {
			programs = append(programs, must(expr.Grad(p, []int{0, 1})))
		}
		for _, q := range programs {
			ex := must(Compile(q, Options{inner: true}))
			if ex.tape == nil {
				continue
			}
			tapes++
			want := cleaned(runs(t, q, nil, in))
			onLevels(t, func(simd.Level) {
				got := outputs(q)
				require.NoError(t, ex.Run(context.Background(), nil, in, got))
				same(t, want, got, q.String())
			})
		}
	}
	require.Greater(t, tapes, 150)
}

// cleaned gives NaNs one set of bits, as a tape does.
func cleaned(out []*array.Array) []*array.Array {
	for _, a := range out {
		switch a.Dtype {
		case array.Float64:
			simd.Canonical(array.View[float64](a), array.View[float64](a))
		case array.Float32:
			simd.Canonical(array.View[float32](a), array.View[float32](a))
		}
	}
	return out
}

// Every element-wise operation of every dtype, as a tape.
func TestTapesKnowEveryElementwiseOperation(t *testing.T) {
	for _, row := range expr.Table() {
		if !row.Elementwise || row.Op == expr.OpConvert || row.Op == expr.OpSelect {
			continue
		}
		for _, d := range row.Dtypes {
			in := make([]expr.Type, row.Arity)
			for k := range in {
				in[k] = typ(d, 3)
			}
			p := program(in, func(b *expr.Builder, x []expr.ID) []expr.ID {
				var a *expr.Attrs
				if row.Op == expr.OpIntegerPow || row.Op == expr.OpPolygamma {
					a = &expr.Attrs{N: 3}
				}
				return []expr.ID{must(b.Emit(row.Op, a, x...))}
			})
			ex := must(Compile(p, Options{inner: true}))
			if ex.tape == nil {
				continue
			}
			s := noise(9)
			var x []*array.Array
			for _, u := range in {
				x = append(x, s.fill(u))
			}
			want, got := cleaned(runs(t, p, nil, x)), outputs(p)
			require.NoError(t, ex.Run(context.Background(), nil, x, got))
			same(t, want, got, p.String())
		}
	}
}
