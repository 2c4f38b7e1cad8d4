//go:build goexperiment.simd && amd64

package simd

import (
	"simd/archsimd"
	"unsafe"
)

// Code generated from convert512_amd64.go by Test256IsGenerated; DO NOT EDIT.

func widen256(dst []float64, x []float32) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		store64x256(dst, i, archsimd.LoadFloat32x4((*[4]float32)(unsafe.Pointer(&x[i]))).ConvertToFloat64())
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func narrow256(dst []float32, x []float64) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		load64x256(x, i).ConvertToFloat32().Store((*[4]float32)(unsafe.Pointer(&dst[i])))
	}
	archsimd.ClearAVXUpperBits()
	return i
}
