package expr

import (
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/stretchr/testify/require"
)

// energies are written as a tracer would write them; c are the constants that the NumPy functions capture.
var energies = map[string]struct {
	in []Type
	f  func(b *Builder, x []ID, c []ID) ID
}{
	"phi4_action": {[]Type{f64(6, 6)}, func(b *Builder, x, _ []ID) ID {
		phi := x[0]
		near := b.Add(b.Roll(phi, []int{0}, []int{-1}), b.Roll(phi, []int{1}, []int{-1}))
		phi2 := b.Square(phi)
		s := b.Add(b.Scale(b.Mul(phi, near), -2*0.18), phi2)
		return b.SumAll(b.Add(s, b.Scale(b.Square(b.Sub(phi2, b.like(phi2, 1))), 0.02)))
	}},
	"xy_triangular": {[]Type{f64(5, 5)}, func(b *Builder, x, _ []ID) ID {
		e := b.Scale(b.SumAll(b.Cos(b.Scale(x[0], 6))), -0.3)
		for _, s := range [][]int{{1, 0}, {0, 1}, {1, -1}} {
			e = b.Sub(e, b.SumAll(b.Cos(b.Sub(x[0], b.Roll(x[0], []int{0, 1}, s)))))
		}
		return e
	}},
	"ginzburg_landau": {[]Type{c128(5, 5)}, func(b *Builder, x, c []ID) ID {
		psi := x[0]
		dx := b.Sub(b.Roll(psi, []int{0}, []int{-1}), psi)
		dy := b.Sub(b.Mul(b.Convert(c[0], array.Complex128), b.Roll(psi, []int{1}, []int{-1})), psi)
		n := b.Real(b.Mul(psi, b.Conj(psi)))
		f := b.SumAll(b.Add(b.Square(b.Abs(dx)), b.Square(b.Abs(dy))))
		return b.Add(b.Sub(f, b.SumAll(n)), b.Scale(b.SumAll(b.Square(n)), 0.5))
	}},
	"lj_cluster": {[]Type{f64(7, 3)}, func(b *Builder, x, _ []ID) ID {
		var i, j []int64
		for p := range 7 {
			for q := p + 1; q < 7; q++ {
				i, j = append(i, int64(p)), append(j, int64(q))
			}
		}
		at := func(k []int64) ID { return b.Gather(x[0], []int{0}, b.Const(array.FromSlice(array.Int64, k))) }
		d := b.Sub(at(i), at(j))
		inv6 := b.Div(b.Fill(f64(21), 1), b.IntegerPow(b.Sum(b.Square(d), 1), 3))
		return b.Scale(b.SumAll(b.Mul(inv6, b.Sub(inv6, b.like(inv6, 1)))), 4)
	}},
	"rosenbrock": {[]Type{f64(8)}, func(b *Builder, x, _ []ID) ID {
		lo, hi := b.SliceAxis(x[0], 0, 0, 7), b.SliceAxis(x[0], 0, 1, 8)
		pow2 := func(v ID) ID { return b.Apply(OpPow, v, b.like(v, 2)) }
		return b.SumAll(b.Add(b.Scale(pow2(b.Sub(hi, pow2(lo))), 100), pow2(b.Sub(b.like(lo, 1), lo))))
	}},
	"gaussian_mixture": {[]Type{f64(3), f64(3), f64(3)}, func(b *Builder, x, c []ID) ID {
		n := b.Type(c[0]).Shape[0]
		s := []int{n, 3}
		logw := b.Sub(x[0], b.BroadcastTo(b.Reduce(OpLogsumexp, x[0], 0), []int{3}))
		z := b.Div(b.Sub(b.Broadcast(c[0], s, []int{0}), b.BroadcastTo(x[1], s)), b.BroadcastTo(b.Exp(x[2]), s))
		comp := b.Sub(b.Sub(b.BroadcastTo(logw, s), b.Scale(b.Square(z), 0.5)), b.BroadcastTo(x[2], s))
		comp = b.Sub(comp, b.like(comp, 0.5*math.Log(2*math.Pi)))
		return b.SumAll(b.Reduce(OpLogsumexp, comp, 1))
	}},
	"gp_marginal_likelihood": {[]Type{f64(3)}, func(b *Builder, x, c []ID) ID {
		e := b.Exp(x[0])
		s := []int{12, 12}
		item := func(k int) ID { return b.BroadcastTo(b.Reshape(b.SliceAxis(e, 0, k, k+1), nil), s) }
		d2 := b.Square(b.Sub(b.Broadcast(c[0], s, []int{0}), b.Broadcast(c[0], s, []int{1})))
		k := b.Mul(b.Square(item(1)), b.Exp(b.Div(b.Scale(d2, -0.5), b.Square(item(0)))))
		k = b.Add(k, b.Mul(b.Square(item(2)), b.eye(array.Float64, nil, 12, 12)))
		l := b.emit(OpCholesky, nil, k)
		z := b.emit(OpSolve, nil, l, b.Reshape(c[1], []int{12, 1}))
		return b.Sub(b.Sub(b.Scale(b.SumAll(b.Square(z)), -0.5), b.SumAll(b.Log(b.diagonal(l)))), b.Scalar(array.Float64, complex(6*math.Log(2*math.Pi), 0)))
	}},
	"kdv_hamiltonian": {[]Type{f64(16)}, func(b *Builder, x, _ []ID) ID {
		k := make([]complex128, 16)
		for i := range k {
			j := i
			if i >= 8 {
				j -= 16
			}
			k[i] = complex(0, 2*math.Pi*float64(j)/10)
		}
		u := b.emit(OpFft, &Attrs{}, b.toComplex(x[0]))
		ux := b.Real(b.emit(OpIfft, &Attrs{}, b.Mul(b.Const(array.FromSlice(array.Complex128, k)), u)))
		return b.Scale(b.SumAll(b.Sub(b.Scale(b.Square(ux), 0.5), b.IntegerPow(x[0], 3))), 10./16)
	}},
	"wasserstein_to_normal": {[]Type{f64(14)}, func(b *Builder, x, c []ID) ID {
		s := b.Along(OpSort, x[0], 0)
		w := b.Scale(b.SumAll(b.IntegerPow(b.Abs(b.Sub(s, c[0])), 2)), 1./14)
		d := b.Sub(b.SliceAxis(s, 0, 1, 14), b.SliceAxis(s, 0, 0, 13))
		d = b.emit(OpSlice, &Attrs{Start: []int{0}, Limit: []int{13}, Stride: []int{2}}, d)
		return b.Add(w, b.Scale(b.SumAll(b.Square(d)), 0.01/7))
	}},
	"von_mises_loglik": {[]Type{f64(2)}, func(b *Builder, x, c []ID) ID {
		mu, kappa := b.Reshape(b.SliceAxis(x[0], 0, 0, 1), nil), b.Exp(b.Reshape(b.SliceAxis(x[0], 0, 1, 2), nil))
		u := b.Cos(b.Sub(c[0], b.BroadcastTo(mu, []int{25})))
		first := b.Mul(kappa, b.SumAll(b.Sub(u, b.like(u, 1))))
		return b.Sub(first, b.Scale(b.Log(b.Scale(b.Apply(OpI0e, kappa), 2*math.Pi)), 25))
	}},
	"cox_partial_likelihood": {[]Type{f64(3)}, func(b *Builder, x, c []ID) ID {
		eta := b.Dot(b.Reshape(c[0], []int{20, 3}), x[0], [2][]int{{1}, {0}}, [2][]int{})
		risk := b.Reverse(b.Along(OpCumsum, b.Reverse(b.Exp(eta), 0), 0), 0)
		return b.SumAll(b.Mul(c[1], b.Sub(eta, b.Log(risk))))
	}},
	"logistic_posterior": {[]Type{f64(4)}, func(b *Builder, x, c []ID) ID {
		eta := b.Dot(b.Reshape(c[0], []int{40, 4}), x[0], [2][]int{{1}, {0}}, [2][]int{})
		fit := b.Sub(b.Dot(c[1], eta, [2][]int{{0}, {0}}, [2][]int{}), b.SumAll(b.Apply(OpLogaddexp, b.like(eta, 0), eta)))
		return b.Sub(fit, b.Scale(b.SumAll(b.Square(b.Div(x[0], b.like(x[0], 2.5)))), 0.5))
	}},
}

