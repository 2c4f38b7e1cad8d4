package ranged

import (
	"math"
	"sync"

	"github.com/ergodica/ergodica/core/lattice/kinetics"
)

// costs follows the fields of a walker.
type costs struct{ *turn }

// Cost of a flip; what is left of couplings that cancel is nothing.
func (k *costs) Cost(s []int8, i int, to int8) (couplings, fields float64) {
	if to == s[i] {
		return 0, 0
	}
	x := k.f.x[k.slot[i]]
	if math.Abs(x) < 1e-13*k.scale {
		x = 0
	}
	return float64(2 * x * float64(s[i])), float64(2 * k.H.At(i) * float64(s[i]))
}

// Set turns a spin over; now and then fields are summed anew.
func (k *costs) Set(s []int8, i int, to int8) {
	if to == s[i] {
		return
	}
	k.flip(i, s[i])
	s[i] = to
	if k.f.stale(1) {
		k.Sum(s)
	}
}

// kinetic is what dynamics ask of the model.
func kinetic(m *LongRangeIsing) (*kinetics.Spins[int8], error) {
	g, err := m.neighbours(&m.Lattice)
	if err != nil {
		return nil, err
	}
	all := make([]int32, m.sites)
	for i := range all {
		all[i] = int32(i)
	}
	fresh := func() *turn { return &turn{LongRangeIsing: m, f: newFields(&m.couplings, false)} }
	var mu sync.Mutex
	var idle []*turn
	return &kinetics.Spins[int8]{
		Model: m, Graph: g, Q: 2, Other: func(x int8, _ int) int8 { return -x },
		Parts: func(s []int8) (couplings, fields float64) {
			mu.Lock()
			var k *turn
			if n := len(idle); n > 0 {
				k, idle = idle[n-1], idle[:n-1]
			}
			mu.Unlock()
			if k == nil {
				k = fresh()
			}
			k.Sum(s)
			for i, x := range s {
				fields -= float64(m.H.At(i) * float64(x))
			}
			couplings = k.energy(s) - fields
			mu.Lock()
			idle = append(idle, k)
			mu.Unlock()
			return couplings, fields
		},
		Reach: func(int) []int32 { return all },
		Costs: func() kinetics.Costs[int8] { return &costs{fresh()} },
	}, nil
}
