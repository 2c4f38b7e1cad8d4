package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// phase is a point with momentum p, velocity v = M^-1 p and w = M^-1 g; energy is u + p v / 2.
type phase struct {
	point
	p, v, w []float64
	energy  float64
}

func newPhase(n int) phase {
	return phase{newPoint(n), make([]float64, n), make([]float64, n), make([]float64, n), 0}
}

func (a *phase) set(b *phase) {
	a.point.set(&b.point)
	copy(a.p, b.p)
	copy(a.v, b.v)
	copy(a.w, b.w)
	a.energy = b.energy
}

// divergent is the energy error from which on a trajectory is given up.
const divergent = 1000

// hamiltonian is what HMC and NUTS share: the metric, the step size, and their adaptation.
type hamiltonian struct {
	metric *metric
	steps  stepSize
	window windows
	fixed  bool // the step size is the user's
	now    phase
}

func newHamiltonian(kind string, n int, step, target float64, warmup int64) (*hamiltonian, error) {
	m, err := newMetric(kind, n)
	if err != nil {
		return nil, err
	}
	h := &hamiltonian{metric: m, steps: stepSize{Step: step, Target: target}, window: newWindows(warmup), fixed: step > 0, now: newPhase(n)}
	return h, nil
}

// leapfrog moves a by one step of size e.
func (h *hamiltonian) leapfrog(ctx context.Context, eval *evaluator, a *phase, e float64) error {
	h.drift(a, e)
	if err := eval.at(ctx, &a.point); err != nil {
		return err
	}
	h.land(a, e)
	return nil
}

// drift is the step up to the new position. M^-1 meets the gradient once a step: velocities are moved as momenta are.
func (h *hamiltonian) drift(a *phase, e float64) {
	half := 0.5 * e
	z, g, p, v, w := a.z, a.g[:len(a.z)], a.p[:len(a.z)], a.v[:len(a.z)], a.w[:len(a.z)]
	for i := range z {
		p[i] -= float64(half * g[i])
		v[i] -= float64(half * w[i])
		z[i] += float64(e * v[i])
	}
}

// land is the rest, with the gradient there.
func (h *hamiltonian) land(a *phase, e float64) {
	half := 0.5 * e
	g, p, v, w := a.g, a.p[:len(a.g)], a.v[:len(a.g)], a.w[:len(a.g)]
	h.metric.apply(w, g)
	for i := range p {
		p[i] -= float64(half * g[i])
		v[i] -= float64(half * w[i])
	}
	a.energy = a.u + float64(0.5*dot(p, v))
	if !(a.energy-a.energy == 0) {
		a.energy = math.Inf(1)
	}
}

// kick draws a momentum at the chain's position.
func (h *hamiltonian) kick(c *chain, s *rng.Stream) {
	h.now.point.set(&c.at)
	h.metric.momentum(h.now.p, s)
	h.metric.apply(h.now.v, h.now.p)
	h.metric.apply(h.now.w, h.now.g)
	h.now.energy = h.now.u + float64(0.5*dot(h.now.p, h.now.v))
}

// begin finds a step size of acceptance about 0.8 in one step, by doubling or halving.
func (h *hamiltonian) begin(ctx context.Context, c *chain, s *rng.Stream) error {
	if h.fixed {
		return nil
	}
	if h.steps.Step == 0 {
		h.steps.Step = 1
	}
	direction := 0.0
	for range 60 {
		h.kick(c, s)
		before := h.now.energy
		if err := h.leapfrog(ctx, c.eval, &h.now, h.steps.Step); err != nil {
			return err
		}
		d := 1.0
		if before-h.now.energy < functions.Log1(0.8) || h.now.energy-h.now.energy != 0 {
			d = -1
		}
		if direction == 0 {
			direction = d
		}
		if d != direction {
			break
		}
		if d > 0 {
			h.steps.Step *= 2
		} else {
			h.steps.Step *= 0.5
		}
		if h.steps.Step > largest || h.steps.Step < 1e-300 {
			break
		}
	}
	h.steps.restart(h.steps.Step)
	return nil
}

// adapt takes what a transition of the warm-up found.
func (h *hamiltonian) adapt(ctx context.Context, c *chain, s *rng.Stream, accept float64) error {
	if !h.fixed {
		h.steps.learn(accept)
	}
	in, closes := h.window.inside(c.ticks)
	if in {
		h.metric.learn(c.at.z)
	}
	if closes {
		h.metric.close()
		return h.begin(ctx, c, s)
	}
	return nil
}

func (h *hamiltonian) warm() {
	if !h.fixed {
		h.steps.freeze()
	}
}

// state is what a saved chain needs.
func (h *hamiltonian) state() []any {
	m := h.metric
	all := []any{&h.steps, &m.count}
	for _, x := range [][]float64{m.diagonal, m.dense, m.factor, m.mean, m.wave} {
		if x != nil {
			all = append(all, x)
		}
	}
	return all
}
