package memory

import (
	"github.com/ergodica/ergodica/core/lattice/kinetics"
)

// costs follows the sums M of a walker.
type costs struct{ rule }

// Cost of a flip.
func (k *costs) Cost(s []int8, i int, to int8) (couplings, fields float64) {
	if to == s[i] {
		return 0, 0
	}
	return k.couplings(s, i), float64(2 * k.H.At(i) * float64(s[i]))
}

// Set turns a spin over.
func (k *costs) Set(s []int8, i int, to int8) {
	if to != s[i] {
		k.turn(s, i)
	}
}

func (m *Hopfield) kinetic() (*kinetics.Spins[int8], error) {
	all := make([]int32, m.n)
	for i := range all {
		all[i] = int32(i)
	}
	return &kinetics.Spins[int8]{
		Model: m, Q: 2, Other: func(x int8, _ int) int8 { return -x }, Parts: m.parts,
		Reach: func(int) []int32 { return all },
		Costs: func() kinetics.Costs[int8] { return &costs{rule{Hopfield: m, M: make([]int32, m.k)}} },
	}, nil
}
