package functions

import "math"

// All of them by Remez' algorithm at 250 bits.
var (
	// atan(t) = t + t^3 A(t^2), |t| <= tan(pi/8), within 2^-59.5 of itself.
	atanPoly = [11]float64{-0x1.555555555553dp-2, 0x1.99999999958ebp-3, -0x1.24924922b1214p-3, 0x1.c71c70e7a288bp-4, -0x1.745cf90b2062fp-4, 0x1.3b111c64cd43cp-4, -0x1.10ebdd9f871c7p-4, 0x1.df116773840cdp-5, -0x1.9cdc26225e8dap-5, 0x1.37ed3d18658bbp-5, -0x1.259d3f75eabe4p-6}
	// log((1+s)/(1-s)) = 2s + s^3 R(s^2), s^2 <= 0.0604, within 2^-58 of itself.
	atanhPoly = [8]float64{0x1.555555555549dp-1, 0x1.99999999c9b85p-2, 0x1.2492490251abfp-2, 0x1.c71c8953463f1p-3, 0x1.74589fe4be288p-3, 0x1.3b917ab7d4763p-3, 0x1.091d708461f99p-3, 0x1.347dd9eece44cp-3}
)

// asinPoly are the coefficients of P, where asin(x) = x + x^3 P(x^2), |x| <= 1/2, within 2^-59.8 (Remez, 400 bits).
var asinPoly = [13]float64{
	0x1.5555555555577p-3,
	0x1.333333332e13fp-4,
	0x1.6db6db7214aa0p-5,
	0x1.f1c71a935f9a0p-6,
	0x1.6e8bdf1b52e6ep-6,
	0x1.1c49eb75f472cp-6,
	0x1.ca2010682cb53p-7,
	0x1.758108a930662p-7,
	0x1.61571aa277aefp-7,
	0x1.e455e6607f00dp-9,
	0x1.641dfa8051931p-6,
	-0x1.58b7d7b5b80b3p-6,
	0x1.0b81a1fec7849p-5,
}

const (
	tanEighth  = 0x1.a827999fcef32p-2 // tan(pi/8)
	quarterPi1 = 0x1.921fb54442d18p-1
	quarterPi2 = 0x1.1a62633145c07p-55
	areaShift  = 0x3ff0000000000000 - 0x3fea666666666666 // the bits of 1 and 0.825
)

func anyNumber(x float64) bool { return x == x }

// atanAll is atan(x) of every number.
func atanAll(x float64) float64 {
	a := math.Abs(x)
	n, d, high, low := a, 1.0, 0.0, 0.0
	if a > tanEighth {
		n, d, high, low = a-1, a+1, quarterPi1, quarterPi2
	}
	if a > 1/tanEighth {
		n, d, high, low = -1, a, halfPi1, halfPi2
	}
	t := n / d
	z := t * t
	y := high + (math.FMA(float64(t*z), evenOdd(atanPoly[:], z), low) + t)
	return math.Copysign(y, x)
}

// Atan1 is atan(x) within 1.9 ulp.
func Atan1(x float64) float64 {
	if !anyNumber(x) {
		return math.NaN()
	}
	return atanAll(x)
}

// atan2Fast: neither overflows when added, nor is the larger small.
func atan2Fast(y, x float64) bool {
	m := most(math.Abs(x), math.Abs(y))
	return x == x && y == y && m < 0x1p1000 && m > 0x1p-900
}

// atan2Plain has the smaller of |x| and |y| over the larger in the arc tangent, and turns from there.
func atan2Plain(y, x float64) float64 {
	a, b := math.Abs(y), math.Abs(x)
	n, d := a, b
	if a > b {
		n, d = b, a
	}
	high, low := 0.0, 0.0
	p, q := n, d
	if n > d*tanEighth {
		p, q, high, low = n-d, n+d, quarterPi1, quarterPi2
	}
	t := p / q
	z := t * t
	rest := math.FMA(float64(t*z), evenOdd(atanPoly[:], z), low)
	if a > b { // pi/2 - it
		t, rest, high = -t, halfPi2-rest, halfPi1-high
	}
	if math.Float64bits(x)>>63 != 0 { // pi - it
		t, rest, high = -t, 2*halfPi2-rest, 2*halfPi1-high
	}
	return math.Copysign(high+(rest+t), y)
}

// Atan21 is the angle of (x, y), in [-pi, pi], within 2 ulp; C's rules for zeros and infinities.
func Atan21(y, x float64) float64 {
	switch {
	case x != x || y != y:
		return math.NaN()
	case atan2Fast(y, x):
		return atan2Plain(y, x)
	case y == 0 && x == 0 || math.IsInf(x, 0) && math.IsInf(y, 0): // in place of either 1
		a, b := math.Copysign(1, y), math.Copysign(1, x)
		if y == 0 {
			a = y
		}
		return atan2Plain(a, b)
	case math.IsInf(y, 0):
		return math.Copysign(halfPi1, y)
	case math.IsInf(x, 0):
		return atan2Plain(math.Copysign(0, y), math.Copysign(1, x))
	case max(math.Abs(x), math.Abs(y)) >= 0x1p1000: // what the smaller loses here is below the last place
		return atan2Plain(y*0x1p-100, x*0x1p-100)
	}
	return atan2Plain(y*0x1p200, x*0x1p200)
}

func arcFast(x float64) bool { return math.Abs(x) <= 1 }

