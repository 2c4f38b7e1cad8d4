package memory

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// node of an average over a standard normal z.
type node struct {
	z, weight float64
	length    float64 // weight over the density
}

const reached = 9.5 // exp(-z^2/2) is below 3e-20

var legendre = func() (nodes struct{ x, w [16]float64 }) {
	quad.Legendre{}.FixedLocations(nodes.x[:], nodes.w[:], -1, 1)
	return nodes
}()

// normal has nodes for functions that turn over within the width at a place, however small it is, and grow as exp(tilt |z|) at most: Gauss and Legendre's of 16
// points on panels that double in length away from the place, none longer than 2.
func normal(place, width, tilt float64) []node {
	reach := reached + tilt
	var nodes []node
	panel := func(a, b float64) {
		for k, t := range legendre.x {
			z := 0.5 * (a + b + float64((b-a)*t))
			length := 0.5 * (b - a) * legendre.w[k]
			nodes = append(nodes, node{z, length * functions.Exp1(-0.5*z*z) / math.Sqrt(2*math.Pi), length})
		}
	}
	width = min(width, 1)
	if !(math.Abs(place) < reach) { // there is nothing to turn over
		place, width = 0, 1
	}
	for _, side := range []float64{-1, 1} {
		from, step := 0.0, 2*width
		for room := reach - float64(side*place); from < room; {
			to := min(from+step, room)
			panel(min(place+float64(side*from), place+float64(side*to)), max(place+float64(side*from), place+float64(side*to)))
			from = to
			step = min(from, 2)
		}
	}
	return nodes
}

// logCosh is log(2 cosh x).
func logCosh(x float64) float64 {
	x = math.Abs(x)
	return x + functions.Log1p1(functions.Exp1(-2*x))
}

// slope is 1 / cosh^2 x.
func slope(x float64) float64 {
	t := functions.Exp1(-2 * math.Abs(x))
	return 4 * t / float64((1+t)*(1+t))
}
