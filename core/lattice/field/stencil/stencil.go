// Package stencil holds the kernels of scalar fields on hypercubic lattices: a row of sites at a time, with the same bits on every level of SIMD.
package stencil

import "math"

// Quartic is the force of a field with nearest neighbours,
//
//	F = (C + Lambda x^2) x - (H + sum of the neighbours of x).
type Quartic struct{ C, Lambda, H float64 }

// Row is where a row of sites lies in a buffer: the sites from At on, at both ends one more for the neighbours in the row, and the rows of the other
// neighbours from each of Others on, an even number of them.
type Row struct {
	At     int
	Others []int
}

// Force writes F of a row.
func (q Quartic) Force(f, from []float64, r Row) {
	n := len(f)
	check(from, r, n)
	for i := forceVector(q, f, from, r); i < n; i++ {
		f[i] = q.force(from, r, i)
	}
}

// Leap is p - b F, and the position to = from + a p with it. The rows of to and p are as long.
func (q Quartic) Leap(to, p, from []float64, r Row, b, a float64) {
	n := len(p)
	to = to[:n]
	check(from, r, n)
	for i := leapVector(q, to, p, from, r, b, a); i < n; i++ {
		v := math.FMA(-b, q.force(from, r, i), p[i])
		p[i] = v
		to[i] = math.FMA(a, v, from[r.At+i])
	}
}

func (q Quartic) force(from []float64, r Row, i int) float64 {
	sum := q.H + (from[r.At+i-1] + from[r.At+i+1])
	for k := 0; k+1 < len(r.Others); k += 2 {
		sum += from[r.Others[k]+i] + from[r.Others[k+1]+i]
	}
	x := from[r.At+i]
	return math.FMA(math.FMA(q.Lambda*x, x, q.C), x, 0-sum)
}

// check panics where a row would leave the buffer: vector loads are not checked.
func check(from []float64, r Row, n int) {
	_ = from[r.At-1 : r.At+n+1]
	for _, o := range r.Others {
		_ = from[o : o+n]
	}
}
