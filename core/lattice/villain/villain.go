// Package villain holds angles on graphs with the weight of Villain.
package villain

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Villain is planar spins, angles theta on a lattice or any graph, with a periodic Gaussian for the weight of each bond: exp(-E/kT), kT = 1 by convention,
//
//	E = - sum_(i,j) log sum_n exp(-(K_ij/2) (theta_i - theta_j - 2 pi n)^2),   n over all integers,
//
// each bond counted once. K is J/T of the physical model, whose temperature is in the weight and not in kT; kT other than 1 are there for ladders and paths.
// Spin waves and vortices of this model do not interact. On the square lattice it has a transition of Kosterlitz and Thouless at K = 0.752.
//
// Sums over n are exact to double precision: four terms on each side for K >= 1/(2 pi); below that their Fourier series, (2 pi K)^(-1/2) sum_m
// exp(-m^2/(2K)) cos(m x), with as many (what is left out is under 1e-21 of the sum).
//
// Bonds are numbered and boundaries are as for Ising.
//
// # Observables
//
//	energy                    E; its mean is that of -log of the weight, not the derivative of log Z by the temperature
//	magnetization             the mean of (cos theta, sin theta), shape (2,)
//	|magnetization|, magnetization^2, magnetization^4
//	                          powers of its length
//	configuration             theta in [-pi, pi], float64, in the shape of the lattice (or (sites,))
//	helicity                  1/(N d) sum over axes mu of sum_b E'' - (sum_b E')^2 / kT, b the bonds along mu, E' and E'' the derivatives of a bond's
//	                          energy by its angle. Its mean is the helicity modulus over T of the physical model, which jumps from 2/pi to 0 at the
//	                          transition of the square lattice; periodic hypercubic lattices
//	vortices                  the share of the plaquettes around which angles turn by +-2 pi; hypercubic lattices of two dimensions
//
// # Methods
//
// erg.sample: HeatBath, Metropolis, HMC, and what else moves densities of angles. A visit of HeatBath draws the n of each bond of a site, then its angle from the Gaussian that they make together, and
// forgets them: it is always accepted at kT = 1, else with the probability that makes up for the difference of the weights. erg.solve: MeanField, of laws of single angles.
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.Villain((8, 8), K=1.5), sweeps=500, warmup=100, seed=1)
//	>>> bool(0.7 < run["|magnetization|"].mean() < 1)
//	True
//
// # References
//
// J. Villain, J. Physique 36, 581 (1975). W. Janke, K. Nather, Phys. Rev. B 48, 7419 (1993).
type Villain struct {
	// Side lengths of a hypercubic lattice, or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Stiffness J/T, above 0: one number, or one for each bond, shape (bonds,).
	K array.Field `spec:"K" default:"1.0"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`

	graph *geometry.Graph
}

// Check completes a decoded Villain.
func (m *Villain) Check() (err error) {
	if err := walkers.Coupled("Villain", &m.Lattice, m.Periodic, m.K); err != nil {
		return err
	}
	for b := range max(1, len(m.K.Values)) {
		if !(m.K.At(b) > 0) {
			return spec.Expected("Villain.K", "numbers above 0", m.K.At(b)).With("argument", "K")
		}
	}
	m.graph, err = m.Lattice.Graph()
	return err
}

// wrap takes an angle to [-pi, pi].
func wrap(x float64) float64 {
	return max(-math.Pi, min(math.Pi, x-float64(2*math.Pi*math.RoundToEven(x/(2*math.Pi)))))
}

// logWeight is log sum_n exp(-(K/2) (x - 2 pi n)^2), K > 0.
func logWeight(K, x float64) float64 {
	x = math.Abs(wrap(x))
	sum := 0.0
	if K >= 1/(2*math.Pi) {
		for n := 1.0; n <= 4; n++ {
			a := float64(2 * math.Pi * K * n)
			sum += functions.Exp1(-float64(a*(float64(math.Pi*n)-x))) + functions.Exp1(-float64(a*(float64(math.Pi*n)+x)))
		}
		return functions.Log1p1(sum) - float64(0.5*K*x*x)
	}
	for m := 1.0; m <= 4; m++ {
		sum += float64(2 * functions.Exp1(-m*m/(2*K)) * functions.Cos1(float64(m*x)))
	}
	return functions.Log1p1(sum) - float64(0.5*functions.Log1(2*math.Pi*K))
}

func (m *Villain) energy(theta []float64) float64 {
	e := 0.0
	for b, ends := range m.graph.Ends {
		e -= logWeight(m.K.At(b), theta[ends[0]]-theta[ends[1]])
	}
	return e
}

// Name in messages.
func (m *Villain) Name() string { return "Villain" }

// Layout is the lattice's shape, or (sites).
func (m *Villain) Layout() ([]int, []string) { return walkers.SiteLayout(&m.Lattice) }

// Sites of the lattice.
func (m *Villain) Sites() int { return m.Lattice.Sites() }

// Unit of the work.
func (m *Villain) Unit() string { return "spin updates" }

// Draw makes independent angles.
func (m *Villain) Draw(theta []float64, u *rng.Stream) {
	for i := range theta {
		theta[i] = math.Pi * (2*u.Float64() - 1)
	}
}

// LogReference is N log 2 pi.
func (m *Villain) LogReference() float64 {
	return float64(m.Lattice.Sites()) * functions.Log1(2*math.Pi)
}

// Ordered is 0 everywhere.
func (m *Villain) Ordered(theta []float64) { clear(theta) }

// Admits angles in [-pi, pi].
func (m *Villain) Admits(theta []float64) (int, bool) {
	for i, x := range theta {
		if !(math.Abs(x) <= math.Pi) {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *Villain) Values() string { return "angles from -pi to pi" }

// Observables are beside energy and configuration; those of some lattices say why where they are not.
func (m *Villain) Observables() []walkers.Observable[float64] {
	all := measure.Observables(m)
	for _, x := range []struct {
		name string
		find func() (measure.Quantity, error)
	}{{"helicity", m.helicity}, {"vortices", m.vortices}} {
		if _, err := x.find(); err != nil {
			all = append(all, walkers.Observable[float64]{Name: x.name, Open: func(*walkers.Ensemble[float64]) (contract.Observable, error) {
				return contract.Observable{}, err
			}})
		}
	}
	return all
}
