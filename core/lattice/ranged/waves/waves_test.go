package waves

import (
	"fmt"
	"testing"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

func numbers(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1/float64(i+3) - 0.1*float64(i%7)
	}
	return x
}

// Every level has the bits of the plain loops, and these are sums of products.
func TestLevels(t *testing.T) {
	defer func() { _ = simd.Use(simd.Levels()[0]) }()
	for _, columns := range []int{1, 3, 6, 9, 12, 15, 24} {
		width := (columns + 3) &^ 3
		s := Sums{}
		s.Append([]int{0, 2 * width, width}, []float64{0.3, -1, 0.7})
		s.Append([]int{3 * width}, []float64{0})
		s.Append([]int{width, 3 * width}, []float64{1, 2})
		const reals, pairs = 3, 2
		x, table := numbers((reals+2*pairs)*width), numbers(Size(columns, width, reals, pairs))
		first := map[bool][]float64{}
		var mixed []float64
		twin.OnLevels(t, func(t *testing.T) {
			for _, add := range []bool{false, true} {
				got := numbers(3 * width)
				s.Set(got, x, width, add)
				if first[add] == nil {
					first[add] = got
				}
				require.Equal(t, first[add], got, fmt.Sprint(columns, add))
				for c := range width {
					before := numbers(3 * width)
					if !add {
						clear(before)
					}
					require.InDelta(t, before[c]+0.3*x[c]-x[2*width+c]+0.7*x[width+c], got[c], 1e-14)
					require.Equal(t, before[width+c], got[width+c])
				}
			}
			got := numbers(len(x))
			Mix(got, x, table, columns, width, reals, pairs)
			if mixed == nil {
				mixed = got
			}
			require.Equal(t, mixed, got, columns)
			for k := range reals + pairs {
				for c := range width {
					r, at := k, k*columns*width // of rows, and in the table
					if k >= reals {
						r, at = 2*k-reals, (2*k-reals)*columns*width
					}
					want := complex(numbers(len(x))[r*width+c], 0)
					if k >= reals {
						want += complex(0, numbers(len(x))[(r+1)*width+c])
					}
					for i := range columns {
						if k < reals {
							want += complex(x[r*width+i]*table[at+i*width+c], 0)
						} else {
							want += complex(x[r*width+i], x[(r+1)*width+i]) * complex(table[at+2*i*width+c], table[at+(2*i+1)*width+c])
						}
					}
					require.InDelta(t, real(want), got[r*width+c], 1e-13)
					if k >= reals {
						require.InDelta(t, imag(want), got[(r+1)*width+c], 1e-13)
					}
				}
			}
		})
	}
}

func BenchmarkMix(b *testing.B) {
	for _, n := range [][3]int{{12, 1, 4}, {12, 4, 6}, {12, 4, 16}, {3, 4, 126}} {
		width := (n[0] + 3) &^ 3
		waves := n[1] + 2*n[2]
		f, s, table := numbers(waves*width), numbers(waves*width), numbers(Size(n[0], width, n[1], n[2]))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				Mix(f, s, table, n[0], width, n[1], n[2])
			}
			b.ReportMetric(float64(b.N*n[0]*width*(n[1]+4*n[2]))/float64(b.Elapsed().Nanoseconds()), "FMA/ns")
		})
	}
}
