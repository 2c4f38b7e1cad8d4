package field

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Registry lists what this package offers.
func Registry() []contract.Entry {
	fresh := func() any { return new(Phi4) }
	return []contract.Entry{
		contract.Named("lattice.Phi4", fresh),
		walkers.Improper(walkers.Sampler("lattice.Phi4", "HeatBath", prepareHeatBath, "M. Creutz, Quarks, Gluons and Lattices (Cambridge, 1983)")),
		walkers.Improper(walkers.Sampler("lattice.Phi4", "OverRelaxation", prepareOverRelaxation, moves.OverRelaxationCite)),
		walkers.Improper(walkers.Sampler("lattice.Phi4", "Metropolis", prepareMetropolis, moves.MetropolisCite)),
		{Verb: "solve", System: "lattice.Phi4", Method: "FreeField", Accuracy: "exact", NewSystem: fresh, NewMethod: func() any { return new(FreeField) },
			Cite: []string{"I. Montvay, G. Muenster, Quantum Fields on a Lattice (Cambridge, 1994), doi:10.1017/CBO9780511470783"},
			Solve: func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error {
				return method.(*FreeField).solve(ctx, system.(*Phi4), at, observe, out)
			}},
	}
}
