package ranged

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/states"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// LongRangeIsing is Ising spins that all meet, by couplings that depend on the displacement:
//
//	E = - (1/2) sum_(i, j) J_ij s_i s_j - sum_i h_i s_i,   s_i = +1 or -1,
//
// over ordered pairs, so that each pair counts once; i = j are a site's own periodic images, a constant. For site a of cell x and site b of cell x + d,
// J_ij = couplings[d, a, b]. Tables are made by erg.lattice.power_law and erg.lattice.dipolar_tensor (erg.lattice.Dipoles takes an axis), or are any array
// of yours. The cost of a move is that of N numbers; proposals cost nothing.
//
// # Observables
//
//	energy                    E
//	magnetization             the mean spin, |magnetization|, magnetization^2, magnetization^4
//	configuration             the spins, int8, in the shape of the lattice (or (sites,))
//
// # Methods
//
// erg.solve: Enumeration. erg.sample: HeatBath, Metropolis, Kawasaki. erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time (an event costs that of
// all N rates), Driven; neighbours are the nearest ones, with the boundary of the table. Sites are visited one after the other ("checkerboard", which for spins that
// all meet is the same as "sequential") or at random.
//
// # Examples
//
// A ring whose couplings fall as 1/r^1.5 is ferromagnetic at low temperature (F. J. Dyson, Commun. Math. Phys. 12, 91 (1969)):
//
//	>>> J = erg.lattice.power_law((256,), 1.5)
//	>>> run = erg.sample(erg.lattice.LongRangeIsing((256,), J), kT=2.0, sweeps=200, warmup=100, start="ordered", seed=1)
//	>>> bool(run["magnetization"].mean() > 0.9)
//	True
//
// # References
//
// E. Luijten, H. W. J. Bloete, Phys. Rev. B 56, 8945 (1997) for the critical couplings of 1/r^a.
type LongRangeIsing struct {
	// Side lengths of a hypercubic lattice, or a crystal.
	Lattice geometry.Lattice `spec:"lattice"`
	// Table J[d, a, b], shape (*cells, sites of a cell, sites of a cell): displacements modulo the number of cells on periodic axes; on open ones at least 2 L - 1
	// of them, of which the last stand for negative ones. J[d, a, b] = J[-d, b, a]; J[0, a, a] is of a site with its own images.
	Couplings array.Field `spec:"couplings" unit:"energy"`
	// Field; one number, or one for each site, shape (sites,) or that of the lattice.
	H array.Field `spec:"h" default:"0.0" unit:"energy"`
	couplings
}

// Check completes a decoded LongRangeIsing.
func (m *LongRangeIsing) Check() error {
	if n, err := array.Count(m.H.Shape); !m.H.Uniform() && (err != nil || n != m.Lattice.Sites()) {
		return spec.Errorf(spec.ShapeError, "LongRangeIsing.h: expected a number or one for each of %d sites; got shape %v", m.Lattice.Sites(), m.H.Shape).With("argument", "h")
	}
	return m.complete("LongRangeIsing", &m.Lattice, m.Couplings, 1)
}

// Name in messages.
func (m *LongRangeIsing) Name() string { return "LongRangeIsing" }

// Layout is the lattice's shape, or (sites).
func (m *LongRangeIsing) Layout() ([]int, []string) { return walkers.SiteLayout(&m.Lattice) }

// Sites of the lattice.
func (m *LongRangeIsing) Sites() int { return m.sites }

// Unit of the work.
func (m *LongRangeIsing) Unit() string { return "spin updates" }

// Draw tosses fair coins.
func (m *LongRangeIsing) Draw(s []int8, u *rng.Stream) {
	for i := range s {
		s[i] = int8(u.Below(2))*2 - 1
	}
}

// LogReference is N log 2.
func (m *LongRangeIsing) LogReference() float64 { return float64(m.sites) * math.Ln2 }

// Ordered is all up.
func (m *LongRangeIsing) Ordered(s []int8) {
	for i := range s {
		s[i] = 1
	}
}

