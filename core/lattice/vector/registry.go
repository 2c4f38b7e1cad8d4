package vector

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Registry lists the methods.
func Registry() []contract.Entry {
	return []contract.Entry{
		contract.Named("lattice.ON", func() any { return new(ON) }),
		walkers.Sampler("lattice.ON", "OverRelaxation", prepareOverRelaxation, moves.OverRelaxationCite),
		walkers.Sampler("lattice.ON", "HeatBath", prepareHeatBath, moves.HeatBathCite),
		walkers.Sampler("lattice.ON", "Metropolis", prepareMetropolis, moves.MetropolisCite),
		walkers.Sampler("lattice.ON", "Wolff", prepareWolff, moves.WolffCite),
		walkers.Sampler("lattice.ON", "EventChain", prepareEventChain, moves.EventChainCite),
		walkers.Clock("lattice.ON", "HeatBath", prepareGlauber, moves.HeatBathCite),
		factors.MeanFields[float64]("lattice.ON", func(m *ON) (factors.Theory, error) { return m.theory(), nil }),
	}
}
