package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/stretchr/testify/require"
)

// A product whose only reader is a transpose is written as that reads it, with the bits that it has elsewhere: rows and columns change places, and
// axes of batches stand among them. The last order leaves neither rows nor columns in one piece, so that there is a copy.
func TestProductsWrittenTransposed(t *testing.T) {
	cases := []struct {
		x, y            []int
		contract, batch [2][]int
		axes            []int
		copies          int
	}{
		{[]int{37, 19}, []int{19, 23}, [2][]int{{1}, {0}}, [2][]int{{}, {}}, []int{1, 0}, 0},
		{[]int{300, 70}, []int{300, 90}, [2][]int{{0}, {0}}, [2][]int{{}, {}}, []int{1, 0}, 0},
		{[]int{1, 19}, []int{19, 23}, [2][]int{{1}, {0}}, [2][]int{{}, {}}, []int{1, 0}, 0},
		{[]int{31, 19}, []int{19, 1}, [2][]int{{1}, {0}}, [2][]int{{}, {}}, []int{1, 0}, 0},
		{[]int{3, 5, 9, 17}, []int{3, 5, 17, 8}, [2][]int{{3}, {2}}, [2][]int{{0, 1}, {0, 1}}, []int{0, 2, 1, 3}, 0},
		{[]int{3, 5, 9, 17}, []int{3, 5, 17, 8}, [2][]int{{3}, {2}}, [2][]int{{0, 1}, {0, 1}}, []int{0, 3, 1, 2}, 0},
		{[]int{3, 5, 9, 17}, []int{3, 5, 17, 8}, [2][]int{{3}, {2}}, [2][]int{{0, 1}, {0, 1}}, []int{1, 0, 3, 2}, 0},
		{[]int{4, 6, 7}, []int{7, 5, 3}, [2][]int{{2}, {0}}, [2][]int{{}, {}}, []int{2, 3, 0, 1}, 0},
		{[]int{3, 9, 17}, []int{3, 17, 8}, [2][]int{{2}, {1}}, [2][]int{{0}, {0}}, []int{1, 2, 0}, 1},
	}
	for _, d := range []array.Dtype{array.Float64, array.Float32} {
		for k, c := range cases {
			s := noise(k)
			types := []expr.Type{typ(d, c.x...), typ(d, c.y...)}
			in := []*array.Array{s.fill(types[0]), s.fill(types[1])}
			product := program(types, func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{b.Dot(x[0], x[1], c.contract, c.batch)}
			})
			turned := program(types, func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{b.Transpose(b.Dot(x[0], x[1], c.contract, c.batch), c.axes)}
			})
			everywhere(t, turned, in, map[array.Dtype]float64{array.Float64: 1e-13, array.Float32: 1e-5}[d])
			alone := program(product.OutputTypes(), func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{b.Transpose(x[0], c.axes)}
			})
			same(t, runs(t, alone, nil, runs(t, product, nil, in)), runs(t, turned, nil, in), fmt.Sprint(d, k))
			require.Len(t, must(Compile(turned, Options{})).Stages(), 1+c.copies, "%v %d", d, k)
		}
	}
}

// A step of Adam goes once through each array: its factors are made before the gradient, and the gradient is where it is read.
func TestAdamIsOneNest(t *testing.T) {
	for _, st := range must(Compile(adam(mlp(array.Float32, 128), 2), Options{})).Stages() {
		if st.N == 784*512 {
			require.Contains(t, st.Text, "4 loads")
			require.True(t, strings.HasSuffix(st.Text, "sub"), st.Text)
		}
	}
}

// The derivative of x expit(x) is made where its value is, from one exponential, and is all that the backward pass reads beside the cotangent; the
// bits are those of the reference at every level.
func TestActivationsKeepTheirSlopes(t *testing.T) {
	for d, tolerance := range map[array.Dtype]float64{array.Float64: 1e-13, array.Float32: 1e-5} {
		in := []expr.Type{typ(d, 64, 32), typ(d, 32, 32), typ(d, 32)}
		loss := program(in, func(b *expr.Builder, x []expr.ID) []expr.ID {
			h := x[0]
			for range 2 {
				h = b.Add(b.MatMul(h, x[1]), b.BroadcastTo(x[2], in[0].Shape))
				h = b.Mul(h, b.Apply(expr.OpExpit, h))
			}
			return []expr.ID{b.SumAll(b.Square(h))}
		})
		p := withGrad(loss, 0, 1, 2)
		times := 0
		for _, st := range must(Compile(p, Options{})).Stages() {
			if st.Name == "nest" && st.N == 64*32 {
				times += strings.Count(st.Text, "expit")
				require.Contains(t, []int{0, 2}, strings.Count(st.Text, "expit"), st.Text)
			}
		}
		require.Equal(t, 4, times)
		s := noise(5)
		values := []*array.Array{s.fill(in[0]), s.fill(in[1]), s.fill(in[2])}
		everywhere(t, p, values, tolerance)
	}
}

