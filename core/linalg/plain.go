package linalg

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	lapacks "gonum.org/v1/gonum/lapack/gonum"
)

// Plain is the library in Go: gonum for real matrices, slow and obvious code of our own for complex ones. It serves plain Go programs, and is
// what LAPACK is tested against.
type Plain struct{}

// Name is "plain".
func (Plain) Name() string { return "plain" }

// Real is gonum.
func (Plain) Real() Routines[float64] { return plainReal{} }

// Complex is slow.
func (Plain) Complex() Routines[complex128] { return plainComplex{} }

// Narrow does nothing.
func (Plain) Narrow() {}

// Widen does nothing.
func (Plain) Widen() {}

type plainReal struct{}

// gave turns a panic of gonum's iterations, and their failure, into a status.
func gave(s *Status) {
	if recover() != nil {
		*s = NotConverged
	}
}

func (plainReal) Cholesky(n int, a []float64, _ *Scratch) Status {
	if n > 0 && !(lapacks.Implementation{}).Dpotrf(blas.Lower, n, a, n) {
		return NotPositiveDefinite
	}
	return OK
}

func (plainReal) LU(n int, a []float64, perm []int64, _ *Scratch) Status {
	for i := range perm {
		perm[i] = int64(i)
	}
	if n == 0 {
		return OK
	}
	pivots := make([]int, n)
	lapacks.Implementation{}.Dgetrf(n, n, a, n, pivots)
	for i, p := range pivots {
		perm[i], perm[p] = perm[p], perm[i]
	}
	return zeroOnDiagonal(n, a)
}

func zeroOnDiagonal[E float64 | complex128](n int, a []E) Status {
	for i := range n {
		if a[i*n+i] == 0 {
			return Singular
		}
	}
	return OK
}

func (r plainReal) LUSolve(n, m int, lu []float64, perm []int64, b []float64, trans bool, w *Scratch) {
	SolveByLU[float64](r, n, m, lu, perm, b, trans, w)
}

// SolveByLU is LUSolve by permutation and two triangular solves.
func SolveByLU[E float64 | complex128](r interface {
	TriangularSolve(n, m int, a, b []E, lower, trans, unit bool, w *Scratch)
}, n, m int, lu []E, perm []int64, b []E, trans bool, w *Scratch) {
	if trans { // U^T L^T P x = b
		r.TriangularSolve(n, m, lu, b, false, true, false, w)
		r.TriangularSolve(n, m, lu, b, true, true, true, w)
	}
	Permute(m, b, perm, trans, w)
	if !trans {
		r.TriangularSolve(n, m, lu, b, true, false, true, w)
		r.TriangularSolve(n, m, lu, b, false, false, false, w)
	}
}

// Inverse is the solution for the unit matrix.
func (r plainReal) Inverse(n int, a []float64, w *Scratch) Status {
	return inverseByLU[float64](r, n, a, w)
}

// Inverse is the solution for the unit matrix.
func (r plainComplex) Inverse(n int, a []complex128, w *Scratch) Status {
	return inverseByLU[complex128](r, n, a, w)
}

func inverseByLU[E float64 | complex128](r Routines[E], n int, a []E, w *Scratch) Status {
	defer w.Free(w.Mark())
	x, perm := Room[E](w, n*n), Room[int64](w, n)
	if s := r.LU(n, a, perm, w); s != OK {
		return s
	}
	clear(x)
	for i := range n {
		x[i*n+i] = 1
	}
	r.LUSolve(n, n, a, perm, x, false, w)
	copy(a, x)
	return OK
}

// Permute moves row perm[i] of b, whose rows have length m, to row i; back: row i to row perm[i].
func Permute[E float64 | complex128](m int, b []E, perm []int64, back bool, w *Scratch) {
	defer w.Free(w.Mark())
	old := Room[E](w, len(b))
	copy(old, b)
	for i, p := range perm {
		j := int(p)
		if back {
			copy(b[j*m:(j+1)*m], old[i*m:(i+1)*m])
		} else {
			copy(b[i*m:(i+1)*m], old[j*m:(j+1)*m])
		}
	}
}

func (plainReal) TriangularSolve(n, m int, a, b []float64, lower, trans, unit bool, _ *Scratch) {
	if n == 0 || m == 0 {
		return
	}
	triangle, op, diagonal := blas.Upper, blas.NoTrans, blas.NonUnit
	if lower {
		triangle = blas.Lower
	}
	if trans {
		op = blas.Trans
	}
	if unit {
		diagonal = blas.Unit
	}
	blas64.Implementation().Dtrsm(blas.Left, triangle, op, diagonal, n, m, 1, a, n, b, m)
}

