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
	second := must(expr.Hessian(value, []int{0}))
	third := must(expr.Jacobian(second, []int{0}))
	curvature := *second // both results of one program
	at := func(x expr.ID) expr.ID {
		if int(x) >= third.Inputs {
			x += expr.ID(len(second.Nodes) - third.Inputs)
		}
		return x
	}
	for _, node := range third.Nodes[third.Inputs:] {
		args := make([]expr.ID, len(node.Args))
		for i, x := range node.Args {
			args[i] = at(x)
		}
		node.Args = args
		curvature.Nodes = append(curvature.Nodes[:len(curvature.Nodes):len(curvature.Nodes)], node)
	}
	curvature.Outputs = []expr.ID{second.Outputs[0], at(third.Outputs[0])}
	b = expr.NewBuilder()
	z = b.Input(expr.Type{Dtype: array.Float64, Shape: []int{n}})
	record := b.Finish(b.Add(z, b.Fill(expr.Type{Dtype: array.Float64, Shape: []int{n}}, 0)), f(b, z))
	d := new(density.Density)
	for _, c := range []struct {
		p      *density.Program
		source *expr.Program
	}{{&d.Reduced, must(expr.ValueAndGrad(value, []int{0}))}, {&d.Record, record}, {&d.Hessian, &curvature}} {
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
	"NUTS":          func(n int, w int64) (kernel, error) { return newNUTS(&NUTS{0.8, 10, "diagonal", 0, 4}, n, w) },
	"NUTS low_rank": func(n int, w int64) (kernel, error) { return newNUTS(&NUTS{0.8, 10, "low_rank", 0, 4}, n, w) },
	"NUTS dense":    func(n int, w int64) (kernel, error) { return newNUTS(&NUTS{0.8, 10, "dense", 0, 4}, n, w) },
	"HMC": func(n int, w int64) (kernel, error) {
		return newHMC(&HMC{Steps: 7, TargetAccept: 0.8, Metric: "unit", Jitter: 0.2}, n, w)
	},
	"MALA":         func(n int, w int64) (kernel, error) { return newMALA(&MALA{0.574, "diagonal", 0}, n, w) },
	"Slice":        func(n int, w int64) (kernel, error) { return newSlice(&Slice{"axes", 1, 1, 100}, n, w) },
	"Slice random": func(n int, w int64) (kernel, error) { return newSlice(&Slice{"random", 1, 1, 100}, n, w) },
	"EllipticalSlice": func(n int, w int64) (kernel, error) {
		return newElliptical(&EllipticalSlice{Covariance: array.Field{Scalar: 2}, Steps: 2}, n, w)
	},
	"AdjustedMCLMC": func(n int, w int64) (kernel, error) { return newAdjusted(&AdjustedMCLMC{0.9, 0, "diagonal", 0}, n, w) },
	"MCLMC":         func(n int, w int64) (kernel, error) { return newLangevin(&MCLMC{5e-4, 0, "diagonal", 0}, n, w) },
	"RiemannianHMC": func(n int, w int64) (kernel, error) {
		return newRiemannian(&RiemannianHMC{Steps: 3, Alpha: 10, TargetAccept: 0.9, Jitter: 0.2, Iterations: 20}, n, w)
	},
	"Gibbs": func(n int, w int64) (kernel, error) {
		m := &Gibbs{Sizes: []int{n - 1, 1}, Of: []int{0, 1}, build: []builder{
			func(_ contract.Blocks, n int, w int64) (kernel, error) {
				return newNUTS(&NUTS{0.8, 10, "diagonal", 0, 4}, n, w)
			},
			func(_ contract.Blocks, n int, w int64) (kernel, error) {
				return newSlice(&Slice{"axes", 1, 1, 100}, n, w)
			},
		}, Kernels: make([]contract.Kernel, 2)}
		return newGibbs(m, nil, n, w)
	},
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
			start := newPhase(h.metric)
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
	m := must(newMetric("dense", 2, true))
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
	for _, kind := range []string{"dense", "diagonal", "low_rank"} {
		m = must(newMetric(kind, 2, true))
		for range 20000 {
			x, y := math.Sqrt2*s.Normal(), s.Normal()*math.Sqrt(1-0.125)
			y += 0.25 * x
			m.learn([]float64{3 + x, -1 + y}, []float64{(x - 0.5*y) / det, (2*y - 0.5*x) / det})
		}
		m.close()
		got := make([]float64, 4)
		m.apply(got[:2], []float64{1, 0})
		m.apply(got[2:], []float64{0, 1})
		switch kind {
		case "dense": // of 256 draws
			require.InDeltaSlice(t, a, got, 0.9)
		case "diagonal": // sqrt(var z / var g)
			require.InDeltaSlice(t, []float64{math.Sqrt(2 * det), 0, 0, math.Sqrt(det / 2)}, got, 0.1)
		case "low_rank": // eigenvalues within a factor of 2 of the diagonal's are left
			require.InDeltaSlice(t, []float64{math.Sqrt(2 * det), 0, 0, math.Sqrt(det / 2)}, got, 0.1)
			require.Zero(t, m.Rank[0])
		}
	}
}

