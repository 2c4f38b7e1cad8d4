package expr

import (
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/stretchr/testify/require"
)

// Derivatives where careless rules give NaN, infinities or half the answer. Each is taken by reverse and by forward mode.
func TestHardDerivatives(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	zeroOf := func(b *Builder, x ID) ID { return b.like(x, 0) }
	dead := func(op Op) func(b *Builder, x []ID) ID { // where(x > 0, op(x), 0)
		return func(b *Builder, x []ID) ID {
			return b.SumAll(b.Select(b.Apply(OpGreater, x[0], zeroOf(b, x[0])), b.Apply(op, x[0]), zeroOf(b, x[0])))
		}
	}
	norm := func(op Op) func(b *Builder, x []ID) ID {
		return func(b *Builder, x []ID) ID { return b.Apply(op, b.SumAll(b.Square(x[0]))) }
	}
	power := func(b *Builder, x []ID) ID { return b.SumAll(b.Apply(OpPow, x[0], x[1])) }
	reduce := func(op Op) func(b *Builder, x []ID) ID {
		return func(b *Builder, x []ID) ID { return b.Reduce(op, x[0], 0) }
	}
	two := func(op Op) func(b *Builder, x []ID) ID {
		return func(b *Builder, x []ID) ID { return b.SumAll(b.Apply(op, x[0], x[1])) }
	}
	for name, c := range map[string]struct {
		f    func(b *Builder, x []ID) ID
		x    [][]float64
		want []float64
	}{
		"log in a dead branch":           {dead(OpLog), [][]float64{{0, -1, 2}}, []float64{0, 0, 0.5}},
		"sqrt in a dead branch":          {dead(OpSqrt), [][]float64{{0, -1, 4}}, []float64{0, 0, 0.25}},
		"exp overflows in a dead branch": {dead(OpSinh), [][]float64{{-1000, 0}}, []float64{0, 0}},
		"quotient in a dead branch": {func(b *Builder, x []ID) ID {
			return b.SumAll(b.Select(b.Equal(x[1], zeroOf(b, x[1])), zeroOf(b, x[0]), b.Mul(x[0], b.Div(b.like(x[1], 1), x[1]))))
		}, [][]float64{{3}, {0}}, []float64{0, 0}},
		"sqrt at 0 is honest":  {func(b *Builder, x []ID) ID { return b.SumAll(b.Sqrt(x[0])) }, [][]float64{{0}}, []float64{inf}},
		"x sqrt(x) at 0":       {func(b *Builder, x []ID) ID { return b.SumAll(b.Mul(x[0], b.Sqrt(x[0]))) }, [][]float64{{0, 4}}, []float64{0, 3}},
		"norm at 0":            {norm(OpSqrt0), [][]float64{{0, 0}}, []float64{0, 0}},
		"norm elsewhere":       {norm(OpSqrt0), [][]float64{{3, 4}}, []float64{0.6, 0.8}},
		"abs at 0":             {func(b *Builder, x []ID) ID { return b.SumAll(b.Abs(x[0])) }, [][]float64{{0, -2}}, []float64{0, -1}},
		"pow at 0":             {power, [][]float64{{0, 0, 0, 0}, {1, 2, 3, 0}}, []float64{1, 0, 0, 0, 0, 0, 0, 0}},
		"pow of a negative":    {func(b *Builder, x []ID) ID { return b.SumAll(b.Apply(OpPow, x[0], b.like(x[0], 3))) }, [][]float64{{-2}}, []float64{12}},
		"prod with one zero":   {reduce(OpReduceProd), [][]float64{{2, 0, 3}}, []float64{0, 6, 0}},
		"prod with two zeros":  {reduce(OpReduceProd), [][]float64{{0, 0, 3}}, []float64{0, 0, 0}},
		"max of equals":        {reduce(OpReduceMax), [][]float64{{1, 1, 0, 1}}, []float64{1. / 3, 1. / 3, 0, 1. / 3}},
		"maximum of equals":    {two(OpMax), [][]float64{{1, 2}, {1, 3}}, []float64{0.5, 0, 0.5, 1}},
		"minimum of equals":    {two(OpMin), [][]float64{{1, 2}, {1, 3}}, []float64{0.5, 1, 0.5, 0}},
		"logsumexp far out":    {reduce(OpLogsumexp), [][]float64{{1e5, 1e5 - 1, -1e5}}, []float64{0.7310585786300049, 0.2689414213699951, 0}},
		"logsumexp with -inf":  {reduce(OpLogsumexp), [][]float64{{0, -inf}}, []float64{1, 0}},
		"logsumexp of nothing": {reduce(OpLogsumexp), [][]float64{{-inf, -inf}}, []float64{0, 0}},
		"logaddexp of nothing": {two(OpLogaddexp), [][]float64{{-inf}, {-inf}}, []float64{0, 0}},
		"logaddexp of equals":  {two(OpLogaddexp), [][]float64{{700}, {700}}, []float64{0.5, 0.5}},
		"xlogy at 0":           {two(OpXlogy), [][]float64{{0}, {2}}, []float64{math.Ln2, 0}},
		"hypot at 0":           {two(OpHypot), [][]float64{{0}, {0}}, []float64{0, 0}},
		"i1e at 0":             {func(b *Builder, x []ID) ID { return b.SumAll(b.Apply(OpI1e, x[0])) }, [][]float64{{0}}, []float64{0.5}},
		"j1 at 0":              {func(b *Builder, x []ID) ID { return b.SumAll(b.Apply(OpJ1, x[0])) }, [][]float64{{0}}, []float64{0.5}},
		"NaN is honest":        {func(b *Builder, x []ID) ID { return b.SumAll(b.Mul(b.Log(x[0]), x[0])) }, [][]float64{{-1}}, []float64{nan}},
	} {
		in := make([]Type, len(c.x))
		x := make([][]complex128, len(c.x))
		var wrt []int
		for i, v := range c.x {
			in[i], x[i] = f64(len(v)), reals(v...)
			wrt = append(wrt, i)
		}
		p := program(in, func(b *Builder, x []ID) []ID { return []ID{c.f(b, x)} })
		near(t, reals(c.want...), flat(eval(t, must(Grad(p, wrt)), x...)), 1e-10, name)
		near(t, reals(c.want...), flat(eval(t, must(Optimize(must(Grad(p, wrt)), AllPasses)), x...)), 1e-10, name)
		near(t, reals(c.want...), flat(eval(t, must(JacobianForward(p, wrt)), x...)), 1e-10, name)
	}
}

