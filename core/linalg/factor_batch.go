package linalg

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// The functions below factor count matrices that lie one after the other, in the library of w, row-major as in [Routines]. Arguments are not
// changed; a result may be the very memory of the argument of its shape. float32 and complex64 are computed in double precision and rounded
// once. Libraries use one thread. Results of a matrix for which they do not exist are NaN, in both parts where complex; permutations are then 0, 1, ...

// Outcome tells of matrices that have no result; its zero value is success.
type Outcome struct {
	Status Status // of the first
	First  int    // its place in the batch
	Failed int    // how many
}

func (o *Outcome) add(k int, s Status) bool {
	if s == OK {
		return true
	}
	if o.Failed == 0 {
		o.Status, o.First = s, k
	}
	o.Failed++
	return false
}

// Cholesky gives l (n, n), lower triangular with a positive diagonal, a = l l^H, from the lower triangle of a.
func Cholesky[T Real | Complex](count, n int, l, a []T, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return cholesky[complex128](count, n, l, a, w)
	}
	return cholesky[float64](count, n, l, a, w)
}

// LU gives lu (n, n) and perm (n) with partial pivoting: row i of L U is row perm[i] of a. A singular a has factors, and is counted.
func LU[T Real | Complex](count, n int, lu []T, perm []int64, a []T, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return factorLU[complex128](count, n, lu, perm, a, w)
	}
	return factorLU[float64](count, n, lu, perm, a, w)
}

// LUSolve gives x (n, m) with a x = b or a^T x = b from the factors of a; NaN if a was singular.
func LUSolve[T Real | Complex](count, n, m int, x, lu []T, perm []int64, b []T, trans bool, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return luSolve[complex128](count, n, m, x, lu, perm, b, trans, w)
	}
	return luSolve[float64](count, n, m, x, lu, perm, b, trans, w)
}

// Solve gives x (n, m) with a x = b or a^T x = b; NaN for a singular a.
func Solve[T Real | Complex](count, n, m int, x, a, b []T, trans bool, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return solve[complex128](count, n, m, x, a, b, trans, w)
	}
	return solve[float64](count, n, m, x, a, b, trans, w)
}

// Inverse gives x (n, n), the inverse of a; NaN for a singular a.
func Inverse[T Real | Complex](count, n int, x, a []T, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return inverse[complex128](count, n, x, a, w)
	}
	return inverse[float64](count, n, x, a, w)
}

// LogDet gives log|det a| and det a / |det a| of a (n, n); -inf and 0 for a singular a (not counted), 0 and 1 for n = 0.
func LogDet[T Real | Complex, R Real](count, n int, logdet []R, sign, a []T, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return logDet[complex128](count, n, logdet, sign, a, w)
	}
	return logDet[float64](count, n, logdet, sign, a, w)
}

// TriangularSolve gives x (n, m) with a x = b or a^T x = b for the lower or upper triangle of a (n, n), the other one not read; unit: nor is
// the diagonal, it is 1. A zero on the diagonal gives infinities and NaN.
func TriangularSolve[T Real | Complex](count, n, m int, x, a, b []T, lower, trans, unit bool, w *Scratch) {
	if complexNumbers[T]() {
		triangularSolve[complex128](count, n, m, x, a, b, lower, trans, unit, w)
		return
	}
	triangularSolve[float64](count, n, m, x, a, b, lower, trans, unit, w)
}

// Eigh gives the eigenvalues (n), ascending, and orthonormal eigenvectors (n, n) in columns of the Hermitian matrix whose lower triangle is
// that of a; vectors nil: the values alone, in another way, with other last bits.
func Eigh[T Real | Complex, R Real](count, n int, values []R, vectors, a []T, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return eigh[complex128](count, n, values, vectors, a, w)
	}
	return eigh[float64](count, n, values, vectors, a, w)
}

// QR gives q (m, k) with orthonormal columns and r (k, n), upper triangular with a real diagonal (LAPACK's signs), a = q r, k = min(m, n), or m if full.
func QR[T Real | Complex](count, m, n int, q, r, a []T, full bool, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return qr[complex128](count, m, n, q, r, a, full, w)
	}
	return qr[float64](count, m, n, q, r, a, full, w)
}

