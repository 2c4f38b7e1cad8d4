package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Steps of a chain's streams that no transition has.
const (
	startStep   = math.MaxUint64
	descentStep = math.MaxUint64 - 1
)

const (
	candidates = 8    // random starts that a chain compares
	most       = 24   // and at most, where their valleys differ,
	budget     = 2000 // for as long as this many gradients last
	agreement  = 3    // valleys alike, and none that differs, are enough
	descents   = 200  // steps of each, at most
	memory     = 6    // pairs of L-BFGS
	weighable  = 64   // dimensions up to which the mass of a valley is estimated
)

// descend replaces a random start by one that warm-up can begin at: it is followed downhill for as long as that is far. Going on until nothing is gained
// would be no better, as a density may have no mode, or one without mass, like the neck of a funnel. Other random places are followed, too, and on to
// the bottoms of their valleys, three where these are alike. Where the valleys differ a chain begins at the bottom of its first, unless
// that has no mass beside the lowest: less by e^-(15 + n/2), as Gaussians of the energies and their second derivatives at the bottoms have it.
// So a mode far below another keeps no chain; modes that can be compared do, as each chain has its own places. Where there is no such Gaussian, or
// in many dimensions, a chain leaves its first valley, or place, for one that is lower by 30 + 3n, as a tail where the energy is 1e180.
// Chains of no warm-up, of a path or with a bias begin where they are put.
func (c *chain) descend(ctx context.Context) error {
	if !c.warming() || !c.random || c.eval.share > 0 || c.eval.bias != nil {
		return nil
	}
	e := c.eval
	outside, nonfinite, where := e.outside, e.nonfinite, e.where
	defer func() { e.outside, e.nonfinite, e.where = outside, nonfinite, where }() // of places that are no draws
	n, before := len(c.at.z), e.gradients
	d := newDescent(n)
	d.deep = n <= weighable
	first, other, best, lowest := newValley(n), newValley(n), newValley(n), newPoint(n)
	if err := d.explore(ctx, e, &c.at, first); err != nil {
		return err
	}
	best.set(first)
	lowest.set(&c.at)
	s := c.key.Stream(descentStep)
	alike, highest := 1, first.bottom.u
	for k := 1; k < candidates || d.deep && k < most && e.gradients-before < budget; k++ {
		if d.deep && alike == agreement && highest-best.bottom.u < 5 {
			break
		}
		for i := range other.start.z {
			other.start.z[i] = float64(4*s.Float64()) - 2
		}
		if err := e.at(ctx, &other.start); err != nil {
			return err
		}
		if other.start.u-other.start.u != 0 {
			continue
		}
		if err := d.explore(ctx, e, &other.start, other); err != nil {
			return err
		}
		if other.start.u < lowest.u {
			lowest.set(&other.start)
		}
		highest = max(highest, other.bottom.u)
		switch gain := best.bottom.u - other.bottom.u; {
		case gain > 1:
			best.set(other)
			alike = 1
		case gain >= -1:
			alike++
		}
	}
	if d.deep && highest-best.bottom.u >= 5 {
		mass, known, err := best.mass(ctx, e)
		if err != nil {
			return err
		}
		if known {
			own, known := mass, true
			if first.bottom.u > best.bottom.u {
				if own, known, err = first.mass(ctx, e); err != nil {
					return err
				}
			}
			switch {
			case known && mass > own+15+float64(0.5*float64(n)):
				c.at.set(&best.bottom)
				return nil
			case known:
				c.at.set(&first.bottom)
				return nil
			case first.bottom.u > best.bottom.u+30+float64(3*n):
				c.at.set(&best.bottom)
				return nil
			}
		}
	}
	if lowest.u < c.at.u-30-float64(3*n) {
		c.at.set(&lowest)
	}
	return nil
}

// valley is a place where a chain may begin, and what lies below it.
type valley struct{ start, bottom point }

func newValley(n int) *valley { return &valley{newPoint(n), newPoint(n)} }

func (v *valley) set(w *valley) {
	v.start.set(&w.start)
	v.bottom.set(&w.bottom)
}

