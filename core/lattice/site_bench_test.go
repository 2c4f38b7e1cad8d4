package lattice

import (
	"context"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// BenchmarkGeneral is a photograph-like lattice, 256 x 256 with two different fields (a table), then with all different (computed).
func BenchmarkGeneral(b *testing.B) {
	for _, name := range []string{"table", "computed"} {
		b.Run(name, func(b *testing.B) {
			m := isingOn(b, 1, 0, nil, 256, 256)
			fields := make([]float64, 256*256)
			for i, s := range spread(len(fields)) {
				fields[i] = 0.5 * float64(s)
				if name == "computed" {
					fields[i] += 1e-6 * float64(i)
				}
			}
			m.H = array.Each(fields)
			l, err := newLocal(m, metropolis, "checkerboard")
			require.NoError(b, err)
			k := newSingle(l, contract.Walker{Params: contract.Params{KT: 2}, Key: rng.New(1)})
			k.Write(spread(len(fields)))
			b.ResetTimer()
			require.NoError(b, k.SweepTo(context.Background(), int64(b.N), nil))
			b.ReportMetric(float64(b.N*len(fields))/b.Elapsed().Seconds(), "spins/s")
		})
	}
}

func BenchmarkGlauber(b *testing.B) {
	l, err := newLocal(isingOn(b, 1, 0, nil, 256, 256), heatBath, "random")
	require.NoError(b, err)
	k, err := newGlauber(l, contract.Walker{Params: contract.Params{KT: 2}, Key: rng.New(1)})
	require.NoError(b, err)
	k.Write(spread(256 * 256))
	b.ResetTimer()
	require.NoError(b, k.AdvanceTo(context.Background(), float64(b.N)))
	b.ReportMetric(float64(b.N)*256*256/b.Elapsed().Seconds(), "events/s")
}
