package lanes

import (
	"testing"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

// Transposition and reflection of squares, and interleaving of any length, put every number where it belongs, on all levels.
func TestEveryNumberHasItsPlace(t *testing.T) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for _, level := range simd.Levels() {
		require.NoError(t, simd.Use(level))
		for n := range 35 {
			a := make([]float64, n*n)
			fresh := func() {
				for k := range a {
					a[k] = float64(k)
				}
			}
			fresh()
			Transpose(n, a)
			for i := range n {
				for j := range n {
					require.Equal(t, float64(j*n+i), a[i*n+j])
				}
			}
			for _, back := range []bool{false, true} {
				fresh()
				Reflect(n, a, back)
				for i := range n {
					for j := range n {
						want := max(i, j)*n + min(i, j)
						if back {
							want = min(i, j)*n + max(i, j)
						}
						require.Equal(t, float64(want), a[i*n+j])
					}
				}
			}
			if !Grouped() {
				continue
			}
			const stride = 40
			from, x, to := make([]float64, 8*stride), make([]float64, 8*n), make([]float64, 8*stride)
			for k := range from {
				from[k] = float64(k + 1)
			}
			Interleave(n, x, from, stride)
			Separate(n, to, x, stride)
			for k := range Width {
				for i := range stride {
					if i < n {
						require.Equal(t, from[k*stride+i], x[i*Width+k])
						require.Equal(t, from[k*stride+i], to[k*stride+i])
					} else {
						require.Zero(t, to[k*stride+i])
					}
				}
			}
		}
	}
}
