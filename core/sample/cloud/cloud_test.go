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
	base := SVGD{Steps: 12, Kernel: "rbf", Optimizer: "adagrad", Step: 0.1, Metric: "unit", Mirror: "none", Trace: 5}
	switch name {
	case "imq kt":
		base.Kernel, base.Optimizer = "imq", "kt"
	case "linear coin":
		base.Kernel, base.Optimizer = "linear", "coin"
	case "fisher adam":
		base.Metric, base.Optimizer = "fisher", "adam"
	case "covariance":
		base.Metric, base.Optimizer = "covariance", "fixed"
	}
	return must(openSVGD(skewed(t, 3), &base, order(clouds, 150)))
}

var all = []string{"rbf", "imq kt", "linear coin", "fisher adam", "covariance"}

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
	m.Metric = "fisher"
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
