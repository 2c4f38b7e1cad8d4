//go:build goexperiment.simd && amd64

package rows

import (
	"simd/archsimd"
	"unsafe"
)

const width512 = int(unsafe.Sizeof([8]float64{}))

func add512(f, t unsafe.Pointer, from []int32, stride int, d float64) {
	by := archsimd.BroadcastFloat64x8(d)
	for r, at := range from {
		f, x := unsafe.Add(f, 8*stride*r), unsafe.Add(t, 8*int(at))
		for o := 0; o < 8*stride; o += width512 {
			to := (*[8]float64)(unsafe.Add(f, o))
			archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(x, o))).MulAdd(by, archsimd.LoadFloat64x8(to)).Store(to)
		}
	}
	archsimd.ClearAVXUpperBits()
}
