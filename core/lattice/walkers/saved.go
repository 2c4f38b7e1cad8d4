package walkers

import "github.com/ergodica/ergodica/core/spec"

// Same compares what a saved state says with what it must say.
func Same[T comparable](what string, want, got T) error {
	if want != got {
		return spec.Errorf(spec.CheckpointError, "%s: expected %v, the saved state has %v", what, want, got)
	}
	return nil
}

// Place checks a saved place inside a sweep.
func Place(cursor, end int64) error {
	if cursor < 0 || cursor >= end {
		return spec.Errorf(spec.CheckpointError, "expected a place in a sweep below %d, the saved state has %d", end, cursor)
	}
	return nil
}

// Admitted checks a saved configuration.
func Admitted[T Value](m Model[T], x []T) error {
	if at, ok := m.Admits(x); !ok {
		return spec.Errorf(spec.CheckpointError, "expected %s, the saved state has %v at %d", m.Values(), x[at], at)
	}
	return nil
}
