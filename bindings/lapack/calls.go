package lapack

/*
#cgo linux LDFLAGS: -ldl
#cgo noescape ergodica_potrf
#cgo nocallback ergodica_potrf
#cgo noescape ergodica_getrf
#cgo nocallback ergodica_getrf
#cgo noescape ergodica_eigh
#cgo nocallback ergodica_eigh
#cgo noescape ergodica_gelqf
#cgo nocallback ergodica_gelqf
#cgo noescape ergodica_unglq
#cgo nocallback ergodica_unglq
#cgo noescape ergodica_getri
#cgo nocallback ergodica_getri
#cgo noescape ergodica_gees
#cgo nocallback ergodica_gees
#cgo noescape ergodica_gesdd
#cgo nocallback ergodica_gesdd
#cgo noescape ergodica_dgeev
#cgo nocallback ergodica_dgeev
#cgo noescape ergodica_zgeev
#cgo nocallback ergodica_zgeev
#cgo noescape ergodica_trsm
#cgo nocallback ergodica_trsm
#cgo noescape ergodica_trsv
#cgo nocallback ergodica_trsv

#include <stdint.h>
#include <stddef.h>

typedef uintptr_t address;
typedef int *I;
typedef char *S;

static int ergodica_potrf(address f, int upper, int n, void *a) {
	int info = 0;
	((void (*)(S, I, void *, I, I))f)(upper ? "U" : "L", &n, a, &n, &info);
	return info;
}

static int ergodica_getrf(address f, int n, void *a, int *pivots) {
	int info = 0;
	((void (*)(I, I, void *, I, I, I))f)(&n, &n, a, &n, pivots, &info);
	return info;
}

// dsyevd has no rwork.
static int ergodica_eigh(address f, int complex, int vectors, int n, void *a, double *w, void *work, int lwork, double *rwork, int lrwork, int *iwork, int liwork) {
	int info = 0;
	S job = vectors ? "V" : "N";
	if (complex)
		((void (*)(S, S, I, void *, I, double *, void *, I, double *, I, I, I, I))f)(job, "U", &n, a, &n, w, work, &lwork, rwork, &lrwork, iwork, &liwork, &info);
	else
		((void (*)(S, S, I, void *, I, double *, void *, I, I, I, I))f)(job, "U", &n, a, &n, w, work, &lwork, iwork, &liwork, &info);
	return info;
}

static int ergodica_gelqf(address f, int m, int n, void *a, void *tau, void *work, int lwork) {
	int info = 0;
	((void (*)(I, I, void *, I, void *, void *, I, I))f)(&m, &n, a, &m, tau, work, &lwork, &info);
	return info;
}

static int ergodica_unglq(address f, int m, int n, int k, void *a, void *tau, void *work, int lwork) {
	int info = 0;
	((void (*)(I, I, I, void *, I, void *, void *, I, I))f)(&m, &n, &k, a, &m, tau, work, &lwork, &info);
	return info;
}

static int ergodica_getri(address f, int n, void *a, int *pivots, void *work, int lwork) {
	int info = 0;
	((void (*)(I, void *, I, I, void *, I, I))f)(&n, a, &n, pivots, work, &lwork, &info);
	return info;
}

static int ergodica_gees(address f, int n, void *a, void *values, void *z, void *work, int lwork, double *rwork) {
	int info = 0, sdim = 0, none = 0;
	((void (*)(S, S, void *, I, void *, I, I, void *, void *, I, void *, I, double *, I, I))f)("V", "N", NULL, &n, a, &n, &sdim, values, z, &n, work, &lwork, rwork, &none, &info);
	return info;
}

// dgesdd has no rwork. vectors: 0 none, 1 min(m, n), 2 all.
static int ergodica_gesdd(address f, int complex, int vectors, int m, int n, void *a, double *s, void *u, void *vt, void *work, int lwork, double *rwork, int *iwork) {
	int info = 0, ldvt = m < n && vectors < 2 ? m : n;
	S job = vectors == 2 ? "A" : vectors ? "S" : "N";
	if (complex)
		((void (*)(S, I, I, void *, I, double *, void *, I, void *, I, void *, I, double *, I, I))f)(job, &m, &n, a, &m, s, u, &m, vt, &ldvt, work, &lwork, rwork, iwork, &info);
	else
		((void (*)(S, I, I, void *, I, double *, void *, I, void *, I, void *, I, I, I))f)(job, &m, &n, a, &m, s, u, &m, vt, &ldvt, work, &lwork, iwork, &info);
	return info;
}

static int ergodica_dgeev(address f, int vectors, int n, double *a, double *re, double *im, double *vr, double *work, int lwork) {
	int info = 0, one = 1;
	double none;
	((void (*)(S, S, I, double *, I, double *, double *, double *, I, double *, I, double *, I, I))f)("N", vectors ? "V" : "N", &n, a, &n, re, im, &none, &one, vectors ? vr : &none, &n, work, &lwork, &info);
	return info;
}

static int ergodica_zgeev(address f, int vectors, int n, void *a, void *values, void *vr, void *work, int lwork, double *rwork) {
	int info = 0, one = 1;
	double none[2];
	((void (*)(S, S, I, void *, I, void *, void *, I, void *, I, void *, I, double *, I))f)("N", vectors ? "V" : "N", &n, a, &n, values, none, &one, vectors ? vr : none, &n, work, &lwork, rwork, &info);
	return info;
}

// b (m, n) becomes b op(a)^-1, a (n, n).
static void ergodica_trsm(address f, int upper, int trans, int unit, int m, int n, void *a, void *b) {
	double one[2] = {1, 0};
	((void (*)(S, S, S, S, I, I, void *, void *, I, void *, I))f)("R", upper ? "U" : "L", trans ? "T" : "N", unit ? "U" : "N", &m, &n, one, a, &n, b, &m);
}

static void ergodica_trsv(address f, int upper, int trans, int unit, int n, void *a, void *x) {
	int one = 1;
	((void (*)(S, S, S, I, void *, I, void *, I))f)(upper ? "U" : "L", trans ? "T" : "N", unit ? "U" : "N", &n, a, &n, x, &one);
}
*/
import "C"

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/linalg/lanes"
)

