package kinetics

import (
	"math"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Spins is what a model tells of itself.
type Spins[T walkers.Value] struct {
	Model walkers.Model[T]
	// Graph joins neighbours; nil: every two sites are.
	Graph *geometry.Graph
	// Q values a site; Other is the k-th other one, 1 <= k < Q.
	Q     int
	Other func(x T, k int) T
	// Parts are the energies of the couplings and of the fields: their sum is E.
	Parts func(x []T) (couplings, fields float64)
	// Reach lists the sites, without i, whose costs depend on the value of i.
	Reach func(i int) []int32
	// Steps gives numbers of which every cost of a change of one site is a sum, with whole factors, and which no coarser measure has; nil: not known.
	Steps func(of func(x float64))
	// Costs makes the account of a walker.
	Costs func() Costs[T]
}

// Costs is one walker's account of what changes of single sites cost.
type Costs[T walkers.Value] interface {
	// Cost is what both parts of the energy gain where site i becomes to.
	Cost(x []T, i int, to T) (couplings, fields float64)
	// Set makes it so.
	Set(x []T, i int, to T)
	// Sum is told of every configuration that Set did not make.
	Sum(x []T)
}

// Keeper is an account with numbers to which rounding gives a history: they are part of a saved state.
type Keeper interface{ Kept() []float64 }

// Plain is what an account is that keeps no sums.
type Plain[T walkers.Value] struct{}

// Set writes the value.
func (Plain[T]) Set(x []T, i int, to T) { x[i] = to }

// Sum has nothing to do.
func (Plain[T]) Sum([]T) {}

func (m *Spins[T]) energy(x []T) float64 {
	c, f := m.Parts(x)
	return c + f
}

func (m *Spins[T]) sites() int { return m.Model.Sites() }

// exact takes a sum of costs for 0 where it is nothing but rounding of theirs.
func exact(sum float64, of ...float64) float64 {
	size := 0.0
	for _, x := range of {
		size += math.Abs(x)
	}
	if math.Abs(sum) <= float64(1e-14*size) {
		return 0
	}
	return sum
}

// probability of a change between two states that costs d: the heat bath's or Metropolis'.
func probability(metropolis bool, d, kT float64) float64 {
	return walkers.Turned(d, kT, !metropolis, false)
}
