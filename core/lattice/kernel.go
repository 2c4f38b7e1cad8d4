package lattice

import (
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// The walkers of Ising spins: +1 or -1, one byte each where they are read or written.
type (
	kernel   = walkers.Kernel[int8]
	builder  = walkers.Builder[int8]
	ensemble = walkers.Ensemble[int8]
)

// summed is what the kernels of this package are: the sum of their spins needs no writing out.
type summed interface{ magnetization() float64 }

func magnetization(e *ensemble, walker int) float64 {
	if k, ok := e.Kernels[walker].(summed); ok {
		return k.magnetization()
	}
	return float64(total(e.View(walker)))
}

// signs checks a saved configuration.
func signs(s []int8) error { return walkers.Admitted(new(Ising), s) }
