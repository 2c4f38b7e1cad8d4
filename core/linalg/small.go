package linalg

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// fits tells whether products are valid and so small that packing, sharing and even copying their descriptions would cost more than it saves.
func fits[T Real](c, a, b *Matrix[T], n, strideC, strideA, strideB int) bool {
	const most = 1 << 15 // every quantity below is smaller, so that none overflows
	m, cols, k := c.Rows, c.Cols, a.Cols
	switch {
	case uint(m-1) >= most || uint(cols-1) >= most || uint(k-1) >= blockTerms || a.Rows != m || b.Rows != k || b.Cols != cols:
		return false
	case cols == 1 && m >= columnRows && k >= 4: // has kernels of its own
		return false
	case c.Col != 1 || b.Col != 1 || uint(a.Col) >= most || uint(a.Row) >= most || uint(b.Row) >= most || uint(c.Row) >= most:
		return false
	case k*b.Row*int(unsafe.Sizeof(*new(T))) > nearBytes || 2*m*cols*k >= shareFlops || n*m*cols*k >= 1<<20:
		return false
	case n == 1:
		return (m-1)*c.Row+cols <= len(c.Data) && (m-1)*a.Row+(k-1)*a.Col < len(a.Data) && (k-1)*b.Row+cols <= len(b.Data)
	case uint(n-1) >= most || uint(strideC) >= 1<<30 || uint(strideA) >= 1<<30 || uint(strideB) >= 1<<30:
		return false
	}
	return (n-1)*strideC+(m-1)*c.Row+cols <= len(c.Data) && (n-1)*strideA+(m-1)*a.Row+(k-1)*a.Col < len(a.Data) && (n-1)*strideB+(k-1)*b.Row+cols <= len(b.Data)
}

func small[T Real](c, a, b *Matrix[T], n, strideC, strideA, strideB int, onto bool) {
	size := int(unsafe.Sizeof(*new(T)))
	level := simd.Current()
	s := shapeOf[T](level)
	t := tile{k: a.Cols, aRow: a.Row * size, aStep: a.Col * size, bStep: b.Row * size, cRow: c.Row * size}
	if onto {
		t.onto = 1
	}
	for p := range n {
		a0, b0, c0 := unsafe.Pointer(&a.Data[p*strideA]), unsafe.Pointer(&b.Data[p*strideB]), unsafe.Pointer(&c.Data[p*strideC])
		for q := 0; q < c.Cols; q += s.cols {
			t.b = unsafe.Add(b0, q*size)
			for r := 0; r < c.Rows; r += s.rows {
				t.a, t.c = unsafe.Add(a0, r*t.aRow), unsafe.Add(c0, r*t.cRow+q*size)
				run[T](&t, level, min(s.rows, c.Rows-r), min(s.cols, c.Cols-q))
			}
		}
	}
}
