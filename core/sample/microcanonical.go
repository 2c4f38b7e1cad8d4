package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// MCLMC is microcanonical Langevin dynamics (J. Robnik, G. B. De Luca, E. Silverstein, U. Seljak, JMLR 24, 311 (2023)): a particle of speed 1,
//
//	dz = v dt,    dv = -(1 - v v') grad u / (n - 1) dt + noise that turns v,
//
// whose law has the density of z as its marginal. Nothing is rejected, so that steps can be long in many dimensions, and the step size leaves a
// bias of second order in it: warm-up sets the step so that the mean square of the energy error of one is Error n, and the bias of variances is then
// of about that size. AdjustedMCLMC has none. A draw is as many steps as pass the length in which v forgets. At least two dimensions.
type MCLMC struct {
	// Mean square of the energy error of a step, over n, that the step size is adapted to.
	Error float64 `spec:"error" default:"5e-4" range:"(0,1)"`
	// Length over which v forgets, in scaled coordinates; 0 is sqrt(n).
	Length float64 `spec:"length" default:"0.0" range:"[0,inf)"`
	// Scales that warm-up estimates, or none.
	Metric string `spec:"metric" default:"\"diagonal\"" oneof:"diagonal,unit"`
	// Step in scaled coordinates; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
}

// AdjustedMCLMC moves along microcanonical trajectories, each with a new direction, and accepts their ends by Metropolis (J. Robnik, R. Cohn-Gordon,
// U. Seljak, arXiv:2503.01707). The number of steps of a trajectory is uniform about its mean, which passes the length. At least two dimensions.
type AdjustedMCLMC struct {
	// Mean acceptance that the step size is adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.9" range:"(0,1)"`
	// Mean length of a trajectory, in scaled coordinates; 0 is sqrt(n) pi/2, that of a Gaussian's quarter turn.
	Length float64 `spec:"length" default:"0.0" range:"[0,inf)"`
	// Scales that warm-up estimates, or none.
	Metric string `spec:"metric" default:"\"diagonal\"" oneof:"diagonal,unit"`
	// Step in scaled coordinates; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
}

// sphere is what both share: a position, a direction of length 1 in scaled coordinates, and the change of energy.
type sphere struct {
	*hamiltonian
	n      int
	length float64
	root   []float64 // scales
	p      []float64 // direction
	now    point
	gained float64 // kinetic energy
}

func newSphere(metric string, n int, step, target, length float64, warmup int64) (*sphere, error) {
	if n < 2 {
		return nil, spec.Expected("method", "one that works in one dimension, such as NUTS", "MCLMC").With("argument", "method")
	}
	h, err := newHamiltonian(metric, n, step, target, warmup)
	if err != nil {
		return nil, err
	}
	return &sphere{hamiltonian: h, n: n, length: length, root: ones(n), p: make([]float64, n), now: newPoint(n)}, nil
}

// rescale takes the scales from the metric.
func (k *sphere) rescale() {
	if k.metric.diagonal != nil {
		for i, d := range k.metric.diagonal {
			k.root[i] = math.Sqrt(d)
		}
	}
}

// turnTo draws a direction.
func (k *sphere) turnTo(s *rng.Stream) {
	s.Normals(k.p)
	k.unit()
}

func (k *sphere) unit() {
	f := 1 / math.Sqrt(dot(k.p, k.p))
	for i := range k.p {
		k.p[i] *= f
	}
}

// push turns the direction along the force for a time e, exactly, and counts the kinetic energy: with the unit vector f against the gradient
// and d = e |g|/(n-1), p' is proportional to p + f (sinh d + (f p)(cosh d - 1)).
func (k *sphere) push(e float64) {
	square, along := 0.0, 0.0
	for i, g := range k.now.g {
		x := k.root[i] * g
		square += float64(x * x)
		along -= float64(x * k.p[i])
	}
	size := math.Sqrt(square)
	if size == 0 || math.IsInf(size, 0) {
		return
	}
	along /= size
	d := e * size / float64(k.n-1)
	// over e^d, which may be large
	q := functions.Exp1(-d)
	half := float64(0.5 * (1 - float64(q*q)))
	rise := half + float64(along*0.5*float64((1-q)*(1-q)))
	grown := float64(0.5*(1+float64(q*q))) + float64(along*half)
	k.gained += float64(float64(k.n-1) * (d + functions.Log1(grown)))
	for i, g := range k.now.g {
		k.p[i] = (float64(q*k.p[i]) - float64(k.root[i]*g/size*rise)) / grown
	}
	k.unit()
}

// step is a leapfrog step of size e.
func (k *sphere) step(ctx context.Context, c *chain, e float64) error {
	k.push(0.5 * e)
	for i := range k.p {
		k.now.z[i] += float64(e * k.root[i] * k.p[i])
	}
	if err := c.eval.at(ctx, &k.now); err != nil {
		return err
	}
	if !math.IsInf(k.now.u, 1) {
		k.push(0.5 * e)
	}
	return nil
}

func (k *sphere) begin(ctx context.Context, c *chain, _ *rng.Stream) error {
	if err := c.descend(ctx); err != nil {
		return err
	}
	if !k.fixed {
		k.steps.restart(0.25*math.Sqrt(float64(k.n)), 1)
	}
	return nil
}

