package walkers

import (
	"github.com/ergodica/ergodica/core/contract"
)

// System is a pointer to the struct of a system that is a Model.
type System[T Value, S any] interface {
	*S
	Model[T]
	// Check completes a decoded system, or refuses it.
	Check() error
}

// Sampler is the entry of a method that draws from exp(-E/kT). prepare refuses models that the method does not fit and makes what their
// walkers share.
func Sampler[T Value, S, M any, P System[T, S]](name, method string, prepare func(P, *M) (Builder[T], error), cite ...string) contract.Entry {
	e := Line[S, M]("sample", name, method, cite...)
	e.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		made, err := openWith(system.(P), method.(*M), prepare, walkers, start)
		if err != nil {
			return nil, err
		}
		return made, nil
	}
	return e
}

// Clock is the entry of a dynamics in continuous time, whose kernels are Clocked.
func Clock[T Value, S, M any, P System[T, S]](name, method string, prepare func(P, *M) (Builder[T], error), cite ...string) contract.Entry {
	e := Line[S, M]("simulate", name, method, cite...)
	e.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		made, err := openWith(system.(P), method.(*M), prepare, walkers, start)
		if err != nil {
			return nil, err
		}
		return Timed[T]{made}, nil
	}
	return e
}

// Line is an entry by its structs.
func Line[S, M any](verb, system, method string, cite ...string) contract.Entry {
	return contract.Entry{
		Verb: verb, System: system, Method: method, Accuracy: "exact", Cite: cite,
		NewSystem: func() any { return new(S) },
		NewMethod: func() any { return new(M) },
	}
}

func openWith[T Value, S, M any, P System[T, S]](m P, method *M, prepare func(P, *M) (Builder[T], error), walkers []contract.Walker, start contract.Start) (*Ensemble[T], error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	build, err := prepare(m, method)
	if err != nil {
		return nil, err
	}
	return Open(m, walkers, start, build)
}