// table holds the addresses of one element type.
type table struct{ potrf, getrf, getri, eigh, gelqf, unglq, gesdd, geev, trsm, trsv uintptr }

// shared are the routines whose C interface is the same for both types.
type shared[E float64 | complex128] struct{ at table }

type (
	realRoutines    struct{ shared[float64] }
	complexRoutines struct{ shared[complex128] }
)

// start is the address of x's first element, nil for none.
func start[E any](x []E) unsafe.Pointer {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Pointer(&x[0])
}

func reals(x []float64) *C.double { return (*C.double)(start(x)) }
func ints(x []int32) *C.int       { return (*C.int)(start(x)) }

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func isComplex[E float64 | complex128]() bool { return unsafe.Sizeof(*new(E)) == 16 }

// fits tells whether sizes and workspaces of dimensions up to n stay within 32 bits.
func fits(n ...int) bool {
	for _, n := range n {
		if n > 16000 {
			return false
		}
	}
	return true
}

const largest = math.MaxInt32 / 2

// need is the length of a workspace that a query put into its first element.
func need[E float64 | complex128](work []E) int {
	n := *(*float64)(unsafe.Pointer(&work[0]))
	return min(max(int(n), 1), largest)
}

// Cholesky of real matrices works on the reflected triangle: OpenBLAS is a quarter faster there.
func (r *shared[E]) Cholesky(n int, a []E, _ *linalg.Scratch) linalg.Status {
	switch {
	case n == 0:
		return linalg.OK
	case n > largest:
		return linalg.TooLarge
	}
	x, turned := any(a).([]float64)
	if turned {
		lanes.Reflect(n, x, false)
	}
	if C.ergodica_potrf(C.address(r.at.potrf), flag(!turned), C.int(n), start(a)) != 0 {
		return linalg.NotPositiveDefinite
	}
	if turned {
		lanes.Reflect(n, x, true)
	}
	return linalg.OK
}

func (r *shared[E]) LU(n int, a []E, perm []int64, w *linalg.Scratch) linalg.Status {
	for i := range perm {
		perm[i] = int64(i)
	}
	switch {
	case n == 0:
		return linalg.OK
	case n > largest:
		return linalg.TooLarge
	}
	defer w.Free(w.Mark())
	pivots := linalg.Room[int32](w, n)
	transpose(n, a)
	info := C.ergodica_getrf(C.address(r.at.getrf), C.int(n), start(a), ints(pivots))
	transpose(n, a)
	for i, p := range pivots {
		perm[i], perm[p-1] = perm[p-1], perm[i]
	}
	if info > 0 {
		return linalg.Singular
	}
	return linalg.OK
}

// Inverse needs no transposition: LAPACK inverts the transpose.
func (r *shared[E]) Inverse(n int, a []E, w *linalg.Scratch) linalg.Status {
	switch {
	case n == 0:
		return linalg.OK
	case !fits(n):
		return linalg.TooLarge
	}
	defer w.Free(w.Mark())
	pivots, work := linalg.Room[int32](w, n), linalg.Room[E](w, 1)
	if C.ergodica_getrf(C.address(r.at.getrf), C.int(n), start(a), ints(pivots)) != 0 {
		return linalg.Singular
	}
	C.ergodica_getri(C.address(r.at.getri), C.int(n), start(a), ints(pivots), start(work), -1)
	lwork := need(work)
	work = linalg.Room[E](w, lwork)
	if C.ergodica_getri(C.address(r.at.getri), C.int(n), start(a), ints(pivots), start(work), C.int(lwork)) != 0 {
		return linalg.Singular
	}
	return linalg.OK
}

