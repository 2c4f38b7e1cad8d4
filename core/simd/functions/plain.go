package functions

import "math"

// Scalar functions whose vector kernels are not written: plain Go arithmetic of package math, the same on every SIMD level. Each moves to
// a file of its own with its kernel.

// Atan1 is atan(x).
func Atan1(x float64) float64 { return quiet(math.Atan(x)) }

// Atan21 is the angle of (x, y), in (-pi, pi].
func Atan21(y, x float64) float64 { return quiet(math.Atan2(y, x)) }

// Asinh1 is asinh(x).
func Asinh1(x float64) float64 { return quiet(math.Asinh(x)) }

// Acosh1 is acosh(x), NaN below 1.
func Acosh1(x float64) float64 { return quiet(math.Acosh(x)) }

// Atanh1 is atanh(x), infinite at -1 and 1, NaN outside.
func Atanh1(x float64) float64 { return quiet(math.Atanh(x)) }

// Cbrt1 is the real cube root.
func Cbrt1(x float64) float64 { return quiet(math.Cbrt(x)) }

// Hypot1 is sqrt(x^2 + y^2) without overflow in between.
func Hypot1(x, y float64) float64 { return quiet(math.Hypot(x, y)) }

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

// Erfinv1 is the inverse of the error function, NaN outside [-1, 1].
func Erfinv1(x float64) float64 { return quiet(math.Erfinv(x)) }
