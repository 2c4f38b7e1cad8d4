package lattice

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
)

// PrepareMetropolis makes walkers of a model that has been checked.
func PrepareMetropolis(m *Ising, method *moves.Metropolis) (builder, error) {
	if method.Order == "random" {
		return prepareLocal(m, metropolis, method.Order)
	}
	return prepareLocal(m, inTurn, method.Order)
}

// prepareLocal chooses the layout, by the model and the order alone.
func prepareLocal(m *Ising, r rule, order string) (builder, error) {
	if order == "" {
		order = "checkerboard"
	}
	if order == "checkerboard" && packs(m) {
		p, err := newPacking(m, r)
		if err != nil {
			return nil, err
		}
		return func(w contract.Walker) (kernel, error) { return newPacked(p, w) }, nil
	}
	l, err := newLocal(m, r, order)
	if err != nil {
		return nil, err
	}
	return func(w contract.Walker) (kernel, error) { return newSingle(l, w), nil }, nil
}
