package functions

import "math"

var (
	// log Gamma(2+t) = t L(t), 0 <= t <= 1, within 2^-62.8 of itself (Remez, 40 digits).
	lgammaPoly = [18]float64{
		0x1.b0ee6072093cep-2, 0x1.4a34cc4a60fa6p-2, -0x1.13e001a5574f3p-4, 0x1.51322ac7cc383p-6, -0x1.e404fc1d1c674p-8, 0x1.7add6e2df65fap-9,
		-0x1.38ac52add2b4p-10, 0x1.0b3631176c633p-11, -0x1.d3f3bc26f21abp-13, 0x1.a0e299df2248dp-14, -0x1.776331fd5bd86p-15, 0x1.51cdd8049e687p-16,
		-0x1.284ce3cae6f9ap-17, 0x1.e3192bfe05c57p-19, -0x1.54014984d043p-20, 0x1.7543a6aa1a4e8p-22, -0x1.131970ff50499p-24, 0x1.8edb38c837968p-28,
	}
	// B_2k / (2k (2k-1)): the first term left out is below 2^-57 from 10 on.
	stirling = [9]float64{1. / 12, -1. / 360, 1. / 1260, -1. / 1680, 1. / 1188, -691. / 360360, 1. / 156, -3617. / 122400, 43867. / 244188}
)

const halfLog2Pi = 0.91893853320467274178

// Lgamma1 is log |Gamma(x)|, within 2 units of the last place but near its zeros; +Inf at 0, -1, -2, ... and at both infinities.
func Lgamma1(x float64) float64 {
	switch {
	case x != x:
		return math.NaN()
	case x <= 0:
		if x == math.Floor(x) { // infinities too
			return math.Inf(1)
		}
		a := -x
		if a < 0x1p-60 {
			return -Log1(a)
		}
		r := a - math.Floor(a)
		sin, _ := SincosTurns1(0.5 * r)
		return -Log1(a*(sin*(1/math.Pi))) - Lgamma1(a) // reflection
	case x < 1:
		if x < 0x1p-60 {
			return -Log1(x)
		}
		return math.FMA(x, horner(lgammaPoly[:], x), -Log1(float64(x*(1+x))))
	case x < 2:
		t := x - 1
		return math.FMA(t, horner(lgammaPoly[:], t), -Log1(x))
	case x < 10:
		product := 1.0
		for x >= 3 {
			x--
			product *= x
		}
		t := x - 2
		y := float64(t * horner(lgammaPoly[:], t))
		if product > 1 {
			y += Log1(product)
		}
		return y
	}
	l := Log1(x)
	rest := halfLog2Pi + horner(stirling[:], 1/(x*x))/x
	high := (x - 0.5) * (l - 1)
	if math.IsInf(high, 0) {
		return high
	}
	return high + (math.FMA(x-0.5, l-1, -high) + (rest - 0.5))
}
