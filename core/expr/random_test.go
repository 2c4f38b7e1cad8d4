package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// randomProgram strings together operations that are bounded and smooth, over values of shape (3, 4) and what becomes of it.
func randomProgram(s *noise, length int) *Program {
	return program([]Type{f64(3, 4), f64(3, 4)}, func(b *Builder, x []ID) []ID {
		vs := append([]ID{}, x...)
		below := func(n int) int { return int((s.next()*0.5 + 0.5) * float64(n) * 0.999999) }
		fit := func(v ID) ID { // back to (3, 4)
			t := b.Type(v)
			switch t.Rank() {
			case 0:
				return b.BroadcastTo(v, []int{3, 4})
			case 1:
				return b.Broadcast(v, []int{3, 4}, []int{map[int]int{3: 0, 4: 1}[t.Shape[0]]})
			}
			if t.Shape[0] == 4 {
				return b.Transpose(v, []int{1, 0})
			}
			return v
		}
		for range length {
			v, w := vs[below(len(vs))], vs[below(len(vs))]
			var y ID
			switch below(16) {
			case 0:
				y = b.Sin(v)
			case 1:
				y = b.Tanh(b.Mul(v, w))
			case 2:
				y = b.Sub(v, b.Scale(w, 0.5))
			case 3:
				y = b.Scale(b.Sum(v, below(2)), 0.25)
			case 4:
				y = b.Roll(v, []int{below(2)}, []int{below(5) - 2})
			case 5:
				y = b.Reverse(v, below(2))
			case 6:
				y = b.PadAxis(b.SliceAxis(v, 1, 1, 3), 1, below(3), 0)
				y = b.PadAxis(y, 1, 0, 4-b.Type(y).Shape[1])
			case 7:
				y = b.Scale(b.MatMul(v, b.Transpose(w, []int{1, 0})), 0.2)
				y = b.Scale(b.MatMul(y, w), 0.2)
			case 8:
				y = b.Transpose(v, []int{1, 0})
			case 9:
				y = b.Div(v, b.Add(b.Square(w), b.like(w, 1)))
			case 10:
				y = b.Reduce(OpLogsumexp, v, below(2))
				y = b.Sin(y)
			case 11:
				y = b.Scale(b.Along(OpCumsum, v, below(2)), 0.3)
			case 12:
				y = b.Select(b.Apply(OpGreater, b.like(v, 0.1), pattern(b)), v, b.Cos(w))
			case 13:
				y = b.Scale(b.SumAll(b.Mul(v, w)), 0.1)
			case 14:
				y = b.Apply(OpExpit, b.Add(v, b.Neg(w)))
			case 15:
				y = b.Sin(b.Apply(OpPow, b.Exp(b.Sin(v)), b.like(v, float64(below(4)-1))))
			}
			vs = append(vs, fit(y))
		}
		return []ID{b.Scale(b.SumAll(b.Mul(vs[len(vs)-1], vs[len(vs)-2])), 0.1), vs[len(vs)-1]}
	})
}

// pattern is a fixed pattern of numbers.
func pattern(b *Builder) ID { return b.Sin(b.Scale(b.Iota("float64", []int{3, 4}, 1), 1.3)) }

// Random programs: forward against differences, reverse against forward, twice; passes on and off; batches against loops; the wire.
func TestRandomPrograms(t *testing.T) {
	for seed := range 60 {
		s := noise(seed)
		p := randomProgram(&s, 12)
		x := [][]complex128{s.fill(f64(3, 4), nil), s.fill(f64(3, 4), nil)}
		checkDerivative(t, p.String(), p, []int{0, 1}, x, &s, true, 1e-7)
		g := must(Grad(p, []int{0, 1}))
		checkDerivative(t, "second "+p.String(), g, []int{0, 1}, x, &s, true, 1e-5)
		want := eval(t, g, x...)
		for _, on := range []Passes{{Fold: true}, {Common: true}, {Simplify: true}, AllPasses} {
			near(t, flat(want), flat(eval(t, must(Optimize(g, on)), x...)), 1e-13, p)
		}
		raw := must(g.MarshalJSON())
		require.Equal(t, want, eval(t, must(Decode(raw)), x...))
		y := s.fill(f64(3, 4), nil)
		both := eval(t, must(Vmap(g, []int{-1, 1}, nil, 2)), x[0], stackAt1(x[1], y))
		other := eval(t, g, x[0], y)
		for o := range want {
			near(t, append(append([]complex128{}, want[o]...), other[o]...), both[o], 1e-14, p)
		}
	}
}

// stackAt1 stacks two (3, 4) arrays along a new axis 1.
func stackAt1(x, y []complex128) (out []complex128) {
	for r := range 3 {
		out = append(out, x[4*r:4*r+4]...)
		out = append(out, y[4*r:4*r+4]...)
	}
	return out
}
