package sample

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// density is u(z) = f(z)/kT as programs.
func target(t testing.TB, n int, f func(b *expr.Builder, z expr.ID) expr.ID) contract.Target {
	t.Helper()
	b := expr.NewBuilder()
	z, kT := b.Input(expr.Type{Dtype: array.Float64, Shape: []int{n}}), b.Input(expr.Type{Dtype: array.Float64, Shape: []int{}})
	value := b.Finish(b.Div(f(b, z), kT))
	b = expr.NewBuilder()
	z = b.Input(expr.Type{Dtype: array.Float64, Shape: []int{n}})
	record := b.Finish(b.Add(z, b.Fill(expr.Type{Dtype: array.Float64, Shape: []int{n}}, 0)), f(b, z))
	d := new(density.Density)
	for _, c := range []struct {
		p      *density.Program
		source *expr.Program
	}{{&d.Reduced, must(expr.ValueAndGrad(value, []int{0}))}, {&d.Record, record}} {
		raw := must(json.Marshal(c.source))
		require.NoError(t, c.p.DecodeSpec([]byte(`{"program": `+string(raw)+`, "arrays": []}`), nil, "test"))
	}
	d.Names = []string{"x", "energy"}
	require.NoError(t, d.Check())
	return d
}

// scaled is a Gaussian of standard deviations 1, 2, ..., n.
func scaled(t testing.TB, n int) contract.Target {
	return target(t, n, func(b *expr.Builder, z expr.ID) expr.ID {
		i := b.Add(b.Iota(array.Float64, []int{n}, 0), b.Fill(expr.Type{Dtype: array.Float64, Shape: []int{n}}, 1))
		return b.Scale(b.Sum(b.Square(b.Div(z, i)), 0), 0.5)
	})
}

func chains(t testing.TB, d contract.Target, count int, warmup int64, build func(n int, warmup int64) (kernel, error)) *ensemble {
	t.Helper()
	var w []contract.Walker
	for c := range count {
		w = append(w, contract.Walker{Params: contract.Params{KT: 1}, Key: rng.New(5).Fold(uint64(c)), Warmup: warmup})
	}
	return must(open(d, w, contract.Start{Kind: "random"}, build))
}

var builders = map[string]func(n int, warmup int64) (kernel, error){
	"NUTS":       func(n int, w int64) (kernel, error) { return newNUTS(&NUTS{0.8, 10, "diagonal", 0}, n, w) },
	"NUTS dense": func(n int, w int64) (kernel, error) { return newNUTS(&NUTS{0.8, 10, "dense", 0}, n, w) },
	"HMC":        func(n int, w int64) (kernel, error) { return newHMC(&HMC{7, 0.8, "unit", 0, 0.2}, n, w) },
	"MALA":       func(n int, w int64) (kernel, error) { return newMALA(&MALA{0.574, "diagonal", 0}, n, w) },
	"RandomWalk": func(n int, w int64) (kernel, error) { return newRandomWalk(&RandomWalk{0.234, 3, 1}, n, w) },
}

func sweep(t testing.TB, e *ensemble, to, warmup int64) {
	t.Helper()
	for w := range e.chains {
		if to >= warmup && !e.chains[w].frozen {
			require.NoError(t, e.SweepTo(context.Background(), w, warmup, nil))
			e.Warm(w)
		}
		require.NoError(t, e.SweepTo(context.Background(), w, to, nil))
	}
}

// A saved and loaded run goes on to the bits of one that was not, in the warm-up and after; and a steady transition allocates nothing.
// Catches state that Save forgets.
func TestSaveAndGoOn(t *testing.T) {
	for name, build := range builders {
		for _, cut := range []int64{3, 40, 99, 100, 150} {
			d := scaled(t, 3)
			whole := chains(t, d, 2, 100, build)
			sweep(t, whole, 200, 100)
			first := chains(t, d, 2, 100, build)
			sweep(t, first, cut, 100)
			var kept bytes.Buffer
			require.NoError(t, first.Save(&kept))
			rest := chains(t, d, 2, 100, build)
			require.NoError(t, rest.Load(bytes.NewReader(kept.Bytes())))
			require.Error(t, chains(t, d, 1, 100, build).Load(bytes.NewReader(kept.Bytes())))
			require.Error(t, chains(t, d, 2, 100, build).Load(bytes.NewReader(kept.Bytes()[:kept.Len()-1])))
			sweep(t, rest, 200, 100)
			for w := range whole.chains {
				require.Equal(t, whole.chains[w].at, rest.chains[w].at, "%s cut at %d", name, cut)
			}
			require.Equal(t, whole.Info(), rest.Info(), name)
		}
		e := chains(t, scaled(t, 3), 1, 50, build)
		sweep(t, e, 300, 50)
		c := e.chains[0]
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = c.tick(context.Background()) }), name)
	}
}