// SVD gives a = u diag(s) vh: u (m, k) and vh (k, n) with orthonormal columns and rows, s (k) descending, k = min(m, n). u and vh nil: s alone;
// full: u (m, m) and vh (n, n).
func SVD[T Real | Complex, R Real](count, m, n int, u []T, s []R, vh, a []T, full bool, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return svd[complex128](count, m, n, u, s, vh, a, full, w)
	}
	return svd[float64](count, m, n, u, s, vh, a, full, w)
}

// Eig gives the eigenvalues (n) of a (n, n), in no order, and right eigenvectors of length 1 in the columns of vectors (n, n), unless nil.
func Eig[T Real | Complex, C Complex](count, n int, values, vectors []C, a []T, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return eig[complex128](count, n, values, vectors, a, w)
	}
	return eig[float64](count, n, values, vectors, a, w)
}

func cholesky[E float64 | complex128, T Real | Complex](count, n int, l, a []T, w *Scratch) (o Outcome) {
	if isSmall[E](w, n) {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		return smallCholesky(count, n, l, a, w)
	}
	w, c, r := begin[E](w, n)
	defer c.end()
	x := wide[E](w, l, n*n)
	for k := range count {
		y := place(x, l, k, n*n)
		load(y, a, k)
		s := r.Cholesky(n, y, w)
		for i := range n {
			if d := y[i*n+i]; s == OK && d-d != 0 {
				s = NotPositiveDefinite
			}
			clear(y[i*n+i+1 : (i+1)*n])
			if s != OK {
				spoil(y[i*n : i*n+i+1])
			}
		}
		if !o.add(k, s) {
			for i := range n {
				spoil(y[i*n : i*n+i+1])
			}
		}
		save(l, k, y)
	}
	return o
}

// factor is LU of one matrix, and the factor is NaN if it is not finite.
func factor[E float64 | complex128](r Routines[E], n int, a []E, perm []int64, w *Scratch) Status {
	s := NonFinite
	if finite(a) {
		s = r.LU(n, a, perm, w)
	}
	if s != OK && s != Singular {
		spoil(a)
		for i := range perm {
			perm[i] = int64(i)
		}
	}
	return s
}

func factorLU[E float64 | complex128, T Real | Complex](count, n int, lu []T, perm []int64, a []T, w *Scratch) (o Outcome) {
	if isSmall[E](w, n) {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		return smallFactorLU(count, n, lu, perm, a, w)
	}
	w, c, r := begin[E](w, n)
	defer c.end()
	x := wide[E](w, lu, n*n)
	for k := range count {
		y := place(x, lu, k, n*n)
		load(y, a, k)
		o.add(k, factor(r, n, y, perm[k*n:(k+1)*n], w))
		save(lu, k, y)
	}
	return o
}

// solveOne replaces b by the solution, or NaN.
func solveOne[E float64 | complex128](r Routines[E], n, m int, lu []E, perm []int64, b []E, trans bool, w *Scratch) Status {
	for i := range n {
		d := lu[i*n+i]
		p := perm[i]
		if d == 0 || !finite(lu[i*n+i:i*n+i+1]) || p < 0 || p >= int64(n) {
			spoil(b)
			return Singular
		}
	}
	r.LUSolve(n, m, lu, perm, b, trans, w)
	return OK
}

func luSolve[E float64 | complex128, T Real | Complex](count, n, m int, x, lu []T, perm []int64, b []T, trans bool, w *Scratch) (o Outcome) {
	if isSmall[E](w, n) {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		return smallSolve(count, n, m, x, lu, b, perm, trans, w)
	}
	w, c, r := begin[E](w, n)
	defer c.end()
	xs, f := wide[E](w, x, n*m), wide[E](w, lu, n*n)
	for k := range count {
		y, g := place(xs, x, k, n*m), place(f, lu, k, n*n)
		load(y, b, k)
		if f != nil {
			load(g, lu, k)
		}
		o.add(k, solveOne(r, n, m, g, perm[k*n:(k+1)*n], y, trans, w))
		save(x, k, y)
	}
	return o
}

