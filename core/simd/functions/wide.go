package functions

import "math"

// Functions of float32 that are computed in float64 by short polynomials, and rounded once.
var (
	// exp(r) = 1 + r + r^2 q(r) within 2^-28.3.
	expShort = [5]float64{0x1.0000005416fa1p-1, 0x1.55548efcaa485p-3, 0x1.55545a75b54dcp-5, 0x1.123b49364e913p-7, 0x1.6db67c0fabb11p-10}
	// erf(a) = 1 - exp(-a S(a)), 0 <= a <= 4, within 2^-31 of itself.
	erfShort = [10]float64{0x1.20dd750228cc9p+0, 0x1.45f308f1f64c4p-1, 0x1.a4f37f28b4eccp-4, -0x1.393978c824b2ep-6, -0x1.0951ce0c876a6p-12,
		0x1.d7ad3b8f8c030p-10, -0x1.844f698b22093p-11, 0x1.5f30aed6272acp-13, -0x1.662fd3f45113fp-16, 0x1.403175c0669bcp-20}
	// log((1+s)/(1-s)) = 2s + s^3 R(s^2), s^2 <= 0.0604, within 2^-33 of itself.
	areaShort = [4]float64{0x1.55554ebe583f2p-1, 0x1.99a1c5e93edf3p-2, 0x1.2300dc505279dp-2, 0x1.0180d69e30e3ep-2}
	// log2((1+s)/(1-s)) = s L(s^2), |s| <= 3 - 2 sqrt(2), within 2^-37.8 of itself; 2^r = 1 + r P(r), |r| <= 1/2, within 2^-29.
	log2Short = [5]float64{0x1.71547652bef86p+1, 0x1.ec709d10de369p-1, 0x1.277781608eddcp-1, 0x1.a58cd592f482p-2, 0x1.5cf5837d18f71p-2}
	exp2Short = [6]float64{0x1.62e430d007c14p-1, 0x1.ebfbe0cc429d6p-3, 0x1.c6aecb0a76d8cp-5, 0x1.3b29b1b94cb3cp-7, 0x1.5f49c32b88b19p-10, 0x1.448adc8498f75p-13}
)

const erfHigh32 = 4 // from here on erf is 1

func erfWide(x float64) float64 {
	a := least(math.Abs(x), erfHigh32)
	v := -float64(a * evenOdd(erfShort[:], a))
	t := math.FMA(v, log2e, magic)
	r := math.FMA(-(t - magic), math.Ln2, v)
	p := math.FMA(float64(r*r), evenOdd(expShort[:], r), r)
	scale := power2At(t)
	y := math.Copysign(math.FMA(-p, scale, 1-scale), x)
	if x != x {
		y = math.NaN()
	}
	return y
}

// areaWide is k log 2 + log((1+s)/(1-s)).
func areaWide(k, s float64) float64 {
	z := s * s
	return math.FMA(k, math.Ln2, math.FMA(float64(s*z), horner(areaShort[:], z), s+s))
}

func asinhWide(x float64) float64 {
	a := math.Abs(x)
	q := math.Sqrt(math.FMA(a, a, 1))
	k, power := splitArea(a + q)
	n, d := a+(q-power), a+(q+power)
	if k == 0 {
		n, d = a, q+1
	}
	return math.Copysign(areaWide(k, n/d), x)
}

func acoshWide(x float64) float64 {
	t := x - 1
	p := math.Sqrt(math.FMA(t, t, t+t))
	k, power := splitArea(x + p)
	n, d := p+(x-power), p+(x+power)
	if k == 0 {
		n, d = p, x+1
	}
	return areaWide(k, n/d)
}

func atanhFastWide(x float64) bool { return math.Abs(x) < 1 }

func atanhWide(x float64) float64 {
	a := math.Abs(x)
	b := math.Float64bits(1+a) - math.Float64bits(1-a) + 1<<51
	k := math.Float64frombits(0x4330000000000000|b>>52) - 0x1p52
	p := math.Float64frombits((b>>52 + 1023) << 52)
	s := math.FMA(a, 1+p, 1-p) / math.FMA(a, 1-p, 1+p)
	return math.Copysign(0.5*areaWide(k, s), x)
}

func powFastWide(x, y float64) bool { return x >= 0x1p-149 && x <= math.MaxFloat64 && finite(y) }

// powWide is 2^(y log2 x).
func powWide(x, y float64) float64 {
	k, f := splitLog(x)
	s := f / (2 + f)
	p := most(least(y*math.FMA(s, horner(log2Short[:], float64(s*s)), k), 300), -300)
	t := p + magic
	r := p - (t - magic)
	return math.FMA(r, evenOdd(exp2Short[:], r), 1) * power2At(t)
}

func powSignedFastWide(x, y float64) bool { return powFastWide(math.Abs(x), y) && whole(y) }

func powSignedWide(x, y float64) float64 {
	odd := math.Float64bits(y+magic) << 63 & math.Float64bits(x)
	return math.Float64frombits(math.Float64bits(powWide(math.Abs(x), y)) | odd)
}
