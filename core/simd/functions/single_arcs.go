package functions

import (
	"math"

	"github.com/ergodica/ergodica/core/simd"
)

// The trigonometric functions of float32 and their inverses, computed in float32; coefficients as those of single.go.
var (
	// sin(r) = r + r^3 S(r^2) and cos(r) = 1 - r^2/2 + r^4 C(r^2), |r| <= pi/4, within 2^-27.9 and 2^-33.
	sinPoly32 = [3]float32{-0x1.555544p-3, 0x1.1106bep-7, -0x1.991836p-13}
	cosPoly32 = [3]float32{0x1.55554ap-5, -0x1.6c0c1cp-10, 0x1.99e1d6p-16}
	// tan(r) = r + r^3 T(r^2), |r| <= pi/4, within 2^-29 of itself.
	tanPoly32 = [7]float32{0x1.555564p-2, 0x1.110c9cp-3, 0x1.bb056ep-5, 0x1.5b0c44p-6, 0x1.6b6baap-7, -0x1.e0c13p-13, 0x1.28ffa4p-8}
	// atan(t) = t + t^3 A(t^2) and asin(t) = t + t^3 B(t^2), |t| <= 1/2, within 2^-27.5 of themselves.
	atanPoly32 = [5]float32{-0x1.555514p-2, 0x1.997baap-3, -0x1.2251d6p-3, 0x1.a04c86p-4, -0x1.a4edc8p-5}
	asinPoly32 = [5]float32{0x1.5555cap-3, 0x1.330164p-4, 0x1.748b32p-5, 0x1.8ba79ep-6, 0x1.59daa8p-5}
)

const (
	twoOverPi32   = 0x1.45f306p-1
	halfPi32      = 0x1.921fb6p+0
	halfPiLow32   = -0x1.777a5cp-25
	halfPiRest32  = -0x1.ee59dap-50
	quarterPi32   = 0x1.921fb6p-1
	quarterLow32  = -0x1.777a5cp-26
	doubledHalves = 0x7e800000 // less the bits of s > 0 these are the bits of nearly 0.5/s
)

func turnFast32(x float32) bool { return abs32(x) < 0x1p17 }

// turn32 is x = r + low + q pi/2 with the whole number q in the low bits of t. The first product is taken off without loss.
func turn32(x float32) (t, r, low float32) {
	t = simd.FMA32(x, twoOverPi32, magic32)
	n := t - magic32
	first := simd.FMA32(-n, halfPi32, x)
	p := float32(n * halfPiLow32) // it may be the larger one
	r = first - p
	q := r - first
	low = (first - (r - q)) - (p + q)
	return t, r, low - simd.FMA32(n, halfPiRest32, simd.FMA32(n, halfPiLow32, -p))
}

func sincosReduced32(r, low float32) (sin, cos float32) {
	z := r * r
	sin = r + simd.FMA32(float32(r*z), horner32(sinPoly32[:], z), low)
	h := float32(0.5 * z)
	w := 1 - h
	cos = w + simd.FMA32(float32(z*z), horner32(cosPoly32[:], z), simd.FMA32(-r, low, (1-w)-h))
	return sin, cos
}

func sinPlain32(x float32) float32 {
	t, r, low := turn32(x)
	y, cos := sincosReduced32(r, low)
	q := math.Float32bits(t)
	if math.Float32frombits(q<<31>>1) != 0 { // odd
		y = cos
	}
	y = math.Float32frombits(math.Float32bits(y) ^ q&2<<30)
	if x == 0 {
		y = x
	}
	return y
}

func cosPlain32(x float32) float32 {
	t, r, low := turn32(x)
	sin, y := sincosReduced32(r, low)
	q := math.Float32bits(t)
	if math.Float32frombits(q<<31>>1) != 0 { // odd
		y = sin
	}
	return math.Float32frombits(math.Float32bits(y) ^ (q+1)&2<<30)
}

