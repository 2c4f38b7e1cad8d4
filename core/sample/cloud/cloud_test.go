package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func program(t testing.TB, p *density.Program, source *expr.Program) {
	t.Helper()
	raw := must(json.Marshal(source))
	require.NoError(t, p.DecodeSpec([]byte(`{"program": `+string(raw)+`, "arrays": []}`), nil, "test"))
}

// skewed is u = sum exp(z) - 2 z + z^2/8, over kT.
func skewed(t testing.TB, n int) *density.Density {
	t.Helper()
	kind := expr.Type{Dtype: array.Float64, Shape: []int{n}}
	f := func(b *expr.Builder, z expr.ID) expr.ID {
		return b.Sum(b.Add(b.Sub(b.Apply(expr.OpExp, z), b.Scale(z, 2)), b.Scale(b.Square(z), 0.125)), 0)
	}
	b := expr.NewBuilder()
	z, kT := b.Input(kind), b.Input(expr.Type{Dtype: array.Float64, Shape: []int{}})
	value := b.Finish(b.Div(f(b, z), kT))
	b = expr.NewBuilder()
	z = b.Input(kind)
	d := new(density.Density)
	program(t, &d.Record, b.Finish(b.Add(z, b.Fill(kind, 0)), f(b, z)))
	program(t, &d.Reduced, must(expr.ValueAndGrad(value, []int{0})))
	d.Names = []string{"x", "energy"}
	require.NoError(t, d.Check())
	return d
}

func order(clouds, draws int) contract.Order {
	o := contract.Order{Draws: draws, Observe: []string{"x"}, Start: contract.Start{Kind: "random"}}
	for c := range clouds {
		o.Walkers = append(o.Walkers, contract.Walker{Params: contract.Params{KT: 1}, Key: rng.New(3).Fold(uint64(c))})
	}
	return o
}

func finish(t testing.TB, w contract.Staged, workers int) *flow {
	t.Helper()
	for {
		done, err := w.Stage(context.Background(), workers)
		require.NoError(t, err)
		if done {
			return w.(*flow)
		}
	}
}

// work is a run of every method, on two clouds.
func work(t testing.TB, name string, clouds int) contract.Staged {
	t.Helper()
	const n, d = 150, 3
	switch o := order(clouds, n); name {
	case "overdamped":
		return must(openMeanField(functional(t, n, d), &MeanFieldLangevin{Steps: 12, Step: 0.1, Trace: 5}, o))
	case "underdamped":
		return must(openMeanField(functional(t, n, d), &MeanFieldLangevin{Steps: 12, Step: 0.1, Friction: 2, Trace: 5}, o))
	case "descent":
		return must(openDescent(functional(t, n, d), &ParticleDescent{Steps: 12, Optimizer: "adam", Step: 0.1, Decay: "linear", Noise: 0.1, Average: true, Trace: 5}, o))
	case "minimax":
		return must(openMinimax(game(t, n, d, 7), &MinimaxLangevin{Steps: 12, Step: 0.1, Power: 1, Opponents: 7, Memory: 3, Trace: 5}, o))
	case "best":
		return must(openBest(game(t, n, d, 7), &BestResponse{Steps: 12, Inner: 3, Step: 0.1, Rate: 0.3, Opponents: 7, Trace: 5}, o))
	case "kalman":
		return must(openKalman(inverse(t, d), &EnsembleKalman{Steps: 12, Step: 0.1, Adaptive: true, Trace: 5}, o))
	}
	base := SVGD{Steps: 12, Kernel: "rbf", Optimizer: "adagrad", Step: 0.1, Metric: "unit", Mirror: "none", Trace: 5}
	switch name {
	case "imq kt":
		base.Kernel, base.Optimizer = "imq", "kt"
	case "linear coin":
		base.Kernel, base.Optimizer = "linear", "coin"
	case "hessian adam":
		base.Metric, base.Optimizer = "hessian", "adam"
	case "covariance":
		base.Metric, base.Optimizer = "covariance", "fixed"
	}
	return must(openSVGD(skewed(t, d), &base, order(clouds, n)))
}

// recordOf is z -> z.
func recordOf(t testing.TB, p *density.Program, d int) {
	b := expr.NewBuilder()
	kind := expr.Type{Dtype: array.Float64, Shape: []int{d}}
	program(t, p, b.Finish(b.Add(b.Input(kind), b.Fill(kind, 0))))
}

func number() expr.Type { return expr.Type{Dtype: array.Float64, Shape: []int{}} }

// attracted is F = mean of (x - mean of y over rows of another cloud)^2 times 1/2 ... the slope of a functional, or of a game against k others.
func attracted(t testing.TB, p *density.Program, n, d, k int) {
	b := expr.NewBuilder()
	z := b.Input(expr.Type{Dtype: array.Float64, Shape: []int{n, d}})
	var w expr.ID
	if k > 0 {
		w = b.Input(expr.Type{Dtype: array.Float64, Shape: []int{k, d}})
	}
	kT := b.Input(number())
	u := b.Scale(b.SumAll(b.Square(z)), 0.5)
	if k > 0 {
		u = b.Add(u, b.SumAll(b.Mul(z, b.BroadcastTo(b.Scale(b.Sum(w, 0), 1/float64(k)), []int{n, d}))))
	} else {
		u = b.Add(u, b.Scale(b.SumAll(b.Square(b.Sum(z, 0))), 0.5/float64(n)))
	}
	u = b.Add(u, b.Mul(kT, b.SumAll(b.Scale(b.Square(z), 0.1))))
	program(t, p, must(expr.ValueAndGrad(b.Finish(u), []int{0})))
}

