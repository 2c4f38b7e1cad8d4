package kinetics

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Entries are the lines of a model in the registry.
func Entries[T walkers.Value, S any, P walkers.System[T, S]](name string, spins func(P) (*Spins[T], error)) []contract.Entry {
	return []contract.Entry{
		walkers.Sampler(name, "Kawasaki", with(spins, func(m *Spins[T], method *moves.Kawasaki) (walkers.Builder[T], error) {
			return m.kawasaki(method, false)
		}), moves.KawasakiCite),
		walkers.Clock(name, "Kawasaki", with(spins, func(m *Spins[T], method *moves.Kawasaki) (walkers.Builder[T], error) {
			return m.kawasaki(method, true)
		}), moves.KawasakiCite),
		walkers.Clock(name, "NFoldWay", with(spins, (*Spins[T]).nfold), moves.NFoldWayCite),
		walkers.Clock(name, "CreutzDemon", with(spins, (*Spins[T]).demon), moves.CreutzDemonCite),
		walkers.Clock(name, "Driven", with(spins, (*Spins[T]).driven), moves.DrivenCite),
	}
}

func with[T walkers.Value, P, M any](spins func(P) (*Spins[T], error), prepare func(*Spins[T], *M) (walkers.Builder[T], error)) func(P, *M) (walkers.Builder[T], error) {
	return func(p P, method *M) (walkers.Builder[T], error) {
		m, err := spins(p)
		if err != nil {
			return nil, err
		}
		return prepare(m, method)
	}
}
