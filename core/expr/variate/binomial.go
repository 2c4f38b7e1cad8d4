package variate

import (
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// mostTrials is the largest number of trials of Binomial, up to which float64 has every count.
const mostTrials = 1 << 53

// Binomial is the number of successes in n trials of probability p: where n min(p, 1-p) < 10 by inversion, one probability after the other, else by W.
// Hormann's transformed rejection, J. Stat. Comput. Simul. 46, 101 (1993), with the log probability in C. Loader's form. A number of trials that is not
// whole, in [0, 2^53], and a p outside of [0, 1] give -1.
func Binomial(s *rng.Stream, n, p float64) int64 {
	switch {
	case !(n >= 0 && n <= mostTrials && n == math.Floor(n)) || !(p >= 0 && p <= 1):
		return -1
	case p > 0.5:
		return int64(n) - Binomial(s, n, 1-p)
	case n == 0 || p == 0:
		return 0
	case n*p < 10:
		start := functions.Exp1(n * functions.Log1p1(-p))
		for {
			u, f := s.Float64(), start
			for k := 0.0; k <= n && k < 200; k++ {
				if u -= f; u < 0 {
					return int64(k)
				}
				f *= (n - k) / (k + 1) * (p / (1 - p))
			}
		}
	}
	q := 1 - p
	width := math.Sqrt(n * p * q)
	b := 1.15 + float64(2.53*width)
	a := -0.0873 + float64(0.0248*b) + float64(0.01*p)
	alpha := (2.83 + 5.1/b) * width
	quick := 0.92 - 4.2/b
	top := logBinomial(math.Floor((n+1)*p), n, p, q)
	for {
		u := s.Float64() - 0.5
		v := s.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor(float64((2*a/us+b)*u) + float64(n*p) + 0.5)
		if us >= 0.07 && v <= quick {
			return int64(k)
		}
		if k < 0 || k > n {
			continue
		}
		if functions.Log1(v*alpha/(a/(us*us)+b)) <= logBinomial(k, n, p, q)-top {
			return int64(k)
		}
	}
}

// logBinomial is log(n! / (k! (n-k)!) p^k q^(n-k)).
func logBinomial(k, n, p, q float64) float64 {
	switch k {
	case 0:
		return n * functions.Log1p1(-p)
	case n:
		return n * functions.Log1(p)
	}
	rest := stirling(n) - stirling(k) - stirling(n-k) - deviance(k, n*p) - deviance(n-k, n*q)
	return rest + float64(0.5*functions.Log1(n/(2*math.Pi*k*(n-k))))
}
