package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
)

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func typ(d array.Dtype, shape ...int) expr.Type {
	return expr.Type{Dtype: d, Shape: append([]int{}, shape...)}
}

func f64(shape ...int) expr.Type { return typ(array.Float64, shape...) }

func program(in []expr.Type, f func(b *expr.Builder, x []expr.ID) []expr.ID) *expr.Program {
	b := expr.NewBuilder()
	x := make([]expr.ID, len(in))
	for i, t := range in {
		x[i] = b.Input(t)
	}
	return b.Finish(f(b, x)...)
}

// noise is a fixed stream of numbers in (-1, 1).
type noise uint64

func (s *noise) next() float64 {
	*s = *s*6364136223846793005 + 1442695040888963407
	return float64(int64(*s)>>11) / 0x1p52
}

func (s *noise) below(n int) int { return min(int((s.next()*0.5+0.5)*float64(n)), n-1) }

func (s *noise) fill(t expr.Type) *array.Array {
	a := empty(t)
	n := t.Len()
	for i := range n {
		x := s.next()
		switch t.Dtype {
		case array.Float64:
			array.View[float64](a)[i] = x
		case array.Float32:
			array.View[float32](a)[i] = float32(x)
		case array.Complex128:
			array.View[complex128](a)[i] = complex(x, s.next())
		case array.Complex64:
			array.View[complex64](a)[i] = complex64(complex(x, s.next()))
		case array.Int64:
			array.View[int64](a)[i] = int64(math.Floor(9 * x))
		case array.Int32:
			array.View[int32](a)[i] = int32(math.Floor(9 * x))
		default:
			a.Data[i] = byte(s.below(2))
		}
	}
	return a
}

func empty(t expr.Type) *array.Array {
	bytes := make([]uint64, t.Len()*t.Dtype.Size()/8+2)
	a := array.FromSlice(array.Uint64, bytes)
	return &array.Array{Dtype: t.Dtype, Shape: t.Shape, Data: a.Data[:t.Len()*t.Dtype.Size()]}
}

func outputs(p *expr.Program) (out []*array.Array) {
	for _, t := range p.OutputTypes() {
		out = append(out, empty(t))
	}
	return out
}

func runs(t testing.TB, p *expr.Program, team *par.Team, in []*array.Array) []*array.Array {
	t.Helper()
	ex, err := Compile(p, Options{})
	require.NoError(t, err, "%v", p)
	out := outputs(p)
	for _, a := range out {
		for i := range a.Data {
			a.Data[i] = 0xa5
		}
	}
	require.NoError(t, ex.Run(context.Background(), team, in, out), "%v", p)
	return out
}

// numbers are the elements as complex numbers.
func numbers(a *array.Array) []complex128 {
	out := make([]complex128, a.Len())
	for i := range out {
		switch a.Dtype {
		case array.Float64:
			out[i] = complex(array.View[float64](a)[i], 0)
		case array.Float32:
			out[i] = complex(float64(array.View[float32](a)[i]), 0)
		case array.Complex128:
			out[i] = array.View[complex128](a)[i]
		case array.Complex64:
			out[i] = complex128(array.View[complex64](a)[i])
		case array.Int64:
			out[i] = complex(float64(array.View[int64](a)[i]), 0)
		case array.Int32:
			out[i] = complex(float64(array.View[int32](a)[i]), 0)
		default:
			out[i] = complex(float64(a.Data[i]), 0)
		}
	}
	return out
}

func near(t testing.TB, want, got []*array.Array, tolerance float64, what string) {
	t.Helper()
	require.Len(t, got, len(want))
	for o := range want {
		x, y := numbers(want[o]), numbers(got[o])
		require.Len(t, y, len(x))
		scale, worst, at := 1.0, 0.0, 0
		for i := range x {
			if x[i] == y[i] || isNaN(x[i]) && isNaN(y[i]) {
				continue
			}
			size := func(z complex128) float64 { return math.Hypot(real(z), imag(z)) }
			scale = max(scale, size(x[i]))
			d := size(x[i] - y[i])
			if d != d {
				d = math.Inf(1)
			}
			if d > worst {
				worst, at = d, i
			}
		}
		if worst > tolerance*scale {
			t.Fatalf("output %d is off by %.3g at %d (scale %.3g): want %v, got %v\n%s", o, worst, at, scale, x[at], y[at], what)
		}
	}
}

