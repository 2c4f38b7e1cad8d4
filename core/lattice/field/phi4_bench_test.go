package field

import (
	"testing"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/simd/twin"
)

// A leapfrog step of a field of 64 x 64.
func BenchmarkStep(b *testing.B) {
	l, err := geometry.NewHypercubic([]int{64, 64})
	if err != nil {
		b.Fatal(err)
	}
	m := &Phi4{Lattice: *l, Mass2: -1, Lam: 0.8}
	v, err := m.Mover()
	if err != nil {
		b.Fatal(err)
	}
	v.Begin(1, make([]float64, 4096), draw(4096, 1))
	twin.Bench(b, 4096, func() { v.Step(0.01, 0.01) })
}
