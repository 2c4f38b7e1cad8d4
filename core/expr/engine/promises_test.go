package engine

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
)

var dtypes = []array.Dtype{array.Float64, array.Float32, array.Complex128, array.Complex64, array.Int64, array.Int32, array.Bool}

// Every element-wise operation at every dtype, with operands whole and repeated, near the reference (float64: the same scalar functions up to
// 4 ulp of the result's scale; float32 2e-6), on all levels.
func TestElementwise(t *testing.T) {
	tried := 0
	for _, row := range expr.Table() {
		if !row.Elementwise {
			continue
		}
		for _, d := range dtypes {
			for _, n := range []int{1, 5, 37, 1100} {
				attrs := &expr.Attrs{}
				switch row.Op {
				case expr.OpConvert:
					attrs.Dtype = dtypes[n%len(dtypes)]
				case expr.OpIntegerPow, expr.OpPolygamma:
					attrs.N = n%5 + 1
				}
				in := []expr.Type{}
				for k := range row.Arity {
					if row.Op == expr.OpSelect && k == 0 {
						in = append(in, typ(array.Bool, n))
					} else {
						in = append(in, typ(d, n))
					}
				}
				ok := true
				p := program(in, func(b *expr.Builder, x []expr.ID) (out []expr.ID) {
					y, err := b.Emit(row.Op, attrs, x...)
					if ok = err == nil; !ok {
						return nil
					}
					out = append(out, y)
					for k := range x { // operand k is one element of its array
						args := append([]expr.ID{}, x...)
						args[k] = b.Broadcast(b.SliceAxis(x[k], 0, n-1, n), []int{n}, []int{0})
						out = append(out, must(b.Emit(row.Op, attrs, args...)))
					}
					return out
				})
				if !ok {
					continue
				}
				tried++
				s := noise(n)
				var values []*array.Array
				for _, ty := range in {
					values = append(values, s.fill(ty))
				}
				if d == array.Float64 && n > 30 {
					x := array.View[float64](values[len(values)-1])
					copy(x[20:], []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 1, -1, 3, 1e300})
				}
				tolerance := map[array.Dtype]float64{array.Float32: 2e-6, array.Complex64: 2e-6}[d]
				if tolerance == 0 {
					tolerance = 1e-15
				}
				if row.Op == expr.OpZeta || row.Op == expr.OpPolygamma {
					continue // on these arguments their values are huge and their scale hides everything
				}
				want := must(expr.Reference(p, values))
				var first []*array.Array
				onLevels(t, func(simd.Level) {
					got := runs(t, p, nil, values)
					near(t, want, got, tolerance, p.String())
					if first == nil {
						first = got
					}
					same(t, first, got, p.String())
				})
			}
		}
	}
	require.Greater(t, tried, 500)
}

// Reductions over every set of axes of several shapes, at every dtype.
func TestReductions(t *testing.T) {
	for _, op := range []expr.Op{expr.OpReduceSum, expr.OpReduceProd, expr.OpReduceMax, expr.OpReduceMin, expr.OpReduceAny, expr.OpReduceAll, expr.OpLogsumexp} {
		for _, d := range dtypes {
			for _, shape := range [][]int{{7}, {1}, {3, 5, 17}, {2, 1, 40}, {1500, 20}, {20, 1500}, {3, 700, 33}, {0, 3}, {5000}} {
				for set := 1; set < 1<<len(shape); set++ {
					var axes []int
					for a := range shape {
						if set>>a&1 == 1 {
							axes = append(axes, a)
						}
					}
					ok := true
					p := program([]expr.Type{typ(d, shape...)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
						y, err := b.Emit(op, &expr.Attrs{Axes: axes}, x[0])
						if ok = err == nil; !ok {
							return nil
						}
						z, err := b.Emit(op, &expr.Attrs{Axes: axes}, must(b.Emit(expr.OpSelect, nil, b.Equal(x[0], x[0]), x[0], x[0])))
						require.NoError(t, err)
						return []expr.ID{y, z}
					})
					if !ok {
						continue
					}
					s := noise(set)
					everyone(t, p, []*array.Array{s.fill(p.Type(0))}, map[array.Dtype]float64{array.Float32: 1e-4, array.Complex64: 1e-4}[d]+1e-11)
				}
			}
		}
	}
}

