package sample

import (
	"context"
	"math"
)

// Steps of a chain's streams that no transition has.
const (
	startStep   = math.MaxUint64
	descentStep = math.MaxUint64 - 1
)

const (
	candidates = 8   // random starts that a chain compares
	descents   = 200 // steps of each, at most
	memory     = 6   // pairs of L-BFGS
)

// descend replaces a random start by one that warm-up can begin at. Several random places are followed downhill for as long as that is far, and the
// chain begins where its first went, unless another ended so much lower, by 30 + 3n, that where the first is has no mass. So a mode of small mass
// far below, or a tail where the energy is 1e180, keeps no chain; modes that can be compared do, as each chain has its own places. Going on until
// nothing is gained would be no better: a density may have no mode, or one without mass, like the neck of a funnel.
// Chains of no warm-up, of a path or with a bias begin where they are put.
func (c *chain) descend(ctx context.Context) error {
	if !c.warming() || !c.random || c.eval.share > 0 || c.eval.bias != nil {
		return nil
	}
	e := c.eval
	outside, nonfinite, where := e.outside, e.nonfinite, e.where
	defer func() { e.outside, e.nonfinite, e.where = outside, nonfinite, where }() // of places that are no draws
	n := len(c.at.z)
	d := newDescent(n)
	if err := d.follow(ctx, e, &c.at); err != nil {
		return err
	}
	other, best := newPoint(n), newPoint(n)
	best.set(&c.at)
	s := c.key.Stream(descentStep)
	for range candidates - 1 {
		for i := range other.z {
			other.z[i] = float64(4*s.Float64()) - 2
		}
		if err := e.at(ctx, &other); err != nil {
			return err
		}
		if other.u-other.u != 0 {
			continue
		}
		if err := d.follow(ctx, e, &other); err != nil {
			return err
		}
		if other.u < best.u {
			best.set(&other)
		}
	}
	if best.u < c.at.u-30-float64(3*n) {
		c.at.set(&best)
	}
	return nil
}

// descent is L-BFGS (J. Nocedal, Math. Comput. 35, 773 (1980)) with steps that are cut to length 1 in every coordinate, halved until they go down.
type descent struct {
	s, y [memory][]float64
	rho  [memory]float64
	step []float64
	next point
}

func newDescent(n int) *descent {
	d := &descent{step: make([]float64, n), next: newPoint(n)}
	for i := range memory {
		d.s[i], d.y[i] = make([]float64, n), make([]float64, n)
	}
	return d
}

// follow goes down from p until a step gains less than a nat, or the slope is below 10 + n.
func (d *descent) follow(ctx context.Context, e *evaluator, p *point) error {
	n := float64(len(p.z))
	pairs := 0
	for range descents {
		if !(norm(p.g) > 10+n) {
			return nil
		}
		d.direct(p.g, pairs)
		f := 1.0
		if most := norm(d.step); most > 1 {
			f = 1 / most
		}
		found := false
		for range 60 {
			for i, x := range d.step {
				d.next.z[i] = p.z[i] - float64(f*x)
			}
			if err := e.at(ctx, &d.next); err != nil {
				return err
			}
			if found = d.next.u < p.u; found {
				break
			}
			f *= 0.5
		}
		if !found && pairs == 0 {
			return nil
		}
		if !found {
			pairs = 0
			continue
		}
		k := pairs % memory
		for i := range p.z {
			d.s[k][i], d.y[k][i] = d.next.z[i]-p.z[i], d.next.g[i]-p.g[i]
		}
		gain := p.u - d.next.u
		p.set(&d.next)
		if gain < 1 {
			return nil
		}
		if sy := dot(d.s[k], d.y[k]); sy > 0 && sy < 1e300 {
			d.rho[k] = 1 / sy
			pairs++
		}
	}
	return nil
}

// direct writes the step H g; without pairs a step of length 1 along the gradient.
func (d *descent) direct(g []float64, pairs int) {
	r := d.step
	copy(r, g)
	f := 1 / norm(g)
	var alpha [memory]float64
	first := max(0, pairs-memory)
	for j := pairs - 1; j >= first; j-- {
		k := j % memory
		alpha[k] = d.rho[k] * dot(d.s[k], r)
		for i, y := range d.y[k] {
			r[i] -= float64(alpha[k] * y)
		}
		if j == pairs-1 {
			f = 1 / (d.rho[k] * dot(d.y[k], d.y[k]))
		}
	}
	for i := range r {
		r[i] *= f
	}
	for j := first; j < pairs; j++ {
		k := j % memory
		b := alpha[k] - float64(d.rho[k]*dot(d.y[k], r))
		for i, s := range d.s[k] {
			r[i] += float64(b * s)
		}
	}
	if x := dot(r, g); !(x > 0) { // overflow, or no direction down
		f := 1 / norm(g)
		for i, v := range g {
			r[i] = f * v
		}
	}
}

// norm is the largest magnitude.
func norm(x []float64) (most float64) {
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}
