package sample

import (
	"context"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// HMC is Hamiltonian Monte Carlo with a fixed number of steps (S. Duane, A. D. Kennedy, B. J. Pendleton, D. Roweth, Phys. Lett. B 195, 216 (1987)). The
// step of each trajectory is drawn uniformly within the jitter, against resonances. Step size and metric adapt in warm-up. On spheres, rotations and
// special unitary matrices positions flow along geodesics between kicks, as in GeodesicHMC; fields on lattices bring their own code for that.
//
// The change of the Hamiltonian over a trajectory, before it is accepted or not, can be observed as "dH", and "exp(-dH)", whose mean is 1 where all is
// right.
type HMC struct {
	// Steps of a trajectory.
	Steps int `spec:"steps" default:"20" range:"[1,1e9]"`
	// Mean acceptance that the step size is adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.8" range:"(0,1)"`
	// Inverse mass matrix that warm-up estimates: scales, these and the directions that stand out, the covariance, or none. "automatic" is low_rank;
	// diagonal on curved spaces, where each block has one number and neither low_rank nor dense can be; and unit for fields on lattices.
	Metric string `spec:"metric" default:"\"automatic\"" oneof:"automatic,low_rank,diagonal,dense,unit"`
	// Step of the integrator; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
	// Relative half width of the steps drawn.
	Jitter float64 `spec:"jitter" default:"0.2" range:"[0,1)"`
	// "leapfrog" has one gradient a step; "omelyan" two, and about a tenth of its error at order 2 (lambda = 0.1931833275037836); "omelyan4" five, at
	// order 4.
	Integrator string `spec:"integrator" default:"\"leapfrog\"" oneof:"leapfrog,omelyan,omelyan4"`
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

// stage is a part of a step with one gradient: a kick, a drift, and a kick at the new position, in units of the step.
type stage struct{ before, drift, after float64 }

const (
	omelyan = 0.1931833275037836
	// I. P. Omelyan, I. M. Mryglod, R. Folk, Comput. Phys. Commun. 151, 272 (2003), equation 72: kicks 0, 2, drifts 1, 3.
	fourth0, fourth1, fourth2, fourth3 = 0.08398315262876693, 0.2539785108410595, 0.6822365335719091, -0.03230286765269967
	fourth4, fourth5                   = 0.5 - fourth0 - fourth2, 1 - 2*(fourth1+fourth3)
)

var integrators = map[string][]stage{
	"leapfrog": {{0.5, 1, 0.5}},
	"omelyan":  {{omelyan, 0.5, 0.5 - omelyan}, {0.5 - omelyan, 0.5, omelyan}},
	"omelyan4": {{fourth0, fourth1, fourth2 / 2}, {fourth2 / 2, fourth3, fourth4 / 2}, {fourth4 / 2, fourth5, fourth4 / 2},
		{fourth4 / 2, fourth3, fourth2 / 2}, {fourth2 / 2, fourth1, fourth0}},
}

type hmc struct {
	*hamiltonian
	count  int
	jitter float64
	stages []stage
	turn   int     // stages done
	before float64 // energy
	size   float64 // of a step
}

func newHMC(m *HMC, n int, warmup int64) (kernel, error) {
	metric, stages := m.Metric, integrators[m.Integrator]
	if metric == "automatic" || metric == "" {
		metric = "low_rank"
	}
	if stages == nil {
		stages = integrators["leapfrog"]
	}
	h, err := newHamiltonian(metric, n, m.StepSize, m.TargetAccept, warmup)
	return &hmc{hamiltonian: h, count: m.Steps, jitter: m.Jitter, stages: stages}, err
}

func newMALA(m *MALA, n int, warmup int64) (kernel, error) {
	h, err := newHamiltonian(m.Metric, n, m.StepSize, m.TargetAccept, warmup)
	return &hmc{hamiltonian: h, count: 1, stages: integrators["leapfrog"]}, err
}

func (k *hmc) transition(ctx context.Context, c *chain, _ *rng.Stream) error { return alone(ctx, c, k) }

func (k *hmc) slope() bool { return true }

func (k *hmc) start(c *chain) {
	k.kick(c, &c.stream)
	k.before = k.now.energy
	k.stride(&c.stream)
	k.turn, c.note.steps = 0, 0
}

// stride draws the step of a trajectory.
func (k *hmc) stride(s *rng.Stream) {
	k.size = k.steps.Step
	if k.jitter > 0 {
		k.size *= 1 + float64(k.jitter*(2*s.Float64()-1))
	}
}

func (k *hmc) ask(c *chain) *point {
	a := &k.now
	if k.turn == k.count*len(k.stages) || k.turn > 0 && k.lost(a.u) {
		return nil
	}
	s := k.stages[k.turn%len(k.stages)]
	k.drift(a, s.before*k.size, s.drift*k.size)
	return &a.point
}

func (k *hmc) answer(c *chain) {
	k.land(&k.now, k.stages[k.turn%len(k.stages)].after*k.size)
	k.turn++
	c.note.steps = int64(k.turn / len(k.stages))
}

// lost tells whether a trajectory has run away: its energy is at least u.
func (k *hmc) lost(u float64) bool { return !(u-k.before <= divergent) }

func (k *hmc) end(c *chain) {
	k.now.weigh()
	k.decide(c, &c.stream, &k.now.point, k.now.energy)
}

// decide accepts the end of a trajectory or not.
func (k *hmc) decide(c *chain, s *rng.Stream, p *point, energy float64) {
	d := k.before - energy
	if c.note.accept = 0; d == d {
		c.note.accept = min(1, functions.Exp1(min(d, 0)))
	}
	c.note.diverging, c.note.energy, c.note.change = !(d > -divergent), k.before, -d
	if s.Float64() < c.note.accept {
		c.at.set(p)
	}
	c.visit()
}
