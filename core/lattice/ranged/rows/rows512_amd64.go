//go:build goexperiment.simd && amd64

package rows

import (
	"simd/archsimd"
	"unsafe"
)

const width512 = int(unsafe.Sizeof([8]float64{}))

func add512(f, t unsafe.Pointer, from []int32, stride int, d float64) {
	by := archsimd.BroadcastFloat64x8(d)
	for _, at := range from {
		x := unsafe.Add(t, 8*int(at))
		for end := unsafe.Add(f, 8*stride); f != end; f, x = unsafe.Add(f, width512), unsafe.Add(x, width512) {
			to := (*[8]float64)(f)
			archsimd.LoadFloat64x8((*[8]float64)(x)).MulAdd(by, archsimd.LoadFloat64x8(to)).Store(to)
		}
	}
	archsimd.ClearAVXUpperBits()
}
