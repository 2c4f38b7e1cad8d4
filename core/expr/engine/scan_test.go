package engine

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
)

func results(b *expr.Builder, x expr.ID, n int) (out []expr.ID) {
	for k := range n {
		out = append(out, b.Result(x, k))
	}
	return out
}

// rnn is tanh(w s + x) over the rows of x, with a count of steps and a stack of sums: (s, k, xs, w).
func rnn(n, length int, reverse bool) *expr.Program {
	step := program([]expr.Type{f64(n), typ(array.Int64), f64(n), f64(n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		s := b.Tanh(b.Add(b.Dot(x[3], x[0], [2][]int{{1}, {0}}, [2][]int{}), x[2]))
		return []expr.ID{s, b.Add(x[1], b.Scalar(array.Int64, 1)), b.Mul(b.SumAll(s), b.Convert(x[1], array.Float64)), s}
	})
	return program([]expr.Type{f64(n), typ(array.Int64), f64(length, n), f64(n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		y := results(b, must(b.Loop(&expr.Attrs{Program: step, Length: length, Carries: 2, Slices: 1, Reverse: reverse}, x...)), 4)
		return append([]expr.ID{b.SumAll(b.Mul(y[2], y[2]))}, y...)
	})
}

// halving divides by two and more until all is below 1: a while loop with a bound, of as many steps as the numbers ask for.
func halving(n, length int) *expr.Program {
	body := program([]expr.Type{f64(n), f64()}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		return []expr.ID{b.Mul(b.Mul(x[0], b.BroadcastTo(x[1], []int{n})), b.Cos(b.Scale(x[0], 1e-3)))}
	})
	cond := program([]expr.Type{f64(n), f64()}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		return []expr.ID{b.Less(b.Scalar(array.Float64, 1), b.SumAll(b.Square(x[0])))}
	})
	return program([]expr.Type{f64(n), f64()}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		loop := must(b.Loop(&expr.Attrs{Program: body, Rules: []*expr.Program{cond}, Length: length, Carries: 1}, b.Scale(x[0], 40), b.Apply(expr.OpExpit, x[1])))
		return []expr.ID{b.SumAll(b.Result(loop, 0)), b.Result(loop, 0), b.Result(loop, 1)}
	})
}

// chosen runs one of three programs, inside something that is made again.
func chosen(n int) *expr.Program {
	branch := func(f func(b *expr.Builder, x, y expr.ID) expr.ID) *expr.Program {
		return program([]expr.Type{f64(n), f64(n)}, func(b *expr.Builder, x []expr.ID) []expr.ID { return []expr.ID{f(b, x[0], x[1])} })
	}
	a := &expr.Attrs{Rules: []*expr.Program{
		branch(func(b *expr.Builder, x, y expr.ID) expr.ID { return b.Mul(b.Sin(x), y) }),
		branch(func(b *expr.Builder, x, y expr.ID) expr.ID { return b.Exp(b.Mul(x, b.Exp(y))) }),
		branch(func(_ *expr.Builder, x, _ expr.ID) expr.ID { return x }),
	}}
	inner := program([]expr.Type{typ(array.Int64), f64(n), f64(n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		return []expr.ID{b.Sin(must(b.Emit(expr.OpSwitch, a, x[0], b.Exp(x[1]), x[2])))}
	})
	return program([]expr.Type{typ(array.Int64), f64(n), f64(n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		y := must(b.Emit(expr.OpRemat, &expr.Attrs{Program: inner}, x...))
		return []expr.ID{b.SumAll(b.Square(y)), y}
	})
}

// Loops and branches, and their derivatives of both orders, against the reference: steps of few and of many elements, none and one step. Catches
// a slice or carry at the wrong place, buffers that share memory, and steps that share what they must not.
func TestLoops(t *testing.T) {
	s := noise(2)
	check := func(p *expr.Program, in []*array.Array, wrt ...int) {
		everywhere(t, p, in, 1e-11)
		everywhere(t, must(expr.Grad(p, wrt)), in, 1e-10)
		everywhere(t, must(expr.Hvp(p, wrt[:1])), append(in[:len(in):len(in)], s.fill(p.Type(expr.ID(wrt[0])))), 1e-9)
		axes := make([]int, p.Inputs)
		var batch []*array.Array
		for i := range axes {
			ty := p.Type(expr.ID(i))
			ty.Shape = append([]int{3}, ty.Shape...)
			batch = append(batch, s.fill(ty))
		}
		everywhere(t, must(expr.Vmap(must(expr.ValueAndGrad(p, wrt)), axes, nil, 3)), batch, 1e-9)
	}
	for _, size := range [][2]int{{1, 0}, {3, 1}, {3, 17}, {70, 5}, {130, 2}} {
		for _, reverse := range []bool{false, true} {
			p := rnn(size[0], size[1], reverse)
			check(p, []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1)), s.fill(p.Type(2)), s.fill(p.Type(3))}, 0, 2, 3)
		}
	}
	for _, n := range []int{1, 5, 2000} {
		for _, length := range []int{0, 3, 40} {
			p := halving(n, length)
			check(p, []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}, 0, 1)
		}
		p := chosen(n)
		for k := range 3 {
			index := empty(typ(array.Int64))
			array.View[int64](index)[0] = int64(k) * 2
			check(p, []*array.Array{index, s.fill(p.Type(1)), s.fill(p.Type(2))}, 1, 2)
		}
	}
}

