package contract

import (
	"context"

	"github.com/ergodica/ergodica/core/rng"
)

// Bias multiplies a walker's weight by exp(LogWeight(x)), x one of its scalar observables: a table (multicanonical), a limit (nested sampling: -inf
// beyond it), a window (umbrella sampling).
type Bias struct {
	Observable string
	LogWeight  func(x float64) float64
	// Visit is called with x after every elementary update, and may change what LogWeight gives; nil is not called.
	Visit func(x float64)
}

// Excess is an observable of every ensemble for biases: u(kT) - u_reference, what the reference distribution must be reweighted by.
const Excess = "excess"

// Graded is an ensemble that knows which values an observable can have: n of them, evenly spaced from low to high, of which some may not occur; n = 0
// where it does not know.
type Graded interface {
	Grades(observable string) (low, high float64, n int)
}

// Referenced is an ensemble with a reference distribution, at Params.Reference = 1: drawn from directly, with a known normaliser.
type Referenced interface {
	Ensemble
	// SetReference places it, where it has a place: the means and standard deviations of a Gaussian in coordinates, one or as many as there are.
	SetReference(mean, scale []float64) error
	// DrawReference gives a walker a configuration drawn from it.
	DrawReference(walker int, s *rng.Stream) error
	// LogReference is the logarithm of the integral (or sum) of exp(-u_reference).
	LogReference() float64
}

// Normalised is a target whose weights are with respect to another measure than that of its coordinates, which is exp(LogVolume()) times as large.
type Normalised interface{ LogVolume() float64 }

// Informed is an ensemble whose target may have a prior: UsePrior makes it the reference, and is false where there is none.
type Informed interface{ UsePrior() (bool, error) }

// Tuned is an ensemble whose kernels can be set for a population: by the moments of the walkers by[0] to by[1]-1 with their weights (nil: equal)
// and their acceptance since the last call, for the walkers of[0] to of[1]-1.
type Tuned interface {
	Ensemble
	Tune(of, by [2]int, weights []float64)
}

// Batched is an ensemble that moves walkers faster together: SweepBatch is SweepTo of the walkers from to to-1, with the same bits.
type Batched interface {
	Ensemble
	Batch() int // walkers that are worth it; 0 where the kernel has no such path
	// Mixes tells whether walkers in states of their own are batched, too.
	Mixes() bool
	SweepBatch(ctx context.Context, from, to int, target int64) error
	// DrawReferenceBatch is Referenced.DrawReference of the walkers from, from + 1, ..., each with its stream.
	DrawReferenceBatch(from int, s []rng.Stream) error
	// ReducedBatch is Reduced of each of the walkers at one state.
	ReducedBatch(walkers []int, dst []float64, at []Params) error
}
