//go:build goexperiment.simd && amd64

package functions

import "github.com/ergodica/ergodica/core/simd"

// The vector kernels do whole groups and return how many elements those are; the scalar functions do the rest.

func (f function) vector(dst, x []float64) int {
	switch simd.Current() {
	case simd.AVX512:
		switch f {
		case fExp:
			return exp512(dst, x)
		case fExpm1:
			return expm1x512(dst, x)
		case fExp2:
			return exp2x512(dst, x)
		case fLog:
			return log512(dst, x)
		case fLog1p:
			return log1p512(dst, x)
		case fLog2:
			return logBases512(dst, x, false, Log21)
		case fLog10:
			return logBases512(dst, x, true, Log101)
		case fTanh:
			return tanh512(dst, x)
		case fSigmoid:
			return sigmoid512(dst, x)
		case fSin:
			return sin512(dst, x)
		case fCos:
			return cos512(dst, x)
		case fErf:
			return erf512(dst, x)
		case fErfc:
			return erfc512(dst, x)
		}
	case simd.AVX2:
		switch f {
		case fExp:
			return exp256(dst, x)
		case fExpm1:
			return expm1x256(dst, x)
		case fExp2:
			return exp2x256(dst, x)
		case fLog:
			return log256(dst, x)
		case fLog1p:
			return log1p256(dst, x)
		case fLog2:
			return logBases256(dst, x, false, Log21)
		case fLog10:
			return logBases256(dst, x, true, Log101)
		case fTanh:
			return tanh256(dst, x)
		case fSigmoid:
			return sigmoid256(dst, x)
		case fSin:
			return sin256(dst, x)
		case fCos:
			return cos256(dst, x)
		case fErf:
			return erf256(dst, x)
		case fErfc:
			return erfc256(dst, x)
		}
	}
	return 0
}

func powVector(dst, x, y []float64) int {
	switch simd.Current() {
	case simd.AVX512:
		return pow512(dst, x, y)
	case simd.AVX2:
		return pow256(dst, x, y)
	}
	return 0
}

func sincosVector(sin, cos, x []float64) int {
	switch simd.Current() {
	case simd.AVX512:
		return sincos512(sin, cos, x)
	case simd.AVX2:
		return sincos256(sin, cos, x)
	}
	return 0
}

func sincosTurnsVector(sin, cos, u []float64) int {
	switch simd.Current() {
	case simd.AVX512:
		return sincosTurns512(sin, cos, u)
	case simd.AVX2:
		return sincosTurns256(sin, cos, u)
	}
	return 0
}

func (f function) vector32(dst, x []float32) int {
	switch simd.Current() {
	case simd.AVX512:
		switch f {
		case fExp:
			return exp32x512(dst, x)
		case fLog:
			return log32x512(dst, x)
		case fTanh:
			return tanh32x512(dst, x)
		case fSigmoid:
			return sigmoid32x512(dst, x)
		case fSin:
			return sin32x512(dst, x)
		case fCos:
			return cos32x512(dst, x)
		case fErf:
			return erf32x512(dst, x)
		}
	case simd.AVX2:
		switch f {
		case fExp:
			return exp32x256(dst, x)
		case fLog:
			return log32x256(dst, x)
		case fTanh:
			return tanh32x256(dst, x)
		case fSigmoid:
			return sigmoid32x256(dst, x)
		case fSin:
			return sin32x256(dst, x)
		case fCos:
			return cos32x256(dst, x)
		case fErf:
			return erf32x256(dst, x)
		}
	}
	return 0
}
