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
	s := f / (2 + f)
	z := s * s
	r := float64(z * evenOdd(logPoly[:], z))
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

// normal tells whether x is positive, finite and not subnormal.
func normal(x float64) bool { return x >= 0x1p-1022 && x <= math.MaxFloat64 }

func logPlain(x float64) float64 {
	k, f := splitLog(x)
	return logReduced(k, f, 0)
}

// Log1 is the natural logarithm within 1 ulp, subnormal arguments included: -Inf at ±0, NaN below.
func Log1(x float64) float64 {
	switch {
	case normal(x):
		return logPlain(x)
	case x == 0:
		return math.Inf(-1)
	case !(x > 0):
		return math.NaN()
	case x > math.MaxFloat64:
		return x
	}
	k, f := splitLog(x * 0x1p54)
	return logReduced(k-54, f, 0)
}

func log1pFast(x float64) bool { return x > -1 && x <= math.MaxFloat64 }

// log1pPlain is log(1+x): what the sum loses goes back into f, which is x itself where 1+x is near 1.
func log1pPlain(x float64) float64 {
	u := 1 + x
	lost := x - (u - 1)
	b := math.Float64bits(u) + logShift
	k, f := splitLog(u)
	f = math.FMA(0.5*lost, math.Float64frombits((2047-b>>52)<<52), f)
	if k == 0 {
		f = x
	}
	y := logReduced(k, f, 0)
	if x == 0 {
		y = x
	}
	return y
}

// Log1p1 is log(1+x) within 2 ulp, also near 0; it keeps the sign of zero. -Inf at -1, NaN below.
func Log1p1(x float64) float64 {
	switch {
	case log1pFast(x):
		return log1pPlain(x)
	case x == -1:
		return math.Inf(-1)
	case x > 0:
		return x
	}
	return math.NaN()
}

const (
	perLn2Hi, perLn2Lo     = 0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56 // 1 / log 2
	perLn10Hi, perLn10Lo   = 0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57 // 1 / log 10
	log10of2Hi, log10of2Lo = 0x1.34413509f7800p-2, 0x1.fef311f12b358p-46 // the high part has 42 bits
)

func log2Plain(x float64) float64 {
	k, f := splitLog(x)
	y := logReduced(0, f, 0)
	return math.FMA(y, perLn2Hi, math.FMA(y, perLn2Lo, k))
}

// Log21 is the logarithm to base 2 within 1.6 ulp, exact at powers of 2: -Inf at ±0, NaN below.
func Log21(x float64) float64 {
	switch {
	case normal(x):
		return log2Plain(x)
	case x > 0 && x < 1:
		return log2Plain(x*0x1p54) - 54 // whole parts of that size leave no more than their last place to round
	}
	return Log1(x)
}

func log10Plain(x float64) float64 { return log10Of(splitLog(x)) }

// log10Of is the logarithm of 2^k (1+f).
func log10Of(k, f float64) float64 {
	y := logReduced(0, f, 0)
	return math.FMA(k, log10of2Hi, math.FMA(y, perLn10Hi, math.FMA(y, perLn10Lo, float64(k*log10of2Lo))))
}

// Log101 is the logarithm to base 10 within 1.6 ulp, exact at powers of 10: -Inf at ±0, NaN below.
func Log101(x float64) float64 {
	switch {
	case normal(x):
		return log10Plain(x)
	case x > 0 && x < 1:
		return log10Of(splitAny(x))
	}
	return Log1(x)
}