// A product of one term is made where it is read, also of a batch, with the bits of a product: one of two terms, the second of them 0.
func TestOuterProductsAreElementwise(t *testing.T) {
	const m, n = 70, 33
	for _, d := range []array.Dtype{array.Float64, array.Float32} {
		for _, shapes := range [][2][]int{{{m, 1}, {1, n}}, {{1, m}, {n, 1}}, {{5, 14, 1}, {n, 1}}} {
			x, y := typ(d, shapes[0]...), typ(d, shapes[1]...)
			contract := func(b int) [2][]int {
				at := func(s []int) int { return slices.Index(s, 1) + b }
				return [2][]int{{at(x.Shape)}, {at(y.Shape)}}
			}
			alone := program([]expr.Type{x, y}, func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{b.Dot(x[0], x[1], contract(0), [2][]int{{}, {}})}
			})
			more := program([]expr.Type{x, y}, func(b *expr.Builder, x []expr.ID) []expr.ID {
				for k, v := range x {
					rank := b.Type(v).Rank()
					high := make([]int, rank)
					high[contract(0)[k][0]] = 1
					x[k] = must(b.Emit(expr.OpPad, &expr.Attrs{Low: make([]int, rank), High: high, Interior: make([]int, rank)}, v))
				}
				return []expr.ID{b.Dot(x[0], x[1], contract(0), [2][]int{{}, {}})}
			})
			in := []expr.Type{typ(d, slices.Concat([]int{2}, x.Shape)...), typ(d, slices.Concat([]int{2}, y.Shape)...)}
			both := program(in, func(b *expr.Builder, x []expr.ID) []expr.ID {
				z := b.Dot(x[0], x[1], contract(1), [2][]int{{0}, {0}})
				shape := b.Type(z).Shape
				first := make([]int, len(shape))
				limit := slices.Concat([]int{1}, shape[1:])
				return []expr.ID{b.Reshape(must(b.Emit(expr.OpSlice, &expr.Attrs{Start: first, Limit: limit}, z)), shape[1:])}
			})
			s := noise(4)
			values := []*array.Array{s.fill(x), s.fill(y)}
			for _, a := range values {
				spoil(&s, a)
			}
			twice := []*array.Array{empty(in[0]), empty(in[1])}
			for k, a := range twice {
				copy(a.Data[copy(a.Data, values[k].Data):], values[k].Data)
			}
			everywhere(t, alone, values, 0)
			same(t, runs(t, more, nil, values), runs(t, alone, nil, values), fmt.Sprint(d, shapes))
			same(t, runs(t, more, nil, values), runs(t, both, nil, twice), fmt.Sprint(d, shapes))
			for _, p := range []*expr.Program{alone, both} {
				for _, st := range must(Compile(p, Options{})).Stages() {
					require.Equal(t, "nest", st.Name)
				}
			}
		}
	}
}

