package simd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/twin"
)

// Sums of columns on every level against sums of the gathered columns: all remainders of rows and columns, gaps between rows, -0, infinities.
// Catches a lane taken from another row, a column one off, lanes that start at -0.
func TestSumColumnsTwin(t *testing.T) {
	t.Run("float64", testSumColumns[float64])
	t.Run("float32", testSumColumns[float32])
}

func testSumColumns[T Real](t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	x := make([]T, 600*40)
	for i := range x {
		x[i] = T(math.Exp(3*r.NormFloat64()) * r.NormFloat64())
		if r.IntN(300) == 0 {
			x[i] = T(math.Inf(1))
		}
	}
	for i := range 40 {
		x[40*i] = T(math.Copysign(0, -1))
	}
	twin.OnLevels(t, func(t *testing.T) {
		for _, rows := range []int{0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 100, 511, Leaf} {
			for _, width := range []int{0, 1, 3, 4, 7, 8, 9, 16, 31, 37} {
				for _, stride := range []int{width, 40} {
					got := make([]float64, width+1)
					got[width] = 7
					SumColumns(got[:width], x[:max(rows-1, 0)*stride+width], stride, rows)
					for j := range width {
						column := make([]float64, rows)
						for i := range column {
							column[i] = float64(x[i*stride+j])
						}
						if want := sumTwin(column); math.Float64bits(got[j]) != math.Float64bits(want) {
							t.Fatalf("%d rows, column %d of %d, stride %d: expected %v, got %v", rows, j, width, stride, want, got[j])
						}
					}
					if got[width] != 7 {
						t.Fatal("written behind the end")
					}
				}
			}
		}
	})
}

func BenchmarkSumColumns(b *testing.B) {
	x, y, s := make([]float64, 256*64), make([]float32, 256*64), make([]float64, 64)
	b.Run("float64", func(b *testing.B) { twin.Bench(b, len(x), func() { SumColumns(s, x, 64, 256) }) })
	b.Run("float32", func(b *testing.B) { twin.Bench(b, len(x), func() { SumColumns(s, y, 64, 256) }) })
}
