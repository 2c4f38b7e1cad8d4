// Package special has special functions of one or two float64, and elementary functions of one complex128, built on core/simd. They are
// the values of the array programs' operations; accuracy against mpmath is tested there.
package special

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Digamma is the logarithmic derivative of Gamma: NaN at its poles, the negative integers; -inf at +0 and +inf at -0.
func Digamma(x float64) float64 {
	switch {
	case x == 0:
		return math.Copysign(math.Inf(1), -x)
	case x < 0 && x == math.Floor(x):
		return math.NaN()
	case x < 0: // reflection
		s, c := functions.SincosTurns1(0.5 * x)
		return Digamma(1-x) - math.Pi*c/s
	case x > 1.25 && x < 1.75: // recurrence loses digits beside the zero
		return digammaNearZero(x)
	}
	shift := 0.0
	for ; x < 10; x++ {
		shift += 1 / x
	}
	u := 1 / (x * x)
	s := 0.0
	for k := len(digammaAsymptotic) - 1; k >= 0; k-- {
		s = math.FMA(s, u, digammaAsymptotic[k])
	}
	return functions.Log1(x) - 0.5/x - float64(s*u) - shift
}

// digammaAsymptotic are B_2k / 2k; the first term left out is below 1e-17 from 10 on.
var digammaAsymptotic = [...]float64{1. / 12, -1. / 120, 1. / 252, -1. / 240, 1. / 132, -691. / 32760, 1. / 12, -3617. / 8160, 43867. / 14364}

// Polygamma is the n-th derivative of Digamma, x > 0 for n > 0.
func Polygamma(n int, x float64) float64 {
	if n == 0 {
		return Digamma(x)
	}
	y := functions.Exp1(functions.Lgamma1(float64(n+1))) * Zeta(float64(n+1), x)
	if n <= 20 {
		f := 1.0
		for k := 2; k <= n; k++ {
			f *= float64(k)
		}
		y = f * Zeta(float64(n+1), x)
	}
	if n%2 == 0 {
		return -y
	}
	return y
}

// Zeta is the Hurwitz zeta function sum_k (k + q)^-s for s > 1, q > 0; NaN elsewhere.
func Zeta(s, q float64) float64 {
	switch {
	case s == 1:
		return math.Inf(1)
	case !(s > 1) || q != q || q < 0:
		return math.NaN()
	case q == 0:
		return math.Inf(1)
	case math.IsInf(s, 0) || math.IsInf(q, 0):
		return functions.Pow1(q, -s)
	}
	sum := 0.0
	for k := range 10 {
		sum += functions.Pow1(q+float64(k), -s)
	}
	a := q + 10 // the rest by the formula of Euler and Maclaurin
	power := functions.Pow1(a, -s)
	sum += float64(power * (a/(s-1) + 0.5))
	term := float64(power*s) / a
	for k, b := range bernoulli {
		sum += float64(b * term)
		n := float64(2*k + 1)
		term *= (s + n) * (s + n + 1) / (a * a)
	}
	return sum
}

// bernoulli are B_2k / (2k)!, k >= 1.
var bernoulli = [12]float64{1. / 12, -1. / 720, 1. / 30240, -1. / 1209600, 1. / 47900160, -691. / 1307674368000, 1. / 74724249600, -3617. / 10670622842880000,
	43867. / 5109094217170944000, -174611. / 802857662698291200000, 77683. / 14101100039391805440000, -236364091. / 1693824136731743669452800000}

// I0e is exp(-|x|) I0(x).
func I0e(x float64) float64 {
	x = math.Abs(x)
	if x <= 8 {
		return clenshaw(i0eSmall[:], math.FMA(x, 0.5, -2))
	}
	return clenshaw(i0eLarge[:], 32/x-2) / math.Sqrt(x)
}

// I1e is exp(-|x|) I1(x).
func I1e(x float64) float64 {
	a := math.Abs(x)
	if a <= 8 {
		return x * clenshaw(i1eSmall[:], math.FMA(a, 0.5, -2))
	}
	return math.Copysign(clenshaw(i1eLarge[:], 32/a-2)/math.Sqrt(a), x)
}

// clenshaw sums the Chebyshev series c_0/2 + sum c_k T_k(t/2).
func clenshaw(c []float64, t float64) float64 {
	var b0, b1, b2 float64
	for k := len(c) - 1; k >= 0; k-- {
		b2, b1 = b1, b0
		b0 = math.FMA(t, b1, c[k]-b2)
	}
	return 0.5 * (b0 - b2)
}

// digammaNearZero is the Taylor series about the zero x0 = 1.4616..., split in two parts to keep relative accuracy.
func digammaNearZero(x float64) float64 {
	d := (x - digammaRoot) - digammaRootLow
	s := 0.0
	for k := len(digammaTaylor) - 1; k >= 0; k-- {
		s = math.FMA(s, d, digammaTaylor[k])
	}
	return d * s
}

// IntegerPow is x^n by squaring in double-double, so that the result is within 1 ulp for the exponents that energies have.
func IntegerPow(x float64, n int) float64 {
	if n < 0 {
		if n == math.MinInt {
			return 1 / (x * IntegerPow(x, -(n+1)))
		}
		hi, lo := integerPow2(x, uint(-n))
		if math.IsInf(hi, 0) && !math.IsInf(x, 0) { // the result may still be subnormal
			return IntegerPow(1/x, -n)
		}
		q := 1 / hi
		if math.IsInf(q, 0) || q == 0 || q != q {
			return q
		}
		return math.FMA(q, math.FMA(-q, lo, math.FMA(-q, hi, 1)), q)
	}
	hi, lo := integerPow2(x, uint(n))
	if hi == 0 || math.IsInf(hi, 0) || hi != hi {
		return hi
	}
	return hi + lo
}

func integerPow2(x float64, n uint) (hi, lo float64) {
	hi = 1
	bh, bl := x, 0.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			hi, lo = mul2(hi, lo, bh, bl)
		}
		if n > 1 {
			bh, bl = mul2(bh, bl, bh, bl)
		}
	}
	return hi, lo
}

// mul2 multiplies unevaluated sums; an infinite or vanishing product has no low part.
func mul2(ah, al, bh, bl float64) (hi, lo float64) {
	hi = ah * bh
	lo = math.FMA(ah, bh, -hi)
	lo = math.FMA(ah, bl, math.FMA(al, bh, lo))
	if hi == 0 || math.IsInf(hi, 0) || lo != lo {
		return hi, 0
	}
	return hi, lo
}

// Mod has the sign of y, as Python's %.
func Mod(x, y float64) float64 {
	m := math.Mod(x, y)
	if m == 0 {
		return math.Copysign(0, y)
	}
	if (m < 0) != (y < 0) {
		m += y
	}
	return m
}

// FloorDivide is Python's x // y.
func FloorDivide(x, y float64) float64 {
	if y == 0 {
		return x / y
	}
	m := math.Mod(x, y)
	d := (x - m) / y
	if m != 0 && (y < 0) != (m < 0) {
		d--
	}
	if d == 0 {
		return math.Copysign(0, x/y)
	}
	f := math.Floor(d)
	if d-f > 0.5 {
		f++
	}
	return f
}

// Logsumexp is log sum exp(x): -inf for an empty or all -inf x, +inf when one is.
func Logsumexp(x []float64) float64 {
	m := math.Inf(-1)
	for _, v := range x {
		m = max(m, v)
	}
	if math.IsInf(m, 0) || m != m {
		return m
	}
	s := 0.0
	for _, v := range x {
		s += functions.Exp1(v - m)
	}
	return m + functions.Log1(s)
}