func functional(t testing.TB, n, d int) *density.Functional {
	f := &density.Functional{Names: []string{"x"}}
	recordOf(t, &f.Record, d)
	attracted(t, &f.Slope, n, d, 0)
	require.NoError(t, f.Check())
	return f
}

func game(t testing.TB, n, d, k int) *density.Game {
	g := &density.Game{Names: []string{"x"}, Split: 1}
	recordOf(t, &g.Record, d)
	attracted(t, &g.Slope, n, d, k)
	require.NoError(t, g.Check())
	return g
}

func inverse(t testing.TB, d int) *density.Inverse {
	v := &density.Inverse{Names: []string{"x"}}
	recordOf(t, &v.Record, d)
	b := expr.NewBuilder()
	z := b.Input(expr.Type{Dtype: array.Float64, Shape: []int{d}})
	program(t, &v.Residual, b.Finish(b.Sub(b.Exp(z), b.Fill(b.Type(z), 2))))
	require.NoError(t, v.Check())
	return v
}

var all = []string{"overdamped", "underdamped", "descent", "minimax", "best", "kalman", "rbf", "imq kt", "linear coin", "hessian adam", "covariance"}

// Same bits for one, two and three workers, one cloud and many, every SIMD level; a saved and loaded run goes on to the same bits; steady steps
// allocate nothing. Catches sums that depend on who computes them, state that Save forgets.
func TestPromises(t *testing.T) {
	defer simd.Use(simd.Current())
	for _, name := range all {
		whole := finish(t, work(t, name, 2), 1)
		for _, level := range simd.Levels() {
			require.NoError(t, simd.Use(level))
			for _, workers := range []int{1, 2, 3} {
				other := finish(t, work(t, name, 2), workers)
				for c := range whole.clouds {
					require.Equal(t, whole.clouds[c].z, other.clouds[c].z, name)
					require.Equal(t, whole.clouds[c].trace, other.clouds[c].trace, name)
				}
			}
		}
		first := work(t, name, 2).(*flow)
		for range 5 {
			for _, c := range first.clouds {
				require.NoError(t, first.advance(context.Background(), nil, c, time.Time{}))
			}
		}
		var kept bytes.Buffer
		require.NoError(t, first.Save(&kept))
		rest := work(t, name, 2)
		require.NoError(t, rest.Load(bytes.NewReader(kept.Bytes())))
		require.Error(t, work(t, name, 1).Load(bytes.NewReader(kept.Bytes())))
		require.Error(t, work(t, name, 2).Load(bytes.NewReader(kept.Bytes()[:kept.Len()-1])))
		end := finish(t, rest, 2)
		for c := range whole.clouds {
			require.Equal(t, whole.clouds[c].z, end.clouds[c].z, name)
			require.Equal(t, whole.clouds[c].trace, end.clouds[c].trace, name)
		}
		c := end.clouds[0]
		require.Zero(t, testing.AllocsPerRun(10, func() { _ = c.mover.step(context.Background(), nil, c) }), name)
	}
}

// The kinetic step against the matrix exponential of the linear equations and a sum over small intervals for its noise, and its limits.
func TestKick(t *testing.T) {
	for _, c := range [][3]float64{{0.02, 2, 0.5}, {0.4, 2, 0.5}, {3, 2, 1}, {1e-4, 0.1, 1}} {
		h, friction, kT := c[0], c[1], c[2]
		k := newKick(h, friction, kT)
		e := functions.Exp1(-friction * h)
		require.InEpsilon(t, e, k.keep, 1e-14)
		require.InEpsilon(t, (1-e)/friction, k.drift, 1e-10)
		const parts = 20000
		var push, xx, xv float64
		for j := range parts { // the force acts, and noise enters, a time s before the end
			s := h * (float64(j) + 0.5) / parts
			a := functions.Exp1(-friction * s)
			b := -functions.Expm11(-friction*s) / friction
			push += b * h / parts
			xx += 2 * friction * kT * b * b * h / parts
			xv += 2 * friction * kT * a * b * h / parts
		}
		require.InEpsilon(t, push, k.push, 1e-7)
		require.InEpsilon(t, xv, k.xv*k.v, 1e-7)
		require.InEpsilon(t, xx, k.xv*k.xv+k.x*k.x, 1e-7)
		require.InEpsilon(t, kT, k.keep*k.keep*kT+k.v*k.v, 1e-13)
	}
	require.Equal(t, kick{push: 0.5, x: 1}, newKick(0.5, 0, 1))
}

