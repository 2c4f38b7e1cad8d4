//go:build goexperiment.simd && amd64

package simd

import (
	"simd/archsimd"
	"unsafe"
)

func wide512(x []float32, i int) archsimd.Float64x8 {
	return archsimd.LoadFloat32x8((*[8]float32)(unsafe.Pointer(&x[i]))).ConvertToFloat64()
}

func sumColumns512(dst []float64, x []float64, stride, rows int) int {
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		var s0, s1, s2, s3, s4, s5, s6, s7 archsimd.Float64x8
		p := i
		for end := i + rows&^7*stride; p < end; p += 8 * stride {
			s0 = s0.Add(load64x512(x, p))
			s1 = s1.Add(load64x512(x, p+stride))
			s2 = s2.Add(load64x512(x, p+2*stride))
			s3 = s3.Add(load64x512(x, p+3*stride))
			s4 = s4.Add(load64x512(x, p+4*stride))
			s5 = s5.Add(load64x512(x, p+5*stride))
			s6 = s6.Add(load64x512(x, p+6*stride))
			s7 = s7.Add(load64x512(x, p+7*stride))
		}
		switch rows & 7 {
		case 7:
			s6 = s6.Add(load64x512(x, p+6*stride))
			fallthrough
		case 6:
			s5 = s5.Add(load64x512(x, p+5*stride))
			fallthrough
		case 5:
			s4 = s4.Add(load64x512(x, p+4*stride))
			fallthrough
		case 4:
			s3 = s3.Add(load64x512(x, p+3*stride))
			fallthrough
		case 3:
			s2 = s2.Add(load64x512(x, p+2*stride))
			fallthrough
		case 2:
			s1 = s1.Add(load64x512(x, p+stride))
			fallthrough
		case 1:
			s0 = s0.Add(load64x512(x, p))
		}
		store64x512(dst, i, s0.Add(s4).Add(s2.Add(s6)).Add(s1.Add(s5).Add(s3.Add(s7))))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sumSingleColumns512(dst []float64, x []float32, stride, rows int) int {
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		var s0, s1, s2, s3, s4, s5, s6, s7 archsimd.Float64x8
		p := i
		for end := i + rows&^7*stride; p < end; p += 8 * stride {
			s0 = s0.Add(wide512(x, p))
			s1 = s1.Add(wide512(x, p+stride))
			s2 = s2.Add(wide512(x, p+2*stride))
			s3 = s3.Add(wide512(x, p+3*stride))
			s4 = s4.Add(wide512(x, p+4*stride))
			s5 = s5.Add(wide512(x, p+5*stride))
			s6 = s6.Add(wide512(x, p+6*stride))
			s7 = s7.Add(wide512(x, p+7*stride))
		}
		switch rows & 7 {
		case 7:
			s6 = s6.Add(wide512(x, p+6*stride))
			fallthrough
		case 6:
			s5 = s5.Add(wide512(x, p+5*stride))
			fallthrough
		case 5:
			s4 = s4.Add(wide512(x, p+4*stride))
			fallthrough
		case 4:
			s3 = s3.Add(wide512(x, p+3*stride))
			fallthrough
		case 3:
			s2 = s2.Add(wide512(x, p+2*stride))
			fallthrough
		case 2:
			s1 = s1.Add(wide512(x, p+stride))
			fallthrough
		case 1:
			s0 = s0.Add(wide512(x, p))
		}
		store64x512(dst, i, s0.Add(s4).Add(s2.Add(s6)).Add(s1.Add(s5).Add(s3.Add(s7))))
	}
	archsimd.ClearAVXUpperBits()
	return i
}
