package moves

import "github.com/ergodica/ergodica/core/array"

// Driven changes couplings, fields and temperature while the spins move, and counts work and heat. At time t the energy is
//
//	E(t) = J(t) E_J + h(t) E_h,
//
// E_J and E_h what the model's couplings and fields make of its configuration, and the bath has kT(t) times the kT of the run: J, h and kT here are factors,
// linear between the times given and constant before and after; two equal times are a jump (a quench), of which the later value holds. For a field h that is
// driven, give the model h=1, or h_i of any pattern.
//
// Every site is visited at the events of a Poisson process of rate 1 and is drawn anew, or proposed to, with the energies and kT of that time, so that the
// dynamics is exact (no time step); "attempts" are N visits of random sites in a unit of time, at equal distances. What the changing factors do to the
// energy between two events is work, what an event does to it is heat:
//
//	dW = E_J dJ + E_h dh,   dQ = dE of events,   W + Q = E(t) - E(0).
//
// Started from equilibrium at J(0), h(0), kT(0) the work obeys <exp(-W/kT)> = exp(-dF/kT) (Jarzynski) and, against the reversed protocol,
// P(W)/P_reversed(-W) = exp((W - dF)/kT) (Crooks), at any speed. Where kT changes too, the same holds of the reduced work, the change of E/kT by the factors.
// erg.stats.jarzynski and erg.stats.bar find dF.
//
// # Observables
//
//	work, heat       W on, and Q into, the spins since the start (a jump at time 0 is part of it); energy is E(t)
//	reduced_work     the sum of what changes of the factors do to E/kT; W/kT where kT stays (NaN once kT was 0)
//	entropy_flow     - sum dQ/kT: entropy that the bath has taken up, in units of k (NaN once kT was 0)
//
// # Info
//
//	changed    share of the visits that changed the site
//	events     visits so far
//
// # Examples
//
//	>>> import numpy as np
//	>>> spin = erg.lattice.Ising((1,), h=1.0)
//	>>> ramp = erg.Driven(times=[0, 2], h=[0.0, 1.0])
//	>>> run = erg.simulate(spin, ramp, kT=1.0, time=2.0, every=2.0, chains=4000, observe=["work"], seed=1)
//	>>> bool(abs(-np.log(np.exp(-run["work"][:, -1]).mean()) + np.log(np.cosh(1.0))) < 0.07)  # Jarzynski
//	True
//
// # References
//
// C. Jarzynski, Phys. Rev. Lett. 78, 2690 (1997). G. E. Crooks, J. Stat. Phys. 90, 1481 (1998).
type Driven struct {
	// When the factors have the values below, shape (n,): not falling. One number: at all times.
	Times array.Field `spec:"times" default:"0.0" unit:"time"`
	// Factor of the couplings: one number, or one for each time.
	J array.Field `spec:"J" default:"1.0"`
	// Factor of the fields, likewise.
	H array.Field `spec:"h" default:"1.0"`
	// Factor of the temperature, likewise; at least 0.
	KT array.Field `spec:"kT" default:"1.0"`
	// After this time the protocol begins again; 0: never.
	Period float64 `spec:"period" default:"0.0" range:"[0,inf)" unit:"time"`
	// What a visit does.
	Rates string `spec:"rates" default:"\"heatbath\"" oneof:"heatbath,metropolis"`
	// How time passes.
	Clock string `spec:"clock" default:"\"continuous\"" oneof:"continuous,attempts"`
}

// DrivenCite is its reference.
const DrivenCite = "C. Jarzynski, Phys. Rev. Lett. 78, 2690 (1997), doi:10.1103/PhysRevLett.78.2690"