// Admits +1 and -1.
func (m *LongRangeIsing) Admits(s []int8) (int, bool) {
	for i, x := range s {
		if x != 1 && x != -1 {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *LongRangeIsing) Values() string { return "spins +1 or -1" }

// Observables are beside energy and configuration.
func (m *LongRangeIsing) Observables() []walkers.Observable[int8] {
	of := func(f func(x float64) float64) func(e *walkers.Ensemble[int8], walker int) float64 {
		return func(e *walkers.Ensemble[int8], walker int) float64 {
			sum := 0
			for _, x := range e.View(walker) {
				sum += int(x)
			}
			return f(float64(sum) / float64(m.sites))
		}
	}
	return []walkers.Observable[int8]{
		{Name: "magnetization", Scalar: of(func(x float64) float64 { return x })},
		{Name: "|magnetization|", Scalar: of(func(x float64) float64 { return max(x, 0-x) })},
		{Name: "magnetization^2", Scalar: of(func(x float64) float64 { return x * x })},
		{Name: "magnetization^4", Scalar: of(func(x float64) float64 { return x * x * x * x })},
	}
}

// listed sums fields one by one: few states are listed, each once.
func (m *LongRangeIsing) listed() states.Listed[int8] {
	if m.sites > 30 { // more than will be listed
		return states.Listed[int8]{Values: []int8{-1, 1}, Sites: m.sites}
	}
	J := m.matrix()
	return states.Listed[int8]{Name: "LongRangeIsing", Values: []int8{-1, 1}, Sites: m.sites, Means: states.Powers(func(s []int8) float64 {
		sum := 0
		for _, x := range s {
			sum += int(x)
		}
		return float64(sum) / float64(m.sites)
	}), Energy: func(s []int8) float64 {
		e := 0.0
		for i, x := range s {
			field := 2 * m.H.At(i)
			for j, y := range s {
				field += float64(J[i*m.sites+j] * float64(y))
			}
			e -= float64(0.5 * field * float64(x))
		}
		return e
	}}
}

// matrix of all couplings, sites with their own images on the diagonal.
func (m *LongRangeIsing) matrix() []float64 {
	J := make([]float64, m.sites*m.sites)
	f, e := newFields(&m.couplings, false), make([]float64, m.sites)
	for j := range e {
		clear(e)
		e[j] = 1
		f.anew(func(i int) float64 { return e[i] })
		for i := range e {
			J[i*m.sites+j] = f.x[m.slot[i]]
		}
		J[j*m.sites+j] = m.self[j%m.width]
	}
	return J
}

// terms are those of all pairs; images of a site's own are a constant.
func (m *LongRangeIsing) terms() (*factors.Model, error) {
	if err := factors.TooMany(float64(m.sites) * float64(m.sites)); err != nil {
		return nil, err
	}
	model, J := factors.Spins("LongRangeIsing", m.sites, m.H), m.matrix()
	own := 0.0
	for i := range m.sites {
		own += float64(0.5 * J[i*m.sites+i])
		for j := range i {
			model.Group(J[i*m.sites+j], []int32{int32(j), int32(i)})
		}
	}
	model.Constant(0 - own)
	return model, nil
}

// turn flips spins with probability 1/(1 + exp(dE/kT)) (a heat bath) or min(1, exp(-dE/kT)); in turn, what costs nothing every other time.
type turn struct {
	*LongRangeIsing
	f    *fields
	kT   float64
	bath bool
	half bool
}

// SetKT sets the temperature.
func (k *turn) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed.
func (k *turn) Name() string {
	if k.bath {
		return "changed"
	}
	return "acceptance"
}

// Sum finds the fields of a configuration.
func (k *turn) Sum(s []int8) { k.f.anew(func(i int) float64 { return float64(s[i]) }) }

// Kept are the fields.
func (k *turn) Kept() []float64 { return k.f.kept }

func (k *turn) energy(s []int8) float64 {
	e := 0.0
	for i, x := range s {
		e += float64((float64(0.5*(k.f.x[k.slot[i]]+float64(k.self[i%k.width]*float64(x)))) + k.H.At(i)) * float64(x))
	}
	return 0 - e
}

// cost is what turning spin i over costs; what is left of numbers that cancel is nothing.
func (k *turn) cost(s []int8, i int) float64 {
	x := k.f.x[k.slot[i]] + k.H.At(i)
	if math.Abs(x) < 1e-13*k.scale {
		return 0
	}
	return float64(2 * x * float64(s[i]))
}

func (k *turn) flip(i int, old int8) { k.f.moved(i, []float64{float64(-2 * old)}) }

// Visit updates the sites given.
func (k *turn) Visit(s []int8, sites []int32, u *rng.Stream) (changed int64) {
	if k.f.stale(len(sites)) {
		k.Sum(s)
	}
	for _, i := range sites {
		if u.Less(rng.NewThreshold(walkers.Turned(k.cost(s, int(i)), k.kT, k.bath, k.half))) == 1 {
			k.flip(int(i), s[i])
			s[i] = -s[i]
			changed++
		}
	}
	return changed
}

// Width of a site.
func (k *turn) Width() int { return 1 }

// Propose turns a spin over.
func (k *turn) Propose(dst, s []int8, i int, _ *rng.Stream) float64 {
	dst[0] = -s[i]
	return k.cost(s, i)
}

// Moved follows what was accepted.
func (k *turn) Moved(s []int8, i int, old []int8) { k.flip(i, old[0]) }

type (
	kernel  = walkers.Kernel[int8]
	builder = walkers.Builder[int8]
)

func prepareIsing(m *LongRangeIsing, order string, bath, events bool) (builder, error) {
	o := walkers.OneByOne(m.sites, order)
	return func(w contract.Walker) (kernel, error) {
		k := &turn{LongRangeIsing: m, f: newFields(&m.couplings, false), bath: bath, half: order != "random"}
		if events {
			return walkers.NewEvents(m, k.energy, o, w, k), nil
		}
		return walkers.NewSingle(m, k.energy, o, w, k), nil
	}, nil
}
