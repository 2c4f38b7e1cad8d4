// Package ewald sums interactions that fall as powers of the distance over all periodic images, to rounding.
package ewald

import (
	"math"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Sum is phi(r) = sum_n 1/|r + n|^a over all n = sum_k n_k A_k, the periods A_k, and its second derivatives. With 1/r^a = (1/Gamma(a/2)) int t^(a/2-1)
// exp(-t r^2) dt, cut at t = eta^2, the upper part converges at once in r, the lower one in wave vectors k:
//
//	phi(r) = sum_n Gamma(a/2, eta^2 |r+n|^2) / (Gamma(a/2) |r+n|^a)
//	       + pi^(d/2) / (V Gamma(a/2)) [ 2 eta^(a-d) / (a-d) + sum_(k != 0) cos(k r) (k/2)^(a-d) Gamma((d-a)/2, k^2 / 4 eta^2) ]
//
// (P. P. Ewald, Ann. Phys. 369, 253 (1921); B. R. A. Nijboer, F. W. de Wette, Physica 23, 309 (1957)). Below a = d, where the sum over images does not
// converge, this is its analytic continuation: the potential of the images on a uniform background that makes its mean 0. At r = 0 the image n = 0 is left out.
type Sum struct {
	d       int
	half    float64 // a/2
	gamma   float64 // Gamma(a/2)
	split   float64 // eta^2
	reach   float64 // eta^2 |r+n|^2 from which on terms are below rounding
	mean    float64
	periods [][]float64
	dual    [][]float64
	images  []float64 // (images, d)
	waves   []float64 // (waves, d): k / 2 pi, one of each pair k, -k
	weights []float64 // of the cosines
}

const (
	small   = 42 // exp(-42) is below rounding
	maximum = 1 << 22
)

// New makes the sum for some periods.
func New(periods [][]float64, a float64) (*Sum, error) {
	d := len(periods)
	dual, err := geometry.Dual(periods)
	if err != nil {
		return nil, err
	}
	if !(a > 0 && a <= 64) {
		return nil, spec.Expected("power", "a number above 0, at most 64", a)
	}
	V := 1 / volume(dual)
	side := functions.Pow1(V, 1/float64(d))
	s := &Sum{d: d, half: 0.5 * a, gamma: functions.Exp1(functions.Lgamma1(0.5 * a)), split: math.Pi / (side * side), periods: periods, dual: dual}
	s.reach = small + float64(4*s.half)
	spread := 0.0
	for _, A := range periods {
		spread += float64(0.5 * length(A))
	}
	far := math.Sqrt(s.reach / s.split)
	if s.images, err = within(periods, dual, far+spread); err != nil {
		return nil, err
	}
	front := functions.Exp1(0.5*float64(d)*functions.Log1(math.Pi)) / (V * s.gamma)
	s.mean = float64(front * 2 * functions.Pow1(s.split, s.half-float64(0.5*float64(d))) / (a - float64(d)))
	waves, err := within(dual, periods, math.Sqrt((small+a)*s.split)/math.Pi)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(waves); i += d {
		k := waves[i : i+d]
		if ahead(k) {
			half := math.Pi * length(k)
			s.waves = append(s.waves, k...)
			s.weights = append(s.weights, 2*front*functions.Pow1(half, a-float64(d))*upper(float64(0.5*float64(d))-s.half, half*half/s.split))
		}
	}
	return s, nil
}

// ahead is true for one of k and -k.
func ahead(k []float64) bool {
	for _, x := range k {
		if math.Abs(x) > 1e-300 {
			return x > 0
		}
	}
	return false
}

// within lists the sums of whole multiples of vectors up to a length.
func within(vectors, dual [][]float64, far float64) (all []float64, err error) {
	d := len(vectors)
	most, at, total := make([]int, d), make([]int, d), 1.0
	for k, b := range dual {
		most[k] = int(far * length(b))
		at[k] = -most[k]
		total *= float64(2*most[k] + 1)
	}
	if !(total < maximum) {
		return nil, spec.Errorf(spec.SpecError, "lattice: periods %v differ too much for Ewald's sums", vectors).With("argument", "lattice")
	}
	for k := 0; k < d; {
		v := make([]float64, d)
		for j, n := range at {
			for x := range v {
				v[x] += float64(float64(n) * vectors[j][x])
			}
		}
		if length(v) <= far {
			all = append(all, v...)
		}
		for k = 0; k < d; k++ {
			if at[k]++; at[k] <= most[k] {
				break
			}
			at[k] = -most[k]
		}
	}
	return all, nil
}

// volume is the determinant's size.
func volume(m [][]float64) float64 { return math.Abs(determinant(m)) }

func determinant(m [][]float64) float64 {
	if len(m) == 1 {
		return m[0][0]
	}
	v := 0.0
	for k, x := range m[0] {
		var minor [][]float64
		for _, row := range m[1:] {
			minor = append(minor, append(append([]float64(nil), row[:k]...), row[k+1:]...))
		}
		v += float64(x * determinant(minor) * float64(1-2*(k%2)))
	}
	return v
}

func square(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x * x)
	}
	return s
}

