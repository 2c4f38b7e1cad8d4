package ranged

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/ranged/rows"
	"github.com/ergodica/ergodica/core/lattice/vector"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// LongRangeON is unit vectors of n components that all meet, by couplings that depend on the displacement, with an easy axis:
//
//	E = - (1/2) sum_(i, j) s_i . J_ij s_j - sum_i h_i . s_i - sum_i D_i (axes_i . s_i)^2,   |s_i| = 1,
//
// over ordered pairs, so that each pair counts once; i = j are a site's own periodic images. For site a of cell x and site b of cell x + d, J_ij =
// couplings[d, a, b], a number or a symmetric matrix (n, n), such as that of dipoles. Tables are made by erg.lattice.power_law and
// erg.lattice.dipolar_tensor (erg.lattice.Dipoles is the model of dipoles), or are any array of yours. Weights are with respect to the uniform measure on
// spheres. A move costs of the order of N multiplications for each channel of the couplings, the fields being followed; what is not accepted costs nothing. Where all
// axes are periodic, spins of three components that are coupled by matrices and visited in turn cost of the order of the side L of the lattice, accepted or not: what
// has changed in a row or a plane is handed on to others when it is left, by Fourier transforms.
//
// # Observables
//
//	energy                    E
//	magnetization             the mean spin, shape (n,)
//	|magnetization|, magnetization^2, magnetization^4
//	                          powers of its length
//	configuration             the spins, float64, in the shape of the lattice (or (sites,)) and (n,)
//
// # Methods
//
// erg.sample: HeatBath, Metropolis, OverRelaxation, HMC, and what else moves densities on spheres; fields of all spins are then summed at once, by Fourier transforms.
// erg.simulate: HeatBath in continuous time. erg.solve: MeanField, of energies that are linear in each spin. Sites are visited one after the other ("checkerboard", which
// for spins that all meet is the same as "sequential") or at random.
//
// What a spin has of its others is linear in it, so that HeatBath draws it exactly. Terms that are quadratic in it (D, and images of its own that are not
// alike along all axes) accept or reject the draw; then Metropolis, too, tries s -> -s after every turn, and OverRelaxation does not fit.
//
// # Examples
//
//	>>> model = erg.lattice.Dipoles(erg.lattice.fcc(2))
//	>>> run = erg.sample(model, erg.HeatBath(), kT=0.3, sweeps=300, warmup=200, start="ordered", seed=1)
//	>>> bool(run["|magnetization|"].mean() > 0.8)
//	True
//
// # References
//
// J. M. Luttinger, L. Tisza, Phys. Rev. 70, 954 (1946). S. W. de Leeuw, J. W. Perram, E. R. Smith, Proc. R. Soc. London A 373, 27 (1980) for boundaries.
type LongRangeON struct {
	// Side lengths of a hypercubic lattice, or a crystal.
	Lattice geometry.Lattice `spec:"lattice"`
	// Table J[d, a, b], shape (*cells, sites of a cell, sites of a cell) or with (n, n) after it: displacements modulo the number of cells on periodic axes; on
	// open ones at least 2 L - 1 of them, of which the last stand for negative ones. J[d, a, b] = J[-d, b, a] = its transpose.
	Couplings array.Field `spec:"couplings" unit:"energy"`
	// Number of components.
	N int `spec:"n" default:"3" range:"[2,64]"`
	// Field: a number is along component 0; a vector, shape (n,); or one for each site, shape (sites, n).
	H array.Field `spec:"h" default:"0.0" unit:"energy"`
	// Strength of the easy axis, or with a negative sign of the easy plane; one number, or one for each site, shape (sites,).
	D array.Field `spec:"D" default:"0.0" unit:"energy"`
	// Unit vectors of the axes, shape (n,) or (sites, n); a number stands for the last component.
	Axes array.Field `spec:"axes" default:"0.0"`
	couplings

	h         []float64 // (sites, n) or (n); nil where it is 0
	each      bool
	axis      []float64 // (sites, n)
	quadratic bool
}

