package series

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

var number, integer = expr.Type{Dtype: array.Float64, Shape: []int{}}, keyType

// vector is float64 of length n.
func vector(n int) expr.Type { return expr.Type{Dtype: array.Float64, Shape: []int{n}} }

// program builds one of in.
func program(t testing.TB, p *Program, in []expr.Type, make func(b *expr.Builder, x []expr.ID) []expr.ID) {
	source, err := built(func(b *expr.Builder) []expr.ID {
		var x []expr.ID
		for _, u := range in {
			x = append(x, b.Input(u))
		}
		return make(b, x)
	})
	require.NoError(t, err)
	p.set(source, nil)
}

func draw(b *expr.Builder, key expr.ID, n int) expr.ID {
	id, err := b.Emit(expr.OpRandomNormal, &expr.Attrs{Dtype: array.Float64, Shape: []int{n}}, key)
	if err != nil {
		panic(err)
	}
	return id
}

// volatility is x' = 0.9 x + 0.5 n, y ~ N(0, exp(x)), of one state, with T observations of which the fourth is missing.
func volatility(t testing.TB, T int) *StateSpace {
	m := &StateSpace{}
	y := make([]float64, T)
	key := rng.New(9)
	key.Normals(y, 0, 0)
	if T > 3 {
		y[3] = math.NaN()
	}
	m.Y.Array, m.Theta.Array = array.FromSlice(array.Float64, y), array.FromSlice(array.Float64, []float64{0.9})
	x := vector(1)
	observe := func(b *expr.Builder, y, x expr.ID) expr.ID {
		x = b.Reshape(x, []int{})
		return b.Scale(b.Add(x, b.Mul(b.Square(y), b.Exp(b.Neg(x)))), -0.5)
	}
	first := func(b *expr.Builder, in []expr.ID) expr.ID { return draw(b, in[0], 1) }
	step := func(b *expr.Builder, in []expr.ID) expr.ID {
		return b.Add(b.Mul(in[1], in[4]), b.Scale(draw(b, in[0], 1), 0.5))
	}
	opening, moving := []expr.Type{integer, number, x}, []expr.Type{integer, x, number, integer, x}
	program(t, &m.First, opening, func(b *expr.Builder, in []expr.ID) []expr.ID {
		x := first(b, in)
		return []expr.ID{x, observe(b, in[1], x)}
	})
	program(t, &m.FirstBlind, opening, func(b *expr.Builder, in []expr.ID) []expr.ID {
		return []expr.ID{first(b, in), b.Scalar(array.Float64, 0)}
	})
	program(t, &m.Step, moving, func(b *expr.Builder, in []expr.ID) []expr.ID {
		x := step(b, in)
		return []expr.ID{x, observe(b, in[2], x)}
	})
	program(t, &m.StepBlind, moving, func(b *expr.Builder, in []expr.ID) []expr.ID {
		return []expr.ID{step(b, in), b.Scalar(array.Float64, 0)}
	})
	require.NoError(t, m.check())
	return m
}

func bits(c *cloud) string {
	return fmt.Sprintf("%x %x %x %v %v", array.Bytes(c.now.x), array.Bytes(c.now.logw), array.Bytes(c.mean), c.logZ, c.now.ess)
}

func run(t *testing.T, m *StateSpace, n, threads int, resampling string, stop int) *cloud {
	p, err := newPlan(m, n, resampling, 0.9, false)
	require.NoError(t, err)
	c, err := newCloud(p, threads, false)
	require.NoError(t, err)
	team := par.NewTeam(threads)
	defer team.Close()
	c.begin(rng.New(4), m.theta())
	for range stop {
		require.NoError(t, c.advance(context.Background(), team))
	}
	return c
}

// The same bits for any number of threads and SIMD level, whole and odd blocks.
func TestBits(t *testing.T) {
	m := volatility(t, 12)
	for _, n := range []int{1, 10, 1024, 2500} {
		for _, scheme := range []string{systematic, stratified, residual, multinomial} {
			want := bits(run(t, m, n, 1, scheme, 12))
			for _, threads := range []int{2, 3, 7} {
				require.Equal(t, want, bits(run(t, m, n, threads, scheme, 12)), "%d particles, %d threads, %s", n, threads, scheme)
			}
			for _, level := range simd.Levels()[1:] {
				require.NoError(t, simd.Use(level))
				got := bits(run(t, m, n, 1, scheme, 12))
				require.NoError(t, simd.Use(simd.Levels()[0]))
				require.Equal(t, want, got, "%d particles, %s, %s", n, level, scheme)
			}
		}
	}
}

// A cancelled step leaves the cloud as it was: what follows has the bits of a run that nothing stopped.
func TestCancelledStep(t *testing.T) {
	m := volatility(t, 9)
	want := bits(run(t, m, 3000, 2, systematic, 9))
	c := run(t, m, 3000, 2, systematic, 5)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, c.advance(ctx, nil), context.Canceled)
	for range 4 {
		require.NoError(t, c.advance(context.Background(), nil))
	}
	require.Equal(t, want, bits(c))
}

