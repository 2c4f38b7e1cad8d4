//go:build goexperiment.simd && amd64

package functions

import "github.com/ergodica/ergodica/core/simd"

// inFloat64 are the functions of float32 whose kernels compute in float64.
var inFloat64 = [fPowSigned + 1]bool{fErf: true, fAsinh: true, fAcosh: true, fAtanh: true, fPow: true, fHypot: true, fErfinv: true, fNdtri: true,
	fLogNdtr: true, fLogSigmoid: true, fLogaddexp: true, fXlogy: true, fXlog1py: true}

func lanes64() int {
	switch simd.Current() {
	case simd.AVX512:
		return 8
	case simd.AVX2:
		return 4
	}
	return 1
}

func lanes32(f function) int {
	n := lanes64()
	if n == 1 || inFloat64[f] {
		return n
	}
	return 2 * n
}