// tanPlain32 is tan(r), or -1/tan(r) after an odd number of quarter turns, tan(r) as a sum.
func tanPlain32(x float32) float32 {
	t, r, low := turn32(x)
	z := r * r
	cube, c := float32(r*z), evenOdd32(tanPoly32[:], z)
	y := simd.FMA32(cube, c, r)
	lost := float32(r * simd.FMA32(r, r, -z))
	rest := simd.FMA32(cube, c, simd.FMA32(lost, c, float32(low*simd.FMA32(y, y, 1)))) // the derivative of tan
	y = r + rest
	inverse := 1 / y
	lost = simd.FMA32(inverse, y, -1) + float32(inverse*((r-y)+rest))
	if math.Float32frombits(math.Float32bits(t)<<31>>1) != 0 { // odd
		y = simd.FMA32(lost, inverse, -inverse)
	}
	if x == 0 {
		y = x
	}
	return y
}

// arc32 is high + low + atan(n/d), where d lacks lost.
func arc32(n, d, lost, high, low float32) float32 {
	inverse := 1 / d
	t := float32(n * inverse)
	rest := float32(simd.FMA32(-t, lost, simd.FMA32(-t, d, n)) * inverse)
	z := t * t
	return high + (simd.FMA32(float32(t*z), horner32(atanPoly32[:], z), rest+low) + t)
}

func atanFast32(x float32) bool { return abs32(x) < 0x1p100 }

// atanPlain32 has the arc tangent of a, (a-1)/(a+1) or -1/a.
func atanPlain32(x float32) float32 {
	a := abs32(x)
	n, d, lost, high, low := a, float32(1), float32(0), float32(0), float32(0)
	if a > 0.5 {
		n, d, high, low = a-1, a+1, quarterPi32, quarterLow32
		lost = a - (d - 1)
	}
	if a > 2 {
		n, d, lost, high, low = -1, a, 0, halfPi32, halfPiLow32
	}
	return copysign32(arc32(n, d, lost, high, low), x)
}

func arcFast32(x float32) bool { return abs32(x) <= 1 }

// asinPlain32 is [asinPlain]; what the root lacks is divided by the root roughly.
func asinPlain32(x float32) float32 {
	a := abs32(x)
	z, s, lost := float32(a*a), a, float32(0)
	if a > 0.5 {
		z = (1 - a) * 0.5
		s = sqrt32(z)
		lost = float32(simd.FMA32(-s, s, z) * math.Float32frombits(doubledHalves-math.Float32bits(s)))
	}
	t := simd.FMA32(float32(s*z), horner32(asinPoly32[:], z), lost)
	y := s + t
	if a > 0.5 {
		d := halfPi32 - 2*s                                    // the doubled are exact
		y = d - (2*t - (halfPiLow32 + ((halfPi32 - d) - 2*s))) // exact
	}
	return copysign32(y, x)
}

func acosPlain32(x float32) float32 {
	a := abs32(x)
	z, s, lost := float32(a*a), x, float32(0)
	if a > 0.5 {
		z = (1 - a) * 0.5
		s = sqrt32(z)
		lost = float32(simd.FMA32(-s, s, z) * math.Float32frombits(doubledHalves-math.Float32bits(s)))
	}
	t := simd.FMA32(float32(s*z), horner32(asinPoly32[:], z), lost)
	y := halfPi32 - (s + (t - halfPiLow32))
	if a > 0.5 {
		y = 2 * (s + t)
		if x < 0 {
			y = 2 * (halfPi32 - (s + (t - halfPiLow32)))
		}
	}
	return y
}

func atan2Fast32(y, x float32) bool {
	m := most32(abs32(x), abs32(y))
	return x == x && y == y && m < 0x1p60 && m > 0x1p-40
}

// atan2Plain32 is [atan2Plain].
func atan2Plain32(y, x float32) float32 {
	a, b := abs32(y), abs32(x)
	n, d := a, b
	if a > b {
		n, d = b, a
	}
	p, q, lost, high, low := n, d, float32(0), float32(0), float32(0)
	if n > 0.5*d {
		p, q, high, low = n-d, d+n, quarterPi32, quarterLow32
		lost = n - (q - d)
	}
	inverse := 1 / q
	t := float32(p * inverse)
	rest := float32(simd.FMA32(-t, lost, simd.FMA32(-t, q, p)) * inverse)
	z := t * t
	rest = simd.FMA32(float32(t*z), horner32(atanPoly32[:], z), rest+low)
	if a > b { // pi/2 - it
		t, rest, high = -t, halfPiLow32-rest, halfPi32-high
	}
	if math.Float32bits(x)>>31 != 0 { // pi - it
		t, rest, high = -t, 2*halfPiLow32-rest, 2*halfPi32-high
	}
	return copysign32(high+(rest+t), y)
}
