//go:build goexperiment.simd && amd64

package simd

func widenVector(dst []float64, x []float32) int {
	switch Current() {
	case AVX512:
		return widen512(dst, x)
	case AVX2:
		return widen256(dst, x)
	}
	return 0
}

func narrowVector(dst []float32, x []float64) int {
	switch Current() {
	case AVX512:
		return narrow512(dst, x)
	case AVX2:
		return narrow256(dst, x)
	}
	return 0
}