// Schur is zgees.
func (l *Library) Schur(n int, a, z []complex128, w *linalg.Scratch) linalg.Status {
	if n == 0 {
		return linalg.OK
	}
	if !fits(n) {
		return linalg.TooLarge
	}
	defer w.Free(w.Mark())
	transpose(n, a)
	values, rwork, work := linalg.Room[complex128](w, n), linalg.Room[float64](w, n), linalg.Room[complex128](w, 1)
	run := func(work []complex128, lwork int) C.int {
		return C.ergodica_gees(C.address(l.gees), C.int(n), start(a), start(values), start(z), start(work), C.int(lwork), reals(rwork))
	}
	if run(work, -1) != 0 {
		return linalg.NotConverged
	}
	lwork := need(work)
	if run(linalg.Room[complex128](w, lwork), lwork) != 0 {
		return linalg.NotConverged
	}
	transpose(n, a)
	transpose(n, z)
	return linalg.OK
}

func (r *shared[E]) LUSolve(n, m int, lu []E, perm []int64, b []E, trans bool, w *linalg.Scratch) {
	linalg.SolveByLU[E](r, n, m, lu, perm, b, trans, w)
}

func (r *shared[E]) TriangularSolve(n, m int, a, b []E, lower, trans, unit bool, _ *linalg.Scratch) {
	switch {
	case n == 0 || m == 0:
	case m == 1:
		C.ergodica_trsv(C.address(r.at.trsv), flag(lower), flag(!trans), flag(unit), C.int(n), start(a), start(b))
	default:
		C.ergodica_trsm(C.address(r.at.trsm), flag(lower), flag(trans), flag(unit), C.int(m), C.int(n), start(a), start(b))
	}
}

func (r *shared[E]) Eigh(n int, a []E, values []float64, vectors bool, w *linalg.Scratch) linalg.Status {
	if n == 0 {
		return linalg.OK
	}
	if !fits(n) {
		return linalg.TooLarge
	}
	defer w.Free(w.Mark())
	for i := range n { // the diagonal is real
		if z, ok := any(a).([]complex128); ok {
			z[i*n+i] = complex(real(z[i*n+i]), 0)
		}
	}
	run := func(work []E, lwork int, rwork []float64, lrwork int, iwork []int32, liwork int) C.int {
		return C.ergodica_eigh(C.address(r.at.eigh), flag(isComplex[E]()), flag(vectors), C.int(n), start(a), reals(values),
			start(work), C.int(lwork), reals(rwork), C.int(lrwork), ints(iwork), C.int(liwork))
	}
	work, rwork, iwork := linalg.Room[E](w, 1), linalg.Room[float64](w, 1), linalg.Room[int32](w, 1)
	if run(work, -1, rwork, -1, iwork, -1) != 0 {
		return linalg.NotConverged
	}
	lwork, lrwork, liwork := need(work), 1, int(iwork[0])
	if isComplex[E]() {
		lrwork = need(rwork)
	}
	work, rwork, iwork = linalg.Room[E](w, lwork), linalg.Room[float64](w, lrwork), linalg.Room[int32](w, liwork)
	if run(work, lwork, rwork, lrwork, iwork, liwork) != 0 {
		return linalg.NotConverged
	}
	if vectors { // LAPACK saw the conjugate of a: its vectors are conjugate, and columns
		transpose(n, a)
		conjugate(a)
	}
	return linalg.OK
}

// QR is a^T = l q' with a = q'^T l^T: no transposition.
func (r *shared[E]) QR(m, n int, a, q, out []E, w *linalg.Scratch) {
	k := min(m, n)
	if k == 0 {
		return
	}
	defer w.Free(w.Mark())
	tau, work := linalg.Room[E](w, k), linalg.Room[E](w, 1)
	C.ergodica_gelqf(C.address(r.at.gelqf), C.int(n), C.int(m), start(a), start(tau), start(work), -1)
	lwork := need(work)
	work = linalg.Room[E](w, lwork)
	C.ergodica_gelqf(C.address(r.at.gelqf), C.int(n), C.int(m), start(a), start(tau), start(work), C.int(lwork))
	for i := range k {
		clear(out[i*n : i*n+i])
		copy(out[i*n+i:(i+1)*n], a[i*n+i:])
	}
	width := len(q) / m
	for i := range m {
		copy(q[i*width:i*width+k], a[i*n:])
	}
	C.ergodica_unglq(C.address(r.at.unglq), C.int(width), C.int(m), C.int(k), start(q), start(tau), start(work), -1)
	if more := need(work); more > lwork {
		lwork = more
		work = linalg.Room[E](w, lwork)
	}
	C.ergodica_unglq(C.address(r.at.unglq), C.int(width), C.int(m), C.int(k), start(q), start(tau), start(work), C.int(lwork))
}