// explore moves p downhill to where a chain may begin, and goes on to the bottom.
func (d *descent) explore(ctx context.Context, e *evaluator, p *point, v *valley) error {
	d.pairs = 0
	if err := d.follow(ctx, e, p, 10+float64(len(p.z)), 1); err != nil {
		return err
	}
	v.start.set(p)
	v.bottom.set(p)
	if !d.deep {
		return nil
	}
	return d.follow(ctx, e, &v.bottom, 1e-2, 1e-2)
}

// mass is the logarithm of that of the Gaussian at the bottom, without the constant of the dimension: its second derivatives are differences of
// gradients over a tenth of a standard deviation of each coordinate. It is false where there is none, or where the bottom has not been reached.
func (v *valley) mass(ctx context.Context, e *evaluator) (float64, bool, error) {
	n := len(v.bottom.z)
	h := make([]float64, n*n)
	at, b := newPoint(n), &v.bottom
	for i := range n {
		step := 1e-3
		for range 6 {
			copy(at.z, b.z)
			at.z[i] += step
			if err := e.at(ctx, &at); err != nil {
				return 0, false, err
			}
			if at.u-at.u != 0 {
				step *= 0.1
				continue
			}
			for j := range n {
				h[i*n+j] = (at.g[j] - b.g[j]) / (at.z[i] - b.z[i])
			}
			bend := h[i*n+i]
			if !(bend > 0) {
				return 0, false, nil
			}
			if x := step * math.Sqrt(bend); x > 0.03 && x < 0.3 {
				break
			}
			step = 0.1 / math.Sqrt(bend)
		}
	}
	for i := range n { // scaled, so that coordinates of any unit have a factor
		for j := range i {
			x := 0.5 * (h[i*n+j] + h[j*n+i])
			h[i*n+j], h[j*n+i] = x, x
		}
	}
	scale := make([]float64, n)
	for i := range scale {
		scale[i] = 1 / math.Sqrt(h[i*n+i])
	}
	for i := range n {
		for j := range n {
			h[i*n+j] *= scale[i] * scale[j]
		}
	}
	l := cholesky(h, n)
	if l == nil {
		return 0, false, nil
	}
	log, left := -b.u, 0.0 // the energy that a step of Newton's would gain
	y := make([]float64, n)
	for i := range n {
		y[i] = (float64(b.g[i]*scale[i]) - dot(l[i*n:i*n+i], y[:i])) / l[i*n+i]
		left += float64(0.5 * y[i] * y[i])
		log += functions.Log1(scale[i]) - functions.Log1(l[i*n+i])
	}
	return log + left, left < 3 && log-log == 0, nil
}

// descent is L-BFGS (J. Nocedal, Math. Comput. 35, 773 (1980)) with steps that are cut to length 1 in every coordinate, halved until they go down.
type descent struct {
	s, y [memory][]float64
	rho  [memory]float64
	step []float64
	next point

	pairs int
	deep  bool // to the bottom
}

func newDescent(n int) *descent {
	d := &descent{step: make([]float64, n), next: newPoint(n)}
	for i := range memory {
		d.s[i], d.y[i] = make([]float64, n), make([]float64, n)
	}
	return d
}

// follow goes down from p until a step gains less than a number of nats, or the slope is no more than another.
func (d *descent) follow(ctx context.Context, e *evaluator, p *point, slope, least float64) error {
	for range descents {
		if !(norm(p.g) > slope) {
			return nil
		}
		d.direct(p.g, d.pairs)
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
		if !found && d.pairs == 0 {
			return nil
		}
		if !found {
			d.pairs = 0
			continue
		}
		k := d.pairs % memory
		for i := range p.z {
			d.s[k][i], d.y[k][i] = d.next.z[i]-p.z[i], d.next.g[i]-p.g[i]
		}
		gain := p.u - d.next.u
		p.set(&d.next)
		if gain < least {
			return nil
		}
		if sy := dot(d.s[k], d.y[k]); sy > 0 && sy < 1e300 {
			d.rho[k] = 1 / sy
			d.pairs++
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
