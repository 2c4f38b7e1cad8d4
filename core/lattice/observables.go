package lattice

import (
	"fmt"

	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec"
)

// Observables are beside energy and configuration. magnetization is the mean spin, m = (1/N) sum_i s_i, and its powers are those of m.
func (m *Ising) Observables() []walkers.Observable[int8] {
	n := float64(m.Lattice.Sites())
	of := func(f func(m float64) float64) func(e *ensemble, walker int) float64 {
		return func(e *ensemble, walker int) float64 { return f(magnetization(e, walker) / n) }
	}
	return []walkers.Observable[int8]{
		{Name: "magnetization", Scalar: of(func(m float64) float64 { return m })},
		{Name: "|magnetization|", Scalar: of(func(m float64) float64 { return max(m, 0-m) })},
		{Name: "magnetization^2", Scalar: of(func(m float64) float64 { return power(m, 2) })},
		{Name: "magnetization^4", Scalar: of(func(m float64) float64 { return power(m, 4) })},
		{Name: "two_point", Open: twoPoint},
		{Name: "structure_factor", Open: structureFactor},
		{Name: "cluster_sizes", Open: clusterSizes},
		{Name: "cluster_magnetization^2", Open: clusterMagnetization2},
	}
}

// hypercubic refuses graphs.
func (m *Ising) hypercubic(who string) error {
	if m.Lattice.Shape == nil {
		return spec.Mismatch(who, "a hypercubic lattice", fmt.Sprintf("a graph of %d sites", m.Lattice.Sites())).
			Try(`observe="configuration"`)
	}
	return nil
}

func power(x float64, n int) float64 {
	p := x
	for range n - 1 {
		p *= x
	}
	return p
}

// Grades of the magnetization, and of the energy where couplings are of one size and there is no field: each bond that turns changes it by 2|J|, and
// where all sites have an even number of them they turn in pairs.
func (m *Ising) Grades(observable string) (low, high float64, n int) {
	sites := m.Lattice.Sites()
	switch observable {
	case "magnetization":
		return -1, 1, sites + 1
	case "|magnetization|":
		return float64(sites%2) / float64(sites), 1, sites/2 + 1
	}
	g, err := m.Lattice.Graph()
	J := m.J.Values
	if m.J.Uniform() {
		J = []float64{m.J.Scalar}
	}
	unit, one := size(J)
	if err != nil || observable != "energy" || !one || unit == 0 || !m.H.Zero() {
		return 0, 0, 0
	}
	degree, bonds, broken := make([]int, sites), 0, 0
	for b, ends := range g.Ends {
		if x := m.J.At(b); x != 0 {
			degree[ends[0]]++
			degree[ends[1]]++
			bonds++
			if x < 0 {
				broken++
			}
		}
	}
	step := 4
	for _, d := range degree {
		if d%2 == 1 {
			step = 2
		}
	}
	first := 2 * broken % step // above -bonds, where a state with this number of broken bonds is a level
	n = (2*bonds-first)/step + 1
	if n < 2 {
		return 0, 0, 0
	}
	return unit * float64(first-bonds), unit * float64(first-bonds+(n-1)*step), n
}
