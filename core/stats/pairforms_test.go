package stats

import (
	"context"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

// normals are points with the d-th coordinate of scale d + 1, away from the origin.
func normals(n, d int, seed uint64) []float64 {
	s := rng.New(seed).Stream(0)
	x := make([]float64, n*d)
	for i := range x {
		x[i] = 2 + float64(1+i%max(d, 1))*normalQuantile(s.Float64()+1e-17)
	}
	return x
}

// pairTwin is one pair by the formulas of the doc comment.
func pairTwin(kernel string, h float64, x, y, s, t []float64) float64 {
	var r, ss, mixed float64
	for k := range x {
		r += (x[k] - y[k]) * (x[k] - y[k])
		if s != nil {
			ss += s[k] * t[k]
			mixed += (x[k] - y[k]) * (t[k] - s[k])
		}
	}
	if kernel == "distance" {
		return math.Sqrt(r)
	}
	q := 1 / (1 + r/h/h)
	phi, first, second := math.Sqrt(q), -0.5*math.Sqrt(q)*q/h/h, 0.75*math.Sqrt(q)*q*q/h/h/h/h
	if kernel == "rbf" {
		phi = functions.Exp1(-r / 2 / h / h)
		first, second = -phi/2/h/h, phi/4/h/h/h/h
	}
	if s == nil {
		return phi
	}
	return ss*phi + 2*first*mixed - 2*float64(len(x))*first - 4*r*second
}

// The tiles against a loop over pairs, with weights, at sizes around a tile's; the same bits for all SIMD levels and numbers of workers. Catches a mirror
// image left out, a pair with itself counted, a tile of padding.
func TestPairForms(t *testing.T) {
	defer par.SetThreads(0)
	for _, c := range []struct {
		kernel string
		n, d   int
		stein  bool
	}{{"rbf", 300, 3, false}, {"imq", 257, 2, false}, {"distance", 513, 1, false}, {"rbf", 256, 4, true}, {"imq", 310, 3, true}, {"imq", 1, 2, true}, {"rbf", 5, 0, false}} {
		const b, h = 3, 1.7
		x, s, w := normals(c.n, c.d, 1), normals(c.n, c.d, 2), make([]int8, b*c.n)
		for i := range w {
			w[i] = int8(i%3 - 1)
		}
		in := []*array.Array{array.FromSlice(array.Float64, x, c.n, c.d)}
		if c.stein {
			in = append(in, array.FromSlice(array.Float64, s, c.n, c.d))
		}
		in = append(in, array.FromSlice(array.Int8, w, b, c.n))
		var total, size float64
		forms, linear := make([]float64, b), make([]float64, b)
		for i := range c.n {
			for j := range c.n {
				if i == j {
					continue
				}
				var si, sj []float64
				if c.stein {
					si, sj = s[i*c.d:(i+1)*c.d], s[j*c.d:(j+1)*c.d]
				}
				k := pairTwin(c.kernel, h, x[i*c.d:(i+1)*c.d], x[j*c.d:(j+1)*c.d], si, sj)
				total += k
				size += math.Abs(k)
				for a := range b {
					forms[a] += float64(w[a*c.n+i]) * float64(w[a*c.n+j]) * k
					linear[a] += float64(w[a*c.n+i]) * k
				}
			}
		}
		var first found
		twin.OnLevels(t, func(t *testing.T) {
			for _, threads := range []int{1, 3} {
				par.SetThreads(threads)
				f := found{}
				require.NoError(t, (&PairForms{c.kernel, h, c.stein}).run(context.Background(), in, f))
				require.InDelta(t, total, f.floats("total")[0], 1e-12*size)
				for a := range b {
					require.InDelta(t, forms[a], f.floats("forms")[a], 1e-12*size)
					require.InDelta(t, linear[a], f.floats("linear")[a], 1e-12*size)
				}
				if first == nil {
					first = f
				}
				require.Equal(t, first, f, "%v, %d threads", c, threads)
				reals, err := in[len(in)-1].Float64s()
				require.NoError(t, err)
				g := found{}
				with := append(in[:len(in)-1:len(in)-1], array.FromSlice(array.Float64, reals, b, c.n))
				require.NoError(t, (&PairForms{c.kernel, h, c.stein}).run(context.Background(), with, g))
				require.Equal(t, f, g)
			}
		})
	}
}

// A small problem against Sinkhorn's iteration as it is written; the same bits for any number of workers; over-relaxation ends where the plain iteration
// does.
func TestSinkhorn(t *testing.T) {
	defer par.SetThreads(0)
	const n, m, d, epsilon = 40, 300, 2, 0.8
	x, y := normals(n, d, 3), normals(m, d, 4)
	a, b := make([]float64, n), make([]float64, m)
	for i := range a {
		a[i] = float64(i+1) * 2 / n / (n + 1)
	}
	for j := range b {
		b[j] = 1.0 / m
	}
	f, g := make([]float64, n), make([]float64, m)
	cost := func(i, j int) float64 {
		return (x[2*i]-y[2*j])*(x[2*i]-y[2*j]) + (x[2*i+1]-y[2*j+1])*(x[2*i+1]-y[2*j+1])
	}
	want := 0.0
	for range 2000 {
		for j := range g {
			v := make([]float64, n)
			for i := range v {
				v[i] = functions.Log1(a[i]) + (f[i]-cost(i, j))/epsilon
			}
			g[j] = -epsilon * logSumExp(v)
		}
		for i := range f {
			v := make([]float64, m)
			for j := range v {
				v[j] = functions.Log1(b[j]) + (g[j]-cost(i, j))/epsilon
			}
			f[i] = -epsilon * logSumExp(v)
		}
	}
	for i := range f {
		want += a[i] * f[i]
	}
	for j := range g {
		want += b[j] * g[j]
	}
	var first found
	for _, threads := range []int{1, 3} {
		par.SetThreads(threads)
		r := found{}
		require.NoError(t, (&Sinkhorn{Epsilon: epsilon, P: 2, Tolerance: 1e-9, Iterations: 5000}).run(context.Background(), []*array.Array{
			array.FromSlice(array.Float64, x, n, d), array.FromSlice(array.Float64, a), array.FromSlice(array.Float64, y, m, d), array.FromSlice(array.Float64, b)}, r))
		require.InDelta(t, want, r.floats("value")[0], 1e-10)
		require.Less(t, r["iterations"].([]int64)[0], int64(800))
		if first == nil {
			first = r
		}
		require.Equal(t, first, r)
	}
}

// A cancelled job ends at once, and what cannot be is refused.
func TestPairsStopAndRefuse(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := array.FromSlice(array.Float64, normals(600, 2, 5), 600, 2)
	require.ErrorIs(t, (&PairForms{Kernel: "rbf", H: 1}).run(ctx, []*array.Array{x}, found{}), context.Canceled)
	a := make([]float64, 600)
	require.ErrorIs(t, (&Sinkhorn{Epsilon: 1, P: 2, Tolerance: 1e-9, Iterations: 10}).run(ctx, []*array.Array{x, array.FromSlice(array.Float64, a)}, found{}), context.Canceled)
	bad := func(match string, p *PairForms, in ...*array.Array) {
		require.ErrorContains(t, p.run(context.Background(), in, found{}), match)
	}
	bad("expected points", &PairForms{Kernel: "rbf", H: 1})
	bad("(points, dimensions)", &PairForms{Kernel: "rbf", H: 1}, array.FromSlice(array.Float64, a))
	bad("at least one point", &PairForms{Kernel: "rbf", H: 1}, array.FromSlice(array.Float64, []float64{}, 0, 2))
	bad("finite", &PairForms{Kernel: "rbf", H: 1}, array.FromSlice(array.Float64, []float64{1, math.NaN()}, 1, 2))
	bad("weights", &PairForms{Kernel: "rbf", H: 1}, x, array.FromSlice(array.Int8, []int8{1}, 1, 1))
	bad("scores", &PairForms{"rbf", 1, true}, x, array.FromSlice(array.Float64, a, 300, 2))
	bad("rbf or imq", &PairForms{"distance", 1, true}, x, x)
	bad("scores", &PairForms{"rbf", 1, true}, x)
	require.ErrorContains(t, (&Sinkhorn{Epsilon: 1}).run(context.Background(), []*array.Array{x}, found{}), "points and weights")
	require.ErrorContains(t, (&Sinkhorn{Epsilon: 1}).run(context.Background(), []*array.Array{x, x}, found{}), "expected weights")
}

func BenchmarkPairForms(b *testing.B) {
	x, s := array.FromSlice(array.Float64, normals(2000, 20, 1), 2000, 20), array.FromSlice(array.Float64, normals(2000, 20, 2), 2000, 20)
	for _, c := range []struct {
		name, kernel string
		in           []*array.Array
	}{{"distance", "distance", []*array.Array{x}}, {"rbf", "rbf", []*array.Array{x}}, {"stein", "imq", []*array.Array{x, s}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				_ = (&PairForms{c.kernel, 5, len(c.in) > 1}).run(context.Background(), c.in, found{})
			}
			b.ReportMetric(2000*2000/2*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")
		})
	}
}