// asinPlain is asin(x), |x| <= 1: above 1/2 by asin(a) = pi/2 - 2 asin(sqrt((1-a)/2)).
func asinPlain(x float64) float64 {
	a := math.Abs(x)
	z, s, lost := float64(a*a), a, 0.0
	if a > 0.5 {
		z = (1 - a) * 0.5
		s = math.Sqrt(z)
		lost = math.FMA(-s, s, z) / most(s+s, 0x1p-1000)
	}
	t := math.FMA(float64(s*z), evenOdd(asinPoly[:], z), lost)
	y := s + t
	if a > 0.5 {
		y = (halfPi1 - 2*s) - (2*t - halfPi2) // the doubled are exact
	}
	return math.Copysign(y, x)
}

// Asin1 is asin(x) within 1.6 ulp, NaN outside [-1, 1].
func Asin1(x float64) float64 {
	if !arcFast(x) {
		return math.NaN()
	}
	return asinPlain(x)
}

// acosPlain is acos(x), |x| <= 1: above 1/2 by acos(a) = 2 asin(sqrt((1-a)/2)).
func acosPlain(x float64) float64 {
	a := math.Abs(x)
	z, s, lost := float64(a*a), x, 0.0
	if a > 0.5 {
		z = (1 - a) * 0.5
		s = math.Sqrt(z)
		lost = math.FMA(-s, s, z) / most(s+s, 0x1p-1000)
	}
	t := math.FMA(float64(s*z), evenOdd(asinPoly[:], z), lost)
	y := halfPi1 - (s + (t - halfPi2))
	if a > 0.5 {
		y = 2 * (s + t)
		if x < 0 {
			y = 2 * (halfPi1 - (s + (t - halfPi2)))
		}
	}
	return y
}

// Acos1 is acos(x) within 1.5 ulp, NaN outside [-1, 1].
func Acos1(x float64) float64 {
	if !arcFast(x) {
		return math.NaN()
	}
	return acosPlain(x)
}

// areaLog is k log 2 + log((1+s)/(1-s)) + c, c small.
func areaLog(k, s, c float64) float64 {
	z := s * s
	r := math.FMA(s, float64(z*evenOdd(atanhPoly[:], z)), math.FMA(k, ln2lo, c))
	return math.FMA(k, ln2hi, s+s+r)
}

func atanhFast(x float64) bool { return math.Abs(x) < 1-0x1p-50 } // 1 + 2^k is exact

// atanhPlain is atanh(x) = log((1+x)/(1-x)) / 2, with that quotient as 2^k (1+s)/(1-s).
func atanhPlain(x float64) float64 {
	a := math.Abs(x)
	b := math.Float64bits(1+a) - math.Float64bits(1-a) + 1<<51
	k := math.Float64frombits(0x4330000000000000|b>>52) - 0x1p52
	p := math.Float64frombits((b>>52 + 1023) << 52)
	s := math.FMA(a, 1+p, 1-p) / math.FMA(a, 1-p, 1+p)
	return math.Copysign(0.5*areaLog(k, s, 0), x)
}

// Atanh1 is atanh(x) within 2 ulp, infinite at -1 and 1, NaN outside.
func Atanh1(x float64) float64 {
	switch {
	case atanhFast(x):
		return atanhPlain(x)
	case math.Abs(x) == 1:
		return math.Copysign(math.Inf(1), x)
	case math.Abs(x) < 1:
		return math.Copysign(0.5*Log1((1+math.Abs(x))/(1-math.Abs(x))), x)
	}
	return math.NaN()
}

// splitArea writes u >= 1 as 2^k times a number between 0.825 and 1.65, so that k is 0 where the logarithm is below 1/2; power is 2^k.
func splitArea(u float64) (k, power float64) {
	b := (math.Float64bits(u) + areaShift) >> 52
	return math.Float64frombits(0x4330000000000000|b) - (0x1p52 + 1023), math.Float64frombits(b << 52)
}

func asinhFast(x float64) bool { return math.Abs(x) < 0x1p500 }

// asinhPlain is log(a + sqrt(1+a^2)) with the sign of x; tanh(asinh(a)/2) = a / (1 + sqrt(1+a^2)).
func asinhPlain(x float64) float64 {
	a := math.Abs(x)
	q := math.Sqrt(math.FMA(a, a, 1))
	k, power := splitArea(a + q)
	n, d, lost := a+(q-power), a+(q+power), 0.0
	if k == 0 {
		n, d = a, q+1
		lost = q - (d - 1) // of a sum near 2
	}
	s := n / d
	return math.Copysign(areaLog(k, s, -float64(s*lost)), x)
}

// Asinh1 is asinh(x) within 2 ulp.
func Asinh1(x float64) float64 {
	switch {
	case asinhFast(x):
		return asinhPlain(x)
	case x != x:
		return math.NaN()
	case math.IsInf(x, 0):
		return x
	}
	return math.Copysign(Log1(math.Abs(x)*0.5)+2*math.Ln2, x)
}

func acoshFast(x float64) bool { return x >= 1 && x < 0x1p500 }

// acoshPlain is log(x + sqrt(x^2-1)); tanh(acosh(x)/2) = sqrt(x^2-1) / (x+1).
func acoshPlain(x float64) float64 {
	t := x - 1
	p := math.Sqrt(math.FMA(t, t, t+t))
	k, power := splitArea(x + p)
	n, d, lost := p+(x-power), p+(x+power), 0.0
	if k == 0 {
		n, d = p, t+2
		lost = t - (d - 2)
	}
	s := n / d
	return areaLog(k, s, -float64(s*lost))
}

// Acosh1 is acosh(x) within 2.3 ulp, NaN below 1.
func Acosh1(x float64) float64 {
	switch {
	case acoshFast(x):
		return acoshPlain(x)
	case x >= 1 && !math.IsInf(x, 0):
		return Log1(x*0.5) + 2*math.Ln2
	case x >= 1:
		return x
	}
	return math.NaN()
}
