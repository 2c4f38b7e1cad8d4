package variate

import (
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Steps of the key under which first proposals are drawn; further ones come from the stream of the position.
const (
	proposals = 1 + iota
	choices
	boosts
)

// LogGammas fills dst with logarithms of draws from the densities z^(a-1) exp(-z) / Gamma(a), element i for position first + i of the key, by
// G. Marsaglia and W. W. Tsang, ACM TOMS 26, 363 (2000); for a < 1 by log z = log z' - E/a with z' from a + 1 and E exponential, which holds
// where z itself is too small for a float64. a = 0 gives -inf, a = inf gives inf, a < 0 and NaN give NaN.
//
// The first proposals of all elements are made in vectors; one in twenty or fewer is refused and made anew on its own.
func LogGammas(dst, a []float64, k rng.Key, first uint64) {
	const tile = 128
	var x, u, v, d, lower [tile]float64
	var s rng.Stream
	for len(dst) > 0 {
		n := min(tile, len(dst))
		k.Normals(x[:n], proposals, first)
		k.Uniforms(u[:n], choices, first)
		small := false
		for i, shape := range a[:n] {
			if shape < 1 {
				shape++
				small = true
			}
			d[i] = shape - 1.0/3
			w := 1 + x[i]/math.Sqrt(9*d[i])
			v[i] = w * w * w
		}
		if small {
			k.Uniforms(lower[:n], boosts, first)
			for i := range lower[:n] {
				lower[i] = 1 - lower[i]
			}
			functions.Log(lower[:n], lower[:n])
		}
		var logv, logu, logd [tile]float64
		functions.Log(logv[:n], v[:n])
		functions.Log(logu[:n], u[:n])
		functions.Log(logd[:n], d[:n])
		for i, shape := range a[:n] {
			y := logd[i] + logv[i]
			if !(v[i] > 0 && logu[i] < float64(0.5*x[i]*x[i])+float64(d[i]*(1-v[i]+logv[i]))) {
				y = again(&s, k, first+uint64(i), shape, d[i], logd[i])
			}
			switch {
			case shape == 0:
				y = math.Inf(-1)
			case shape < 1:
				y += lower[i] / shape
			}
			dst[i] = y
		}
		dst, a, first = dst[n:], a[n:], first+uint64(n)
	}
}

// again goes on after a refusal, and catches parameters that are none.
func again(s *rng.Stream, k rng.Key, position uint64, shape, d, logd float64) float64 {
	switch {
	case math.IsInf(shape, 1):
		return shape
	case !(shape >= 0):
		return math.NaN()
	}
	c := 1 / math.Sqrt(9*d)
	for s.Reset(k, position); ; {
		x := s.Normal()
		w := 1 + float64(c*x)
		if w <= 0 {
			continue
		}
		v := w * w * w
		log := functions.Log1(v)
		if functions.Log1(s.Float64()) < float64(0.5*x*x)+float64(d*(1-v+log)) {
			return logd + log
		}
	}
}
