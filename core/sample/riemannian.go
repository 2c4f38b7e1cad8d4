package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// RiemannianHMC follows Hamilton's equations with a mass matrix G(z) that changes from place to place (M. Girolami, B. Calderhead, J. R. Stat. Soc. B 73,
// 123 (2011)),
//
//	H = u + log det G / 2 + p' G^-1 p / 2,
//
// by the generalised leapfrog, whose steps are implicit, reversible and keep volumes. Their equations are solved by damped Newton iterations to 1e-10
// of the length of the step, lengths being those of G. A trajectory with a step that has no solution, or that does not lead back within 1e-8, is rejected,
// and warm-up makes steps shorter for it.
//
// G is the matrix of second derivatives of u with each
// eigenvalue l replaced by l coth(Alpha l), about |l| and at least 1/Alpha (SoftAbs; M. Betancourt, arXiv:1212.4693), or Metric. So steps become short where
// the density bends sharply, as in the neck of a funnel. A step costs some eight evaluations of third derivatives, and work of order n^4: n is small, and
// where the bend is alike everywhere NUTS is faster.
type RiemannianHMC struct {
	// Steps of a trajectory.
	Steps int `spec:"steps" default:"10" range:"[1,1e6]"`
	// Hardness of SoftAbs; its inverse is the least eigenvalue of G, in the units of z.
	Alpha float64 `spec:"alpha" default:"1.0" range:"(0,inf)"`
	// Mean acceptance that the step size is adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.9" range:"(0,1)"`
	// Step of the leapfrog; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
	// Relative half width of the steps drawn.
	Jitter float64 `spec:"jitter" default:"0.2" range:"[0,1)"`
	// Newton iterations after which an implicit step is given up.
	Iterations int `spec:"iterations" default:"20" range:"[1,1e6]"`
	// A function of one x, like the energy, that gives a positive definite matrix (d, d) for the d numbers of x, at kT = 1: the Fisher information of the
	// likelihood and the precision of the prior. G is its pull-back J' Metric J / kT, J = dx/dz. SoftAbs where there is none.
	Metric contract.Function `spec:"metric" default:"null"`
}

type riemannian struct {
	RiemannianHMC
	implicit
	sizes stepSize
}

func newRiemannian(m *RiemannianHMC, n int, _ int64) (kernel, error) {
	if n > 200 {
		return nil, spec.Expected("method", "one without third derivatives, such as NUTS, for more than 200 dimensions", "RiemannianHMC").With("argument", "method")
	}
	k := &riemannian{RiemannianHMC: *m, implicit: newImplicit(n, m.Alpha, m.Iterations)}
	k.sizes = stepSize{Step: m.StepSize, Target: m.TargetAccept, Most: largest}
	return k, nil
}

func (k *riemannian) bend(c contract.Curvature) { k.curve = c }

func (k *riemannian) step() float64 { return k.sizes.Step }

func (k *riemannian) begin(ctx context.Context, c *chain, s *rng.Stream) error {
	if err := c.descend(ctx); err != nil || k.StepSize > 0 {
		return err
	}
	found, err := k.search(ctx, c, s, 1)
	k.sizes.restart(found, 1)
	return err
}

// search halves or doubles a step until the acceptance of one passes 0.8.
func (k *riemannian) search(ctx context.Context, c *chain, s *rng.Stream, e float64) (float64, error) {
	direction := 0.0
	for e < largest && e > 1e-100 {
		before, err := k.kick(ctx, c, s)
		if err != nil {
			return e, err
		}
		valid, err := k.leap(ctx, c, e)
		if err != nil {
			return e, err
		}
		d := 1.0
		if !valid || !(before-k.energy(k.now, k.p) > functions.Log1(0.8)) {
			d = -1
		}
		if direction == 0 {
			direction = d
		}
		if d != direction {
			break
		}
		if d > 0 {
			e *= 2
		} else {
			e *= 0.5
		}
	}
	return e, nil
}

// kick puts k.now where the chain is, with a momentum p = V' sqrt(f) noise, and returns H.
func (k *riemannian) kick(ctx context.Context, c *chain, s *rng.Stream) (float64, error) {
	k.now.point.set(&c.at)
	if valid, err := k.fill(ctx, c, k.now); err != nil {
		return 0, err
	} else if !valid {
		return 0, spec.Errorf(spec.NonFiniteError, "RiemannianHMC: the metric is not finite or not positive where a chain is").With("argument", "method")
	}
	for i, f := range k.now.f {
		k.a[i] = math.Sqrt(f) * s.Normal()
	}
	k.columns(k.p, k.now.work.vectors, k.a)
	return k.energy(k.now, k.p), nil
}

func (k *riemannian) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	c.note = note{energy: c.at.u, diverging: true}
	before, err := k.kick(ctx, c, s)
	if err != nil {
		return err
	}
	c.note.energy = before
	e := k.sizes.Step
	if k.Jitter > 0 {
		e *= 1 + float64(k.Jitter*(2*s.Float64()-1))
	}
	valid := true
	for i := 0; i < k.Steps && valid; i++ {
		if valid, err = k.leap(ctx, c, e); err != nil {
			return err
		}
	}
	if valid {
		d := before - k.energy(k.now, k.p)
		if c.note.diverging = !(d > -divergent); !c.note.diverging {
			c.note.accept = functions.Exp1(min(d, 0))
		}
	}
	if s.Float64() < c.note.accept {
		c.at.set(&k.now.point)
	}
	c.visit()
	return nil
}

// adapt: a chain that has found no step at all looks for one where it is.
func (k *riemannian) adapt(ctx context.Context, c *chain, s *rng.Stream, accept float64) error {
	if k.StepSize > 0 {
		return nil
	}
	k.sizes.learn(accept)
	if !c.note.diverging {
		return nil
	}
	found, err := k.search(ctx, c, s, k.sizes.Step)
	if err == nil && found < k.sizes.Step/4 {
		k.sizes.restart(found, 1)
	}
	return err
}

func (k *riemannian) warm() {
	if k.StepSize == 0 {
		k.sizes.freeze()
	}
}

func (k *riemannian) state() []any { return []any{&k.sizes} }
