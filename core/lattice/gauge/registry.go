package gauge

import (
	"context"
	"slices"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

var bathCite = []string{"M. Creutz, Phys. Rev. D 21, 2308 (1980), doi:10.1103/PhysRevD.21.2308", "A. D. Kennedy, B. J. Pendleton, Phys. Lett. B 156, 393 (1985), doi:10.1016/0370-2693(85)91632-6"}

const cabibbo = "N. Cabibbo, E. Marinari, Phys. Lett. B 119, 387 (1982), doi:10.1016/0370-2693(82)90696-7"

// Registry lists what this package offers.
func Registry() []contract.Entry {
	return []contract.Entry{
		contract.Named("lattice.U1", func() any { return new(U1) }),
		contract.Named("lattice.SU2", func() any { return new(SU2) }),
		contract.Named("lattice.SU3", func() any { return new(SU3) }),
		walkers.Sampler("lattice.U1", "HeatBath", u1HeatBath, "D. J. Best, N. I. Fisher, Appl. Stat. 28, 152 (1979), doi:10.2307/2346732"),
		walkers.Sampler("lattice.U1", "OverRelaxation", u1OverRelaxation, moves.OverRelaxationCite),
		walkers.Sampler("lattice.SU2", "HeatBath", matrixHeatBath[*SU2], bathCite...),
		walkers.Sampler("lattice.SU2", "OverRelaxation", matrixOverRelaxation[*SU2], slices.Concat(bathCite, []string{moves.OverRelaxationCite})...),
		walkers.Sampler("lattice.SU3", "HeatBath", matrixHeatBath[*SU3], slices.Concat(bathCite, []string{cabibbo})...),
		walkers.Sampler("lattice.SU3", "OverRelaxation", matrixOverRelaxation[*SU3], slices.Concat(bathCite, []string{cabibbo, moves.OverRelaxationCite})...),
		walkers.Sampler("lattice.U1", "Metropolis", u1Metropolis, moves.MetropolisCite),
		walkers.Sampler("lattice.SU2", "Metropolis", matrixMetropolis[*SU2], moves.MetropolisCite),
		walkers.Sampler("lattice.SU3", "Metropolis", matrixMetropolis[*SU3], moves.MetropolisCite),
		exactly("lattice.U1", func() any { return new(U1) }),
		exactly("lattice.SU2", func() any { return new(SU2) }),
		exactly("lattice.SU3", func() any { return new(SU3) }),
	}
}

// exactly is the line of CharacterExpansion.
func exactly(system string, fresh func() any) contract.Entry {
	return contract.Entry{
		Verb: "solve", System: system, Method: "CharacterExpansion", Accuracy: "exact", NewSystem: fresh, NewMethod: func() any { return new(CharacterExpansion) },
		Cite: []string{"A. A. Migdal, Sov. Phys. JETP 42, 413 (1975)", "D. J. Gross, E. Witten, Phys. Rev. D 21, 446 (1980), doi:10.1103/PhysRevD.21.446",
			"A. B. Balantekin, J. Math. Phys. 25, 2028 (1984), doi:10.1063/1.526373"},
		Solve: func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error {
			return method.(*CharacterExpansion).solve(ctx, system.(planar), at, observe, out)
		},
	}
}
