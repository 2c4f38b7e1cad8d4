package expr

import (
	"encoding/json"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/stretchr/testify/require"
)

// step of the loops below: carries (s, k), slice x, consts (w, v): s' = sin(s) w + x k, k' = k + 1, y = s s' + v.
func loopStep() *Program {
	return program([]Type{f64(2), i64(), f64(2), f64(2), f64(2)}, func(b *Builder, x []ID) []ID {
		s, k, u, w, v := x[0], x[1], x[2], x[3], x[4]
		next := b.Add(b.Mul(b.Sin(s), w), b.Mul(u, b.BroadcastTo(b.Convert(k, array.Float64), []int{2})))
		return []ID{next, b.Add(k, b.Scalar(array.Int64, 1)), b.Add(b.Mul(s, next), v)}
	})
}

func loopIn(length int) []Type {
	return []Type{f64(2), i64(), f64(length, 2), f64(2), f64(2)}
}

func loopOf(a Attrs) func(b *Builder, x []ID) []ID {
	return func(b *Builder, x []ID) []ID { return b.resultsOf(b.emit(OpScan, &a, x...)) }
}

// until is a while loop with a bound: (s, w) -> s until w + 3 <= sum of s s.
func until(length int) *Attrs {
	body := program([]Type{f64(2), f64(2)}, func(b *Builder, x []ID) []ID {
		return []ID{b.Add(x[0], b.Scale(b.Sin(b.Mul(x[0], x[1])), 0.5))}
	})
	cond := program([]Type{f64(2), f64(2)}, func(b *Builder, x []ID) []ID {
		return []ID{b.Less(b.SumAll(b.Square(x[0])), b.Add(b.SumAll(b.Square(x[1])), b.Scalar(array.Float64, 1.5)))}
	})
	return &Attrs{Program: body, Rules: []*Program{cond}, Length: length, Carries: 1}
}

