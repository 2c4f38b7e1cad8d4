package functions

import "math"

// Scalar functions whose vector kernels are not written: plain Go arithmetic of package math, the same on every SIMD level. Each moves to
// a file of its own with its kernel.

// Lgamma1 is log |Gamma(x)|.
func Lgamma1(x float64) float64 {
	y, _ := math.Lgamma(x)
	return quiet(y)
}

// J01 is the Bessel function of the first kind of order 0.
func J01(x float64) float64 { return quiet(math.J0(x)) }

// J11 is the Bessel function of the first kind of order 1.
func J11(x float64) float64 { return quiet(math.J1(x)) }

// quiet gives every NaN the same bits.
func quiet(x float64) float64 {
	if x != x {
		return math.NaN()
	}
	return x
}
