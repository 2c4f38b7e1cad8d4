//go:build goexperiment.simd && amd64

package waves

import "github.com/ergodica/ergodica/core/simd"

func (s *Sums) setVector(dst, src []float64, width int) bool {
	if simd.Current() == simd.Scalar {
		return false
	}
	if len(dst) > 0 && len(s.From) > 0 {
		sums256(&dst[0], &src[0], &s.Start[0], &s.From[0], &s.By[0], len(s.Start)-1, width)
	}
	return true
}

func mixVector(f, s, table []float64, columns, width, reals, pairs int) bool {
	if simd.Current() == simd.Scalar {
		return false
	}
	mix256(&f[0], &s[0], &table[0], columns, width, reals, pairs)
	return true
}

// Rows of three vectors (four sites of a cell) stay in registers, others go vector by vector.
//
//go:noescape
func sums256(dst, src *float64, start, from *int32, by *float64, rows, width int)

//go:noescape
func mix256(f, s, table *float64, columns, width, reals, pairs int)
