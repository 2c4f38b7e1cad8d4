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

const columnRows = 16

// timesColumn is a matrix with contiguous rows times a column, into a contiguous column. It reports whether it did it.
func timesColumn[T Real](j *job[T], c, a, b Matrix[T], s shape) bool {
	terms := columnTerms[T](j.level)
	if terms == 0 || a.Cols < terms || a.Rows < columnRows {
		return false
	}
	size := int(unsafe.Sizeof(*new(T)))
	whole := a.Cols / terms * terms
	for r := 0; r < c.Rows; r += columnRows {
		t := tile{a: unsafe.Pointer(&a.Data[r*a.Row]), b: unsafe.Pointer(&b.Data[0]), c: unsafe.Pointer(&c.Data[r]), k: a.Cols, aRow: a.Row * size, aStep: size, bStep: b.Row * size, cRow: size}
		if j.onto {
			t.onto = 1
		}
		count := min(columnRows, c.Rows-r)
		if count == columnRows {
			t.k = whole / terms
			runColumn[T](&t)
			if whole == a.Cols {
				continue
			}
			t.onto, t.k, t.a, t.b = 1, a.Cols-whole, unsafe.Pointer(&a.Data[r*a.Row+whole]), unsafe.Pointer(&b.Data[whole*b.Row])
		}
		runRows[T](&t, j.level, s.rows, count)
	}
	return true
}

// runRows does count results of one column, rows at a time. No pointer is moved past an end, where the collector may not find it.
func runRows[T Real](t *tile, l simd.Level, rows, count int) {
	a, c := t.a, t.c
	for i := 0; i < count; i += rows {
		t.a, t.c = unsafe.Add(a, i*t.aRow), unsafe.Add(c, i*t.cRow)
		run[T](t, l, min(rows, count-i), 1)
	}
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