type adjusted struct{ *sphere }

func newAdjusted(m *AdjustedMCLMC, n int, warmup int64) (kernel, error) {
	length := m.Length
	if length == 0 {
		length = 0.5 * math.Pi * math.Sqrt(float64(n))
	}
	k, err := newSphere(m.Metric, n, m.StepSize, m.TargetAccept, length, warmup)
	return adjusted{k}, err
}

func (k adjusted) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	k.now.set(&c.at)
	k.turnTo(s)
	k.gained = 0
	e := k.steps.Step
	mean := max(1, k.length/e)
	count := 1 + s.Below(int(min(2*math.Round(mean)-1, 1023)))
	c.note.steps, c.note.energy, c.note.diverging = 0, c.at.u, false
	change := 0.0
	for range count {
		if err := k.step(ctx, c, e); err != nil {
			return err
		}
		c.note.steps++
		if change = k.now.u - c.at.u + k.gained; !(change < divergent) {
			c.note.diverging = true
			break
		}
	}
	c.note.accept = 0
	if change == change && !c.note.diverging {
		c.note.accept = functions.Exp1(min(-change, 0))
	}
	if s.Float64() < c.note.accept {
		c.at.set(&k.now)
	}
	c.visit()
	return nil
}

func (k *sphere) adapt(_ context.Context, c *chain, _ *rng.Stream, accept float64) error {
	if !k.fixed {
		k.steps.learn(accept)
	}
	in, closes := k.window.inside(c.ticks)
	if in {
		k.metric.learn(c.at.z, c.at.g)
	}
	if closes {
		k.metric.close()
		k.rescale()
		if !k.fixed {
			k.steps.restart(k.steps.average(), 1)
		}
	}
	return nil
}

func (k *sphere) state() []any { return append(k.hamiltonian.state(), k.root) }

// langevin is unadjusted: the direction p is part of its state.
type langevin struct {
	*sphere
	error   float64
	Weights []float64 // of the step's adaptation: sum of weights, of weighted errors; 1 once there is a direction
	keep    point
}

func newLangevin(m *MCLMC, n int, warmup int64) (kernel, error) {
	length := m.Length
	if length == 0 {
		length = math.Sqrt(float64(n))
	}
	k, err := newSphere(m.Metric, n, m.StepSize, 0, length, warmup)
	return &langevin{sphere: k, error: m.Error, Weights: make([]float64, 3), keep: newPoint(n)}, err
}

func (k *langevin) state() []any { return append(k.sphere.state(), k.p, k.Weights) }

func (k *langevin) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	k.now.set(&c.at)
	if k.Weights[2] == 0 {
		k.Weights[2] = 1
		k.turnTo(s)
	}
	c.note.steps, c.note.energy, c.note.diverging, c.note.accept = 0, c.at.u, false, 1
	count := int(min(max(1, math.Round(k.length/k.steps.Step)), 1023))
	for range count {
		e := k.steps.Step
		k.keep.set(&k.now)
		k.gained = 0
		if err := k.step(ctx, c, e); err != nil {
			return err
		}
		c.note.steps++
		change := k.now.u - k.keep.u + k.gained
		if !(math.Abs(change) < divergent) { // where it cannot go it turns to anywhere
			k.now.set(&k.keep)
			k.turnTo(s)
			c.note.diverging = true
			change = divergent
		}
		if c.warming() && !k.fixed {
			k.retune(change)
		}
		// noise that lets v forget over the length
		f := math.Sqrt(functions.Expm11(2*e/k.length) / float64(k.n))
		for i := range k.p {
			k.p[i] += float64(f * s.Normal())
		}
		k.unit()
	}
	c.at.set(&k.now)
	c.visit()
	return nil
}

// retune changes the step towards the one whose energy error is wanted, as the error's mean square grows as the sixth power of the step; errors that
// are far from it count less, old ones are forgotten over some 100 steps.
func (k *langevin) retune(change float64) {
	e := k.steps.Step
	x := float64(change*change)/(k.error*float64(k.n)) + 1e-8
	l := functions.Log1(x) / 9
	w := functions.Exp1(float64(-0.5 * l * l))
	const keep = 0.99
	k.Weights[0] = float64(keep*k.Weights[0]) + w
	k.Weights[1] = float64(keep*k.Weights[1]) + float64(w*x*functions.Exp1(-6*functions.Log1(e)))
	next := functions.Exp1(functions.Log1(k.Weights[1]/k.Weights[0]) / -6)
	if c := e * min(max(next/e, 0.5), 1.5); c > 1e-300 && c < largest {
		k.steps.Step = c
	}
}

func (k *langevin) adapt(_ context.Context, c *chain, _ *rng.Stream, _ float64) error {
	in, closes := k.window.inside(c.ticks)
	if in {
		k.metric.learn(c.at.z, c.at.g)
	}
	if closes {
		k.metric.close()
		k.rescale()
		k.Weights[0], k.Weights[1] = 0, 0
	}
	return nil
}

func (k *langevin) warm() {}

func (k *sphere) tune(m *moments, accept float64, fresh bool) {
	k.hamiltonian.tune(m, accept, fresh)
	k.rescale()
	if fresh && !k.fixed {
		k.steps.Step = 0.25 * math.Sqrt(float64(k.n))
	}
}
