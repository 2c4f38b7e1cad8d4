package series

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// LinearGaussian is x_0 ~ N(m, P), x_t = A x_{t-1} + N(0, Q), y_t = H x_t + N(0, R) with its observations (T, m); NaN is missing.
type LinearGaussian struct {
	Y                     Data `spec:"y"`
	Transition            Data `spec:"transition"`
	TransitionCovariance  Data `spec:"transition_covariance"`
	Observation           Data `spec:"observation"`
	ObservationCovariance Data `spec:"observation_covariance"`
	InitialMean           Data `spec:"initial_mean"`
	InitialCovariance     Data `spec:"initial_covariance"`
}

// Traced marks a system whose Python class is written by hand.
func (*LinearGaussian) Traced() {}

// Check compares shapes.
func (g *LinearGaussian) Check() error {
	d, m := g.InitialMean.Len(), 0
	if len(g.Y.Shape) == 2 {
		m = g.Y.Shape[1]
	}
	for _, c := range []struct {
		name  string
		a     Data
		shape [2]int
	}{{"transition", g.Transition, [2]int{d, d}}, {"transition_covariance", g.TransitionCovariance, [2]int{d, d}}, {"observation", g.Observation, [2]int{m, d}},
		{"observation_covariance", g.ObservationCovariance, [2]int{m, m}}, {"initial_covariance", g.InitialCovariance, [2]int{d, d}}, {"y", g.Y, [2]int{-1, m}}} {
		if c.a.Dtype != array.Float64 || len(c.a.Shape) != 2 || c.shape[0] >= 0 && c.a.Shape[0] != c.shape[0] || c.a.Shape[1] != c.shape[1] {
			return spec.Errorf(spec.ShapeError, "%s: expected float64 of shape %v, got %s of shape %v", c.name, c.shape, c.a.Dtype, c.a.Shape).With("argument", c.name)
		}
	}
	if g.InitialMean.Dtype != array.Float64 || d == 0 || m == 0 || g.Y.Shape[0] == 0 {
		return spec.Errorf(spec.ShapeError, "y, initial_mean: expected at least one time, observation and state").With("argument", "y")
	}
	return nil
}

// KalmanFilter gives the exact filter of a linear Gaussian model (R. E. Kalman, J. Basic Eng. 82, 35 (1960)): mean, variance and covariance of x_t given
// y_0, ..., y_t, and log p(y_0, ..., y_t). Covariances are updated in Joseph's form. Components of y that are NaN are left out.
type KalmanFilter struct{}

// KalmanSmoother gives mean, variance and covariance of x_t given all observations, and lag_covariance, Cov(x_t, x_{t+1}): the numbers of H. E. Rauch,
// F. Tung, C. T. Striebel, AIAA J. 3, 1445 (1965), by the backward recursion of J. Durbin, S. J. Koopman, Time Series Analysis by State Space Methods (2012), 4.4,
// which inverts no predicted covariance, so that noise may be singular.
type KalmanSmoother struct{}

// kalman is the pass forward; predictions are those of x_t given y_0..t-1.
type kalman struct {
	d, T          int
	a, P          [][]float64 // predicted
	mean, cov     [][]float64 // filtered
	r, N          [][]float64 // H' F^-1 v, H' F^-1 H
	L             [][]float64 // A - K H
	loglikelihood []float64
}

const halfLog2Pi = 0.91893853320467274178

// times is x (n, m) times y (m, k); with ty y is (k, m) and transposed.
func times(x, y []float64, n, m, k int, ty bool) []float64 {
	out := make([]float64, n*k)
	for i := range n {
		for j := range k {
			s := 0.0
			for l := range m {
				if ty {
					s += float64(x[i*m+l] * y[j*m+l])
				} else {
					s += float64(x[i*m+l] * y[l*k+j])
				}
			}
			out[i*k+j] = s
		}
	}
	return out
}

func transposed(x []float64, n, m int) []float64 {
	out := make([]float64, len(x))
	for i := range n {
		for j := range m {
			out[j*n+i] = x[i*m+j]
		}
	}
	return out
}

func plus(x, y []float64, sign float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] + float64(sign*y[i])
	}
	return out
}

func symmetric(x []float64, n int) []float64 {
	for i := range n {
		for j := range i {
			x[i*n+j] = (x[i*n+j] + x[j*n+i]) / 2
			x[j*n+i] = x[i*n+j]
		}
	}
	return x
}

