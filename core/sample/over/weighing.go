package over

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
)

// weigh draws particles at the start, and fills D.
func (a *annealing) weigh(_ context.Context, p *population, from, to int) error {
	s := &p.state
	if s.Moving {
		return nil
	}
	if !s.Begun {
		if err := a.begin(p, from, to); err != nil {
			return err
		}
	}
	ends := []contract.Params{a.params(s.Node, 0), a.params(s.Node, 1)}
	if s.Node > 0 {
		ends[0] = contract.Params{KT: a.kT[s.Node-1]}
	}
	u := [2][]float64{make([]float64, to-from), make([]float64, to-from)}
	if err := a.reduced(p.first+from, u, ends); err != nil {
		return err
	}
	for i := from; i < to; i++ {
		d := u[1][i-from] - u[0][i-from]
		if d != d || math.IsInf(d, -1) {
			d = math.Inf(1) // zero weight at both ends
		}
		if i < a.n {
			p.own.d[i] = d
		} else {
			p.scout.d[i-a.n] = d
		}
	}
	return nil
}

// begin draws particles from the reference.
func (a *annealing) begin(p *population, from, to int) error {
	streams := make([]rng.Stream, to-from)
	for i := from; i < to; i++ {
		number := uint64(i)
		if i >= a.n {
			number = purposePilotWalker + uint64(i-a.n)
		}
		streams[i-from] = p.key.Fold(number).Stream(math.MaxUint64)
	}
	if a.batched != nil {
		if err := a.batched.DrawReferenceBatch(p.first+from, streams); err != nil {
			return err
		}
		return a.batched.SweepBatch(context.Background(), p.first+from, p.first+to, 0)
	}
	for i := range streams {
		if err := a.e.DrawReference(p.first+from+i, &streams[i]); err != nil {
			return err
		}
	}
	return nil
}

// reduced are the energies of the walkers from first at both states.
func (a *annealing) reduced(first int, u [2][]float64, at []contract.Params) error {
	var both [2]float64
	if a.batched == nil {
		for i := range u[0] {
			if err := a.e.Reduced(first+i, both[:], at); err != nil {
				return err
			}
			u[0][i], u[1][i] = both[0], both[1]
		}
		return nil
	}
	walkers, states := make([]int, len(u[0])), make([]contract.Params, len(u[0]))
	for k, to := range u {
		for i := range to {
			walkers[i], states[i] = first+i, at[k]
		}
		if err := a.batched.ReducedBatch(walkers, to, states); err != nil {
			return err
		}
	}
	return nil
}
