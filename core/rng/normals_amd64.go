//go:build goexperiment.simd && amd64

package rng

import (
	"simd/archsimd"

	"github.com/ergodica/ergodica/core/simd"
)

// stretch multiplies whole groups of cos and sin by sqrt(-2 logs) and returns how many elements those are.
func stretch(cos, sin, logs []float64) int {
	switch simd.Current() {
	case simd.AVX512:
		return stretch512(cos, sin, logs)
	case simd.AVX2:
		return stretch256(cos, sin, logs)
	}
	return 0
}

func stretch512(cos, sin, logs []float64) int {
	i := 0
	minus2 := archsimd.BroadcastFloat64x8(-2)
	for ; i+8 <= len(logs); i += 8 {
		r := archsimd.LoadFloat64x8Slice(logs[i:]).Mul(minus2).Sqrt()
		archsimd.LoadFloat64x8Slice(cos[i:]).Mul(r).StoreSlice(cos[i:])
		archsimd.LoadFloat64x8Slice(sin[i:]).Mul(r).StoreSlice(sin[i:])
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func stretch256(cos, sin, logs []float64) int {
	i := 0
	minus2 := archsimd.BroadcastFloat64x4(-2)
	for ; i+4 <= len(logs); i += 4 {
		r := archsimd.LoadFloat64x4Slice(logs[i:]).Mul(minus2).Sqrt()
		archsimd.LoadFloat64x4Slice(cos[i:]).Mul(r).StoreSlice(cos[i:])
		archsimd.LoadFloat64x4Slice(sin[i:]).Mul(r).StoreSlice(sin[i:])
	}
	archsimd.ClearAVXUpperBits()
	return i
}
