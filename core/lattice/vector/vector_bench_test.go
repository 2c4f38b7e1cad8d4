package vector

import (
	"context"
	"fmt"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

func BenchmarkColours(b *testing.B) {
	for _, s := range []struct {
		n, reflections int
		shape          []int
	}{{2, 0, []int{128, 128}}, {2, 4, []int{128, 128}}, {2, 4, []int{16, 16}}, {3, 0, []int{24, 24, 24}}, {3, 4, []int{24, 24, 24}}, {3, 4, []int{8, 8, 8}}, {3, 4, []int{64, 64, 64}}} {
		m := hypercubic(b, s.n, array.Is(1), array.Is(0), true, s.shape...)
		require.NoError(b, m.Check())
		build, err := prepareBath(m, "checkerboard", s.reflections)
		require.NoError(b, err)
		k, err := build(contract.Walker{Params: contract.Params{KT: 1}, Key: rng.New(3)})
		require.NoError(b, err)
		x, u := make([]float64, s.n*m.Sites()), rng.New(4).Stream(0)
		m.Draw(x, &u)
		k.Write(x)
		b.Run(fmt.Sprint(s.n, s.shape, s.reflections), func(b *testing.B) {
			for b.Loop() {
				_ = k.SweepTo(context.Background(), k.Sweeps()+1, nil)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*m.Sites()*(s.reflections+1)), "ns/update")
		})
	}
}