func same(t testing.TB, want, got []*array.Array, what string) {
	t.Helper()
	for o := range want {
		if !slices.Equal(want[o].Data, got[o].Data) {
			t.Fatalf("output %d: other bits\n%v\n%v\n%s", o, numbers(want[o])[:min(want[o].Len(), 20)], numbers(got[o])[:min(want[o].Len(), 20)], what)
		}
	}
}

func onLevels(t *testing.T, f func(level simd.Level)) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for _, l := range simd.Levels() {
		require.NoError(t, simd.Use(l))
		f(l)
	}
}

// everywhere runs p on all levels and team sizes: one set of bits, near the reference.
func everywhere(t *testing.T, p *expr.Program, in []*array.Array, tolerance float64) {
	t.Helper()
	want, err := expr.Reference(p, in)
	require.NoError(t, err)
	what := p.String()
	var first []*array.Array
	onLevels(t, func(level simd.Level) {
		for _, n := range []int{1, 2, 3, 7} {
			if n > 2 && level != simd.Levels()[0] {
				continue
			}
			team := par.NewTeam(n)
			got := runs(t, p, team, in)
			team.Close()
			if first == nil {
				first = got
				near(t, want, got, tolerance, what)
			} else {
				same(t, first, got, fmt.Sprintf("%v, %d workers\n%s", level, n, what))
			}
		}
	})
}

