package sample

import (
	"context"
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/contract"
)

// point is a position with the reduced energy and its gradient there.
type point struct {
	z, g []float64
	u    float64
}

func newPoint(n int) point { return point{z: make([]float64, n), g: make([]float64, n)} }

func (p *point) set(q *point) {
	copy(p.z, q.z)
	copy(p.g, q.g)
	p.u = q.u
}

// evaluator computes u for one chain, and counts what is not finite: +inf is zero probability; NaN, -inf and a gradient that is not finite
// where u is are errors of the density.
type evaluator struct {
	target    contract.Evaluator
	kT        float64
	u         [1]float64
	gradients int64
	outside   int64
	nonfinite int64
	where     []float64 // the first z of a nonfinite
}

func newEvaluator(t contract.Target, kT float64) (*evaluator, error) {
	inner, err := t.Evaluator(1)
	return &evaluator{target: inner, kT: kT}, err
}

// at fills u and the gradient at p.z. u is +inf where the density is not to be trusted.
func (e *evaluator) at(ctx context.Context, p *point) error {
	e.gradients++
	if err := e.target.Gradient(ctx, nil, e.kT, p.z, e.u[:], p.g); err != nil {
		return err
	}
	p.u = e.judge(p.z, e.u[0])
	if p.u-p.u == 0 {
		for _, g := range p.g {
			if g-g != 0 {
				p.u = e.judge(p.z, math.NaN())
				break
			}
		}
	}
	return nil
}

// valueAt fills u alone.
func (e *evaluator) valueAt(ctx context.Context, p *point) error {
	e.gradients++
	if err := e.target.Value(ctx, nil, e.kT, p.z, e.u[:]); err != nil {
		return err
	}
	p.u = e.judge(p.z, e.u[0])
	return nil
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

func bytesOf(x []float64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 8*len(x))
}
