// Package cmem is C memory behind Arrow's allocator interface: aligned to 64 bytes, zeroed, counted. Memory that Python will see comes from
// here, since Go's collector neither moves nor frees it.
package cmem

/*
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

// The block that calloc gave stands in the pointer before the aligned one. calloc takes large blocks from the kernel as zero pages that are not
// touched before they are used.
static void *ergodica_take(size_t n) {
	if (n > SIZE_MAX - 64) return NULL;
	char *block = calloc(1, n + 64);
	if (!block) return NULL;
	void **p = (void **)(((uintptr_t)block + 64) & ~(uintptr_t)63);
	p[-1] = block;
	return p;
}

static void ergodica_give(void **p) { free(p[-1]); }

static long long ergodica_physical(void) {
	return (long long)sysconf(_SC_PHYS_PAGES) * (long long)sysconf(_SC_PAGESIZE);
}
*/
import "C"

import (
	"math"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/ergodica/ergodica/core/spec"
)

// Allocator takes from C's heap. It is safe for concurrent use; all values share one count.
type Allocator struct{}

var held atomic.Int64

// Held is the number of bytes taken and not freed.
func Held() int64 { return held.Load() }

// Allocate takes size zeroed bytes, aligned to 64. Without memory it panics with a MemoryError, which every export and worker recovers.
func (Allocator) Allocate(size int) []byte {
	if size == 0 {
		return []byte{}
	}
	var p unsafe.Pointer
	if size > 0 {
		p = C.ergodica_take(C.size_t(size))
	}
	if p == nil {
		panic(spec.Errorf(spec.MemoryError, "the operating system has no %d bytes", size).With("bytes", size))
	}
	held.Add(int64(size))
	return unsafe.Slice((*byte)(p), size)
}

// Reallocate moves b into a block of size bytes; what is new is zero.
func (a Allocator) Reallocate(size int, b []byte) []byte {
	if size == len(b) {
		return b
	}
	moved := a.Allocate(size)
	copy(moved, b)
	a.Free(b)
	return moved
}

// Free gives a whole block back.
func (Allocator) Free(b []byte) {
	if cap(b) == 0 {
		return
	}
	held.Add(-int64(cap(b)))
	C.ergodica_give((*unsafe.Pointer)(unsafe.Pointer(unsafe.SliceData(b))))
}

// Physical is the memory of this machine in bytes, or that of the control group which is smaller; 0 where it is not known.
func Physical() int64 {
	most := int64(C.ergodica_physical())
	if most <= 0 {
		most = math.MaxInt64
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(file); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				most = min(most, n)
			}
		}
	}
	if most == math.MaxInt64 {
		return 0
	}
	return most
}
