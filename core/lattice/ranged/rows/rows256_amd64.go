//go:build goexperiment.simd && amd64

package rows

import (
	"simd/archsimd"
	"unsafe"
)

// Code generated from rows512_amd64.go by Test256IsGenerated; DO NOT EDIT.

const width256 = int(unsafe.Sizeof([4]float64{}))

func add256(f, t unsafe.Pointer, from []int32, stride int, d float64) {
	by := archsimd.BroadcastFloat64x4(d)
	for r, at := range from {
		f, x := unsafe.Add(f, 8*stride*r), unsafe.Add(t, 8*int(at))
		for o := 0; o < 8*stride; o += width256 {
			to := (*[4]float64)(unsafe.Add(f, o))
			archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(x, o))).MulAdd(by, archsimd.LoadFloat64x4(to)).Store(to)
		}
	}
	archsimd.ClearAVXUpperBits()
}
