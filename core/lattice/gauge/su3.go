package gauge

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/gauge/lanes"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// SU3 is SU(3) lattice gauge theory with Wilson's plaquette action
//
//	S = beta sum_p (1 - Re tr U_p / 3),   U_p = U_mu(x) U_nu(x+mu) U_mu(x+nu)* U_nu(x)*,
//
// with a matrix on every link of a periodic hypercubic lattice and each plaquette (mu < nu) counted once, beta = 6/g^2; configurations have the weight
// exp(-S/kT) with respect to Haar's measure, kT = 1 by convention. All numbers are in units of the lattice. The order parameter of deconfinement is the
// Polyakov loop, whose phase is spontaneously broken. Strong coupling: <plaquette> = beta/18 + beta^2/216 + ...; at beta =
// 6 in four dimensions it is 0.59365 of large lattices.
//
// A matrix is held as its real parts, row by row, and its imaginary parts: U = x[..., 0, :, :] + 1j x[..., 1, :, :]; methods move it with the kinetic
// energy tr(P* P)/2, P = dU/dt.
//
// # Observables
//
//	configuration        U, shape (d, *lattice, 2, 3, 3)
//	energy               S
//	action_density       S / N
//	plaquette            mean of Re tr U_p / 3
//	wilson_loops         (r, t): mean of Re tr / 3 around rectangles of sides r+1 and t+1, up to half the shortest side, over
//	                     positions and planes
//	polyakov             (2,): real and imaginary part of the mean of tr/3 of the products along the first axis
//	|polyakov|           its modulus
//	topological_charge   of four dimensions: Q = -(1/4 pi^2) sum_x tr(F_01 F_23 - F_02 F_13 + F_03 F_12), F from the clover
//	                     of four plaquettes; near whole numbers only of smooth fields
//	flow_energy          (time,): E = 2 sum_p Re tr(1 - U_p) / N after the gradient flow dU/dt = -g^2 dS/dU U, at each time
//	                     of flow
//	flow_charge          (time,): topological_charge after the flow; four dimensions
//
// # Examples
//
//	>>> theory = erg.lattice.SU3((4, 4, 4, 4), beta=5.5, flow=[0.0, 0.5])
//	>>> run = erg.sample(theory, erg.HMC(steps=8), chains=1, sweeps=5, warmup=20, seed=1, observe=["plaquette", "polyakov", "flow_energy"])
//	>>> run["polyakov"].shape, run["flow_energy"].shape, bool((run["flow_energy"][..., 1] < run["flow_energy"][..., 0]).all())
//	((1, 5, 2), (1, 5, 2), True)
//
// # References
//
// K. G. Wilson, Phys. Rev. D 10, 2445 (1974), doi:10.1103/PhysRevD.10.2445. M. Luescher, JHEP 08, 071 (2010), doi:10.1007/JHEP08(2010)071 for the flow.
type SU3 struct {
	// Side lengths, two to six of them, each at least 2. The first axis is the one of the Polyakov loops.
	Lattice geometry.Lattice `spec:"lattice"`
	// Inverse coupling.
	Beta float64 `spec:"beta" default:"1.0" range:"[0,inf)"`
	// Flow times, in units of the lattice spacing squared, of the observables after the gradient flow.
	Flow []float64 `spec:"flow" default:"0.0"`

	*theory
}

// Check completes a decoded SU3.
func (m *SU3) Check() (err error) {
	if err = fitting("SU3", &m.Lattice); err == nil {
		m.theory, err = newTheory("SU3", lanes.Group(3), m.Lattice.Shape, m.Beta, m.Flow)
	}
	return err
}

// Shape: special unitary matrices.
func (m *SU3) Shape() contract.Blocks {
	return contract.Blocks{{Kind: "su", Count: m.d * m.sites, Rows: 3, Cols: 3}}
}

// Arrangement is (d, *lattice, 2, 3, 3).
func (m *SU3) Arrangement() []int { return append(append([]int{m.d}, m.shape...), 2, 3, 3) }

// Quantities are listed at the type.
func (m *SU3) Quantities() []contract.Quantity { return measure.Names(m.quantities(m.Arrangement())) }

// Recorder computes quantities one by one.
func (m *SU3) Recorder() (contract.Recorder, error) {
	return measure.New(m.quantities(m.Arrangement()))
}

func (m *SU3) plane() (*links, float64)           { return m.links, m.Beta }
func (*SU3) expand(b float64, most int) expansion { return colours(b, most) }

// Name, Layout, Admits, Values and Observables are what walkers ask.
func (*SU3) Name() string { return "SU3" }

// Layout is the arrangement with its dimensions.
func (m *SU3) Layout() ([]int, []string) { return m.Arrangement(), m.dims("part", "row", "column") }

// Admits what is in the group.
func (m *SU3) Admits(z []float64) (at int, ok bool) { return 0, m.Belongs(z) == nil }

// Values in words.
func (*SU3) Values() string { return "matrices of SU(3)" }

// Observables are the target's.
func (m *SU3) Observables() []walkers.Observable[float64] { return measure.Observables(m) }
