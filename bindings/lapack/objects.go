package lapack

/*
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

static int ergodica_loaded(uintptr_t p) {
	Dl_info info;
	return dladdr((void *)p, &info) != 0;
}

// The object that holds p, with what it depends on.
static void *ergodica_object(uintptr_t p) {
	Dl_info info;
	if (!dladdr((void *)p, &info) || !info.dli_fname) return NULL;
	return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}

static void *ergodica_open(char *path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }
static uintptr_t ergodica_symbol(void *object, char *name) { return (uintptr_t)dlsym(object, name); }
static int ergodica_get(uintptr_t f) { return ((int (*)(void))f)(); }
static void ergodica_set(uintptr_t f, int n) { ((void (*)(int))f)(n); }
*/
import "C"

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/spec"
)

func loaded(p uintptr) bool { return p != 0 && C.ergodica_loaded(C.uintptr_t(p)) != 0 }

func symbol(object unsafe.Pointer, name string) uintptr {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	return uintptr(C.ergodica_symbol(object, text))
}

// Open loads a shared library that exports LAPACK and BLAS under Fortran's names with 32-bit integers: dpotrf_, or SciPy's scipy_dpotrf_. It
// stays loaded.
func Open(path string) (*Library, error) {
	text := C.CString(path)
	defer C.free(unsafe.Pointer(text))
	object := C.ergodica_open(text)
	if object == nil {
		return nil, spec.Errorf(spec.SpecError, "LAPACK: no shared library can be loaded from %q", path)
	}
	found := map[string]uintptr{}
	for _, name := range Routines {
		for _, prefix := range []string{"", "scipy_"} {
			if p := symbol(object, prefix+name+"_"); p != 0 {
				found[name] = p
			}
		}
	}
	return New(found)
}

// threads are OpenBLAS's switches, 0 where there are none.
type threads struct{ getter, setter uintptr }

// threadsOf looks beside a routine of the library, and in what that depends on.
func threadsOf(routine uintptr) (t threads) {
	object := C.ergodica_object(C.uintptr_t(routine))
	if object == nil {
		return t
	}
	for _, prefix := range []string{"scipy_", ""} {
		t = threads{symbol(object, prefix+"openblas_get_num_threads"), symbol(object, prefix+"openblas_set_num_threads")}
		if t.known() {
			return t
		}
	}
	return threads{}
}

func (t threads) known() bool { return t.getter != 0 && t.setter != 0 }
func (t threads) get() int    { return int(C.ergodica_get(C.uintptr_t(t.getter))) }
func (t threads) set(n int)   { C.ergodica_set(C.uintptr_t(t.setter), C.int(n)) }
