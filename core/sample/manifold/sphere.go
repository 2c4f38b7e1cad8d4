package manifold

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// sphere is |x| = 1 in that many dimensions; geodesics are great circles.
type sphere int

func (n sphere) dim() int { return int(n) - 1 }

func (n sphere) project(x, v []float64) {
	along := dot(x, v)
	for i := range v {
		v[i] -= float64(along * x[i])
	}
}

func (n sphere) flow(x, v []float64, t float64) {
	speed := math.Sqrt(dot(v, v))
	if speed == 0 {
		return
	}
	sin, cos := functions.Sincos1(speed * t)
	for i := range x {
		a, b := x[i], v[i]
		x[i] = float64(cos*a) + float64(sin*(b/speed))
		v[i] = float64(cos*b) - float64(sin*speed*a)
	}
	n.settle(x)
	n.project(x, v)
}

func (n sphere) settle(x []float64) {
	r := 1 / math.Sqrt(dot(x, x))
	for i := range x {
		x[i] *= r
	}
}

func (n sphere) origin(x []float64) {
	clear(x)
	x[0] = 1
}

// 2 pi^(n/2) / Gamma(n/2)
func (n sphere) logVolume() float64 {
	half := 0.5 * float64(n)
	return math.Ln2 + float64(half*functions.Log1(math.Pi)) - functions.Lgamma1(half)
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, a := range x {
		sum += float64(a * y[i])
	}
	return sum
}
