package gauge

import (
	"context"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
)

// A sweep of SU(3) heat bath over 8^4 at beta = 6: 16384 links of 3312 floating-point operations, draws not counted.
func BenchmarkHeatBath(b *testing.B) {
	l, err := geometry.NewHypercubic([]int{8, 8, 8, 8})
	if err != nil {
		b.Fatal(err)
	}
	m := &SU3{Lattice: *l, Beta: 6, Flow: []float64{0}}
	if err = m.Check(); err != nil {
		b.Fatal(err)
	}
	build, err := matrixHeatBath(m, &moves.HeatBath{})
	if err != nil {
		b.Fatal(err)
	}
	e, err := walkers.Open(m, []contract.Walker{{Params: contract.Params{KT: 1}, Key: rng.New(1)}}, contract.Start{Kind: "ordered"}, build)
	if err != nil {
		b.Fatal(err)
	}
	for n := int64(1); b.Loop(); n++ {
		if err := e.SweepTo(context.Background(), 0, n, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(3312*4*4096*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
