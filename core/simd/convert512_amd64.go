//go:build goexperiment.simd && amd64

package simd

import (
	"simd/archsimd"
	"unsafe"
)

func widen512(dst []float64, x []float32) int {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		store64x512(dst, i, archsimd.LoadFloat32x8((*[8]float32)(unsafe.Pointer(&x[i]))).ConvertToFloat64())
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func narrow512(dst []float32, x []float64) int {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		load64x512(x, i).ConvertToFloat32().Store((*[8]float32)(unsafe.Pointer(&dst[i])))
	}
	archsimd.ClearAVXUpperBits()
	return i
}