func inverse[E float64 | complex128, T Real | Complex](count, n int, x, a []T, w *Scratch) (o Outcome) {
	if isSmall[E](w, n) {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		return smallSolve(count, n, n, x, a, nil, nil, false, w)
	}
	w, c, r := begin[E](w, n)
	defer c.end()
	xs := wide[E](w, x, n*n)
	for k := range count {
		y := place(xs, x, k, n*n)
		load(y, a, k)
		s := NonFinite
		if finite(y) {
			s = r.Inverse(n, y, w)
		}
		if !o.add(k, s) {
			spoil(y)
		}
		save(x, k, y)
	}
	return o
}

func solve[E float64 | complex128, T Real | Complex](count, n, m int, x, a, b []T, trans bool, w *Scratch) (o Outcome) {
	if isSmall[E](w, n) {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		return smallSolve(count, n, m, x, a, b, nil, trans, w)
	}
	w, c, r := begin[E](w, n)
	defer c.end()
	xs, f, perm := wide[E](w, x, n*m), Room[E](w, n*n), Room[int64](w, n)
	for k := range count {
		y := place(xs, x, k, n*m)
		load(f, a, k)
		load(y, b, k)
		s := factor(r, n, f, perm, w)
		if one := solveOne(r, n, m, f, perm, y, trans, w); s == OK {
			s = one
		}
		o.add(k, s)
		save(x, k, y)
	}
	return o
}

func logDet[E float64 | complex128, T Real | Complex, R Real](count, n int, logdet []R, sign, a []T, w *Scratch) (o Outcome) {
	if isSmall[E](w, n) {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		return smallLogDet(count, n, logdet, sign, a, w)
	}
	w, c, r := begin[E](w, n)
	defer c.end()
	f, perm, one := Room[E](w, n*n), Room[int64](w, n), Room[E](w, 1)
	for k := range count {
		load(f, a, k)
		s := factor(r, n, f, perm, w)
		if s == Singular {
			s = OK
		}
		o.add(k, s)
		log, turn := determinant(n, f, perm)
		logdet[k] = R(log)
		setNumber(&one[0], turn)
		save(sign, k, one)
	}
	return o
}

// determinant is log|det| and det / |det| of factors; it uses perm up.
func determinant[E float64 | complex128](n int, f []E, perm []int64) (log float64, turn complex128) {
	turn = 1
	for i := range n {
		d := number(f[i*n+i])
		size := modulus(d)
		log += functions.Log1(size)
		if size == 0 {
			turn = 0
		} else {
			turn = cmul(turn, complex(real(d)/size, imag(d)/size))
		}
		for perm[i] != int64(i) { // transpositions
			j := perm[i]
			perm[i], perm[j] = perm[j], j
			turn = -turn
		}
	}
	if turn == 0 {
		return math.Inf(-1), 0
	}
	return log, turn
}

func triangularSolve[E float64 | complex128, T Real | Complex](count, n, m int, x, a, b []T, lower, trans, unit bool, w *Scratch) {
	if isSmall[E](w, n) {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		smallTriangularSolve(count, n, m, x, a, b, lower, trans, unit, w)
		return
	}
	w, c, r := begin[E](w, n)
	defer c.end()
	xs, f := wide[E](w, x, n*m), wide[E](w, a, n*n)
	for k := range count {
		y, g := place(xs, x, k, n*m), place(f, a, k, n*n)
		load(y, b, k)
		if f != nil {
			load(g, a, k)
		}
		r.TriangularSolve(n, m, g, y, lower, trans, unit, w)
		save(x, k, y)
	}
}

func eigh[E float64 | complex128, T Real | Complex, R Real](count, n int, values []R, vectors, a []T, w *Scratch) (o Outcome) {
	if isSmall[E](w, n) {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		return smallEigh(count, n, values, vectors, a, w)
	}
	w, c, r := begin[E](w, n)
	defer c.end()
	x, e := Room[E](w, n*n), Room[float64](w, n)
	for k := range count {
		y := x
		if vectors != nil {
			y = place(wideIs(vectors, x), vectors, k, n*n)
		}
		load(y, a, k)
		s := OK
		for i := range n {
			if !finite(y[i*n : i*n+i+1]) {
				s = NonFinite
			}
		}
		if s == OK {
			s = r.Eigh(n, y, e, vectors != nil, w)
		}
		if !o.add(k, s) {
			spoil(y)
			spoil(e)
		}
		save(values, k, e)
		if vectors != nil {
			save(vectors, k, y)
		}
	}
	return o
}

