//go:build goexperiment.simd && amd64

package memory

import (
	"simd/archsimd"

	"github.com/ergodica/ergodica/core/simd"
)

// add subtracts w from x, or adds it where down is all ones; the length is a multiple of 8.
func add(x, w []int64, down int64) {
	if simd.Current() != simd.AVX512 {
		addScalar(x, w, down)
		return
	}
	d := archsimd.BroadcastInt64x8(down)
	for j := 0; j+8 <= len(w); j += 8 {
		out := (*[8]int64)(x[j:])
		archsimd.LoadInt64x8(out).Sub(archsimd.LoadInt64x8((*[8]int64)(w[j:])).Xor(d).Sub(d)).Store(out)
	}
	archsimd.ClearAVXUpperBits()
}

// signed sums w, negative where down is all ones; the length is a multiple of 8.
func signed(w, down []int64) int64 {
	if simd.Current() != simd.AVX512 {
		return signedScalar(w, down)
	}
	sum := archsimd.BroadcastInt64x8(0)
	for j := 0; j+8 <= len(w); j += 8 {
		d := archsimd.LoadInt64x8((*[8]int64)(down[j:]))
		sum = sum.Add(archsimd.LoadInt64x8((*[8]int64)(w[j:])).Xor(d).Sub(d))
	}
	var lanes [8]int64
	sum.Store(&lanes)
	archsimd.ClearAVXUpperBits()
	return lanes[0] + lanes[1] + lanes[2] + lanes[3] + lanes[4] + lanes[5] + lanes[6] + lanes[7]
}
