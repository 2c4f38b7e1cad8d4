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
	ps, pc := horner(sinPoly[:], z), horner(cosPoly[:], z)
	sin = math.FMA(float64(r*z), ps, r)
	h := 0.5 * z
	w := 1 - h // h is exact
	cos = w + math.FMA(float64(z*z), pc, (1-w)-h)
	if math.Float64frombits(q<<63>>1) != 0 { // odd
		sin, cos = cos, sin
	}
	sin = math.Float64frombits(math.Float64bits(sin) ^ q&2<<62)
	cos = math.Float64frombits(math.Float64bits(cos) ^ (q+1)&2<<62)
	return sin, cos
}

func sincosFast(x float64) bool { return math.Abs(x) < sincosMax }

func sincosPlain(x float64) (sin, cos float64) {
	t := math.FMA(x, twoOverPi, magic)
	n := t - magic
	r := math.FMA(-n, halfPi3, math.FMA(-n, halfPi2, math.FMA(-n, halfPi1, x)))
	sin, cos = sincosReduced(r, math.Float64bits(t))
	if x == 0 {
		sin = x
	}
	return sin, cos
}

// Sincos1 is sin(x) and cos(x), x in radians, each within 1.6 ulp for every finite x; NaN for infinite x.
func Sincos1(x float64) (sin, cos float64) {
	if !sincosFast(x) {
		return sincosLarge(x)
	}
	return sincosPlain(x)
}

func sinPlain(x float64) float64 { s, _ := sincosPlain(x); return s }

func cosPlain(x float64) float64 { _, c := sincosPlain(x); return c }

// Sin1 is the sine of [Sincos1].
func Sin1(x float64) float64 {
	if sincosFast(x) {
		return sinPlain(x)
	}
	s, _ := sincosLarge(x)
	return s
}

// Cos1 is the cosine of [Sincos1].
func Cos1(x float64) float64 {
	if sincosFast(x) {
		return cosPlain(x)
	}
	_, c := sincosLarge(x)
	return c
}

// SincosTurns1 is sin(2 pi u) and cos(2 pi u) within 2 ulp: exact at multiples of 1/4. NaN for infinite u.
func SincosTurns1(u float64) (sin, cos float64) {
	if !turnsFast(u) {
		if u-u != 0 {
			return math.NaN(), math.NaN()
		}
		u -= math.Trunc(u)
	}
	return sincosTurnsPlain(u)
}

func turnsFast(u float64) bool { return math.Abs(u) < turnsMax }

func sincosTurnsPlain(u float64) (sin, cos float64) {
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

func sincosLarge(x float64) (sin, cos float64) {
	if x-x != 0 {
		return math.NaN(), math.NaN()
	}
	r, _, q := reduceLarge(x)
	sin, cos = sincosReduced(r, q)
	if x < 0 {
		sin = -sin
	}
	return sin, cos
}

// reduceLarge writes |x| = m 2^e, finite and at least 1, as r + low + q pi/2 with the 192 bits of 2/pi that matter: bits of weight 4 and more in
// m 2^e (2/pi) fall away (M. H. Payne, R. N. Hanek, SIGNUM Newsletter 18, 19 (1983)).
func reduceLarge(x float64) (r, low float64, q uint64) {
	b := math.Float64bits(math.Abs(x))
	m := b&mantissa | 1<<52
	first := uint(b>>52) - 1075 - 2 + 64
	word, shift := first/64, first%64
	var w [3]uint64
	for i := range w {
		w[i] = inversePi2[word+uint(i)]<<shift | inversePi2[word+uint(i)+1]>>1>>(63-shift)
	}
	carry, rest := bits.Mul64(m, w[2])
	h, mid := bits.Mul64(m, w[1])
	mid, c := bits.Add64(mid, carry, 0)
	top := m*w[0] + h + c
	q = top >> 62
	top, mid = top<<2|mid>>62, mid<<2|rest>>62
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
	unit := power2(int64(scale))
	f := float64(top&^2047) * unit
	fLow := (float64(top&2047) + float64(mid)*0x1p-64) * unit // exact
	high := f * halfPi1
	low = math.FMA(f, halfPi1, -high) + math.FMA(f, halfPi2, float64(fLow*halfPi1))
	if negative {
		high, low = -high, -low
	}
	r, low = sumOf(high, low)
	return r, low, q
}
