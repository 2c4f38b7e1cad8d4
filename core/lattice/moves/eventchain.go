package moves

// EventChain turns one spin on and on, without ever rejecting, until a neighbour stops it, which then turns in its place: irreversible, and exact by global
// balance. For unit vectors (XY, Heisenberg, ON) of any couplings, without fields.
//
// A chain begins at a random site and turns spins in one plane and one sense (n = 2: always the same; else a plane drawn for the chain) by the
// angle length in total. In the plane every bond is a factor of its own with the energy
//
//	-A cos(x),   A = J_ij r_i r_j,
//
// x the angle from spin j to spin i and r their parts in the plane: it stops i where the energy that i has climbed in this factor exceeds
// an exponential number of mean kT. The first factor to do so is an event: its other end j goes on. Each factor is left by the flow with which it is
// entered as A depends on x alone, so exp(-E/kT) stays (factorised Metropolis). Spin waves of XY decay faster than under local reversible moves.
//
// A recorded sweep is a fixed number of chains: N over their mean number of events in the later half of the warm-up, at least 1. kT > 0.
//
// # Info
//
//	events              mean number of events of a chain
//	chains_per_sweep    of the recorded sweeps
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.XY((16, 16)), erg.EventChain(), kT=0.7, sweeps=500, warmup=100, seed=1)
//	>>> bool(0.7 < run["|magnetization|"].mean() < 0.9)
//	True
//
// # References
//
// M. Michel, S. C. Kapfer, W. Krauth, J. Chem. Phys. 140, 054116 (2014). M. Michel, J. Mayer, W. Krauth, EPL 112, 20003 (2015).
type EventChain struct {
	// Sum of the angles by which the spins of a chain turn; 0 is half a radian a site.
	Length float64 `spec:"length" default:"0.0" range:"[0,inf)" unit:"rad"`
}

// EventChainCite is its reference.
const EventChainCite = "M. Michel, J. Mayer, W. Krauth, EPL 112, 20003 (2015), doi:10.1209/0295-5075/112/20003"
