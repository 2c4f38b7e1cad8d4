package potts

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Clock is planar spins that point in one of q directions, the angles theta = 2 pi s / q, on a lattice or any graph:
//
//	E = - sum_(i,j) J_ij cos(theta_i - theta_j) - sum_i h_i cos(theta_i),   s_i = 0, ..., q-1,
//
// each bond counted once. Energies, J, h and kT share one unit. q = 2 is Ising, q = 3 is Potts with J 3/2 as large and energies shifted by J/2 a bond, q = 4
// is two uncoupled Ising models of J/2, large q is XY; for q >= 5 the square lattice has a quasi-ordered phase between two transitions.
//
// # Observables
//
//	energy                    of the whole lattice, E
//	magnetization             the mean spin (cos, sin), shape (2,)
//	|magnetization|, magnetization^2, magnetization^4
//	                          powers of its length
//	occupation                (q,): the share of the sites with each value
//	configuration             the values s, uint8, in the shape of the lattice (or (sites,))
//
// # Methods
//
// erg.solve: TransferMatrix, Enumeration. erg.sample: HeatBath, Metropolis, Wolff, Kawasaki. erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time, Driven, CreutzDemon (q = 2, 3, 4, 6).
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.Clock((16, 16), q=6), erg.Wolff(), kT=0.8, sweeps=500, warmup=100, seed=1)
//	>>> bool(0.5 < run["|magnetization|"].mean() < 1)
//	True
//
// # References
//
// J. V. Jose, L. P. Kadanoff, S. Kirkpatrick, D. R. Nelson, Phys. Rev. B 16, 1217 (1977).
type Clock struct {
	// Side lengths of a hypercubic lattice, or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Number of directions.
	Q int `spec:"q" default:"6" range:"[2,256]"`
	// Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,).
	J array.Field `spec:"J" default:"1.0" unit:"energy"`
	// Field along direction 0; one number, or one for each site, shape (sites,) or the shape of the lattice.
	H array.Field `spec:"h" default:"0.0" unit:"energy"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
	spins
	direction [][2]float64 // cos, sin
}

// Check completes a decoded Clock.
func (m *Clock) Check() error {
	n := m.Lattice.Sites()
	if !m.H.Uniform() && (len(m.H.Values) != n || (len(m.H.Shape) != 1 && fmt.Sprint(m.H.Shape) != fmt.Sprint(m.Lattice.Shape))) {
		return spec.Errorf(spec.ShapeError, "Clock.h: expected a number or shape (%d,), one per site; got shape %v", n, m.H.Shape)
	}
	m.spins, m.direction = spins{}, nil
	for s := range m.Q {
		sin, cos := functions.SincosTurns1(float64(s) / float64(m.Q))
		m.direction = append(m.direction, [2]float64{cos, sin})
	}
	for a := range m.Q {
		for b := range m.Q {
			m.pair = append(m.pair, m.direction[(a-b+m.Q)%m.Q][0])
		}
	}
	if !m.H.Zero() {
		m.each = !m.H.Uniform()
		for i := range max(1, len(m.H.Values)) {
			for s := range m.Q {
				m.site = append(m.site, float64(m.H.At(i)*m.direction[s][0]))
			}
		}
	}
	return m.complete("Clock", &m.Lattice, m.Periodic, m.Q, m.J)
}

// Name in messages.
func (m *Clock) Name() string { return "Clock" }

// mean is the mean spin.
func (m *Clock) mean(s []uint8) (x, y float64) {
	var counts [256]int
	for _, a := range s {
		counts[a]++
	}
	for a, d := range m.direction {
		x += float64(float64(counts[a]) * d[0])
		y += float64(float64(counts[a]) * d[1])
	}
	n := float64(len(s))
	return x / n, y / n
}

// Observables are beside energy and configuration.
func (m *Clock) Observables() []walkers.Observable[uint8] {
	second := func(e *ensemble, walker int) float64 {
		x, y := m.mean(e.View(walker))
		return float64(x*x) + float64(y*y)
	}
	return []walkers.Observable[uint8]{
		{Name: "magnetization", Open: func(e *ensemble) (contractObservable, error) {
			return contractObservable{Dtype: array.Float64, Shape: []int{2}, Dims: []string{"component"}, Record: func(w int, row []byte) {
				x, y := m.mean(e.View(w))
				copy(array.Cast[float64](row), []float64{x, y})
			}}, nil
		}},
		{Name: "|magnetization|", Scalar: func(e *ensemble, walker int) float64 { return math.Sqrt(second(e, walker)) }},
		{Name: "magnetization^2", Scalar: second},
		{Name: "magnetization^4", Scalar: func(e *ensemble, walker int) float64 { x := second(e, walker); return x * x }},
		{Name: "occupation", Open: m.occupations},
	}
}
