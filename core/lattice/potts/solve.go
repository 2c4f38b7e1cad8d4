package potts

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/states"
)

// listed is a model of q values with the means of what its values stand for, or of what is given.
func (m *spins) listed(name string, energy func(s []uint8) float64, means []states.Mean[uint8]) states.Listed[uint8] {
	l := states.Listed[uint8]{Name: name, Sites: m.graph.Sites, Energy: energy, Means: means}
	for a := range m.q {
		l.Values = append(l.Values, uint8(a))
	}
	return l
}

func (m *spins) numbered(numbers []float64) []states.Mean[uint8] {
	return states.Powers(func(s []uint8) float64 {
		x := 0.0
		for _, a := range s {
			x += numbers[a]
		}
		return x / float64(len(s))
	})
}

// order are the means of Potts' order parameter.
func (m *Potts) order() []states.Mean[uint8] {
	q := float64(m.Q)
	second := func(s []uint8) float64 {
		var rho [256]float64
		m.occupation(rho[:m.Q], s)
		sum := 0.0
		for _, r := range rho[:m.Q] {
			sum += float64(r * r)
		}
		return (float64(q*sum) - 1) / (q - 1)
	}
	return []states.Mean[uint8]{
		{Name: "magnetization", Of: func(s []uint8) float64 {
			var rho [256]float64
			m.occupation(rho[:m.Q], s)
			top := 0.0
			for _, r := range rho[:m.Q] {
				top = max(top, r)
			}
			return (float64(q*top) - 1) / (q - 1)
		}},
		{Name: "magnetization^2", Of: second},
		{Name: "magnetization^4", Of: func(s []uint8) float64 { x := second(s); return x * x }},
	}
}

func (m *Clock) order() []states.Mean[uint8] {
	second := func(s []uint8) float64 {
		x, y := m.mean(s)
		return float64(x*x) + float64(y*y)
	}
	return []states.Mean[uint8]{
		{Name: "|magnetization|", Of: func(s []uint8) float64 { return math.Sqrt(second(s)) }},
		{Name: "magnetization^2", Of: second},
		{Name: "magnetization^4", Of: func(s []uint8) float64 { x := second(s); return x * x }},
	}
}

// pairs are one coupling and one set of fields on a hypercubic lattice.
func (m *spins) pairs() (states.Pairs, bool) {
	p := states.Pairs{Lattice: m.lattice, Q: m.q}
	for _, v := range m.pair {
		p.Pair = append(p.Pair, 0-float64(m.J.Scalar*v))
	}
	if m.site != nil && !m.each {
		p.Site = negatives(m.site)
	}
	return p, m.lattice.Shape != nil && m.J.Uniform() && !m.each
}

// terms are those of bonds and sites.
func (m *spins) terms(name string, numbers []float64) *factors.Model {
	f := &factors.Model{Name: name, Sites: m.graph.Sites, Q: m.q, Numbers: numbers, Shape: m.lattice.Shape}
	f.Pairs(m.graph, m.pair, func(bond int) float64 { return -m.J.At(bond) })
	if m.site != nil {
		f.Singles(func(i int) []float64 { return m.fields(i) }, func(int) float64 { return -1 })
	}
	return f
}

// terms are those of a site with its neighbours.
func (m *Tabled) terms() *factors.Model {
	f := &factors.Model{Name: "Tabled", Sites: m.graph.Sites, Q: m.q, Numbers: m.Numbers.Values, Shape: m.lattice.Shape}
	for i := range m.graph.Sites {
		f.Together(append([]int32{int32(i)}, m.near[i*m.z:(i+1)*m.z]...), m.Table.Values)
	}
	return f
}

// shown is the model with what its probabilities show, of shape (sites, q).
func (m *Potts) shown() *factors.Model {
	f := m.terms("Potts", nil)
	f.Shows = []factors.Shown{{Name: "magnetization", Of: func(x []float64) []float64 {
		rho, q := f.Shares(x), float64(m.Q)
		return []float64{(float64(q*slices.Max(rho)) - 1) / (q - 1)}
	}}}
	return f
}

func (m *Clock) shown() *factors.Model {
	f := m.terms("Clock", nil)
	vector := func(p []float64) (x, y float64) {
		for a, d := range m.direction {
			x += float64(p[a] * d[0])
			y += float64(p[a] * d[1])
		}
		return x, y
	}
	f.Along = make([]float64, m.Q)
	for a, d := range m.direction {
		f.Along[a] = d[0]
	}
	f.Shows = []factors.Shown{
		{Name: "magnetization", Shape: []int{2}, Dims: []string{"component"}, Of: func(p []float64) []float64 { x, y := vector(f.Shares(p)); return []float64{x, y} }},
		{Name: "|magnetization|", Of: func(p []float64) []float64 {
			x, y := vector(f.Shares(p))
			return []float64{math.Sqrt(float64(x*x) + float64(y*y))}
		}},
		{Name: "local_magnetization", Shape: []int{f.Sites, 2}, Dims: []string{"site", "component"}, Of: func(p []float64) (all []float64) {
			for i := range f.Sites {
				x, y := vector(p[i*m.Q : (i+1)*m.Q])
				all = append(all, x, y)
			}
			return all
		}},
	}
	return f
}

func solvers() []contract.Entry {
	all := []contract.Entry{
		states.TransferMatrix("lattice.Potts", func(m *Potts) (states.Pairs, bool) { return m.pairs() }, func(m *Potts) *factors.Model { return m.shown() }),
		states.Enumeration("lattice.Potts", func(m *Potts) states.Listed[uint8] { return m.listed("Potts", m.energy, m.order()) }),
		states.TransferMatrix("lattice.Clock", func(m *Clock) (states.Pairs, bool) { return m.pairs() }, func(m *Clock) *factors.Model { return m.shown() }),
		states.Enumeration("lattice.Clock", func(m *Clock) states.Listed[uint8] { return m.listed("Clock", m.energy, m.order()) }),
		states.TransferMatrix("lattice.Pairwise", func(m *Pairwise) (states.Pairs, bool) { return m.pairs() }, func(m *Pairwise) *factors.Model { return m.terms("Pairwise", m.Numbers.Values) }),
		states.Enumeration("lattice.Pairwise", func(m *Pairwise) states.Listed[uint8] {
			return m.listed("Pairwise", m.energy, m.numbered(m.Numbers.Values))
		}),
		states.TransferMatrix("lattice.Tabled", func(m *Tabled) (states.Pairs, bool) { return states.Pairs{}, false }, func(m *Tabled) *factors.Model { return m.terms() }),
		states.Enumeration("lattice.Tabled", func(m *Tabled) states.Listed[uint8] {
			return m.listed("Tabled", m.energy, m.numbered(m.Numbers.Values))
		}),
	}
	all = append(all, factors.Local[uint8]("lattice.Potts", func(m *Potts) (*factors.Model, error) { return m.shown(), nil })...)
	all = append(all, factors.Local[uint8]("lattice.Clock", func(m *Clock) (*factors.Model, error) { return m.shown(), nil })...)
	all = append(all, factors.Local[uint8]("lattice.Pairwise", func(m *Pairwise) (*factors.Model, error) { return m.terms("Pairwise", m.Numbers.Values), nil })...)
	return append(all, factors.Local[uint8]("lattice.Tabled", func(m *Tabled) (*factors.Model, error) { return m.terms(), nil })...)
}
