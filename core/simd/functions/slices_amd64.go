//go:build goexperiment.simd && amd64

package functions

import "github.com/ergodica/ergodica/core/simd"

func lanes64() int {
	switch simd.Current() {
	case simd.AVX512:
		return 8
	case simd.AVX2:
		return 4
	}
	return 1
}

func lanes32(f function) int {
	n := lanes64()
	if n == 1 || inFloat64[f] {
		return n
	}
	return 2 * n
}

func init() {
	for i, c := range doubles512 {
		for j := range doubles256[i] {
			doubles256[i][j] = c
		}
	}
	for i, c := range singles512 {
		for j := range singles256[i] {
			singles256[i][j] = c
		}
	}
}
