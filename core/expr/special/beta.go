package special

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Betainc is the regularised incomplete beta function I_x(a, b) = Int_0^x t^(a-1) (1-t)^(b-1) dt / B(a, b), a, b >= 0, 0 <= x <= 1, by its continued
// fraction on the side where that converges fast. NaN outside.
func Betainc(a, b, x float64) float64 { v, _, _ := betaParts(a, b, x); return v }

// BetaincSlopeA is dI_x(a, b)/da, BetaincSlopeB dI_x(a, b)/db: the derivative of the steps of [Betainc].
func BetaincSlopeA(a, b, x float64) float64 { _, s, _ := betaParts(a, b, x); return s }

// BetaincSlopeB is the derivative in b.
func BetaincSlopeB(a, b, x float64) float64 { _, _, s := betaParts(a, b, x); return s }

func betaParts(a, b, x float64) (v, da, db float64) {
	nan := math.NaN()
	switch {
	case !(a >= 0) || !(b >= 0) || !(x >= 0) || !(x <= 1) || a == 0 && b == 0 || math.IsInf(a, 1) || math.IsInf(b, 1):
		return nan, nan, nan
	case a == 0:
		return 1, nan, 0
	case b == 0:
		if x == 1 {
			return 1, 0, nan
		}
		return 0, 0, nan
	case x == 0 || x == 1:
		return x, 0, 0
	}
	if x > (a+1)/(a+b+2) {
		v, db, da = betaFraction(b, a, 1-x, x)
		return 1 - v, -da, -db
	}
	return betaFraction(a, b, x, 1-x)
}

// slope is a number with its derivatives in a and b.
type slope struct{ v, a, b float64 }

func (x slope) plus(y slope) slope { return slope{x.v + y.v, x.a + y.a, x.b + y.b} }

func (x slope) times(y slope) slope {
	return slope{x.v * y.v, float64(x.a*y.v) + float64(x.v*y.a), float64(x.b*y.v) + float64(x.v*y.b)}
}

func (x slope) over(y slope) slope {
	q := x.v / y.v
	return slope{q, (x.a - float64(q*y.a)) / y.v, (x.b - float64(q*y.b)) / y.v}
}

// betaFraction is x^a y^b / (a B(a, b)) / (1 + d1/(1 + d2/(1 + ...))), y = 1 - x, with its derivatives: NIST Handbook, 8.17.
func betaFraction(a, b, x, y float64) (v, da, db float64) {
	one := slope{1, 0, 0}
	c, d := one, one.over(slope{1 - float64((a+b)*x/(a+1)), float64(-x*(1-b)) / float64((a+1)*(a+1)), -x / (a + 1)})
	f := d
	for m := 1.0; m < mostTerms; m++ {
		A, B := slope{a, 1, 0}, slope{b, 0, 1}
		at := func(n float64) slope { return slope{a + n, 1, 0} }
		B.v -= m
		even := slope{m * x, 0, 0}.times(B).over(at(2*m - 1).times(at(2 * m)))
		odd := slope{-x, 0, 0}.times(A.plus(slope{m, 0, 0})).times(A.plus(slope{b + m, 0, 1})).over(at(2 * m).times(at(2*m + 1)))
		var change slope
		for _, n := range [2]slope{even, odd} {
			d = one.over(one.plus(n.times(d)))
			c = one.plus(n.over(c))
			change = c.times(d)
			f = f.times(change)
		}
		if math.Abs(change.v-1) < 0x1p-52 && math.Abs(change.a) < 0x1p-54*(1+math.Abs(f.a/f.v)) && math.Abs(change.b) < 0x1p-54*(1+math.Abs(f.b/f.v)) {
			break
		}
	}
	lx, ly := functions.Log1(x), functions.Log1(y)
	if y > 0.5 {
		ly = functions.Log1p1(-x)
	} else {
		lx = functions.Log1p1(-y)
	}
	v = betaDensity(a, b, x, lx, ly) * f.v / a
	both := Digamma(a + b)
	return v, v * (lx - Digamma(a) + both - 1/a + f.a/f.v), v * (ly - Digamma(b) + both + f.b/f.v)
}

// betaDensity is x^a (1-x)^b / B(a, b) from the logarithms of x and 1-x, for large a and b from the distance of x to the peak.
func betaDensity(a, b, x, lx, ly float64) float64 {
	if small, large := min(a, b), max(a, b); small < 12 {
		log := functions.Lgamma1(small)
		if large < 12 {
			log += functions.Lgamma1(large) - functions.Lgamma1(a+b)
		} else {
			log += stirling(large) - stirling(a+b) - float64((large-0.5+small)*functions.Log1p1(small/large)) + small - float64(small*functions.Log1(large))
		}
		return functions.Exp1(float64(a*lx) + float64(b*ly) - log)
	}
	n := a + b
	d := x - a/n
	rest := stirling(n) - stirling(a) - stirling(b)
	return math.Sqrt(a/n*b/(2*math.Pi)) * functions.Exp1(float64(a*logLess(d*n/a))+float64(b*logLess(-d*n/b))+rest)
}

// stirling is log Gamma(a) - (a - 1/2) log a + a - log(2 pi)/2 for a >= 12.
func stirling(a float64) float64 {
	u := 1 / (a * a)
	return math.FMA(u, math.FMA(u, math.FMA(u, math.FMA(u, math.FMA(u, -691./360360, 1./1188), -1./1680), 1./1260), -1./360), 1./12) / a
}
