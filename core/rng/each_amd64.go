//go:build goexperiment.simd && amd64

package rng

import (
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

func compareEach(less, open *[8]uint64, u *[128]uint32, p *[512]float64) {
	if simd.Current() != simd.AVX512 {
		compareEachScalar(less, open, u, p)
		return
	}
	scale, zero := archsimd.BroadcastFloat64x8(one), archsimd.BroadcastFloat64x8(0)
	for i := range 8 {
		var under, equal uint64
		for b := range 8 {
			q := archsimd.LoadFloat64x8((*[8]float64)(unsafe.Pointer(&p[64*i+8*b]))).Mul(scale).Max(zero)
			t := q.RoundToEvenScaled(0).ConvertToInt64().AsUint64x8().ShiftAllRight(tieBits)
			v := archsimd.BroadcastUint64x2(*(*uint64)(unsafe.Pointer(&u[16*i+2*b]))).AsUint8x16().ExtendLo8ToUint64()
			under |= uint64(v.Less(t).ToBits()) << (8 * b)
			equal |= uint64(v.Equal(t).ToBits()) << (8 * b)
		}
		less[i], open[i] = under, equal
	}
	archsimd.ClearAVXUpperBits()
}
