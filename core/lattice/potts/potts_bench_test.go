package potts

import (
	"context"
	"fmt"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

func BenchmarkHeatBath(b *testing.B) {
	for _, shape := range [][]int{{16, 16}, {64, 64}, {256, 256}, {1024, 1024}, {24, 24, 24}} {
		l, err := geometry.NewHypercubic(shape)
		require.NoError(b, err)
		m := &Potts{Lattice: *l, Q: 3, J: array.Is(1)}
		require.NoError(b, m.Check())
		build, err := prepareHeatBath(m, &m.spins, "checkerboard")
		require.NoError(b, err)
		e, err := walkers.Open(m, []contract.Walker{{Params: contract.Params{KT: 1}, Key: rng.New(1)}}, contract.Start{Kind: "random"}, build)
		require.NoError(b, err)
		b.Run(fmt.Sprint(shape), func(b *testing.B) {
			k := e.Kernels[0]
			for b.Loop() {
				_ = k.SweepTo(context.Background(), k.Sweeps()+1, nil)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*l.Sites()), "ns/site")
		})
	}
}
