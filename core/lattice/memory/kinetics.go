package memory

import (
	"github.com/ergodica/ergodica/core/lattice/kinetics"
)

// costs follows the sums of a walker.
type costs struct{ *rule }

// Cost of a flip.
func (k *costs) Cost(s []int8, i int, to int8) (couplings, fields float64) {
	if to == s[i] {
		return 0, 0
	}
	return k.couplings(s, i), float64(2 * k.model.field(i) * float64(s[i]))
}

// Set turns a spin over.
func (k *costs) Set(s []int8, i int, to int8) {
	if to != s[i] {
		k.turn(s, i)
		s[i] = to
	}
}

func kinetic(m system) *kinetics.Spins[int8] {
	all := make([]int32, m.Sites())
	for i := range all {
		all[i] = int32(i)
	}
	return &kinetics.Spins[int8]{
		Model: m, Q: 2, Other: func(x int8, _ int) int8 { return -x },
		Parts: func(s []int8) (couplings, fields float64) {
			k := newRule(m)
			k.sum(s)
			return k.bonds(s), m.inField(s)
		},
		Reach: func(int) []int32 { return all },
		Costs: func() kinetics.Costs[int8] { return &costs{newRule(m)} },
	}
}
