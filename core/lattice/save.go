package lattice

import (
	"github.com/ergodica/ergodica/core/spec"
)

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
