package lattice

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Registry lists what this package offers: one line for each verb and method.
func Registry() []contract.Entry {
	return append([]contract.Entry{
		walkers.Sampler("lattice.Ising", "Metropolis", prepareMetropolis,
			"N. Metropolis, A. W. Rosenbluth, M. N. Rosenbluth, A. H. Teller, E. Teller, J. Chem. Phys. 21, 1087 (1953), doi:10.1063/1.1699114"),
		walkers.Sampler("lattice.Ising", "HeatBath", prepareHeatBath,
			"R. J. Glauber, J. Math. Phys. 4, 294 (1963), doi:10.1063/1.1703954"),
		walkers.Sampler("lattice.Ising", "Wolff", prepareWolff, wolffCite),
		walkers.Sampler("lattice.Ising", "SwendsenWang", prepareSwendsenWang, swendsenWangCite),
		walkers.Clock("lattice.Ising", "HeatBath", prepareGlauber,
			"R. J. Glauber, J. Math. Phys. 4, 294 (1963), doi:10.1063/1.1703954"),
	}, exactEntries()...)
}