// The leapfrog is reversible to rounding, and its energy error is of second order in the step. Catches a force with a wrong factor.
func TestLeapfrog(t *testing.T) {
	d := target(t, 4, func(b *expr.Builder, z expr.ID) expr.ID {
		return b.Sum(b.Square(b.Sub(b.Square(z), b.Fill(expr.Type{Dtype: array.Float64, Shape: []int{4}}, 1))), 0)
	})
	for _, kind := range []string{"unit", "diagonal", "dense"} {
		h := must(newHamiltonian(kind, 4, 0.1, 0.8, 0))
		if h.metric.diagonal != nil {
			copy(h.metric.diagonal, []float64{0.5, 1, 2, 3})
		}
		if h.metric.dense != nil {
			h.metric.dense[1], h.metric.dense[4] = 0.3, 0.3
			h.metric.factor = cholesky(h.metric.dense, 4)
		}
		c := chains(t, d, 1, 0, builders["HMC"]).chains[0]
		s := c.key.Stream(1)
		var errors []float64
		for _, step := range []float64{0.02, 0.01} {
			s.Reset(c.key, 1)
			h.kick(c, &s)
			start := newPhase(4)
			start.set(&h.now)
			n := int(0.5 / step)
			for range n {
				require.NoError(t, h.leapfrog(context.Background(), c.eval, &h.now, step))
			}
			errors = append(errors, math.Abs(h.now.energy-start.energy))
			for range n {
				require.NoError(t, h.leapfrog(context.Background(), c.eval, &h.now, -step))
			}
			require.InDeltaSlice(t, start.z, h.now.z, 1e-12, kind)
			require.InDeltaSlice(t, start.p, h.now.p, 1e-12, kind)
		}
		require.InDelta(t, 2, math.Log2(errors[0]/errors[1]), 0.2, kind)
	}
}

// Momenta have the covariance M; the estimated metric is the covariance of what was learnt. Bounds at 4.9 standard errors.
func TestMetric(t *testing.T) {
	const n = 200000
	a := []float64{2, 0.5, 0.5, 1}
	m := must(newMetric("dense", 2))
	m.dense, m.factor = a, cholesky(a, 2)
	s := rng.New(3).Stream(0)
	p := make([]float64, 2)
	var xx, xy, yy float64
	for range n {
		m.momentum(p, &s)
		xx, xy, yy = xx+p[0]*p[0]/n, xy+p[0]*p[1]/n, yy+p[1]*p[1]/n
	}
	det := 2*1 - 0.25
	for k, want := range []float64{1 / det, -0.5 / det, 2 / det} { // the inverse of a
		require.InDelta(t, want, []float64{xx, xy, yy}[k], 4.9*2/math.Sqrt(n))
	}
	for _, kind := range []string{"dense", "diagonal"} {
		m = must(newMetric(kind, 2))
		for range 20000 {
			x, y := s.Normal(), s.Normal()
			m.learn([]float64{3 + math.Sqrt2*x, -1 + 0.5/math.Sqrt2*x + math.Sqrt(1-0.125)*y})
		}
		m.close()
		if kind == "dense" {
			require.InDeltaSlice(t, a, m.dense, 0.1)
			require.Equal(t, m.dense[1], m.dense[2])
		} else {
			require.InDeltaSlice(t, []float64{2, 1}, m.diagonal, 0.1)
		}
	}
}

