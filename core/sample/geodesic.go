package sample

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/sample/manifold"
)

// GeodesicHMC is Hamiltonian Monte Carlo on spheres, Stiefel manifolds, rotations, special unitary matrices and their products with flat spaces
// (S. Byrne, M. Girolami, Scand. J. Stat. 40, 825 (2013)): gradients kick momenta in tangent directions, and between kicks positions flow along geodesics,
// which on SU(n) is the hybrid Monte Carlo of lattice gauge theory (S. Duane, A. D. Kennedy, B. J. Pendleton, D. Roweth, Phys. Lett. B 195, 216 (1987)).
// Densities are with respect to the surface's measure, Haar's on groups. Points leave the surface by rounding alone. In warm-up flat coordinates get their
// variances as inverse masses, each curved block one number. Without curved spaces it is HMC.
type GeodesicHMC struct {
	// Steps of a trajectory.
	Steps int `spec:"steps" default:"20" range:"[1,1e9]"`
	// Mean acceptance that the step size is adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.8" range:"(0,1)"`
	// Inverse masses that warm-up estimates.
	Metric string `spec:"metric" default:"\"diagonal\"" oneof:"diagonal,unit"`
	// Step of time; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
	// Relative half width of the steps drawn.
	Jitter float64 `spec:"jitter" default:"0.2" range:"[0,1)"`
}

// GeodesicNUTS is NUTS whose trajectories follow geodesics between kicks, as those of GeodesicHMC. They turn back where the sum of their momenta, in the
// space around the surface, no longer points along the velocities at both ends: on a sphere without forces after half a great circle.
type GeodesicNUTS struct {
	// Mean acceptance that the step size is adapted to; higher means shorter steps.
	TargetAccept float64 `spec:"target_accept" default:"0.8" range:"(0,1)"`
	// A trajectory has at most 2^MaxDepth - 1 steps.
	MaxDepth int `spec:"max_depth" default:"10" range:"[1,20]"`
	// Inverse masses that warm-up estimates.
	Metric string `spec:"metric" default:"\"diagonal\"" oneof:"diagonal,unit"`
	// Step of time; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
}

// Follows: all surfaces.
func (*GeodesicHMC) Follows(kind string) bool  { return smooth(kind) }
func (*GeodesicNUTS) Follows(kind string) bool { return smooth(kind) }

func smooth(kind string) bool { return !contract.Block{Kind: kind}.Discrete() }

func newGeodesicHMC(m *GeodesicHMC, n int, warmup int64) (kernel, error) {
	return newHMC(&HMC{Steps: m.Steps, TargetAccept: m.TargetAccept, Metric: m.Metric, StepSize: m.StepSize, Jitter: m.Jitter}, n, warmup)
}

func newGeodesicNUTS(m *GeodesicNUTS, n int, warmup int64) (kernel, error) {
	return newNUTS(&NUTS{TargetAccept: m.TargetAccept, MaxDepth: m.MaxDepth, Metric: m.Metric, StepSize: m.StepSize}, n, warmup)
}

// geodesic is a kernel that follows a shape.
type geodesic interface{ follow(s *manifold.Product) }

func (h *hamiltonian) follow(s *manifold.Product) {
	h.shape = s
	h.limit()
}

// along is drift on a shape: a tangent kick, and a flow that carries the velocity with it.
func (h *hamiltonian) along(a *phase, half, e float64) {
	h.push(a, half)
	h.metric.apply(a.v, a.p)
	h.shape.Flow(a.z, a.v, e)
	switch m := h.metric; { // p = M v
	case m.diagonal != nil:
		for i, v := range a.v {
			a.p[i] = v / m.diagonal[i]
		}
	default:
		copy(a.p, a.v)
	}
}

// push is a kick for a time t in tangent directions.
func (h *hamiltonian) push(a *phase, t float64) {
	subtract(a.p, t, a.g)
	h.shape.Project(a.z, a.p)
}

// tangent is the gradient that the metric learns from.
func (h *hamiltonian) tangent(c *chain) []float64 {
	if h.shape == nil {
		return c.at.g
	}
	copy(h.now.w, c.at.g)
	h.shape.Project(c.at.z, h.now.w)
	return h.now.w
}

// limit gives every curved block one inverse mass, and keeps the step at about an eighth of the way to the other side, so that NUTS sees a trajectory
// turn: where nothing is steep no error does. HMC may go all the way.
func (h *hamiltonian) limit() {
	if h.shape == nil {
		return
	}
	if h.metric.diagonal != nil {
		h.shape.Level(h.metric.diagonal)
	}
	share := 0.125
	if h.far {
		share = 1
	}
	h.steps.Most = min(largest, share*math.Pi/h.shape.Speed(h.metric.diagonal))
}

// geodesicEntry is the line of a method whose kernels follow the target's shape.
func geodesicEntry[M any](name string, build func(m *M, n int, warmup int64) (kernel, error), cite ...string) contract.Entry {
	e := entry(name, build, cite...).Entry
	e.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		t := system.(contract.Target)
		made, err := open(t, walkers, start, func(n int, warmup int64) (kernel, error) {
			k, err := build(method.(*M), n, warmup)
			if err == nil {
				k.(geodesic).follow(manifold.New(contract.ShapeOf(t)))
			}
			return k, err
		})
		if err != nil {
			return nil, err
		}
		return made, nil
	}
	return e
}
