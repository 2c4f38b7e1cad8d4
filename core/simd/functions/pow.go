package functions

import "math"

const (
	twoThirdsHi, twoThirdsLo = 0x1.5555555555555p-1, 0x1.5555555555555p-55
	perLn2Hi, perLn2Lo       = 0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56 // 1 / log 2
	perLn10Hi, perLn10Lo     = 0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57 // 1 / log 10
	log10of2Hi, log10of2Lo   = 0x1.34413509f7800p-2, 0x1.fef311f12b358p-46 // the high part has 42 bits
)

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
	c := &powPoly
	even := math.FMA(math.FMA(math.FMA(c[6], w, c[4]), w, c[2]), w, c[0])
	odd := math.FMA(math.FMA(math.FMA(c[7], w, c[5]), w, c[3]), w, c[1])
	u := z * twoThirdsHi
	uLow := math.FMA(zLow, twoThirdsHi, math.FMA(z, twoThirdsLo, math.FMA(z, twoThirdsHi, -u)))
	uLow = math.FMA(w, math.FMA(odd, z, even), uLow)
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
	low = math.FMA(y, low, math.FMA(y, high, -p))
	t := math.FMA(p, log2e, magic)
	n := t - magic
	r := math.FMA(-n, ln2lo, math.FMA(-n, ln2hi, p)) + low
	return scaled(int64(math.Float64bits(t)-math.Float64bits(magic)), expTail(r))
}

// Pow1 is x^y within 1.5 ulp, with C's special cases: x^0 = 1^y = 1 also for NaN, a negative x wants a whole y (NaN otherwise).
func Pow1(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case x != x || y != y:
		return math.NaN()
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
		whole := math.Trunc(y)
		switch {
		case whole != y && x < 0 && !math.IsInf(x, -1):
			return math.NaN()
		case whole == y && math.Abs(y) < 0x1p53 && int64(y)&1 != 0:
			return -r
		}
	}
	return r
}

// logBase is the logarithm whose base has the logarithm 1 / (cHigh + cLow), of 2^k (1+f); n is that of 2^k and has the low part nLow.
func logBase(f, n, nLow, cHigh, cLow float64) float64 {
	high, low := logDouble(0, f)
	p := float64(high * cHigh)
	pLow := math.FMA(high, cHigh, -p) + math.FMA(high, cLow, float64(low*cHigh))
	s := n + p
	return s + (((n - s) + p) + (pLow + nLow))
}

// Log21 is the logarithm to base 2 within 1 ulp, exact at powers of 2: -Inf at ±0, NaN below.
func Log21(x float64) float64 {
	if !(x > 0) || x > math.MaxFloat64 {
		return Log1(x)
	}
	k, f := splitAny(x)
	return logBase(f, k, 0, perLn2Hi, perLn2Lo)
}

// Log101 is the logarithm to base 10 within 1 ulp: -Inf at ±0, NaN below.
func Log101(x float64) float64 {
	if !(x > 0) || x > math.MaxFloat64 {
		return Log1(x)
	}
	k, f := splitAny(x)
	return logBase(f, float64(k*log10of2Hi), float64(k*log10of2Lo), perLn10Hi, perLn10Lo)
}
