package linalg

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// rowTimes is a row times a matrix whose rows are contiguous: it reads B once, in long pieces, as it lies.
func rowTimes[T Real](j *job[T], c, a, b Matrix[T], s shape) {
	size := int(unsafe.Sizeof(*new(T)))
	for p := 0; p < a.Cols; p += blockTerms {
		x, y := a.Data[p*a.Col:], b.Data[p*b.Row:]
		t := tile{a: unsafe.Pointer(&x[0]), b: unsafe.Pointer(&y[0]), c: unsafe.Pointer(&c.Data[0]), k: min(blockTerms, a.Cols-p), aStep: a.Col * size, bStep: b.Row * size, onto: j.start(p)}
		for q := 0; q < c.Cols; {
			t.b, t.c = unsafe.Pointer(&y[q]), unsafe.Pointer(&c.Data[q])
			if v := wideVectors[T](j.level, c.Cols-q); v > 0 {
				q += runWide[T](&t, v, c.Cols-q)
				continue
			}
			run[T](&t, j.level, 1, min(s.cols, c.Cols-q))
			q += s.cols
		}
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
	for p := from; p < to; p += pairsRows {
		for q := 0; q < k; q += blockTerms {
			n := min(blockTerms, k-q)
			t := tile{
				a: unsafe.Pointer(&j.a.Data[p*j.strideA+q]), b: unsafe.Pointer(&j.b.Data[p*j.strideB+q]), c: unsafe.Pointer(&j.c.Data[p]),
				aRow: j.strideA * size, aStep: size, bStep: j.strideB * size, cRow: size, onto: j.start(q), ahead: pairsRows * j.strideA * size,
			}
			whole := n / terms * terms
			if to-p < pairsRows || whole < n && t.onto == added {
				whole = 0
			}
			if whole > 0 {
				t.k = whole / terms
				runPairs[T](&t)
				if whole == n {
					continue
				}
				t.onto, t.a, t.b = chained, unsafe.Pointer(&j.a.Data[p*j.strideA+q+whole]), unsafe.Pointer(&j.b.Data[p*j.strideB+q+whole])
			}
			t.k, t.bStep, t.count = n-whole, size, min(pairsRows, to-p)
			t.aNext, t.bNext, t.cNext = j.strideA*size, j.strideB*size, size
			run[T](&t, j.level, 1, 1)
		}
	}
	return true
}

// dots are few products of long contiguous rows by columns: the blocks of each are pairs. It reports whether it did them.
func dots[T Real](j *job[T], c, a, b Matrix[T], w *buffers) bool {
	terms := columnTerms[T](j.level)
	if terms == 0 {
		return false
	}
	const rest = pairsRows * blockTerms
	size := int(unsafe.Sizeof(*new(T)))
	k := a.Cols
	blocks := (k + blockTerms - 1) / blockTerms
	whole := k / rest * pairsRows // blocks that are read as they lie
	room := block[T](&w.c, blocks+pairsRows+2*rest)
	parts, x, y := room[:blocks+pairsRows], room[blocks+pairsRows:][:rest], room[blocks+pairsRows+rest:]
	t := tile{k: blockTerms / terms, aRow: blockTerms * size, bStep: blockTerms * size, count: whole / pairsRows, aNext: rest * size, bNext: rest * size, cNext: pairsRows * size, ahead: rest * size}
	for i := range c.Rows {
		for q := range c.Cols {
			left, right := a.Data[i*a.Row:][:k], b.Data[q*b.Col:][:k]
			if whole > 0 {
				u := t
				u.a, u.b, u.c = unsafe.Pointer(&left[0]), unsafe.Pointer(&right[0]), unsafe.Pointer(&parts[0])
				runPairs[T](&u)
			}
			if whole < blocks {
				n := copy(x, left[whole*blockTerms:])
				copy(y, right[whole*blockTerms:])
				for p := n; p < (blocks-whole)*blockTerms; p++ { // s + -0 is s, whatever s
					x[p], y[p] = T(math.Copysign(0, -1)), 0
				}
				u := t
				u.a, u.b, u.c, u.count = unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0]), unsafe.Pointer(&parts[whole]), 1
				runPairs[T](&u)
			}
			sum := parts[0]
			for _, s := range parts[1:blocks] {
				sum += s
			}
			c.Data[i*c.Row+q*c.Col] = canonical(sum)
		}
	}
	return true
}

// timesColumn is n matrices with contiguous rows times a column each, into contiguous columns. It reports whether it did them.
func timesColumn[T Real](j *job[T], n int, c, a, b *Matrix[T], s shape) bool {
	terms, k := columnTerms[T](j.level), a.Cols
	if terms == 0 || k < terms || c.Rows < columnRows {
		return false
	}
	size := int(unsafe.Sizeof(*new(T)))
	t := tile{aRow: a.Row * size, aStep: size, bStep: b.Row * size, cRow: size}
	if c.Rows == columnRows && k%terms == 0 && k <= blockTerms { // the kernel counts the matrices
		t.a, t.b, t.c, t.k, t.onto = unsafe.Pointer(&a.Data[0]), unsafe.Pointer(&b.Data[0]), unsafe.Pointer(&c.Data[0]), k/terms, j.start(0)
		t.count, t.aNext, t.bNext, t.cNext = n, j.strideA*size, j.strideB*size, j.strideC*size
		runColumn[T](&t)
		return true
	}
	step := c.Rows / columnRows * columnRows // rows that are done together
	if k > blockTerms {
		step = columnRows
	}
	for p := range n {
		for r := 0; r < c.Rows; r += step {
			rows := min(step, c.Rows-r)
			for q := 0; q < k; q += blockTerms {
				n := min(blockTerms, k-q)
				whole := n / terms * terms
				t.onto = j.start(q)
				if rows < columnRows || whole < n && t.onto == added {
					whole = 0
				}
				at := func(q int) {
					t.a, t.b, t.c = unsafe.Pointer(&a.Data[p*j.strideA+r*a.Row+q]), unsafe.Pointer(&b.Data[p*j.strideB+q*b.Row]), unsafe.Pointer(&c.Data[p*j.strideC+r])
				}
				if whole > 0 {
					at(q)
					t.k = whole / terms
					t.count, t.aNext, t.bNext, t.cNext = rows/columnRows, columnRows*t.aRow, 0, columnRows*size
					runColumn[T](&t)
					t.onto = chained
				}
				if whole < n {
					at(q + whole)
					t.k = n - whole
					runRows[T](&t, j.level, s.rows, rows)
				}
			}
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
