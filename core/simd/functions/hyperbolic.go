package functions

import "math"

// cosh(r) = 1 + z C(z) and sinh(r) = r + r z S(z), z = r^2, |r| <= log(2)/2, within 2^-58 and 2^-61 of themselves (Remez, 250 bits).
var (
	coshPoly = [5]float64{0x1.000000000000cp-1, 0x1.555555554ffa6p-5, 0x1.6c16c185be683p-10, 0x1.a01996603e735p-16, 0x1.28b071e164cccp-22}
	sinhPoly = [5]float64{0x1.5555555555559p-3, 0x1.111111110f6b6p-7, 0x1.a01a01afe29ccp-13, 0x1.71ddf8594a088p-19, 0x1.af5eb62d1fd7bp-26}
)

func hyperbolicFast(x float64) bool { return math.Abs(x) <= 708 }

// halves returns exp(k log 2)/2 and exp(-k log 2)/2 for a = k log 2 + r, and cosh(r) - 1 and sinh(r).
func halves(a float64) (up, down, c, s float64) {
	t := math.FMA(a, log2e, magic)
	n := t - magic
	r := math.FMA(-n, ln2lo, math.FMA(-n, ln2hi, a))
	z := r * r
	c = float64(z * horner(coshPoly[:], z))
	s = math.FMA(float64(r*z), horner(sinhPoly[:], z), r)
	b := math.Float64bits(t)
	return math.Float64frombits((b + 1022) << 52), math.Float64frombits((1022 - b) << 52), c, s
}

func sinhPlain(x float64) float64 {
	up, down, c, s := halves(math.Abs(x))
	d := up - down
	return math.Copysign(d+math.FMA(up+down, s, float64(d*c)), x)
}

func coshPlain(x float64) float64 {
	up, down, c, s := halves(math.Abs(x))
	d := up + down
	return d + math.FMA(up-down, s, float64(d*c))
}

// Sinh1 is (exp(x) - exp(-x)) / 2 within 2 ulp.
func Sinh1(x float64) float64 {
	switch {
	case hyperbolicFast(x):
		return sinhPlain(x)
	case x != x:
		return math.NaN()
	}
	h := Exp1(0.5 * math.Abs(x))
	return math.Copysign(0.5*h*h, x)
}

// Cosh1 is (exp(x) + exp(-x)) / 2 within 2 ulp.
func Cosh1(x float64) float64 {
	switch {
	case hyperbolicFast(x):
		return coshPlain(x)
	case x != x:
		return math.NaN()
	}
	h := Exp1(0.5 * math.Abs(x))
	return 0.5 * h * h
}
