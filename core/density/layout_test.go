package density

import (
	"context"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// Energies that multiply captured matrices from either side have the bits of the program as it was written. A copy that is not transposed, or that
// takes the place of the wrong array, shows.
func TestLaidProgramsHaveTheSameBits(t *testing.T) {
	for _, shape := range [][2]int{{20, 20}, {300, 25}, {17, 700}} {
		m, n := shape[0], shape[1]
		f64 := func(shape ...int) expr.Type { return expr.Type{Dtype: array.Float64, Shape: shape} }
		b := expr.NewBuilder()
		z, y, a, c := b.Input(f64(n)), b.Input(f64(m)), b.Input(f64(m, n)), b.Input(f64(n, m))
		az := b.Dot(a, z, [2][]int{{1}, {0}}, [2][]int{})
		zc := b.Dot(z, c, [2][]int{{0}, {0}}, [2][]int{})
		cy := b.Dot(c, y, [2][]int{{1}, {0}}, [2][]int{})
		u := b.Add(b.Add(b.SumAll(b.Mul(az, az)), b.SumAll(b.Mul(zc, y))), b.SumAll(b.Mul(cy, z)))
		p, err := expr.ValueAndGrad(b.Finish(u), []int{0})
		require.NoError(t, err)
		s := rng.New(1).Stream(0)
		draw := func(t expr.Type) *array.Array {
			x := make([]float64, t.Len())
			for i := range x {
				x[i] = s.Normal()
			}
			return array.FromSlice(array.Float64, x, t.Shape...)
		}
		var in []*array.Array
		for _, t := range p.InputTypes() {
			in = append(in, draw(t))
		}
		q, copied, err := laid(p, 1)
		require.NoError(t, err)
		require.NotEmpty(t, copied)
		results := func(p *expr.Program, in []*array.Array) [2][]float64 {
			x, err := engine.Compile(p, engine.Options{})
			require.NoError(t, err)
			out := [2][]float64{make([]float64, 1), make([]float64, n)}
			require.NoError(t, x.Run(context.Background(), nil, in, []*array.Array{{Dtype: array.Float64, Shape: []int{}, Data: array.Bytes(out[0])}, array.FromSlice(array.Float64, out[1])}))
			return out
		}
		want := results(p, in)
		for _, k := range copied {
			in = append(in, turned(in[1+k]))
		}
		got := results(q, in)
		for k := range want {
			for i := range want[k] {
				require.Equal(t, math.Float64bits(want[k][i]), math.Float64bits(got[k][i]), "%v %d %d", shape, k, i)
			}
		}
	}
}
