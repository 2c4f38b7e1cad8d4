package cloud

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// EnsembleKalman samples the posterior of an inverse problem without derivatives, by particles that follow
//
//	dz_i = -C_zR R_i / kT dt + ((d + 1)/N) (z_i - mean z) dt + sqrt(2 C) dW_i,
//
// where R is the whitened residual of data and prior, C the covariance of the particles (over N) and C_zR theirs with R: the ensemble Kalman sampler,
// with the term that makes the posterior of a linear problem exact for every N > d + 1 (affine-invariant Langevin dynamics). For others it is an
// approximation, of the gradient by differences over the cloud. Steps of size h bias what is sampled by O(h).
//
// The run has trace_misfit, the mean of |R|^2/2 before each kept step, trace_mean and trace_variance (over N) of the coordinates after it.
type EnsembleKalman struct {
	// Steps of every particle.
	Steps int `spec:"steps" default:"1000" range:"[1,1e12]"`
	// h.
	Step float64 `spec:"step" default:"0.02" range:"(0,inf)"`
	// h = step / (1 + step |D|), |D| the root mean square over pairs of the drift's weights R_i.(R_k - mean R)/kT: careful far from the data.
	Adaptive bool `spec:"adaptive" default:"true"`
	// Without the term in (d + 1)/N: the sampler as it was published first, exact for large N.
	Uncorrected bool `spec:"uncorrected" default:"false"`
	// Rows of the traces at most.
	Trace int `spec:"trace" default:"1000" range:"[0,1e9]"`
}

func openKalman(system, method any, o contract.Order) (contract.Staged, error) {
	m, v := method.(*EnsembleKalman), system.(*density.Inverse)
	p := plan{system: v, steps: follow(m.Steps, m.Trace), follows: "misfit", spread: 1, least: v.Size() + 2, why: ", more than d + 1",
		field: func(int) (gradient, error) { return nil, nil }}
	p.mover = func(c *cloud) (mover, error) { return newKalman(m, v, c) }
	return p.open(o)
}

type kalman struct {
	*EnsembleKalman
	of           *density.Residuals
	m            int
	r, centred   []float64 // R (n, m) and R - mean R
	mean, middle []float64 // of R and of z
	deviation    []float64 // z - mean z
	cross        []float64 // C_Rz (m, d)
	drift, noise []float64
	factor       []float64
	weights      []float64 // R R'
	space        *linalg.Workspace
	time         float64
}

func newKalman(m *EnsembleKalman, v *density.Inverse, c *cloud) (mover, error) {
	of, err := v.Residuals(c.n)
	if err != nil {
		return nil, err
	}
	room := func(n int) []float64 { return make([]float64, n) }
	k := &kalman{EnsembleKalman: m, of: of, m: v.Length(), space: new(linalg.Workspace)}
	k.r, k.centred, k.mean, k.middle = room(c.n*k.m), room(c.n*k.m), room(k.m), room(c.d)
	k.deviation, k.cross, k.drift, k.noise, k.factor = room(c.n*c.d), room(k.m*c.d), room(c.n*c.d), room(c.n*c.d), room(c.d*c.d)
	k.weights = room(k.m * k.m)
	return k, nil
}

func (k *kalman) state() []any { return []any{&k.time} }

func (k *kalman) info() map[string]float64 { return map[string]float64{"time": k.time} }

func multiply(c, a, b linalg.Matrix[float64], w *linalg.Workspace) {
	if err := linalg.Multiply(c, a, b, false, w); err != nil {
		panic(err)
	}
}

func (k *kalman) step(ctx context.Context, team *par.Team, c *cloud) error {
	n, d, m := c.n, c.d, k.m
	if err := k.of.At(ctx, team, c.z, k.r); err != nil {
		return err
	}
	misfit := 0.0
	for i := range n {
		row := k.r[i*m : (i+1)*m]
		c.u[i] = 0.5 * simd.Dot(row, row)
		misfit += c.u[i] / float64(n)
	}
	clear(c.g)
	if err := c.finite(); err != nil {
		return err
	}
	c.measure = misfit
	centre(k.centred, k.r, k.mean, n, m)
	centre(k.deviation, c.z, k.middle, n, d)
	over := 1 / (float64(n) * c.kT)
	multiply(linalg.Dense(k.cross, m, d), linalg.Dense(k.centred, n, m).T(), linalg.Dense(k.deviation, n, d), k.space)
	multiply(linalg.Dense(k.drift, n, d), linalg.Dense(k.r, n, m), linalg.Dense(k.cross, m, d), k.space)
	h := k.Step
	if k.Adaptive {
		h /= math.FMA(h, k.strength(n)*over, 1)
	}
	covariance(k.factor, c.z, k.middle, n, d)
	if !cholesky(k.factor, d) {
		return spec.Errorf(spec.NonFiniteError, "the covariance of cloud %d is not positive definite at step %d: its particles have collapsed or left all bounds", c.number, c.ticks).
			With("chain", c.number).With("step", c.ticks).Try("a smaller step, or more draws")
	}
	c.key.Normals(k.noise, uint64(c.ticks), 0)
	grow, size := h*float64(d+1)/float64(n), math.Sqrt(2*h)
	if k.Uncorrected {
		grow = 0
	}
	for i := range n {
		noise := k.noise[i*d : (i+1)*d]
		times(k.factor, noise)
		for q := range d {
			at := i*d + q
			c.z[at] += float64(size*noise[q]) + float64(grow*k.deviation[at]) - float64(h*over*k.drift[at])
		}
	}
	k.time += h
	return nil
}

// strength is the root of sum_ik (R_i.(R_k - mean R))^2: that of the trace of R'R by that of the centred ones.
func (k *kalman) strength(n int) float64 {
	m := k.m
	a := linalg.Dense(k.r, n, m)
	multiply(linalg.Dense(k.weights, m, m), a.T(), a, k.space)
	total := 0.0
	for p := range m {
		mean := k.mean[p]
		for q := range m {
			w := k.weights[p*m+q]
			total = math.FMA(w, w-float64(float64(n)*float64(mean*k.mean[q])), total)
		}
	}
	return math.Sqrt(max(total, 0))
}

// centre writes rows x (n, d) less their mean.
func centre(to, x, mean []float64, n, d int) {
	simd.SumColumns(mean, x, d, n)
	for k := range mean {
		mean[k] /= float64(n)
	}
	for i := range n {
		simd.Sub(to[i*d:(i+1)*d], x[i*d:(i+1)*d], mean)
	}
}
