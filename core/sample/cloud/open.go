package cloud

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// recorded is what a system tells of a point.
type recorded interface {
	Size() int
	Quantities() []contract.Quantity
	Recorder() (contract.Recorder, error)
}

// plan is what a method makes of an order.
type plan struct {
	system  recorded
	steps   steps
	least   int    // particles at least, and why
	why     string // "" where one is enough
	follows string
	whole   bool    // one energy a cloud
	valued  bool    // it can be observed
	spread  float64 // standard deviation of the random start
	field   func(n int) (gradient, error)
	mover   func(c *cloud) (mover, error)
}

// open makes the clouds of an order and puts their particles.
func (p plan) open(o contract.Order) (*flow, error) {
	d := p.system.Size()
	if o.Draws < max(p.least, 1) {
		return nil, spec.Expected("draws", fmt.Sprintf("at least %d particles%s", max(p.least, 1), p.why), o.Draws).With("argument", "draws")
	}
	f := &flow{steps: p.steps, follows: p.follows}
	if _, err := array.Plan(len(o.Walkers), 8*(4*o.Draws*d+int(p.steps.rows)*(1+2*d)), fmt.Sprintf("%d clouds of %d particles with their traces", len(o.Walkers), o.Draws)); err != nil {
		return nil, err
	}
	var err error
	if f.recorder, err = p.system.Recorder(); err != nil {
		return nil, err
	}
	if f.observed, err = p.find(o.Observe); err != nil {
		return nil, err
	}
	for w, walker := range o.Walkers {
		if !(walker.Params.KT > 0) {
			return nil, spec.Expected("kT", "a number above 0", walker.Params.KT).With("argument", "kT")
		}
		n := o.Draws
		c := &cloud{n: n, d: d, z: make([]float64, n*d), g: make([]float64, n*d), u: make([]float64, n), kT: walker.Params.KT, key: walker.Key, number: w,
			trace: make([]float64, f.rows*int64(1+2*d))}
		if p.whole {
			c.u = c.u[:1]
		}
		if c.field, err = p.field(n); err != nil {
			return nil, err
		}
		if err = c.place(o.Start, w, len(o.Walkers), p.spread); err != nil {
			return nil, err
		}
		if c.mover, err = p.mover(c); err != nil {
			return nil, err
		}
		f.clouds = append(f.clouds, c)
	}
	return f, nil
}

// place puts the particles: given for one cloud or for all, or normal about 0.
func (c *cloud) place(start contract.Start, w, clouds int, spread float64) error {
	if a := start.Values; a != nil {
		each := c.n * c.d
		if a.Dtype != array.Float64 || a.Len() != each && a.Len() != each*clouds {
			return spec.Errorf(spec.ShapeError, "start: expected float64 of shape (%d, %d), a place for each particle, or (%d, %d, %d); got %s of %v", c.n, c.d, clouds, c.n, c.d, a.Dtype, a.Shape).With("argument", "start")
		}
		at := 0
		if a.Len() > each {
			at = w * each
		}
		copy(c.z, array.View[float64](a)[at:at+each])
		for i, x := range c.z {
			if x-x != 0 {
				return spec.Errorf(spec.NonFiniteError, "start: particle %d of cloud %d begins at %v", i/c.d, w, x).With("argument", "start")
			}
		}
		return nil
	}
	if start.Kind != "random" {
		return spec.Expected("start", `"random", or a place for each particle: particles that begin in one place stay together`, fmt.Sprintf("%q", start.Kind)).With("argument", "start")
	}
	c.key.Normals(c.z, math.MaxUint64, 0)
	for i := range c.z {
		c.z[i] *= spread
	}
	return nil
}

// find is what is to be reported.
func (p plan) find(names []string) (found []observed, err error) {
	all := p.system.Quantities()
	for _, name := range names {
		k := slices.IndexFunc(all, func(q contract.Quantity) bool { return q.Name == name })
		switch {
		case k >= 0:
			found = append(found, observed{all[k], k})
		case p.valued && name == "energy":
			found = append(found, observed{contract.Quantity{Name: name}, -1})
		default:
			var there []string
			for _, q := range all {
				there = append(there, q.Name)
			}
			if p.valued {
				there = append(there, "energy")
			}
			return nil, spec.Expected("observe", "one of "+strings.Join(there, ", "), fmt.Sprintf("%q", name)).With("argument", "observe")
		}
	}
	return found, nil
}