// What a nest makes of a product stands where the product was, unless the product is read once more; sums of rows never do.
func TestNestsWriteWhereTheyRead(t *testing.T) {
	const n = 64
	layers := func(again bool) *expr.Program {
		return program([]expr.Type{f64(n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			h := x[0]
			for range 3 {
				y := b.MatMul(h, x[0])
				if h = b.Tanh(y); again {
					h = b.MatMul(h, y)
				}
			}
			return []expr.ID{b.MatMul(h, x[0]), b.Sum(b.Square(h), 1)}
		})
	}
	s := noise(9)
	in := []*array.Array{s.fill(f64(n, n))}
	for _, again := range []bool{false, true} {
		p := layers(again)
		everywhere(t, p, in, 1e-11)
		buffers := must(Compile(p, Options{})).Bytes() / (8 * n * n)
		require.Equal(t, map[bool]int{false: 2, true: 3}[again], buffers)
	}
}

// Rows of a maximum are read in loops though what masks them repeats over longer ones.
func TestMaskedMaximum(t *testing.T) {
	const batch, n = 6, 64
	p := program([]expr.Type{f64(batch, n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		i, j := b.Iota(array.Int64, []int{n, n}, 0), b.Iota(array.Int64, []int{n, n}, 1)
		seen := b.Broadcast(b.Apply(expr.OpLessEqual, j, i), []int{batch, n, n}, []int{1, 2})
		return []expr.ID{b.Reduce(expr.OpReduceMax, b.Select(seen, x[0], b.Fill(f64(batch, n, n), -1e30)), 2)}
	})
	s := noise(3)
	x := s.fill(f64(batch, n, n))
	spoil(&s, x)
	everywhere(t, p, []*array.Array{x}, 0)
}

// inPlace is one step of Adam on a network whose state may change in place, with the norm of the gradient beside the loss.
func inPlace(t *testing.T, p *expr.Program, data int, seed noise) (ex *Executable, in, out []*array.Array) {
	n := len(p.InputTypes()) - data
	o := Options{Known: []int{0}}
	for k := range n {
		o.InPlace = append(o.InPlace, [2]int{data + k, 1 + k})
	}
	ex = must(Compile(p, o))
	for _, ty := range p.InputTypes() {
		in = append(in, seed.fill(ty))
	}
	out = outputs(p)
	for k, is := range ex.Shared() {
		if is {
			out[1+k] = in[data+k]
		}
	}
	return ex, in, out
}

// Steps that change their state in place have the bits of steps between two states, for any team; nothing is allocated; where the check fails, and where the
// context is done before, the state is as it was.
func TestStateChangesInPlace(t *testing.T) {
	p := adam(flow(array.Float32, 64), 2)
	for _, workers := range []int{1, 3} {
		team := par.NewTeam(workers)
		ex, in, out := inPlace(t, p, 2, 5)
		last := len(ex.Shared()) - 1 // the number of the step, which is made before the gradient
		for k, is := range ex.Shared() {
			require.Equal(t, k < last, is, k)
		}
		s := noise(5)
		var state []*array.Array
		for _, ty := range p.InputTypes() {
			state = append(state, s.fill(ty))
		}
		ctx := context.Background()
		for range 3 {
			next := runs(t, p, nil, state)
			before := bytes.Clone(in[2].Data)
			require.Error(t, ex.Step(ctx, team, in, out, func() error {
				require.Equal(t, next[0].Data, out[0].Data)
				return errors.New("no")
			}))
			stopped, cancel := context.WithCancel(ctx)
			cancel()
			require.ErrorIs(t, ex.Step(stopped, team, in, out, func() error { panic("it is stopped") }), context.Canceled)
			require.Equal(t, before, in[2].Data)
			stopped, cancel = context.WithCancel(ctx)
			require.NoError(t, ex.Step(stopped, team, in, out, func() error { cancel(); return nil }))
			same(t, next, out, "in place")
			copy(in[2+last].Data, out[1+last].Data)
			copy(state[2:], next[1:])
		}
		check := func() error { return nil }
		require.Zero(t, testing.AllocsPerRun(10, func() {
			if ex.Step(ctx, team, in, out, check) != nil {
				t.Fatal()
			}
		}))
		team.Close()
	}
}

// What is read after it would have changed stays apart: arrays that change places, elements that move, sums of another array as it was; what only
// follows itself does not.
func TestSharedOnlyWhereNothingIsLost(t *testing.T) {
	const n = 3000
	cases := []struct {
		f      func(b *expr.Builder, x, y expr.ID) (u, v expr.ID)
		shared []bool
	}{
		{func(b *expr.Builder, x, y expr.ID) (u, v expr.ID) { return b.Add(x, y), b.Mul(y, y) }, []bool{true, true}},
		{func(b *expr.Builder, x, y expr.ID) (u, v expr.ID) { return y, x }, []bool{false, true}},
		{func(b *expr.Builder, x, y expr.ID) (u, v expr.ID) { return b.Roll(x, []int{0}, []int{1}), b.Neg(y) }, []bool{false, true}},
		{func(b *expr.Builder, x, y expr.ID) (u, v expr.ID) {
			first := b.Broadcast(b.SliceAxis(x, 0, 0, 1), []int{n}, []int{0})
			return b.Neg(x), b.Add(y, first)
		}, []bool{false, true}},
		{func(b *expr.Builder, x, y expr.ID) (u, v expr.ID) {
			u = b.Exp(x)
			return u, b.Add(b.Mul(y, b.Broadcast(b.Sum(u, 0), []int{n}, []int{})), x)
		}, []bool{false, true}},
	}
	for k, c := range cases {
		p := program([]expr.Type{f64(n), f64(n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			u, v := c.f(b, x[0], x[1])
			return []expr.ID{u, v}
		})
		ex := must(Compile(p, Options{InPlace: [][2]int{{0, 0}, {1, 1}}}))
		require.Equal(t, c.shared, ex.Shared(), k)
		s := noise(k)
		in, out := []*array.Array{s.fill(f64(n)), s.fill(f64(n))}, outputs(p)
		want := runs(t, p, nil, in)
		for i, is := range ex.Shared() {
			if is {
				out[i] = in[i]
			}
		}
		require.NoError(t, ex.Step(context.Background(), nil, in, out, func() error { return nil }))
		same(t, want, out, fmt.Sprint(k))
	}
}
