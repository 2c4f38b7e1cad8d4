//go:build goexperiment.simd && amd64

package lines

import (
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

type four = archsimd.Float64x4

// columns reads four elements of each of four segments and gives the first ones, the second ones, ...
func columns(p unsafe.Pointer, i int) (a, b, c, d four) {
	row := func(k int) four { return archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(p, 8*(i+k*Segment)))) }
	return turned(row(0), row(1), row(2), row(3))
}

func turned(a, b, c, d four) (four, four, four, four) {
	a, b = a.SelectFromPairGrouped(0, 2, b), a.SelectFromPairGrouped(1, 3, b)
	c, d = c.SelectFromPairGrouped(0, 2, d), c.SelectFromPairGrouped(1, 3, d)
	return a.Select128FromPair(0, 2, c), b.Select128FromPair(0, 2, d), a.Select128FromPair(1, 3, c), b.Select128FromPair(1, 3, d)
}

// fourMaps is Maps for four segments in the lanes of vectors, where there are four and vectors.
func fourMaps(slope, offset, a, b []float64) bool {
	if len(a) != 4*Segment || simd.Current() == simd.Scalar {
		return false
	}
	x := unsafe.Pointer(&a[0])
	p, q := archsimd.BroadcastFloat64x4(1), archsimd.BroadcastFloat64x4(0)
	if b == nil {
		for i := 0; i < Segment; i += 4 {
			c0, c1, c2, c3 := columns(x, i)
			p = p.Mul(c0).Mul(c1).Mul(c2).Mul(c3)
		}
		p.Store((*[4]float64)(slope))
		return true
	}
	y := unsafe.Pointer(&b[:4*Segment][0])
	for i := 0; i < Segment; i += 4 {
		c0, c1, c2, c3 := columns(x, i)
		d0, d1, d2, d3 := columns(y, i)
		p = p.Mul(c0).Mul(c1).Mul(c2).Mul(c3)
		if i == 0 {
			q = d0
		} else {
			q = c0.MulAdd(q, d0)
		}
		q = c3.MulAdd(c2.MulAdd(c1.MulAdd(q, d1), d2), d3)
	}
	p.Store((*[4]float64)(slope))
	q.Store((*[4]float64)(offset))
	return true
}

// fourRuns is Run for four segments, none of them a line's first.
func fourRuns(z, ends, starts, a, b []float64) bool {
	if len(a) != 4*Segment || simd.Current() == simd.Scalar {
		return false
	}
	x, to := unsafe.Pointer(&a[0]), unsafe.Pointer(&z[:4*Segment][0])
	y := archsimd.LoadFloat64x4((*[4]float64)(starts))
	store := func(i, k int, v four) { v.Store((*[4]float64)(unsafe.Add(to, 8*(i+k*Segment)))) }
	for i := 0; i < Segment; i += 4 {
		c0, c1, c2, c3 := columns(x, i)
		if b == nil {
			c0 = y.Mul(c0)
			c1 = c0.Mul(c1)
			c2 = c1.Mul(c2)
			c3 = c2.Mul(c3)
		} else {
			d0, d1, d2, d3 := columns(unsafe.Pointer(&b[:4*Segment][0]), i)
			c0 = c0.MulAdd(y, d0)
			c1 = c1.MulAdd(c0, d1)
			c2 = c2.MulAdd(c1, d2)
			c3 = c3.MulAdd(c2, d3)
		}
		y = c3
		c0, c1, c2, c3 = turned(c0, c1, c2, c3)
		store(i, 0, c0)
		store(i, 1, c1)
		store(i, 2, c2)
		store(i, 3, c3)
	}
	y.Store((*[4]float64)(ends))
	return true
}
