package sample

import (
	"context"
	"sync"

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
	plain  *hmc
	movers *movers
}

// movers are lent for a transition, so that chains that take turns share memory that is warm.
type movers struct {
	of   contract.Moving
	mu   sync.Mutex
	idle []contract.Mover
}

func (m *movers) take() (contract.Mover, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.idle); n > 0 {
		one := m.idle[n-1]
		m.idle = m.idle[:n-1]
		return one, nil
	}
	return m.of.Mover()
}

func (m *movers) give(one contract.Mover) {
	m.mu.Lock()
	m.idle = append(m.idle, one)
	m.mu.Unlock()
}

func (k *carried) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	if c.eval.share > 0 || c.eval.bias != nil {
		return k.plain.transition(ctx, c, s)
	}
	mover, err := k.movers.take()
	if err != nil {
		return err
	}
	defer k.movers.give(mover)
	h, a := k.plain, &k.now
	c.key.Normals(a.p, uint64(c.ticks), 0)
	if k.shape != nil {
		k.shape.Project(c.at.z, a.p)
	}
	h.before = c.at.u + float64(0.5*dot(a.p, a.p))
	h.stride(s)
	c.note.steps = 0
	copy(a.z, c.at.z)
	mover.Begin(c.eval.kT, a.z, a.p)
	kick := 0.0
	for range h.count {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, part := range h.stages {
			mover.Step((kick+part.before)*h.size, part.drift*h.size)
			kick = part.after
		}
		c.note.steps++
	}
	mover.End(kick*h.size, a.z, a.p)
	if err := c.eval.at(ctx, &a.point); err != nil {
		return err
	}
	c.eval.gradients += int64(h.count*len(h.stages)) - 1 // the forces of the way, as the plain kernel counts them
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
		shared := &movers{of: moving}
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
			return &carried{h.hamiltonian, h, shared}, nil
		})
		if err != nil {
			return nil, err
		}
		return e, nil
	}
	return l
}
