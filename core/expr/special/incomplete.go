package special

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

const mostTerms = 200000 // of a series or fraction: at x = a their number grows like sqrt(a)

// Gammainc is the regularised incomplete gamma function P(a, x) = Int_0^x t^(a-1) exp(-t) dt / Gamma(a), a >= 0, x >= 0: by its power series
// below a + 1, from the continued fraction of 1 - P above. NaN outside.
func Gammainc(a, x float64) float64 {
	p, _ := gammaParts(a, x)
	return p
}

// Gammaincc is 1 - P(a, x) without cancellation.
func Gammaincc(a, x float64) float64 {
	_, q := gammaParts(a, x)
	return q
}

func gammaParts(a, x float64) (p, q float64) {
	switch {
	case !(a >= 0) || !(x >= 0) || math.IsInf(a, 0) && math.IsInf(x, 0):
		return math.NaN(), math.NaN()
	case a == 0 || math.IsInf(x, 0):
		return 1, 0
	case x == 0 || math.IsInf(a, 0):
		return 0, 1
	}
	density := gammaDensity(a, x)
	if x < a+1 {
		sum, term := 1/a, 1/a
		for n := 1.0; term > 0x1p-54*sum && n < mostTerms; n++ {
			term *= x / (a + n)
			sum += term
		}
		p = min(density*sum, 1)
		return p, gammaRest(a, x, p)
	}
	b := x + 1 - a // Lentz' method for 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...
	c, d := 1e300, 1/b
	f := d
	for n := 1.0; n < mostTerms; n++ {
		k := n * (a - n)
		b += 2
		d = 1 / (float64(k*d) + b)
		c = b + k/c
		step := float64(c * d)
		f *= step
		if math.Abs(step-1) < 0x1p-52 {
			break
		}
	}
	q = min(density*f, 1)
	return 1 - q, q
}

// gammaRest is 1 - p; where p is near 1, which small a have, from x^a / Gamma(1+a) - 1 and the series without its first term.
func gammaRest(a, x, p float64) float64 {
	if p < 0.9 || a > 1 {
		return 1 - p
	}
	sum, term := 0.0, 1.0
	for n := 1.0; n < 100; n++ {
		term *= -x / n
		sum += term / (a + n)
		if math.Abs(term) < 0x1p-60 {
			break
		}
	}
	e := functions.Expm11(float64(a*functions.Log1(x)) - functions.Lgamma1(1+a)) // x^a / Gamma(1+a) - 1
	return -(e + float64((1+e)*a*sum))
}

// gammaDensity is x^a exp(-x) / Gamma(a), for large a from the distance of x to a.
func gammaDensity(a, x float64) float64 {
	if a < 12 {
		return functions.Exp1(float64(a*functions.Log1(x)) - x - functions.Lgamma1(a))
	}
	d := logLess((x - a) / a)
	return math.Sqrt(a/(2*math.Pi)) * functions.Exp1(float64(a*d)-stirling(a))
}

// logLess is log(1+m) - m.
func logLess(m float64) float64 {
	if math.Abs(m) >= 0.4 {
		return functions.Log1p1(m) - m
	}
	s := m / (2 + m) // 2 atanh(s) - m
	z := float64(s * s)
	sum := 0.0
	for n := 41.0; n >= 3; n -= 2 {
		sum = float64(sum*z) + 1/n
	}
	return 2*s*z*sum - float64(s*m)
}
