package functions

import (
	"math"
	"math/bits"
)

const (
	twoOverPi = 0.6366197723675814
	halfPi1   = 0x1.921fb54442d18p+0
	halfPi2   = 0x1.1a62633145c07p-54
	halfPi3   = -0x1.f1976b7ed8fbcp-110
	sincosMax = 0x1p20 // from here on arguments are reduced with all bits of 2/pi
	turnsMax  = 0x1p50
)

// sin(r) = r + r^3 S(r^2) within 1.3e-17 and cos(r) = 1 - r^2/2 + r^4 C(r^2) within 5e-19 on |r| <= pi/4 (Chebyshev fits, 200 bits).
var (
	sinPoly = [6]float64{
		-0x1.5555555555555p-3,
		0x1.1111111110babp-7,
		-0x1.a01a019e820aep-13,
		0x1.71de37946ed6dp-19,
		-0x1.ae6008d114485p-26,
		0x1.5e0a4fc16be59p-33,
	}
	cosPoly = [6]float64{
		0x1.5555555555555p-5,
		-0x1.6c16c16c16963p-10,
		0x1.a01a019f4ddfdp-16,
		-0x1.27e4fa16cc2d1p-22,
		0x1.1eeb67d026ec6p-29,
		-0x1.907cd8ff5ede7p-37,
	}
)

// sincosReduced is sin and cos of r + q pi/2, |r| <= pi/4.
func sincosReduced(r float64, q uint64) (sin, cos float64) {
	z := r * r
	s, c := &sinPoly, &cosPoly
	ps, pc := math.FMA(s[5], z, s[4]), math.FMA(c[5], z, c[4])
	ps, pc = math.FMA(ps, z, s[3]), math.FMA(pc, z, c[3])
	ps, pc = math.FMA(ps, z, s[2]), math.FMA(pc, z, c[2])
	ps, pc = math.FMA(ps, z, s[1]), math.FMA(pc, z, c[1])
	ps, pc = math.FMA(ps, z, s[0]), math.FMA(pc, z, c[0])
	sin = math.FMA(float64(r*z), ps, r)
	h := 0.5 * z
	w := 1 - h // h is exact
	cos = w + math.FMA(float64(z*z), pc, (1-w)-h)
	if q&1 != 0 {
		sin, cos = cos, sin
	}
	sin = math.Float64frombits(math.Float64bits(sin) ^ q&2<<62)
	cos = math.Float64frombits(math.Float64bits(cos) ^ (q+1)&2<<62)
	return sin, cos
}

// Sincos1 is sin(x) and cos(x), x in radians, each within 1.5 ulp for every finite x; NaN for infinite x.
func Sincos1(x float64) (sin, cos float64) {
	if !(math.Abs(x) < sincosMax) {
		return sincosLarge(x)
	}
	t := math.FMA(x, twoOverPi, magic)
	n := t - magic
	r := math.FMA(-n, halfPi1, x)
	r = math.FMA(-n, halfPi2, r)
	r = math.FMA(-n, halfPi3, r)
	sin, cos = sincosReduced(r, math.Float64bits(t))
	if x == 0 {
		sin = x
	}
	return sin, cos
}

// Sin1 is the sine of [Sincos1].
func Sin1(x float64) float64 { s, _ := Sincos1(x); return s }

// Cos1 is the cosine of [Sincos1].
func Cos1(x float64) float64 { _, c := Sincos1(x); return c }

// SincosTurns1 is sin(2 pi u) and cos(2 pi u) within 2 ulp: exact at multiples of 1/4. NaN for infinite u.
func SincosTurns1(u float64) (sin, cos float64) {
	if !(math.Abs(u) < turnsMax) {
		if u-u != 0 {
			return math.NaN(), math.NaN()
		}
		u -= math.Trunc(u)
	}
	t := math.FMA(u, 4, magic)
	n := t - magic
	r := math.FMA(n, -0.25, u)
	return sincosReduced(r*(4*halfPi1), math.Float64bits(t))
}

// inversePi2 are the first 1280 bits of 2/pi, after 64 zero bits for its integer part.
var inversePi2 = [21]uint64{0,
	0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
	0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
	0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
	0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
}

