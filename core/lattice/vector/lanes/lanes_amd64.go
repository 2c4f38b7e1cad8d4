//go:build goexperiment.simd && amd64

package lanes

import (
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

func level() *Kernels {
	switch simd.Current() {
	case simd.AVX512:
		return &kernels512
	case simd.AVX2:
		return &kernels256
	}
	return &plain
}

// from is the address of x[i], of which the last used element is checked to be at i + n - 1.
func from(x []float64, i, n int) unsafe.Pointer {
	if n == 0 {
		return nil
	}
	_ = x[i+n-1]
	return unsafe.Pointer(&x[i])
}

// reach checks that places at to at+n-1 have all that is across.
func reach(plane []float64, at, n int, across []int) {
	far := 1
	for _, s := range across {
		far = max(far, s)
	}
	if n > 0 {
		_, _ = plane[at-far], plane[at+n-1+far]
	}
}

func mask512(bits uint64) archsimd.Mask64x8 { return archsimd.Mask64x8FromBits(uint8(bits)) }

// masks are the four lanes of as many bits.
var masks = func() (all [16][4]int64) {
	for bits := range all {
		for l := range 4 {
			all[bits][l] = -int64(bits >> l & 1)
		}
	}
	return all
}()

func mask256(bits uint64) archsimd.Mask64x4 {
	return archsimd.BroadcastInt64x4(0).Greater(archsimd.LoadInt64x4(&masks[bits&15]))
}