// |z| and |z|^2 of complex numbers: 0 at 0, x/|z| - i y/|z| elsewhere; a real loss of a complex input by JAX's convention dL/da - i dL/db.
func TestComplexConventions(t *testing.T) {
	abs := program([]Type{c128(2)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(b.Abs(x[0]))} })
	near(t, []complex128{0, complex(0.6, -0.8)}, eval(t, must(Grad(abs, []int{0})), []complex128{0, complex(3, 4)})[0], 1e-15)
	re := program([]Type{c128()}, func(b *Builder, x []ID) []ID { return []ID{b.Real(b.Mul(x[0], b.Mul(x[0], x[0])))} })
	near(t, []complex128{complex(-9, 12)}, eval(t, must(Grad(re, []int{0})), []complex128{complex(1, 2)})[0], 1e-15) // 3 z^2
	im := program([]Type{c128()}, func(b *Builder, x []ID) []ID { return []ID{b.Imag(b.Square(x[0]))} })
	near(t, []complex128{complex(4, -2)}, eval(t, must(Grad(im, []int{0})), []complex128{complex(1, 2)})[0], 1e-15) // 2y, 2x: 2y - i 2x
}

// Gradients of what cannot have one are refused with a text that says so.
func TestRefusals(t *testing.T) {
	vector := program([]Type{f64(2)}, func(b *Builder, x []ID) []ID { return x })
	_, err := Grad(vector, []int{0})
	require.ErrorContains(t, err, "real scalar")
	whole := program([]Type{i64()}, func(b *Builder, x []ID) []ID { return x })
	_, err = Grad(whole, []int{0})
	require.ErrorContains(t, err, "float or complex")
	_, err = Grad(vector, []int{1})
	require.ErrorContains(t, err, "wrt")
	_, err = NewBuilder().Emit(OpAdd, nil, 0, 1)
	require.ErrorContains(t, err, "not among")
	mixed := func() (err error) {
		defer catch(&err)
		program([]Type{f64(2), f64(3)}, func(b *Builder, x []ID) []ID { return []ID{b.Add(x[0], x[1])} })
		return nil
	}
	require.ErrorContains(t, mixed(), "broadcast_in_dim")
	outside := program([]Type{f64(2), i64(1)}, func(b *Builder, x []ID) []ID { return []ID{b.Gather(x[0], []int{0}, x[1])} })
	_, err = Reference(outside, []*array.Array{array.FromSlice(array.Float64, []float64{1, 2}), array.FromSlice(array.Int64, []int64{2})})
	require.ErrorContains(t, err, "out of bounds")
}

