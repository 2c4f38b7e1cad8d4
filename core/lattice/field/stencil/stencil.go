// Package stencil holds the kernels of scalar fields on hypercubic lattices, with the same bits on every level of SIMD.
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

// Rows are those of a lattice, each of Length sites; its numbers, without a buffer, follow each other.
type Rows struct {
	Length int
	Rows   []Row
	need   int // length of a buffer
}

// NewRows looks how far they reach, as vector loads are not checked.
func NewRows(length int, rows []Row) *Rows {
	a := &Rows{length, rows, 0}
	for _, r := range rows {
		a.need = max(a.need, r.At+length+1)
		if r.At < 1 || len(r.Others)%2 != 0 {
			panic("stencil: a row begins before the buffer, or has neighbours without opposites")
		}
		for _, o := range r.Others {
			if a.need = max(a.need, o+length); o < 0 {
				panic("stencil: a row of neighbours begins before the buffer")
			}
		}
	}
	return a
}

// Force writes F of all sites.
func (q Quartic) Force(f, from []float64, a *Rows) {
	n := a.Length
	f, from = f[:n*len(a.Rows)], from[:a.need]
	done := forceVector(q, f, from, a)
	for k := range a.Rows {
		for i := done; i < n; i++ {
			f[k*n+i] = q.force(from, &a.Rows[k], i)
		}
	}
}

// Leap is p - b F, and the position to = from + a p with it, in a buffer whose ends of rows are set.
func (q Quartic) Leap(to, p, from []float64, a *Rows, b, s float64) {
	n := a.Length
	to, p, from = to[:a.need], p[:n*len(a.Rows)], from[:a.need]
	done := leapVector(q, to, p, from, a, b, s)
	for k := range a.Rows {
		r := &a.Rows[k]
		for i := done; i < n; i++ {
			v := math.FMA(-b, q.force(from, r, i), p[k*n+i])
			p[k*n+i] = v
			to[r.At+i] = math.FMA(s, v, from[r.At+i])
		}
		to[r.At-1], to[r.At+n] = to[r.At+n-1], to[r.At]
	}
}

func (q Quartic) force(from []float64, r *Row, i int) float64 {
	sum := q.H + (from[r.At+i-1] + from[r.At+i+1])
	for k := 0; k+1 < len(r.Others); k += 2 {
		sum += from[r.Others[k]+i] + from[r.Others[k+1]+i]
	}
	x := from[r.At+i]
	return math.FMA(math.FMA(q.Lambda*x, x, q.C), x, 0-sum)
}
