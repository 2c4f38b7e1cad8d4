package walkers

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// improper is an ensemble whose reference, infinite temperature, is no distribution.
type improper struct{ *Ensemble[float64] }

func (e improper) refuse() error {
	return spec.Mismatch("this kernel of a field", "no reference distribution: infinite temperature has none", "one").Try("kernel=erg.HMC()")
}

func (e improper) SetParams(w int, p contract.Params) error {
	if p.Reference > 0 || !(p.KT > 0) {
		return e.refuse()
	}
	return e.Ensemble.SetParams(w, p)
}

func (e improper) Reduced(w int, dst []float64, at []contract.Params) error {
	for _, p := range at {
		if p.Reference > 0 {
			return e.refuse()
		}
	}
	return e.Ensemble.Reduced(w, dst, at)
}

func (e improper) DrawReference(int, *rng.Stream) error { return e.refuse() }

// Improper makes the ensembles of an entry, of models whose LogReference is infinite, refuse infinite temperature, and kT = 0.
func Improper(e contract.Entry) contract.Entry {
	open := e.Open
	e.Open = func(system, method any, all []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		if m, ok := system.(interface{ LogReference() float64 }); !ok || !math.IsInf(m.LogReference(), 1) {
			return open(system, method, all, start)
		}
		for _, w := range all {
			if w.Params.Reference > 0 {
				return nil, improper{}.refuse()
			}
			if !(w.Params.KT > 0) {
				return nil, spec.Expected("kT", "a number above 0", w.Params.KT).With("argument", "kT")
			}
		}
		made, err := open(system, method, all, start)
		if err != nil {
			return nil, err
		}
		return improper{made.(*Ensemble[float64])}, nil
	}
	return e
}
