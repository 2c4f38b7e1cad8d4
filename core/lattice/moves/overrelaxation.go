package moves

// OverRelaxation reflects spins, which costs no energy and goes far, and lets a heat bath see to ergodicity: a sweep is so many sweeps of
//
//	s_i -> 2 (s_i . x_i) x_i / |x_i|^2 - s_i,   x_i = sum_j J_ij s_j + h_i,
//
// followed by one of HeatBath. Each leaves exp(-E/kT) invariant. Near critical points the autocorrelation time, counted in sweeps, falls by about the number
// of reflections, each of which takes a fraction of a heat bath's time.
//
// Links of gauge theories are reflected alike, t -> 2 angle - t, U -> u U* u with u = V/|V| along the sum V of staples, those of SU(3) in three subgroups; a
// site of phi^4 about where the quadratic part of the action is least, and the quartic part accepts.
//
// # Info
//
//	changed   share of the heat bath's updates that changed the spin
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.XY((16, 16)), erg.OverRelaxation(), kT=0.8, sweeps=500, warmup=100, seed=1)
//	>>> bool(0.6 < run["|magnetization|"].mean() < 0.9)
//	True
//
// # References
//
// M. Creutz, Phys. Rev. D 36, 515 (1987). F. R. Brown, T. J. Woch, Phys. Rev. Lett. 58, 2394 (1987).
type OverRelaxation struct {
	// Sweeps of reflections before each sweep of the heat bath.
	Reflections int `spec:"reflections" default:"4" range:"[1,1000]"`
	// Which sites a sweep visits: "checkerboard" is colour by colour, "sequential" is site 0 to N-1.
	Order string `spec:"order" default:"\"checkerboard\"" oneof:"checkerboard,sequential"`
}

// OverRelaxationCite is its reference.
const OverRelaxationCite = "M. Creutz, Phys. Rev. D 36, 515 (1987), doi:10.1103/PhysRevD.36.515"
