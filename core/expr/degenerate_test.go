package expr

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/stretchr/testify/require"
)

// turned is q diag(w) q^H with a fixed unitary q (real: orthogonal), exactly Hermitian; w in columns of u diag(w) v^H for rectangles.
func turned(t *testing.T, d Dtype, w []float64, rows, cols int, hermitian bool) []complex128 {
	p := program([]Type{{d, []int{rows, rows}}, {d, []int{cols, cols}}, f64(len(w))}, func(b *Builder, x []ID) []ID {
		u, v := b.emit(OpQr, nil, x[0]), b.emit(OpQr, nil, x[1])
		if hermitian {
			v = u
		}
		k := len(w)
		y := b.MatMul(b.scaleColumns(b.SliceAxis(u, 1, 0, k), x[2]), b.adjoint(b.SliceAxis(v, 1, 0, k)))
		if hermitian {
			y = b.hermitian(y)
		}
		return []ID{y}
	})
	s := noise(8)
	return eval(t, p, s.fill(p.Nodes[0].Type, nil), s.fill(p.Nodes[1].Type, nil), reals(w...))[0]
}

// Second derivatives of functions of eigenvalues and singular values at and near degenerate ones, against the same functions by products and
// functions of matrices, which know no eigenvalues. Catches: a degenerate block taken as 0 (half of the answer), the limit of another block, a quotient
// of rounding errors.
func TestSymmetricFunctionsOfDegenerateValues(t *testing.T) {
	trace := func(b *Builder, m ID) ID {
		x := b.diagonal(m)
		if b.Type(x).complex() {
			x = b.Real(x)
		}
		return b.SumAll(x)
	}
	power := func(b *Builder, m ID, n int) ID {
		y := m
		for range n - 1 {
			y = b.MatMul(y, m)
		}
		return y
	}
	type function struct {
		values   func(b *Builder, w ID) ID
		matrices func(b *Builder, h ID) ID // of h, or of a^H a
	}
	eigen := map[string]function{
		"sum of exp": {func(b *Builder, w ID) ID { return b.SumAll(b.Exp(w)) }, func(b *Builder, h ID) ID { return trace(b, b.emit(OpFunm, &Attrs{Mode: "exp"}, h)) }},
		"not separable": {func(b *Builder, w ID) ID {
			return b.Mul(b.SumAll(b.Square(w)), b.Sin(b.SumAll(b.IntegerPow(w, 3))))
		}, func(b *Builder, h ID) ID { return b.Mul(trace(b, power(b, h, 2)), b.Sin(trace(b, power(b, h, 3)))) }},
		"sum": {func(b *Builder, w ID) ID { return b.SumAll(w) }, func(b *Builder, h ID) ID { return trace(b, h) }},
	}
	for _, d := range []Dtype{array.Float64, array.Complex128} {
		for _, w := range [][]float64{{1, 1, 1}, {0.5, 0.5, 2}, {0, 0, 0, 0}, {-1, -1, 0.25, 0.25, 0.25, 3}, {1, 1 + 1e-12, 2}, {1, 1 + 1e-9}, {1, 1 + 1e-6, 1 + 2e-6}, {2, 1, 0}, {1}, {}} {
			n := len(w)
			a := turned(t, d, w, n, n, true)
			for name, f := range eigen {
				byValues := program([]Type{{d, []int{n, n}}}, func(b *Builder, x []ID) []ID { return []ID{f.values(b, b.emit(OpEigh, nil, b.hermitian(x[0])))} })
				byProducts := program([]Type{{d, []int{n, n}}}, func(b *Builder, x []ID) []ID { return []ID{f.matrices(b, b.hermitian(x[0]))} })
				tolerance := 1e-11
				if n > 1 && w[1] != w[0] && math.Abs(w[1]-w[0]) < 1e-4 {
					tolerance = 1e-8
				}
				secondDerivatives(t, byValues, byProducts, a, tolerance, name, w)
			}
		}
		singular := map[string]function{
			"sum of fourth powers": {func(b *Builder, s ID) ID { return b.SumAll(b.IntegerPow(s, 4)) }, func(b *Builder, h ID) ID { return trace(b, power(b, h, 2)) }},
			"not separable": {func(b *Builder, s ID) ID {
				return b.Exp(b.Scale(b.SumAll(b.Square(s)), -0.1))
			}, func(b *Builder, h ID) ID { return b.Exp(b.Scale(trace(b, h), -0.1)) }},
			"nuclear norm": {func(b *Builder, s ID) ID { return b.SumAll(s) }, func(b *Builder, h ID) ID { return trace(b, b.emit(OpFunm, &Attrs{Mode: "sqrt"}, h)) }},
		}
		for _, s := range [][]float64{{2, 2, 2}, {3, 1, 1}, {1 + 1e-10, 1, 0.5}, {2, 1, 0}, {1, 0, 0}, {2, 1, 0.5}} {
			for _, extra := range [][2]int{{0, 0}, {2, 0}, {0, 1}} {
				rows, cols := len(s)+extra[0], len(s)+extra[1]
				a := turned(t, d, s, rows, cols, false)
				for name, f := range singular {
					if name == "nuclear norm" && (s[2] == 0 || cols > rows) {
						continue // no derivative; or the root of a singular matrix on the other side
					}
					in := []Type{{d, []int{rows, cols}}}
					byValues := program(in, func(b *Builder, x []ID) []ID { return []ID{f.values(b, b.Result(b.emit(OpSvd, nil, x[0]), 1))} })
					byProducts := program(in, func(b *Builder, x []ID) []ID { return []ID{f.matrices(b, b.MatMul(b.adjoint(x[0]), x[0]))} })
					secondDerivatives(t, byValues, byProducts, a, 1e-8, name, s, extra)
				}
			}
		}
	}
}

