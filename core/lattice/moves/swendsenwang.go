package moves

// SwendsenWang divides the whole system into clusters and turns each over with probability 1/2. A sweep is one such update.
//
// Every satisfied bond, J_ij s_i s_j > 0, is kept with probability
//
//	p_ij = 1 - exp(-2 |J_ij| / kT);
//
// sites that hang together by kept bonds are a cluster of the representation of Fortuin and Kasteleyn. Any graph and any signs and sizes of
// J_ij are allowed. Fields act through one more spin, the ghost, which site i meets with the strength |h_i|: if h_i s_i > 0 the bond
// between them is kept with probability 1 - exp(-2 |h_i| / kT), and the cluster of the ghost keeps its orientation. The update obeys
// detailed balance with respect to exp(-E/kT). kT = 0 is allowed, but then no cluster ever breaks up. In strong random fields and in
// frustrated systems the method is correct but not fast.
//
// On hypercubic lattices with one J (and at most 16 different |h_i|) bonds are bits of words and clusters are joined from runs of bonded
// sites along the last axis; other systems take a slower general path with the same law.
//
// Beside the observables of every method there are
//
//	cluster_sizes             ragged: the sizes of the clusters of the last update, in the order of their smallest sites; with fields the
//	                          cluster of the ghost, not counting the ghost and possibly empty, comes first
//	cluster_magnetization^2   sum_c (n_c/N)^2, the mean of m^2 over all orientations of these clusters: the improved estimator, for J >= 0
//	                          without fields; in the disordered phase its variance is the smaller one
//
// # Info
//
//	clusters       mean number of clusters in an update since the end of the warm-up, the ghost's not counted
//	cluster_size   N over that
//
// # Examples
//
//	>>> magnet = erg.lattice.Ising((32, 32), h=0.01)
//	>>> run = erg.sample(magnet, erg.SwendsenWang(), kT=2.0, sweeps=2000, warmup=100, seed=1)
//	>>> print(round(float(run["magnetization"].mean()), 1))
//	0.9
//
// # References
//
// R. H. Swendsen, J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987).
type SwendsenWang struct{}

// SwendsenWangCite is its reference.
const SwendsenWangCite = "R. H. Swendsen, J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86"
