//go:build goexperiment.simd && amd64

package rows

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

func (r Rows) addVector(f, t []float64, shift int, d float64) int {
	switch simd.Current() {
	case simd.AVX512:
		add512(unsafe.Pointer(unsafe.SliceData(f)), unsafe.Pointer(unsafe.SliceData(t[shift:])), r.From, r.Stride, d)
	case simd.AVX2:
		add256(unsafe.Pointer(unsafe.SliceData(f)), unsafe.Pointer(unsafe.SliceData(t[shift:])), r.From, r.Stride, d)
	default:
		return 0
	}
	return len(r.From)
}

func (r Rows) tensorVector(f, t []float64, shift int, d [3]float64) int {
	switch simd.Current() {
	case simd.AVX512:
		tensor512(unsafe.SliceData(f), unsafe.SliceData(t[shift:]), unsafe.SliceData(r.From), len(r.From), r.Stride, len(t)/6, &d)
	case simd.AVX2:
		tensor256(unsafe.SliceData(f), unsafe.SliceData(t[shift:]), unsafe.SliceData(r.From), len(r.From), r.Stride, len(t)/6, &d)
	default:
		return 0
	}
	return len(r.From)
}

// The compiler has no registers for nine pointers in a loop, so that this one is written out: one table m numbers after the other, the fields of a component
// rows * stride after those of the one before.
//
//go:noescape
func tensor512(f, t *float64, from *int32, rows, stride, m int, d *[3]float64)

//go:noescape
func tensor256(f, t *float64, from *int32, rows, stride, m int, d *[3]float64)
