//go:build goexperiment.simd && amd64

package rng

import (
	"simd/archsimd"

	"github.com/ergodica/ergodica/core/simd"
)

var backwards = [8]uint64{7, 6, 5, 4, 3, 2, 1, 0}

// units fills whole groups of dst with what stands in as many places of from, backwards, times 2^-53, and returns how many elements those are.
func units(dst []float64, from []uint64) int {
	if simd.Current() != simd.AVX512 {
		return 0
	}
	i, back, unit := 0, archsimd.LoadUint64x8(&backwards), archsimd.BroadcastFloat64x8(0x1p-53)
	for ; i+8 <= len(dst); i += 8 {
		archsimd.LoadUint64x8Slice(from[len(dst)-8-i:]).Permute(back).AsInt64x8().ConvertToFloat64().Mul(unit).StoreSlice(dst[i:])
	}
	archsimd.ClearAVXUpperBits()
	return i
}

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
