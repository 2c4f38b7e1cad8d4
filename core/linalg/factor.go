package linalg

import "sync/atomic"

// Factorizations is a library of dense factorisations. Two exist: [Plain], in Go, and LAPACK through the pointers that the Python face lends
// (bindings/lapack). They agree to rounding, not to the bit.
type Factorizations interface {
	Name() string
	Real() Routines[float64]
	Complex() Routines[complex128]

	// Schur replaces a (n, n) by the upper triangular t and gives the unitary z (n, n), a = z t z^H.
	Schur(n int, a, z []complex128, w *Scratch) Status

	// Narrow holds the library to one thread a call until the matching Widen of the same library. Sections may nest and overlap; the last to
	// end gives back what was set before the first began. Batches are such sections, so that their bits do not depend on the setting.
	Narrow()
	Widen()
}

// Routines factor one matrix a call. Matrices are row-major without gaps, a (m, n) at a[i*n+j]; k = min(m, n); x^H is the conjugate transpose.
// Slices have exactly the lengths of their shapes and do not overlap. Sizes may be 0. What a routine does to a that is not said is
// undefined, and so are all results where the status is not OK, if it is not said otherwise. No input makes a routine panic, hang or write elsewhere.
// [Cholesky] to [Eig] are batches of these, refuse what is not finite, and put NaN for results that do not exist.
type Routines[E float64 | complex128] interface {
	// Cholesky replaces the lower triangle of a (n, n) by L, a = L L^H. The upper triangle is not read.
	Cholesky(n int, a []E, w *Scratch) Status

	// LU replaces a (n, n) by L below the diagonal, with ones on it, and U: row i of L U is row perm[i] of a. Pivots are the largest of their
	// column (LAPACK measures complex ones by |re| + |im|). Singular is the status of a complete factorisation with a zero on U's diagonal.
	LU(n int, a []E, perm []int64, w *Scratch) Status

	// Inverse replaces a (n, n) by its inverse.
	Inverse(n int, a []E, w *Scratch) Status

	// LUSolve replaces b (n, m) by the solution of a x = b, or a^T x = b.
	LUSolve(n, m int, lu []E, perm []int64, b []E, trans bool, w *Scratch)

	// TriangularSolve replaces b (n, m) by the solution of a x = b or a^T x = b with the lower or upper triangle of a, the other one not read;
	// unit: nor is the diagonal, it is 1. A zero on the diagonal gives infinities and NaN.
	TriangularSolve(n, m int, a, b []E, lower, trans, unit bool, w *Scratch)

	// Eigh gives the eigenvalues, ascending, of the Hermitian matrix whose lower triangle is a's (n, n), the imaginary parts of its diagonal not
	// read; with vectors a becomes them, orthonormal, in columns.
	Eigh(n int, a []E, values []float64, vectors bool, w *Scratch) Status

	// QR gives q (m, k) with orthonormal columns and r (k, n) upper triangular with real diagonal (LAPACK's signs), a = q r. If q has m*m
	// elements, its further columns complete a basis, and r has m rows, those from k on not written.
	QR(m, n int, a, q, r []E, w *Scratch)

	// SVD gives a = u diag(s) vh, u (m, k) and vh (k, n) with orthonormal columns and rows, s (k) descending. u = vh = nil: s alone.
	// If u has m*m and vh n*n elements, further columns and rows complete the bases.
	SVD(m, n int, a, u []E, s []float64, vh []E, w *Scratch) Status

	// Eig gives the eigenvalues of a (n, n), in no order, and in the columns of vectors (n, n), unless nil, right eigenvectors of length 1.
	Eig(n int, a []E, values, vectors []complex128, w *Scratch) Status
}

// Status is how a factorisation ended.
type Status uint8

const (
	OK                  Status = iota
	Singular                   // an exact zero among the pivots
	NotPositiveDefinite        // no Cholesky factor
	NotConverged               // the iteration of a spectral routine gave up
	NonFinite                  // NaN or infinity in the matrix
	TooLarge                   // beyond the 32-bit sizes of LAPACK
)

func (s Status) String() string {
	return [...]string{"ok", "singular", "not positive definite", "not converged", "not finite", "too large"}[s]
}

var factorizations atomic.Pointer[Factorizations]

func init() { Use(Plain{}) }

// Use sets the library for the whole process.
func Use(f Factorizations) { factorizations.Store(&f) }

// Current is the library in use, [Plain] at the start.
func Current() Factorizations { return *factorizations.Load() }