// SVD is that of a^T: u and vh change places.
func (r *shared[E]) SVD(m, n int, a, u []E, s []float64, vh []E, w *linalg.Scratch) linalg.Status {
	k := min(m, n)
	if k == 0 {
		return linalg.OK
	}
	if !fits(m, n) {
		return linalg.TooLarge
	}
	defer w.Free(w.Mark())
	var rwork []float64
	if isComplex[E]() {
		rwork = linalg.Room[float64](w, max(5*k*k+5*k, 2*max(m, n)*k+2*k*k+k)+2*k)
	}
	iwork := linalg.Room[int32](w, 8*k)
	vectors := flag(u != nil)
	if len(u) > m*k || len(vh) > k*n {
		vectors = 2
	}
	run := func(work []E, lwork int) C.int {
		return C.ergodica_gesdd(C.address(r.at.gesdd), flag(isComplex[E]()), vectors, C.int(n), C.int(m), start(a), reals(s),
			start(vh), start(u), start(work), C.int(lwork), reals(rwork), ints(iwork))
	}
	work := linalg.Room[E](w, 1)
	if run(work, -1) != 0 {
		return linalg.NotConverged
	}
	lwork := need(work)
	if run(linalg.Room[E](w, lwork), lwork) != 0 {
		return linalg.NotConverged
	}
	return linalg.OK
}

func (r *realRoutines) Eig(n int, a []float64, values, vectors []complex128, w *linalg.Scratch) linalg.Status {
	if n == 0 {
		return linalg.OK
	}
	if !fits(n) {
		return linalg.TooLarge
	}
	defer w.Free(w.Mark())
	transpose(n, a)
	re, im := linalg.Room[float64](w, n), linalg.Room[float64](w, n)
	var vr []float64
	if vectors != nil {
		vr = linalg.Room[float64](w, n*n)
	}
	run := func(work []float64, lwork int) C.int {
		return C.ergodica_dgeev(C.address(r.at.geev), flag(vectors != nil), C.int(n), reals(a), reals(re), reals(im), reals(vr), reals(work), C.int(lwork))
	}
	work := linalg.Room[float64](w, 1)
	if run(work, -1) != 0 {
		return linalg.NotConverged
	}
	lwork := need(work)
	if run(linalg.Room[float64](w, lwork), lwork) != 0 {
		return linalg.NotConverged
	}
	linalg.PairUp(n, re, im, vr, n, 1, values, vectors)
	return linalg.OK
}

func (r *complexRoutines) Eig(n int, a, values, vectors []complex128, w *linalg.Scratch) linalg.Status {
	if n == 0 {
		return linalg.OK
	}
	if !fits(n) {
		return linalg.TooLarge
	}
	defer w.Free(w.Mark())
	transpose(n, a)
	rwork := linalg.Room[float64](w, 2*n)
	run := func(work []complex128, lwork int) C.int {
		return C.ergodica_zgeev(C.address(r.at.geev), flag(vectors != nil), C.int(n), start(a), start(values), start(vectors), start(work), C.int(lwork), reals(rwork))
	}
	work := linalg.Room[complex128](w, 1)
	if run(work, -1) != 0 {
		return linalg.NotConverged
	}
	lwork := need(work)
	if run(linalg.Room[complex128](w, lwork), lwork) != 0 {
		return linalg.NotConverged
	}
	transpose(n, vectors)
	return linalg.OK
}

// transpose swaps within square tiles. Small ones spare a cache with few ways where rows are a power of 2 apart.
func transpose[E float64 | complex128](n int, a []E) {
	if x, ok := any(a).([]float64); ok {
		lanes.Transpose(n, x)
		return
	}
	tile := 32
	if n > 128 {
		tile = 8
	}
	if len(a) == 0 {
		return
	}
	for i0 := 0; i0 < n; i0 += tile {
		for j0 := 0; j0 <= i0; j0 += tile {
			for i := i0; i < min(i0+tile, n); i++ {
				row := a[i*n : (i+1)*n]
				for j := j0; j < min(j0+tile, i); j++ {
					row[j], a[j*n+i] = a[j*n+i], row[j]
				}
			}
		}
	}
}

func conjugate[E float64 | complex128](a []E) {
	if z, ok := any(a).([]complex128); ok {
		for i, x := range z {
			z[i] = complex(real(x), -imag(x))
		}
	}
}