// unitRows makes a square matrix the unit matrix.
func unitRows[E float64 | complex128](n int, a []E) {
	clear(a)
	for i := range len(a) / max(n, 1) {
		a[i*n+i] = 1
	}
}

func qr[E float64 | complex128, T Real | Complex](count, m, n int, q, r, a []T, full bool, w *Scratch) (o Outcome) {
	if isSmall[E](w, m, n) && min(m, n) > 0 {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		width := min(m, n)
		if full {
			width = m
		}
		return smallQR(count, m, n, q, r, a, width, w)
	}
	w, c, f := begin[E](w, max(m, n))
	defer c.end()
	k := min(m, n)
	if full {
		k = m
	}
	x, qs, rs := Room[E](w, m*n), wide[E](w, q, m*k), wide[E](w, r, k*n)
	for p := range count {
		load(x, a, p)
		y, z := place(qs, q, p, m*k), place(rs, r, p, k*n)
		s := NonFinite
		if finite(x) {
			s = OK
			clear(z[min(m, n)*n:])
			if n == 0 {
				unitRows(k, y)
			}
			f.QR(m, n, x, y, z, w)
		}
		if !o.add(p, s) {
			spoil(y)
			for i := range k {
				clear(z[i*n : i*n+min(i, n)])
				spoil(z[i*n+min(i, n) : (i+1)*n])
			}
		}
		save(q, p, y)
		save(r, p, z)
	}
	return o
}

func svd[E float64 | complex128, T Real | Complex, R Real](count, m, n int, u []T, s []R, vh, a []T, full bool, w *Scratch) (o Outcome) {
	if isSmall[E](w, m, n) && min(m, n) > 0 {
		if w == nil {
			w = new(Scratch)
		}
		defer w.Free(w.Mark())
		return smallSVD(count, m, n, u, s, vh, a, full, w)
	}
	w, c, f := begin[E](w, max(m, n))
	defer c.end()
	k := min(m, n)
	left, right := k, k
	if full {
		left, right = m, n
	}
	x, e := Room[E](w, m*n), Room[float64](w, k)
	var us, vs []E
	if u != nil {
		us, vs = wide[E](w, u, m*left), wide[E](w, vh, right*n)
	}
	for p := range count {
		load(x, a, p)
		var y, z []E
		if u != nil {
			y, z = place(us, u, p, m*left), place(vs, vh, p, right*n)
		}
		status := NonFinite
		if finite(x) {
			if k == 0 {
				unitRows(left, y)
				unitRows(right, z)
			}
			status = f.SVD(m, n, x, y, e, z, w)
		}
		if !o.add(p, status) {
			spoil(y)
			spoil(e)
			spoil(z)
		}
		save(s, p, e)
		if u != nil {
			save(u, p, y)
			save(vh, p, z)
		}
	}
	return o
}

func eig[E float64 | complex128, T Real | Complex, C Complex](count, n int, values, vectors []C, a []T, w *Scratch) (o Outcome) {
	w, c, f := begin[E](w, n)
	defer c.end()
	x, e := Room[E](w, n*n), Room[complex128](w, n)
	var v []complex128
	if vectors != nil {
		v = Room[complex128](w, n*n)
	}
	for k := range count {
		load(x, a, k)
		s := NonFinite
		if finite(x) {
			exponent := tame(x) // LAPACK does not always undo its own scaling
			s = f.Eig(n, x, e, v, w)
			raise(numbers(e), exponent)
		}
		if !o.add(k, s) {
			spoil(e)
			spoil(v)
		}
		save(values, k, e)
		if vectors != nil {
			save(vectors, k, v)
		}
	}
	return o
}
