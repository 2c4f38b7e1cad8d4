package transport

import (
	"math"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// MassTransport is a lattice of masses m_i >= 0 that are advected and mixed at random; their sum stays. By the rule
//
//	"transfer"   every site, at rate 1, sends a share to one of its neighbours: m_j <- m_j + (1 - eps) m_i, m_i <- eps m_i
//	"random"     the same with a share (1 - eps) that is uniform in (0, 1) anew each time
//	"kmp"        every bond, at rate 1, shares its sum at random: m_i <- r (m_i + m_j), m_j <- (1 - r) (m_i + m_j), r uniform
//	             (C. Kipnis, C. Marchioro, E. Presutti)
//
// A neighbour is drawn by its bond, so two bonds between the same sites count twice. eps = 0 is advection that coalesces, and ends with all mass on one site;
// eps mixes. On a ring of N sites with mean mass rho the transfer rule has, in the long run, <m_i m_j> = eps <m^2> for i != j, and so
// <m^2> = rho^2 N / (1 + eps (N - 1)). The masses of kmp become independent but for their sum, with the exponential law.
//
// # Observables
//
//	configuration             the masses, float64, in the shape of the lattice (or (sites,))
//	moment2, moment3, moment4 means over sites of m^2, m^3, m^4
//	largest                   the largest mass
//
// # Start
//
// "ordered" is the density everywhere, "random" a point of the simplex of masses with this mean, drawn uniformly.
//
// # Examples
//
//	>>> ring = erg.lattice.MassTransport((16,), eps=0.5)
//	>>> run = erg.simulate(ring, time=20000.0, every=10.0, observe=["moment2"], seed=1)
//	>>> print(round(float(run["moment2"][:, 100:].mean()), 1))  # 16 / (1 + 0.5 * 15) = 1.882
//	1.9
//
// # References
//
// C. Kipnis, C. Marchioro, E. Presutti, J. Stat. Phys. 27, 65 (1982).
type MassTransport struct {
	events.Rates
	// Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// What happens at an event.
	Rule string `spec:"rule" default:"\"transfer\"" oneof:"transfer,random,kmp"`
	// Share that stays, of the transfer rule.
	Eps float64 `spec:"eps" default:"0.5" range:"[0,1]"`
	// Mean mass of the starts "random" and "ordered".
	Density float64 `spec:"density" default:"1.0" range:"[0,1e300]"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Check sets the boundary.
func (m *MassTransport) Check() error {
	if m.Eps != 0.5 && m.Rule != "transfer" {
		return spec.Expected("MassTransport.eps", `none with rule="`+m.Rule+`"`, m.Eps)
	}
	return m.Lattice.SetPeriodic(m.Periodic)
}

// Name in messages.
func (m *MassTransport) Name() string { return "MassTransport" }

// Layout is the lattice's shape, or (sites).
func (m *MassTransport) Layout() ([]int, []string) { return events.Layout(&m.Lattice) }

// Sites is the number of events in a unit of time.
func (m *MassTransport) Sites() int {
	if m.Rule == "kmp" {
		return max(1, m.Lattice.Bonds())
	}
	return m.Lattice.Sites()
}

// Unit of the work.
func (m *MassTransport) Unit() string { return "transfers" }

// Draw is uniform on the simplex: exponential numbers over their sum.
func (m *MassTransport) Draw(x []float64, u *rng.Stream) {
	total := 0.0
	for i := range x {
		x[i] = u.Exponential()
		total += x[i]
	}
	for i := range x {
		x[i] = float64(x[i]/total) * float64(m.Density*float64(len(x)))
	}
}

// Ordered is the density everywhere.
func (m *MassTransport) Ordered(x []float64) {
	for i := range x {
		x[i] = m.Density
	}
}

// Admits finite masses of at least 0.
func (m *MassTransport) Admits(x []float64) (int, bool) {
	for i, y := range x {
		if !(y >= 0) || math.IsInf(y, 0) {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *MassTransport) Values() string { return "finite masses of at least 0" }

// Observables beside the configuration.
func (m *MassTransport) Observables() []walkers.Observable[float64] {
	n := float64(m.Lattice.Sites())
	mean := func(name string, of func(x float64) float64) walkers.Observable[float64] {
		return walkers.Observable[float64]{Name: name, Scalar: func(e *walkers.Ensemble[float64], w int) float64 {
			total := 0.0
			for _, x := range e.View(w) {
				total += of(x)
			}
			return total / n
		}}
	}
	return []walkers.Observable[float64]{
		mean("moment2", func(x float64) float64 { return float64(x * x) }),
		mean("moment3", func(x float64) float64 { return float64(x * x * x) }),
		mean("moment4", func(x float64) float64 { return float64(float64(x*x) * float64(x*x)) }),
		{Name: "largest", Scalar: func(e *walkers.Ensemble[float64], w int) float64 {
			top := 0.0
			for _, x := range e.View(w) {
				top = max(top, x)
			}
			return top
		}},
	}
}

// Process of a walker.
func (m *MassTransport) Process() (events.Process[float64], error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	if m.Rule == "kmp" {
		return sharing{ends: g.Ends}, nil
	}
	return sending{g: g, random: m.Rule == "random", eps: m.Eps}, nil
}

// sharing is kmp: a channel is a bond.
type sharing struct{ ends [][2]int32 }

func (p sharing) Classes() []events.Class { return []events.Class{{Count: len(p.ends), Rate: 1}} }
func (p sharing) Begin([]float64)         {}
func (p sharing) Both() bool              { return false }
func (p sharing) State() []any            { return nil }

func (p sharing) Fire(x []float64, channel int, u, _ float64) bool {
	i, j := p.ends[channel][0], p.ends[channel][1]
	sum := x[i] + x[j]
	x[i] = float64(u * sum)
	x[j] = sum - x[i]
	return true
}

// sending is the transfer of a share: a channel is a site.
type sending struct {
	g      *geometry.Graph
	random bool
	eps    float64
}

func (p sending) Classes() []events.Class { return []events.Class{{Count: p.g.Sites, Rate: 1}} }
func (p sending) Begin([]float64)         {}
func (p sending) Both() bool              { return p.random }
func (p sending) State() []any            { return nil }

func (p sending) Fire(x []float64, i int, u, v float64) bool {
	d := p.g.Degree(i)
	if d == 0 {
		return false
	}
	j := p.g.To[int(p.g.Start[i])+min(d-1, int(u*float64(d)))]
	stays := p.eps
	if p.random {
		stays = v
	}
	left := float64(stays * x[i])
	x[j] += x[i] - left
	x[i] = left
	return true
}
