package over

import "github.com/ergodica/ergodica/core/contract"

// WangLandau learns a bias f on an observable that makes its histogram flat, and then draws with it:
//
//	weight = exp(-E/kT + f(x)),   f(x) -> -log p(x),   x one of "bins" evenly spaced levels from low to high.
//
// At each visit of a level f falls by an increment, which is halved whenever no level that was seen has less than "flat" times the mean of visits, and
// is (number of levels) / moves once that is more (R. E. Belardinelli, V. D. Pereyra 2007), down to "final". Then f stands still: "draws" are made,
// "sweeps" sweeps apart, with log_weights that take them to each kT, and the histogram of their sweeps corrects f.
//
// Each chain learns its own f at the highest kT. Values between two levels belong to the nearer one; what lies beyond low and high by more than half a
// spacing is excluded, so that results are those of the system kept inside.
//
// # Observables
//
// Beside the system's: log_weights (draw,); levels (level,), histogram (level,), log_p (level,), the logarithm of the probability of each level at kT (on
// observables other than the energy at the highest kT); for the energy log_g (level,), the density of states: of spins normalised to 2^N (which is right
// where the range holds all states), with log_evidence = log sum_E g(E) exp(-E/kT) for each kT; of densities to a sum of 1 over exp(-E/kT).
//
// # Info
//
//	moves       elementary updates
//	increment   the last one
//	flatness    smallest visits of a level over the mean, while drawing
//
// # Examples
//
//	>>> import numpy as np
//	>>> magnet = erg.lattice.Ising((4, 4))
//	>>> run = erg.sample(magnet, erg.WangLandau(), kT=[1.5, 3.0], draws=500, warmup=10, seed=1)
//	>>> bool(abs(run["log_g"][0, :, 0].mean() - np.log(2)) < 0.2)
//	True
//
// # References
//
// F. Wang, D. P. Landau, Phys. Rev. Lett. 86, 2050 (2001). R. E. Belardinelli, V. D. Pereyra, Phys. Rev. E 75, 046701 (2007).
type WangLandau struct {
	// Lowest level; where neither it nor high is given, the levels are all those of the system, which Ising and Potts know.
	Low *float64 `spec:"low" default:"null"`
	// Highest level.
	High *float64 `spec:"high" default:"null"`
	// Number of levels; the system's, or 100 between low and high.
	Bins *int `spec:"bins" default:"null" range:"[2,1e7]"`
	// What is made flat: "energy", "magnetization", a recorded number, an element as in "x[0]".
	Observable string `spec:"observable" default:"\"energy\""`
	// How walkers move; single-site updates, or for densities RandomWalk where none is given.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Share of the mean that every level must have.
	Flat float64 `spec:"flat" default:"0.8" range:"(0,1)"`
	// Increment at which learning ends.
	Final float64 `spec:"final" default:"1e-5" range:"(0,1]"`
	// Sweeps between draws.
	Sweeps int `spec:"sweeps" default:"10" range:"[1,1e9]"`
}

// Multicanonical learns the bias f of WangLandau by the recursion of B. A. Berg: rounds of sweeps with f as it stands, after each of which
//
//	f(x) -> f(x) - log H(x)
//
// for every level x with H(x) > 0 visits; levels beyond what was visited take the bias at the edge. Round r has r times the first one's sweeps. In a round f
// stands still, so that each is a sample of a distribution that is known. Draws and results are those of WangLandau.
//
// # Observables
//
// As for WangLandau.
//
// # Info
//
//	moves       elementary updates
//	flatness    smallest visits of a level over the mean, while drawing
//
// # Examples
//
//	>>> magnet = erg.lattice.Ising((6, 6))
//	>>> method = erg.Multicanonical(observable="magnetization")
//	>>> run = erg.sample(magnet, method, kT=2.0, draws=300, warmup=10, chains=2, seed=1)
//	>>> run["log_p"].shape
//	(2, 37)
//
// # References
//
// B. A. Berg, T. Neuhaus, Phys. Rev. Lett. 68, 9 (1992). B. A. Berg, J. Stat. Phys. 82, 323 (1996).
type Multicanonical struct {
	// Lowest level; where neither it nor high is given, the levels are all those of the system, which Ising and Potts know.
	Low *float64 `spec:"low" default:"null"`
	// Highest level.
	High *float64 `spec:"high" default:"null"`
	// Number of levels; the system's, or 100 between low and high.
	Bins *int `spec:"bins" default:"null" range:"[2,1e7]"`
	// What is made flat: "energy", "magnetization", a recorded number, an element as in "x[0]".
	Observable string `spec:"observable" default:"\"energy\""`
	// How walkers move; single-site updates, or for densities RandomWalk where none is given.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Number of rounds.
	Rounds int `spec:"rounds" default:"20" range:"[1,1e6]"`
	// Sweeps of the first round.
	Length int `spec:"length" default:"200" range:"[1,1e9]"`
	// Sweeps between draws.
	Sweeps int `spec:"sweeps" default:"10" range:"[1,1e9]"`
}

func singles() []string { return []string{"Metropolis", "RandomWalk"} }

// Inner is the kernel.
func (m *WangLandau) Inner() *contract.Kernel     { return &m.Kernel }
func (m *Multicanonical) Inner() *contract.Kernel { return &m.Kernel }

// Preferred are its defaults.
func (m *WangLandau) Preferred() []string     { return singles() }
func (m *Multicanonical) Preferred() []string { return singles() }

func (m *WangLandau) open(o contract.Order) (contract.Staged, error) {
	asked := span{"WangLandau", m.Observable, m.Low, m.High, m.Bins}
	return openFlat(asked, how{sweeps: m.Sweeps, flat: m.Flat, final: m.Final, length: 100}, o)
}

func (m *Multicanonical) open(o contract.Order) (contract.Staged, error) {
	asked := span{"Multicanonical", m.Observable, m.Low, m.High, m.Bins}
	return openFlat(asked, how{sweeps: m.Sweeps, rounds: m.Rounds, length: m.Length}, o)
}
