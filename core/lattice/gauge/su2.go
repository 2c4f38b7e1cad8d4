package gauge

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/gauge/lanes"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// SU2 is SU(2) lattice gauge theory with Wilson's plaquette action
//
//	S = beta sum_p (1 - Re tr U_p / 2),   U_p = U_mu(x) U_nu(x+mu) U_mu(x+nu)* U_nu(x)*,
//
// with a matrix on every link of a periodic hypercubic lattice and each plaquette (mu < nu) counted once, beta = 4/g^2; configurations have the weight
// exp(-S/kT) with respect to Haar's measure, kT = 1 by convention. All numbers are in units of the lattice. The order parameter of deconfinement is the
// Polyakov loop, whose sign is spontaneously broken. Strong coupling: <plaquette> = beta/4 + O(beta^3).
//
// A matrix is held as a unit quaternion, U = a0 + i (a1 s1 + a2 s2 + a3 s3) with Pauli's matrices s; methods move it on the sphere, with mass 1 for
// each number of a.
//
// # Observables
//
//	configuration        U, shape (d, *lattice, 4)
//	energy               S
//	action_density       S / N
//	plaquette            mean of Re tr U_p / 2
//	wilson_loops         (r, t): mean of Re tr / 2 around rectangles of sides r+1 and t+1, up to half the shortest side, over
//	                     positions and planes
//	polyakov             mean of tr/2 of the products along the first axis
//	|polyakov|           its modulus
//	topological_charge   of four dimensions: Q = -(1/4 pi^2) sum_x tr(F_01 F_23 - F_02 F_13 + F_03 F_12), F from the clover
//	                     of four plaquettes; near whole numbers only of smooth fields
//	flow_energy          (time,): E = 2 sum_p Re tr(1 - U_p) / N after the gradient flow dU/dt = -g^2 dS/dU U, at each time
//	                     of flow
//	flow_charge          (time,): topological_charge after the flow; four dimensions
//
// # Examples
//
//	>>> theory = erg.lattice.SU2((8, 8), beta=4.0)
//	>>> print(round(float(erg.solve(theory)["plaquette"]), 4))
//	0.658
//	>>> run = erg.sample(theory, erg.HMC(steps=8, integrator="omelyan"), sweeps=200, warmup=200, seed=1, observe=["plaquette"])
//	>>> print(abs(float(run["plaquette"].mean()) - 0.658) < 0.01)
//	True
//
// # References
//
// K. G. Wilson, Phys. Rev. D 10, 2445 (1974), doi:10.1103/PhysRevD.10.2445. M. Luescher, JHEP 08, 071 (2010), doi:10.1007/JHEP08(2010)071 for the flow.
type SU2 struct {
	// Side lengths, two to six of them, each at least 2. The first axis is the one of the Polyakov loops.
	Lattice geometry.Lattice `spec:"lattice"`
	// Inverse coupling.
	Beta float64 `spec:"beta" default:"1.0" range:"[0,inf)"`
	// Flow times, in units of the lattice spacing squared, of the observables after the gradient flow.
	Flow []float64 `spec:"flow" default:"0.0"`

	*theory
}

// Check completes a decoded SU2.
func (m *SU2) Check() (err error) {
	if err = fitting("SU2", &m.Lattice); err == nil {
		m.theory, err = newTheory("SU2", lanes.Group(2), m.Lattice.Shape, m.Beta, m.Flow)
	}
	return err
}

// Shape: unit quaternions.
func (m *SU2) Shape() contract.Blocks {
	return contract.Blocks{{Kind: "sphere", Count: m.d * m.sites, Rows: 4, Cols: 1}}
}

// Arrangement is (d, *lattice, 4).
func (m *SU2) Arrangement() []int { return append(append([]int{m.d}, m.shape...), 4) }

// Quantities are listed at the type.
func (m *SU2) Quantities() []contract.Quantity { return measure.Names(m.quantities(m.Arrangement())) }

// Recorder computes quantities one by one.
func (m *SU2) Recorder() (contract.Recorder, error) {
	return measure.New(m.quantities(m.Arrangement()))
}

func (m *SU2) plane() (*links, float64)           { return m.links, m.Beta }
func (*SU2) expand(b float64, most int) expansion { return spinors(b, most) }

// Name, Layout, Admits, Values and Observables are what walkers ask.
func (*SU2) Name() string { return "SU2" }

// Layout is the arrangement with its dimensions.
func (m *SU2) Layout() ([]int, []string) { return m.Arrangement(), m.dims("component") }

// Admits what is in the group.
func (m *SU2) Admits(z []float64) (at int, ok bool) { return 0, m.Belongs(z) == nil }

// Values in words.
func (*SU2) Values() string { return "matrices of SU(2)" }

// Observables are the target's.
func (m *SU2) Observables() []walkers.Observable[float64] { return measure.Observables(m) }
