package exclusion

import (
	"context"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/rng"
)

func BenchmarkRing(b *testing.B) {
	l, _ := geometry.NewHypercubic([]int{1000})
	m := &Exclusion{Lattice: *l, Forward: 1, Density: 0.3, Periodic: []bool{true}}
	p, _ := m.Process()
	w := events.NewWalker[int8](m, p, true, contract.Walker{Key: rng.New(1)})
	x := make([]int8, 1000)
	m.Ordered(x)
	w.Write(x)
	b.ResetTimer()
	if err := w.AdvanceTo(context.Background(), float64(b.N)/1000); err != nil {
		b.Fatal(err)
	}
}
