package engine

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
)

// places are index arrays into a length: noise, sorted (segment numbers), all the same.
func placesTo(s *noise, kind, times, length int) []int64 {
	at := make([]int64, times)
	for i := range at {
		switch kind {
		case 0:
			at[i] = int64(s.below(length))
		case 1:
			at[i] = int64(i * length / times)
		default:
			at[i] = int64(length - 1)
		}
	}
	return at
}

// Gathers and scatters along one axis and two, single elements and blocks of every layout, at every dtype and mode.
func TestIndexing(t *testing.T) {
	tried := 0
	for _, mode := range []string{"gather", "set", "add", "mul", "min", "max"} {
		for _, d := range dtypes {
			for k, c := range []struct {
				shape, axes []int
				times       int
			}{
				{[]int{50}, []int{0}, 3000}, {[]int{7}, []int{0}, 1}, {[]int{40, 30}, []int{0, 1}, 2500}, {[]int{9, 300}, []int{0}, 70}, {[]int{300, 9}, []int{1}, 40},
				{[]int{5, 6, 7}, []int{1}, 30}, {[]int{20, 3}, []int{0}, 2000}, {[]int{4, 0}, []int{0}, 3}, {[]int{4, 500, 3}, []int{0, 2}, 20}, {[]int{6, 2}, []int{1}, 0},
			} {
				in := []expr.Type{typ(d, c.shape...)}
				var rest []int
				for axis, n := range c.shape {
					if axis != c.axes[0] && axis != c.axes[len(c.axes)-1] {
						rest = append(rest, n)
					}
				}
				in = append(in, typ(d, append([]int{c.times}, rest...)...))
				wide := array.Int64
				if k%2 == 1 {
					wide = array.Int32
				}
				for range c.axes {
					in = append(in, typ(wide, c.times))
				}
				ok := true
				p := program(in, func(b *expr.Builder, x []expr.ID) []expr.ID {
					args, op := append([]expr.ID{x[0]}, x[2:]...), expr.OpGather
					if mode != "gather" {
						args, op = append(args, x[1]), expr.OpScatter
					}
					a := &expr.Attrs{Axes: c.axes}
					if op == expr.OpScatter {
						a.Mode = mode
					}
					y, err := b.Emit(op, a, args...)
					if ok = err == nil; !ok {
						return nil
					}
					return []expr.ID{y}
				})
				if !ok {
					continue
				}
				tried++
				for kind := range 3 {
					s := noise(k)
					x := []*array.Array{s.fill(in[0]), s.fill(in[1])}
					if mode == "mul" { // no overflow
						x[1] = s.fill(in[1])
					}
					for i, axis := range c.axes {
						at := placesTo(&s, kind, c.times, c.shape[axis])
						a := empty(in[2+i])
						for j, v := range at {
							if wide == array.Int64 {
								array.View[int64](a)[j] = v
							} else {
								array.View[int32](a)[j] = int32(v)
							}
						}
						x = append(x, a)
					}
					if mode == "min" || mode == "max" {
						spoil(&s, x[0])
						spoil(&s, x[1])
					}
					everyone(t, p, x, map[array.Dtype]float64{array.Float32: 2e-4, array.Complex64: 2e-4}[d]+1e-11)
				}
			}
		}
	}
	require.Greater(t, tried, 300)
}

// The error of the first bad index, whoever finds it.
func TestIndexOutside(t *testing.T) {
	const n = 200_000
	team := par.NewTeam(3)
	defer team.Close()
	for _, op := range []expr.Op{expr.OpGather, expr.OpScatter} {
		p := program([]expr.Type{f64(n), typ(array.Int64, n), f64(n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			if op == expr.OpGather {
				return []expr.ID{b.Gather(x[0], []int{0}, x[1])}
			}
			return []expr.ID{b.Scatter("add", false, x[0], x[2], []int{0}, x[1])}
		})
		ex := must(Compile(p, Options{}))
		at := empty(p.Type(1))
		array.View[int64](at)[150_000], array.View[int64](at)[160_000], array.View[int64](at)[199_999] = n, -5, math.MaxInt64
		in := []*array.Array{empty(p.Type(0)), at, empty(p.Type(2))}
		for _, tm := range []*par.Team{nil, team} {
			for range 3 {
				require.ErrorContains(t, ex.Run(context.Background(), tm, in, outputs(p)), "index 200000 is out of bounds for axis 0 of length 200000")
			}
			array.View[int64](at)[0] = -1
			require.ErrorContains(t, ex.Run(context.Background(), tm, in, outputs(p)), "index -1 is")
			array.View[int64](at)[0] = 0
		}
	}
}

// where(i < 0, i + n, i) is read as i, of both dtypes and along several axes; with another n it is not.
func TestWrappedIndices(t *testing.T) {
	for _, d := range []array.Dtype{array.Int64, array.Int32} {
		for _, more := range []float64{5, 4} {
			p := program([]expr.Type{f64(5, 7), f64(5), typ(d, 40), typ(d, 40)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
				wrap := func(i expr.ID, n float64) expr.ID {
					ty := typ(d, 40)
					return b.Select(b.Less(i, b.Fill(ty, 0)), b.Add(i, b.Fill(ty, n)), i)
				}
				i, j := wrap(x[2], more), wrap(x[3], 7)
				return []expr.ID{b.Gather(x[0], []int{0, 1}, i, j), b.Gather(x[1], []int{0}, i), b.Scatter("add", false, x[1], b.Gather(x[0], []int{0, 1}, i, j), []int{0}, i), b.Convert(i, array.Float64)}
			})
			s := noise(3)
			in := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1)), empty(p.Type(2)), empty(p.Type(3))}
			for k := range 40 {
				i, j := int64(s.below(9)-4), int64(s.below(14)-7)
				if d == array.Int64 {
					array.View[int64](in[2])[k], array.View[int64](in[3])[k] = i, j
				} else {
					array.View[int32](in[2])[k], array.View[int32](in[3])[k] = int32(i), int32(j)
				}
			}
			everyone(t, p, in, 1e-14)
		}
	}
}

