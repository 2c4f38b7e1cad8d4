package potts

import (
	"slices"

	"github.com/ergodica/ergodica/core/lattice/kinetics"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// costs of spins with energies of pairs and sites.
type costs struct {
	kinetics.Plain[uint8]
	*spins
}

// Cost of another value.
func (k costs) Cost(s []uint8, i int, to uint8) (couplings, fields float64) {
	old, now := int(s[i]), int(to)
	if k.site != nil {
		x := k.spins.fields(i)
		fields = x[old] - x[now]
	}
	for e := k.graph.Start[i]; e < k.graph.Start[i+1]; e++ {
		row := k.pair[int(s[k.graph.To[e]])*k.q:]
		couplings += float64(k.J.At(int(k.graph.Bond[e])) * (row[old] - row[now]))
	}
	return couplings, fields
}

func (m *spins) other(x uint8, k int) uint8 {
	now := int(x) + k
	if now >= m.q {
		now -= m.q
	}
	return uint8(now)
}

func (m *spins) kinetic(model walkers.Model[uint8]) *kinetics.Spins[uint8] {
	return &kinetics.Spins[uint8]{
		Model: model, Graph: m.graph, Q: m.q, Other: m.other, Parts: m.parts,
		Steps: m.steps,
		Reach: func(i int) []int32 { return m.graph.To[m.graph.Start[i]:m.graph.Start[i+1]] },
		Costs: func() kinetics.Costs[uint8] { return costs{spins: m} },
	}
}

// steps are, for a change of a to c: what its costs differ by from one neighbour's value to another, and its cost where all neighbours have value 0.
func (m *spins) steps(of func(x float64)) {
	q := m.q
	for a := range q {
		for c := range a {
			for s := range q {
				d := m.pair[s*q+a] - m.pair[s*q+c] - (m.pair[a] - m.pair[c])
				for b := range max(1, len(m.J.Values)) {
					of(float64(m.J.At(b) * d))
				}
			}
		}
	}
	last := -1 // degree
	for i := range m.graph.Sites {
		if n := m.graph.Degree(i); m.J.Uniform() && !m.each {
			if n == last {
				continue
			}
			last = n
		}
		J := 0.0
		for _, b := range m.graph.Bond[m.graph.Start[i]:m.graph.Start[i+1]] {
			J += m.J.At(int(b))
		}
		for a := range q {
			for c := range a {
				d := float64(J * (m.pair[a] - m.pair[c]))
				if m.site != nil {
					d += m.fields(i)[a] - m.fields(i)[c]
				}
				of(d)
			}
		}
	}
}

// tabledCosts are of the sites that meet; for a moment the site has the other value.
type tabledCosts struct {
	kinetics.Plain[uint8]
	*Tabled
}

// Cost of another value.
func (k tabledCosts) Cost(s []uint8, i int, to uint8) (couplings, fields float64) {
	old := s[i]
	for _, j := range k.meet[i] {
		s[i] = old
		before := k.at(s, int(j))
		s[i] = to
		couplings += k.at(s, int(j)) - before
	}
	s[i] = old
	return couplings, 0
}

func (m *Tabled) kinetic() *kinetics.Spins[uint8] {
	return &kinetics.Spins[uint8]{
		Model: m, Graph: m.graph, Q: m.q, Other: m.other,
		Parts: func(s []uint8) (couplings, fields float64) { return m.energy(s), 0 },
		Reach: func(i int) (all []int32) {
			for _, j := range m.meet[i] {
				all = append(all, m.meet[j]...)
			}
			slices.Sort(all)
			return slices.DeleteFunc(slices.Compact(all), func(j int32) bool { return int(j) == i })
		},
		Costs: func() kinetics.Costs[uint8] { return tabledCosts{Tabled: m} },
	}
}
