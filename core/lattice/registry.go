package lattice

import (
	"github.com/ergodica/ergodica/core/contract"
)

// Registry lists what this package offers: one line for each verb and method.
func Registry() []contract.Entry {
	return append([]contract.Entry{
		sampler("Metropolis", prepareMetropolis,
			"N. Metropolis, A. W. Rosenbluth, M. N. Rosenbluth, A. H. Teller, E. Teller, J. Chem. Phys. 21, 1087 (1953), doi:10.1063/1.1699114"),
		sampler("HeatBath", prepareHeatBath,
			"R. J. Glauber, J. Math. Phys. 4, 294 (1963), doi:10.1063/1.1703954"),
		sampler("Wolff", prepareWolff, wolffCite),
		sampler("SwendsenWang", prepareSwendsenWang, swendsenWangCite),
		clock("HeatBath", prepareGlauber,
			"R. J. Glauber, J. Math. Phys. 4, 294 (1963), doi:10.1063/1.1703954"),
	}, exactEntries()...)
}

// sampler is the entry of a method that draws from exp(-E/kT). prepare refuses models that the method does not fit and makes what their
// walkers share.
func sampler[M any](name string, prepare func(m *Ising, method *M) (builder, error), cite ...string) contract.Entry {
	e := entry[M]("sample", name, cite)
	e.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		made, err := openWith(system.(*Ising), method.(*M), prepare, walkers, start)
		if err != nil {
			return nil, err
		}
		return made, nil
	}
	return e
}

// clock is the entry of a dynamics in continuous time.
func clock[M any](name string, prepare func(m *Ising, method *M) (builder, error), cite ...string) contract.Entry {
	e := entry[M]("simulate", name, cite)
	e.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		made, err := openWith(system.(*Ising), method.(*M), prepare, walkers, start)
		if err != nil {
			return nil, err
		}
		return timed{made}, nil
	}
	return e
}

func entry[M any](verb, name string, cite []string) contract.Entry {
	return contract.Entry{
		Verb: verb, System: "lattice.Ising", Method: name, Accuracy: "exact", Cite: cite,
		NewSystem: func() any { return new(Ising) },
		NewMethod: func() any { return new(M) },
	}
}

func openWith[M any](m *Ising, method *M, prepare func(m *Ising, method *M) (builder, error), walkers []contract.Walker, start contract.Start) (*ensemble, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	build, err := prepare(m, method)
	if err != nil {
		return nil, err
	}
	return open(m, walkers, start, build)
}
