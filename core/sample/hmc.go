package sample

import (
	"context"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// HMC is Hamiltonian Monte Carlo with a fixed number of leapfrog steps (S. Duane, A. D. Kennedy, B. J. Pendleton, D. Roweth, Phys. Lett. B 195,
// 216 (1987)). The step of each trajectory is drawn uniformly within the jitter, against resonances. Step size and metric adapt in warm-up.
type HMC struct {
	// Leapfrog steps of a trajectory.
	Steps int `spec:"steps" default:"20" range:"[1,1e9]"`
	// Mean acceptance that the step size is adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.8" range:"(0,1)"`
	// Inverse mass matrix that warm-up estimates: scales, these and the directions that stand out, the covariance, or none.
	Metric string `spec:"metric" default:"\"low_rank\"" oneof:"low_rank,diagonal,dense,unit"`
	// Step of the leapfrog; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
	// Relative half width of the steps drawn.
	Jitter float64 `spec:"jitter" default:"0.2" range:"[0,1)"`
}

// MALA is the Metropolis-adjusted Langevin algorithm (G. O. Roberts, R. L. Tweedie, Bernoulli 2, 341 (1996)): one leapfrog step with a new
// momentum, that is z' = z - h^2/2 M^-1 du/dz + h M^-1/2 n, accepted by Metropolis and Hastings.
type MALA struct {
	// Mean acceptance that the step size is adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.574" range:"(0,1)"`
	// Inverse mass matrix that warm-up estimates: scales, these and the directions that stand out, the covariance, or none.
	Metric string `spec:"metric" default:"\"low_rank\"" oneof:"low_rank,diagonal,dense,unit"`
	// Step h; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
}

type hmc struct {
	*hamiltonian
	count  int
	jitter float64
	before float64 // energy
	size   float64 // of a step
}

func newHMC(m *HMC, n int, warmup int64) (kernel, error) {
	h, err := newHamiltonian(m.Metric, n, m.StepSize, m.TargetAccept, warmup)
	return &hmc{hamiltonian: h, count: m.Steps, jitter: m.Jitter}, err
}

func newMALA(m *MALA, n int, warmup int64) (kernel, error) {
	h, err := newHamiltonian(m.Metric, n, m.StepSize, m.TargetAccept, warmup)
	return &hmc{hamiltonian: h, count: 1}, err
}

func (k *hmc) transition(ctx context.Context, c *chain, _ *rng.Stream) error { return alone(ctx, c, k) }

func (k *hmc) slope() bool { return true }

func (k *hmc) start(c *chain) {
	k.kick(c, &c.stream)
	k.before = k.now.energy
	k.stride(c)
	c.note.steps = 0
}

// stride draws the step of a trajectory.
func (k *hmc) stride(c *chain) {
	k.size = k.steps.Step
	if k.jitter > 0 {
		k.size *= 1 + float64(k.jitter*(2*c.stream.Float64()-1))
	}
}

func (k *hmc) ask(c *chain) *point {
	a := &k.now
	if c.note.steps == int64(k.count) || (c.note.steps > 0 && k.lost(a.u)) {
		return nil
	}
	k.drift(a, k.size)
	return &a.point
}

func (k *hmc) answer(c *chain) {
	k.land(&k.now, k.size)
	c.note.steps++
}

// lost tells whether a trajectory has run away: its energy is at least u.
func (k *hmc) lost(u float64) bool { return !(u-k.before <= divergent) }

func (k *hmc) end(c *chain) { k.decide(c, &k.now.point, k.now.energy) }

// decide accepts the end of a trajectory or not.
func (k *hmc) decide(c *chain, p *point, energy float64) {
	d := k.before - energy
	if c.note.accept = 0; d == d {
		c.note.accept = min(1, functions.Exp1(min(d, 0)))
	}
	c.note.diverging, c.note.energy = !(d > -divergent), k.before
	if c.stream.Float64() < c.note.accept {
		c.at.set(p)
	}
	c.visit()
}