// A custom_vjp counts when it is differentiated, and only then; forward mode through it is refused.
func TestCustomRulesAreUsed(t *testing.T) {
	f := program([]Type{f64()}, func(b *Builder, x []ID) []ID { return []ID{b.Sin(x[0])} })
	fwd := program([]Type{f64()}, func(b *Builder, x []ID) []ID { return []ID{b.Sin(x[0]), x[0]} })
	bwd := program([]Type{f64(), f64()}, func(b *Builder, x []ID) []ID { return []ID{b.Scale(x[1], 7)} })
	p := program([]Type{f64()}, func(b *Builder, x []ID) []ID { return []ID{must(b.Custom(f, []*Program{fwd, bwd}, x[0]))} })
	near(t, reals(math.Sin(2)), eval(t, p, reals(2))[0], 1e-15)
	near(t, reals(7), eval(t, must(Grad(p, []int{0})), reals(2))[0], 1e-15)
	_, err := Lower(must(Jvp(p, []int{0})))
	require.ErrorContains(t, err, "forward")
}

// Passes keep NaN, infinities and signed zeros, and do simplify.
func TestPassesKeepSpecialValues(t *testing.T) {
	x := reals(0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 2, -3)
	p := program([]Type{f64(7)}, func(b *Builder, x []ID) []ID {
		v := x[0]
		c := func(n float64) ID { return b.like(v, n) }
		return []ID{b.Add(v, c(0)), b.Add(v, c(math.Copysign(0, -1))), b.Sub(v, c(0)), b.Mul(v, c(1)), b.Mul(v, c(0)), b.Mul(v, c(2)), b.Mul(c(2), v), b.Div(v, c(1)), b.Sub(v, v), b.Div(v, v), b.Neg(b.Neg(v)),
			b.Add(v, b.Neg(v)), b.Apply(OpPow, v, c(2)), b.Apply(OpPow, v, c(-1)), b.Apply(OpPow, v, c(0)), b.Apply(OpPow, v, c(0.5)), b.Apply(OpPow, v, c(3)), b.Apply(OpPow, v, c(-2)), b.Apply(OpMax, v, v)}
	})
	q := must(Optimize(p, AllPasses))
	require.Less(t, len(q.Nodes), len(p.Nodes))
	a, c := eval(t, p, x), eval(t, q, x)
	for o := range a {
		for i := range a[o] {
			u, v := real(a[o][i]), real(c[o][i])
			same := u == v && math.Signbit(u) == math.Signbit(v) || math.IsNaN(u) && math.IsNaN(v)
			rounded := o >= 12 && math.Abs(u-v) <= 0x1p-51*math.Abs(u) // pow became integer_pow
			require.True(t, same || rounded, "output %d of %v: %v, optimised %v", o, x[i], u, v)
		}
	}
}

// The gradient of a dense layer has no junk: as many matrix products as by hand.
func TestGradientsAreLean(t *testing.T) {
	p := program([]Type{f64(8, 3), f64(3, 4), f64(4, 1)}, func(b *Builder, x []ID) []ID {
		h := b.Tanh(b.MatMul(x[0], x[1]))
		return []ID{b.SumAll(b.Square(b.MatMul(h, x[2])))}
	})
	g := must(Optimize(must(ValueAndGrad(p, []int{1, 2})), AllPasses))
	products := 0
	for _, n := range g.Nodes {
		if n.Op == OpDotGeneral {
			products++
		}
	}
	require.Equal(t, 5, products) // two forward, three backward
	// a layer's tanh in Taylor mode to second order, and its gradient in x, x' and x'': twos are sums
	jet := must(Jet(program([]Type{f64(4)}, func(b *Builder, x []ID) []ID { return []ID{b.Tanh(x[0])} }), []int{0}, 2, nil))
	energy := program([]Type{f64(4), f64(4), f64(4), f64(4), f64(4), f64(4)}, func(b *Builder, x []ID) []ID {
		total := none
		for k, y := range b.inline(jet, x[:3]) {
			total = b.addTo(total, b.SumAll(b.Mul(y, x[3+k])))
		}
		return []ID{total}
	})
	g = must(Optimize(must(Grad(energy, []int{0, 1, 2})), AllPasses))
	products = 0
	for _, n := range g.Nodes {
		if n.Op == OpMul || n.Op == OpMulz {
			products++
		}
	}
	require.Equal(t, 16, products)
}

