package functions

import "math"

// quiet gives every NaN the same bits.
func quiet(x float64) float64 {
	if x != x {
		return math.NaN()
	}
	return x
}
