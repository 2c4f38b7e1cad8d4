package engine

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
)

// Energies and gradients of lattice fields of many shapes, rolled along every axis by several steps, with a field along the last axis, a mean of
// rows and a function between the sums; same bits on all levels and teams. Catches a row that comes round on the wrong side, a wrong distance between
// rows, leaves of a fold cut in another place, tiles done at once that are no whole rows.
func TestStencils(t *testing.T) {
	for k, shape := range [][]int{{64}, {3, 64, 64}, {2, 5, 9}, {7, 100}, {130, 8}, {4, 12, 12, 12}, {1000}, {5, 1000}, {3, 16, 2100}, {40, 40, 16}, {2, 3, 3}, {300, 20}} {
		for _, d := range []array.Dtype{array.Float64, array.Float32} {
			last := len(shape) - 1
			energy := func(b *expr.Builder, x []expr.ID) []expr.ID {
				f := x[0]
				near := b.Mul(f, b.BroadcastTo(x[1], shape))
				for axis := range shape {
					near = b.Add(near, b.Roll(b.Scale(f, 0.5), []int{axis}, []int{1 + axis}))
				}
				mean := b.Scale(b.Sum(f, last), 1/float64(shape[last]))
				axes := make([]int, last)
				for i := range axes {
					axes[i] = i
				}
				u := b.Sub(f, b.Broadcast(mean, shape, axes))
				w := b.Tanh(b.Mul(near, u))
				e := b.Add(b.Mul(w, f), b.Scale(b.IntegerPow(f, 4), 0.1))
				return []expr.ID{b.SumAll(e), b.Sum(w, last), b.Reduce(expr.OpReduceMax, e, last)}
			}
			in := []expr.Type{typ(d, shape...), typ(d, shape[last])}
			p := program(in, energy)
			q := must(expr.Grad(program(in, func(b *expr.Builder, x []expr.ID) []expr.ID { return energy(b, x)[:1] }), []int{0, 1}))
			s := noise(k)
			x := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}
			tolerance := map[array.Dtype]float64{array.Float64: 1e-11, array.Float32: 1e-4}[d]
			everywhere(t, p, x, tolerance)
			everywhere(t, q, x, tolerance)
		}
	}
}

// A NaN has the bits of math.NaN() in every output, whatever made it: invalid operations (negative on x86), NaNs with a payload of the inputs,
// NaNs that went through a stage that moves numbers; on all levels. Catches an output that is stored as the processor left it.
func TestCanonicalNaN(t *testing.T) {
	payload := math.Float64frombits(0xfff8000000001234)
	for _, n := range []int{1, 5, 8, 100, 1500} {
		p := program([]expr.Type{f64(n), f64(n), typ(array.Complex128, n), typ(array.Float32, n)}, func(b *expr.Builder, x []expr.ID) (out []expr.ID) {
			u, v := x[0], x[1]
			bad := b.Sub(u, u) // of infinities
			pick := b.Less(u, v)
			out = append(out, bad, b.Add(bad, v), b.Mul(v, bad), b.Apply(expr.OpDiv, bad, bad), b.Neg(bad), b.Apply(expr.OpAbs, bad), b.Apply(expr.OpMax, bad, v), b.Apply(expr.OpMin, v, bad),
				b.Select(pick, bad, v), b.Apply(expr.OpSqrt, b.Neg(b.Square(u))), b.Exp(bad), b.Tanh(b.Add(bad, v)), b.Apply(expr.OpErf, bad), b.SumAll(bad), b.Reduce(expr.OpReduceMax, bad, 0), b.Reduce(expr.OpReduceProd, bad, 0),
				b.Roll(bad, []int{0}, []int{1}), must(b.Emit(expr.OpSort, &expr.Attrs{Axis: 0}, bad)), b.Mul(x[2], x[2]), b.Mul(x[3], b.Convert(bad, array.Float32)), b.Convert(x[3], array.Float64))
			return out
		})
		s := noise(n)
		var in []*array.Array
		for _, ty := range p.InputTypes() {
			in = append(in, s.fill(ty))
		}
		for k := range n {
			x := [...]float64{math.Inf(1), math.Inf(-1), payload, math.NaN(), -payload, 2}[k%6]
			array.View[float64](in[0])[k] = x
			array.View[complex128](in[2])[k] = complex(x, 1)
			array.View[float32](in[3])[k] = float32(x)
		}
		onLevels(t, func(l simd.Level) {
			found := 0
			for o, a := range runs(t, p, nil, in) {
				check := func(x float64, bits, want uint64) {
					if x != x {
						found++
						require.Equal(t, want, bits, "output %d, %d elements, %v", o, n, l)
					}
				}
				switch a.Dtype {
				case array.Float64:
					for _, x := range array.View[float64](a) {
						check(x, math.Float64bits(x), math.Float64bits(math.NaN()))
					}
				case array.Float32:
					for _, x := range array.View[float32](a) {
						check(float64(x), uint64(math.Float32bits(x)), uint64(math.Float32bits(float32(math.NaN()))))
					}
				case array.Complex128:
					for _, z := range array.View[complex128](a) {
						check(real(z), math.Float64bits(real(z)), math.Float64bits(math.NaN()))
						check(imag(z), math.Float64bits(imag(z)), math.Float64bits(math.NaN()))
					}
				}
			}
			require.Greater(t, found, 15)
		})
	}
}

// Truth values of comparisons are joined and chosen by, in loops and out of them (stored ones, ones of integers). Catches a mask that lives in a
// register where others read memory, an operation on masks of another width.
func TestMasks(t *testing.T) {
	for k, n := range []int{3, 17, 600, 5000} {
		for _, d := range []array.Dtype{array.Float64, array.Float32} {
			p := program([]expr.Type{typ(d, n), typ(d, n), typ(array.Int64, n), typ(array.Bool, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
				u, v := x[0], x[1]
				ok := b.Apply(expr.OpAnd, b.Less(u, v), b.Apply(expr.OpGreater, v, b.Fill(typ(d, n), 0)))
				near := b.Apply(expr.OpOr, ok, b.Apply(expr.OpNot, b.Apply(expr.OpLessEqual, u, b.Scale(v, 0.5))))
				mixed := b.Apply(expr.OpAnd, b.Equal(x[2], x[2]), b.Apply(expr.OpOr, near, x[3]))
				kept := b.Apply(expr.OpXor, b.Less(b.Tanh(u), v), ok)
				return []expr.ID{b.Select(ok, u, v), b.Select(near, b.Exp(u), v), b.Select(mixed, b.Add(u, v), v), kept, b.Mul(b.Convert(near, d), u), b.SumAll(b.Convert(ok, d)), b.Convert(mixed, array.Float64), b.Convert(b.Less(u, v), array.Int64), b.SumAll(b.Select(ok, b.Log(b.Apply(expr.OpAbs, v)), u))}
			})
			s := noise(k)
			var in []*array.Array
			for _, ty := range p.InputTypes() {
				in = append(in, s.fill(ty))
			}
			everywhere(t, p, in, map[array.Dtype]float64{array.Float64: 1e-12, array.Float32: 1e-5}[d])
		}
	}
}
