//go:build goexperiment.simd && amd64

package stencil

import "github.com/ergodica/ergodica/core/simd"

func forceVector(q Quartic, f, from []float64, a *Rows) int {
	switch simd.Current() {
	case simd.AVX512:
		return force512(q, f, from, a)
	case simd.AVX2:
		return force256(q, f, from, a)
	}
	return 0
}

func leapVector(q Quartic, to, p, from []float64, a *Rows, b, s float64) int {
	switch simd.Current() {
	case simd.AVX512:
		return leap512(q, to, p, from, a, b, s)
	case simd.AVX2:
		return leap256(q, to, p, from, a, b, s)
	}
	return 0
}
