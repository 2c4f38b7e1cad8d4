package lattice

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/kinetics"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Registry lists what this package offers: one line for each verb and method.
func Registry() []contract.Entry {
	entries := []contract.Entry{
		walkers.Sampler("lattice.Ising", "Metropolis", PrepareMetropolis, moves.MetropolisCite),
		walkers.Sampler("lattice.Ising", "HeatBath", PrepareHeatBath, moves.HeatBathCite),
		walkers.Sampler("lattice.Ising", "Wolff", prepareWolff, moves.WolffCite),
		walkers.Sampler("lattice.Ising", "SwendsenWang", prepareSwendsenWang, moves.SwendsenWangCite),
		walkers.Clock("lattice.Ising", "HeatBath", prepareGlauber, moves.HeatBathCite),
	}
	return append(entries, kinetics.Entries("lattice.Ising", kineticSpins)...)
}
