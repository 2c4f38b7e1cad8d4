package simd

import "math"

// Leaf is the number of consecutive elements that one leaf of a reduction's tree holds.
const Leaf = 512

// Sum adds x in one fixed order: each leaf of 512 elements (the last may be shorter) runs over eight lanes, element i in lane i mod 8;
// lanes are added as ((0+4)+(2+6)) + ((1+5)+(3+7)); leaves are added pairwise in a tree over their indices, whose left branch holds the
// largest power of two below their number. The error grows like log(n). The empty sum is 0.
func Sum(x []float64) float64 { return tree(x, x, false) }

// Dot is the sum of x[i] y[i], fused within a lane, in the order of [Sum]. len(y) must be at least len(x).
func Dot(x, y []float64) float64 { return tree(x, y[:len(x)], true) }

// tree keeps the sums of complete subtrees on a stack, the largest at the bottom; bit b of n tells whether one of 2^b leaves is there.
func tree(x, y []float64, dot bool) float64 {
	var stack [48]float64
	depth, n := 0, uint64(0)
	push := func(s float64) {
		for m := n; m&1 != 0; m >>= 1 {
			depth--
			s = stack[depth] + s
		}
		stack[depth] = s
		depth++
		n++
	}
	for len(x) > 4*Leaf {
		s := leaves4(x[:4*Leaf], y[:4*Leaf], dot)
		for _, v := range s {
			push(v)
		}
		x, y = x[4*Leaf:], y[4*Leaf:]
	}
	for len(x) > Leaf {
		push(leaf(x[:Leaf], y[:Leaf], dot))
		x, y = x[Leaf:], y[Leaf:]
	}
	s := leaf(x, y, dot)
	for depth > 0 {
		depth--
		s = stack[depth] + s
	}
	if s != s {
		return math.NaN()
	}
	return s
}

// leaf is the sum of at most Leaf elements.
func leaf(x, y []float64, dot bool) float64 {
	var lane [8]float64
	i := leafVector(&lane, x, y, dot)
	if dot {
		for ; i < len(x); i++ {
			lane[i&7] = math.FMA(x[i], y[i], lane[i&7])
		}
	} else {
		for ; i < len(x); i++ {
			lane[i&7] += x[i]
		}
	}
	return addLanes(&lane)
}

func leaves4Scalar(x, y []float64, dot bool) (s [4]float64) {
	for i := range s {
		s[i] = leaf(x[i*Leaf:(i+1)*Leaf], y[i*Leaf:(i+1)*Leaf], dot)
	}
	return s
}

func addLanes(l *[8]float64) float64 {
	return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}