// everyone is everywhere with one worker and three.
func everyone(t *testing.T, p *expr.Program, in []*array.Array, tolerance float64) {
	t.Helper()
	want := must(expr.Reference(p, in))
	var first []*array.Array
	team := par.NewTeam(3)
	defer team.Close()
	onLevels(t, func(simd.Level) {
		for _, tm := range []*par.Team{nil, team} {
			got := runs(t, p, tm, in)
			if first == nil {
				first = got
				near(t, want, got, tolerance, p.String())
			}
			same(t, first, got, p.String())
		}
	})
}

// Row r of a batch has the bits of a batch of one, whatever the batch.
func TestBatches(t *testing.T) {
	for seed := range 30 {
		s := noise(seed)
		d := []array.Dtype{array.Float64, array.Float32}[seed%2]
		sh := [][2]int{{3, 4}, {5, 16}, {17, 20}}[seed%3]
		p := must(expr.ValueAndGrad(randomProgram(&s, d, sh[0], sh[1], 10), []int{0, 1}))
		const most = 64
		x, y := s.fill(typ(d, most, sh[0], sh[1])), s.fill(typ(d, most, sh[0], sh[1]))
		var rows [][]byte
		for _, size := range []int{most, 7, 2, 1} {
			q := must(expr.Vmap(p, []int{0, 0}, nil, size))
			cut := func(a *array.Array) *array.Array {
				return &array.Array{Dtype: d, Shape: []int{size, sh[0], sh[1]}, Data: a.Data[:size*sh[0]*sh[1]*d.Size()]}
			}
			out := runs(t, q, nil, []*array.Array{cut(x), cut(y)})
			for o, a := range out {
				if size == most {
					rows = append(rows, a.Data)
				} else {
					require.Equal(t, rows[o][:len(a.Data)], a.Data, "output %d, %d of %d rows, seed %d\n%v", o, size, most, seed, q)
				}
			}
		}
		single := runs(t, p, nil, []*array.Array{{Dtype: d, Shape: sh[:], Data: x.Data[:sh[0]*sh[1]*d.Size()]}, {Dtype: d, Shape: sh[:], Data: y.Data[:sh[0]*sh[1]*d.Size()]}})
		for o, a := range single {
			require.Equal(t, rows[o][:len(a.Data)], a.Data, "output %d without vmap, seed %d\n%v", o, seed, p)
		}
	}
}

// A call after the first allocates nothing.
func TestAllocatesNothing(t *testing.T) {
	energy := *distances(array.Float64, 40, 3)
	energy.Outputs = energy.Outputs[:1]
	pairs := withGrad(expr.Prune(&energy), 0)
	team := par.NewTeam(2)
	defer team.Close()
	for name, p := range map[string]*expr.Program{"phi4": must(expr.Grad(phi4(16, 16), []int{0})), "flow": withGrad(flow(array.Float64, 64), 2, 3, 4, 5, 6, 7),
		"flow32": withGrad(flow(array.Float32, 64), 2, 3, 4, 5, 6, 7), "schools": withGrad(schools(), 0), "ten": ten(100000), "transforms": withTransforms(48),
		"action": withGrad(phi4(16, 16), 0), "pairs": pairs} {
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
			require.Zero(t, testing.AllocsPerRun(20, f), name)
		}
	}
}

// Several goroutines run one program at once.
func TestConcurrent(t *testing.T) {
	s := noise(3)
	p := randomProgram(&s, array.Float64, 40, 70, 12)
	in := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}
	ex := must(Compile(p, Options{}))
	want := outputs(p)
	require.NoError(t, ex.Run(context.Background(), nil, in, want))
	var wait sync.WaitGroup
	for range 4 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range 20 {
				out := outputs(p)
				if err := ex.Run(context.Background(), nil, in, out); err != nil {
					t.Error(err)
				}
				same(t, want, out, "")
			}
		}()
	}
	wait.Wait()
}

// Outputs may be the inputs' memory.
func TestInPlace(t *testing.T) {
	p := program([]expr.Type{f64(50, 40)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		return []expr.ID{b.Add(b.Roll(x[0], []int{0}, []int{1}), b.Roll(x[0], []int{1}, []int{1}))}
	})
	s := noise(1)
	x := s.fill(p.Type(0))
	want := runs(t, p, nil, []*array.Array{x})
	require.NoError(t, must(Compile(p, Options{})).Run(context.Background(), nil, []*array.Array{x}, []*array.Array{x}))
	same(t, want, []*array.Array{x}, "")
}

