// Package factors solves models whose energy is a sum of terms of a few sites each, on any graph: exactly by eliminating one site after the other, and
// approximately by mean fields (also of other models, by their Theory) and by beliefs.
package factors

import (
	"slices"

	"github.com/ergodica/ergodica/core/geometry"
)

// Model is sites of Q values with the energy E = sum over terms of Scale Energy[(a_0 Q + a_1) Q + ...], a_k the value of site At[k].
type Model struct {
	Name    string
	Sites   int
	Q       int
	Terms   []Term
	Numbers []float64 // what the values stand for; nil where they have no mean
	Shape   []int     // side lengths of a hypercubic lattice
	Shows   []Shown   // made of the probabilities of the values of every site
	Along   []float64 // of each value: what a field couples to; nil for Numbers, or value 0
}

// Term is the energy of a few sites together, each named once.
type Term struct {
	At     []int32
	Energy []float64
	Scale  float64
}

// Pairs adds a term for each bond of a graph.
func (m *Model) Pairs(g *geometry.Graph, energy []float64, scale func(bond int) float64) {
	at := make([]int32, 2*len(g.Ends))
	for b, ends := range g.Ends {
		at[2*b], at[2*b+1] = ends[0], ends[1]
		if J := scale(b); J != 0 {
			m.Terms = append(m.Terms, Term{at[2*b : 2*b+2 : 2*b+2], energy, J})
		}
	}
}

// Singles adds a term for each site.
func (m *Model) Singles(energy func(site int) []float64, scale func(site int) float64) {
	for i := range m.Sites {
		if h := scale(i); h != 0 {
			m.Terms = append(m.Terms, Term{[]int32{int32(i)}, energy(i), h})
		}
	}
}

// Together adds a term of sites that may be named more than once.
func (m *Model) Together(at []int32, energy []float64) {
	once := slices.Clone(at)
	slices.Sort(once)
	once = slices.Compact(once)
	if len(once) == len(at) {
		m.Terms = append(m.Terms, Term{at, energy, 1})
		return
	}
	size := 1
	for range once {
		size *= m.Q
	}
	folded := make([]float64, size)
	values := make([]int, len(once))
	for k := range folded {
		rest := k
		for d := len(once) - 1; d >= 0; d-- {
			values[d] = rest % m.Q
			rest /= m.Q
		}
		row := 0
		for _, i := range at {
			d, _ := slices.BinarySearch(once, i)
			row = row*m.Q + values[d]
		}
		folded[k] = energy[row]
	}
	m.Terms = append(m.Terms, Term{once, folded, 1})
}

// neighbours of each site are those with which it shares a term, in ascending order.
func (m *Model) neighbours() [][]int32 {
	near := make([][]int32, m.Sites)
	for _, t := range m.Terms {
		for _, i := range t.At {
			for _, j := range t.At {
				if i != j {
					near[i] = append(near[i], j)
				}
			}
		}
	}
	for i := range near {
		slices.Sort(near[i])
		near[i] = slices.Clip(slices.Compact(near[i]))
	}
	return near
}