// Whatever stands in a step: random programs repeated, against the reference and in the bits of every level and team.
func TestRandomSteps(t *testing.T) {
	for seed := range 60 {
		s := noise(seed + 1000)
		sh := [][2]int{{3, 4}, {1, 5}, {2, 2}, {40, 70}}[seed%4]
		step := randomProgram(&s, array.Float64, sh[0], sh[1], 8)
		step.Outputs = []expr.ID{step.Outputs[1], step.Outputs[3], step.Outputs[0], step.Outputs[4]}
		length := 1 + s.below(4)
		p := program([]expr.Type{f64(sh[0], sh[1]), f64(sh[0], sh[1])}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			y := results(b, must(b.Loop(&expr.Attrs{Program: step, Length: length, Carries: 2}, x...)), 4)
			return append([]expr.ID{b.SumAll(b.Sin(y[2]))}, y...)
		})
		in := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}
		everywhere(t, p, in, 1e-9)
		if sh[0]*sh[1] < 100 {
			everywhere(t, must(expr.Grad(p, []int{0, 1})), in, 1e-8)
		}
	}
}

func TestLoopsAllocateNothing(t *testing.T) {
	team := par.NewTeam(2)
	defer team.Close()
	for _, p := range []*expr.Program{rnn(3, 20, false), must(expr.Grad(rnn(130, 20, false), []int{3})), must(expr.Grad(halving(5, 40), []int{0})), chosen(7)} {
		ex := must(Compile(p, Options{}))
		s := noise(1)
		var in []*array.Array
		for _, ty := range p.InputTypes() {
			in = append(in, s.fill(ty))
		}
		out := outputs(p)
		for _, tm := range []*par.Team{nil, team} {
			f := func() { require.NoError(t, ex.Run(context.Background(), tm, in, out)) }
			f()
			require.Zero(t, testing.AllocsPerRun(20, f))
		}
	}
}

// A loop without end stops when it is told to, and the executable runs again afterwards.
func TestLoopsAreInterrupted(t *testing.T) {
	endless := func(n int) *expr.Program {
		in := []expr.Type{f64(n)}
		body := program(in, func(b *expr.Builder, x []expr.ID) []expr.ID { return []expr.ID{b.Sin(x[0])} })
		cond := program(in, func(b *expr.Builder, x []expr.ID) []expr.ID {
			return []expr.ID{b.Less(b.SumAll(x[0]), b.Scalar(array.Float64, 1e9))}
		})
		return program(in, func(b *expr.Builder, x []expr.ID) []expr.ID {
			outer := &expr.Attrs{Length: -1, Carries: 1, Rules: []*expr.Program{cond}, Program: program(in, func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{must(b.Loop(&expr.Attrs{Program: body, Rules: []*expr.Program{cond}, Length: 20, Carries: 1}, x[0]))}
			})}
			return []expr.ID{must(b.Loop(outer, x[0]))}
		})
	}
	for _, n := range []int{1, 5000} {
		p := endless(n)
		ex := must(Compile(p, Options{}))
		for range 2 {
			ctx, cancel := context.WithCancel(context.Background())
			x := empty(p.Type(0))
			done := par.Go(func() error { return ex.Run(ctx, nil, []*array.Array{x}, outputs(p)) })
			time.Sleep(20 * time.Millisecond)
			start := time.Now()
			cancel()
			require.ErrorIs(t, <-done, context.Canceled)
			require.Less(t, time.Since(start), 200*time.Millisecond)
		}
	}
}

