// Package lattice holds spins on graphs, with the kernels that need their insides.
package lattice

import (
	"fmt"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/spec"
)

// Ising is Ising spins on a lattice or any graph:
//
//	E = - sum_(i,j) J_ij s_i s_j - sum_i h_i s_i,   s_i = +1 or -1,
//
// each bond counted once. Energies, J, h and kT share one unit; with J = 1 the periodic square lattice orders below
// kT = 2 / log(1 + sqrt(2)) = 2.2692.
type Ising struct {
	// Side lengths of a hypercubic lattice, or any graph: edges (bonds, 2), a scipy.sparse matrix of couplings, a networkx graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,), in the lattice's order of bonds.
	J array.Field `spec:"J" default:"1.0" unit:"energy"`
	// Field; one number, or one for each site, shape (sites,) or the shape of the lattice.
	H array.Field `spec:"h" default:"0.0" unit:"energy"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Check completes a decoded Ising: the boundary is set, the lengths of J and h are compared with the lattice.
func (m *Ising) Check() error {
	if err := m.Lattice.SetPeriodic(m.Periodic); err != nil {
		return err
	}
	if b := m.Lattice.Bonds(); !m.J.Uniform() && (len(m.J.Shape) != 1 || len(m.J.Values) != b) {
		return spec.Errorf(spec.ShapeError, "Ising.J: expected a number or shape (%d,), one per bond; got shape %v", b, m.J.Shape)
	}
	if n := m.Lattice.Sites(); !m.H.Uniform() && (len(m.H.Values) != n || (len(m.H.Shape) != 1 && fmt.Sprint(m.H.Shape) != fmt.Sprint(m.Lattice.Shape))) {
		return spec.Errorf(spec.ShapeError, "Ising.h: expected a number or shape (%d,), one per site; got shape %v", n, m.H.Shape)
	}
	return nil
}

// Energy of one configuration, in C order of the sites. The slow obvious twin of every kernel's energy.
func (m *Ising) Energy(s []int8) (float64, error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return 0, err
	}
	e := 0.0
	for b, ends := range g.Ends {
		e -= float64(m.J.At(b) * float64(s[ends[0]]*s[ends[1]]))
	}
	for i, si := range s {
		e -= float64(m.H.At(i) * float64(si))
	}
	return e, nil
}
