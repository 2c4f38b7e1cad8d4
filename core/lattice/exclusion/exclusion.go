// Package exclusion holds particles that hop and do not share sites.
package exclusion

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
)

// Exclusion is the simple exclusion process: at most one particle a site. Over every bond (i, j) of the lattice, in the direction in which the lattice
// lists it (upwards along the axes of a hypercubic lattice),
//
//	1 0 -> 0 1 at rate forward,   0 1 -> 1 0 at rate backward,
//
// and at the first and last site of an open chain reservoirs let particles in (0 -> 1) at rates alpha and delta and out (1 -> 0) at rates gamma and beta.
// forward = backward is symmetric exclusion, or stirring: the coffee automaton, in which each bond exchanges its two cells at rate 1. backward = 0
// is the totally asymmetric process (TASEP). Time is in units of 1 over the rates.
//
// Without reservoirs the number of particles stays, and on a ring all arrangements are equally likely in the long run: the current of the TASEP with K
// of N sites is K (N-K) / (N (N-1)) a bond. The open chain of the TASEP has the current and densities of the matrix product of Derrida, Evans,
// Hakim and Pasquier: for alpha = beta = 1 the current (N+2) / (2 (2N+1)).
//
// # Observables
//
//	density                   share of the sites that are taken
//	configuration             0 or 1, int8, in the shape of the lattice (or (sites,))
//	flow                      hops forward less hops backward since the start, over all bonds: the current of a bond is
//	                          its increase over time and bonds
//	inflow, outflow           particles that came in at the first site (alpha less gamma) and left at the last (beta less delta)
//
// # Start
//
// "random" puts round(density N) particles on random sites, "ordered" on the first ones.
//
// # Examples
//
//	>>> chain = erg.lattice.Exclusion((50,), backward=0.0, alpha=0.3, beta=1.0, periodic=False)
//	>>> run = erg.simulate(chain, time=2000.0, every=100.0, observe=["density", "outflow"], seed=1)
//	>>> print(round(float((run["outflow"][:, -1] - run["outflow"][:, 4]).mean() / 1600), 2))
//	0.21
//
// # References
//
// F. Spitzer, Adv. Math. 5, 246 (1970). B. Derrida, M. R. Evans, V. Hakim, V. Pasquier, J. Phys. A 26, 1493 (1993).
type Exclusion struct {
	events.Rates
	// Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Rate of a hop along a bond.
	Forward float64 `spec:"forward" default:"1.0" range:"[0,inf)" unit:"1/time"`
	// Rate of a hop against it.
	Backward float64 `spec:"backward" default:"1.0" range:"[0,inf)" unit:"1/time"`
	// Rate at which particles come in at the first site.
	Alpha float64 `spec:"alpha" default:"0.0" range:"[0,inf)" unit:"1/time"`
	// Rate at which they leave at the last site.
	Beta float64 `spec:"beta" default:"0.0" range:"[0,inf)" unit:"1/time"`
	// Rate at which they leave at the first site.
	Gamma float64 `spec:"gamma" default:"0.0" range:"[0,inf)" unit:"1/time"`
	// Rate at which they come in at the last site.
	Delta float64 `spec:"delta" default:"0.0" range:"[0,inf)" unit:"1/time"`
	// Share of the sites that are taken at the start.
	Density float64 `spec:"density" default:"0.5" range:"[0,1]"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Registry lists the package's systems.
func Registry() []contract.Entry {
	return []contract.Entry{
		events.Entry[int8, Exclusion]("lattice.Exclusion",
			"F. Spitzer, Adv. Math. 5, 246 (1970), doi:10.1016/0001-8708(70)90034-4"),
	}
}

// Check sets the boundary.
func (m *Exclusion) Check() error { return m.Lattice.SetPeriodic(m.Periodic) }

// Name in messages.
func (m *Exclusion) Name() string { return "Exclusion" }

// Layout is the lattice's shape, or (sites).
func (m *Exclusion) Layout() ([]int, []string) { return events.Layout(&m.Lattice) }

// Sites is the number of attempts in a unit of time, for the progress report.
func (m *Exclusion) Sites() int {
	return max(1, int(min(1e15, float64(m.Lattice.Bonds())*(m.Forward+m.Backward))))
}

// Unit of the work.
func (m *Exclusion) Unit() string { return "attempted hops" }

func (m *Exclusion) particles() int {
	return int(math.RoundToEven(float64(m.Density * float64(m.Lattice.Sites()))))
}

// Draw puts particles on random sites.
func (m *Exclusion) Draw(x []int8, u *rng.Stream) {
	clear(x)
	left := m.particles()
	for i := range x {
		if left > 0 && u.Below(len(x)-i) < left {
			x[i] = 1
			left--
		}
	}
}

// Ordered puts them on the first sites.
func (m *Exclusion) Ordered(x []int8) {
	for i := range x {
		x[i] = 0
		if i < m.particles() {
			x[i] = 1
		}
	}
}

// Admits 0 and 1.
func (m *Exclusion) Admits(x []int8) (int, bool) {
	for i, n := range x {
		if n != 0 && n != 1 {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *Exclusion) Values() string { return "0 or 1 particles a site" }

// Observables beside the configuration.
func (m *Exclusion) Observables() []walkers.Observable[int8] {
	count := func(name string, of func(p *process) int64) walkers.Observable[int8] {
		return walkers.Observable[int8]{Name: name, Scalar: func(e *walkers.Ensemble[int8], w int) float64 {
			return float64(of(e.Kernels[w].(*events.Walker[int8]).Process.(*process)))
		}}
	}
	return []walkers.Observable[int8]{
		{Name: "density", Scalar: func(e *walkers.Ensemble[int8], w int) float64 {
			n := 0
			for _, x := range e.View(w) {
				n += int(x)
			}
			return float64(n) / float64(m.Lattice.Sites())
		}},
		count("flow", func(p *process) int64 { return p.flow }),
		count("inflow", func(p *process) int64 { return p.in }),
		count("outflow", func(p *process) int64 { return p.out }),
	}
}

// process has the channels: every bond, then alpha, gamma at the first site, beta, delta at the last.
type process struct {
	m             *Exclusion
	ends          [][2]int32
	share         float64 // of the hops forward
	flow, in, out int64
}

// Process of a walker.
func (m *Exclusion) Process() (events.Process[int8], error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	return &process{m: m, ends: g.Ends, share: m.Forward / (m.Forward + m.Backward)}, nil
}

func (p *process) Classes() []events.Class {
	return []events.Class{{Count: len(p.ends), Rate: p.m.Forward + p.m.Backward}, {Count: 1, Rate: p.m.Alpha}, {Count: 1, Rate: p.m.Gamma},
		{Count: 1, Rate: p.m.Beta}, {Count: 1, Rate: p.m.Delta}}
}

func (p *process) Begin([]int8) {}

func (p *process) Both() bool { return false }

func (p *process) State() []any { return []any{&p.flow, &p.in, &p.out} }

func (p *process) Fire(x []int8, channel int, u, _ float64) bool {
	last := len(x) - 1
	switch channel - len(p.ends) {
	case 0:
		return set(x, 0, 1, &p.in, 1)
	case 1:
		return set(x, 0, 0, &p.in, -1)
	case 2:
		return set(x, last, 0, &p.out, 1)
	case 3:
		return set(x, last, 1, &p.out, -1)
	}
	a, b, by := p.ends[channel][0], p.ends[channel][1], int64(1)
	if u >= p.share {
		a, b, by = b, a, -1
	}
	if x[a] == 0 || x[b] == 1 {
		return false
	}
	x[a], x[b] = 0, 1
	p.flow += by
	return true
}

// set makes a site n and counts, where it is not n.
func set(x []int8, i int, n int8, count *int64, by int64) bool {
	if x[i] == n {
		return false
	}
	x[i] = n
	*count += by
	return true
}