type energyCase struct {
	Inputs, Constants, Gradient, Direction, Hvp [][]wireNumber
	Value                                       float64
}

func energyProgram(name string, c energyCase) *Program {
	return program(energies[name].in, func(b *Builder, x []ID) []ID {
		var consts []ID
		for _, v := range c.Constants {
			a := numbersOf(v)
			if imag(a[len(a)-1]) != 0 {
				consts = append(consts, b.Reshape(b.Const(array.FromSlice(array.Complex128, a)), []int{5, 5}))
				continue
			}
			consts = append(consts, b.Const(array.FromSlice(array.Float64, each(a, func(z complex128) float64 { return real(z) }))))
		}
		return []ID{energies[name].f(b, x, consts)}
	})
}

func each2d(x [][]wireNumber) [][]complex128 { return each(x, numbersOf) }

// Energies with long-double references of value, gradient and Hessian-vector product (differences of the NumPy source, no automatic
// differentiation), with every pass off and on, and after a round trip over the wire. Tolerances 1e-13, 1e-11, 1e-9 of the largest entry.
func TestEnergies(t *testing.T) {
	var cases map[string]energyCase
	fixture(t, "energies.json", &cases)
	require.Equal(t, len(energies), len(cases))
	for name, c := range cases {
		p := energyProgram(name, c)
		raw, err := p.MarshalJSON()
		require.NoError(t, err)
		decoded, err := Decode(raw)
		require.NoError(t, err, name)
		wrt := span(0, len(c.Inputs))
		in, v := each2d(c.Inputs), each2d(c.Direction)
		for _, q := range []*Program{p, decoded} {
			vg := must(ValueAndGrad(q, wrt))
			hvp := must(Hvp(q, wrt))
			for _, on := range []Passes{{}, {Fold: true}, {Common: true}, {Simplify: true}, {Prune: true}, AllPasses} {
				out := eval(t, must(Optimize(vg, on)), in...)
				close1(t, name+" value", reals(c.Value), out[:1], 1e-13)
				close1(t, name+" gradient", flat(each2d(c.Gradient)), out[1:], 1e-11)
				close1(t, name+" hvp", flat(each2d(c.Hvp)), eval(t, must(Optimize(hvp, on)), append(append([][]complex128{}, in...), v...)...), 1e-9)
			}
		}
	}
}

