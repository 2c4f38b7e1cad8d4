// Package potts holds spins of q values on graphs: Potts and clock models, with the kernels that need their insides.
package potts

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec"
)

// Potts is spins of q values on a lattice or any graph:
//
//	E = - sum_(i,j) J_ij delta(s_i, s_j) - sum_i h_i(s_i),   s_i = 0, ..., q-1,
//
// each bond counted once. Energies, J, h and kT share one unit. With J = 1 the periodic square lattice orders below kT = 1 / log(1 + sqrt(q)), at a
// continuous transition for q <= 4, at one of first order for q > 4. q = 2 is Ising with half its J: delta = (1 + s s')/2.
//
// Bonds are numbered and boundaries are as for Ising.
//
// # Observables
//
//	energy              of the whole lattice, E
//	magnetization       (q max_a rho_a - 1) / (q - 1), rho_a the share of the sites with value a: 0 in the disordered phase, 1 in a ground state
//	magnetization^2     (q sum_a rho_a^2 - 1) / (q - 1): the square of the order parameter as a vector of the simplex
//	magnetization^4     the square of that
//	occupation          (q,): rho_a
//	configuration       the values, uint8, in the shape of the lattice (or (sites,))
//	cluster_sizes       of the clusters of SwendsenWang
//
// # Methods
//
// erg.solve: TransferMatrix, Enumeration, Baxter (at kTc), MeanField, BeliefPropagation. erg.sample: HeatBath, Metropolis, Wolff, SwendsenWang, Kawasaki. erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time, Driven, CreutzDemon.
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.Potts((16, 16), q=3), erg.SwendsenWang(), kT=0.9, sweeps=500, warmup=100, seed=1)
//	>>> bool(0.8 < run["magnetization"].mean() < 1)
//	True
//
// # References
//
// R. B. Potts, Proc. Camb. Phil. Soc. 48, 106 (1952). F. Y. Wu, Rev. Mod. Phys. 54, 235 (1982).
type Potts struct {
	// Side lengths of a hypercubic lattice, or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Number of values.
	Q int `spec:"q" default:"3" range:"[2,256]"`
	// Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,).
	J array.Field `spec:"J" default:"1.0" unit:"energy"`
	// Fields on the values: a number is on value 0; one for each value, shape (q,); or for each site, shape (sites, q).
	H array.Field `spec:"h" default:"0.0" unit:"energy"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
	spins
}

// Check completes a decoded Potts.
func (m *Potts) Check() error {
	n := m.Lattice.Sites()
	m.spins = spins{}
	switch shape := m.H.Shape; {
	case m.H.Uniform():
		if m.H.Scalar != 0 {
			m.site = make([]float64, m.Q)
			m.site[0] = m.H.Scalar
		}
	case len(shape) == 1 && shape[0] == m.Q:
		m.site = m.H.Values
	case len(shape) == 2 && shape[0] == n && shape[1] == m.Q:
		m.site, m.each = m.H.Values, true
	default:
		return spec.Errorf(spec.ShapeError, "Potts.h: expected a number, shape (%d,), one per value, or (%d, %d), one per site and value; got shape %v", m.Q, n, m.Q, shape)
	}
	for a := range m.Q {
		for b := range m.Q {
			x := 0.0
			if a == b {
				x = 1
			}
			m.pair = append(m.pair, x)
		}
	}
	return m.complete("Potts", &m.Lattice, m.Periodic, m.Q, m.J)
}

// Name in messages.
func (m *Potts) Name() string { return "Potts" }

// Observables are beside energy and configuration.
func (m *Potts) Observables() []walkers.Observable[uint8] {
	q := float64(m.Q)
	order := func(of func(rho []float64) float64) func(e *ensemble, walker int) float64 {
		return func(e *ensemble, walker int) float64 {
			var rho [256]float64
			m.shares(rho[:m.Q], e, walker)
			return (float64(q*of(rho[:m.Q])) - 1) / (q - 1)
		}
	}
	most := func(rho []float64) float64 {
		x := 0.0
		for _, r := range rho {
			x = max(x, r)
		}
		return x
	}
	squares := func(rho []float64) float64 {
		x := 0.0
		for _, r := range rho {
			x += float64(r * r)
		}
		return x
	}
	second := order(squares)
	return []walkers.Observable[uint8]{
		{Name: "magnetization", Scalar: order(most)},
		{Name: "magnetization^2", Scalar: second},
		{Name: "magnetization^4", Scalar: func(e *ensemble, walker int) float64 { x := second(e, walker); return x * x }},
		{Name: "occupation", Open: m.occupations},
		{Name: "cluster_sizes", Open: clusterSizes},
	}
}

// Grades of the energy where couplings are one number and there is no field: -J times the number of satisfied bonds.
func (m *Potts) Grades(observable string) (low, high float64, n int) {
	if observable != "energy" || !m.J.Uniform() || m.J.Scalar == 0 || m.site != nil {
		return 0, 0, 0
	}
	last := -m.J.Scalar * float64(len(m.graph.Ends))
	return min(last, 0), max(last, 0), len(m.graph.Ends) + 1
}
