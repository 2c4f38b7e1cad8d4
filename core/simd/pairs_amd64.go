//go:build goexperiment.simd && amd64

package simd

func squaredDistancesVector(dst, p, x []float64, stride int) int {
	switch Current() {
	case AVX512:
		return squaredDistances512(dst, p, x, stride)
	case AVX2:
		return squaredDistances256(dst, p, x, stride)
	}
	return 0
}

func steinTermsVector(distance, scores, mixed, p, s, x, g []float64, stride int) int {
	switch Current() {
	case AVX512:
		return steinTerms512(distance, scores, mixed, p, s, x, g, stride)
	case AVX2:
		return steinTerms256(distance, scores, mixed, p, s, x, g, stride)
	}
	return 0
}
