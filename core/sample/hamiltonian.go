package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample/manifold"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// phase is a point with momentum p, velocity v = M^-1 p and w = M^-1 g; energy is u + p v / 2. Where M is 1, v is p and w is g, in memory too.
type phase struct {
	point
	p, v, w []float64
	energy  float64
	unit    bool
}

func newPhase(m *metric) phase {
	n, unit := m.n, m.diagonal == nil && m.dense == nil
	if unit {
		x := make([]float64, 3*n)
		z, g, p := x[:n:n], x[n:2*n:2*n], x[2*n:]
		return phase{point{z: z, g: g}, p, p, g, 0, unit}
	}
	x := make([]float64, 5*n) // one piece: populations have many
	row := func(k int) []float64 { return x[k*n : (k+1)*n : (k+1)*n] }
	return phase{point{z: row(0), g: row(1)}, row(2), row(3), row(4), 0, unit}
}

func (a *phase) set(b *phase) {
	a.point.set(&b.point)
	copy(a.p, b.p)
	if !a.unit {
		copy(a.v, b.v)
		copy(a.w, b.w)
	}
	a.energy = b.energy
}

// divergent is the energy error from which on a trajectory is given up.
const divergent = 1000

// hamiltonian is what HMC and NUTS share: the metric, the step size, and their adaptation.
type hamiltonian struct {
	metric  *metric
	steps   stepSize
	window  windows
	fixed   bool // the step size is the user's
	divides bool // steps are divided where they are too long
	now     phase
	shape   *manifold.Product // nil where all is flat
	far     bool              // on a shape steps may be long
}

func newHamiltonian(kind string, n int, step, target float64, warmup int64) (*hamiltonian, error) {
	w := newWindows(warmup)
	m, err := newMetric(kind, n, len(w) > 0)
	if err != nil {
		return nil, err
	}
	return &hamiltonian{metric: m, steps: stepSize{Step: step, Target: target, Most: largest}, window: w, fixed: step > 0, now: newPhase(m)}, nil
}

// leapfrog moves a by one step of size e.
func (h *hamiltonian) leapfrog(ctx context.Context, eval *evaluator, a *phase, e float64) error {
	h.drift(a, 0.5*e, e)
	if err := eval.at(ctx, &a.point); err != nil {
		return err
	}
	h.land(a, 0.5*e)
	a.weigh()
	return nil
}

// drift is the step up to the new position: a kick for a time half, and e along the velocity. M^-1 meets the gradient once a step: velocities are
// moved as momenta are.
func (h *hamiltonian) drift(a *phase, half, e float64) {
	if h.shape != nil {
		h.along(a, half, e)
		return
	}
	subtract(a.p, half, a.g)
	if !a.unit {
		subtract(a.v, half, a.w)
	}
	subtract(a.z, -e, a.v)
}

// land is the rest, a kick with the gradient there.
func (h *hamiltonian) land(a *phase, half float64) {
	if h.shape != nil {
		h.push(a, half)
		h.metric.apply(a.v, a.p)
		return
	}
	subtract(a.p, half, a.g)
	if !a.unit {
		h.metric.apply(a.w, a.g)
		subtract(a.v, half, a.w)
	}
}

// subtract is y -= f x.
func subtract(y []float64, f float64, x []float64) {
	if len(y) >= 64 { // fewer cost more to hand over
		simd.Chain(simd.StepMul, simd.StepFrom, y, x, []float64{f}, y)
		return
	}
	x = x[:len(y)]
	for i := range y {
		y[i] -= float64(f * x[i])
	}
}

// weigh is the energy; one that is not finite is infinite.
func (a *phase) weigh() {
	a.energy = a.u + float64(0.5*dot(a.p, a.v))
	if !(a.energy-a.energy == 0) {
		a.energy = math.Inf(1)
	}
}

// kick draws a momentum at the chain's position.
func (h *hamiltonian) kick(c *chain, s *rng.Stream) {
	h.now.point.set(&c.at)
	h.metric.momentum(h.now.p, s)
	if h.shape != nil {
		h.shape.Project(h.now.z, h.now.p)
	}
	h.metric.apply(h.now.v, h.now.p)
	h.metric.apply(h.now.w, h.now.g)
	h.now.energy = h.now.u + float64(0.5*dot(h.now.p, h.now.v))
}

// begin moves a random start downhill, and finds a step size.
func (h *hamiltonian) begin(ctx context.Context, c *chain, s *rng.Stream) error {
	if h.shape == nil {
		if err := c.descend(ctx); err != nil {
			return err
		}
	}
	if h.fixed {
		return nil
	}
	if h.steps.Step == 0 {
		h.steps.Step = 1
	}
	step, err := h.search(ctx, c, s, h.steps.Step)
	h.steps.restart(step, 10)
	return err
}

// search doubles or halves a step until one step's acceptance passes 0.8.
func (h *hamiltonian) search(ctx context.Context, c *chain, s *rng.Stream, step float64) (float64, error) {
	direction := 0.0
	for range 1100 {
		h.kick(c, s)
		before := h.now.energy
		if err := h.leapfrog(ctx, c.eval, &h.now, step); err != nil {
			return step, err
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
			step *= 2
		} else {
			step *= 0.5
		}
		if step >= h.steps.Most || step < 1e-300 {
			break
		}
	}
	return min(step, h.steps.Most), nil
}

// adapt takes what a transition of the warm-up found. Where the metric changes dual averaging goes on about its average, unless the step that is
// looked for at the new metric is another by more than a factor of 4. A step so short that the longest trajectory has lost nothing is looked for at
// once: dual averaging would need hundreds of such trajectories.
func (h *hamiltonian) adapt(ctx context.Context, c *chain, s *rng.Stream, accept float64) error {
	in, closes := h.window.inside(c.ticks)
	if m := h.metric; m.diagonal == nil && m.dense == nil { // nothing is learnt: the step goes on adapting undisturbed
		closes = false
	} else if in {
		h.metric.learn(c.at.z, h.tangent(c))
	}
	if closes {
		h.metric.close()
		h.limit()
	}
	if h.fixed {
		return nil
	}
	h.steps.learn(accept)
	lost := accept > 0.99 && c.note.depth >= earlyDepth || accept < 1e-3 && c.note.diverging
	if c.ticks == c.warmup-1 {
		if h.divides {
			h.steps.freeze()
			h.steps.Tick = 0
			return nil
		}
		return h.last(ctx, c, s)
	}
	if !closes && !(lost && in) {
		return nil
	}
	average := h.steps.average()
	step, err := h.search(ctx, c, s, average)
	if err != nil {
		return err
	}
	if step > 4*average || step < average/4 {
		h.steps.restart(step, 10)
	} else if closes {
		h.steps.restart(average, 1)
	}
	return nil
}

// last ends the adaptation of the step. A chain that stands where the average step is far too long, as in the neck of a funnel, would never leave: it
// gets the step that is found there, the longest of three.
func (h *hamiltonian) last(ctx context.Context, c *chain, s *rng.Stream) error {
	h.steps.freeze()
	h.steps.Tick = 0 // it is not taken again
	found := 0.0
	for range 3 {
		step, err := h.search(ctx, c, s, h.steps.Step)
		if err != nil {
			return err
		}
		found = max(found, step)
	}
	if found <= h.steps.Step/4 {
		h.steps.Step = found
	}
	return nil
}

func (h *hamiltonian) warm() {
	if !h.fixed {
		h.steps.freeze()
	}
}

// state is what a saved chain needs.
func (h *hamiltonian) state() []any { return append([]any{&h.steps}, h.metric.state()...) }