func loopRules() (out []rule) {
	for _, length := range []int{0, 1, 4} {
		for _, back := range []bool{false, true} {
			a := Attrs{Program: loopStep(), Length: length, Carries: 2, Slices: 1, Reverse: back}
			out = append(out, rule{op: OpScan, in: loopIn(length), build: loopOf(a)})
			a.Counted = true
			out = append(out, rule{op: OpScan, in: append(loopIn(length), i64()), ints: map[int][]complex128{5: reals(float64(length / 2))}, build: func(b *Builder, x []ID) []ID {
				return loopOf(a)(b, x)[:2]
			}})
		}
	}
	for _, length := range []int{3, 30} { // the second is checkpointed
		out = append(out, rule{op: OpScan, in: []Type{f64(2), f64(2)}, domain: []func(float64) float64{between(0.3, 0.9)}, build: loopOf(*until(length))})
	}
	nested := program([]Type{f64(2), f64(2), f64(2)}, func(b *Builder, x []ID) []ID { // the inner loop runs over what the outer one makes
		y := b.resultsOf(b.emit(OpScan, &Attrs{Program: loopStep(), Length: 3, Carries: 2, Slices: 1}, b.Mul(x[0], x[1]), b.Scalar(array.Int64, 0),
			b.BroadcastTo(b.Cos(x[0]), []int{3, 2}), x[1], x[2]))
		return []ID{b.Add(y[0], x[1]), b.Sum(y[2], 0)}
	})
	out = append(out, rule{op: OpScan, in: []Type{f64(2), f64(3, 2), f64(2)}, build: loopOf(Attrs{Program: nested, Length: 3, Carries: 1, Slices: 1})})
	two := func(f func(b *Builder, x, y ID) ID) *Program {
		return program([]Type{f64(3), f64(3), i64()}, func(b *Builder, x []ID) []ID { return []ID{f(b, x[0], x[1]), b.Neg(x[2])} })
	}
	branches := &Attrs{Rules: []*Program{
		two(func(b *Builder, x, y ID) ID { return b.Mul(b.Sin(x), y) }),
		two(func(b *Builder, x, _ ID) ID { return x }),
		two(func(b *Builder, x, _ ID) ID { return b.like(x, 2) }),
		two(func(b *Builder, x, y ID) ID { return b.Exp(b.Mul(y, b.Exp(x))) }),
	}}
	for _, k := range []float64{-5, 0, 1, 2, 3, 9} {
		out = append(out, rule{op: OpSwitch, in: []Type{i64(), f64(3), f64(3), i64()}, ints: map[int][]complex128{0: reals(k)},
			build: func(b *Builder, x []ID) []ID { return b.resultsOf(b.emit(OpSwitch, branches, x...)) }})
	}
	remat := program([]Type{f64(3), i64(), f64(3)}, func(b *Builder, x []ID) []ID {
		y := b.resultsOf(b.emit(OpScan, until(4), b.SliceAxis(b.Sin(x[0]), 0, 0, 2), b.SliceAxis(x[2], 0, 1, 3)))
		return []ID{b.Mul(b.Exp(b.Sin(x[0])), x[2]), b.Add(x[1], x[1]), y[0]}
	})
	out = append(out, rule{op: OpRemat, in: []Type{f64(3), i64(), f64(3)}, build: func(b *Builder, x []ID) []ID {
		return b.resultsOf(b.emit(OpRemat, &Attrs{Program: remat}, x...))
	}})
	// (2 + sin(t) r) x = b with r a roll, solved by Neumann's series in a loop of its own, which has no derivative that anybody should use
	series := func(shift int) *Program {
		return program([]Type{f64(3), f64(3)}, func(b *Builder, x []ID) []ID {
			step := program([]Type{f64(3), f64(3), f64(3)}, func(b *Builder, x []ID) []ID {
				s := x[0]
				if shift > 0 {
					s = b.Mul(b.Scale(b.Sin(x[1]), 0.5), b.Roll(s, []int{0}, []int{1}))
				} else {
					s = b.Roll(b.Mul(b.Scale(b.Sin(x[1]), 0.5), s), []int{0}, []int{-1})
				}
				return []ID{b.Sub(b.Scale(x[2], 0.5), s)}
			})
			return []ID{b.emit(OpScan, &Attrs{Program: step, Length: 60, Carries: 1}, b.like(x[1], 0), x[0], x[1])}
		})
	}
	matvec := program([]Type{f64(3), f64(3)}, func(b *Builder, x []ID) []ID {
		return []ID{b.Add(b.Scale(x[1], 2), b.Mul(b.Sin(x[0]), b.Roll(x[1], []int{0}, []int{1})))}
	})
	out = append(out, rule{op: OpCustomSolve, in: []Type{f64(3), f64(3)}, build: func(b *Builder, x []ID) []ID {
		return []ID{b.emit(OpCustomSolve, &Attrs{N: 1, Rules: []*Program{series(1), series(-1), matvec}}, x...)}
	}})
	// the root of x^3 = a by bisection, with the rule that uses the root itself: to second order
	root := program([]Type{f64()}, func(b *Builder, x []ID) []ID { return []ID{b.emit(OpCbrt, nil, b.emit(OpStopGradient, nil, x[0]))} })
	implicit := program([]Type{f64(), f64(), f64()}, func(b *Builder, x []ID) []ID { return []ID{b.Div(x[2], b.Scale(b.Square(x[1]), 3))} })
	out = append(out, rule{op: OpCustomJvp, in: []Type{f64()}, domain: []func(float64) float64{positive}, build: func(b *Builder, x []ID) []ID {
		return []ID{must(b.Custom(root, []*Program{implicit}, x...))}
	}})
	// a rule of the user's that is itself a joint loop: cut where it is transposed
	step := program([]Type{f64(2), f64(2), f64(2), f64(2)}, func(b *Builder, x []ID) []ID { // (s, ts, w, tw)
		inner := b.resultsOf(b.emit(OpRemat, &Attrs{Program: program([]Type{f64(2), f64(2)}, func(b *Builder, x []ID) []ID {
			return []ID{b.Sin(x[0]), b.Mul(b.Cos(x[0]), x[1])}
		})}, x[0], x[1]))
		branch := &Attrs{Rules: []*Program{program([]Type{f64(2), f64(2), f64(2), f64(2)}, func(b *Builder, x []ID) []ID {
			return []ID{b.Mul(x[0], x[2]), b.Add(b.Mul(x[1], x[2]), b.Mul(x[0], x[3]))}
		})}}
		return b.resultsOf(b.emit(OpSwitch, branch, b.Scalar(array.Int64, 0), inner[0], inner[1], x[2], x[3]))
	})
	value := func(b *Builder, s, ts, w, tw ID) []ID {
		return b.resultsOf(b.emit(OpScan, &Attrs{Program: step, Length: 3, Carries: 2}, s, ts, w, tw))
	}
	f := program([]Type{f64(2), f64(2)}, func(b *Builder, x []ID) []ID { return value(b, x[0], b.like(x[0], 0), x[1], b.like(x[0], 0))[:1] })
	jvp := program([]Type{f64(2), f64(2), f64(2), f64(2)}, func(b *Builder, x []ID) []ID { return value(b, x[0], x[2], x[1], x[3])[1:] })
	out = append(out, rule{op: OpScan, in: []Type{f64(2), f64(2)}, build: func(b *Builder, x []ID) []ID { return []ID{must(b.Custom(f, []*Program{jvp}, x...))} }})
	return out
}

