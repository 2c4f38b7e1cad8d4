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

// reduceExp returns t, which stands for the whole number k = t - magic nearest x / log 2, and exp(r) - 1 for r = x - k log 2. |x| <= 746.
func reduceExp(x float64) (t, p float64) {
	t = math.FMA(x, log2e, magic)
	n := t - magic
	r := math.FMA(-n, ln2lo, math.FMA(-n, ln2hi, x))
	return t, expTail(r)
}

// expTail is exp(r) - 1 for |r| <= log(2)/2.
func expTail(r float64) float64 { return math.FMA(float64(r*r), evenOdd(expPoly[:], r), r) }

// scaled is (1+p) 2^k, k = t - magic, rounded once more where it is subnormal.
func scaled(t, p float64) float64 { return timesPower(1+p, t) }

// timesPower is x 2^k, k = t - magic, rounded where it is subnormal.
func timesPower(x, t float64) float64 {
	k := int64(math.Float64bits(t) - math.Float64bits(magic))
	half := k >> 1
	return float64(float64(x*power2(half)) * power2(k-half))
}

// power2 is 2^k for -1022 <= k <= 1023.
func power2(k int64) float64 { return math.Float64frombits(uint64(k+1023) << 52) }

func expFast(x float64) bool { return math.Abs(x) <= 708 }

func expPlain(x float64) float64 {
	t, p := reduceExp(x)
	return (1 + p) * power2At(t)
}

// Exp1 is exp(x) within 1.1 ulp: +Inf above 709.78, subnormal below -708.4 (rounded once), 0 below -745.13.
func Exp1(x float64) float64 {
	switch {
	case expFast(x):
		return expPlain(x)
	case x != x:
		return math.NaN()
	}
	return scaled(reduceExp(min(max(x, expLow), expHigh)))
}

func expm1Plain(x float64) float64 {
	t, p := reduceExp(x)
	scale := power2At(t)
	y := math.FMA(p, scale, scale-1)
	if x == 0 {
		y = x
	}
	return y
}

// Expm11 is exp(x) - 1 within 2 ulp, also near 0; it keeps the sign of zero.
func Expm11(x float64) float64 {
	switch {
	case expFast(x):
		return expm1Plain(x)
	case x != x:
		return math.NaN()
	case x < 0:
		return -1
	}
	t, p := reduceExp(min(x, expHigh))
	k := int64(math.Float64bits(t) - math.Float64bits(magic))
	return (1 + p) * power2(k-10) * 1024 // the 1 is below the last place
}

// halfPoly are the coefficients of W = 2 P(4z), so that 2h / (exp(2h) - 1) = 1 - h + h^2 W(h^2) on |h| <= log(2)/4, by ratioPoly.
var halfPoly = [5]float64{0x1.555555555553dp-2, -0x1.6c16c16bede40p-6, 0x1.1566aafed375ap-9, -0x1.bbd444e266adbp-13, 0x1.638aca8323450p-16}

// tanhAll is tanh(x) of every number: |x| = k log(2)/2 + h, exp(2h) = (g + h) / g with g = h / (exp(2h) - 1), and (exp(2|x|) - 1) / (exp(2|x|) + 1) is
// n / (n + 2g) with n = (2^k - 1) g + 2^k h, which is h at k = 0.
func tanhAll(x float64) float64 {
	a := least(math.Abs(x), tanhHigh)
	t := math.FMA(a, 2*log2e, magic)
	k := t - magic
	h := math.FMA(-k, ln2lo/2, math.FMA(-k, ln2hi/2, a))
	z := float64(h * h)
	g := math.FMA(-0.5, math.FMA(-z, horner(halfPoly[:], z), h), 0.5)
	scale := power2At(t)
	n := math.FMA(scale-1, g, float64(scale*h))
	y := math.Copysign(n/math.FMA(2, g, n), x)
	if x != x {
		y = math.NaN()
	}
	return y
}

// Tanh1 is sinh(x) / cosh(x) within 2.3 ulp.
func Tanh1(x float64) float64 { return tanhAll(x) }

// ratioPoly are the coefficients of P, where 2r / (exp(r) - 1) = 2 - r + r^2 P(r^2) on |r| <= log(2)/2, so that exp(r) is right to 5e-19 (interpolation at
// Chebyshev's nodes, 400 bits).
var ratioPoly = [5]float64{0x1.555555555553dp-3, -0x1.6c16c16bede40p-9, 0x1.1566aafed375ap-14, -0x1.bbd444e266adbp-20, 0x1.638aca8323450p-25}

// expRatio returns t as reduceExp does, and exp(r) = n / d without dividing: d = 2r / (exp(r) - 1), n = d + 2r. |x| <= 746.
func expRatio(x float64) (t, n, d float64) {
	t = math.FMA(x, log2e, magic)
	k := t - magic
	r := math.FMA(-k, ln2lo, math.FMA(-k, ln2hi, x))
	z := float64(r * r)
	d = 2 - math.FMA(-z, horner(ratioPoly[:], z), r)
	return t, d + (r + r), d
}

func sigmoidPlain(x float64) float64 {
	t, n, d := expRatio(-math.Abs(x))
	n = float64(n * power2At(t))
	q := n / (d + n)
	y := 1 - q
	if x < 0 {
		y = q
	}
	return y
}

// Sigmoid1 is 1 / (1 + exp(-x)) within 1.5 ulp, below 0 exp(x) / (1 + exp(x)) within 2.5; Sigmoid1(x) + Sigmoid1(-x) = 1, rounded.
func Sigmoid1(x float64) float64 {
	switch {
	case expFast(x):
		return sigmoidPlain(x)
	case x != x:
		return math.NaN()
	}
	t, n, d := expRatio(max(-math.Abs(x), expLow))
	n = timesPower(n, t)
	q := n / (d + n)
	if x < 0 {
		return q
	}
	return 1 - q
}

func exp2Fast(x float64) bool { return math.Abs(x) <= 1022 }

func exp2Plain(x float64) float64 {
	t := x + magic
	return (1 + expTail(float64((x-(t-magic))*math.Ln2))) * power2At(t)
}

// Exp21 is 2^x within 1.1 ulp: +Inf from 1024, subnormal below -1022 (rounded once), 0 below -1075; exact at integers.
func Exp21(x float64) float64 {
	switch {
	case exp2Fast(x):
		return exp2Plain(x)
	case x != x:
		return math.NaN()
	}
	x = min(max(x, -1080), 1025)
	t := x + magic
	return scaled(t, expTail((x-(t-magic))*math.Ln2))
}