// Every particle has N w children on average, and where the scheme says so their number is floor or ceil of it. Catches: a cumulative sum that starts
// anew in each block, points drawn for another N, residual parts that are not divided by their sum.
func TestResampling(t *testing.T) {
	m := volatility(t, 2)
	for _, n := range []int{5, 1500} {
		for _, scheme := range []string{systematic, stratified, residual, multinomial} {
			c := run(t, m, n, 1, scheme, 1)
			share := make([]float64, n)
			for i := range share {
				share[i] = c.now.w[i] * functions.Exp1(c.now.parts[i/c.rows].M[0]-c.now.shift)
			}
			rounds := 4000
			if n > 1000 {
				rounds = 200
			}
			children, squares := make([]float64, n), make([]float64, n)
			for k := range rounds {
				c.stream.Reset(rng.New(7), uint64(k))
				require.NoError(t, c.resample(context.Background(), nil, &c.now))
				count := make([]float64, n)
				for j, a := range c.ancestors {
					count[a]++
					if c.now.x[a] != c.parents[j] || j > 0 && c.ancestors[j-1] > a && scheme != residual {
						t.Fatal(scheme, j)
					}
				}
				for i, x := range count {
					children[i] += x
					squares[i] += x * x
					low, high := math.Floor(share[i]-1e-9), math.Ceil(share[i]+1e-9)
					if (scheme == systematic || scheme == residual) && x < low || scheme == systematic && x > high {
						t.Fatal(scheme, i, x, share[i])
					}
				}
			}
			for i := range share {
				mean := children[i] / float64(rounds)
				variance := max(squares[i]/float64(rounds)-mean*mean, 0.02)
				require.Less(t, math.Abs(mean-share[i]), 6*math.Sqrt(variance/float64(rounds)), "%s: particle %d of %d", scheme, i, n)
			}
		}
	}
}

// A loop over draws with keys of its own: the draws of all particles differ, whatever the way in which the function makes them.
func TestKeys(t *testing.T) {
	split := func(b *expr.Builder, key expr.ID, part float64) expr.ID {
		return b.Apply(expr.OpRandomFold, key, b.Scalar(array.Int64, complex(part, 0)))
	}
	gamma := func(b *expr.Builder, key, a expr.ID) expr.ID { return b.Apply(expr.OpRandomLoggamma, key, a) }
	var p Program
	program(t, &p, []expr.Type{integer, vector(1)}, func(b *expr.Builder, in []expr.ID) []expr.ID {
		x := b.Reshape(in[1], []int{})
		late := b.Apply(expr.OpRandomFold, in[0], b.Convert(x, array.Int64)) // depends on the particle
		number := func(y expr.ID) expr.ID { return b.Reshape(y, []int{1}) }
		return []expr.ID{draw(b, in[0], 1), draw(b, split(b, in[0], 3), 1), draw(b, late, 1), number(gamma(b, split(b, in[0], 4), b.Exp(x)))}
	})
	source, err := p.batch(600, keyed, row)
	require.NoError(t, err)
	code, err := compile(source, nil)
	require.NoError(t, err)
	h := code.headers()
	x, keys := make([]float64, 600), []int64{5, 6}
	set(h.in, array.Bytes(keys[:1]), array.Bytes(keys[1:]), array.Bytes(x))
	seen := map[float64]bool{}
	var out [4][600]float64
	for k := range out {
		h.out[k].Data = array.Bytes(out[k][:])
	}
	require.NoError(t, h.code.Run(context.Background(), nil, h.in, h.out))
	for k := range out {
		for _, v := range out[k] {
			require.False(t, seen[v], "result %d", k)
			seen[v] = true
		}
	}
}

type results struct {
	contract.Results
	got map[string][]float64
}

func (r *results) Add(name string, _ array.Dtype, _ []int, _ []string, data any) error {
	r.got[name] = data.([]float64)
	return nil
}

// Stages that are cut, saved and read again anywhere end in the same bits; damaged states are refused.
func TestSavedWork(t *testing.T) {
	m := volatility(t, 30)
	order := contract.Order{Walkers: []contract.Walker{{Key: rng.New(1)}, {Key: rng.New(2)}, {Key: rng.New(3)}}, Observe: []string{"mean", "ess", "log_likelihood", "particles"}}
	open := func() contract.Staged {
		w, err := newFiltering(m, 1500, systematic, 0.5, order)
		require.NoError(t, err)
		return w
	}
	finish := func(w contract.Staged, workers int) map[string][]float64 {
		for {
			done, err := w.Stage(context.Background(), workers)
			require.NoError(t, err)
			if done {
				break
			}
		}
		r := &results{got: map[string][]float64{}}
		require.NoError(t, w.Report(r))
		return r.got
	}
	want := finish(open(), 1)
	require.Len(t, want, 4)
	require.Equal(t, want, finish(open(), 2))
	for _, cut := range []int{0, 1, 29, 30} {
		a := open().(*work)
		for range cut {
			l := a.lanes[1]
			if l.cloud == nil {
				require.NoError(t, a.routine.open(l, 1))
			}
			require.NoError(t, a.routine.unit(context.Background(), l, nil))
			if l.done++; l.done == a.units {
				l.info = a.routine.info(l)
				l.cloud = nil
			}
		}
		var state bytes.Buffer
		require.NoError(t, a.Save(&state))
		b := open()
		require.NoError(t, b.Load(bytes.NewReader(state.Bytes())))
		require.Equal(t, want, finish(b, 2))
		require.Equal(t, spec.CheckpointError, spec.Of(open().Load(bytes.NewReader(state.Bytes()[:state.Len()-3]))).Class)
	}
}

// A step allocates nothing.
func TestStepsAllocateNothing(t *testing.T) {
	m := volatility(t, 3000)
	c := run(t, m, 2500, 1, systematic, 5)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := c.advance(context.Background(), nil); err != nil {
			panic(err)
		}
	}))
}

func BenchmarkBootstrap(b *testing.B) {
	for _, n := range []int{100, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := volatility(b, 1000)
			p, err := newPlan(m, n, systematic, 0.5, false)
			require.NoError(b, err)
			c, err := newCloud(p, 1, false)
			require.NoError(b, err)
			c.begin(rng.New(4), m.theta())
			for b.Loop() {
				if c.t() == 1000 {
					c.begin(rng.New(4), m.theta())
				}
				if err := c.advance(context.Background(), nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/particle")
		})
	}
}
