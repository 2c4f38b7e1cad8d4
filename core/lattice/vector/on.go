// Package vector holds unit vectors on graphs, the O(n) models, with the kernels that need their insides.
package vector

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
)

// ON is unit vectors of n components on a lattice or any graph:
//
//	E = - sum_(i,j) J_ij s_i . s_j - sum_i h_i . s_i,   |s_i| = 1,
//
// each bond counted once. Energies, J, h and kT share one unit; weights are with respect to the uniform measure on spheres. n = 2 is XY
// (erg.lattice.XY), n = 3 Heisenberg (erg.lattice.Heisenberg). With J = 1 the square XY lattice has a transition of Kosterlitz and Thouless at kT = 0.8929,
// the cubic Heisenberg lattice orders below kT = 1.4429.
//
// Bonds are numbered and boundaries are as for Ising.
//
// # Observables
//
//	energy                    of the whole lattice, E
//	magnetization             the mean spin, shape (n,)
//	|magnetization|, magnetization^2, magnetization^4
//	                          powers of its length
//	configuration             the spins, float64, in the shape of the lattice (or (sites,)) and (n,)
//	structure_factor          shape of the lattice: |sum_x s_x exp(-i k x)|^2 / N, summed over components; hypercubic lattices
//	helicity                  n = 2 and n = 3: 1/(N d) sum over axes mu of sum_b J (s . s')_b - (sum_b J (s x s')_b)^2 / kT, b the bonds
//	                          along mu, s and s' the components that turn; the mean over the axes of rotation for n = 3. Its mean is the
//	                          helicity modulus (spin stiffness); periodic hypercubic lattices
//	vortices                  n = 2: the share of the plaquettes around which angles turn by +-2 pi; hypercubic lattices of two dimensions
//
// # Methods
//
// erg.solve: HarmonicExpansion of chains, MeanField. erg.sample: HeatBath, OverRelaxation, Metropolis, Wolff, EventChain; HMC along great circles, and what else follows spheres. erg.simulate: HeatBath in continuous time.
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.ON((8, 8, 8), n=3), erg.OverRelaxation(), kT=1.0, sweeps=500, warmup=100, seed=1)
//	>>> bool(0.5 < run["|magnetization|"].mean() < 0.8)
//	True
//
// # References
//
// H. E. Stanley, Phys. Rev. Lett. 20, 589 (1968). Temperatures: M. Hasenbusch, J. Phys. A 38, 5869 (2005); M. Campostrini, M. Hasenbusch, A.
// Pelissetto, P. Rossi, E. Vicari, Phys. Rev. B 65, 144520 (2002).
type ON struct {
	// Side lengths of a hypercubic lattice, or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Number of components.
	N int `spec:"n" default:"3" range:"[2,64]"`
	// Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,).
	J array.Field `spec:"J" default:"1.0" unit:"energy"`
	// Field: a number is along component 0; a vector, shape (n,); or one for each site, shape (sites, n).
	H array.Field `spec:"h" default:"0.0" unit:"energy"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`

	graph *geometry.Graph
	h     []float64 // (n) or (sites, n); nil where it is 0
	each  bool
}

// Check completes a decoded ON.
func (m *ON) Check() (err error) {
	if err := walkers.Coupled("ON", &m.Lattice, m.Periodic, m.J); err != nil {
		return err
	}
	if m.h, m.each, err = Fields("ON", m.H, m.Lattice.Sites(), m.N); err != nil {
		return err
	}
	m.graph, err = m.Lattice.Graph()
	return err
}

// Name in messages.
func (m *ON) Name() string { return "ON" }

// Layout has the components last.
func (m *ON) Layout() ([]int, []string) {
	shape, dims := walkers.SiteLayout(&m.Lattice)
	return append(append([]int(nil), shape...), m.N), append(append([]string(nil), dims...), "component")
}

// Sites of the lattice.
func (m *ON) Sites() int { return m.Lattice.Sites() }

// Unit of the work.
func (m *ON) Unit() string { return "spin updates" }

// Draw makes independent directions.
func (m *ON) Draw(s []float64, u *rng.Stream) { Directions(s, m.N, u) }

// LogReference is N log of the sphere's area.
func (m *ON) LogReference() float64 { return float64(m.Lattice.Sites()) * LogSphere(m.N) }

// Ordered is every spin along component 0.
func (m *ON) Ordered(s []float64) { Ordered(s, m.N) }

// Admits unit vectors, to 1e-6; the walkers make their length 1.
func (m *ON) Admits(s []float64) (int, bool) { return Unit(s, m.N) }

// Values of a configuration.
func (m *ON) Values() string { return "unit vectors along the last axis" }

// field writes sum_j J_ij s_j + h_i.
func (m *ON) field(x, s []float64, i int) {
	n := m.N
	switch {
	case m.h == nil:
		clear(x)
	case m.each:
		copy(x, m.h[i*n:(i+1)*n])
	default:
		copy(x, m.h)
	}
	from, to := m.graph.Start[i], m.graph.Start[i+1]
	if m.J.Uniform() && m.h == nil {
		for _, j := range m.graph.To[from:to] {
			for c, v := range s[int(j)*n : int(j)*n+n] {
				x[c] += v
			}
		}
		for c := range x {
			x[c] *= m.J.Scalar
		}
		return
	}
	for k := from; k < to; k++ {
		J, j := m.J.At(int(m.graph.Bond[k])), int(m.graph.To[k])*n
		for c, v := range s[j : j+n] {
			x[c] += float64(J * v)
		}
	}
}

// energy of a configuration.
func (m *ON) energy(s []float64) float64 {
	n, e := m.N, 0.0
	for b, ends := range m.graph.Ends {
		i, j := int(ends[0])*n, int(ends[1])*n
		e += float64(m.J.At(b) * dot(s[i:i+n], s[j:j+n]))
	}
	if m.h != nil {
		for i := 0; i < len(s); i += n {
			h := m.h
			if m.each {
				h = m.h[i : i+n]
			}
			e += dot(h, s[i:i+n])
		}
	}
	return 0 - e
}

func dot(a, b []float64) float64 {
	x := 0.0
	for c, v := range a {
		x += float64(v * b[c])
	}
	return x
}