func flat(x [][]complex128) (out []complex128) {
	for _, v := range x {
		out = append(out, v...)
	}
	return out
}

func close1(t *testing.T, name string, want []complex128, got [][]complex128, tol float64) {
	t.Helper()
	g := flat(got)
	require.Len(t, g, len(want), name)
	scale, worst := 0.0, 0.0
	for i := range want {
		scale, worst = max(scale, special.Cabs(want[i])), max(worst, special.Cabs(want[i]-g[i]))
	}
	require.LessOrEqual(t, worst, tol*scale, name)
}

// A batch of energies and gradients has the bits of a loop over them.
func TestEnergiesInBatches(t *testing.T) {
	var cases map[string]energyCase
	fixture(t, "energies.json", &cases)
	for name, c := range cases {
		wrt := span(0, len(c.Inputs))
		vg := must(ValueAndGrad(energyProgram(name, c), wrt))
		batched := must(Optimize(must(Vmap(vg, full(vg.Inputs, 0), nil, 3)), AllPasses))
		in := each2d(c.Inputs)
		loops := make([][]complex128, len(vg.Outputs))
		stacked := make([][]complex128, len(in))
		for k := range 3 {
			one := make([][]complex128, len(in))
			for i := range in {
				one[i] = along(in[i], in[i], 0.01*float64(k))
				stacked[i] = append(stacked[i], one[i]...)
			}
			for o, v := range eval(t, must(Optimize(vg, AllPasses)), one...) {
				loops[o] = append(loops[o], v...)
			}
		}
		for o, got := range eval(t, batched, stacked...) {
			near(t, loops[o], got, 1e-15, name)
		}
	}
}