// For a Gaussian the low-rank metric is its covariance, exactly, from a few draws and their gradients: with fewer rows than dimensions where the
// covariance is a diagonal but for the directions that were seen. Momenta have the inverse covariance. Catches a root or a sign of L that is wrong.
func TestLowRank(t *testing.T) {
	for _, n := range []int{6, 60, 700} {
		s := rng.New(4).Stream(uint64(n))
		scale, v := make([]float64, n), make([]float64, n)
		for i := range n {
			scale[i], v[i] = math.Exp(3*s.Normal()), s.Normal()
		}
		length := math.Sqrt(dot(v, v))
		for i := range v {
			v[i] /= length
		}
		const big = 400.0 // covariance scale (1 + (big - 1) v v') scale
		m := must(newMetric("low_rank", n, true))
		z, g := make([]float64, n), make([]float64, n)
		for range 200 {
			for i := range z {
				z[i] = s.Normal()
			}
			along := dot(v, z)
			for i := range z {
				w := z[i] + (math.Sqrt(big)-1)*along*v[i]
				g[i] = (w + (1/big-1)*math.Sqrt(big)*along*v[i]) / scale[i]
				z[i] = w * scale[i]
			}
			m.learn(z, g)
		}
		m.close()
		require.Positive(t, m.rank(), n)
		want := func(y, x []float64) {
			along := 0.0
			for i := range x {
				y[i] = scale[i] * x[i]
				along += v[i] * y[i]
			}
			for i := range x {
				y[i] = scale[i] * (y[i] + (big-1)*along*v[i])
			}
		}
		x, a, b := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range x { // conjugate to the direction and across it
			x[i] = v[i] / scale[i]
		}
		m.apply(a, x)
		want(b, x)
		if n > 256 { // noise is mixed into the direction
			require.Greater(t, dot(a, x)/dot(b, x), 0.02) // the diagonal alone: 0.004
		} else {
			require.InDelta(t, 1, dot(a, x)/dot(b, x), 0.02, "n = %d", n)
		}
		// p = M^(1/2) z: its products with M^-1 p are chi-square of n
		sum := 0.0
		const draws = 2000
		for range draws {
			m.momentum(x, &s)
			m.apply(a, x)
			sum += dot(x, a) / draws
		}
		require.InDelta(t, float64(n), sum, 4.9*math.Sqrt(2*float64(n)/draws))
	}
}

// Eigenvalues and vectors of symmetric matrices, also degenerate and tiny ones; the mean of two matrices solves its equation.
func TestEigen(t *testing.T) {
	s := rng.New(1).Stream(0)
	for _, n := range []int{1, 2, 3, 8, 31} {
		x := make([]float64, n*n)
		for i := range x {
			x[i] = s.Normal()
		}
		a := gram(x, n, n, 1, 0.1)
		for _, m := range [][]float64{a, identity(n), make([]float64, n*n)} {
			values, v := eigen(append([]float64{}, m...), n)
			left := product(v, m, n, n, n)
			for i, e := range values {
				for j := range n {
					require.InDelta(t, e*v[i*n+j], left[i*n+j], 1e-12)
				}
			}
			require.InDeltaSlice(t, identity(n), gram(v, n, n, 1, 0), 1e-13)
		}
		g := gram(transposed(x, n, n), n, n, 2, 0.3)
		mean := between(a, g, n)
		require.InDeltaSlice(t, a, product(mean, product(g, mean, n, n, n), n, n, n), 1e-9)
	}
	values, _ := eigen([]float64{math.NaN(), 1, 1, 2}, 2)
	require.Nil(t, values)
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
		RankOne(l, n, x, c)
		require.InDeltaSlice(t, cholesky(want, n), l, 1e-12)
	}
}

// The metric changes after twice as many transitions as the time before, and at last at 85 %.
func TestWindows(t *testing.T) {
	require.Equal(t, windows{10, 20, 40, 80, 160, 320, 850}, newWindows(1000))
	require.Equal(t, windows{10, 17}, newWindows(20))
	require.Empty(t, newWindows(19))
	for _, n := range []int64{20, 30, 100, 151, 5000} {
		w, closed := newWindows(n), windows(nil)
		for k := range n {
			in, closes := w.inside(k)
			require.Equal(t, k < w[len(w)-1], in)
			if closes {
				closed = append(closed, k+1)
			}
		}
		require.Equal(t, w, closed)
	}
}

// What is not finite is counted and never accepted: NaN below 0, +inf above 1.
func TestNonFinite(t *testing.T) {
	d := target(t, 1, func(b *expr.Builder, z expr.ID) expr.ID {
		x := b.Reshape(z, []int{})
		return b.Add(b.Apply(expr.OpSqrt, x), b.Select(b.Apply(expr.OpGreater, x, b.Scalar(array.Float64, 1)), b.Scalar(array.Float64, complex(math.Inf(1), 0)), b.Scalar(array.Float64, 0)))
	})
	for name, build := range builders {
		if _, err := build(1, 0); name == "Gibbs" || err != nil { // more than one dimension
			continue
		}
		e := chains(t, d, 1, 501, build) // what warm-up meets is forgotten at its end
		sweep(t, e, 500, 50)
		c := e.chains[0]
		require.True(t, c.at.z[0] >= 0 && c.at.z[0] <= 1, name)
		if name == "RiemannianHMC" { // its steps become short before an edge
			continue
		}
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

func BenchmarkSpectrum(b *testing.B) {
	const n = 100
	m := must(newMetric("low_rank", n, true))
	s := rng.New(1).Stream(0)
	z, g := make([]float64, n), make([]float64, n)
	for range 256 {
		for i := range z {
			z[i] = s.Normal()
			g[i] = z[i] / float64(i+1)
		}
		for i := range z[1:] {
			z[i+1] += z[i]
		}
		m.learn(z, g)
	}
	for i, d := range m.diagonal {
		m.root[i] = math.Sqrt(d)
	}
	for b.Loop() {
		m.spectrum()
	}
	b.ReportMetric(float64(m.rank()), "rank")
}
