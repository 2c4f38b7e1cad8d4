//go:build goexperiment.simd && amd64

package simd

// The vector kernels do whole groups and return how many elements those are; the scalar functions do the rest.

func expVector(dst, x []float64) int {
	switch Current() {
	case AVX512:
		return exp512(dst, x)
	case AVX2:
		return exp256(dst, x)
	}
	return 0
}

func logVector(dst, x []float64) int {
	switch Current() {
	case AVX512:
		return log512(dst, x)
	case AVX2:
		return log256(dst, x)
	}
	return 0
}

func sincosVector(sin, cos, x []float64) int {
	switch Current() {
	case AVX512:
		return sincos512(sin, cos, x)
	case AVX2:
		return sincos256(sin, cos, x)
	}
	return 0
}

func sincosTurnsVector(sin, cos, u []float64) int {
	switch Current() {
	case AVX512:
		return sincosTurns512(sin, cos, u)
	case AVX2:
		return sincosTurns256(sin, cos, u)
	}
	return 0
}
