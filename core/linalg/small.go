package linalg

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// fits tells whether products are valid and so small that packing and even copying their descriptions would cost more than it saves.
func fits[T Real](c, a, b *Matrix[T], n, strideC, strideA, strideB int) bool {
	const most, far, many = 1 << 15, 1 << 28, 1 << 31 // sizes, distances, matrices: so that no product below overflows
	m, cols, k := c.Rows, c.Cols, a.Cols
	switch {
	case uint(m-1) >= most || uint(cols-1) >= most || uint(k-1) >= blockTerms || a.Rows != m || b.Rows != k || b.Cols != cols:
		return false
	case c.Col != 1 || b.Col != 1 || uint(a.Col) >= most || uint(a.Row) >= most || uint(b.Row) >= most || uint(c.Row) >= most:
		return false
	case k*b.Row*int(unsafe.Sizeof(*new(T))) > nearBytes || 2*m*cols*k > shareFlops || uint(n-1) >= many:
		return false
	case uint(strideC) >= far || uint(strideA) >= far || uint(strideB) >= far:
		return false
	case n == 1 && narrow(c, a, 8) && k >= 64:
		return false
	case cols == 1 && k >= 4 && (m >= columnRows || m == 1 && n > 1): // has kernels of its own
		return false
	}
	return (n-1)*strideC+(m-1)*c.Row+cols <= len(c.Data) && (n-1)*strideA+(m-1)*a.Row+(k-1)*a.Col < len(a.Data) && (n-1)*strideB+(k-1)*b.Row+cols <= len(b.Data)
}

// small does products from..to-1 as they lie.
func small[T Real](c, a, b *Matrix[T], from, to, strideC, strideA, strideB int, onto bool, level simd.Level) {
	if from == to {
		return
	}
	size := int(unsafe.Sizeof(*new(T)))
	s := shapeOf[T](level)
	t := tile{k: a.Cols, aRow: a.Row * size, aStep: a.Col * size, bStep: b.Row * size, cRow: c.Row * size}
	if onto {
		t.onto = chained
	}
	a0, b0, c0 := unsafe.Pointer(&a.Data[from*strideA]), unsafe.Pointer(&b.Data[from*strideB]), unsafe.Pointer(&c.Data[from*strideC])
	if c.Rows <= s.rows && c.Cols <= s.cols {
		t.a, t.b, t.c, t.count = a0, b0, c0, to-from
		t.aNext, t.bNext, t.cNext = strideA*size, strideB*size, strideC*size
		run[T](&t, level, c.Rows, c.Cols)
		return
	}
	t.aNext, t.cNext = s.rows*t.aRow, s.rows*t.cRow
	for p := range to - from {
		for q := 0; q < c.Cols; q += s.cols {
			for r := 0; r < c.Rows; { // all whole tiles, then the rest
				lines, count := min(s.rows, c.Rows-r), max((c.Rows-r)/s.rows, 1)
				t.a, t.b, t.c = unsafe.Add(a0, p*strideA*size+r*t.aRow), unsafe.Add(b0, (p*strideB+q)*size), unsafe.Add(c0, (p*strideC+q)*size+r*t.cRow)
				t.count = count
				run[T](&t, level, lines, min(s.cols, c.Cols-q))
				r += lines * count
			}
		}
	}
}

// turns tells whether valid products are small but for B, whose columns are contiguous.
func turns[T Real](j *job[T]) bool {
	b := Matrix[T]{Data: j.b.Data, Rows: j.b.Rows, Cols: j.b.Cols, Row: j.b.Cols, Col: 1}
	return j.b.Row == 1 && b.Cols > 1 && j.c.Rows >= turnedRows && fits(&j.c, &j.a, &b, j.n, j.strideC, j.strideA, min(j.strideB, b.Rows*b.Cols))
}

// turned does products from..to-1 with copies of B in rows, as many at once as stay near.
func turned[T Real](j *job[T], from, to int, w *buffers) {
	k, cols := j.b.Rows, j.b.Cols
	each := k * cols
	stride, many := 0, to-from
	if j.strideB > 0 {
		stride, many = each, min(many, max(nearBytes/2/int(unsafe.Sizeof(*new(T)))/each, 1))
	}
	b := Matrix[T]{Data: block[T](&w.b, each+(many-1)*stride), Rows: k, Cols: cols, Row: cols, Col: 1}
	for p := from; p < to; p += many {
		n := min(many, to-p)
		for q := range n {
			if stride > 0 || p+q == from {
				pack(b.Data[q*stride:], j.b.Data[(p+q)*j.strideB:], cols, k, cols, j.b.Col, 1, j.level)
			}
		}
		c, a := j.c, j.a
		c.Data, a.Data = c.Data[p*j.strideC:], a.Data[p*j.strideA:]
		small(&c, &a, &b, 0, n, j.strideC, j.strideA, stride, j.onto, j.level)
	}
}
