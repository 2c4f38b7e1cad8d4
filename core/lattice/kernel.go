package lattice

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// kernel is one walker of Ising spins under one method, in whatever layout is fastest for it. Its random numbers come from the walker's key
// with the sweep number as step, so that a walker's future depends on its configuration, its step counter and its key alone.
type kernel interface {
	// sweepTo finishes sweeps until the counter is target; on ctx.Done it returns ctx.Err() within 0.1 s at a point from which the next
	// call goes on to the same bits (between sweeps, or with a cursor inside one when sweeps are long).
	sweepTo(ctx context.Context, target int64, team *par.Team) error
	sweeps() int64
	read(dst []int8)  // configuration, +1 or -1, C order of the sites
	write(src []int8) // replaces it
	energy() float64
	magnetization() float64 // sum of the spins
	setKT(kT float64)
	warm()                    // warm-up is over: nothing adapts from here on
	info() map[string]float64 // acceptance, cluster sizes
	save(w io.Writer) error   // everything but model, kT and key
	load(r io.Reader) error
}

// stepTo takes steps, each a part of a sweep, until done is target; between two it may be interrupted.
func stepTo(ctx context.Context, done *int64, target int64, team *par.Team, step func(*par.Team) error) error {
	for *done < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(team); err != nil {
			return err
		}
	}
	return nil
}

// expectSaved compares what a saved state says with what it must say.
func expectSaved[T comparable](what string, want, got T) error {
	if want != got {
		return spec.Errorf(spec.CheckpointError, "%s: expected %v, the saved state has %v", what, want, got)
	}
	return nil
}

// cursorIn checks a saved place inside a sweep.
func cursorIn(cursor, end int64) error {
	if cursor < 0 || cursor >= end {
		return spec.Errorf(spec.CheckpointError, "expected a place in a sweep below %d, the saved state has %d", end, cursor)
	}
	return nil
}

// signs checks a saved configuration.
func signs(s []int8) error {
	for i, x := range s {
		if x != 1 && x != -1 {
			return spec.Errorf(spec.CheckpointError, "expected spins +1 or -1, the saved state has %d at site %d", x, i)
		}
	}
	return nil
}
