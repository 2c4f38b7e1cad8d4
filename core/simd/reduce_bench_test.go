package simd_test

import (
	"testing"

	. "github.com/ergodica/ergodica/core/simd"

	"github.com/ergodica/ergodica/core/simd/twin"
)

func rampTo1(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i+1) / float64(n)
	}
	return x
}

var sink float64

func BenchmarkSum(b *testing.B) {
	x := rampTo1(1 << 14)
	twin.Bench(b, len(x), func() { sink += Sum(x) })
}

func BenchmarkDot(b *testing.B) {
	x := rampTo1(1 << 12)
	twin.Bench(b, len(x), func() { sink += Dot(x, x) })
}
