package moves

// Kawasaki exchanges the values of two sites, so that magnetisation, the numbers of sites of each colour, stays what it is at the start: the lattice gas,
// alloys, phase separation. Two sites with different values are exchanged with probability
//
//	heatbath: 1 / (1 + exp(dE/kT))        metropolis: min(1, exp(-dE/kT)).
//
// kT >= 0. Either obeys detailed balance with respect to exp(-E/kT) among the configurations with the same counts (and, for neighbours, on each
// connected part of the graph). Fields that are the same at all sites have no effect.
//
// Under erg.sample a sweep is as many attempts, of pairs drawn at random, as there are bonds (neighbours) or sites (any). There metropolis makes exchanges
// that cost nothing every other time, since with 1 a state in which nothing costs anything would go round in step.
//
// Under erg.simulate time is continuous, and the dynamics exact (no time step). neighbours: every bond attempts an exchange at the events of a Poisson
// process of its own, of rate 1; at kT much above J metropolis is erg.lattice.Exclusion with rates 1. any: every site does, with any other one.
//
// # Info
//
//	acceptance   share of the attempts since the end of the warm-up that changed the configuration; pairs of equal values are among the attempts
//	events       attempts so far (under erg.simulate)
//
// # Examples
//
//	>>> import numpy as np
//	>>> mixed = np.where(np.random.default_rng(1).permutation(256) < 128, 1, -1).reshape(16, 16)
//	>>> run = erg.simulate(erg.lattice.Ising((16, 16)), erg.Kawasaki(), kT=1.2, time=50.0, every=10.0, start=mixed, seed=1)
//	>>> bool((run["magnetization"] == 0).all()), bool(run["energy"][:, -1].mean() < run["energy"][:, 0].mean() - 50)
//	(True, True)
//
// # References
//
// K. Kawasaki, Phys. Rev. 145, 224 (1966).
type Kawasaki struct {
	// Which sites are exchanged: "neighbours", the ends of a bond, or "any" two. Where all sites meet (Hopfield) they are the same.
	Pairs string `spec:"pairs" default:"\"neighbours\"" oneof:"neighbours,any"`
	// How an exchange is accepted.
	Rates string `spec:"rates" default:"\"heatbath\"" oneof:"heatbath,metropolis"`
}

// KawasakiCite is its reference.
const KawasakiCite = "K. Kawasaki, Phys. Rev. 145, 224 (1966), doi:10.1103/PhysRev.145.224"

// Conserves: the counts of values stay.
func (*Kawasaki) Conserves() {}
