// Package variate draws from distributions that need rejection, one number from one stream, and differentiates the draws in their
// parameters: the draws of the array programs' random operations.
//
// A draw uses its stream alone, so that it depends on nothing but key and position. Its derivative is the implicit one (M. Figurnov, S.
// Mohamed, A. Mnih, NeurIPS 2018): with the distribution function F(z; a) held fixed, dz/da = -(dF/da) / (dF/dz).
package variate

import (
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// most is the largest rate of Poisson.
const most = 1 << 62

// Poisson is a count of the probability l^k exp(-l) / k!: for l < 10 by products of uniform numbers, above by W. Hormann's transformed
// rejection, Insurance: Mathematics and Economics 12, 39 (1993), with the log probability in C. Loader's form, which does not cancel.
// l < 0, NaN and l > 2^62 give -1.
func Poisson(s *rng.Stream, l float64) int64 {
	switch {
	case !(l >= 0 && l <= most):
		return -1
	case l < 10:
		floor := functions.Exp1(-l)
		k := int64(0)
		for p := s.Float64(); p > floor; p *= s.Float64() {
			k++
		}
		return k
	}
	b := 0.931 + float64(2.53*math.Sqrt(l))
	a := -0.059 + float64(0.02483*b)
	alpha := 1.1239 + 1.1328/(b-3.4)
	quick := 0.9277 - 3.6224/(b-2)
	for {
		u := s.Float64() - 0.5
		v := s.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor(float64((2*a/us+b)*u) + l + 0.43)
		if us >= 0.07 && v <= quick {
			return int64(k)
		}
		if k < 0 || k > 2*most || us < 0.013 && v > us {
			continue
		}
		if functions.Log1(v*alpha/(a/(us*us)+b)) <= logPoisson(k, l) {
			return int64(k)
		}
	}
}

// logPoisson is log(l^k exp(-l) / k!).
func logPoisson(k, l float64) float64 {
	if k == 0 {
		return -l
	}
	return -stirling(k) - deviance(k, l) - float64(0.5*functions.Log1(2*math.Pi*k))
}

// deviance is k log(k/l) + l - k.
func deviance(k, l float64) float64 {
	if d := k - l; math.Abs(d) < 0.1*(k+l) {
		v := d / (k + l)
		sum, term := d*v, 2*k*v
		for j := 1; j < 1000; j++ {
			term *= v * v
			next := sum + term/float64(2*j+1)
			if next == sum {
				break
			}
			sum = next
		}
		return sum
	}
	return float64(k*functions.Log1(k/l)) + l - k
}

// stirling is log(k!) - log(sqrt(2 pi k) (k/e)^k).
func stirling(k float64) float64 {
	if k < 16 {
		return functions.Lgamma1(k+1) - float64((k+0.5)*functions.Log1(k)) + k - 0.91893853320467274178
	}
	r := 1 / (k * k)
	return (1.0/12 - float64(r*(1.0/360-float64(r*(1.0/1260-float64(r*(1.0/1680-float64(r/1188)))))))) / k
}

// VonMises is an angle in [-pi, pi] of the density exp(k cos t) / (2 pi I0(k)), by D. J. Best and N. I. Fisher, Applied Statistics 28, 152
// (1979); over k = 1e6 it is Gaussian to the last digits that matter. k < 0 and NaN give NaN.
func VonMises(s *rng.Stream, k float64) float64 {
	switch {
	case !(k >= 0):
		return math.NaN()
	case k < 1e-8:
		return math.Pi * (2*s.Float64() - 1)
	case k > 1e6:
		t := s.Normal() / math.Sqrt(k)
		return max(-math.Pi, min(math.Pi, t))
	}
	r := 1/k + k // of small k
	if k >= 1e-5 {
		t := 1 + math.Sqrt(1+float64(4*k*k))
		p := (t - math.Sqrt(2*t)) / (2 * k)
		r = (1 + float64(p*p)) / (2 * p)
	}
	for {
		z := functions.Cos1(math.Pi * s.Float64())
		w := (1 + float64(r*z)) / (r + z)
		y := k * (r - w)
		v := s.Float64()
		if y*(2-y)-v >= 0 || functions.Log1(y/v)+1-y >= 0 {
			t := functions.Acos1(max(-1, min(1, w)))
			if s.Float64() < 0.5 {
				return -t
			}
			return t
		}
	}
}
