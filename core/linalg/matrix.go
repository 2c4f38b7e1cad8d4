// Package linalg multiplies and factors dense matrices.
//
// # Factorisations
//
// [Cholesky], [LU], [LUSolve], [Solve], [Inverse], [LogDet], [TriangularSolve], [Eigh], [QR], [SVD] and [Eig] work on batches of row-major matrices
// of float64, complex128, float32 and complex64. Which library computes them, see [Factorizations]:
//
//	           LAPACK           Plain, real      Plain, complex
//	Cholesky   potrf            gonum Dpotrf     by columns
//	LU         getrf            gonum Dgetrf     partial pivoting
//	solves     trsm, trsv       gonum Dtrsm      substitution
//	Eigh       syevd, heevd     gonum Dsyev      Jacobi's rotations
//	QR         gelqf, unglq     gonum Dgeqrf     Householder's reflections
//	SVD        gesdd            gonum Dgesvd     one-sided rotations
//	Eig        geev             gonum Dgeev      shifted QR steps
//
// # Products
//
// The terms of an element of C = A B (+ C) are taken in blocks of 256 by ascending k. A block is one chain of fused multiply-adds,
//
//	s <- fma(a[i,k], b[k,j], s),   s = 0 at the start, C[i,j] instead in the first block,
//
// and the blocks are added in their order, ((s_0 + s_1) + s_2) + ...: so that long chains, of dot products say, run side by side. This holds
// whatever the shape, strides, tile, number of workers or SIMD level: row r of a product has the same bits whatever the other rows are.
// NaN results are canonical.
package linalg

import "github.com/ergodica/ergodica/core/spec"

// Real is an element type with kernels of its own.
type Real interface{ float32 | float64 }

// Complex is an element type whose products run on the real kernels.
type Complex interface{ complex64 | complex128 }

// Matrix is a view of a Rows x Cols matrix in Data: element (i, j) is Data[i*Row+j*Col]. Strides are not negative; a stride of 0 repeats.
type Matrix[T Real | Complex] struct {
	Data       []T
	Rows, Cols int
	Row, Col   int
}

// Dense is the view of a row-major matrix without gaps.
func Dense[T Real | Complex](data []T, rows, cols int) Matrix[T] {
	return Matrix[T]{Data: data, Rows: rows, Cols: cols, Row: cols, Col: 1}
}

// T is the transpose, a view of the same data.
func (m Matrix[T]) T() Matrix[T] {
	return Matrix[T]{Data: m.Data, Rows: m.Cols, Cols: m.Rows, Row: m.Col, Col: m.Row}
}

// last is the index behind the last element.
func (m Matrix[T]) last() int {
	if m.Rows == 0 || m.Cols == 0 {
		return 0
	}
	return (m.Rows-1)*m.Row + (m.Cols-1)*m.Col + 1
}

// check wants views inside their data, n of them at the given distances, and shapes that fit.
func check[T Real | Complex](c, a, b Matrix[T], n, strideC, strideA, strideB int) error {
	if c.Rows != a.Rows || c.Cols != b.Cols || a.Cols != b.Rows {
		return spec.Errorf(spec.ShapeError, "expected C (m, n) = A (m, k) B (k, n), got C (%d, %d), A (%d, %d), B (%d, %d)", c.Rows, c.Cols, a.Rows, a.Cols, b.Rows, b.Cols)
	}
	for i, m := range [3]Matrix[T]{c, a, b} {
		stride := [3]int{strideC, strideA, strideB}[i]
		if m.Rows < 0 || m.Cols < 0 || m.Row < 0 || m.Col < 0 || stride < 0 || n < 0 {
			return spec.Errorf(spec.ShapeError, "expected shapes and strides that are not negative, got %s of shape (%d, %d), strides (%d, %d), %d of them at distance %d", "CAB"[i:i+1], m.Rows, m.Cols, m.Row, m.Col, n, stride)
		}
		if need := m.last() + max(n-1, 0)*stride; n > 0 && need > len(m.Data) {
			return spec.Errorf(spec.ShapeError, "expected at least %d elements for %s of shape (%d, %d), strides (%d, %d), got %d", need, "CAB"[i:i+1], m.Rows, m.Cols, m.Row, m.Col, len(m.Data))
		}
	}
	return nil
}