// A quadratic form of an inverse and its gradient use one factorisation, and the values stay.
func TestFactorsAreShared(t *testing.T) {
	p := program([]Type{f64(3, 3), f64(3, 1)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(b.Mul(x[1], b.emit(OpSolve, nil, x[0], x[1])))} })
	g := must(Optimize(must(ValueAndGrad(p, []int{0, 1})), AllPasses))
	q := must(Optimize(must(ShareFactors(g)), AllPasses))
	factors := 0
	for _, n := range q.Nodes {
		if n.Op == OpLu {
			factors++
		}
		require.NotEqual(t, OpSolve, n.Op)
	}
	require.Equal(t, 1, factors)
	s := noise(4)
	x, y := s.fill(f64(3, 3), nil), s.fill(f64(3), nil)
	near(t, flat(eval(t, g, x, y)), flat(eval(t, q, x, y)), 1e-15)
	require.Contains(t, q.String(), "lu_solve{trans:true}(")
}

// Powers with constant exponents lose their special cases when optimised, at any size: the gradient of sum x^3 is three nodes on x.
func TestConstantExponents(t *testing.T) {
	p := program([]Type{f64(5000)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(b.Apply(OpPow, x[0], b.like(x[0], 3)))} })
	g := must(Optimize(must(Grad(p, []int{0})), AllPasses))
	require.Equal(t, `%0 = input() : float64[5000]
%1 = const{3}() : float64[]
%2 = broadcast_in_dim{shape:[5000]}(%1) : float64[5000]
%3 = mul(%0, %0) : float64[5000]
%4 = mul(%2, %3) : float64[5000]
return %4`, g.String())
}

// A tangent that is zero at a point, but not beside it, has derivatives: x x x is 6 in the third. Catches: the zero of mulz frozen by its own
// derivative, which gave 4.
func TestThirdDerivativesWhereTangentsVanish(t *testing.T) {
	p := program([]Type{f64()}, func(b *Builder, x []ID) []ID { return []ID{b.Mul(b.Mul(x[0], x[0]), x[0])} })
	reverse, forward, in := p, p, [][]complex128{reals(0)}
	for range 3 {
		reverse = must(Grad(reverse, []int{0}))
		q := *must(Jvp(forward, []int{0}))
		q.Outputs = q.Outputs[1:]
		forward, in = &q, append(in, reals(1))
	}
	near(t, reals(6), eval(t, reverse, reals(0))[0], 0)
	near(t, reals(6), eval(t, forward, in...)[0], 0)
}

// x expit(x) and its slope s + x s s', with s' = expit(-x), are two products that share one, and no mulz: s' is finite, and NaN with x alone. Its
// derivatives at 0 are those of x/2 + x^2/4 - x^4/48 + ... Catches: x s' for x s s' in the slope; a product that stays where x is infinite.
func TestSlopesOfSilu(t *testing.T) {
	p := program([]Type{f64()}, func(b *Builder, x []ID) []ID { return []ID{b.Mul(x[0], b.Apply(OpExpit, x[0]))} })
	g := must(Optimize(must(ValueAndGrad(p, []int{0})), AllPasses))
	count := map[Op]int{}
	for _, n := range g.Nodes {
		count[n.Op]++
	}
	require.Equal(t, map[Op]int{OpInput: 1, OpExpit: 2, OpNeg: 1, OpMul: 2, OpAdd: 1}, count)
	for _, x := range []float64{-800, -700, -40, -1, -0x1p-30, 0, 0.5, 3, 40, 800} {
		e := math.Exp(-math.Abs(x))
		s := 1 / (1 + e)
		want := s + math.Abs(x)*e*s*s
		if x < 0 {
			want = e * s * (1 + x*s)
		}
		near(t, reals(x*math.Exp(min(x, 0))*s, want), flat(eval(t, g, reals(x))), 4e-16)
	}
	for k, want := range []float64{0.5, 0.5, 0, -0.5} {
		p = must(Grad(p, []int{0}))
		near(t, reals(want), eval(t, must(Optimize(p, AllPasses)), reals(0))[0], 1e-15)
		require.True(t, k > 0 || math.IsNaN(real(eval(t, p, reals(math.NaN()))[0][0])))
	}
	masked := program([]Type{f64()}, func(b *Builder, x []ID) []ID {
		y := b.Mul(x[0], b.Apply(OpExpit, x[0]))
		return []ID{b.Select(b.Apply(OpGreater, x[0], b.Scalar(array.Float64, 0)), y, b.Scalar(array.Float64, 0))}
	})
	near(t, reals(0), eval(t, must(Optimize(must(Grad(masked, []int{0})), AllPasses)), reals(math.Inf(-1)))[0], 0)
}
