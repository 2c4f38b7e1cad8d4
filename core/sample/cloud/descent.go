package cloud

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
)

// ParticleDescent minimises F(mu) over probability measures by N particles, x_i -= step N dF(mu_N)/dx_i, in the coordinates of the space: a discrete
// gradient flow in the distance of optimal transport. F is convex along it where it is displacement convex. kT plays no part.
//
// The run has trace_objective, F(mu_N) before each kept step, trace_mean and trace_variance (over N) of the coordinates after it.
type ParticleDescent struct {
	// Steps of every particle.
	Steps int `spec:"steps" default:"1000" range:"[1,1e12]"`
	// How particles follow -N dF/dx_i: "fixed", "adagrad" (with decay 0.9), "adam", with a step; "coin" and "kt" bet, without one, as for SVGD.
	Optimizer string `spec:"optimizer" default:"\"fixed\"" oneof:"fixed,adagrad,adam,coin,kt"`
	// Step of the optimizer; of "fixed" at most 1/L for gradients with the Lipschitz constant L.
	Step float64 `spec:"step" default:"0.1" range:"(0,inf)"`
	// "linear": step (1 - t/steps), t = 0, 1, ...: for functionals with kinks.
	Decay string `spec:"decay" default:"\"none\"" oneof:"none,linear"`
	// Standard deviation of normal noise that is added in each step.
	Noise float64 `spec:"noise" default:"0.0" range:"[0,inf)"`
	// The particles of the run are the means of each over all steps.
	Average bool `spec:"average" default:"false"`
	// Rows of the traces at most.
	Trace int `spec:"trace" default:"1000" range:"[0,1e9]"`
}

func openDescent(system, method any, o contract.Order) (contract.Staged, error) {
	m, f := method.(*ParticleDescent), system.(*density.Functional)
	p := ofFunctional(f, follow(m.Steps, m.Trace))
	p.mover = func(c *cloud) (mover, error) {
		d := &descent{ParticleDescent: m, optimizer: newOptimizer(m.Optimizer, m.Step, c), v: make([]float64, c.n*c.d)}
		if m.Average {
			d.sum = make([]float64, c.n*c.d)
		}
		if m.Noise > 0 {
			d.noise = make([]float64, c.n*c.d)
		}
		return d, nil
	}
	return p.open(o)
}

type descent struct {
	*ParticleDescent
	optimizer     *optimizer
	v, sum, noise []float64
}

func (d *descent) state() []any { return append(d.optimizer.state(), d.sum) }

func (d *descent) step(ctx context.Context, team *par.Team, c *cloud) error {
	if err := c.energies(ctx, team, 0); err != nil {
		return err
	}
	c.measure = c.u[0] / float64(c.n)
	d.optimizer.step = d.Step
	if d.Decay == "linear" {
		d.optimizer.step *= 1 - float64(c.ticks)/float64(d.Steps)
	}
	simd.Neg(d.v, c.g)
	d.optimizer.move(team, c.z, d.v)
	if d.noise != nil {
		c.key.Normals(d.noise, uint64(c.ticks), 0)
		for i := range c.z {
			c.z[i] = math.FMA(d.Noise, d.noise[i], c.z[i])
		}
	}
	if d.sum == nil {
		return nil
	}
	last := c.ticks+1 == int64(d.Steps)
	for i := range c.z {
		d.sum[i] += c.z[i]
		if last {
			c.z[i] = d.sum[i] / float64(d.Steps)
		}
	}
	return nil
}
