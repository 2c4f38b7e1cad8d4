package linalg

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// MultiplyComplex is [Multiply] for complex numbers. A block is 128 complex terms; its chain takes the four products of each in this order:
//
//	re <- fma(re a, re b, re), re <- fma(im a, -im b, re);   im <- fma(re a, im b, im), im <- fma(im a, re b, im).
func MultiplyComplex[C Complex](c, a, b Matrix[C], onto bool, w *Workspace) error {
	return MultiplyComplexBatch(1, c, a, b, 0, 0, 0, onto, w)
}

// MultiplyComplexBatch is [MultiplyBatch] for complex numbers.
func MultiplyComplexBatch[C Complex](n int, c, a, b Matrix[C], strideC, strideA, strideB int, onto bool, w *Workspace) error {
	if err := check(c, a, b, n, strideC, strideA, strideB); err != nil {
		return err
	}
	if c.Col != 1 && c.Cols > 1 {
		return scatteredComplex(n, c, a, b, strideC, strideA, strideB, onto, w)
	}
	if unsafe.Sizeof(*new(C)) == 16 {
		complexJob[float64](n, c, a, b, strideC, strideA, strideB, onto).do(w)
	} else {
		complexJob[float32](n, c, a, b, strideC, strideA, strideB, onto).do(w)
	}
	return nil
}

func complexJob[T Real, C Complex](n int, c, a, b Matrix[C], strideC, strideA, strideB int, onto bool) *job[T] {
	return &job[T]{
		c: Matrix[T]{parts[T](c.Data), c.Rows, 2 * c.Cols, 2 * c.Row, 1},
		a: Matrix[T]{parts[T](a.Data), a.Rows, 2 * a.Cols, 2 * a.Row, a.Col},
		b: Matrix[T]{parts[T](b.Data), 2 * b.Rows, 2 * b.Cols, b.Row, b.Col},
		n: n, strideC: 2 * strideC, strideA: 2 * strideA, strideB: 2 * strideB, onto: onto, complex: true, level: simd.Current(),
	}
}

// parts are the real and imaginary parts of x, one after the other.
func parts[T Real, C Complex](x []C) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(x))), 2*len(x))
}

// scatteredComplex goes through a dense C, since the transposed product would take its terms in another order.
func scatteredComplex[C Complex](n int, c, a, b Matrix[C], strideC, strideA, strideB int, onto bool, w *Workspace) error {
	numbers := block[float64](&w.own().c, 2*c.Rows*c.Cols)
	d := Dense(unsafe.Slice((*C)(unsafe.Pointer(unsafe.SliceData(numbers))), c.Rows*c.Cols), c.Rows, c.Cols)
	each := func(s int, f func(dense, scattered *C)) {
		for i := range c.Rows {
			for j := range c.Cols {
				f(&d.Data[i*d.Row+j], &c.Data[s*strideC+i*c.Row+j*c.Col])
			}
		}
	}
	for s := range n {
		each(s, func(dense, scattered *C) { *dense = *scattered })
		from := func(m Matrix[C], stride int) Matrix[C] { m.Data = m.Data[s*stride:]; return m }
		if err := MultiplyComplex(d, from(a, strideA), from(b, strideB), onto, w); err != nil {
			return err
		}
		each(s, func(dense, scattered *C) { *scattered = *dense })
	}
	return nil
}
