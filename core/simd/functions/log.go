package functions

import "math"

const (
	logShift = 0x3ff0000000000000 - logRoot
	logRoot  = 0x3fe6a09e667f3bcd // the bits of sqrt(1/2)
	mantissa = 1<<52 - 1
)

// logPoly are the coefficients of R(z)/z, where log((1+s)/(1-s)) = 2 s + s R(s^2), on |s| <= 3 - 2 sqrt(2) within 1.6e-18 (Chebyshev fit, 200 bits).
var logPoly = [7]float64{
	0x1.5555555555558p-1,
	0x1.99999999952d7p-2,
	0x1.2492492df281ap-2,
	0x1.c71c62e3f11e6p-3,
	0x1.7462b51cb66b1p-3,
	0x1.39fe51a7c18f9p-3,
	0x1.2b5900de53b32p-3,
}

// logReduced is k log 2 + log(1+f) + c for sqrt(1/2) <= 1+f < sqrt(2), with a small correction c.
func logReduced(k, f, c float64) float64 {
	p := &logPoly
	s := f / (2 + f)
	z := s * s
	w := z * z
	even := math.FMA(math.FMA(math.FMA(p[6], w, p[4]), w, p[2]), w, p[0])
	odd := math.FMA(math.FMA(p[5], w, p[3]), w, p[1])
	r := z * math.FMA(odd, z, even)
	square := float64(0.5*f) * f
	low := math.FMA(s, square+r, math.FMA(k, ln2lo, c))
	return math.FMA(k, ln2hi, f-(square-low))
}

// splitLog writes a positive normal x as 2^k (1+f) with sqrt(1/2) <= 1+f < sqrt(2).
func splitLog(x float64) (k, f float64) {
	b := math.Float64bits(x) + logShift
	k = math.Float64frombits(0x4330000000000000|b>>52) - (0x1p52 + 1023)
	return k, math.Float64frombits(b&mantissa+logRoot) - 1
}

// Log1 is the natural logarithm within 1 ulp, subnormal arguments included: -Inf at ±0, NaN below.
func Log1(x float64) float64 {
	switch {
	case x == 0:
		return math.Inf(-1)
	case !(x > 0):
		return math.NaN()
	case x > math.MaxFloat64:
		return x
	case x < 0x1p-1022:
		k, f := splitLog(x * 0x1p54)
		return logReduced(k-54, f, 0)
	}
	k, f := splitLog(x)
	return logReduced(k, f, 0)
}

// Log1p1 is log(1+x) within 2 ulp, also near 0; it keeps the sign of zero. -Inf at -1, NaN below.
func Log1p1(x float64) float64 {
	switch {
	case x == 0:
		return x
	case x == -1:
		return math.Inf(-1)
	case !(x > -1):
		return math.NaN()
	case x > math.MaxFloat64:
		return x
	}
	u := 1 + x
	k, f := splitLog(u)
	if k == 0 {
		return logReduced(0, x, 0)
	}
	lost := x - (u - 1)
	if x > 1 {
		lost = 1 - (u - x)
	}
	return logReduced(k, f, lost/u)
}
