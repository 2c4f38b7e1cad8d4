package lattice

import (
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/kinetics"
)

// costs of Ising spins: a flip of s_i costs 2 s_i (sum_j J_ij s_j + h_i).
type costs struct {
	kinetics.Plain[int8]
	*local
}

// Cost of a flip.
func (k costs) Cost(s []int8, i int, to int8) (couplings, fields float64) {
	if to == s[i] {
		return 0, 0
	}
	twice := float64(2 * int(s[i]))
	return float64(twice * k.pull(s, i)), float64(twice * k.model.H.At(i))
}

func kineticSpins(m *Ising) (*kinetics.Spins[int8], error) {
	l, err := newLocal(m, metropolis, "random")
	if err != nil {
		return nil, err
	}
	return &kinetics.Spins[int8]{
		Model: m, Graph: l.graph, Q: 2, Other: func(x int8, _ int) int8 { return -x },
		Parts: func(s []int8) (couplings, fields float64) {
			for i, x := range s {
				fields -= float64(m.H.At(i) * float64(x))
			}
			return l.couplings(s), fields
		},
		Steps: func(of func(x float64)) {
			for b := range max(1, len(m.J.Values)) {
				of(4 * m.J.At(b))
			}
			for i := range l.graph.Sites {
				sum := m.H.At(i)
				for _, b := range l.graph.Bond[l.graph.Start[i]:l.graph.Start[i+1]] {
					sum += m.J.At(int(b))
				}
				of(2 * sum)
			}
		},
		Reach: func(i int) []int32 { return neighbours(l.graph, i) },
		Costs: func() kinetics.Costs[int8] { return costs{local: l} },
	}, nil
}

func neighbours(g *geometry.Graph, i int) []int32 { return g.To[g.Start[i]:g.Start[i+1]] }
