package simd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/twin"
)

// Distances and Stein's terms on every level against loops over one pair: all remainders of columns, gaps between rows, infinities. Catches a lane of
// another column, a row left out, a term that is not fused.
func TestPairsTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 8))
	x, g := make([]float64, 20*110), make([]float64, 20*110)
	for i := range x {
		x[i], g[i] = r.NormFloat64(), math.Exp(r.NormFloat64())
		if r.IntN(200) == 0 {
			x[i] = math.Inf(1)
		}
	}
	p, s := make([]float64, 20), make([]float64, 20)
	for k := range p {
		p[k], s[k] = r.NormFloat64(), r.NormFloat64()
	}
	same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }
	twin.OnLevels(t, func(t *testing.T) {
		for _, d := range []int{0, 1, 2, 19} {
			for _, n := range []int{0, 1, 3, 4, 7, 8, 9, 31, 32, 37, 64, 71, 100} {
				for _, stride := range []int{n, 110} {
					out := make([][]float64, 4)
					for i := range out {
						out[i] = make([]float64, n+1)
						out[i][n] = 7
					}
					SquaredDistances(out[0][:n], p[:d], x, stride)
					SteinTerms(out[1][:n], out[2][:n], out[3][:n], p[:d], s[:d], x, g, stride)
					for j := range n {
						var want [3]float64
						for k := range d {
							a, b := p[k]-x[k*stride+j], g[k*stride+j]
							want[0], want[1], want[2] = math.FMA(a, a, want[0]), math.FMA(s[k], b, want[1]), math.FMA(a, b-s[k], want[2])
						}
						if !same(out[0][j], want[0]) || !same(out[1][j], want[0]) || !same(out[2][j], want[1]) || !same(out[3][j], want[2]) {
							t.Fatalf("d = %d, column %d of %d: expected %v, got %v %v %v %v", d, j, n, want, out[0][j], out[1][j], out[2][j], out[3][j])
						}
					}
					for i := range out {
						if out[i][n] != 7 {
							t.Fatal("written behind the end")
						}
					}
				}
			}
		}
	})
}

func BenchmarkPairs(b *testing.B) {
	const d, n = 50, 256
	p, x, dst := make([]float64, d), make([]float64, d*n), make([]float64, 3*n)
	b.Run("distances", func(b *testing.B) { twin.Bench(b, d*n, func() { SquaredDistances(dst[:n], p, x, n) }) })
	b.Run("stein", func(b *testing.B) {
		twin.Bench(b, d*n, func() { SteinTerms(dst[:n], dst[n:2*n], dst[2*n:], p, p, x, x, n) })
	})
}
