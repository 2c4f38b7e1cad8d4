package expr

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// d/dx [x d/dy (x + y)] = 1: the inner derivative must not see the outer variable move. A confused perturbation gives 2.
func TestPerturbationsStayApart(t *testing.T) {
	inner := program([]Type{f64(), f64()}, func(b *Builder, x []ID) []ID { return []ID{b.Add(x[1], x[0])} })
	for _, kind := range []string{"grad", "jacfwd", "jacrev"} {
		outer := program([]Type{f64()}, func(b *Builder, x []ID) []ID {
			y := b.Scalar("float64", 3)
			d, err := b.Call(inner, []Transform{{Kind: kind}}, y, x[0])
			require.NoError(t, err)
			return []ID{b.Mul(x[0], d)}
		})
		require.Equal(t, reals(1), eval(t, must(Grad(outer, []int{0})), reals(2))[0], kind)
		require.Equal(t, reals(1), eval(t, must(JacobianForward(outer, []int{0})), reals(2))[0], kind)
	}
}

// Derivatives of sin to the fifth order, by gradients of gradients, survive a round trip over the wire inside calls.
func TestNestedCallsOverTheWire(t *testing.T) {
	sin := program([]Type{f64()}, func(b *Builder, x []ID) []ID { return []ID{b.Sin(x[0])} })
	p := program([]Type{f64()}, func(b *Builder, x []ID) []ID {
		g := Transform{Kind: "grad"}
		return []ID{must(b.Call(sin, []Transform{g, g, g, g, g}, x[0]))}
	})
	raw, err := p.MarshalJSON()
	require.NoError(t, err)
	q, err := Decode(raw)
	require.NoError(t, err)
	near(t, reals(0.5403023058681398), eval(t, q, reals(1))[0], 1e-15)
}

func rosenbrock(n int) *Program {
	return program([]Type{f64(n)}, func(b *Builder, x []ID) []ID {
		lo, hi := b.SliceAxis(x[0], 0, 0, n-1), b.SliceAxis(x[0], 0, 1, n)
		a := b.Square(b.Sub(hi, b.IntegerPow(lo, 2)))
		c := b.Square(b.Sub(b.like(lo, 1), lo))
		return []ID{b.SumAll(b.Add(b.Scale(a, 100), c))}
	})
}

// All ways to a second derivative agree: Hvp, Hessian, both Jacobians of the gradient, and differences of the gradient.
func TestSecondDerivativesAgree(t *testing.T) {
	n := 5
	p := rosenbrock(n)
	s := noise(1)
	x, v := s.fill(f64(n), nil), s.fill(f64(n), nil)
	g := must(Grad(p, []int{0}))
	h := eval(t, must(Hessian(p, []int{0})), x)[0]
	near(t, h, eval(t, must(Jacobian(g, []int{0})), x)[0], 1e-14)
	hv := eval(t, must(Hvp(p, []int{0})), x, v)[0]
	product := make([]complex128, n)
	for i := range n {
		for j := range n {
			product[i] += h[i*n+j] * v[j]
		}
	}
	near(t, product, hv, 1e-14)
	e := 1e-5
	up, down := eval(t, g, along(x, v, e))[0], eval(t, g, along(x, v, -e))[0]
	for i := range up {
		up[i] = (up[i] - down[i]) / complex(2*e, 0)
	}
	near(t, up, hv, 1e-8)
}

// The halves of Linearize compose to the JVP and the VJP; what does not depend on the direction stands in the first.
func TestLinearizeIsCutInTwo(t *testing.T) {
	p := rosenbrock(4)
	s := noise(2)
	x := s.fill(f64(4), nil)
	for _, reverse := range []bool{false, true} {
		whole, v := must(Jvp(p, []int{0})), s.fill(f64(4), nil)
		if reverse {
			whole, v = must(Vjp(p, []int{0})), reals(1.5)
		}
		value, linear, err := Linearize(p, []int{0}, reverse)
		require.NoError(t, err)
		first, both := eval(t, value, x), eval(t, whole, x, v)
		near(t, both[0], first[0], 1e-15)
		near(t, both[1], eval(t, linear, append(first[1:], x, v)...)[0], 1e-14)
		require.Less(t, len(linear.Nodes), len(whole.Nodes))
	}
}