// A call of seconds stops within a tenth of one.
func TestInterrupted(t *testing.T) {
	long := map[string]*expr.Program{
		"product": program([]expr.Type{f64(3000, 3000)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			y := x[0]
			for range 8 {
				y = b.MatMul(y, x[0])
			}
			return []expr.ID{y}
		}),
		"nest": program([]expr.Type{f64(4_000_000)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			y := x[0]
			for range 300 {
				y = b.Sin(b.Apply(expr.OpTan, y))
			}
			return []expr.ID{y}
		}),
		"transforms": withTransforms(2500),
	}
	for name, p := range long {
		ex := must(Compile(p, Options{}))
		ctx, cancel := context.WithCancel(context.Background())
		var in []*array.Array
		for _, t := range p.InputTypes() {
			in = append(in, empty(t))
		}
		done := par.Go(func() error { return ex.Run(ctx, nil, in, outputs(p)) })
		time.Sleep(50 * time.Millisecond)
		start := time.Now()
		cancel()
		require.ErrorIs(t, <-done, context.Canceled, name)
		require.Less(t, time.Since(start), 2*time.Second, name) // 0.1 s on a machine of its own; whole runs take many seconds
	}
}

func TestRefuses(t *testing.T) {
	p := phi4(2, 4)
	ex := must(Compile(p, Options{}))
	x, y := empty(f64(2, 4, 4)), empty(f64())
	ctx := context.Background()
	require.ErrorContains(t, ex.Run(ctx, nil, nil, []*array.Array{y}), "expected 1 inputs, got 0")
	require.ErrorContains(t, ex.Run(ctx, nil, []*array.Array{y}, []*array.Array{y}), "input 0: expected float64[2,4,4], got float64[]")
	require.ErrorContains(t, ex.Run(ctx, nil, []*array.Array{x}, []*array.Array{x}), "output 0")
	array.SetLimit(1 << 20)
	defer array.SetLimit(0)
	big := program([]expr.Type{f64(1000, 1000)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		return []expr.ID{b.SumAll(b.MatMul(b.Sin(x[0]), x[0]))}
	})
	_, err := Compile(big, Options{})
	require.ErrorContains(t, err, "the limit is")
}

// An unrolled loop of 1e5 operations compiles in linear time, about a second: a quadratic step takes many minutes.
func TestLongPrograms(t *testing.T) {
	p := program([]expr.Type{f64(6, 3), f64(4)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		v, e := x[1], b.Fill(f64(), 0)
		for i := range 10_000 {
			u := b.Reshape(b.SliceAxis(b.Reshape(b.SliceAxis(x[0], 0, i%6, i%6+1), []int{3}), 0, i%3, i%3+1), []int{})
			w := b.Scale(u, 1+1/float64(i+1))
			e = b.Add(e, b.Sin(b.Mul(w, u)))
			v = b.Add(b.Sin(v), b.BroadcastTo(w, []int{4}))
		}
		return []expr.ID{e, v}
	})
	require.Greater(t, len(p.Nodes), 90_000)
	start := time.Now()
	ex := must(Compile(p, Options{}))
	took := time.Since(start)
	t.Logf("%d nodes, %d stages, %v", len(p.Nodes), len(ex.stages), took)
	require.Less(t, took, time.Minute)
	s := noise(1)
	in := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1))}
	out := outputs(p)
	require.NoError(t, ex.Run(context.Background(), nil, in, out))
	near(t, must(expr.Reference(p, in)), out, 1e-11, "long")
}

// NaNs of outputs have the bits of math.NaN, also where outputs are parts and copies of what nests have made. Catches -NaN from a part of a sum that
// is made again where it is read.
func TestOutputsHaveOneNaN(t *testing.T) {
	for _, n := range []int{4, 2000} {
		x := typ(array.Float64, 2, n)
		p := program([]expr.Type{x}, func(b *expr.Builder, x []expr.ID) []expr.ID {
			y := b.Add(b.Square(x[0]), x[0])
			z := b.Sqrt(b.Tanh(y))
			part := func(y expr.ID, limit int) expr.ID {
				return must(b.Emit(expr.OpSlice, &expr.Attrs{Start: []int{0, 0}, Limit: []int{1, limit}}, y))
			}
			one := b.Reshape(part(z, 1), []int{})
			return []expr.ID{part(y, n), part(z, n), one, b.BroadcastTo(one, []int{7}), b.SumAll(z)}
		})
		in := empty(x)
		array.View[float64](in)[0] = -math.NaN()
		onLevels(t, func(simd.Level) {
			for k, a := range runs(t, p, nil, []*array.Array{in}) {
				require.Equal(t, math.Float64bits(math.NaN()), uint64(array.View[int64](a)[0]), "output %d of %d elements", k, n)
			}
		})
	}
}
