package opinion

import (
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// MajorityVote is the majority-vote model: at rate 1 every site takes the opinion of most of its neighbours with probability 1 - noise, and the opposite
// one with probability noise; where they are divided it tosses a fair coin,
//
//	P(s_i <- +1) = (1/2) (1 + (1 - 2 noise) sign(sum_j s_j)).
//
// There is no detailed balance. On the square lattice opinions order below noise = 0.075, with the exponents of the Ising model; noise = 0 is Glauber
// dynamics of Ising spins at kT = 0.
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
//	>>> model = erg.lattice.MajorityVote((16, 16), noise=0.02)
//	>>> run = erg.simulate(model, time=200.0, every=1.0, observe=["|magnetization|"], start="ordered", seed=1)
//	>>> bool(run["|magnetization|"].mean() > 0.9)
//	True
//
// # References
//
// M. J. de Oliveira, J. Stat. Phys. 66, 273 (1992).
type MajorityVote struct {
	opinions
	// Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Probability of going against the majority.
	Noise float64 `spec:"noise" default:"0.0" range:"[0,1]"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Check sets the boundary.
func (m *MajorityVote) Check() error { return m.Lattice.SetPeriodic(m.Periodic) }

// Name in messages.
func (m *MajorityVote) Name() string { return "MajorityVote" }

// Layout is the lattice's shape, or (sites).
func (m *MajorityVote) Layout() ([]int, []string) { return events.Layout(&m.Lattice) }

// Sites of the lattice.
func (m *MajorityVote) Sites() int { return m.Lattice.Sites() }

// Observables beside the configuration.
func (m *MajorityVote) Observables() []walkers.Observable[int8] { return observables(&m.Lattice) }

// Process of a walker.
func (m *MajorityVote) Process() (events.Process[int8], error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	return process{g: g, update: m.vote}, nil
}

func (m *MajorityVote) vote(g *geometry.Graph, s []int8, i int, u, _ float64) int8 {
	sum := 0
	for _, j := range g.To[g.Start[i]:g.Start[i+1]] {
		sum += int(s[j])
	}
	p := 0.5
	switch {
	case sum > 0:
		p = 1 - m.Noise
	case sum < 0:
		p = m.Noise
	}
	if u < p {
		return 1
	}
	return -1
}