// A while loop in a batch: every element has its own number of steps. Catches elements that run on with the longest.
func TestWhileInABatch(t *testing.T) {
	a := until(30)
	p := program([]Type{f64(2), f64(2)}, func(b *Builder, x []ID) []ID { return b.resultsOf(b.emit(OpScan, a, x...)) })
	q := must(Vmap(p, []int{0, -1}, nil, 3))
	start, w := reals(0.1, 0.2, 1.6, 0.1, 0.9, 0.8), reals(0.7, 0.6)
	got := eval(t, q, start, w)
	steps := map[float64]bool{}
	for k := range 3 {
		want := eval(t, p, start[2*k:2*k+2], w)
		require.Equal(t, want[0], got[0][2*k:2*k+2])
		require.Equal(t, want[1][0], got[1][k])
		steps[real(got[1][k])] = true
	}
	require.Len(t, steps, 3)
}

// Only what differs from step to step is stored: of sin(s) w + x neither w nor x, and of a broadcast its root.
func TestScanStoresWhatItNeeds(t *testing.T) {
	body := program([]Type{f64(2), f64(2), f64(2), f64()}, func(b *Builder, x []ID) []ID {
		c := b.BroadcastTo(b.Exp(x[3]), []int{2})
		return []ID{b.Mul(b.Mul(b.Add(x[0], x[1]), x[2]), c)}
	})
	p := program([]Type{f64(2), f64(5, 2), f64(2), f64()}, func(b *Builder, x []ID) []ID {
		return []ID{b.SumAll(b.emit(OpScan, &Attrs{Program: body, Length: 5, Carries: 1, Slices: 1}, x...))}
	})
	g := must(Grad(p, []int{0}))
	for i := range g.Nodes {
		n := &g.Nodes[i]
		require.False(t, n.Op == OpScan && len(n.Attrs.body().Outputs) > n.Attrs.Carries, "%v", g)
	}
	g = must(Grad(p, []int{0, 2}))
	stacked := 0
	for i := range g.Nodes {
		if n := &g.Nodes[i]; n.Op == OpScan {
			stacked += len(n.Attrs.body().Outputs) - n.Attrs.Carries
		}
	}
	require.Equal(t, 1, stacked, "%v", g)
}

// Scans cross the wire as they are, and what is malformed is refused.
func TestLoopsOnTheWire(t *testing.T) {
	for _, r := range loopRules() {
		p := r.program(r.in)
		q, err := Decode(must(json.Marshal(p)))
		require.NoError(t, err)
		require.Equal(t, p.OutputTypes(), q.OutputTypes())
	}
	for _, bad := range []Attrs{
		{}, {Program: loopStep(), Length: 4, Carries: 3, Slices: 1}, {Program: loopStep(), Length: 3, Carries: 2, Slices: 1}, {Program: loopStep(), Length: -1, Carries: 2, Slices: 1},
		{Program: loopStep(), Length: -2, Carries: 2, Slices: 1}, {Program: loopStep(), Length: 4, Carries: -1, Slices: 1}, {Program: loopStep(), Length: 4, Carries: 1 << 40, Slices: 1},
		{Program: loopStep(), Length: 4, Carries: 2, Slices: 1, Counted: true}, {Program: loopStep(), Length: 4, Carries: 2, Slices: 1, Rules: []*Program{loopStep()}},
	} {
		b := NewBuilder()
		var x []ID
		for _, u := range loopIn(4) {
			x = append(x, b.Input(u))
		}
		_, err := b.Loop(&bad, x...)
		require.Error(t, err, "%+v", bad)
	}
}
