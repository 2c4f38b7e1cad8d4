// Package lanes factors real matrices of few rows, eight at a time in the lanes of vectors.
//
// Matrices are interleaved: element (i, j) of the one in lane k is x[(i*cols+j)*lanes+k]. lanes is [Width] for a group, or 1 for a single matrix; each
// lane does the same arithmetic in the same order whatever the others hold, so a matrix has the same bits alone, in any group and on any SIMD
// level. What is said of a matrix below is said of each lane. Matrices are finite; that their squares neither overflow nor vanish is up to the caller.
package lanes

// Width is the number of lanes of a group.
const Width = 8

// Grouped tells whether this machine has vectors of Width lanes; else lanes are 1.
func Grouped() bool { return grouped() }

// Interleave puts n numbers of each of 8 matrices, which begin stride apart in a, into lanes; Separate puts them back.
func Interleave(n int, x, a []float64, stride int) { interleave(n, x, a, stride) }

// Separate is the inverse of Interleave.
func Separate(n int, a, x []float64, stride int) { separate(n, a, x, stride) }

// Spoilt adds to off what is 0 for finite numbers and NaN for others, of n numbers.
func Spoilt(lanes, n int, x, off []float64) { spoilt(lanes, n, x, off) }

// Largest is the largest size of n numbers.
func Largest(lanes, n int, x, most []float64) { largest(lanes, n, x, most) }

// Times multiplies n numbers by c.
func Times(lanes, n int, x, c []float64) { times(lanes, n, x, c, 1) }

// Cholesky replaces the lower triangle of x (n, n) by the factor; the upper one is overwritten. Without one its diagonal gets a NaN, an infinity or
// a zero. The work is done in the upper triangle, whose rows lie in one piece.
func Cholesky(lanes, n int, x []float64) {
	var inverse [Width]float64
	for i := range n {
		for j := range i {
			copy(x[(j*n+i)*lanes:(j*n+i+1)*lanes], x[(i*n+j)*lanes:])
		}
	}
	for j := range n {
		row := x[(j*n+j)*lanes : (j+1)*n*lanes]
		root(lanes, row, inverse[:])
		times(lanes, n-j-1, row[lanes:], inverse[:], 1)
		for i := 1; i < n-j; i++ {
			less(lanes, n-j-i, x[((j+i)*n+j+i)*lanes:], row[i*lanes:], row[i*lanes:])
		}
	}
	for i := range n {
		for j := range i {
			copy(x[(i*n+j)*lanes:(i*n+j+1)*lanes], x[(j*n+i)*lanes:])
		}
	}
}

// LU replaces x (n, n) by its factors with partial pivoting; perm (n) is interleaved too: row i of L U is row perm[i] of x.
func LU(lanes, n int, x []float64, perm []int64) {
	var at [Width]float64
	var inverse [Width]float64
	for i := range n {
		for k := range lanes {
			perm[i*lanes+k] = int64(i)
		}
	}
	for j := range n {
		pivot(lanes, n, j, x, at[:], inverse[:])
		for k := range lanes {
			if p := int(at[k]); p != j {
				perm[j*lanes+k], perm[p*lanes+k] = perm[p*lanes+k], perm[j*lanes+k]
				a, b := x[j*n*lanes+k:], x[p*n*lanes+k:]
				for c := 0; c < n*lanes; c += lanes {
					a[c], b[c] = b[c], a[c]
				}
			}
		}
		if j+1 == n {
			break
		}
		times(lanes, n-j-1, x[((j+1)*n+j)*lanes:], inverse[:], n)
		for i := j + 1; i < n; i++ {
			less(lanes, n-j-1, x[(i*n+j+1)*lanes:], x[(i*n+j)*lanes:], x[(j*n+j+1)*lanes:])
		}
	}
}

// TriangularSolve replaces b (n, m) by the solution of a x = b or a^T x = b, as linalg's.
func TriangularSolve(lanes, n, m int, a, b []float64, lower, trans, unit bool) {
	if m == 0 {
		return
	}
	for step := range n {
		i, from, to := step, 0, step
		if lower == trans {
			i = n - 1 - step
			from, to = i+1, n
		}
		y := b[i*m*lanes:]
		for k := from; k < to; k++ {
			at := i*n + k
			if trans {
				at = k*n + i
			}
			less(lanes, m, y, a[at*lanes:], b[k*m*lanes:])
		}
		if !unit {
			divide(lanes, m, y, a[(i*n+i)*lanes:])
		}
	}
}

