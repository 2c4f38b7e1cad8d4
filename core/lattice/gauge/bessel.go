package gauge

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// scaledBessel are exp(-x) I_k(x) for k = 0, ..., most, by the trapezoidal rule for (1/2pi) int exp(x (cos t - 1)) cos(k t) dt, whose error is of the size
// of the I_k beyond its points.
func scaledBessel(x float64, most int) []float64 {
	points := 2*most + 2*int(math.Sqrt(80*x)) + 80
	weight, cosine := make([]float64, points), make([]float64, points)
	for j := range points {
		_, c := functions.SincosTurns1(float64(j) / float64(points))
		s, _ := functions.SincosTurns1(float64(j) / float64(2*points))
		cosine[j], weight[j] = c, functions.Exp1(-2*x*s*s)
	}
	all := make([]float64, most+1)
	for k := range all {
		sum := 0.0
		for j, w := range weight {
			sum += float64(w * cosine[k*j%points])
		}
		all[k] = sum / float64(points)
	}
	return all
}

// wave computes f(v) = (1/pi) int_0^pi exp(x (cos t - 1)) cos(v t) dt for real v, by Gauss and Legendre's rule.
type wave struct{ at, weight []float64 }

func newWave(x float64, nodes int) *wave {
	w := &wave{}
	for i := range nodes {
		_, t := functions.SincosTurns1((float64(i) + 0.75) / (2*float64(nodes) + 1))
		var slope float64
		for range 10 {
			p, before := 1.0, 0.0 // Legendre's polynomials at t
			for k := range nodes {
				p, before = (float64(float64(2*k+1)*t*p)-float64(float64(k)*before))/float64(k+1), p
			}
			slope = float64(nodes) * (float64(t*p) - before) / (float64(t*t) - 1)
			t -= p / slope
		}
		angle := 0.5 * math.Pi * (1 + t)
		s := functions.Sin1(0.5 * angle)
		w.at = append(w.at, angle)
		w.weight = append(w.weight, functions.Exp1(-2*x*s*s)/((1-float64(t*t))*slope*slope))
	}
	return w
}

func (w *wave) value(v float64) float64 {
	sum := 0.0
	for i, t := range w.at {
		sum += float64(w.weight[i] * functions.Cos1(v*t))
	}
	return sum
}

// spread is the mean of t^2 under the weight exp(x cos t).
func (w *wave) spread() float64 {
	sum, total := 0.0, 0.0
	for i, t := range w.at {
		sum += float64(w.weight[i] * t * t)
		total += w.weight[i]
	}
	return sum / total
}
