//go:build goexperiment.simd && amd64

package simd

import (
	"encoding/binary"
	"simd/archsimd"
	"unsafe"
)

// What the element-wise kernels, one text for both types and widths, need of each.

// byteOfBit[b] has bit i of b in byte i.
var byteOfBit = func() (t [256]uint64) {
	for b := range t {
		for i := range 8 {
			t[b] |= uint64(b>>i&1) << (8 * i)
		}
	}
	return t
}()

func load64x512(x []float64, i int) archsimd.Float64x8 {
	return archsimd.LoadFloat64x8((*[8]float64)(unsafe.Pointer(&x[i])))
}

func store64x512(x []float64, i int, v archsimd.Float64x8) {
	v.Store((*[8]float64)(unsafe.Pointer(&x[i])))
}

func floor64x512(v archsimd.Float64x8) archsimd.Float64x8 { return v.FloorScaled(0) }

func ceil64x512(v archsimd.Float64x8) archsimd.Float64x8 { return v.CeilScaled(0) }

func trunc64x512(v archsimd.Float64x8) archsimd.Float64x8 { return v.TruncScaled(0) }

func round64x512(v archsimd.Float64x8) archsimd.Float64x8 { return v.RoundToEvenScaled(0) }

func load64x256(x []float64, i int) archsimd.Float64x4 {
	return archsimd.LoadFloat64x4((*[4]float64)(unsafe.Pointer(&x[i])))
}

func store64x256(x []float64, i int, v archsimd.Float64x4) {
	v.Store((*[4]float64)(unsafe.Pointer(&x[i])))
}

func floor64x256(v archsimd.Float64x4) archsimd.Float64x4 { return v.Floor() }

func ceil64x256(v archsimd.Float64x4) archsimd.Float64x4 { return v.Ceil() }

func trunc64x256(v archsimd.Float64x4) archsimd.Float64x4 { return v.Trunc() }

func round64x256(v archsimd.Float64x4) archsimd.Float64x4 { return v.RoundToEven() }

func load32x512(x []float32, i int) archsimd.Float32x16 {
	return archsimd.LoadFloat32x16((*[16]float32)(unsafe.Pointer(&x[i])))
}

func store32x512(x []float32, i int, v archsimd.Float32x16) {
	v.Store((*[16]float32)(unsafe.Pointer(&x[i])))
}

func floor32x512(v archsimd.Float32x16) archsimd.Float32x16 { return v.FloorScaled(0) }

func ceil32x512(v archsimd.Float32x16) archsimd.Float32x16 { return v.CeilScaled(0) }

func trunc32x512(v archsimd.Float32x16) archsimd.Float32x16 { return v.TruncScaled(0) }

func round32x512(v archsimd.Float32x16) archsimd.Float32x16 { return v.RoundToEvenScaled(0) }

func load32x256(x []float32, i int) archsimd.Float32x8 {
	return archsimd.LoadFloat32x8((*[8]float32)(unsafe.Pointer(&x[i])))
}

func store32x256(x []float32, i int, v archsimd.Float32x8) {
	v.Store((*[8]float32)(unsafe.Pointer(&x[i])))
}

func floor32x256(v archsimd.Float32x8) archsimd.Float32x8 { return v.Floor() }

func ceil32x256(v archsimd.Float32x8) archsimd.Float32x8 { return v.Ceil() }

func trunc32x256(v archsimd.Float32x8) archsimd.Float32x8 { return v.Trunc() }

func round32x256(v archsimd.Float32x8) archsimd.Float32x8 { return v.RoundToEven() }

func storeMask64x512(dst []byte, i int, bits uint8) {
	binary.LittleEndian.PutUint64(dst[i:], byteOfBit[bits])
}

func storeMask64x256(dst []byte, i int, bits uint8) {
	binary.LittleEndian.PutUint32(dst[i:], uint32(byteOfBit[bits]))
}

func storeMask32x512(dst []byte, i int, bits uint16) {
	binary.LittleEndian.PutUint64(dst[i:], byteOfBit[bits&0xff])
	binary.LittleEndian.PutUint64(dst[i+8:], byteOfBit[bits>>8])
}

func storeMask32x256(dst []byte, i int, bits uint8) {
	binary.LittleEndian.PutUint64(dst[i:], byteOfBit[bits])
}

// zero64x512 tells where bytes are 0; likewise the others.
func zero64x512(mask []byte, i int) archsimd.Mask64x8 {
	return bytes(binary.LittleEndian.Uint64(mask[i:])).ExtendLo8ToUint64().Equal(archsimd.Uint64x8{})
}

func zero64x256(mask []byte, i int) archsimd.Mask64x4 {
	return bytes(uint64(binary.LittleEndian.Uint32(mask[i:]))).ExtendLo4ToUint64().Equal(archsimd.Uint64x4{})
}

func zero32x512(mask []byte, i int) archsimd.Mask32x16 {
	return archsimd.LoadUint8x16((*[16]uint8)(mask[i:])).ExtendToUint32().Equal(archsimd.Uint32x16{})
}

