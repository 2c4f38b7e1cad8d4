package villain

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// theory is the mean-field theory on points of the circle; x are the shares of each, whose sums are integrals to rounding: waves m of a bond's energy fall as exp(-m/(2K)), those of a site's
// law as exp(-m^2 kT/(2 sum K)) at least.
type theory struct {
	*factors.Discrete
	sin, cos []float64
	colour   []int // of each site
	kinds    int
}

const most = 256 // points

func (m *Villain) theory(kT float64) (*theory, error) {
	total, stiff := make([]float64, m.Sites()), 0.0
	for b, ends := range m.graph.Ends {
		K := m.K.At(b)
		total[ends[0]], total[ends[1]], stiff = total[ends[0]]+K, total[ends[1]]+K, max(stiff, K)
	}
	enough := max(32, 74*stiff, 9*math.Sqrt(slices.Max(total)/kT))
	if !(enough <= most) {
		return nil, spec.Mismatch("MeanField", fmt.Sprintf("angles that %d points resolve, 74 K and 9 (sum K / kT)^(1/2)", most), fmt.Sprintf("a need of %.0f", enough)).
			Try("a smaller K, or erg.sample(system)")
	}
	q := int(math.Ceil(enough))
	tables := 1
	if !m.K.Uniform() {
		tables = len(m.graph.Ends)
	}
	if _, err := array.Plan(tables*q*q, 8, "energies of bonds"); err != nil {
		return nil, err
	}
	f := &factors.Model{Name: "Villain", Sites: m.Sites(), Q: q, Shape: m.Lattice.Shape}
	var table []float64
	for b, ends := range m.graph.Ends {
		if table == nil || !m.K.Uniform() {
			table = make([]float64, q*q)
			for k := range q {
				e := 0 - logWeight(m.K.At(b), 2*math.Pi*float64(k)/float64(q))
				for a := range q {
					table[a*q+(a+k)%q] = e
				}
			}
		}
		f.Together([]int32{ends[0], ends[1]}, table)
	}
	t := &theory{Discrete: f.Theory()}
	for a := range q {
		sin, cos := functions.SincosTurns1(float64(a) / float64(q))
		t.sin, t.cos = append(t.sin, sin), append(t.cos, cos)
	}
	t.colour, t.kinds = m.graph.Colours()
	return t, nil
}

// Mean has the entropy of a density.
func (t *theory) Mean(x, theta []float64) (entropy float64) {
	return t.Discrete.Mean(x, theta) + functions.Log1(2*math.Pi/float64(t.Q))
}

// Start is along 0, without order, and with an angle for each colour of the graph.
func (t *theory) Start(x []float64, k int) bool {
	for i := range t.Sites {
		p := x[i*t.Q : (i+1)*t.Q]
		for a := range p {
			p[a] = 1 / float64(t.Q)
		}
		if k == 1 {
			continue
		}
		at := 0
		if k == 2 {
			at = t.colour[i] * t.Q / t.kinds
		}
		for a := range p {
			p[a] *= 0.1
		}
		p[at] += 0.9
	}
	return k < 3
}

// Along is cos.
func (t *theory) Along() []float64 { return t.cos }

// Shown are those of spins of two components.
func (t *theory) Shown() []factors.Shown {
	each := func(x []float64) []float64 {
		m := make([]float64, 2*t.Sites)
		for k, p := range x {
			m[k/t.Q*2] += float64(p * t.cos[k%t.Q])
			m[k/t.Q*2+1] += float64(p * t.sin[k%t.Q])
		}
		return m
	}
	total := func(x []float64) []float64 {
		m := []float64{0, 0}
		for k, v := range each(x) {
			m[k%2] += v / float64(t.Sites)
		}
		return m
	}
	return []factors.Shown{
		{Name: "magnetization", Shape: []int{2}, Dims: []string{"component"}, Of: total},
		{Name: "|magnetization|", Of: func(x []float64) []float64 {
			m := total(x)
			return []float64{math.Sqrt(float64(m[0]*m[0]) + float64(m[1]*m[1]))}
		}},
		{Name: "local_magnetization", Shape: []int{t.Sites, 2}, Dims: []string{"site", "component"}, Of: each},
	}
}

// meanField is the line of MeanField, whose points on the circle are as many as the lowest temperature needs.
func meanField() contract.Entry {
	e := walkers.Line[Villain, factors.MeanField]("solve", "lattice.Villain", "MeanField", factors.MeanFieldCite...)
	e.Accuracy = "mean field"
	e.Solve = func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error {
		m := system.(*Villain)
		if err := m.Check(); err != nil {
			return err
		}
		kT, err := factors.Temperatures(at)
		if err != nil {
			return err
		}
		t, err := m.theory(slices.Min(kT))
		if err != nil {
			return err
		}
		return method.(*factors.MeanField).Solve(ctx, t, at, observe, out)
	}
	return e
}
