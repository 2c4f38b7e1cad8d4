//go:build goexperiment.simd && amd64

package simd

import "unsafe"

func sumColumnsVector[T Real](dst []float64, x []T, stride, rows int) int {
	if rows == 0 || len(dst) == 0 {
		return 0
	}
	single := unsafe.Sizeof(x[0]) == 4
	p := unsafe.Pointer(&x[0])
	switch l := Current(); {
	case l == AVX512 && single:
		return sumSingleColumns512(dst, unsafe.Slice((*float32)(p), len(x)), stride, rows)
	case l == AVX512:
		return sumColumns512(dst, unsafe.Slice((*float64)(p), len(x)), stride, rows)
	case l == AVX2 && single:
		return sumSingleColumns256(dst, unsafe.Slice((*float32)(p), len(x)), stride, rows)
	case l == AVX2:
		return sumColumns256(dst, unsafe.Slice((*float64)(p), len(x)), stride, rows)
	}
	return 0
}
