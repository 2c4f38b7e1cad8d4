package job

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// walkers are the ensemble's: chain c at temperature t has the key rng.New(seed).Fold(purpose).Fold(first_kT + t).Fold(first_chain + c), so
// that temperatures and chains can be split over runs; walkers of one temperature follow each other.
func (r *request) walkers() []contract.Walker {
	purpose := uint64(purposeSample)
	if r.verb == "simulate" {
		purpose = purposeSimulate
	}
	root := rng.New(r.seed.value).Fold(purpose)
	all := make([]contract.Walker, 0, len(r.kT)*r.chains)
	for t, kT := range r.kT {
		key := root.Fold(r.firstKT + uint64(t))
		for c := range uint64(r.chains) {
			all = append(all, contract.Walker{Params: contract.Params{KT: kT}, Key: key.Fold(r.firstChain + c), Warmup: r.warmup, Every: r.every})
		}
	}
	return all
}

// order is what a method over ensembles gets.
func (r *request) order() contract.Order {
	return contract.Order{Walkers: r.walkers(), Chains: r.chains, First: r.firstChain, Draws: int(r.records), Observe: r.observe, Start: r.start,
		Inner: r.inner, Key: rng.New(r.seed.value).Fold(purposeStages)}
}

// drawSeed chooses a seed where none is given.
func (r *request) drawSeed() error {
	if r.seed.given {
		return nil
	}
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return spec.Errorf(spec.InternalError, "no seed from the operating system: %v", err)
	}
	r.seed = seed{binary.LittleEndian.Uint64(b[:]), true}
	return nil
}
