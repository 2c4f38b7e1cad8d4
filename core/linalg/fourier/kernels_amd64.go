//go:build goexperiment.simd && amd64

package fourier

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

var (
	wide64   = kernels{f64zCodelets, 3, f64zLinesIn, f64zLinesOut, f64zColumnsIn, f64zColumnsOut, f64zRows, f64zTurn, f64zProducts, f64zLinesPast, true}
	wide32   = kernels{f32zCodelets, 4, f32zLinesIn, f32zLinesOut, f32zColumnsIn, f32zColumnsOut, f32zRows, nil, f32zProducts, f32zLinesPast, true}
	narrow64 = kernels{f64yCodelets, 2, f64yLinesIn, f64yLinesOut, f64yColumnsIn, f64yColumnsOut, f64yRows, f64yTurn, f64yProducts, nil, false}
	narrow32 = kernels{f32yCodelets, 3, f32yLinesIn, f32yLinesOut, f32yColumnsIn, f32yColumnsOut, f32yRows, nil, f32yProducts, nil, false}
)

func kernelsOf[T Real](l simd.Level) *kernels {
	double := unsafe.Sizeof(*new(T)) == 8
	switch {
	case l == simd.AVX512 && double:
		return &wide64
	case l == simd.AVX512:
		return &wide32
	case l == simd.AVX2 && double:
		return &narrow64
	case l == simd.AVX2:
		return &narrow32
	}
	return plainKernels[T]()
}
