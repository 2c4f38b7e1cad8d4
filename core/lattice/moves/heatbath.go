package moves

// HeatBath draws one spin after the other from its distribution given its neighbours,
//
//	P(s_i = +1) = 1 / (1 + exp(-2 x_i / kT)),   x_i = sum_j J_ij s_j + h_i.
//
// Fits every Ising model: any lattice or graph, any J and h of either sign, kT >= 0 (at kT = 0 spins follow the sign of x_i, a fair coin
// where it is 0). With J >= 0, two chains that share a seed keep the order of their starts: s <= s' stays so at every site (the monotone
// coupling).
//
// Under erg.sample one sweep is N updates in the given order. The layout is chosen as for Metropolis, and as fast.
//
// Under erg.simulate this is Glauber dynamics in continuous time, and order is not used: every site is drawn anew at the events of a
// Poisson process of its own, of rate 1. So the unit of time is the mean time between two updates of a site, events of the whole lattice
// are exponential with rate N, and a free spin relaxes as <s(t)> = s(0) exp(-t). The dynamics is exact (no time step). Two updates of one
// site in a row do happen: the rate at which a spin truly flips is P(s_i -> -s_i).
//
// Fields and gauge theories: sites of phi^4 are drawn by rejection from the Gaussian that lies closest above; links of U(1) from von Mises' distribution; links of
// SU(2) by the rejection of Kennedy and Pendleton, or Creutz's where the others hardly pull; links of SU(3) in three subgroups SU(2) in turn (Cabibbo and
// Marinari). Links of SU(2) and SU(3) know the order "checkerboard" alone: even sites before odd ones, axis by axis; one by one where a side is odd.
//
// # Info
//
//	changed   share of the updates since the end of the warm-up that changed the spin
//	events    updates so far (under erg.simulate)
//
// # Examples
//
//	>>> magnet = erg.lattice.Ising((64, 64))
//	>>> run = erg.sample(magnet, erg.HeatBath(), kT=5.0, sweeps=2000, warmup=200, seed=1)
//	>>> path = erg.simulate(magnet, erg.HeatBath(), kT=1.0, time=20.0, every=0.5, observe=["energy"], seed=1)
//	>>> bool(path["energy"][0, -1] < path["energy"][0, 0])
//	True
//
// # References
//
// R. J. Glauber, J. Math. Phys. 4, 294 (1963).
type HeatBath struct {
	// Which sites a sweep visits: "checkerboard" is colour by colour (two on lattices with even sides; on any other graph as many as it
	// takes that no bond joins two sites of one colour), "sequential" is site 0 to N-1, "random" draws N sites with replacement. All three
	// leave exp(-E/kT) invariant; only "random" obeys detailed balance sweep by sweep.
	Order string `spec:"order" default:"\"checkerboard\"" oneof:"checkerboard,sequential,random"`
}

// HeatBathCite is its reference.
const HeatBathCite = "R. J. Glauber, J. Math. Phys. 4, 294 (1963), doi:10.1063/1.1703954"
