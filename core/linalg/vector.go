package linalg

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// rowTimes is a row times a matrix whose rows are contiguous: it reads B once, in long pieces, as it lies.
func rowTimes[T Real](j *job[T], c, a, b Matrix[T], s shape) {
	size := int(unsafe.Sizeof(*new(T)))
	t := tile{a: unsafe.Pointer(&a.Data[0]), b: unsafe.Pointer(&b.Data[0]), c: unsafe.Pointer(&c.Data[0]), k: a.Cols, aStep: a.Col * size, bStep: b.Row * size}
	if j.onto {
		t.onto = 1
	}
	for q := runWide[T](&t, j.level, c.Cols); q < c.Cols; q += s.cols {
		t.b, t.c = unsafe.Pointer(&b.Data[q]), unsafe.Pointer(&c.Data[q])
		run[T](&t, j.level, 1, min(s.cols, c.Cols-q))
	}
}

// Rows of the kernels.
const (
	columnRows = 16
	pairsRows  = 8
)

// pairs are products from..to-1 of a row by a column each, whose terms and results are contiguous. It reports whether it did them.
func pairs[T Real](j *job[T], from, to int, s shape) bool {
	terms, k := columnTerms[T](j.level), j.a.Cols
	if terms == 0 || k < terms {
		return false
	}
	size := int(unsafe.Sizeof(*new(T)))
	whole := k / terms * terms
	for p := from; p < to; p += pairsRows {
		t := tile{a: unsafe.Pointer(&j.a.Data[p*j.strideA]), b: unsafe.Pointer(&j.b.Data[p*j.strideB]), c: unsafe.Pointer(&j.c.Data[p]), k: k, aRow: j.strideA * size, aStep: size, bStep: j.strideB * size, cRow: size}
		if j.onto {
			t.onto = 1
		}
		rest := k
		if to-p >= pairsRows {
			t.k = whole / terms
			runPairs[T](&t)
			if rest -= whole; rest == 0 {
				continue
			}
			t.onto, t.k, t.a, t.b = 1, rest, unsafe.Pointer(&j.a.Data[p*j.strideA+whole]), unsafe.Pointer(&j.b.Data[p*j.strideB+whole])
		}
		t.bStep, t.count = size, min(pairsRows, to-p)
		t.aNext, t.bNext, t.cNext = j.strideA*size, j.strideB*size, size
		run[T](&t, j.level, 1, 1)
	}
	return true
}

// timesColumn is n matrices with contiguous rows times a column each, into contiguous columns. It reports whether it did them.
func timesColumn[T Real](j *job[T], n int, c, a, b *Matrix[T], s shape) bool {
	const near, stream = 1024, 512 // bytes
	terms := columnTerms[T](j.level)
	if terms == 0 || a.Cols < terms || a.Rows < columnRows {
		return false
	}
	size := int(unsafe.Sizeof(*new(T)))
	rows, whole := a.Rows/columnRows*columnRows, a.Cols/terms*terms
	t := tile{aRow: a.Row * size, aStep: size, bStep: b.Row * size, cRow: size, ahead: stream}
	if a.Cols*size <= near {
		t.ahead = columnRows * t.aRow
	}
	once := rows == columnRows // then it is the batch that the kernel counts
	for p := 0; p < n; p++ {
		t.a, t.b, t.c = unsafe.Pointer(&a.Data[p*j.strideA]), unsafe.Pointer(&b.Data[p*j.strideB]), unsafe.Pointer(&c.Data[p*j.strideC])
		t.onto = 0
		if j.onto {
			t.onto = 1
		}
		switch t.k = whole / terms; {
		case !once:
			t.count, t.aNext, t.bNext, t.cNext = rows/columnRows, columnRows*t.aRow, 0, columnRows*size
			runColumn[T](&t)
		case p == 0:
			t.count, t.aNext, t.bNext, t.cNext = n, j.strideA*size, j.strideB*size, j.strideC*size
			runColumn[T](&t)
		}
		if rest := a.Cols - whole; rest > 0 {
			t.a, t.b, t.c = unsafe.Pointer(&a.Data[p*j.strideA+whole]), unsafe.Pointer(&b.Data[p*j.strideB+whole*b.Row]), unsafe.Pointer(&c.Data[p*j.strideC])
			onto := t.onto
			t.onto, t.k = 1, rest
			runRows[T](&t, j.level, s.rows, rows)
			t.onto = onto
		}
		if rows < a.Rows {
			t.a, t.b, t.c = unsafe.Pointer(&a.Data[p*j.strideA+rows*a.Row]), unsafe.Pointer(&b.Data[p*j.strideB]), unsafe.Pointer(&c.Data[p*j.strideC+rows])
			t.k = a.Cols
			runRows[T](&t, j.level, s.rows, a.Rows-rows)
		} else if once && whole == a.Cols {
			break
		}
	}
	return true
}

// runRows does count results of one column, rows at a time.
func runRows[T Real](t *tile, l simd.Level, rows, count int) {
	t.bNext, t.aNext, t.cNext = 0, rows*t.aRow, rows*t.cRow
	if t.count = count / rows; t.count > 0 {
		run[T](t, l, rows, 1)
		if count%rows == 0 {
			return
		}
		t.a, t.c = unsafe.Add(t.a, t.aNext), unsafe.Add(t.c, t.cNext)
	}
	t.count = 1
	run[T](t, l, count%rows, 1)
}

// Outer sets c[i,j] = x[i] y[j], or adds that to it, rounded once, if onto. Columns of C must be contiguous in each row (Col = 1).
func Outer[T Real](c Matrix[T], x, y []T, onto bool) error {
	if c.Rows != len(x) || c.Cols != len(y) || c.Col != 1 || c.Row < 0 || c.last() > len(c.Data) {
		return spec.Errorf(spec.ShapeError, "expected C of shape (%d, %d) with contiguous rows inside its data, got (%d, %d), strides (%d, %d), %d elements", len(x), len(y), c.Rows, c.Cols, c.Row, c.Col, len(c.Data))
	}
	for i := range x {
		row := c.Data[i*c.Row:][:c.Cols]
		if onto {
			simd.MulAdd(row, x[i:i+1], y, row)
		} else {
			simd.Mul(row, x[i:i+1], y)
		}
		simd.Canonical(row, row)
	}
	return nil
}
