package bitslice

import "github.com/ergodica/ergodica/core/simd"

// Fields sums the couplings of the lanes of some groups in the order of the directions: x[512 g + l] is the sum over k of J[k][512 (first + g) + l], negative
// where neighbours[k][g] differs from own[g], or is not set if own is nil. It tells whether some sum is 0.
func Fields(x []float64, own []Group, neighbours [][]Group, J [][]float64, first int) (zero bool) {
	if simd.Current() == simd.AVX512 {
		return fieldsVector(x, own, neighbours, J, first)
	}
	return fieldsScalar(x, own, neighbours, J, first)
}

func fieldsScalar(x []float64, own []Group, neighbours [][]Group, J [][]float64, first int) (zero bool) {
	for g := range len(x) / 512 {
		for i := range 8 {
			sums := x[512*g+64*i:][:64]
			clear(sums)
			like := ^uint64(0)
			if own != nil {
				like = own[g][i]
			}
			for k := range J {
				w := neighbours[k][g][i] ^ like
				for l, c := range J[k][512*(first+g)+64*i:][:64] {
					if w>>l&1 != 0 {
						c = -c
					}
					sums[l] += c
				}
			}
			for _, s := range sums {
				zero = zero || s == 0
			}
		}
	}
	return zero
}
