package contract

import (
	"context"
	"encoding/json"
	"io"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Together is an ensemble whose walkers interact: all of them advance at once, on up to workers threads. Like SweepTo, AllTo stops early with
// ctx.Err() at a point from which a call with the same target goes on to the bits of an uninterrupted one.
type Together interface {
	Ensemble
	AllTo(ctx context.Context, target int64, workers int) error
}

// Staffed is an ensemble that is Together and has phases so short that a standing team is worth it: its caller gives it one, before AllTo, of as many
// members as AllTo may use, and keeps it until the last call is over.
type Staffed interface{ Staff(team *par.Team) }

// Staged is work that is not recorded draw by draw but found as a whole: populations that are annealed, clouds of particles that flow, filters.
// The runner calls Stage until it is done; between stages the job can be paused, saved and cancelled.
type Staged interface {
	// Stage does a part, of at most some 50 ms where it can be cut. With ctx.Err() it stops at a point from which it can go on.
	Stage(ctx context.Context, workers int) (done bool, err error)
	Progress() (done, total float64, unit string)
	// Report adds what was found: values of all populations, shape and dims those of one population (draws first where there are draws, "draw").
	// It is called once, after the last stage or the one that was interrupted.
	Report(out Results) error
	Info() map[string][]float64 // one value a population
	Save(w io.Writer) error
	Load(r io.Reader) error
}

// Order is what a method over ensembles, or staged work, is asked for. A population is what Walkers has one of: chains at each temperature, those of one
// temperature one after the other.
type Order struct {
	Walkers []Walker
	Chains  int    // at each temperature
	First   uint64 // number of the first chain
	Draws   int    // particles of a population
	Observe []string
	Start   Start
	Inner   Opener  // of methods over ensembles
	Key     rng.Key // of the whole run; chains fold their numbers into it
}

// Opener opens an ensemble of walkers of the method that was asked for as the kernel of another.
type Opener func(walkers []Walker, start Start) (Ensemble, error)

// Kernel is a method as a parameter of another; none is the system's first method for the same verb.
type Kernel struct {
	Type string
	Raw  json.RawMessage
	In   spec.Inputs
}

// DecodeSpec keeps the object until its type is known.
func (k *Kernel) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	if string(raw) == "null" {
		return nil
	}
	var head struct {
		Type *string `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil || head.Type == nil {
		return spec.Expected(path, `a method, an object with a "type"`, string(raw[:min(len(raw), 60)]))
	}
	*k = Kernel{*head.Type, raw, in}
	return nil
}
