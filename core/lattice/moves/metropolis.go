package moves

// Metropolis proposes to flip one spin after the other and accepts each proposal with the probability
//
//	min(1, exp(-dE/kT)),   dE = 2 s_i (sum_j J_ij s_j + h_i).
//
// Fits every Ising model: any lattice or graph, any J and h of either sign, kT >= 0 (at kT = 0 flips that cost nothing are made and flips
// that cost energy are not: the quench of a deep temperature). One sweep is N proposals.
//
// The orders that visit every site once per sweep accept a proposal with dE = 0 with probability 1/2 instead of 1, which detailed balance leaves open:
// with 1, spins on which the others cancel would turn over in step for ever, and such a state (on small lattices a random start can hit it) would
// never be left. Order "random" needs no such care and accepts it always. Where kT is large against J and h, nearly every proposal is accepted, and
// HeatBath mixes better.
//
// On hypercubic lattices with one J and one h, even sides on periodic axes and the order "checkerboard", spins are one bit each and 512
// are decided at once, by probabilities exact to 2^-53; chains stay independent, and several threads share the sweeps of a large lattice.
// Other models of values keep one byte a spin. Links of SU(2) and SU(3) know the order "checkerboard" alone. The results do not depend on threads or on the processor's vector instructions.
//
// # Info
//
//	acceptance   accepted share of the proposals since the end of the warm-up
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.Ising((32, 32)), erg.Metropolis(), kT=5.0, sweeps=2000, warmup=200, seed=1)
//	>>> bool(abs(run["magnetization"].mean()) < 0.02)
//	True
//
// # References
//
// N. Metropolis, A. W. Rosenbluth, M. N. Rosenbluth, A. H. Teller, E. Teller, J. Chem. Phys. 21, 1087 (1953).
type Metropolis struct {
	// Which sites a sweep visits: "checkerboard" is colour by colour (two on lattices with even sides; on any other graph as many as it
	// takes that no bond joins two sites of one colour), "sequential" is site 0 to N-1, "random" draws N sites with replacement. All three
	// leave exp(-E/kT) invariant; only "random" obeys detailed balance sweep by sweep.
	Order string `spec:"order" default:"\"checkerboard\"" oneof:"checkerboard,sequential,random"`
	// Scale of proposals where sites are continuous. To a vector a normal one of this scale is added before its length is made 1, to an angle or a field a
	// normal number; a matrix U of SU(N) becomes U exp(X), X of the algebra with normal coordinates (for SU(2) i x . sigma, for SU(3) i x . lambda, with
	// Pauli's and Gell-Mann's matrices). 0 starts at 0.7 and is set by the warm-up so that half of them are accepted. Spins with values have no use for it.
	Step float64 `spec:"step" default:"0.0" range:"[0,inf)"`
}

// MetropolisCite is its reference.
const MetropolisCite = "N. Metropolis, A. W. Rosenbluth, M. N. Rosenbluth, A. H. Teller, E. Teller, J. Chem. Phys. 21, 1087 (1953), doi:10.1063/1.1699114"
