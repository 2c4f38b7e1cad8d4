package contract

import "context"

// Moving is a target that follows Hamilton's equations faster by its own code than through gradients that are written to memory: fields on lattices, links
// with the exponential map of their group.
type Moving interface {
	Target
	Mover() (Mover, error) // one caller's access
}

// Mover follows Hamilton's equations of p^2/2 + u(z; kT), masses 1 and p tangent on curved blocks, in kicks and drifts. It allocates nothing.
type Mover interface {
	Begin(kT float64, z, p []float64)
	// Step is a kick for a time b, p - b du/dz made tangent, and a drift for a time a along the geodesic of p.
	Step(b, a float64)
	// End is a last kick for a time b; z and p are written.
	End(b float64, z, p []float64)
}

// Meter is a recorder that computes one of its quantities, the k-th, without the others, for a walker at kT, of which few depend.
type Meter interface {
	Measure(ctx context.Context, kT float64, z []float64, k int, row []byte) error
}

// Arranged is a target whose coordinates have a shape.
type Arranged interface{ Arrangement() []int }

// ArrangementOf is a target's shape of coordinates, (n) where it has none.
func ArrangementOf(t Target) []int {
	if a, ok := t.(Arranged); ok {
		return a.Arrangement()
	}
	return []int{t.Size()}
}

// Confined is a target on a surface that refuses points that a user gave away from it.
type Confined interface{ Belongs(z []float64) error }

// Targets is the System of methods for any target, which are repeated for those that an entry without a method names.
const Targets = "target"

// Named is the entry that makes a system one of the Targets.
func Named(system string, fresh func() any) Entry { return Entry{System: system, NewSystem: fresh} }
