package opinion

import (
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Voter is the voter model: at rate 1 every site takes over the opinion of a neighbour, drawn by its bond, and at the rate noise it makes up its mind by a
// fair coin,
//
//	s_i <- s_j at rate 1/k_i for each bond (i, j) of its k_i,   s_i <- +1 or -1 at rate noise/2 each.
//
// Without noise a finite connected lattice ends in consensus, on +1 with probability sum_i k_i (1 + s_i)/2 / sum_i k_i of the start (walks that
// coalesce backwards in time), and sum_i k_i s_i is a martingale. On a ring the share of active bonds falls as t^(-1/2). A site without bonds keeps
// its opinion but for noise.
//
// # Observables
//
//	magnetization             mean opinion, m = (1/N) sum_i s_i
//	|magnetization|, magnetization^2, magnetization^4
//	active                    share of the bonds that join different opinions
//	configuration             the opinions, int8, in the shape of the lattice (or (sites,))
//
// # Examples
//
//	>>> run = erg.simulate(erg.lattice.Voter((200,)), time=100.0, every=10.0, observe=["active"], seed=1)
//	>>> bool(run["active"][:, -1].mean() < 0.1 < run["active"][:, 0].mean())
//	True
//
// # References
//
// P. Clifford, A. Sudbury, Biometrika 60, 581 (1973). R. A. Holley, T. M. Liggett, Ann. Probab. 3, 643 (1975). A. Kirman, Q. J. Econ. 108, 137 (1993),
// with noise.
type Voter struct {
	opinions
	// Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Rate at which a site tosses a coin.
	Noise float64 `spec:"noise" default:"0.0" range:"[0,inf)" unit:"1/time"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Check sets the boundary.
func (m *Voter) Check() error { return m.Lattice.SetPeriodic(m.Periodic) }

// Name in messages.
func (m *Voter) Name() string { return "Voter" }

// Layout is the lattice's shape, or (sites).
func (m *Voter) Layout() ([]int, []string) { return events.Layout(&m.Lattice) }

// Sites of the lattice.
func (m *Voter) Sites() int { return m.Lattice.Sites() }

// Observables beside the configuration.
func (m *Voter) Observables() []walkers.Observable[int8] { return observables(&m.Lattice) }

// Process of a walker.
func (m *Voter) Process() (events.Process[int8], error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	return process{g: g, noise: m.Noise, update: copied}, nil
}

// copied is the opinion of a neighbour.
func copied(g *geometry.Graph, s []int8, i int, u, _ float64) int8 {
	d := g.Degree(i)
	if d == 0 {
		return s[i]
	}
	return s[g.To[int(g.Start[i])+min(d-1, int(u*float64(d)))]]
}
