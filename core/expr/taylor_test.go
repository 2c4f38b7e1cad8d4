package expr

import (
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/stretchr/testify/require"
)

// alongPath is t -> p(x + d1 t + d2 t^2/2 + ...) with inputs t, x, then the d of the inputs wrt.
func alongPath(p *Program, wrt []int, order int) *Program {
	b := NewBuilder()
	t := b.Input(f64())
	x := b.inputs(p.InputTypes())
	var d [][]ID
	for _, w := range wrt {
		row := make([]ID, order)
		for j := range row {
			row[j] = b.Input(p.Nodes[w].Type)
		}
		d = append(d, row)
	}
	for i, w := range wrt {
		power := b.Scalar(array.Float64, 1)
		for j, c := range d[i] {
			power = b.Scale(b.Mul(power, t), 1/float64(j+1))
			u := b.Type(c)
			x[w] = b.Add(x[w], b.Mul(c, b.BroadcastTo(b.Convert(power, u.Dtype), u.Shape)))
		}
	}
	return b.Finish(b.inline(p, x)...)
}

// Derivatives along a curved path are those that nested forward mode gives, for every operation. Catches: a recurrence that is off by one or by a
// factor, an operation taken for linear, series of two values confused.
func TestJetIsNestedForwardMode(t *testing.T) {
	const order = 3
	for _, r := range rules() {
		p := r.program(r.in)
		q := *p
		q.Outputs = nil
		for _, k := range p.smooth() {
			q.Outputs = append(q.Outputs, p.Outputs[k])
		}
		s := noise(13)
		x := make([][]complex128, len(r.in))
		var wrt []int
		for i, u := range r.in {
			x[i] = r.values(&s, i, u)
			if u.inexact() {
				wrt = append(wrt, i)
			}
		}
		if len(wrt) == 0 || len(q.Outputs) == 0 || r.op == OpStopGradient {
			continue
		}
		if r.op == OpCustomVjp {
			_, err := Jet(&q, wrt, order, nil)
			require.ErrorContains(t, err, "no forward derivative")
			continue
		}
		for _, w := range wrt {
			for range order {
				x = append(x, s.fill(p.Nodes[w].Type, func(v float64) float64 { return 0.3 * v }))
			}
		}
		got := eval(t, must(Jet(&q, wrt, order, nil)), x...)
		n := len(q.Outputs)
		f := alongPath(&q, wrt, order)
		in := append([][]complex128{reals(0)}, x...)
		for j := 1; j <= order; j++ {
			g := must(Jvp(f, []int{0}))
			h := *g
			h.Outputs = g.Outputs[len(f.Outputs):]
			f, in = &h, append(in, reals(1))
			for k, want := range eval(t, f, in...) {
				near(t, want, got[n+k*order+j-1], 1e-9, r.name(), "derivative", j)
			}
		}
	}
}

// Higher orders of functions whose derivatives are known: exp(sin t) from its series, 1/(1-t), exp, and an ODE's own solution.
func TestJetOfHighOrder(t *testing.T) {
	const order = 12
	p := program([]Type{f64()}, func(b *Builder, x []ID) []ID {
		one := b.like(x[0], 1)
		return []ID{b.Exp(b.Sin(x[0])), b.Div(one, b.Sub(one, x[0])), b.Exp(b.Scale(x[0], 2)), b.IntegerPow(b.Add(one, x[0]), 7), b.Apply(OpPow, b.Add(one, x[0]), b.Scale(one, 0.5))}
	})
	given := make([]int, order)
	given[0] = 1
	out := eval(t, must(Jet(p, []int{0}, order, given)), reals(0), reals(1))[len(p.Outputs):]
	bell := []float64{1, 1, 0, -3, -8, -3, 56, 217, 64, -2951, -12672, 5973} // derivatives of exp(sin t) at 0, A002017
	falling, root := 1.0, 1.0
	for k := range order {
		require.InDelta(t, bell[k], real(out[k][0]), 1e-9*max(1, bell[k]), k)
		require.InEpsilon(t, factorial(k+1), real(out[order+k][0]), 1e-12)
		require.InEpsilon(t, float64(int(1)<<(k+1)), real(out[2*order+k][0]), 1e-12)
		falling *= 7 - float64(k)
		require.InDelta(t, falling, real(out[3*order+k][0]), 1e-9)
		root *= 0.5 - float64(k)
		require.InEpsilon(t, root, real(out[4*order+k][0]), 1e-11)
	}
}

// The program grows with the square of the order, nested forward mode with its exponential.
func TestJetGrowsWithTheSquareOfTheOrder(t *testing.T) {
	size := func(order int) int {
		p := program([]Type{f64(4, 3)}, func(b *Builder, x []ID) []ID {
			return []ID{b.Tanh(linearLayer(b, b.Tanh(linearLayer(b, x[0], 5)), 2))}
		})
		return len(must(Optimize(must(Jet(p, []int{0}, order, nil)), AllPasses)).Nodes)
	}
	four, eight, sixteen := size(4), size(8), size(16)
	require.Less(t, eight, 4*four)
	require.Less(t, sixteen, 4*eight)
}

func TestJetRefuses(t *testing.T) {
	p := program([]Type{f64(2), i64(2)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(x[0])} })
	for _, order := range []int{0, -1, 65} {
		_, err := Jet(p, []int{0}, order, nil)
		require.Error(t, err)
	}
	_, err := Jet(p, []int{0}, 3, []int{1})
	require.Error(t, err)
	_, err = Jet(p, []int{1}, 3, nil)
	require.Error(t, err)
	require.True(t, slices.Equal(must(Jet(p, []int{0}, 2, []int{0, 0})).OutputTypes()[0].Shape, []int{}))
}
