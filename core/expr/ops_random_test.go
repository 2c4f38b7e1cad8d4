package expr

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/rng"
)

// Draws are those of the key in core/rng, whatever the shape; keys fold as there.
func TestRandomNumbersAreTheKeys(t *testing.T) {
	k := rng.New(5)
	want := make([]float64, 6)
	k.Normals(want, 0, 0)
	p := program([]Type{i64(2)}, func(b *Builder, x []ID) []ID {
		folded := b.Apply(OpRandomFold, x[0], b.like(x[0], 9))
		return []ID{b.emit(OpRandomNormal, &Attrs{Dtype: array.Float64, Shape: []int{2, 3}}, x[0]), b.emit(OpRandomUniform, &Attrs{Dtype: array.Float64, Shape: []int{1}}, folded)}
	})
	out := eval(t, p, reals(4, 5))
	near(t, reals(want...), out[0][6:], 0)
	k.Fold(9).Uniforms(want[:1], 0, 0)
	near(t, reals(want[0]), out[1][1:], 0)
}

// The mean of z is a, so that its implicit derivative has the mean 1; the mean of cos t is A(k) = I1/I0, with the derivative
// 1 - A/k - A^2. 2e5 draws, bounds at 4.9 standard errors. Planted fault, seen to fail: the slope's sign, and its value at 1.05 a.
func TestImplicitDerivatives(t *testing.T) {
	const n = 200000
	for _, c := range []struct {
		op         Op
		at, want   float64
		derivative float64 // largest standard deviation of one draw's
	}{{OpRandomLoggamma, 0.6, 1, 1.2}, {OpRandomLoggamma, 7, 1, 0.5}, {OpRandomVonMises, 2, 1 - 0.6977746579640/2 - 0.6977746579640*0.6977746579640, 0.2}} {
		p := program([]Type{i64(), f64()}, func(b *Builder, x []ID) []ID {
			y := b.emit(c.op, nil, x[0], b.Broadcast(x[1], []int{n}, nil))
			if c.op == OpRandomLoggamma {
				y = b.Exp(y)
			} else {
				y = b.Cos(y)
			}
			return []ID{b.Scale(b.Sum(y, 0), 1.0/n)}
		})
		g := must(Grad(p, []int{1}))
		got := real(eval(t, g, reals(1), reals(c.at))[0][0])
		require.InDelta(t, c.want, got, 4.9*c.derivative/447, "%s at %v", c.op, c.at)
		_, err := Grad(g, []int{1})
		require.ErrorContains(t, err, "no second derivative")
	}
}
