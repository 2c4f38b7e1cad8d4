package lattice

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
)

// PrepareHeatBath makes walkers of a model that has been checked.
func PrepareHeatBath(m *Ising, method *moves.HeatBath) (builder, error) {
	return prepareLocal(m, heatBath, method.Order)
}

func prepareGlauber(m *Ising, _ *moves.HeatBath) (builder, error) {
	l, err := newLocal(m, heatBath, "random")
	if err != nil {
		return nil, err
	}
	return func(w contract.Walker) (kernel, error) { return newGlauber(l, w) }, nil
}
