package sample

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
)

// Reduced is u at each state; the part that is no energy, log|dx/dz|, is weighed alike. The caller of the library is asked at most once, as an energy at
// one temperature gives those at others.
func (e *ensemble) Reduced(walker int, dst []float64, at []contract.Params) error {
	c := e.chains[walker]
	asked := e.Asked() != nil
	for i, p := range at {
		if err := checkParams(p); err != nil {
			return err
		}
		u := 0.0
		switch {
		case p.Reference == 1:
		case p.KT == c.eval.kT && !c.stale:
			u = c.at.part
		case asked:
			var err error
			if u, err = e.known(c, p.KT); err != nil {
				return err
			}
		default:
			if err := c.bare(p.KT, &u); err != nil {
				return err
			}
		}
		var err error
		if dst[i], err = e.along(c, u, p); err != nil {
			return err
		}
	}
	return nil
}

// along is the reduced energy u of the target, taken to a place on the path.
func (e *ensemble) along(c *chain, u float64, p contract.Params) (float64, error) {
	if p.Reference == 0 {
		return u, nil
	}
	r, err := c.eval.reference(context.Background(), c.at.z)
	if p.Reference == 1 {
		return r, err
	}
	return float64(p.Reference*r) + float64((1-p.Reference)*u), err
}

// known is the target's own u where the chain is, at a temperature, from what its caller said of another.
func (e *ensemble) known(c *chain, kT float64) (float64, error) {
	if c.at.kT == 0 {
		if err := c.bare(c.eval.kT, &c.at.part); err != nil {
			return 0, err
		}
		c.at.kT = c.eval.kT
	}
	if c.record == nil {
		c.record = e.recorder()
	}
	return c.record.(contract.Rescaler).Rescale(context.Background(), c.at.z, c.at.part, c.at.kT, kT)
}

// bare is the target's own u where the chain is, at a temperature.
func (c *chain) bare(at float64, u *float64) error {
	kT, share, b := c.eval.kT, c.eval.share, c.eval.bias
	c.eval.kT, c.eval.share, c.eval.bias = at, 0, nil
	x := point{z: c.at.z}
	err := c.eval.valueAt(context.Background(), &x)
	c.eval.kT, c.eval.share, c.eval.bias = kT, share, b
	*u = x.u
	return err
}