// What is made again is not kept: of a chain of blocks under remat the arena holds one block's insides. Common subexpressions would undo it.
func TestRematSavesMemory(t *testing.T) {
	const n, blocks, depth = 48, 8, 6
	block := func(remat bool) func(b *expr.Builder, x expr.ID) expr.ID {
		f := func(b *expr.Builder, x expr.ID) expr.ID {
			for range depth {
				x = b.Sin(b.MatMul(x, x))
			}
			return x
		}
		if !remat {
			return f
		}
		p := program([]expr.Type{f64(n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID { return []expr.ID{f(b, x[0])} })
		return func(b *expr.Builder, x expr.ID) expr.ID {
			return must(b.Emit(expr.OpRemat, &expr.Attrs{Program: p}, x))
		}
	}
	bytes := map[bool]int{}
	var first []*array.Array
	for _, remat := range []bool{false, true} {
		p := program([]expr.Type{f64(n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			y := x[0]
			for range blocks {
				y = block(remat)(b, y)
			}
			return []expr.ID{b.SumAll(y)}
		})
		g := must(expr.Grad(p, []int{0}))
		bytes[remat] = must(Compile(g, Options{})).Bytes()
		s := noise(1)
		got := runs(t, g, nil, []*array.Array{s.fill(f64(n, n))})
		if first != nil {
			near(t, first, got, 1e-14, "")
		}
		first = got
	}
	require.Less(t, 2*bytes[true], bytes[false])
	t.Log(bytes)
}

// A carried array in which a step sets elements stays where it is, unless the step looks at the old one after it has the new; so does its cotangent on
// the way back. Catches a change in place that is seen too early, a copy for each step, and cotangents that are added as whole arrays.
func TestCarriesChangeInPlace(t *testing.T) {
	const n, steps = 300, 40
	one := func(b *expr.Builder, x expr.ID, i expr.ID) expr.ID { return b.Gather(x, []int{0}, i) }
	set := func(b *expr.Builder, x, v expr.ID, i expr.ID) expr.ID {
		return b.Scatter("set", false, x, v, []int{0}, i)
	}
	for k, c := range []struct {
		step  func(b *expr.Builder, x, i, j expr.ID) (next, y expr.ID)
		stays bool
	}{
		{func(b *expr.Builder, x, i, j expr.ID) (expr.ID, expr.ID) { // of another element
			return set(b, x, b.Sin(one(b, x, j)), i), one(b, x, i)
		}, true},
		{func(b *expr.Builder, x, i, j expr.ID) (expr.ID, expr.ID) { // the old array is read beside the new
			y := set(b, x, b.Sin(one(b, x, j)), i)
			return y, b.Sub(one(b, y, i), one(b, x, i))
		}, true},
		{func(b *expr.Builder, x, i, j expr.ID) (expr.ID, expr.ID) { // two changes
			y := set(b, x, b.Sin(one(b, x, j)), i)
			return b.Scatter("add", false, y, one(b, y, i), []int{0}, j), one(b, y, j)
		}, true},
		{func(b *expr.Builder, x, i, j expr.ID) (expr.ID, expr.ID) { // where the old one is read hangs on the new
			y := set(b, x, b.Cos(one(b, x, j)), i)
			at := b.Convert(b.Scale(b.Square(b.Sin(one(b, y, i))), n-1), array.Int64)
			return y, b.Mul(one(b, x, at), one(b, y, j))
		}, false},
	} {
		step := program([]expr.Type{f64(n), typ(array.Int64), typ(array.Int64)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			next, y := c.step(b, x[0], x[1], x[2])
			return []expr.ID{next, y}
		})
		p := program([]expr.Type{f64(n), typ(array.Int64, steps), typ(array.Int64, steps)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			y := results(b, must(b.Loop(&expr.Attrs{Program: step, Length: steps, Carries: 1, Slices: 2}, x...)), 2)
			return []expr.ID{b.Add(b.SumAll(b.Square(y[0])), b.SumAll(b.Sin(y[1]))), y[0], y[1]}
		})
		s := noise(k)
		in := []*array.Array{s.fill(p.Type(0)), empty(p.Type(1)), empty(p.Type(2))}
		for _, a := range in[1:] {
			for i := range array.View[int64](a) {
				array.View[int64](a)[i] = int64(s.below(n / 30)) // they meet
			}
		}
		everywhere(t, p, in, 1e-11)
		g := must(expr.Grad(p, []int{0}))
		everywhere(t, g, in, 1e-10)
		require.Equal(t, c.stays, must(Compile(p, Options{})).subs[0].ex.changes(0), k)
		if c.stays {
			back := must(Compile(g, Options{})).subs
			require.True(t, back[len(back)-1].ex.changes(0), k)
		}
	}
}
