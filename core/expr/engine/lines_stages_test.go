package engine

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// lineShapes are arrays and an axis: short and long, contiguous and not, empty ones.
var lineShapes = []struct {
	shape []int
	axis  int
}{
	{[]int{7}, 0}, {[]int{1}, 0}, {[]int{0, 3}, 1}, {[]int{3, 0}, 0}, {[]int{2, 5, 3}, 1}, {[]int{300, 3}, 0}, {[]int{130, 40}, 0}, {[]int{40, 130}, 1}, {[]int{5, 1100}, 1},
	{[]int{3, 9, 700}, 1}, {[]int{70001}, 0}, {[]int{33000, 2}, 0}, {[]int{2, 66000}, 1},
}

// spoil puts NaN, infinities and zeros of both signs into an array of floats.
func spoil(s *noise, a *array.Array) {
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), -math.NaN()}
	for k := range a.Len() / 6 {
		i := s.below(a.Len())
		switch a.Dtype {
		case array.Float64:
			array.View[float64](a)[i] = odd[k%6]
		case array.Float32:
			array.View[float32](a)[i] = float32(odd[k%6])
		case array.Complex128:
			array.View[complex128](a)[i] = complex(odd[k%6], odd[k%5])
		case array.Complex64:
			array.View[complex64](a)[i] = complex64(complex(odd[k%6], odd[k%5]))
		}
	}
}

// Operations along an axis at every dtype, near the reference, with one set of bits on all levels for one worker, three and seven.
func TestLines(t *testing.T) {
	tried := 0
	for _, op := range []expr.Op{expr.OpCumsum, expr.OpCumprod, expr.OpCummax, expr.OpCummin, expr.OpCumlogsumexp, expr.OpLinearRecurrence, expr.OpArgmax, expr.OpArgmin, expr.OpSort, expr.OpArgsort} {
		for _, d := range dtypes {
			for k, c := range lineShapes {
				for _, spoiled := range []bool{false, true} {
					sums := op == expr.OpCumsum || op == expr.OpCumprod || op == expr.OpLinearRecurrence
					if spoiled && (sums || d == array.Int64 || d == array.Int32 || d == array.Bool) || c.shape[c.axis] > 10000 && k%2 == 1 && (d == array.Float32 || d == array.Complex128) {
						continue
					}
					in := []expr.Type{typ(d, c.shape...)}
					if op == expr.OpLinearRecurrence {
						in = append(in, in[0])
					}
					ok := true
					p := program(in, func(b *expr.Builder, x []expr.ID) []expr.ID {
						a := &expr.Attrs{Axis: c.axis, Reverse: k%2 == 1 && op <= expr.OpLinearRecurrence && op >= expr.OpCumsum}
						y, err := b.Emit(op, a, x...)
						if ok = err == nil; !ok {
							return nil
						}
						return []expr.ID{y}
					})
					if !ok {
						continue
					}
					tried++
					s := noise(k)
					var values []*array.Array
					for _, ty := range in {
						a := s.fill(ty)
						if spoiled {
							spoil(&s, a)
						}
						values = append(values, a)
					}
					tolerance := map[array.Dtype]float64{array.Float32: 2e-5, array.Complex64: 2e-5}[d]
					if sums && c.shape[c.axis] > 10000 {
						tolerance *= 10
					}
					everyone(t, p, values, tolerance+1e-11)
				}
			}
		}
	}
	require.Greater(t, tried, 600)
}

func TestSearchsorted(t *testing.T) {
	for _, d := range []array.Dtype{array.Float64, array.Float32, array.Int64, array.Int32} {
		for _, mode := range []string{"left", "right", ""} {
			for _, shapes := range [][2][]int{{{50}, {5000}}, {{0}, {7}}, {{1}, {3, 4}}, {{3, 40}, {3, 1500}}, {{2, 5}, {2, 0}}, {{1000}, {}}} {
				n := len(shapes[0]) - 1
				p := program([]expr.Type{typ(d, shapes[0]...), typ(d, shapes[1]...)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
					return []expr.ID{must(b.Emit(expr.OpSearchsorted, &expr.Attrs{N: n, Mode: mode}, b.Along(expr.OpSort, x[0], n), x[1]))}
				})
				s := noise(4)
				x, v := s.fill(p.Type(0)), s.fill(p.Type(1))
				spoil(&s, x)
				spoil(&s, v)
				everyone(t, p, []*array.Array{x, v}, 0)
			}
		}
	}
}

// Products of integers wrap as NumPy's, whatever the layout.
func TestIntegerProducts(t *testing.T) {
	for _, d := range []array.Dtype{array.Int64, array.Int32} {
		for _, c := range []struct {
			x, y []int
			a    expr.Attrs
		}{
			{[]int{70, 130}, []int{130, 90}, expr.Attrs{Contract: [2][]int{{1}, {0}}}}, {[]int{70, 13}, []int{90, 13}, expr.Attrs{Contract: [2][]int{{1}, {1}}}},
			{[]int{13, 70}, []int{13, 90}, expr.Attrs{Contract: [2][]int{{0}, {0}}}}, {[]int{5, 3, 7}, []int{5, 7, 2}, expr.Attrs{Contract: [2][]int{{2}, {1}}, Batch: [2][]int{{0}, {0}}}},
			{[]int{4, 3}, []int{3}, expr.Attrs{Contract: [2][]int{{1}, {0}}}}, {[]int{3}, []int{3, 5}, expr.Attrs{Contract: [2][]int{{0}, {0}}}}, {[]int{4, 0}, []int{0, 3}, expr.Attrs{Contract: [2][]int{{1}, {0}}}},
			{[]int{2, 3, 4, 5}, []int{4, 3, 6, 2}, expr.Attrs{Contract: [2][]int{{2}, {0}}, Batch: [2][]int{{1, 0}, {1, 3}}}}, {[]int{3}, []int{2}, expr.Attrs{}},
		} {
			p := program([]expr.Type{typ(d, c.x...), typ(d, c.y...)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{must(b.Emit(expr.OpDotGeneral, &c.a, x...)), must(b.Emit(expr.OpDotGeneral, &c.a, b.Mul(x[0], x[0]), b.Reverse(x[1], 0)))}
			})
			s := noise(4)
			in := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}
			if d == array.Int32 && in[0].Len() > 0 {
				array.View[int32](in[0])[0] = math.MaxInt32
			}
			everyone(t, p, in, 0)
		}
	}
}
