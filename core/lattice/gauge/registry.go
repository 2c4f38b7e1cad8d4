package gauge

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
)

// Registry lists what this package offers.
func Registry() []contract.Entry {
	return []contract.Entry{
		contract.Named("lattice.U1", func() any { return new(U1) }),
		contract.Named("lattice.SU2", func() any { return new(SU2) }),
		contract.Named("lattice.SU3", func() any { return new(SU3) }),
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
