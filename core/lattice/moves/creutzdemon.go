package moves

// CreutzDemon keeps the energy: a demon with a purse of D >= 0 goes from site to site at random and proposes one of the other values. What costs dE <= D is
// done, and D falls by dE; else nothing happens. E + D stays what it is at the start, to the last bit, and all states of spins and demon with this sum are
// equally likely: the microcanonical ensemble, with the demon as its thermometer. As it is small against the system, D has the law exp(-D/kT); where costs
// are multiples of a quantum e,
//
//	kT = e / log(1 + e/<D>).
//
// Its own kT is wrong by what one degree of freedom takes from N, a relative O(1/N). No exponential is ever computed.
//
// Time is in sweeps of N visits. Fits models whose costs have such a quantum: Ising and Potts with couplings and fields that are multiples of one number,
// erg.lattice.Model with such energies, Clock with q = 2, 3, 4 or 6. The start sets the energy, so that is what a run goes on from: of erg.sample at the
// temperature that is wanted. kT is not a temperature of the dynamics; D begins with a draw from exp(-D/kT) (0 at kT = 0).
//
// # Observables
//
//	demon    D, beside those of the model
//
// # Info
//
//	acceptance    share of visits that changed the site
//	demon         mean of D over all visits
//	quantum       e
//	temperature   kT from the mean of D
//
// # Examples
//
//	>>> import numpy as np
//	>>> magnet = erg.lattice.Ising((32, 32))
//	>>> warm = erg.sample(magnet, erg.Wolff(), kT=3.0, sweeps=100, chains=1, seed=1)
//	>>> run = erg.simulate(magnet, erg.CreutzDemon(), kT=3.0, time=2000.0, every=1.0, start=warm, chains=1, seed=2, observe=["energy", "demon"])
//	>>> float(np.ptp(run["energy"] + run["demon"])), bool(2.5 < run.info["kernel"]["temperature"][0] < 3.5)
//	(0.0, True)
//
// # References
//
// M. Creutz, Phys. Rev. Lett. 50, 1411 (1983).
type CreutzDemon struct{}

// CreutzDemonCite is its reference.
const CreutzDemonCite = "M. Creutz, Phys. Rev. Lett. 50, 1411 (1983), doi:10.1103/PhysRevLett.50.1411"
