// Package lapack is dense factorisation by LAPACK, called through pointers that somebody else has loaded: SciPy's (scipy.linalg.cython_lapack and
// cython_blas, lent by the Python face), or those of a shared library. Nothing is linked. It implements core/linalg's Factorizations.
//
// # Interface
//
// Pointers are those of Fortran routines with 32-bit integers, by reference, and no lengths of strings, as SciPy's Cython interface declares
// them. LAPACK is column-major: it sees the transpose of our matrices. Cholesky, QR (as LQ), SVD and triangular solves use that; LU and
// eigenvectors are transposed in place. Arguments are Go or C memory without Go pointers in it, which cgo pins for the call.
//
// # Threads
//
// OpenBLAS splits calls over threads of its own, as many as the user set, and waits for them spinning. Between Narrow and Widen, that is in all
// of core/linalg's batches, it is held to one. Its setting belongs to the process, not to a thread (openblas_set_num_threads_local too, in
// builds on pthreads such as SciPy's): it is changed when the first section begins and given back when the last ends, unless somebody else
// changed it meanwhile. That long, other threads' calls into the same library (SciPy's; NumPy has its own) run on one thread, and a
// threadpoolctl context that is entered then takes 1 for what was set before. Outside of sections no setting is read or written. Other
// libraries (MKL, Accelerate) keep theirs always.
//
// The same call gives the same bits on the same machine and library with the same number of threads of that library.
package lapack

import (
	"slices"
	"sync"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/spec"
)

// Routines are the names of the Fortran routines that a library must have.
var Routines = []string{
	"dpotrf", "dgetrf", "dgetri", "dsyevd", "dgelqf", "dorglq", "dgesdd", "dgeev", "dtrsm", "dtrsv",
	"zpotrf", "zgetrf", "zgetri", "zheevd", "zgelqf", "zunglq", "zgesdd", "zgeev", "zgees", "ztrsm", "ztrsv",
}

// Library is a LAPACK.
type Library struct {
	pointers map[string]uintptr
	real     *realRoutines
	complex  *complexRoutines
	gees     uintptr
	threads  threads
}

var _ linalg.Factorizations = (*Library)(nil)

// New makes a library of pointers, one for each of [Routines]. They must be functions of loaded shared objects.
func New(pointers map[string]uintptr) (*Library, error) {
	for _, name := range Routines {
		p, known := pointers[name]
		if !known {
			return nil, spec.Errorf(spec.SpecError, "LAPACK: expected a pointer for each of %v, got none for %s", Routines, name)
		}
		if !loaded(p) {
			return nil, spec.Errorf(spec.SpecError, "LAPACK: %s is not at %#x: no shared object is there", name, p)
		}
	}
	for name := range pointers {
		if !slices.Contains(Routines, name) {
			return nil, spec.Errorf(spec.SpecError, "LAPACK: expected pointers for %v, got %s", Routines, name)
		}
	}
	l := &Library{pointers: pointers, threads: threadsOf(pointers["dgetrf"])}
	at := func(d, z string) (uintptr, uintptr) { return pointers["d"+d], pointers["z"+z] }
	var r, c table
	r.potrf, c.potrf = at("potrf", "potrf")
	r.getrf, c.getrf = at("getrf", "getrf")
	r.getri, c.getri = at("getri", "getri")
	l.gees = pointers["zgees"]
	r.eigh, c.eigh = at("syevd", "heevd")
	r.gelqf, c.gelqf = at("gelqf", "gelqf")
	r.unglq, c.unglq = at("orglq", "unglq")
	r.gesdd, c.gesdd = at("gesdd", "gesdd")
	r.geev, c.geev = at("geev", "geev")
	r.trsm, c.trsm = at("trsm", "trsm")
	r.trsv, c.trsv = at("trsv", "trsv")
	l.real, l.complex = &realRoutines{shared[float64]{r}}, &complexRoutines{shared[complex128]{c}}
	return l, nil
}

// Name is "LAPACK".
func (*Library) Name() string { return "LAPACK" }

// Real is the d routines.
func (l *Library) Real() linalg.Routines[float64] { return l.real }

// Complex is the z routines.
func (l *Library) Complex() linalg.Routines[complex128] { return l.complex }

// sections counts what is between Narrow and Widen.
var sections struct {
	sync.Mutex
	open, before int
}

// Narrow holds the library to one thread a call, see the package's documentation.
func (l *Library) Narrow() {
	sections.Lock()
	defer sections.Unlock()
	if sections.open++; sections.open == 1 && l.threads.known() {
		if sections.before = l.threads.get(); sections.before > 1 {
			l.threads.set(1)
		}
	}
}

// Widen ends a section.
func (l *Library) Widen() {
	sections.Lock()
	defer sections.Unlock()
	if sections.open == 0 {
		return
	}
	if sections.open--; sections.open == 0 && sections.before > 1 && l.threads.get() == 1 {
		l.threads.set(sections.before)
	}
}
