package variate

import (
	"math"

	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// negligible is the exponent below which an integrand has ended.
const negligible = -45

// LogGammaSlope is dy/da of y = log z, z a draw of the density z^(a-1) exp(-z) / Gamma(a):
//
//	-Int_0^inf (y - psi(a) - s) exp(-a s + z (1 - exp(-s))) ds  =  Int_0^inf (y - psi(a) + s) exp(a s - z (exp(s) - 1)) ds.
//
// The first form decays from s = 0 on where z < a, the second where z > a; z < 1 has the power series of the first.
func LogGammaSlope(a, y float64) float64 {
	if !(a > 0) || math.IsInf(a, 0) || math.IsNaN(y) {
		return math.NaN()
	}
	z := functions.Exp1(y)
	c := y - special.Digamma(a)
	switch {
	case z < 1:
		sum, term := 0.0, 1.0
		for n := 0.0; n < 30; n++ {
			q := 1 / (a + n)
			sum += float64(term * q * (c - q))
			term *= -z / (n + 1)
		}
		return -functions.Exp1(z) * sum
	case z < a:
		return -integral(func(s float64) float64 { return -float64(a*s) - float64(z*functions.Expm11(-s)) }, func(s float64) float64 { return c - s }, 1/a)
	}
	return integral(func(s float64) float64 { return float64(a*s) - float64(z*functions.Expm11(s)) }, func(s float64) float64 { return c + s }, 1/z)
}

// VonMisesSlope is dt/dk of an angle t drawn from exp(k cos t) / (2 pi I0(k)): with A = I1/I0, for t <= 0 (it is odd in t)
//
//	-Int_0^(pi + t) (cos(t - s) - A) exp(k (cos(t - s) - cos t)) ds.
func VonMisesSlope(k, t float64) float64 {
	if !(k >= 0) || math.IsInf(k, 0) || !(math.Abs(t) <= math.Pi+1e-9) {
		return math.NaN()
	}
	if t > 0 {
		return -VonMisesSlope(k, -t)
	}
	a := special.I1e(k) / special.I0e(k)
	rise := func(s float64) float64 { return -2 * k * functions.Sin1(0.5*s) * functions.Sin1(0.5*s-t) } // cos(t - s) - cos t, without cancellation
	end := math.Pi + t
	if k > 0 && rise(end) < negligible {
		end = reach(rise, 1e-3/k)
	}
	return -panels(rise, func(s float64) float64 { return functions.Cos1(t-s) - a }, end)
}

// integral is Int_0^inf f(s) exp(e(s)) ds for an exponent that falls from e(0) = 0; scale is where to begin to look for its end.
func integral(e, f func(float64) float64, scale float64) float64 {
	return panels(e, f, reach(e, scale))
}

// reach is about the place where the exponent becomes negligible.
func reach(e func(float64) float64, scale float64) float64 {
	hi := scale
	for n := 0; n < 200 && e(hi) > negligible; n++ {
		hi *= 2
	}
	lo := 0.5 * hi
	for range 6 {
		if m := 0.5 * (lo + hi); e(m) > negligible {
			lo = m
		} else {
			hi = m
		}
	}
	return hi
}

// panels is Int_0^end f(s) exp(e(s)) ds by Gauss and Legendre, twice nodes many points.
func panels(e, f func(float64) float64, end float64) float64 {
	sum := 0.0
	for panel := range 2 {
		from, h := 0.0, 0.25*end
		if panel == 1 {
			from, h = h, end-h
		}
		for i, x := range legendre.x {
			s := from + float64(h*x)
			sum += float64(h * legendre.w[i] * f(s) * functions.Exp1(e(s)))
		}
	}
	return sum
}

const nodes = 40

// legendre are the points and weights of [0, 1].
var legendre = func() (q struct{ x, w [nodes]float64 }) {
	for i := range nodes {
		x := functions.Cos1(math.Pi * (float64(i) + 0.75) / (nodes + 0.5))
		slope := 0.0
		for range 100 {
			p, before := 1.0, 0.0
			for j := 1.0; j <= nodes; j++ {
				p, before = (float64((2*j-1)*x*p)-float64((j-1)*before))/j, p
			}
			slope = nodes * (float64(x*p) - before) / (float64(x*x) - 1)
			step := p / slope
			x -= step
			if math.Abs(step) < 1e-16 {
				break
			}
		}
		q.x[i], q.w[i] = 0.5*(1-x), 1/((1-float64(x*x))*slope*slope)
	}
	return q
}()
