package sample

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample/manifold"
	"github.com/ergodica/ergodica/core/spec"
)

// Follows: all surfaces.
func (*HMC) Follows(kind string) bool { return smooth(kind) }

// carried is HMC whose trajectories are the target's own affair. Between the system and its reference, and under a bias, gradients are asked for.
type carried struct {
	*hamiltonian
	plain *hmc
	mover contract.Mover
}

func (k *carried) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	if c.eval.share > 0 || c.eval.bias != nil {
		return k.plain.transition(ctx, c, s)
	}
	h, a := k.plain, &k.now
	c.key.Normals(a.p, uint64(c.ticks), 0)
	if k.shape != nil {
		k.shape.Project(c.at.z, a.p)
	}
	h.before = c.at.u + float64(0.5*dot(a.p, a.p))
	h.stride(s)
	c.note.steps = 0
	copy(a.z, c.at.z)
	k.mover.Begin(c.eval.kT, a.z, a.p)
	kick := 0.0
	for range h.count {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, part := range h.stages {
			k.mover.Step((kick+part.before)*h.size, part.drift*h.size)
			kick = part.after
		}
		c.note.steps++
	}
	k.mover.End(kick*h.size, a.z, a.p)
	if err := c.eval.at(ctx, &a.point); err != nil {
		return err
	}
	a.energy = a.u + float64(0.5*dot(a.p, a.p))
	h.decide(c, s, &a.point, a.energy)
	return nil
}

// hmcEntry is the line of HMC, which follows the target's shape, and lets it move by itself where it can and masses are 1.
func hmcEntry(cite ...string) line {
	l := entry("HMC", newHMC, cite...)
	l.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		t, m := system.(contract.Target), *method.(*HMC)
		shape := contract.ShapeOf(t)
		moving, moves := t.(contract.Moving)
		curved := manifold.New(shape) != nil
		switch {
		case m.Metric == "automatic" && moves:
			m.Metric = "unit"
		case m.Metric == "automatic" && curved:
			m.Metric = "diagonal"
		case curved && m.Metric != "diagonal" && m.Metric != "unit":
			return nil, spec.Expected("HMC.metric", "diagonal or unit on curved spaces", m.Metric).With("argument", "metric").Try(`erg.HMC(metric="diagonal")`)
		}
		e, err := open(t, walkers, start, func(n int, warmup int64) (kernel, error) {
			made, err := newHMC(&m, n, warmup)
			if err != nil {
				return nil, err
			}
			h := made.(*hmc)
			h.far = true
			h.follow(manifold.New(shape))
			if !moves || m.Metric != "unit" {
				return h, nil
			}
			mover, err := moving.Mover()
			return &carried{h.hamiltonian, h, mover}, err
		})
		if err != nil {
			return nil, err
		}
		return e, nil
	}
	return l
}
