package vector

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// What every model of unit vectors of n components shares, side by side in s.

// Fields reads h: a number along component 0, (n), or (sites, n), which is each; nil where it is 0.
func Fields(model string, H array.Field, sites, n int) (h []float64, each bool, err error) {
	switch shape := H.Shape; {
	case H.Uniform():
		if H.Scalar != 0 {
			h = make([]float64, n)
			h[0] = H.Scalar
		}
	case len(shape) == 1 && shape[0] == n:
		h = H.Values
	case len(shape) == 2 && shape[0] == sites && shape[1] == n:
		h, each = H.Values, true
	default:
		return nil, false, spec.Errorf(spec.ShapeError, "%s.h: expected a number, shape (%d,), or (%d, %d), one for each site; got shape %v", model, n, sites, n, shape)
	}
	return h, each, nil
}

// Directions draws independent ones.
func Directions(s []float64, n int, u *rng.Stream) {
	for i := 0; i < len(s); i += n {
		direction(s[i:i+n], u)
	}
}

// direction is uniform on the sphere.
func direction(s []float64, u *rng.Stream) {
	for {
		r := 0.0
		for c := range s {
			s[c] = u.Normal()
			r += float64(s[c] * s[c])
		}
		if r > 1e-20 {
			r = 1 / math.Sqrt(r)
			for c := range s {
				s[c] *= r
			}
			return
		}
	}
}

// LogSphere is the logarithm of the sphere's area, 2 pi^(n/2) / Gamma(n/2).
func LogSphere(n int) float64 {
	return math.Ln2 + float64(0.5*float64(n)*functions.Log1(math.Pi)) - functions.Lgamma1(0.5*float64(n))
}

// Ordered is every spin along component 0.
func Ordered(s []float64, n int) {
	clear(s)
	for i := 0; i < len(s); i += n {
		s[i] = 1
	}
}

// Unit tells whether all are unit vectors, to 1e-6, or where one is not.
func Unit(s []float64, n int) (int, bool) {
	for i := 0; i < len(s); i += n {
		r := 0.0
		for _, x := range s[i : i+n] {
			r += float64(x * x)
		}
		if !(math.Abs(r-1) < 1e-6) {
			return i, false
		}
	}
	return 0, true
}

func mean(dst, s []float64) {
	clear(dst)
	n := len(dst)
	for i := 0; i < len(s); i += n {
		for c, v := range s[i : i+n] {
			dst[c] += v
		}
	}
	for c := range dst {
		dst[c] /= float64(len(s) / n)
	}
}

// Means are the mean spin and powers of its length.
func Means(n int) []walkers.Observable[float64] {
	second := func(e *ensemble, walker int) float64 {
		var room [64]float64
		mean(room[:n], e.View(walker))
		return dot(room[:n], room[:n])
	}
	return []walkers.Observable[float64]{
		{Name: "magnetization", Open: func(e *ensemble) (contract.Observable, error) {
			return contract.Observable{Dtype: array.Float64, Shape: []int{n}, Dims: []string{"component"}, Record: func(w int, row []byte) {
				mean(array.Cast[float64](row), e.View(w))
			}}, nil
		}},
		{Name: "|magnetization|", Scalar: func(e *ensemble, walker int) float64 { return math.Sqrt(second(e, walker)) }},
		{Name: "magnetization^2", Scalar: second},
		{Name: "magnetization^4", Scalar: func(e *ensemble, walker int) float64 { x := second(e, walker); return x * x }},
	}
}