// A rank-one change of the factor is the factor of the changed matrix, up and down; one that would not stay positive changes nothing wrong.
func TestRankOne(t *testing.T) {
	const n = 5
	s := rng.New(9).Stream(0)
	a := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			a[i*n+j] = 0.2 * s.Normal()
			a[j*n+i] = a[i*n+j]
		}
		a[i*n+i] = 4
	}
	for _, c := range []float64{0.7, -0.3} {
		x := make([]float64, n)
		for i := range x {
			x[i] = s.Normal()
		}
		want := append([]float64{}, a...)
		for i := range n {
			for j := range n {
				want[i*n+j] += c * x[i] * x[j]
			}
		}
		l := cholesky(a, n)
		rankOne(l, n, x, c)
		require.InDeltaSlice(t, cholesky(want, n), l, 1e-12)
	}
}

// The schedule of Stan for 1000: windows of 25, 50, 100, 200 and 500 between 75 and 950.
func TestWindows(t *testing.T) {
	ends := func(n int64) (out []int64) {
		w := newWindows(n)
		for k := range n {
			if _, closes := w.inside(k); closes {
				out = append(out, k+1)
			}
		}
		return out
	}
	require.Equal(t, []int64{100, 150, 250, 450, 950}, ends(1000))
	require.Equal(t, []int64{90}, ends(100))
	require.Empty(t, ends(10))
	require.Empty(t, ends(0))
	for _, n := range []int64{20, 149, 150, 151, 200, 400, 5000} {
		all := ends(n)
		require.Equal(t, newWindows(n).last, all[len(all)-1], n)
	}
}

// What is not finite is counted and never accepted: NaN below 0, +inf above 1.
func TestNonFinite(t *testing.T) {
	d := target(t, 1, func(b *expr.Builder, z expr.ID) expr.ID {
		x := b.Reshape(z, []int{})
		return b.Add(b.Apply(expr.OpSqrt, x), b.Select(b.Apply(expr.OpGreater, x, b.Scalar(array.Float64, 1)), b.Scalar(array.Float64, complex(math.Inf(1), 0)), b.Scalar(array.Float64, 0)))
	})
	for name, build := range builders {
		e := chains(t, d, 1, 50, build)
		sweep(t, e, 500, 50)
		c := e.chains[0]
		require.True(t, c.at.z[0] >= 0 && c.at.z[0] <= 1, name)
		require.Positive(t, c.eval.nonfinite, name)
		require.Positive(t, c.eval.outside, name)
		require.Less(t, c.eval.where[0], 0.0, name)
	}
	walkers := []contract.Walker{{Params: contract.Params{KT: 1}, Key: rng.New(1)}}
	_, err := open(d, walkers, contract.Start{Values: array.FromSlice(array.Float64, []float64{2}, 1)}, builders["NUTS"])
	require.ErrorContains(t, err, "zero or not finite")
	walkers[0].Params.KT = 0
	_, err = open(d, walkers, contract.Start{Kind: "random"}, builders["NUTS"])
	require.Equal(t, spec.SpecError, spec.Of(err).Class)
}

func BenchmarkNUTS(b *testing.B) {
	e := chains(b, scaled(b, 100), 1, 500, builders["NUTS"])
	sweep(b, e, 500, 500)
	c := e.chains[0]
	before := c.eval.gradients
	for b.Loop() {
		if err := c.tick(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(c.eval.gradients-before), "ns/gradient")
}

// BenchmarkGaussian is a dense Gaussian in 100 dimensions, the gradient of z P z / 2.
func BenchmarkGaussian(b *testing.B) {
	const n = 100
	s := rng.New(2).Stream(0)
	p := make([]float64, n*n)
	for i := range n {
		for j := range n {
			p[i*n+j] = 0.01 * s.Normal()
		}
	}
	for i := range n {
		for j := range i {
			p[i*n+j] = p[j*n+i]
		}
		p[i*n+i] = 1 + float64(i)
	}
	d := target(b, n, func(b *expr.Builder, z expr.ID) expr.ID {
		m := b.Const(array.FromSlice(array.Float64, p, n, n))
		v := must(b.Emit(expr.OpDotGeneral, &expr.Attrs{Contract: [2][]int{{1}, {0}}}, m, z))
		return b.Scale(b.Sum(b.Mul(z, v), 0), 0.5)
	})
	for _, name := range []string{"NUTS", "NUTS dense"} {
		b.Run(name, func(b *testing.B) {
			e := chains(b, d, 1, 500, builders[name])
			sweep(b, e, 500, 500)
			c := e.chains[0]
			before := c.eval.gradients
			for b.Loop() {
				if err := c.tick(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(c.eval.gradients-before), "ns/gradient")
		})
	}
}
