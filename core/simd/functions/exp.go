package functions

import "math"

const (
	log2e = 1.4426950408889634
	ln2hi = 0x1.62e42fefa3800p-1 // 42 bits, so that k ln2hi is exact for every exponent k
	ln2lo = 0x1.ef35793c76730p-45
	magic = 0x1.8p52 // x + magic rounds x to an integer that stands in the low bits of the sum

	expLow, expHigh = -746.0, 710.0
	tanhHigh        = 22.0 // from here on tanh is 1
)

// expPoly[n] are the coefficients of q, where exp(r) = 1 + r + r^2 q(r) on |r| <= log(2)/2 within 1.7e-19 (Chebyshev fit, 200 bits).
var expPoly = [11]float64{
	0.5,
	0x1.5555555555557p-3,
	0x1.5555555555556p-5,
	0x1.11111111100dcp-7,
	0x1.6c16c16c162d4p-10,
	0x1.a01a01abe7fe1p-13,
	0x1.a01a01a6d889cp-16,
	0x1.71de0231960ebp-19,
	0x1.27e4db646b17ep-22,
	0x1.af4de97ca4194p-26,
	0x1.1f730349868cep-29,
}

// reduceExp returns k = round(x / log 2) and exp(r) - 1 for r = x - k log 2. |x| <= 746.
func reduceExp(x float64) (k int64, p float64) {
	t := math.FMA(x, log2e, magic)
	kf := t - magic
	r := math.FMA(-kf, ln2hi, x)
	r = math.FMA(-kf, ln2lo, r)
	return int64(math.Float64bits(t) - math.Float64bits(magic)), expTail(r)
}

// expTail is exp(r) - 1 for |r| <= log(2)/2.
func expTail(r float64) float64 {
	c := &expPoly
	z := r * r
	even := math.FMA(c[10], z, c[8])
	odd := math.FMA(c[9], z, c[7])
	even = math.FMA(even, z, c[6])
	odd = math.FMA(odd, z, c[5])
	even = math.FMA(even, z, c[4])
	odd = math.FMA(odd, z, c[3])
	even = math.FMA(even, z, c[2])
	odd = math.FMA(odd, z, c[1])
	even = math.FMA(even, z, c[0])
	q := math.FMA(odd, r, even)
	return math.FMA(z, q, r)
}

// scaled is (1+p) 2^k, rounded once more where it is subnormal.
func scaled(k int64, p float64) float64 {
	half := k >> 1
	return (1 + p) * power2(half) * power2(k-half)
}

// power2 is 2^k for -1022 <= k <= 1023.
func power2(k int64) float64 { return math.Float64frombits(uint64(k+1023) << 52) }

// Exp1 is exp(x) within 1 ulp: +Inf above 709.78, subnormal below -708.4 (rounded once), 0 below -745.13.
func Exp1(x float64) float64 {
	if x != x {
		return math.NaN()
	}
	return scaled(reduceExp(min(max(x, expLow), expHigh)))
}

// Expm11 is exp(x) - 1 within 2 ulp, also near 0; it keeps the sign of zero.
func Expm11(x float64) float64 {
	switch {
	case x != x:
		return math.NaN()
	case x == 0:
		return x
	}
	k, p := reduceExp(min(max(x, expLow), expHigh))
	half := k >> 1
	rest := k - half
	return math.FMA(p, power2(half), power2(half)-power2(-rest)) * power2(rest)
}

// Sinh1 is (exp(x) - exp(-x)) / 2 within 2 ulp.
func Sinh1(x float64) float64 {
	if x != x {
		return math.NaN()
	}
	a := math.Abs(x)
	if a > 36 {
		h := Exp1(0.5 * a)
		return math.Copysign(0.5*h*h, x)
	}
	e := Expm11(a)
	return math.Copysign(0.5*(e+e/(e+1)), x)
}

// Cosh1 is (exp(x) + exp(-x)) / 2 within 2 ulp.
func Cosh1(x float64) float64 {
	if x != x {
		return math.NaN()
	}
	a := math.Abs(x)
	if a > 36 {
		h := Exp1(0.5 * a)
		return 0.5 * h * h
	}
	e := Exp1(a)
	return 0.5 * (e + 1/e)
}

// Tanh1 is sinh(x) / cosh(x) within 2 ulp.
func Tanh1(x float64) float64 {
	if x != x {
		return math.NaN()
	}
	k, p := reduceExp(2 * min(math.Abs(x), tanhHigh))
	scale := power2(k)
	e := math.FMA(p, scale, scale-1)
	return math.Copysign(e/(e+2), x)
}

// Sigmoid1 is 1 / (1 + exp(-x)) within 2 ulp, exp(x) / (1 + exp(x)) below 0.
func Sigmoid1(x float64) float64 {
	e := Exp1(-math.Abs(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// Exp21 is 2^x within 1 ulp: +Inf from 1024, subnormal below -1022 (rounded once), 0 below -1075; exact at integers.
func Exp21(x float64) float64 {
	if x != x {
		return math.NaN()
	}
	x = min(max(x, -1080), 1025)
	t := x + magic
	return scaled(int64(math.Float64bits(t)-math.Float64bits(magic)), expTail((x-(t-magic))*math.Ln2))
}