// Check completes a decoded LongRangeON.
func (m *LongRangeON) Check() error {
	sites := m.Lattice.Sites()
	var err error
	if m.h, m.each, err = vector.Fields("LongRangeON", m.H, sites, m.N); err != nil {
		return err
	}
	if err := m.complete("LongRangeON", &m.Lattice, m.Couplings, m.N); err != nil {
		return err
	}
	if !m.D.Uniform() && (len(m.D.Shape) != 1 || m.D.Shape[0] != sites) {
		return spec.Errorf(spec.ShapeError, "LongRangeON.D: expected a number or shape (%d,), one for each site; got shape %v", sites, m.D.Shape).With("argument", "D")
	}
	m.quadratic = !m.alike || !m.D.Zero()
	m.axis = make([]float64, sites*m.N)
	switch shape := m.Axes.Shape; {
	case m.Axes.Uniform():
		for i := range sites {
			m.axis[(i+1)*m.N-1] = 1
		}
	case len(shape) == 1 && shape[0] == m.N, len(shape) == 2 && shape[0] == sites && shape[1] == m.N:
		for i := range m.axis {
			m.axis[i] = m.Axes.Values[i%len(m.Axes.Values)]
		}
		if at, ok := vector.Unit(m.axis, m.N); !ok {
			return spec.Errorf(spec.SpecError, "LongRangeON.axes: expected unit vectors, got %v at %d", m.axis[at:at+m.N], at/m.N).With("argument", "axes")
		}
	default:
		return spec.Errorf(spec.ShapeError, "LongRangeON.axes: expected shape (%d,) or (%d, %d); got shape %v", m.N, sites, m.N, shape).With("argument", "axes")
	}
	return nil
}

// Name in messages.
func (m *LongRangeON) Name() string { return "LongRangeON" }

// Layout has the components last.
func (m *LongRangeON) Layout() ([]int, []string) {
	shape, dims := walkers.SiteLayout(&m.Lattice)
	return append(append([]int(nil), shape...), m.N), append(append([]string(nil), dims...), "component")
}

// Sites of the lattice.
func (m *LongRangeON) Sites() int { return m.sites }

// Unit of the work.
func (m *LongRangeON) Unit() string { return "spin updates" }

// Draw makes independent directions.
func (m *LongRangeON) Draw(s []float64, u *rng.Stream) { vector.Directions(s, m.N, u) }

// LogReference is N log of the sphere's area.
func (m *LongRangeON) LogReference() float64 { return float64(m.sites) * vector.LogSphere(m.N) }

// Ordered is every spin along component 0.
func (m *LongRangeON) Ordered(s []float64) { vector.Ordered(s, m.N) }

// Admits unit vectors, to 1e-6.
func (m *LongRangeON) Admits(s []float64) (int, bool) { return vector.Unit(s, m.N) }

// Values of a configuration.
func (m *LongRangeON) Values() string { return "unit vectors along the last axis" }

// Observables are beside energy and configuration.
func (m *LongRangeON) Observables() []walkers.Observable[float64] { return vector.Means(m.N) }

// own is what a spin has by itself, apart from the field: the quadratic part of -E.
func (m *LongRangeON) own(s []float64, i int) float64 {
	n, e := m.N, 0.0
	self := m.self[i%m.width*n*n:]
	for p, x := range s[:n] {
		for q, y := range s[:n] {
			e += float64(0.5 * self[p*n+q] * x * y)
		}
	}
	along := 0.0
	for p, x := range m.axis[i*n : (i+1)*n] {
		along += float64(x * s[p])
	}
	return e + float64(m.D.At(i)*along*along)
}

// outer is the field h of a site, nil where there is none.
func (m *LongRangeON) outer(i int) []float64 {
	if m.each {
		return m.h[i*m.N : (i+1)*m.N]
	}
	return m.h
}