func zero32x256(mask []byte, i int) archsimd.Mask32x8 {
	return bytes(binary.LittleEndian.Uint64(mask[i:])).ExtendLo8ToUint32().Equal(archsimd.Uint32x8{})
}

func bytes(word uint64) archsimd.Uint8x16 { return archsimd.Uint64x2{}.SetElem(0, word).AsUint8x16() }

// as sees a slice of a Real as what it is.
func as[U, T Real](x []T) []U { return unsafe.Slice((*U)(unsafe.Pointer(unsafe.SliceData(x))), len(x)) }

func binaryVector[T Real](op operation, dst, a, b []T, ma, mb int) int {
	wide := unsafe.Sizeof(*new(T)) == 8
	switch level := Current(); {
	case level == AVX512 && wide:
		return binary64x512(op, as[float64](dst), as[float64](a), as[float64](b), ma, mb)
	case level == AVX512:
		return binary32x512(op, as[float32](dst), as[float32](a), as[float32](b), ma, mb)
	case level == AVX2 && wide:
		return binary64x256(op, as[float64](dst), as[float64](a), as[float64](b), ma, mb)
	case level == AVX2:
		return binary32x256(op, as[float32](dst), as[float32](a), as[float32](b), ma, mb)
	}
	return 0
}

func unaryVector[T Real](op operation, dst, a []T) int {
	wide := unsafe.Sizeof(*new(T)) == 8
	switch level := Current(); {
	case level == AVX512 && wide:
		return unary64x512(op, as[float64](dst), as[float64](a))
	case level == AVX512:
		return unary32x512(op, as[float32](dst), as[float32](a))
	case level == AVX2 && wide:
		return unary64x256(op, as[float64](dst), as[float64](a))
	case level == AVX2:
		return unary32x256(op, as[float32](dst), as[float32](a))
	}
	return 0
}

func mulAddVector[T Real](dst, a, b, c []T, ma, mb, mc int) int {
	wide := unsafe.Sizeof(*new(T)) == 8
	switch level := Current(); {
	case level == AVX512 && wide:
		return mulAdd64x512(as[float64](dst), as[float64](a), as[float64](b), as[float64](c), ma, mb, mc)
	case level == AVX512:
		return mulAdd32x512(as[float32](dst), as[float32](a), as[float32](b), as[float32](c), ma, mb, mc)
	case level == AVX2 && wide:
		return mulAdd64x256(as[float64](dst), as[float64](a), as[float64](b), as[float64](c), ma, mb, mc)
	case level == AVX2:
		return mulAdd32x256(as[float32](dst), as[float32](a), as[float32](b), as[float32](c), ma, mb, mc)
	}
	return 0
}

func chainVector[T Real](first, second operation, dst, a, b, c []T, ma, mb, mc int) int {
	wide := unsafe.Sizeof(*new(T)) == 8
	switch level := Current(); {
	case level == AVX512 && wide:
		return chain64x512(first, second, as[float64](dst), as[float64](a), as[float64](b), as[float64](c), ma, mb, mc)
	case level == AVX512:
		return chain32x512(first, second, as[float32](dst), as[float32](a), as[float32](b), as[float32](c), ma, mb, mc)
	case level == AVX2 && wide:
		return chain64x256(first, second, as[float64](dst), as[float64](a), as[float64](b), as[float64](c), ma, mb, mc)
	case level == AVX2:
		return chain32x256(first, second, as[float32](dst), as[float32](a), as[float32](b), as[float32](c), ma, mb, mc)
	}
	return 0
}

func compareVector[T Real](op operation, dst []byte, a, b []T, ma, mb int) int {
	wide := unsafe.Sizeof(*new(T)) == 8
	switch level := Current(); {
	case level == AVX512 && wide:
		return compare64x512(op, dst, as[float64](a), as[float64](b), ma, mb)
	case level == AVX512:
		return compare32x512(op, dst, as[float32](a), as[float32](b), ma, mb)
	case level == AVX2 && wide:
		return compare64x256(op, dst, as[float64](a), as[float64](b), ma, mb)
	case level == AVX2:
		return compare32x256(op, dst, as[float32](a), as[float32](b), ma, mb)
	}
	return 0
}

func selectVector[T Real](dst []T, mask []byte, a, b []T, ma, mb int) int {
	wide := unsafe.Sizeof(*new(T)) == 8
	switch level := Current(); {
	case level == AVX512 && wide:
		return select64x512(as[float64](dst), mask, as[float64](a), as[float64](b), ma, mb)
	case level == AVX512:
		return select32x512(as[float32](dst), mask, as[float32](a), as[float32](b), ma, mb)
	case level == AVX2 && wide:
		return select64x256(as[float64](dst), mask, as[float64](a), as[float64](b), ma, mb)
	case level == AVX2:
		return select32x256(as[float32](dst), mask, as[float32](a), as[float32](b), ma, mb)
	}
	return 0
}