// sincosLarge reduces x = m 2^e by the 192 bits of 2/pi that matter: bits of weight 4 and more in m 2^e (2/pi) fall away
// (M. H. Payne, R. N. Hanek, SIGNUM Newsletter 18, 19 (1983)).
func sincosLarge(x float64) (sin, cos float64) {
	if x-x != 0 {
		return math.NaN(), math.NaN()
	}
	b := math.Float64bits(math.Abs(x))
	m := b&mantissa | 1<<52
	first := uint(b>>52) - 1075 - 2 + 64
	word, shift := first/64, first%64
	var w [3]uint64
	for i := range w {
		w[i] = inversePi2[word+uint(i)]<<shift | inversePi2[word+uint(i)+1]>>1>>(63-shift)
	}
	carry, low := bits.Mul64(m, w[2])
	h, mid := bits.Mul64(m, w[1])
	mid, c := bits.Add64(mid, carry, 0)
	top := m*w[0] + h + c
	q := top >> 62
	top, mid = top<<2|mid>>62, mid<<2|low>>62
	negative := top>>63 != 0
	if negative {
		q++
		mid, c = bits.Sub64(0, mid, 0)
		top, _ = bits.Sub64(0, top, c)
	}
	scale := -64
	for top < 1<<63 && scale > -192 {
		z := min(bits.LeadingZeros64(top), 63)
		top, mid = top<<z|mid>>(64-z), mid<<z
		scale -= z
	}
	f := float64(top) * power2(int64(scale))
	hi := f * halfPi1
	r := hi + math.FMA(f, halfPi2, math.FMA(f, halfPi1, -hi))
	if negative {
		r = -r
	}
	sin, cos = sincosReduced(r, q)
	if x < 0 {
		sin = -sin
	}
	return sin, cos
}

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

// halfAngle is asin(sqrt((1-a)/2)) as a sum, for 1/2 <= a < 1: acos(a) is twice that.
func halfAngle(a float64) (s, t float64) {
	z := (1 - a) * 0.5
	s = math.Sqrt(z)
	lost := math.FMA(-s, s, z) / (s + s)
	return s, math.FMA(float64(s*z), evenOdd(asinPoly[:], z), lost)
}

// Asin1 is asin(x) within 1.5 ulp, NaN outside [-1, 1].
func Asin1(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a <= 0.5:
		z := x * x
		return math.FMA(float64(x*z), evenOdd(asinPoly[:], z), x)
	case a == 1:
		return math.Copysign(halfPi1, x)
	case !(a < 1):
		return math.NaN()
	}
	s, t := halfAngle(a)
	return math.Copysign((halfPi1-2*s)-(2*t-halfPi2), x) // the doubled are exact
}

// Acos1 is acos(x) within 1.5 ulp, NaN outside [-1, 1].
func Acos1(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a <= 0.5:
		z := x * x
		return halfPi1 - (x - math.FMA(float64(-x*z), evenOdd(asinPoly[:], z), halfPi2))
	case x == 1:
		return 0
	case x == -1:
		return 2 * halfPi1
	case !(a < 1):
		return math.NaN()
	}
	s, t := halfAngle(a)
	if x > 0 {
		return 2 * (s + t)
	}
	return 2 * (halfPi1 - (s + (t - halfPi2)))
}

// Tan1 is tan(x), x in radians, within 2 ulp (3.5 from 2^20 on); NaN for infinite x.
func Tan1(x float64) float64 {
	if !(math.Abs(x) < sincosMax) {
		sin, cos := sincosLarge(x)
		return sin / cos
	}
	t := math.FMA(x, twoOverPi, magic)
	n := t - magic
	r1 := math.FMA(-n, halfPi1, x)
	r := math.FMA(-n, halfPi2, r1)
	low := math.FMA(-n, halfPi3, math.FMA(-n, halfPi2, r1-r)) // what r has lost
	z := r * r
	s, c := &sinPoly, &cosPoly
	ps, pc := math.FMA(s[5], z, s[4]), math.FMA(c[5], z, c[4])
	ps, pc = math.FMA(ps, z, s[3]), math.FMA(pc, z, c[3])
	ps, pc = math.FMA(ps, z, s[2]), math.FMA(pc, z, c[2])
	ps, pc = math.FMA(ps, z, s[1]), math.FMA(pc, z, c[1])
	ps, pc = math.FMA(ps, z, s[0]), math.FMA(pc, z, c[0])
	h := 0.5 * z
	w := 1 - h // h is exact
	sin, sinLow := sumOf(r, math.FMA(float64(r*z), ps, low))
	cos, cosLow := sumOf(w, math.FMA(float64(z*z), pc, math.FMA(-r, low, (1-w)-h)))
	if math.Float64bits(t)&1 != 0 {
		sin, sinLow, cos, cosLow = -cos, -cosLow, sin, sinLow
	}
	if sin == 0 {
		return x
	}
	q := sin / cos
	return q + (math.FMA(-q, cos, sin)+math.FMA(-q, cosLow, sinLow))/cos
}

// sumOf is a + b, |a| >= |b|, and what the sum has lost.
func sumOf(a, b float64) (sum, lost float64) {
	sum = a + b
	return sum, (a - sum) + b
}