func (plainReal) Eigh(n int, a []float64, values []float64, vectors bool, _ *Scratch) (s Status) {
	defer gave(&s)
	if n == 0 {
		return OK
	}
	for i := range n {
		clear(a[i*n+i+1 : (i+1)*n])
	}
	e := tame(a) // gonum gives up on tiny matrices
	defer raise(values, e)
	job := lapack.EVNone
	if vectors {
		job = lapack.EVCompute
	}
	var need [1]float64
	lapacks.Implementation{}.Dsyev(job, blas.Lower, n, a, n, values, need[:], -1)
	work := make([]float64, int(need[0]))
	if !(lapacks.Implementation{}).Dsyev(job, blas.Lower, n, a, n, values, work, len(work)) {
		return NotConverged
	}
	return OK
}

func (plainReal) QR(m, n int, a, q, r []float64, _ *Scratch) {
	k := min(m, n)
	if k == 0 {
		return
	}
	tau, work := make([]float64, k), make([]float64, 64*(m+n))
	lapacks.Implementation{}.Dgeqrf(m, n, a, n, tau, work, len(work))
	for i := range k {
		clear(r[i*n : i*n+i])
		copy(r[i*n+i:(i+1)*n], a[i*n+i:])
	}
	width := len(q) / m
	for i := range m {
		copy(q[i*width:i*width+k], a[i*n:])
	}
	lapacks.Implementation{}.Dorgqr(m, width, k, q, width, tau, work, len(work))
}

func (plainReal) SVD(m, n int, a, u []float64, s []float64, vh []float64, _ *Scratch) (status Status) {
	defer gave(&status)
	if min(m, n) == 0 {
		return OK
	}
	e := tame(a)
	defer raise(s, e)
	job := lapack.SVDStore
	if u == nil {
		job = lapack.SVDNone
	}
	var need [1]float64
	stride := min(m, n)
	if len(u) > m*stride || len(vh) > n*stride {
		job, stride = lapack.SVDAll, m
	}
	lapacks.Implementation{}.Dgesvd(job, job, m, n, a, n, s, u, stride, vh, n, need[:], -1)
	work := make([]float64, int(need[0]))
	if !(lapacks.Implementation{}).Dgesvd(job, job, m, n, a, n, s, u, stride, vh, n, work, len(work)) {
		return NotConverged
	}
	return OK
}

func (plainReal) Eig(n int, a []float64, values, vectors []complex128, _ *Scratch) (s Status) {
	defer gave(&s)
	if n == 0 {
		return OK
	}
	job, vr := lapack.RightEVNone, []float64(nil)
	if vectors != nil {
		job, vr = lapack.RightEVCompute, make([]float64, n*n)
	}
	re, im := make([]float64, n), make([]float64, n)
	var need [1]float64
	lapacks.Implementation{}.Dgeev(lapack.LeftEVNone, job, n, a, n, re, im, nil, 1, vr, n, need[:], -1)
	work := make([]float64, int(need[0]))
	if first := (lapacks.Implementation{}).Dgeev(lapack.LeftEVNone, job, n, a, n, re, im, nil, 1, vr, n, work, len(work)); first != 0 {
		return NotConverged
	}
	PairUp(n, re, im, vr, 1, n, values, vectors)
	return OK
}

// PairUp makes complex eigenvalues and vectors of LAPACK's real ones: of a pair j, j+1 with im[j] > 0 columns j and j+1 of vr are the real and
// imaginary part. Component i of column j is vr[i*row+j*col] with the strides given in the order column, row.
func PairUp(n int, re, im, vr []float64, col, row int, values, vectors []complex128) {
	for j := range n {
		values[j] = complex(re[j], im[j])
	}
	if vectors == nil {
		return
	}
	for j := 0; j < n; j++ {
		pair := im[j] > 0 && j+1 < n
		for i := range n {
			x, y := vr[i*row+j*col], 0.0
			if pair {
				y = vr[i*row+(j+1)*col]
				vectors[i*n+j+1] = complex(x, -y)
			}
			vectors[i*n+j] = complex(x, y)
		}
		if pair {
			j++
		}
	}
}
