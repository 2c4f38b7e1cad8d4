package moves

// Wolff flips one cluster of spins a move, which keeps autocorrelation times of a few sweeps at the critical point, where single flips need
// of the order of L^2.17.
//
// A cluster grows from a random site: a neighbour j of one of its sites i joins if the bond is satisfied, J_ij s_i s_j > 0, with
// probability
//
//	p_ij = 1 - exp(-2 |J_ij| / kT),
//
// each bond being tried once; the finished cluster is flipped. Any graph and any signs and sizes of J_ij are allowed; site fields are not:
// SwendsenWang carries them. There are no rejections, and the move obeys detailed balance with respect to exp(-E/kT). kT = 0 is allowed
// (p_ij = 1). On frustrated systems the clusters percolate above the transition, and the method is correct but not fast.
//
// A recorded sweep is a fixed number of clusters: N over the mean size seen in the later half of the warm-up, at least 1, so that it costs
// about what a Metropolis sweep costs; without warm-up it is 1 cluster. Sweeps of the warm-up itself end when N sites have been visited; in
// recorded sweeps that would favour ordered states.
//
// On hypercubic lattices with one |J| (J > 0, or any sign where two sublattices exist) the kernel is free of unpredictable branches and
// takes its decisions from bit planes; other systems take a slower general path with the same law.
//
// # Info
//
//	clusters             moves since the end of the warm-up
//	cluster_size         their mean number of sites; at kTc of the square lattice it grows as L^(7/4)
//	clusters_per_sweep   of the recorded sweeps
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.Ising((32, 32)), erg.Wolff(), kT=2.0, sweeps=2000, warmup=100, seed=1)
//	>>> print(round(float(run["|magnetization|"].mean()), 1))
//	0.9
//
// # References
//
// U. Wolff, Phys. Rev. Lett. 62, 361 (1989).
type Wolff struct{}

// WolffCite is its reference.
const WolffCite = "U. Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361"
