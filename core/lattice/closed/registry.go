package closed

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Registry lists what this package offers.
func Registry() []contract.Entry {
	return []contract.Entry{
		line("lattice.Ising", "Houtappel", (*Houtappel).solve, houtappelCite),
		line("lattice.Potts", "Baxter", (*Baxter).solve, baxterCite),
		line("lattice.ON", "HarmonicExpansion", (*HarmonicExpansion).solve, harmonicCite),
	}
}

func line[S, M any, P interface {
	*S
	Check() error
}](system, method string, solve func(method *M, ctx context.Context, m P, at []contract.Params, observe []string, out contract.Results) error, cite []string) contract.Entry {
	e := walkers.Line[S, M]("solve", system, method, cite...)
	e.Solve = func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error {
		m := system.(P)
		if err := m.Check(); err != nil {
			return err
		}
		return solve(method.(*M), ctx, m, at, observe, out)
	}
	return e
}
