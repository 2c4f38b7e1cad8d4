package simd

import "math"

// Leaf is the number of consecutive elements that one leaf of a reduction's tree holds.
const Leaf = 512

// Sum adds x in one fixed order: each leaf of 512 elements (the last may be shorter) runs over eight lanes, element i in lane i mod 8;
// lanes are added as ((0+4)+(2+6)) + ((1+5)+(3+7)); leaves are added pairwise in a tree over their indices, whose left branch holds the
// largest power of two below their number. The error grows like log(n). The empty sum is 0.
func Sum(x []float64) float64 { return canonical(tree(x, x, leafSum)) }

// Dot is the sum of x[i] y[i], fused within a lane, in the order of [Sum]. len(y) must be at least len(x).
func Dot(x, y []float64) float64 { return canonical(tree(x, y[:len(x)], leafDot)) }

func canonical(s float64) float64 {
	if s != s {
		return math.NaN()
	}
	return s
}

func tree(x, y []float64, leaf func(x, y []float64) float64) float64 {
	var stack [64]float64
	n := uint(0)
	depth := 0
	for ; len(x) > Leaf; x, y = x[Leaf:], y[Leaf:] {
		s := leaf(x[:Leaf], y[:Leaf])
		n++
		for m := n; m&1 == 0; m >>= 1 {
			depth--
			s = stack[depth] + s
		}
		stack[depth] = s
		depth++
	}
	s := leaf(x, y)
	for depth > 0 {
		depth--
		s = stack[depth] + s
	}
	return s
}

func leafSum(x, _ []float64) float64 {
	var lane [8]float64
	for i, v := range x {
		lane[i&7] += v
	}
	return addLanes(&lane)
}

func leafDot(x, y []float64) float64 {
	var lane [8]float64
	for i, v := range x {
		lane[i&7] = math.FMA(v, y[i], lane[i&7])
	}
	return addLanes(&lane)
}

func addLanes(l *[8]float64) float64 {
	return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}
