package functions

import "math"

func tanFast(x float64) bool { return math.Abs(x) < sincosMax }

func tanPlain(x float64) float64 {
	t := math.FMA(x, twoOverPi, magic)
	n := t - magic
	r1 := math.FMA(-n, halfPi1, x)
	r := math.FMA(-n, halfPi2, r1)
	y := tanReduced(r, math.FMA(-n, halfPi3, math.FMA(-n, halfPi2, r1-r)), math.Float64bits(t))
	if x == 0 {
		y = x
	}
	return y
}

// tanReduced is tan(r + low + q pi/2).
func tanReduced(r, low float64, q uint64) float64 {
	z := r * r
	ps, pc := horner(sinPoly[:], z), horner(cosPoly[:], z)
	h := 0.5 * z
	w := 1 - h // h is exact
	sin, sinLow := sumOf(r, math.FMA(float64(r*z), ps, low))
	cos, cosLow := sumOf(w, math.FMA(float64(z*z), pc, math.FMA(-r, low, (1-w)-h)))
	if math.Float64frombits(q<<63>>1) != 0 { // an odd number of quarter turns
		sin, sinLow, cos, cosLow = -cos, -cosLow, sin, sinLow
	}
	inverse := 1 / cos
	y := float64(sin * inverse)
	return math.FMA(math.FMA(-y, cos, sin)+math.FMA(-y, cosLow, sinLow), inverse, y)
}

// sumOf is a + b, |a| >= |b|, and what the sum has lost.
func sumOf(a, b float64) (sum, lost float64) {
	sum = a + b
	return sum, (a - sum) + b
}

// Tan1 is tan(x), x in radians, within 2 ulp for every finite x; NaN for infinite x.
func Tan1(x float64) float64 {
	switch {
	case tanFast(x):
		return tanPlain(x)
	case x-x != 0:
		return math.NaN()
	}
	return math.Copysign(1, x) * tanReduced(reduceLarge(x))
}