// QR replaces x (m, n) by r in its upper triangle, with LAPACK's signs, and gives q (m, width), width = min(m, n) or m.
func QR(lanes, m, n, width int, x, q []float64) {
	k := min(m, n)
	var tau [Most][Width]float64
	var inverse [Width]float64
	for j := range k {
		column := x[(j*n+j)*lanes:]
		below := column[min(n*lanes, len(column)):]
		sigma := [Width]float64{}
		square(lanes, m-j-1, sigma[:], below, n)
		reflector(lanes, column, sigma[:], tau[j][:], inverse[:])
		times(lanes, m-j-1, below, inverse[:], n)
		if j+1 < n {
			reflect(lanes, m-j, n-j-1, column[lanes:], n, below, n, tau[j][:])
		}
	}
	clear(q[:m*width*lanes])
	for i := range width {
		for l := range lanes {
			q[(i*width+i)*lanes+l] = 1
		}
	}
	for j := k - 1; j >= 0; j-- {
		v := x[min((j*n+j+n)*lanes, len(x)):]
		reflect(lanes, m-j, width-j, q[(j*width+j)*lanes:], width, v, n, tau[j][:])
	}
}

// Most is the largest number of rows or columns.
const Most = 32

// Eigh gives the eigenvalues d (n), in no order, of the symmetric x (n, n), both triangles of it, which it overwrites, and unless z is nil orthonormal
// eigenvectors in the rows of z (n, n). Elements of x are at most about 1. skip and the result are bits for lanes: to be left alone, not converged.
//
// Reflections make x tridiagonal (G. H. Golub and C. F. Van Loan, "Matrix Computations", 8.3.1), QL steps with implicit Wilkinson shifts diagonal
// (8.3.5); an off-diagonal element is 0 from eps (|d_i| + |d_i+1|) on, or 2^-100.
//
// work are [Work] (n) numbers, on a cache line like the rest for speed.
func Eigh(lanes, n int, x, d, z, work []float64, skip uint8) uint8 {
	part := func(k int) []float64 { return work[k*n*Width : (k+1)*n*Width] }
	e, tau := part(0), part(1)
	tridiagonal(lanes, n, x, d, e, tau, part(2))
	if z != nil {
		identity(lanes, n, n, z)
		for k := n - 3; k >= 0; k-- {
			reflectRows(lanes, n-k-1, n-k-1, z[((k+1)*n+k+1)*lanes:], n, x[(k*n+k+1)*lanes:], tau[k*lanes:])
		}
	}
	failed := diagonal(lanes, n, d, e, z, part(2), part(3), skip)
	plain(z)
	return failed
}

// tridiagonal leaves reflector k in row k, from column k+1 on.
func tridiagonal(lanes, n int, x, d, e, tau, w []float64) {
	var inverse, half [Width]float64
	for k := range n - 2 {
		copy(d[k*lanes:(k+1)*lanes], x[(k*n+k)*lanes:])
		v := x[(k*n+k+1)*lanes:]
		m := n - k - 1
		sigma := [Width]float64{}
		square(lanes, m-1, sigma[:], v[lanes:], 1)
		reflector(lanes, v, sigma[:], tau[k*lanes:], inverse[:])
		for l := range lanes {
			e[k*lanes+l], v[l] = v[l], 1
		}
		times(lanes, m-1, v[lanes:], inverse[:], 1)
		rest := x[((k+1)*n+k+1)*lanes:]
		products(lanes, m, m, w, rest, n, v) // w = tau a v
		times(lanes, m, w, tau[k*lanes:], 1)
		products(lanes, 1, m, half[:], w, 0, v)
		for l := range lanes {
			half[l] = 0.5 * float64(half[l]*tau[k*lanes+l])
		}
		less(lanes, m, w, half[:], v)
		twice(lanes, m, rest, n, v, w)
	}
	for k := max(n-2, 0); k < n; k++ {
		copy(d[k*lanes:(k+1)*lanes], x[(k*n+k)*lanes:])
		if k+1 < n {
			copy(e[k*lanes:(k+1)*lanes], x[(k*n+k+1)*lanes:])
		}
	}
}
