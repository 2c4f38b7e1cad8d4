package special

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

const euler = 0.5772156649015329

// E1 is the exponential integral E1(x) = Int_x^inf exp(-t)/t dt for x >= 0; NaN below.
func E1(x float64) float64 {
	switch {
	case !(x >= 0):
		return math.NaN()
	case x == 0:
		return math.Inf(1)
	case x <= 1:
		sum, term := 0.0, 1.0
		for k := 1.0; k < 40; k++ {
			term *= -x / k
			sum -= term / k
		}
		return sum - euler - functions.Log1(x)
	case x > 745:
		return 0
	}
	b := x + 1
	c, d := 1e300, 1/b
	f := d
	for n := 1.0; n < 1000; n++ {
		b += 2
		d = 1 / (b - float64(n*n*d))
		c = b - n*n/c
		step := c * d
		f *= step
		if math.Abs(step-1) < 0x1p-53 {
			break
		}
	}
	return f * functions.Exp1(-x)
}

// The zero of Ei in two parts.
const (
	zeroOfEi     = 0.3725074107813666
	zeroOfEiRest = 1.3140183414386028e-17
)

// Expi is the exponential integral Ei(x), the principal value of Int_-inf^x exp(t)/t dt.
func Expi(x float64) float64 {
	switch {
	case x != x:
		return x
	case x == 0:
		return math.Inf(-1)
	case math.IsInf(x, 1):
		return x
	case x < 0:
		return -E1(-x)
	case math.Abs(x-zeroOfEi) < 0.3: // log(x/z) + sum of (x^k - z^k) / (k k!)
		d := x - zeroOfEi - zeroOfEiRest
		sum, ladder, power, factorial := 0.0, 0.0, 1.0, 1.0
		for k := 1.0; k < 30; k++ { // ladder: sum of x^j z^(k-1-j)
			ladder = float64(ladder*zeroOfEi) + power
			power *= x
			factorial *= k
			sum += ladder / (k * factorial)
		}
		return functions.Log1p1(d/zeroOfEi) + float64(d*sum)
	case x < 40:
		sum, term := 0.0, 1.0
		for k := 1.0; k < 300; k++ {
			term *= x / k
			if sum += term / k; term < 0x1p-56*sum {
				break
			}
		}
		return sum + euler + functions.Log1(x)
	}
	sum, term := 1.0, 1.0
	for k := 1.0; k < x && term > 0x1p-55; k++ {
		term *= k / x
		sum += term
	}
	if x < 700 {
		return functions.Exp1(x) / x * sum
	}
	e := functions.Exp1(x / 2)
	return e / x * sum * e
}

// LambertW is the principal branch of the solution of w exp(w) = x, real for x >= -1/e; NaN below.
func LambertW(x float64) float64 {
	const e, rest = math.E, 1.4456468917292502e-16
	z := math.FMA(e, x, 1) + float64(rest*x) // e x + 1
	var w float64
	switch {
	case x != x || z < -0x1p-52:
		return math.NaN()
	case x == 0 || math.IsInf(x, 1):
		return x
	case z < 0.01:
		p := math.Sqrt(2 * max(z, 0)) // about the branch point
		w = math.FMA(p, math.FMA(p, math.FMA(p, math.FMA(p, math.FMA(p, math.FMA(p, math.FMA(p, 680863./43545600, -221./8505), 769./17280), -43./540), 11./72), -1./3), 1), -1)
		if p < 0.01 {
			return w
		}
	case x < 2:
		w = functions.Log1p1(x) * (1 - functions.Log1p1(functions.Log1p1(max(x, -0.3)))/(2+functions.Log1p1(max(x, -0.3))))
		if x < 0 {
			p := math.Sqrt(2 * z)
			w = p - 1 - float64(p*p/3) + float64(11./72*p*p*p)
		}
	default:
		l := functions.Log1(x)
		w = l - functions.Log1(l+1)*0.8
	}
	for range 8 { // Halley
		f := w - float64(x*functions.Exp1(-w))
		step := f / (w + 1 - float64((w+2)*f/(2*w+2)))
		w -= step
		if math.Abs(step) <= 0x1p-52*math.Abs(w) {
			break
		}
	}
	return w
}