// randomProgram is a program over two (r, c) arrays that tries views, broadcasts, reductions, products and copies.
func randomProgram(s *noise, d array.Dtype, r, c, length int) *expr.Program {
	return program([]expr.Type{typ(d, r, c), typ(d, r, c)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		vs := append([]expr.ID{}, x...)
		shape := []int{r, c}
		fill := func(v float64) expr.ID { return b.Fill(typ(d, r, c), v) }
		fit := func(v expr.ID) expr.ID { // back to (r, c)
			t := b.Type(v)
			switch {
			case t.Rank() == 0:
				return b.BroadcastTo(v, shape)
			case t.Rank() == 1 && t.Shape[0] == r:
				return b.Broadcast(v, shape, []int{0})
			case t.Rank() == 1:
				return b.Broadcast(v, shape, []int{1})
			case t.Shape[0] != r:
				return b.Transpose(v, []int{1, 0})
			}
			return v
		}
		var sums []expr.ID
		for range length {
			v, w := vs[s.below(len(vs))], vs[s.below(len(vs))]
			var y expr.ID
			axis := s.below(2)
			n := shape[axis]
			switch s.below(26) {
			case 0:
				y = b.Sin(v)
			case 1:
				y = b.Tanh(b.Mul(v, w))
			case 2:
				y = b.Sub(v, b.Scale(w, 0.5))
			case 3:
				y = b.Scale(b.Sum(v, axis), 1/float64(n))
			case 4:
				y = b.Roll(v, []int{axis}, []int{s.below(5) - 2})
			case 5:
				y = b.Reverse(v, axis)
			case 6:
				lo := s.below(n)
				hi := lo + 1 + s.below(n-lo)
				y = b.SliceAxis(v, axis, lo, hi)
				y = b.PadAxis(y, axis, n-hi, lo)
			case 7:
				y = b.Scale(b.MatMul(v, b.Transpose(w, []int{1, 0})), 1/float64(c))
				y = b.Scale(b.MatMul(y, w), 1/float64(r))
			case 8:
				y = b.Transpose(v, []int{1, 0})
				y = b.Mul(y, b.Sin(b.Transpose(w, []int{1, 0})))
			case 9:
				y = b.Div(v, b.Add(b.Square(w), fill(1)))
			case 10:
				y = b.Reduce(expr.OpLogsumexp, v, axis)
				y = b.Sin(y)
			case 11:
				y = b.Tanh(b.Along(expr.OpCumsum, v, axis))
			case 12:
				y = b.Select(b.Apply(expr.OpGreater, v, w), v, b.Cos(w))
			case 13:
				y = b.Scale(b.SumAll(b.Mul(v, w)), 1/float64(r*c))
			case 14:
				y = b.Apply(expr.OpExpit, b.Add(v, b.Neg(w)))
			case 15:
				y = b.Reduce(expr.OpReduceMax, v, axis)
			case 16:
				y = b.Reshape(b.Sin(b.Reshape(b.Neg(v), []int{c, r})), shape)
			case 17:
				y = b.Roll(b.Scale(v, 0.5), []int{0, 1}, []int{1, -1})
			case 18:
				y = b.Roll(b.Transpose(b.Neg(v), []int{1, 0}), []int{axis}, []int{1})
			case 19:
				lo := s.below(n)
				y = must(b.Emit(expr.OpConcatenate, &expr.Attrs{Axis: axis}, b.SliceAxis(v, axis, lo, n), b.SliceAxis(w, axis, 0, lo)))
			case 20:
				y = b.Reverse(b.Transpose(b.Roll(b.Abs(v), []int{axis}, []int{2}), []int{1, 0}), 0)
			case 21:
				at := make([]int64, n)
				for i := range at {
					at[i] = int64(s.below(n))
				}
				y = b.Gather(v, []int{axis}, b.Const(array.FromSlice(array.Int64, at)))
				y = b.Scatter("add", false, w, b.Scale(y, 0.3), []int{axis}, b.Const(array.FromSlice(array.Int64, at)))
			case 22:
				stride := []int{1, 1}
				stride[axis] = 2
				u := must(b.Emit(expr.OpSlice, &expr.Attrs{Start: []int{0, 0}, Limit: shape, Stride: stride}, b.Square(v)))
				y = must(b.Emit(expr.OpSliceUpdate, &expr.Attrs{Start: []int{0, 0}, Stride: stride, Mode: "add"}, w, u))
				y = b.Tanh(y)
			case 23:
				y = b.IntegerPow(b.Sin(v), 2+s.below(4))
			case 24:
				y = b.Select(b.Equal(b.Iota(array.Int64, shape, axis), b.Fill(typ(array.Int64, r, c), 1)), b.Sub(fill(1), v), b.Apply(expr.OpMulz, v, w))
			case 25:
				y = b.Mul(b.Broadcast(b.Reshape(b.SliceAxis(v, axis, n/2, n/2+1), []int{r * c / n}), shape, []int{1 - axis}), w)
			}
			if t := b.Type(y); t.Rank() < 2 {
				sums = append(sums, y)
			}
			vs = append(vs, fit(y))
		}
		last := vs[len(vs)-1]
		return append([]expr.ID{b.SumAll(b.Mul(last, vs[len(vs)-2])), last, last, x[0], b.Transpose(vs[len(vs)-3], []int{1, 0})}, sums...)
	})
}

func TestRandomPrograms(t *testing.T) {
	shapes := [][2]int{{3, 4}, {1, 5}, {40, 70}, {2, 1300}, {1300, 3}, {600, 20}}
	for seed := range 240 {
		s := noise(seed)
		sh := shapes[seed%len(shapes)]
		if sh[0]*sh[1] > 20 && seed > 120 {
			continue
		}
		d, tolerance := array.Float64, 1e-11
		if seed%4 == 3 {
			d, tolerance = array.Float32, 2e-4
		}
		p := randomProgram(&s, d, sh[0], sh[1], 12)
		everywhere(t, p, []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}, tolerance)
		if d == array.Float64 && sh[0]*sh[1] <= 20 {
			g := must(expr.Grad(p, []int{0, 1}))
			everywhere(t, g, []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}, 1e-10)
		}
	}
}