// spins are what the rules of a walker share.
type spins struct {
	*LongRangeON
	f *fields
}

// Sum finds the fields of a configuration.
func (k *spins) Sum(s []float64) { k.f.anew(func(i int) float64 { return s[i] }) }

// Kept are the fields.
func (k *spins) Kept() []float64 {
	k.f.settle()
	return k.f.kept
}

func (k *spins) energy(s []float64) float64 {
	var room [64]float64
	n, e := k.N, 0.0
	x := room[:n]
	for i := range k.sites {
		k.f.at(x, i)
		for p, v := range s[i*n : (i+1)*n] {
			e += float64(0.5 * x[p] * v)
		}
		for p, h := range k.outer(i) {
			e += float64(h * s[i*n+p])
		}
		e += k.own(s[i*n:], i)
	}
	return 0 - e
}

// local is the whole field of a site.
func (k *spins) local(x []float64, i int) {
	k.f.at(x, i)
	for p, h := range k.outer(i) {
		x[p] += h
	}
}

// set makes a spin another one.
func (k *spins) set(s, next []float64, i int) {
	var room [64]float64
	d := room[:k.N]
	old := s[i*k.N : (i+1)*k.N]
	for p, x := range next {
		d[p] = x - old[p]
	}
	copy(old, next)
	k.f.moved(i, d)
}

// begin is before visits, after which the fields end them.
func (k *spins) begin(s []float64, visits int) {
	if k.f.stale(visits) {
		k.Sum(s)
	}
	k.f.begin()
}

// spatial tells whether spins turn row by row: those of three components that tensors couple, whose energy is linear in them.
func (k *spins) spatial() bool { return k.f.turns != nil && !k.quadratic }

// lines goes through visits row by row: turn is that of sites from, ..., to-1 of the line, number v and further on of the visits, and tells where it stopped.
func (k *spins) lines(s []float64, sites []int32, turn func(l *rows.Line, from, to, v int) int) {
	for v := 0; v < len(sites); {
		from, to := k.f.in(s, k.h, int(sites[v]), len(sites)-v)
		to = turn(&k.f.line, from, to, v)
		k.f.follow(from)
		v += to - from
	}
}

// follower remembers what it proposed.
type follower struct {
	*spins
	next [64]float64
}

// Width of a site.
func (k *follower) Width() int { return k.N }

// Moved follows what was accepted.
func (k *follower) Moved(_ []float64, i int, old []float64) {
	var room [64]float64
	d := room[:k.N]
	for p := range d {
		d[p] = k.next[p] - old[p]
	}
	k.f.moved(i, d)
}

// propose turns a spin by about scale.
func (k *follower) propose(dst, s []float64, i int, scale float64, u *rng.Stream) (dE float64) {
	var room [64]float64
	n := k.N
	x, old := room[:n], s[i*n:i*n+n]
	k.local(x, i)
	r := 0.0
	for p, v := range old {
		dst[p] = v + float64(scale*u.Normal())
		r += float64(dst[p] * dst[p])
	}
	if r < 1e-200 {
		copy(dst, old)
	} else {
		r = 1 / math.Sqrt(r)
		for p := range dst {
			dst[p] = float64(dst[p] * r)
			dE += float64(x[p] * (old[p] - dst[p]))
		}
		if k.quadratic {
			dE += k.own(old, i) - k.own(dst, i)
		}
	}
	copy(k.next[:], dst)
	return dE
}

func refuseQuadratic(m *LongRangeON, method string) error {
	if m.quadratic {
		has := "D"
		if m.D.Zero() {
			has = fmt.Sprintf("images of a spin that are not alike along all axes, %v", m.self[:m.N*m.N])
		}
		return spec.Mismatch(method, "an energy that is linear in each spin", has).Try("erg.HeatBath()")
	}
	return nil
}
