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
	for _, stride := range []int{8, 16, 24, 32} {
		r := New([]int32{0, 40, 13, 7}, stride, stride-stride/8%3)
		var first []float64
		for _, l := range simd.Levels() {
			require.NoError(t, simd.Use(l))
			f, g := numbers(3*4*stride), numbers(4*stride)
			table := numbers(6 * 100)
			moves, d := [][]float64{table[5:], table[3:], table[9:]}, [][3]float64{{0.3, -1.7, 0.9}, {0.1, 0.2, -0.4}, {-0.6, 1, 0.5}}
			for _, x := range moves {
				r.Check(x, 100)
			}
			r.AddTensors(f, moves, 100, d, 0, 1)
			r.AddTensors(f, moves[:1], 100, d, 1, 4)
			r.AddTensors(f, moves[1:], 100, d[1:], 1, 4)
			r.AddTensors(f, moves, 100, d, 2, 2)
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
	r := New(from, 24, 24)
	f, t := numbers(3*25*24), numbers(6*(36*25+40))
	var moves [][]float64
	for k := range 24 {
		moves = append(moves, t[k%8:])
	}
	d := make([][3]float64, len(moves))
	for b.Loop() {
		r.AddTensors(f, moves, len(t)/6, d, 0, len(from))
	}
}
