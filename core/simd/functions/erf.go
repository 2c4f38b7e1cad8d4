package functions

import "math"

const (
	erfcMiddle = 4
	erfcPoly0  = 0x1.18932bf08e154p+0
	erfcPoly0l = 0x1.0981aa12747cep-54 // what that lacks
	erfcPoly1  = -0x1.f3fe31ecb49bfp-1
	erfcHigh   = 27.3 // from here on erfc is 0
	erfSpan    = 4.95 // from 1 to where erf is 1
)

var (
	// erf(x) = x + x Q(x^2) on |x| <= 1 within 2^-57.
	erfPoly = [12]float64{
		0x1.06eba8214db68p-3,
		-0x1.812746b0379c2p-2,
		0x1.ce2f21a041018p-4,
		-0x1.b82ce312062bcp-6,
		0x1.565bccfa9a825p-8,
		-0x1.c02db072f3fe0p-11,
		0x1.f9a2bf73f0c68p-14,
		-0x1.f4ca94990cb86p-17,
		0x1.b9827b1885f9bp-20,
		-0x1.5c16e30fb0d45p-23,
		0x1.d784936618cc2p-27,
		-0x1.acdff90b8ebd8p-31,
	}
	// -log erfc(1+t) on 0 <= t <= 4.95 within 2^-57.1 / erfc(1+t).
	erfTailPoly = [18]float64{
		0x1.d97fbf27aa2a1p+0,
		0x1.51c9b0006c21ap+1,
		0x1.afabc11a2afedp-1,
		0x1.5477f099b54c5p-5,
		-0x1.48c9d37f85c67p-7,
		0x1.033f5a0d36292p-9,
		-0x1.f1b0491a56b00p-13,
		-0x1.b92dfa0c0a82fp-16,
		0x1.c852eb1821d29p-16,
		-0x1.44852117caea0p-17,
		0x1.1e2796d141e5cp-19,
		-0x1.b7f64efa4f856p-23,
		-0x1.f203ac486d7c9p-25,
		0x1.1eb486d3c221fp-25,
		-0x1.248fddb69e0c4p-27,
		0x1.6a6193097d983p-30,
		-0x1.0636bc49abd28p-33,
		0x1.560d31766e1e6p-38,
	}
	// (x+4) exp(x^2) erfc(x) = erfcPoly0 + t (erfcPoly1 + t P(t)), t = (x-4)/(x+4), on 0.5 <= x <= 27.3 within 2^-58.1 of itself. The first two: Remez, 400 bits; the third with coefficients
	// rounded one after the other.
	erfcPoly = [19]float64{
		0x1.8be202d26c700p-1,
		-0x1.14eacb1ad0347p-1,
		0x1.52cac237104e7p-2,
		-0x1.645fd8a4bbfbap-3,
		0x1.38dbd2c8c9537p-4,
		-0x1.b00c052c23416p-6,
		0x1.908f47398388bp-8,
		-0x1.269b528351d62p-12,
		-0x1.dd284f825db89p-12,
		0x1.72cdad9aefd04p-13,
		-0x1.e7d0d1dba058dp-19,
		-0x1.3c6f936f31437p-16,
		0x1.3ae586c7b493ep-18,
		0x1.7e6a413815b8dp-20,
		-0x1.c40c64d4fe176p-21,
		-0x1.47035c6ddf941p-24,
		0x1.ff29e719df92cp-24,
		0x1.6dbd75c339b5ep-30,
		-0x1.9baeb6c8adc07p-27,
	}
)

// evenOdd is the polynomial c at x, its even and its odd part by Horner's rule in x^2.
func evenOdd(c []float64, x float64) float64 {
	z := x * x
	n := len(c) - 1
	a, b := c[n], c[n-1]
	for i := n - 2; i > 0; i -= 2 {
		a, b = math.FMA(a, z, c[i]), math.FMA(b, z, c[i-1])
	}
	if n&1 != 0 {
		return math.FMA(a, x, b)
	}
	return math.FMA(b, x, math.FMA(a, z, c[0]))
}

// erfAll is erf(x) of every number.
func erfAll(x float64) float64 {
	a := math.Abs(x)
	t, p := reduceExp(-evenOdd(erfTailPoly[:], least(a-1, erfSpan)))
	y := math.Copysign(1-float64((1+p)*power2At(t)), x)
	if a < 1 {
		y = math.FMA(x, evenOdd(erfPoly[:], float64(x*x)), x)
	}
	if x != x {
		y = math.NaN()
	}
	return y
}

// Erf1 is the error function 2/sqrt(pi) int_0^x exp(-t^2) dt within 1.5 ulp; it keeps the sign of zero.
func Erf1(x float64) float64 { return erfAll(x) }

// erfcScaled returns erfc(a) as y 2^k, k = t - magic, with what u = 1/(a+4), (a-4)/(a+4) = 1 - 8u and the polynomial lack. An error of u counts about
// 1 + 1.5u + 48u^2 times.
func erfcScaled(a float64) (t, y float64) {
	square := a * a
	t, p := reduceExp(-square)
	p = math.FMA(-math.FMA(a, a, -square), 1+p, p)
	d := a + erfcMiddle
	u := 1 / d
	v := math.FMA(-2*erfcMiddle, u, 1)
	lost := math.FMA(-u, a-(d-erfcMiddle), math.FMA(-u, d, 1)) // of u, relative to it
	turned := float64(math.FMA(-2*erfcMiddle, u, 1-v) * d)     // -8 times that of v
	r := evenOdd(erfcPoly[:], v)
	s := math.FMA(v, r, erfcPoly1)
	q := math.FMA(v, s, erfcPoly0)
	rest := math.FMA(v, math.FMA(v, r, erfcPoly1-s), math.FMA(v, s, erfcPoly0-q)+erfcPoly0l)
	high := q * u
	low := math.FMA(u, rest, math.FMA(q, u, -high))
	low = math.FMA(high, math.FMA(u*math.FMA(48, u, 1.5), math.FMA(-0.125, turned, lost), lost), low)
	return t, high + math.FMA(high, p, low)
}

func erfcFast(x float64) bool { return math.Abs(x) <= 26 }

func erfcPlain(x float64) float64 {
	a := math.Abs(x)
	t, y := erfcScaled(a)
	y = float64(y * power2At(t))
	if x < 0 {
		y = 2 - y
	}
	if a < 0.5 {
		y = 1 - math.FMA(x, evenOdd(erfPoly[:], float64(x*x)), x)
	}
	return y
}

// Erfc1 is 1 - erf(x) without cancellation, within 3 ulp (2.9 measured at 300 000 points): subnormal above 26.5 (rounded once), 0 above 27.3.
func Erfc1(x float64) float64 {
	switch {
	case erfcFast(x):
		return erfcPlain(x)
	case x != x:
		return math.NaN()
	case x < 0:
		return 2
	case x > erfcHigh:
		return 0
	}
	t, y := erfcScaled(x)
	k := int64(math.Float64bits(t) - math.Float64bits(magic))
	half := k >> 1
	return y * power2(half) * power2(k-half)
}
