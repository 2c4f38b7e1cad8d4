package events

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// RandomSequential lets one thing happen at a time, each at its rate: the dynamics of the master equation, exact for any time. Events of the whole
// lattice have exponential waiting times; each is attempted at its largest rate and happens with the probability that makes up for it
// (uniformisation: A. Jensen, Skand. Aktuarietidskr. 36, 87 (1953)).
//
// # Info
//
//	attempts  how many so far
//	changed   share of them that changed the configuration
//
// # Examples
//
//	>>> ring = erg.lattice.Exclusion((100,), backward=0.0, density=0.3)
//	>>> run = erg.simulate(ring, erg.RandomSequential(), time=50.0, every=1.0, observe=["density", "flow"], seed=1)
//	>>> run["flow"].shape
//	(4, 51)
type RandomSequential struct {
	// "continuous": waiting times are exponential. "attempts": attempts follow each other at equal times, as many in a unit of time as there are on average;
	// with rate 1 for each of N sites a unit of time is a sweep of N attempts.
	Clock string `spec:"clock" default:"\"continuous\"" oneof:"continuous,attempts"`
}

// System is a system of this kind: it makes the process of a walker.
type System[T walkers.Value, S any] interface {
	walkers.System[T, S]
	Process() (Process[T], error)
}

// Entry is the registry's line of a system.
func Entry[T walkers.Value, S any, P System[T, S]](name string, cite ...string) contract.Entry {
	return walkers.Clock(name, "RandomSequential", func(m P, method *RandomSequential) (walkers.Builder[T], error) {
		if _, err := m.Process(); err != nil {
			return nil, err
		}
		return func(w contract.Walker) (walkers.Kernel[T], error) {
			p, err := m.Process()
			if err != nil {
				return nil, err
			}
			return NewWalker[T](m, p, method.Clock == "continuous", w), nil
		}, nil
	}, cite...)
}
