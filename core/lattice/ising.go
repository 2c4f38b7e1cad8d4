// Package lattice holds spins on graphs, with the kernels that need their insides.
package lattice

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Ising is Ising spins on a lattice or any graph:
//
//	E = - sum_(i,j) J_ij s_i s_j - sum_i h_i s_i,   s_i = +1 or -1,
//
// each bond counted once. Energies, J, h and kT share one unit; with J = 1 the periodic square lattice orders below
// kT = 2 / log(1 + sqrt(2)) = 2.2692.
//
// A periodic axis of length 2 has both bonds between its two sites, an axis of length 1 has none. On a hypercubic lattice bonds are numbered site by
// site (C order, the last axis fastest) and axis by axis: from each site to the next one along axis 0, then along axis 1, and so on, where
// that neighbour exists.
//
// # Observables
//
//	energy                    of the whole lattice, E
//	magnetization             mean spin, m = (1/N) sum_i s_i
//	|magnetization|, magnetization^2, magnetization^4
//	configuration             the spins, int8, in the shape of the lattice (or (sites,))
//	two_point                 (r,): average of s_x s_(x + r e_d) over positions x and axes d, r = 0 up to half the shortest
//	                          periodic side (all of an open one); hypercubic lattices
//	structure_factor          shape of the lattice: |sum_x s_x exp(-i k x)|^2 / N at k = 2 pi n / L in NumPy's order of
//	                          frequencies; hypercubic lattices
//	cluster_sizes, cluster_magnetization^2
//	                          of the clusters of SwendsenWang
//
// # Methods
//
// erg.sample: Metropolis, HeatBath, Wolff, SwendsenWang, Kawasaki. erg.simulate: HeatBath (Glauber dynamics), Kawasaki and NFoldWay in continuous time,
// Driven, CreutzDemon. erg.methods(system) lists those that fit.
//
// Where a hypercubic lattice falls into two colours (even periodic sides), Metropolis and HeatBath move 512 spins of a walker at once,
// fastest where couplings are one number or +J, -J and 0 (spin glasses, diluted magnets) and h is one number. Each spin has random bits of its own, as many
// as the comparison with its probability takes, which is exact to 2^-53. Walkers share no random numbers, so that rungs of a ladder are independent but
// for their swaps.
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.Ising((32, 32)), erg.Wolff(), kT=2.0, sweeps=2000, seed=1)
//	>>> print(round(float(run["|magnetization|"].mean()), 1))
//	0.9
//
// The +-J spin glass of Edwards and Anderson, by a ladder of temperatures:
//
//	>>> import numpy as np
//	>>> glass = erg.lattice.Ising((6, 6, 6), J=np.random.default_rng(1).choice([-1.0, 1.0], 3 * 6**3))
//	>>> run = erg.sample(glass, erg.ParallelTempering(), kT=np.linspace(0.8, 2.0, 8), chains=2, sweeps=500, seed=1)
//	>>> bool(run["energy"].mean((1, 2))[0] < run["energy"].mean((1, 2))[-1])
//	True
//
// # References
//
// E. Ising, Z. Phys. 31, 253 (1925). L. Onsager, Phys. Rev. 65, 117 (1944).
type Ising struct {
	// Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any graph: edges (bonds, 2), a scipy.sparse matrix
	// of couplings, a networkx graph.
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
	if err := walkers.Coupled("Ising", &m.Lattice, m.Periodic, m.J); err != nil {
		return err
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

// Name in messages.
func (m *Ising) Name() string { return "Ising" }

// Layout is the lattice's shape, or (sites).
func (m *Ising) Layout() ([]int, []string) { return walkers.SiteLayout(&m.Lattice) }

// Sites of the lattice.
func (m *Ising) Sites() int { return m.Lattice.Sites() }

// Unit of the work.
func (m *Ising) Unit() string { return "spin updates" }

// Draw tosses fair coins, 64 at a time.
func (m *Ising) Draw(s []int8, u *rng.Stream) {
	for i := 0; i < len(s); i += 64 {
		bits := u.Uint64()
		for j := range s[i:min(i+64, len(s))] {
			s[i+j] = int8(bits>>j&1)<<1 - 1
		}
	}
}

// LogReference is N log 2.
func (m *Ising) LogReference() float64 { return float64(m.Lattice.Sites()) * math.Ln2 }

// Ordered is all spins up.
func (m *Ising) Ordered(s []int8) {
	for i := range s {
		s[i] = 1
	}
}

// Admits +1 and -1.
func (m *Ising) Admits(s []int8) (int, bool) {
	for i, x := range s {
		if x != 1 && x != -1 {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *Ising) Values() string { return "spins +1 or -1" }
