package functions

import "math"

// cbrtPoly is x^(-1/3) on 1/2 <= x <= 4 within 2^-9.5 of itself (Remez, 250 bits).
var cbrtPoly = [7]float64{0x1.e49b8f4b8745ep+0, -0x1.ec2f27483a3aap+0, 0x1.b03b9701828cdp+0, -0x1.c661245b1fb4ep-1, 0x1.11712472c2e44p-2, -0x1.5b0a38ee99a75p-5, 0x1.6760a13d21a41p-9}

func cbrtFast(x float64) bool {
	a := math.Abs(x)
	return a >= 0x1p-1022 && finite(x)
}

// cbrtPlain is the cube root of a normal number: m^(-1/3) for x = 2^(3k) m, refined once to fourth order, and a step of Newton's for its square times m.
func cbrtPlain(x float64) float64 {
	b := math.Float64bits(math.Abs(x))
	e := math.Float64frombits(0x4330000000000000|b>>52) - (0x1p52 + 1023)
	t := math.FMA(e, 1.0/3, magic)
	k := t - magic
	m := math.Float64frombits((b&mantissa | 1023<<52) + math.Float64bits(math.FMA(k, -3, e)+magic)<<52)
	r := horner(cbrtPoly[:], m)
	h := math.FMA(-float64(float64(r*r)*r), m, 1)
	r = math.FMA(float64(r*h), math.FMA(h, math.FMA(h, 14.0/81, 2.0/9), 1.0/3), r)
	s := float64(r * r)
	y := float64(m * s)
	y = math.FMA(math.FMA(-float64(y*y), y, m), float64(s*(1.0/3)), y)
	return math.Copysign(y*power2At(t), x)
}

// Cbrt1 is the real cube root within 1 ulp.
func Cbrt1(x float64) float64 {
	switch {
	case cbrtFast(x):
		return cbrtPlain(x)
	case x != x:
		return math.NaN()
	case x == 0 || math.IsInf(x, 0):
		return x
	}
	return cbrtPlain(x*0x1p54) * 0x1p-18
}

func hypotFast(x, y float64) bool {
	m := most(math.Abs(x), math.Abs(y))
	return x == x && y == y && m < 0x1p510 && m > 0x1p-450
}

func hypotPlain(x, y float64) float64 { return math.Sqrt(math.FMA(x, x, float64(y*y))) }

// Hypot1 is sqrt(x^2 + y^2) within 1 ulp without overflow in between; infinite if one is, even beside NaN.
func Hypot1(x, y float64) float64 {
	switch {
	case hypotFast(x, y):
		return hypotPlain(x, y)
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		return math.Inf(1)
	case x != x || y != y:
		return math.NaN()
	case max(math.Abs(x), math.Abs(y)) > 1:
		return hypotPlain(x*0x1p-600, y*0x1p-600) * 0x1p600
	}
	return hypotPlain(x*0x1p600, y*0x1p600) * 0x1p-600
}
