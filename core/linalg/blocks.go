package linalg

import "unsafe"

const (
	nearBytes  = 160 << 10 // a block of B this small is read as it lies
	packedRows = 128       // B is packed for more rows of C than these
	turnedRows = 8         // B whose columns are contiguous is packed alone for at least so many rows of C
)

// multiply is one product (or a part) whose rows of C are contiguous: blocks of terms, then of columns, then of rows, then tiles.
// A and B are packed where their tiles would lie too far apart.
func multiply[T Real](j *job[T], c, a, b Matrix[T], s shape, w *buffers) {
	size := int(unsafe.Sizeof(*new(T)))
	m, n, k := c.Rows, c.Cols, a.Cols
	if k == 0 {
		if !j.onto {
			for i := range m {
				clear(c.Data[i*c.Row:][:n])
			}
		}
		return
	}
	switch {
	case j.complex:
	case m*n < columnRows && k > blockTerms && a.Col == 1 && b.Row == 1 && !j.onto && dots(j, c, a, b, w):
		return
	case m == 1 && (b.Col == 1 || n == 1):
		rowTimes(j, c, a, b, s)
		return
	case n == 1 && a.Col == 1 && c.Row == 1 && timesColumn(j, 1, &c, &a, &b, s):
		return
	}
	if narrow(&c, &a, s.lanes) && !j.onto && !j.complex {
		across(j, c, a, b, s, w)
		return
	}
	terms, rows, cols := min(k, blockTerms), min(m, blockRows), min(n, blockCols)
	packB := b.Col != 1 && n > 1 || j.complex || m > packedRows && k*b.Row*size > nearBytes && n > s.lanes
	// where tiles would leap over pages, or A is read for many columns
	far := a.Row != 1 && n >= 20*s.cols || a.Row == 1 && n >= 6*s.cols && a.Col*size > 4096
	packA := j.complex && a.Col != 1 || m > 1 && k > blockTerms/2 && far
	var bufferA, bufferB []T
	if packB {
		bufferB = block[T](&w.b, terms*(cols+s.cols))
	}
	if packA {
		bufferA = block[T](&w.a, terms*(rows+s.rows))
	}
	var t tile
	for p0 := 0; p0 < k; p0 += terms {
		kc := min(terms, k-p0)
		t.k = kc
		t.onto = j.start(p0)
		for j0 := 0; j0 < n; j0 += cols {
			nc := min(cols, n-j0)
			switch from := b.Data[p0*b.Row+j0*b.Col:]; {
			case packB && j.complex:
				for q := 0; q < nc; q += s.cols {
					packComplex(bufferB[q*kc:], from[q*b.Col:], min(s.cols, nc-q), kc, s.cols, b.Col, b.Row)
				}
			case packB:
				pack(bufferB, from, nc, kc, s.cols, b.Col, b.Row, j.level)
			}
			for i0 := 0; i0 < m; i0 += rows {
				mc := min(rows, m-i0)
				switch from := a.Data[i0*a.Row+p0*a.Col:]; {
				case packA && j.complex && a.Col != 1:
					for q := 0; q < mc; q += s.rows {
						packPairs(bufferA[q*kc:], from[q*a.Row:], min(s.rows, mc-q), kc, s.rows, a.Row, a.Col)
					}
				case packA:
					pack(bufferA, from, mc, kc, s.rows, a.Row, a.Col, j.level)
				}
				t.cRow = c.Row * size
				t.cNext = s.rows * t.cRow
				for q := 0; q < nc; q += s.cols {
					for r := 0; r < mc; { // all whole tiles, then the rest
						lines, count := min(s.rows, mc-r), max((mc-r)/s.rows, 1)
						if packB {
							t.b, t.bStep = unsafe.Pointer(&bufferB[q*kc]), s.cols*size
						} else {
							t.b, t.bStep = unsafe.Pointer(&b.Data[p0*b.Row+(j0+q)*b.Col]), b.Row*size
						}
						if packA {
							t.a, t.aRow, t.aStep, t.aNext = unsafe.Pointer(&bufferA[r*kc]), size, s.rows*size, s.rows*kc*size
						} else {
							t.a, t.aRow, t.aStep, t.aNext = unsafe.Pointer(&a.Data[(i0+r)*a.Row+p0*a.Col]), a.Row*size, a.Col*size, s.rows*a.Row*size
						}
						t.c, t.count = unsafe.Pointer(&c.Data[(i0+r)*c.Row+j0+q]), count
						run[T](&t, j.level, lines, min(s.cols, nc-q))
						r += lines * count
					}
				}
			}
		}
	}
}

// narrow tells that few columns of C would fill no vector while A's, over which its rows stand, lie in one piece: the transposed product reads A in
// vectors.
func narrow[T Real](c, a *Matrix[T], lanes int) bool {
	return c.Cols > 1 && 2*c.Cols <= lanes && c.Rows >= 4*lanes && a.Row == 1 && a.Cols >= lanes
}

// across is a narrow product, transposed.
func across[T Real](j *job[T], c, a, b Matrix[T], s shape, w *buffers) {
	t := Dense(block[T](&w.c, c.Cols*c.Rows), c.Cols, c.Rows)
	multiply(j, t, b.T(), a.T(), s, w)
	for i := range c.Rows {
		for q := range c.Cols {
			c.Data[i*c.Row+q] = t.Data[q*c.Rows+i]
		}
	}
}

// scattered is a product whose C has neither contiguous rows nor contiguous columns.
func scattered[T Real](j *job[T], c, a, b Matrix[T]) {
	for i := range c.Rows {
		for q := range c.Cols {
			at := i*c.Row + q*c.Col
			var sum T
			for p0 := 0; p0 < a.Cols; p0 += blockTerms {
				var s T
				if p0 == 0 && j.onto {
					s = c.Data[at]
				}
				for p := p0; p < min(p0+blockTerms, a.Cols); p++ {
					s = fma(a.Data[i*a.Row+p*a.Col], b.Data[p*b.Row+q*b.Col], s)
				}
				if p0 > 0 {
					s += sum
				}
				sum = s
			}
			if a.Cols == 0 && j.onto {
				sum = c.Data[at]
			}
			c.Data[at] = canonical(sum)
		}
	}
}
