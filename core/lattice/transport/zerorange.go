// Package transport holds particles and masses that move between sites and may share them.
package transport

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// ZeroRange is the zero-range process: any number of particles a site, one of which hops over a bond at a rate that depends on the site it leaves,
//
//	n_i -> n_i - 1, n_j -> n_j + 1 at rate forward u(n_i) along a bond (i, j), n_j -> n_j - 1, n_i -> n_i + 1 at rate backward u(n_j) against it,
//
// where u(n) is 1 ("constant"), n ("linear": independent walkers), or 1 + b/n ("condensing"), and u(0) = 0. On a ring, and on any lattice where forward =
// backward, the number K of particles stays and the arrangements have the product law
//
//	P(n) = (1/Z) prod_i f(n_i),   f(n) = prod_(k=1..n) 1/u(k).
//
// With u = 1 + b/n, b > 2, a finite share of the particles condenses on one site above the density 1/(b-2).
//
// # Observables
//
//	configuration             numbers of particles, int32, in the shape of the lattice (or (sites,))
//	largest                   most particles on a site
//	occupied                  share of the sites with a particle
//	moment2, moment3          means over sites of n^2, n^3
//	flow                      hops forward less hops backward since the start, over all bonds
//
// # Start
//
// "random" puts round(density N) particles on sites drawn with replacement, "ordered" spreads them evenly.
//
// # Examples
//
//	>>> ring = erg.lattice.ZeroRange((100,), law="condensing", b=4.0, density=2.0)
//	>>> run = erg.simulate(ring, time=1000.0, every=10.0, observe=["largest", "occupied"], seed=1)
//	>>> run["largest"].shape
//	(4, 101)
//
// # References
//
// F. Spitzer, Adv. Math. 5, 246 (1970). M. R. Evans, T. Hanney, J. Phys. A 38, R195 (2005).
type ZeroRange struct {
	events.Rates
	// Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// The rate u(n) at which a site with n particles loses one.
	Law string `spec:"law" default:"\"constant\"" oneof:"constant,linear,condensing"`
	// Of u(n) = 1 + b/n.
	B float64 `spec:"b" default:"0.0" range:"[0,1e6]"`
	// Rate of a hop along a bond, as a multiple of u.
	Forward float64 `spec:"forward" default:"1.0" range:"[0,inf)" unit:"1/time"`
	// Rate of a hop against it.
	Backward float64 `spec:"backward" default:"1.0" range:"[0,inf)" unit:"1/time"`
	// Particles a site at the start.
	Density float64 `spec:"density" default:"1.0" range:"[0,1e6]"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Registry lists the package's systems.
func Registry() []contract.Entry {
	return []contract.Entry{
		events.Entry[int32, ZeroRange]("lattice.ZeroRange", "F. Spitzer, Adv. Math. 5, 246 (1970), doi:10.1016/0001-8708(70)90034-4"),
		events.Entry[float64, MassTransport]("lattice.MassTransport",
			"C. Kipnis, C. Marchioro, E. Presutti, J. Stat. Phys. 27, 65 (1982), doi:10.1007/BF01011740"),
	}
}

// most particles that a site may have, and all sites together.
const most = 1 << 30

// Check sets the boundary.
func (m *ZeroRange) Check() error {
	if m.B != 0 && m.Law != "condensing" {
		return spec.Expected("ZeroRange.b", `0, or law="condensing"`, m.B)
	}
	if n := float64(m.Density * float64(m.Lattice.Sites())); n > most {
		return spec.Expected("ZeroRange.density", "at most 2^30 particles", n)
	}
	return m.Lattice.SetPeriodic(m.Periodic)
}

// Name in messages.
func (m *ZeroRange) Name() string { return "ZeroRange" }

// Layout is the lattice's shape, or (sites).
func (m *ZeroRange) Layout() ([]int, []string) { return events.Layout(&m.Lattice) }

// Sites is the number of attempts in a unit of time, for the progress report.
func (m *ZeroRange) Sites() int {
	return max(1, int(min(1e15, float64(m.Lattice.Bonds())*(m.Forward+m.Backward)*(1+m.B))))
}

// Unit of the work.
func (m *ZeroRange) Unit() string { return "attempted hops" }

func (m *ZeroRange) particles() int {
	return int(math.RoundToEven(float64(m.Density * float64(m.Lattice.Sites()))))
}

// Draw puts each particle on a random site.
func (m *ZeroRange) Draw(x []int32, u *rng.Stream) {
	clear(x)
	for range m.particles() {
		x[u.Below(len(x))]++
	}
}

// Ordered spreads them evenly, the rest on the first sites.
func (m *ZeroRange) Ordered(x []int32) {
	n := m.particles()
	for i := range x {
		x[i] = int32(n / len(x))
		if i < n%len(x) {
			x[i]++
		}
	}
}

// Admits numbers of at least 0.
func (m *ZeroRange) Admits(x []int32) (int, bool) {
	total := 0
	for i, n := range x {
		if total += int(n); n < 0 || total > most {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *ZeroRange) Values() string { return "numbers of particles of at least 0, 2^30 together" }

// Observables beside the configuration.
func (m *ZeroRange) Observables() []walkers.Observable[int32] {
	n := float64(m.Lattice.Sites())
	mean := func(name string, of func(x float64) float64) walkers.Observable[int32] {
		return walkers.Observable[int32]{Name: name, Scalar: func(e *walkers.Ensemble[int32], w int) float64 {
			total := 0.0
			for _, x := range e.View(w) {
				total += of(float64(x))
			}
			return total / n
		}}
	}
	return []walkers.Observable[int32]{
		{Name: "largest", Scalar: func(e *walkers.Ensemble[int32], w int) float64 {
			top := int32(0)
			for _, x := range e.View(w) {
				top = max(top, x)
			}
			return float64(top)
		}},
		mean("occupied", func(x float64) float64 { return min(x, 1) }),
		mean("moment2", func(x float64) float64 { return float64(x * x) }),
		mean("moment3", func(x float64) float64 { return float64(x * x * x) }),
		{Name: "flow", Scalar: func(e *walkers.Ensemble[int32], w int) float64 {
			switch p := e.Kernels[w].(*events.Walker[int32]).Process.(type) {
			case *bounded:
				return float64(p.flow)
			case *independent:
				return float64(p.flow)
			}
			return math.NaN()
		}},
	}
}

// Process of a walker.
func (m *ZeroRange) Process() (events.Process[int32], error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	if m.Law == "linear" {
		z := 0
		for i := range g.Sites {
			z = max(z, g.Degree(i))
		}
		return &independent{m: m, g: g, z: z, top: max(m.Forward, m.Backward)}, nil
	}
	return &bounded{m: m, ends: g.Ends, share: m.Forward / (m.Forward + m.Backward)}, nil
}

// bounded is the process with u(n) <= 1 + b: a channel is a bond.
type bounded struct {
	m     *ZeroRange
	ends  [][2]int32
	share float64 // of the hops forward
	flow  int64
}

func (p *bounded) Classes() []events.Class {
	return []events.Class{{Count: len(p.ends), Rate: float64((p.m.Forward + p.m.Backward) * (1 + p.m.B))}}
}

func (p *bounded) Begin([]int32) {}

func (p *bounded) Both() bool { return p.m.B > 0 }

func (p *bounded) State() []any { return []any{&p.flow} }

func (p *bounded) Fire(x []int32, channel int, u, v float64) bool {
	a, b, by := p.ends[channel][0], p.ends[channel][1], int64(1)
	if u >= p.share {
		a, b, by = b, a, -1
	}
	n := float64(x[a])
	if n == 0 || (p.m.B > 0 && float64(v*(1+p.m.B)) >= 1+p.m.B/n) {
		return false
	}
	x[a]--
	x[b]++
	p.flow += by
	return true
}

// independent is the process with u(n) = n: a channel is a particle, which tries one of as many bonds as the site with most of them has.
type independent struct {
	m    *ZeroRange
	g    *geometry.Graph
	z    int
	top  float64 // the larger of the two rates
	at   []int32 // site of each particle
	flow int64
}

func (p *independent) Classes() []events.Class {
	return []events.Class{{Count: len(p.at), Rate: float64(float64(p.z) * p.top)}}
}

func (p *independent) Begin(x []int32) {
	p.at = p.at[:0]
	for i, n := range x {
		for range n {
			p.at = append(p.at, int32(i))
		}
	}
}

func (p *independent) Both() bool { return p.m.Forward != p.m.Backward }

func (p *independent) State() []any { return []any{&p.flow, p.at} }

// Sound compares a saved list of particles with the lattice.
func (p *independent) Sound() error {
	for _, i := range p.at {
		if i < 0 || int(i) >= p.g.Sites {
			return spec.Errorf(spec.CheckpointError, "ZeroRange: expected particles on %d sites, the saved state has one at %d", p.g.Sites, i)
		}
	}
	return nil
}

func (p *independent) Fire(x []int32, channel int, u, v float64) bool {
	i := p.at[channel]
	k := int(u * float64(p.z))
	if k >= p.g.Degree(int(i)) {
		return false
	}
	e := p.g.Start[i] + int32(k)
	j, rate, by := p.g.To[e], p.m.Forward, int64(1)
	if p.g.Ends[p.g.Bond[e]][0] != i {
		rate, by = p.m.Backward, -1
	}
	if float64(v*p.top) >= rate {
		return false
	}
	x[i]--
	x[j]++
	p.at[channel] = j
	p.flow += by
	return true
}
