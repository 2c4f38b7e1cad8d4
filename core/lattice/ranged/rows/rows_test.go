package rows

import (
	"fmt"
	"testing"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

func Test256IsGenerated(t *testing.T) { twin.Narrower(t) }

func numbers(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1/float64(i+3) - 0.1*float64(i%7)
	}
	return x
}

// Every level has the bits of the plain loops.
func TestLevels(t *testing.T) {
	defer func() { _ = simd.Use(simd.Levels()[0]) }()
	for _, stride := range []int{8, 16, 24} {
		r := New([]int32{0, 40, 13, 7}, stride)
		var first []float64
		for _, l := range simd.Levels() {
			require.NoError(t, simd.Use(l))
			f, g := numbers(3*4*stride), numbers(4*stride)
			r.AddTensor(f, numbers(6*80), 5, [3]float64{0.3, -1.7, 0.9})
			r.Add(g, numbers(80), 5, 0.7)
			f = append(f, g...)
			if first == nil {
				first = f
			}
			require.Equal(t, first, f, fmt.Sprint(l, stride))
		}
	}
}

func BenchmarkTensor(b *testing.B) {
	from := make([]int32, 25)
	for k := range from {
		from[k] = int32(36 * k)
	}
	r := New(from, 24)
	f, t := numbers(3*25*24), numbers(6*(36*25+40))
	for b.Loop() {
		r.AddTensor(f, t, 5, [3]float64{1e-9, -1e-9, 2e-9})
	}
}
