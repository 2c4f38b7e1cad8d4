package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd"
)

// point is a position with the reduced energy and its gradient there; part is the target's own, without reference and bias, at kT (0: not known), x what
// the bias looks at.
type point struct {
	z, g []float64
	u    float64
	part float64
	kT   float64
	x    float64
}

func newPoint(n int) point { return point{z: make([]float64, n), g: make([]float64, n)} }

func (p *point) set(q *point) {
	copy(p.z, q.z)
	copy(p.g, q.g)
	p.u, p.part, p.kT, p.x = q.u, q.part, q.kT, q.x
}

// evaluator computes u for one chain, and counts what is not finite: +inf is zero probability; NaN, -inf and a gradient that is not finite
// where u is are errors of the density.
type evaluator struct {
	from      contract.Target
	target    contract.Evaluator // made on first use
	flat      bool               // there is no gradient, or nobody wants it
	kT        float64
	path      *path   // of the ensemble
	share     float64 // of the reference
	prior     contract.Prior
	slope     []float64 // of the prior
	there     float64   // the prior at the point that comes next, with its slope, where told
	told      bool
	bias      *bias
	stops     bool   // where it is cancelled
	whole     []bool // coordinates whose slopes need not be finite: those of integers, where a kernel moves others
	u         [1]float64
	gradients int64
	outside   int64
	nonfinite int64
	where     []float64 // the first z of a nonfinite
}

// ready makes the target ready, and ends what was cancelled.
func (e *evaluator) ready(ctx context.Context) (err error) {
	if e.stops && ctx.Err() != nil {
		return ctx.Err()
	}
	if e.target == nil {
		e.flat = e.flat || !hasGradient(e.from)
		e.target, err = e.from.Evaluator(1)
	}
	return err
}

func hasGradient(t contract.Target) bool {
	g, known := t.(interface{ HasGradient() bool })
	return !known || g.HasGradient()
}

// at fills u and the gradient at p.z. u is +inf where the density is not to be trusted.
func (e *evaluator) at(ctx context.Context, p *point) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	if e.flat {
		return e.valueAt(ctx, p)
	}
	if err := e.target.Gradient(ctx, nil, e.kT, p.z, e.u[:], p.g); err != nil {
		return err
	}
	return e.settle(ctx, p, e.u[0], true)
}

// valueAt fills u alone.
func (e *evaluator) valueAt(ctx context.Context, p *point) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	if err := e.target.Value(ctx, nil, e.kT, p.z, e.u[:]); err != nil {
		return err
	}
	return e.settle(ctx, p, e.u[0], false)
}

// settle takes what the target gave at p: it is judged, mixed with the reference, and weighed by the bias.
func (e *evaluator) settle(ctx context.Context, p *point, u float64, slope bool) error {
	e.gradients++
	p.u = e.judge(p.z, u)
	if slope && p.u-p.u == 0 && !e.slopes(p.g) {
		p.u = e.judge(p.z, math.NaN())
	}
	p.part, p.kT = p.u, e.kT
	if e.share > 0 {
		if err := e.mix(ctx, p, slope); err != nil {
			return err
		}
	}
	if e.bias != nil {
		return e.bias.weigh(ctx, e, p)
	}
	return nil
}

// slopes tells whether those that need be are finite.
func (e *evaluator) slopes(g []float64) bool {
	if all := simd.Sum(g); all-all == 0 { // then each is
		return true
	}
	for i, x := range g {
		if x-x != 0 && (e.whole == nil || !e.whole[i]) {
			return false
		}
	}
	return true
}

func (e *evaluator) judge(z []float64, u float64) float64 {
	switch {
	case math.IsInf(u, 1):
		e.outside++
	case u-u != 0:
		for _, x := range z {
			if x-x != 0 { // the integrator has left: no fault of the density
				e.outside++
				return math.Inf(1)
			}
		}
		e.nonfinite++
		if e.where == nil {
			e.where = append([]float64{}, z...)
		}
		return math.Inf(1)
	}
	return u
}
