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