// Sums over pairs and medians against plain double loops, with tiles that are not full, kept distances and not. Catches a tile's wrong place.
func TestPairsTwin(t *testing.T) {
	for _, n := range []int{1, 2, 3, 63, 65, 130, kept + 70} {
		for _, kernel := range []string{"rbf", "imq"} {
			const d = 3
			x, a, b := make([]float64, n*d), make([]float64, n*2), make([]float64, n*(2*d+1))
			key := rng.New(4)
			key.Normals(x, 0, 0)
			key.Normals(a, 1, 0)
			key.Normals(b, 2, 0)
			for i := range n {
				copy(b[i*(2*d+1)+d+1:], x[i*d:(i+1)*d])
			}
			p := newPairs(kernel, n, d)
			p.dots = true
			p.into = rows{2, a, make([]float64, n*2)}
			p.against = rows{2*d + 1, b, make([]float64, n*(2*d+1))}
			p.set(x, false, nil)
			team := par.NewTeam(2)
			h := p.bandwidth(team, 1)
			p.sums(team, h, true)
			team.Close()
			var all []float64
			into, against := make([]float64, n*2), make([]float64, n*(2*d+1))
			for i := range n {
				for j := range n {
					r, dot := 0.0, 0.0
					for k := range d {
						e := x[i*d+k] - x[j*d+k]
						r += e * e
						dot += x[i*d+k] * x[j*d+k]
					}
					if i < j {
						all = append(all, r)
					}
					k := functions.Exp1(-r / h)
					w := 2 * k / h
					if kernel == "imq" {
						k = 1 / math.Sqrt(1+r/h)
						w = k * k * k / h
					}
					for q := range 2 {
						into[i*2+q] += k * a[j*2+q]
					}
					for q := range 2*d + 1 {
						if q > d {
							w0 := w * dot
							against[i*(2*d+1)+q] += w0 * b[j*(2*d+1)+q]
							continue
						}
						against[i*(2*d+1)+q] += w * b[j*(2*d+1)+q]
					}
				}
			}
			slices.Sort(all)
			if m := len(all); m > 0 {
				require.InEpsilon(t, (all[(m-1)/2]+all[m/2])/2, h, 1e-12)
			}
			require.InDeltaSlice(t, into, p.into.sums, 1e-10)
			require.InDeltaSlice(t, against, p.against.sums, 1e-10)
		}
	}
}

// Medians of ties, zeros and numbers of every size.
func TestMedian(t *testing.T) {
	s := rng.New(1).Stream(0)
	for _, n := range []int{1, 2, 3, 10, 1001, 20000} {
		for _, kind := range []string{"wide", "ties", "zeros", "equal"} {
			x := make([]float64, n)
			for i := range x {
				switch kind {
				case "wide":
					x[i] = functions.Exp1(200 * s.Normal())
				case "ties":
					x[i] = float64(s.Below(3))
				case "equal":
					x[i] = 0.1
				}
			}
			var m median
			got := m.of(nil, int64(n), func(*par.Team) { m.add(0, x) })
			slices.Sort(x)
			low, high := x[(n-1)/2], x[n/2]
			require.Equal(t, low+0.5*(high-low), got, "%s %d", kind, n)
		}
	}
}

// Bad input is refused with where it is.
func TestFaults(t *testing.T) {
	m := &SVGD{Steps: 5, Kernel: "rbf", Optimizer: "fixed", Step: 1e200, Metric: "unit", Mirror: "none"}
	w := must(openSVGD(skewed(t, 3), m, order(1, 4)))
	_, err := w.Stage(context.Background(), 1)
	require.Equal(t, spec.NonFiniteError, spec.Of(err).Class)
	require.ErrorContains(t, err, "particle")
	m.Metric = "hessian"
	_, err = openSVGD(skewed(t, 3), m, order(1, 4))
	require.ErrorContains(t, err, "at least 5 particles")
	require.Error(t, (&SVGD{Kernel: "linear", Bandwidth: 1, Metric: "unit", Mirror: "none"}).Check())
	m.Metric, m.Mirror = "unit", "entropic"
	_, err = openSVGD(skewed(t, 3), m, order(1, 4))
	require.ErrorContains(t, err, "simplex")
	o := order(1, 4)
	o.Start.Kind = "ordered"
	m.Mirror = "none"
	_, err = openSVGD(skewed(t, 3), m, o)
	require.ErrorContains(t, err, "stay together")
	o = order(1, 4)
	o.Observe = []string{"acceptance"}
	_, err = openSVGD(skewed(t, 3), m, o)
	require.ErrorContains(t, err, "one of x, energy")
}

func BenchmarkSVGD(b *testing.B) {
	for _, h := range []float64{0, 2} {
		m := &SVGD{Steps: 1 << 40, Kernel: "rbf", Bandwidth: h, Optimizer: "adagrad", Step: 0.1, Metric: "unit", Mirror: "none"}
		f := must(openSVGD(skewed(b, 50), m, order(1, 500))).(*flow)
		b.Run(map[bool]string{true: "median", false: "fixed"}[h == 0], func(b *testing.B) {
			for b.Loop() {
				if err := f.clouds[0].mover.step(context.Background(), nil, f.clouds[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