// Loops and branches are cut too: no operation of the values is left in the linear half.
func TestLinearizeCutsPrograms(t *testing.T) {
	for _, r := range programRules() {
		p, wrt := r.realOver(func(_ *Builder, x ID) ID { return x })
		s := noise(4)
		var x, v, u [][]complex128
		for i, t := range p.InputTypes() {
			x = append(x, r.values(&s, i, t))
			if t.inexact() {
				v = append(v, s.fill(t, nil))
			}
		}
		for _, t := range p.OutputTypes() {
			u = append(u, s.fill(t, nil))
		}
		for _, reverse := range []bool{false, true} {
			whole, err := Jvp(p, wrt)
			dir := v
			if reverse {
				whole, err = Vjp(p, wrt)
				dir = u
			}
			value, linear, also := Linearize(p, wrt, reverse)
			require.Equal(t, err == nil, also == nil, r.name())
			if err != nil || r.op == OpCustomVjp && !reverse {
				continue
			}
			want := eval(t, whole, append(slices.Clone(x), dir...)...)[len(p.Outputs):]
			residuals := eval(t, value, x...)[len(p.Outputs):]
			for k, got := range eval(t, linear, slices.Concat(residuals, x, dir)...) {
				near(t, want[k], got, 1e-12, r.name(), reverse)
			}
		}
	}
}

// Derivatives in one number, one of another: as those of gradients by the other modes to any order, in a shape of one element, beside values, and of
// functions that have a rule for one mode alone.
func TestSlopes(t *testing.T) {
	for _, shape := range [][]int{{}, {1}} {
		f := program([]Type{f64(shape...), f64(4)}, func(b *Builder, x []ID) []ID { // sum tanh(w x) exp(-x) / (1 + w^2 x)
			u := b.Broadcast(b.Reshape(x[0], []int{}), []int{4}, []int{})
			wu := b.Mul(x[1], u)
			y := b.Div(b.Mul(b.Tanh(wu), b.Exp(b.Neg(u))), b.Add(b.like(u, 1), b.Mul(x[1], wu)))
			return []ID{b.SumAll(y), wu}
		})
		s := noise(4)
		w := s.fill(f64(4), nil)
		x := reals(0.7)
		nested, plain := f, f
		for order := range 4 {
			want := eval(t, must(Grad(plain, []int{0})), x, w)[0]
			g := Transform{Kind: []string{"grad", "value_and_grad"}[order%2], Wrt: []int{0}}
			inner := nested
			nested = program(inner.InputTypes(), func(b *Builder, x []ID) []ID {
				y := must(b.Call(inner, []Transform{g}, x...))
				if g.Kind != "grad" {
					y = b.Result(y, len(inner.Outputs))
				}
				return []ID{b.Reshape(y, []int{})}
			})
			near(t, want, eval(t, nested, x, w)[0], 1e-12)
			p := plain
			plain = program(f.InputTypes(), func(b *Builder, x []ID) []ID { // by reverse mode alone
				return []ID{b.Reshape(b.inline(must(Grad(p, []int{0})), x)[0], []int{})}
			})
		}
		_, err := Grad(nested, []int{1}) // reverse over all
		require.NoError(t, err)
		near(t, eval(t, must(Grad(plain, []int{1})), x, w)[0], eval(t, must(Grad(nested, []int{1})), x, w)[0], 1e-11)
	}
}

// The n-th derivative of a network in one number takes n+1 products a layer.
func TestSlopesAreTaylorSeries(t *testing.T) {
	const layers = 3
	f := program([]Type{f64(), f64(8, 8)}, func(b *Builder, x []ID) []ID {
		h := b.Broadcast(x[0], []int{8}, []int{})
		for range layers {
			h = b.Tanh(b.Dot(x[1], h, [2][]int{{1}, {0}}, [2][]int{}))
		}
		return []ID{b.SumAll(h)}
	})
	for order := 2; order <= 4; order++ {
		p := f
		for range order {
			inner := p
			p = program(f.InputTypes(), func(b *Builder, x []ID) []ID {
				return []ID{must(b.Call(inner, []Transform{{Kind: "grad"}}, x...))}
			})
		}
		q := must(Optimize(must(Inline(p)), AllPasses))
		products := 0
		for _, n := range q.Nodes {
			if n.Op == OpDotGeneral {
				products++
			}
		}
		require.LessOrEqual(t, products, (order+1)*layers)
	}
}
