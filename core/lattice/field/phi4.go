package field

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/spec"
)

// Phi4 is a real scalar field with a quartic potential on a lattice. Its action is
//
//	S = sum_(x,y) (phi_x - phi_y)^2 / 2 + sum_x [ mass2 phi_x^2 / 2 + lam phi_x^4 / 4 - h phi_x ],
//
// each bond (x,y) counted once; configurations have the weight exp(-S/kT), kT = 1 by convention. All numbers are in units of the lattice. On a hypercubic
// lattice of dimension d the quadratic part is (d + mass2/2) phi_x^2 less the products of neighbours. The symmetry phi -> -phi of h = 0 is broken in the
// infinite lattice where mass2 is below a critical value, negative for d > 1; the order parameter is the mean field.
//
// Other conventions: sum (d phi)^2 + mass2 phi^2 + lam phi^4 of flow models is this action of sqrt(2) phi, with the same mass2 and lam. The hopping form
// -2 kappa sum phi_x phi_y + phi^2 + l (phi^2 - 1)^2 is that of phi = phi_here / sqrt(2 kappa) with mass2 = (1 - 2 l)/kappa - 2 d and lam = l / kappa^2.
//
// # Observables
//
//	configuration             phi, in the shape of the lattice (or (sites,))
//	energy                    S
//	action_density            S / N
//	magnetization             M = (1/N) sum_x phi_x
//	|magnetization|, magnetization^2, magnetization^4
//	phi^2, phi^4              means over sites of phi^2 and phi^4
//	kinetic                   sum_(x,y) (phi_x - phi_y)^2 / (2 N)
//	correlator                (r,): (A/T) sum_t f_t f_(t+r), r = 0 up to T/2, f_t the mean field of the slice t of the first axis, of length T,
//	                          A the sites of a slice: the sum over a slice of <phi phi>, decaying as exp(-m r); first axis periodic
//
// # Examples
//
//	>>> field = erg.lattice.Phi4((16, 16), mass2=-4.0, lam=8.0)
//	>>> run = erg.sample(field, erg.HMC(steps=10, integrator="omelyan"), sweeps=500, warmup=200, seed=1)
//	>>> run["energy"].shape
//	(4, 500)
//	>>> free = erg.lattice.Phi4((8, 8), mass2=0.5, lam=0.0)
//	>>> print(round(float(erg.solve(free)["phi^2"]), 4))
//	0.3176
//
// # References
//
// M. S. Albergo, G. Kanwar, P. E. Shanahan, Phys. Rev. D 100, 034515 (2019), doi:10.1103/PhysRevD.100.034515 (sum (d phi)^2 form). I. Montvay, G. Muenster,
// Quantum Fields on a Lattice (Cambridge, 1994), chapter 2.
type Phi4 struct {
	// Side lengths of a hypercubic lattice, or any graph: edges (bonds, 2), a scipy.sparse matrix, a networkx graph (weights are not used).
	Lattice geometry.Lattice `spec:"lattice"`
	// Squared mass; may be negative where lam is above 0.
	Mass2 float64 `spec:"mass2" default:"1.0"`
	// Coupling.
	Lam float64 `spec:"lam" default:"0.0" range:"[0,inf)"`
	// External field.
	H float64 `spec:"h" default:"0.0"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Check completes a decoded Phi4.
func (m *Phi4) Check() error {
	if err := m.Lattice.SetPeriodic(m.Periodic); err != nil {
		return err
	}
	if m.Lam == 0 && !(m.Mass2 > 0) {
		return spec.Expected("Phi4.mass2", "a number above 0 where lam is 0: the action has no lower bound that confines the field", m.Mass2).With("argument", "mass2")
	}
	return nil
}

// Size is the number of sites.
func (m *Phi4) Size() int { return m.Lattice.Sites() }

// Shape is R^N.
func (m *Phi4) Shape() contract.Blocks {
	return contract.Blocks{{Kind: "real", Count: 1, Rows: m.Size(), Cols: 1}}
}

// Arrangement is the lattice's shape.
func (m *Phi4) Arrangement() []int {
	if m.Lattice.Shape != nil {
		return m.Lattice.Shape
	}
	return []int{m.Size()}
}

// torus tells whether the lattice is hypercubic and periodic.
func (m *Phi4) torus() bool {
	for _, p := range m.Lattice.Periodic {
		if !p {
			return false
		}
	}
	return m.Lattice.Shape != nil
}
