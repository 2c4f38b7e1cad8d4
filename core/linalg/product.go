package linalg

import "github.com/ergodica/ergodica/core/simd"

// Multiply sets C = A B, or C = C + A B if onto. C must not overlap A or B. Any strides are read; rows or columns of C must be contiguous
// (or its elements are, one by one, slower). w may be nil: then what must be packed is packed into new memory.
func Multiply[T Real](c, a, b Matrix[T], onto bool, w *Workspace) error {
	if fits(&c, &a, &b, 1, 0, 0, 0) {
		small(&c, &a, &b, 0, 1, 0, 0, 0, onto, simd.Current())
		return nil
	}
	return multiplyBatch(1, c, a, b, 0, 0, 0, onto, w)
}

// MultiplyBatch is n products at once: matrix s of C, A and B starts at s times its stride. A stride of 0 shares A or B.
func MultiplyBatch[T Real](n int, c, a, b Matrix[T], strideC, strideA, strideB int, onto bool, w *Workspace) error {
	if fits(&c, &a, &b, n, strideC, strideA, strideB) && (w == nil || w.team.Size() == 1 || 2*n*c.Rows*c.Cols*a.Cols < shareFlops) {
		small(&c, &a, &b, 0, n, strideC, strideA, strideB, onto, simd.Current())
		return nil
	}
	return multiplyBatch(n, c, a, b, strideC, strideA, strideB, onto, w)
}

func multiplyBatch[T Real](n int, c, a, b Matrix[T], strideC, strideA, strideB int, onto bool, w *Workspace) error {
	if err := check(c, a, b, n, strideC, strideA, strideB); err != nil {
		return err
	}
	j := job[T]{c: c, a: a, b: b, n: n, strideC: strideC, strideA: strideA, strideB: strideB, onto: onto, level: simd.Current()}
	j.do(w)
	return nil
}

// job is a checked batch of products. In a complex one everything counts real numbers: C (m, 2n) = A (m, 2k) B (2k, 2n), where packing makes
// rows 2p and 2p+1 of B, (re, im) and (-im, re), from row p of the complex one. The number at an even place (i, p) of A is at
// i Row + p Col, that at an even place of B too, and its neighbour behind it.
type job[T Real] struct {
	c, a, b                   Matrix[T]
	n                         int
	strideC, strideA, strideB int
	onto, complex             bool
	small, pairs, columns     bool // how the products of a batch run
	turned                    bool // small once B is transposed
	level                     simd.Level
}

// Sizes of blocks, in elements of 8 bytes: terms (the bits depend on it), rows of A, columns of B.
const (
	blockTerms = 256
	blockRows  = 192
	blockCols  = 3072

	shareFlops = 1 << 17 // a product is shared among workers from here on
)

func (j *job[T]) do(w *Workspace) {
	if j.n == 0 || j.c.Rows == 0 || j.c.Cols == 0 {
		return
	}
	if !j.complex {
		j.form()
	}
	flops := 2 * j.n * j.c.Rows * j.c.Cols * j.a.Cols
	if w == nil || w.team.Size() == 1 || flops < shareFlops {
		j.part(0, 1, w.own())
		return
	}
	var err error
	switch own := any(j).(type) {
	case *job[float64]:
		w.job64 = *own
		err = w.team.Run(w.run64)
	case *job[float32]:
		w.job32 = *own
		err = w.team.Run(w.run32)
	}
	if err != nil {
		panic(err)
	}
}

// form chooses how to look at the products.
func (j *job[T]) form() {
	if j.c.Row == 1 && (j.c.Col != 1 || j.c.Cols == 1 && j.a.Row == 1) {
		j.transpose()
	}
	defer func() { j.turned = !j.small && turns(j) }()
	if j.n == 1 {
		return
	}
	if j.c.Rows == 1 { // rows of a batch may be rows of one matrix
		if j.c.Cols == 1 && j.strideA == 0 && j.strideB != 0 {
			j.transpose()
		}
		j.c.Row, j.a.Row = j.strideC, j.strideA
	}
	if j.strideB == 0 && j.a.Rows*j.a.Row == j.strideA && j.c.Rows*j.c.Row == j.strideC { // one tall product
		j.c.Rows, j.a.Rows, j.n = j.n*j.c.Rows, j.n*j.a.Rows, 1
		return
	}
	j.pairs = j.c.Rows == 1 && j.c.Cols == 1 && j.strideC == 1 && j.a.Col == 1 && j.b.Row == 1
	j.columns = j.c.Cols == 1 && j.c.Row == 1 && j.a.Col == 1
	j.small = fits(&j.c, &j.a, &j.b, j.n, j.strideC, j.strideA, j.strideB)
}

// start is how C counts in the block of terms from p0 on.
func (j *job[T]) start(p0 int) int {
	switch {
	case p0 > 0:
		return added
	case j.onto:
		return chained
	}
	return fresh
}

func (j *job[T]) transpose() {
	j.c, j.a, j.b = j.c.T(), j.b.T(), j.a.T()
	j.strideA, j.strideB = j.strideB, j.strideA
}

// share is part w of n of the units 0..all-1, in whole multiples of grain.
func share(w, n, all, grain int) (from, to int) {
	units := (all + grain - 1) / grain
	return min(units*w/n*grain, all), min(units*(w+1)/n*grain, all)
}

// part is what one of several workers does: some of the products, or a part of the rows or columns of each.
func (j *job[T]) part(worker, workers int, w *buffers) {
	s := shapeOf[T](j.level)
	from, to := 0, j.n
	i0, i1, j0, j1 := 0, j.c.Rows, 0, j.c.Cols
	switch {
	case workers == 1:
	case j.n >= workers:
		from, to = share(worker, workers, j.n, min(pairsRows, j.n/workers))
	case j.c.Rows/s.rows >= j.c.Cols/s.cols:
		i0, i1 = share(worker, workers, j.c.Rows, s.rows)
	default:
		j0, j1 = share(worker, workers, j.c.Cols, s.lanes)
	}
	whole := i1-i0 == j.c.Rows && j1-j0 == j.c.Cols
	switch {
	case i0 == i1 || j0 == j1:
		return
	case j.small && whole:
		small(&j.c, &j.a, &j.b, from, to, j.strideC, j.strideA, j.strideB, j.onto, j.level)
		return
	case j.turned && whole:
		turned(j, from, to, w)
		return
	case j.pairs && whole && pairs(j, from, to, s):
		return
	case j.columns && whole:
		a, b, c := j.a, j.b, j.c
		a.Data, b.Data, c.Data = a.Data[from*j.strideA:], b.Data[from*j.strideB:], c.Data[from*j.strideC:]
		if timesColumn(j, to-from, &c, &a, &b, s) {
			return
		}
	}
	for p := from; p < to; p++ {
		c, a, b := j.c, j.a, j.b
		c.Data, a.Data, b.Data = c.Data[p*j.strideC+i0*c.Row+j0*c.Col:], a.Data[p*j.strideA:], b.Data[p*j.strideB:]
		c.Rows, c.Cols = i1-i0, j1-j0
		if len(a.Data) > 0 && len(b.Data) > 0 {
			a.Data, b.Data = a.Data[i0*a.Row:], b.Data[j0*b.Col:]
		}
		if c.Col != 1 && c.Cols > 1 {
			scattered(j, c, a, b)
			continue
		}
		multiply(j, c, a, b, s, w)
	}
}