// A loop that sets one element after the other changes one buffer; what still needs an older state sees it.
func TestUpdatesInPlace(t *testing.T) {
	const n = 60
	for kind := range 6 {
		p := program([]expr.Type{f64(n), typ(array.Int64, 1)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			v := b.Sin(x[0])
			if kind == 1 {
				v = b.Fill(f64(n), 0)
			}
			if kind == 5 {
				v = x[0]
			}
			first := v
			var old []expr.ID
			for i := 1; i < n; i++ {
				u := b.Cos(b.SliceAxis(v, 0, i-1, i))
				switch {
				case kind == 2:
					v = b.Scatter("add", false, v, u, []int{0}, b.Const(array.FromSlice(array.Int64, []int64{int64(i)})))
				case kind == 4 && i%7 == 0:
					v = must(b.Emit(expr.OpSliceUpdate, &expr.Attrs{Start: []int{0}, Mode: "add"}, v, v))
				default:
					v = must(b.Emit(expr.OpSliceUpdate, &expr.Attrs{Start: []int{i}, Mode: "set"}, v, u))
				}
				if kind == 3 && i%20 == 0 {
					old = append(old, v)
				}
			}
			out := []expr.ID{v}
			for _, o := range old {
				out = append(out, b.SumAll(b.Mul(o, first)), o)
			}
			return append(out, b.SumAll(b.Square(v)))
		})
		s := noise(1)
		at := empty(p.Type(1))
		everyone(t, p, []*array.Array{s.fill(p.Type(0)), at}, 1e-12)
		ex := must(Compile(p, Options{}))
		if kind < 3 || kind == 5 {
			require.Less(t, ex.Bytes(), 40*8*n, "kind %d", kind) // one buffer and small ones, not sixty
		}
	}
}

// Sorting, scanning, indexing and moving allocate nothing and stop when they should.
func TestLinesAllocateNothing(t *testing.T) {
	team := par.NewTeam(2)
	defer team.Close()
	const n = 100_000
	p := program([]expr.Type{f64(n), f64(200, 500), typ(array.Int64, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		var out []expr.ID
		for _, op := range []expr.Op{expr.OpSort, expr.OpArgsort, expr.OpCumsum, expr.OpCumprod, expr.OpCummax, expr.OpCumlogsumexp} {
			out = append(out, b.Along(op, x[0], 0), b.Along(op, x[1], 0), b.Along(op, x[1], 1))
		}
		for _, op := range []expr.Op{expr.OpArgmax, expr.OpArgmin} {
			out = append(out, b.Along(op, x[0], 0), b.Along(op, x[1], 0), b.Along(op, x[1], 1))
		}
		out = append(out, must(b.Emit(expr.OpSearchsorted, nil, b.Along(expr.OpSort, x[0], 0), x[1])), b.Gather(x[0], []int{0}, x[2]), b.Scatter("max", false, x[0], x[0], []int{0}, x[2]),
			must(b.Emit(expr.OpConcatenate, nil, x[0], x[0])), b.PadAxis(x[1], 1, 3, -1), must(b.Emit(expr.OpSliceUpdate, &expr.Attrs{Start: []int{0, 7}, Mode: "add"}, x[1], b.SliceAxis(x[1], 1, 0, 100))))
		return out
	})
	ex := must(Compile(p, Options{}))
	s := noise(1)
	in := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1)), empty(p.Type(2))}
	for i := range n {
		array.View[int64](in[2])[i] = int64(s.below(n))
	}
	out := outputs(p)
	for _, tm := range []*par.Team{nil, team} {
		f := func() { require.NoError(t, ex.Run(context.Background(), tm, in, out)) }
		f()
		require.Zero(t, testing.AllocsPerRun(5, f))
	}
}

func TestLongLinesStop(t *testing.T) {
	const n = 1 << 24
	p := program([]expr.Type{f64(n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		at := b.Along(expr.OpArgsort, x[0], 0)
		return []expr.ID{b.Gather(b.Along(expr.OpCumlogsumexp, x[0], 0), []int{0}, at)}
	})
	ex := must(Compile(p, Options{}))
	s := noise(1)
	x := s.fill(p.Type(0))
	ctx, cancel := context.WithCancel(context.Background())
	done := par.Go(func() error { return ex.Run(ctx, nil, []*array.Array{x}, outputs(p)) })
	time.Sleep(100 * time.Millisecond)
	start := time.Now()
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Less(t, time.Since(start), 600*time.Millisecond) // 0.2 s on a machine of its own
}