func secondDerivatives(t *testing.T, f, g *Program, at []complex128, tolerance float64, what ...any) {
	t.Helper()
	s := noise(4)
	v := s.fill(f.Nodes[0].Type, nil)
	near(t, eval(t, must(Grad(g, []int{0})), at)[0], eval(t, must(Grad(f, []int{0})), at)[0], tolerance, what...)
	want := eval(t, must(Hvp(g, []int{0})), at, v)[0]
	for _, x := range want {
		require.False(t, cmplx.IsNaN(x), what)
	}
	near(t, want, eval(t, must(Hvp(f, []int{0})), at, v)[0], tolerance, what...)
	grads := must(Grad(f, []int{0})) // reverse over reverse
	back := must(Vjp(grads, []int{0}))
	near(t, want, eval(t, back, at, v)[1], tolerance, what...)
}

// What has no derivative gives NaN: vectors within a block, functions that tell equal values apart, the nuclear norm at rank n - 2 (at n - 1 it is as |x|); and nothing
// that is only large. What lies outside of the block stays finite.
func TestNoDerivativeWithinABlock(t *testing.T) {
	for _, w := range [][]float64{{1, 1, 2}, {1, 1 + 1e-16, 2}, {1, 1 + 2e-15, 2}} {
		a := turned(t, array.Float64, w, 3, 3, true)
		vectors := program([]Type{f64(3, 3)}, func(b *Builder, x []ID) []ID { return []ID{b.Result(b.emit(OpEigh, nil, x[0]), 1)} })
		s := noise(4)
		v := s.fill(f64(3, 3), nil)
		dv := eval(t, must(Jvp(vectors, []int{0})), a, v)[1]
		for i := range 3 {
			require.True(t, math.IsNaN(real(dv[3*i])) && math.IsNaN(real(dv[3*i+1])), "%v", dv)
			require.Less(t, math.Abs(real(dv[3*i+2])), 10.)
		}
		first := program([]Type{f64(3, 3)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(b.SliceAxis(b.emit(OpEigh, nil, x[0]), 0, 0, 1))} })
		for _, x := range eval(t, must(Hvp(first, []int{0})), a, v)[0] {
			require.True(t, math.IsNaN(real(x)), "%v %v", w, x)
		}
		last := program([]Type{f64(3, 3)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(b.SliceAxis(b.emit(OpEigh, nil, x[0]), 0, 2, 3))} })
		for _, x := range eval(t, must(Hvp(last, []int{0})), a, v)[0] {
			require.Less(t, math.Abs(real(x)), 10.)
		}
	}
	nuclear := program([]Type{f64(3, 3)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(b.Result(b.emit(OpSvd, nil, x[0]), 1))} })
	s := noise(4)
	for _, x := range eval(t, must(Hvp(nuclear, []int{0})), turned(t, array.Float64, []float64{2, 0, 0}, 3, 3, false), s.fill(f64(3, 3), nil))[0] {
		require.True(t, math.IsNaN(real(x)))
	}
}