func (g *LinearGaussian) forward(ctx context.Context) (*kalman, error) {
	see := array.View[float64]
	d, m, T := g.InitialMean.Len(), g.Y.Shape[1], g.Y.Shape[0]
	A, Q, H, R := see(g.Transition.Array), see(g.TransitionCovariance.Array), see(g.Observation.Array), see(g.ObservationCovariance.Array)
	y := see(g.Y.Array)
	k := &kalman{d: d, T: T}
	a, P := see(g.InitialMean.Array), see(g.InitialCovariance.Array)
	total := 0.0
	library, scratch := linalg.Plain{}.Real(), &linalg.Scratch{}
	eye := make([]float64, d*d)
	for i := range d {
		eye[i*d+i] = 1
	}
	for t := range T {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var seen []int
		for i := range m {
			if v := y[t*m+i]; v == v {
				seen = append(seen, i)
			}
		}
		n := len(seen)
		h, noise, v := make([]float64, n*d), make([]float64, n*n), make([]float64, n)
		for i, o := range seen {
			copy(h[i*d:(i+1)*d], H[o*d:(o+1)*d])
			for j, p := range seen {
				noise[i*n+j] = R[o*m+p]
			}
			v[i] = y[t*m+o]
			for j := range d {
				v[i] -= float64(H[o*d+j] * a[j])
			}
		}
		PH := times(P, h, d, d, n, true)
		F := symmetric(plus(times(h, PH, n, d, n, false), noise, 1), n)
		if library.Cholesky(n, F, scratch) != linalg.OK {
			return nil, spec.Errorf(spec.NonFiniteError, "time %d: the covariance H P H' + R of the predicted observation is not positive definite", t).With("time", t)
		}
		for i := range n {
			total -= functions.Log1(F[i*n+i]) + halfLog2Pi
		}
		z, zh, gain := append([]float64{}, v...), append([]float64{}, h...), transposed(PH, d, n) // L^-1 v, F^-1 H, F^-1 H P
		library.TriangularSolve(n, 1, F, z, true, false, false, scratch)
		for _, x := range z {
			total -= float64(0.5 * float64(x*x))
		}
		library.TriangularSolve(n, 1, F, z, true, true, false, scratch)
		for _, x := range [][]float64{zh, gain} {
			library.TriangularSolve(n, d, F, x, true, false, false, scratch)
			library.TriangularSolve(n, d, F, x, true, true, false, scratch)
		}
		K := transposed(gain, n, d) // P H' F^-1
		mean := plus(a, times(K, v, d, n, 1, false), 1)
		keep := plus(eye, times(K, h, d, n, d, false), -1)
		cov := symmetric(plus(times(times(keep, P, d, d, d, false), keep, d, d, d, true), times(times(K, noise, d, n, n, false), K, d, n, d, true), 1), d)
		k.a, k.P, k.mean, k.cov = append(k.a, a), append(k.P, P), append(k.mean, mean), append(k.cov, cov)
		k.r, k.N = append(k.r, times(transposed(h, n, d), z, d, n, 1, false)), append(k.N, times(transposed(h, n, d), zh, d, n, d, false))
		k.L = append(k.L, times(A, keep, d, d, d, false))
		k.loglikelihood = append(k.loglikelihood, total)
		a = times(A, mean, d, d, 1, false)
		P = symmetric(plus(times(times(A, cov, d, d, d, false), A, d, d, d, true), Q, 1), d)
	}
	if total-total != 0 {
		return nil, spec.Errorf(spec.NonFiniteError, "the log evidence is %v: the model's numbers are too large", total)
	}
	return k, nil
}

func solveKalman(ctx context.Context, system, _ any, _ []contract.Params, observe []string, out contract.Results) error {
	k, err := system.(*LinearGaussian).forward(ctx)
	if err != nil {
		return err
	}
	return k.report(out, observe, k.mean, k.cov, nil)
}

func solveSmoother(ctx context.Context, system, _ any, _ []contract.Params, observe []string, out contract.Results) error {
	k, err := system.(*LinearGaussian).forward(ctx)
	if err != nil {
		return err
	}
	d, T := k.d, k.T
	mean, cov, lag := make([][]float64, T), make([][]float64, T), make([][]float64, max(T-1, 0))
	r, N := make([]float64, d), make([]float64, d*d)
	for t := T - 1; t >= 0; t-- {
		Lt := transposed(k.L[t], d, d)
		if t < T-1 {
			rest := times(N, k.P[t+1], d, d, d, false) // I - N_t P_{t+1}
			for i := range rest {
				rest[i] = -rest[i]
			}
			for i := range d {
				rest[i*d+i]++
			}
			lag[t] = times(times(k.P[t], Lt, d, d, d, false), rest, d, d, d, false)
		}
		r = plus(k.r[t], times(Lt, r, d, d, 1, false), 1)
		N = symmetric(plus(k.N[t], times(times(Lt, N, d, d, d, false), k.L[t], d, d, d, false), 1), d)
		mean[t] = plus(k.a[t], times(k.P[t], r, d, d, 1, false), 1)
		cov[t] = symmetric(plus(k.P[t], times(times(k.P[t], N, d, d, d, false), k.P[t], d, d, d, false), -1), d)
	}
	return k.report(out, observe, mean, cov, lag)
}

func (k *kalman) report(out contract.Results, observe []string, mean, cov, lag [][]float64) error {
	d := k.d
	variance := make([]float64, 0, k.T*d)
	for _, c := range cov {
		for i := range d {
			variance = append(variance, c[i*d+i])
		}
	}
	columns := []column{{"mean", []int{k.T, d}, []string{"time", "state"}}, {"variance", []int{k.T, d}, []string{"time", "state"}},
		{"covariance", []int{k.T, d, d}, []string{"time", "state", "state_2"}}, {"log_likelihood", []int{k.T}, []string{"time"}}}
	data := [][]float64{flat(mean), variance, flat(cov), k.loglikelihood}
	if lag != nil {
		columns, data = append(columns, column{"lag_covariance", []int{len(lag), d, d}, []string{"lag", "state", "state_2"}}), append(data, flat(lag))
	}
	return addColumns(out, observe, columns, data)
}

func flat(x [][]float64) (all []float64) {
	for _, row := range x {
		all = append(all, row...)
	}
	return all
}
