package functions

import "math"

const twoThirdsHi, twoThirdsLo = 0x1.5555555555555p-1, 0x1.5555555555555p-55

// powPoly are the coefficients of R, where log((1+s)/(1-s)) = 2s + s (2/3 z + z^2 R(z)), z = s^2, within 2^-58.9 on |s| <= 3 - 2 sqrt(2)
// (Remez, 400 bits).
var powPoly = [8]float64{
	0x1.999999999999ap-2,
	0x1.2492492492523p-2,
	0x1.c71c71c6ea424p-3,
	0x1.745d177ae0d81p-3,
	0x1.3b1395b5f79d7p-3,
	0x1.1118cd522fba8p-3,
	0x1.df7bbf1190ce3p-4,
	0x1.e0386ce9e8bb1p-4,
}

// logDouble is k log 2 + log(1+f) as high + low within 2^-65 of itself, for sqrt(1/2) <= 1+f < sqrt(2).
func logDouble(k, f float64) (high, low float64) {
	t := 2 + f
	inverse := 1 / t
	s := float64(f * inverse)
	sLow := math.FMA(-s, f-(t-2), math.FMA(-s, t, f)) * inverse
	z := s * s
	zLow := math.FMA(s+s, sLow, math.FMA(s, s, -z))
	w := z * z
	u := z * twoThirdsHi
	uLow := math.FMA(zLow, twoThirdsHi, math.FMA(z, twoThirdsLo, math.FMA(z, twoThirdsHi, -u)))
	uLow = math.FMA(w, evenOdd(powPoly[:], z), uLow)
	v := float64(s * u)
	vLow := math.FMA(sLow, u, math.FMA(s, uLow, math.FMA(s, u, -v)))
	a := k * ln2hi // exact
	b := s + s
	h := a + b // a is exact
	high = h + v
	low = ((a - h) + b) + (((h - high) + v) + math.FMA(k, ln2lo, (sLow+sLow)+vLow)) // a is exact
	return high, low
}

// splitAny is [splitLog] for every positive finite number.
func splitAny(x float64) (k, f float64) {
	if x < 0x1p-1022 {
		k, f = splitLog(x * 0x1p54)
		return k - 54, f
	}
	return splitLog(x)
}

// powReduced is exp(y (high+low)), where p = y high.
func powReduced(y, high, low, p float64) (t, q float64) {
	low = math.FMA(y, low, math.FMA(y, high, -p))
	t = math.FMA(p, log2e, magic)
	n := t - magic
	r := math.FMA(-n, ln2lo, math.FMA(-n, ln2hi, p)) + low
	return t, expTail(r)
}

// powPositive is x^y for positive finite x and finite y.
func powPositive(x, y float64) float64 {
	high, low := logDouble(splitAny(x))
	p := y * high
	switch {
	case p > 710:
		return math.Inf(1)
	case p < -746:
		return 0
	}
	return scaled(powReduced(y, high, low, p))
}

// powFast: the result is normal.
func powFast(x, y float64) bool {
	high, _ := logDouble(splitLog(x))
	return normal(x) && math.Abs(y*high) <= 708
}

func powPlain(x, y float64) float64 {
	high, low := logDouble(splitLog(x))
	t, q := powReduced(y, high, low, y*high)
	return (1 + q) * power2At(t)
}

// whole tells whether y is a whole number below 2^51.
func whole(y float64) bool { return y+magic-magic == y && math.Abs(y) <= 0x1p51 }

// powSigned is x^y for whole y, where |x|^y is powPlain.
func powSigned(x, y float64) float64 {
	odd := math.Float64bits(y+magic) << 63 & math.Float64bits(x)
	return math.Float64frombits(math.Float64bits(powPlain(math.Abs(x), y)) | odd)
}

func powSignedFast(x, y float64) bool { return powFast(math.Abs(x), y) && whole(y) }

// Pow1 is x^y within 1.5 ulp, with C's special cases: x^0 = 1^y = 1 also for NaN, a negative x wants a whole y (NaN otherwise).
func Pow1(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case x != x || y != y:
		return math.NaN()
	}
	switch {
	case powFast(x, y):
		return powPlain(x, y)
	case powSignedFast(x, y):
		return powSigned(x, y)
	}
	a := math.Abs(x)
	var r float64
	switch {
	case math.IsInf(y, 0):
		switch {
		case a == 1:
			return 1
		case (a > 1) == (y > 0):
			return math.Inf(1)
		}
		return 0
	case a == 0 || math.IsInf(a, 1):
		if (a == 0) == (y < 0) {
			r = math.Inf(1)
		}
	default:
		r = powPositive(a, y)
	}
	if math.Signbit(x) {
		trunc := math.Trunc(y)
		switch {
		case trunc != y && x < 0 && !math.IsInf(x, -1):
			return math.NaN()
		case trunc == y && math.Abs(y) < 0x1p53 && int64(y)&1 != 0:
			return -r
		}
	}
	return r
}
