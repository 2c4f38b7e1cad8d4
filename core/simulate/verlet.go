package simulate

import "github.com/ergodica/ergodica/core/array"

// Verlet is Newton's equations, m d^2x/dt^2 = -grad E, by the velocity form of L. Verlet's method (Phys. Rev. 159, 98 (1967)): symplectic, reversible,
// of second order; its energy error oscillates and does not drift. Velocities begin as those of the temperature kT, which has no other role.
// "conserved" is the energy E + K.
type Verlet struct {
	// Step of time; the largest one below it is taken of which a whole number fits between two records.
	Dt float64 `spec:"dt" default:"0.01" range:"(0,inf)"`
	// One mass, or one for each coordinate; an array is broadcast over x.
	Masses array.Field `spec:"masses" default:"1.0"`
}

func (m *Verlet) step() float64                  { return m.Dt }
func (m *Verlet) weight() *array.Field           { return &m.Masses }
func (m *Verlet) open(w *walker) (motion, error) { return newSplitting("BAB", w), nil }