func length(v []float64) float64 { return math.Sqrt(square(v)) }

// reduced is r less the periods nearest to it.
func (s *Sum) reduced(r []float64) []float64 {
	out := append([]float64(nil), r...)
	for k, b := range s.dual {
		n := 0.0
		for x := range r {
			n += float64(b[x] * r[x])
		}
		n = math.RoundToEven(n)
		for x := range out {
			out[x] -= float64(n * s.periods[k][x])
		}
	}
	return out
}

// visit calls f with r + n and its square for the images that count, and tells whether r is that of a site and itself.
func (s *Sum) visit(r []float64, f func(x []float64, u float64)) (own bool) {
	x := make([]float64, s.d)
	for i := 0; i < len(s.images); i += s.d {
		for c := range x {
			x[c] = r[c] + s.images[i+c]
		}
		u := square(x)
		switch {
		case u*s.split < 1e-18:
			own = true
		case u*s.split < s.reach:
			f(x, u)
		}
	}
	return own
}

func (s *Sum) cosines(r []float64, f func(k []float64, c float64)) {
	for i, w := range s.weights {
		k := s.waves[i*s.d : (i+1)*s.d]
		turns := 0.0
		for c, x := range k {
			turns += float64(x * r[c])
		}
		_, cos := functions.SincosTurns1(turns - math.RoundToEven(turns))
		f(k, w*cos)
	}
}

// Value is phi(r).
func (s *Sum) Value(r []float64) float64 {
	r = s.reduced(r)
	sum := s.mean
	s.cosines(r, func(_ []float64, c float64) { sum += c })
	if s.visit(r, func(_ []float64, u float64) { sum += upper(s.half, s.split*u) / (s.gamma * functions.Pow1(u, s.half)) }) {
		sum -= functions.Pow1(s.split, s.half) / (s.half * s.gamma)
	}
	return sum
}

// Bend writes the second derivatives of phi at r, (d, d).
func (s *Sum) Bend(dst, r []float64) {
	d := s.d
	r = s.reduced(r)
	clear(dst)
	s.cosines(r, func(k []float64, c float64) {
		for p, x := range k {
			for q, y := range k {
				dst[p*d+q] -= float64(4 * math.Pi * math.Pi * c * x * y)
			}
		}
	})
	own := s.visit(r, func(x []float64, u float64) {
		slope := -upper(s.half+1, s.split*u) / (s.gamma * functions.Pow1(u, s.half+1)) // by u = |x|^2
		bend := upper(s.half+2, s.split*u) / (s.gamma * functions.Pow1(u, s.half+2))
		for p := range x {
			for q := range x {
				dst[p*d+q] += float64(4 * bend * x[p] * x[q])
			}
			dst[p*d+p] += 2 * slope
		}
	})
	if own {
		for p := range d {
			dst[p*d+p] += 2 * functions.Pow1(s.split, s.half+1) / ((s.half + 1) * s.gamma)
		}
	}
}

// upper is the incomplete gamma function Gamma(s, x), x > 0: for x < s + 1 by the series of the lower one, else by Legendre's continued fraction (modified
// Lentz), which holds for any real s.
func upper(s, x float64) float64 {
	front := functions.Exp1(float64(s*functions.Log1(x)) - x)
	if s > 0 && x < s+1 {
		sum, term := 1/s, 1/s
		for n := 1.0; term > 1e-17*sum; n++ {
			term = float64(term * (x / (s + n)))
			sum += term
		}
		return functions.Exp1(functions.Lgamma1(s)) - float64(front*sum)
	}
	b := x + 1 - s
	c, e := math.Inf(1), 1/b
	h := e
	for n := 1.0; n < 1e5; n++ {
		a := -float64(n * (n - s))
		b += 2
		if e = math.FMA(a, e, b); e == 0 {
			e = 1e-300
		}
		e = 1 / e
		if c = b + a/c; c == 0 {
			c = 1e-300
		}
		step := float64(c * e)
		h *= step
		if math.Abs(step-1) < 1e-16 {
			break
		}
	}
	return front * h
}
