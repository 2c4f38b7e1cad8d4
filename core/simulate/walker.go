package simulate

import (
	"bytes"
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// method is the parameters of a dynamics.
type method interface {
	// step is dt as it was asked for.
	step() float64
	// weight is the masses, nil of a dynamics without velocities.
	weight() *array.Field
	// open makes the motion of one walker, whose kT, h and masses are known.
	open(w *walker) (motion, error)
}

// motion moves one walker by steps of h.
type motion interface {
	// step is the step number w.steps. Where it fails the run ends.
	step(ctx context.Context, w *walker) error
	// state are pointers to what the future depends on, beside x and v.
	state() []any
}

// conserving is a motion with a quantity that the exact dynamics conserves: E + K + added.
type conserving interface{ added(w *walker) float64 }

// walker is one system in time.
type walker struct {
	number int
	of     contract.Target
	x, v   []float64 // v is nil without masses
	mass   []float64
	g      []float64 // dE/dx at x, where fresh
	energy float64   // E there
	fresh  bool
	kT, h  float64
	every  int64 // steps of a record
	steps  int64 // finished
	key    rng.Key
	motion motion
	target contract.Evaluator
	team   *par.Team
	u      [1]float64
	forces int64
	record contract.Recorder
	rows   [][]byte
	as     int64        // step whose record is held, -1: none
	before bytes.Buffer // its state before a step, of a target that the caller evaluates
}

// widest is the dimension from which on a gradient may use a team.
const widest = 1 << 12

// force makes g and energy those of x.
func (w *walker) force(ctx context.Context) error {
	if w.fresh {
		return nil
	}
	team := w.team
	if len(w.x) < widest {
		team = nil
	}
	w.forces++
	if err := w.target.Gradient(ctx, team, 1, w.x, w.u[:], w.g); err != nil {
		return err
	}
	w.energy = w.u[0]
	sum := w.energy
	for _, g := range w.g {
		sum += g
	}
	if sum-sum != 0 && !w.finite() {
		return spec.Errorf(spec.NonFiniteError, "the energy or its gradient is not finite at time %.6g of chain %d", float64(w.steps)*w.h, w.number).
			With("chain", w.number).With("time", float64(w.steps)*w.h).Try("a smaller dt, an energy that is finite and smooth wherever x can go")
	}
	w.fresh = true
	return nil
}

// finite looks number by number: their sum may overflow.
func (w *walker) finite() bool {
	for _, g := range w.g {
		if g-g != 0 {
			return false
		}
	}
	return w.energy-w.energy == 0
}

// kinetic is sum m v^2 / 2.
func (w *walker) kinetic() float64 {
	k := 0.0
	for i, v := range w.v {
		k += float64(w.mass[i] * v * v)
	}
	return float64(0.5 * k)
}

// Positions of what a walker draws: steps have the numbers of their own, the start has one that no step reaches.
const beginning = math.MaxUint64

// maxwell draws velocities of the temperature kT.
func (w *walker) maxwell() {
	w.key.Normals(w.v, beginning, 0)
	for i := range w.v {
		w.v[i] *= math.Sqrt(w.kT / w.mass[i])
	}
}

func (w *walker) saved() []any {
	return append([]any{w.x, w.v, w.g, &w.energy, &w.fresh, &w.steps, &w.forces}, w.motion.state()...)
}
