package functions

import "math"

// The functions whose vector kernels are written from their scalar code (package straight) stand in files without loops; these are their words.

// least is a where it is below b, else b: b too where one is NaN.
func least(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}

// most is a where it is above b, else b: b too where one is NaN.
func most(a, b float64) float64 {
	if a > b {
		return a
	}
	return b
}

// horner is the polynomial c at x.
func horner(c []float64, x float64) float64 {
	y := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		y = math.FMA(y, x, c[i])
	}
	return y
}

// finite tells whether x is a number below infinity.
func finite(x float64) bool { return math.Abs(x) <= math.MaxFloat64 }

// power2At is 2^n for the whole number n = t - magic, -1022 <= n <= 1023.
func power2At(t float64) float64 { return math.Float64frombits((math.Float64bits(t) + 1023) << 52) }
