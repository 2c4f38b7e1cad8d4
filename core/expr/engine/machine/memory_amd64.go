//go:build goexperiment.simd && amd64 && (linux || darwin)

package machine

import (
	"runtime"
	"syscall"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// Loops are pieces of code in executable memory, which goes back to the system with the last reference to them.
type Loops struct{ memory []byte }

// Available tells whether code runs at the SIMD level in use.
func Available() bool { return simd.Current() == simd.AVX512 }

// Make puts code into executable memory; nil where that is refused.
func Make(code []byte) *Loops {
	if len(code) == 0 || simd.Current() == simd.Scalar {
		return nil
	}
	memory, err := syscall.Mmap(-1, 0, len(code), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	copy(memory, code)
	if syscall.Mprotect(memory, syscall.PROT_READ|syscall.PROT_EXEC) != nil {
		_ = syscall.Munmap(memory)
		return nil
	}
	l := &Loops{memory}
	runtime.AddCleanup(l, func(m []byte) { _ = syscall.Munmap(m) }, memory)
	return l
}

// Run runs the loop whose code starts at offset over n elements of float64 (wide) or float32, with the pointers of the table.
func (l *Loops) Run(offset int, wide bool, table *Table, n int) {
	mask := 16
	if wide {
		mask = 8
	}
	mask--
	enter(unsafe.Pointer(&l.memory[offset]), table, n&^mask, uint64(1)<<(n&mask)-1)
	runtime.KeepAlive(l)
}

// RunRows runs a loop over so many rows, at least one.
func (l *Loops) RunRows(offset int, table *Table, rows int) {
	enter(unsafe.Pointer(&l.memory[offset]), table, rows, 0)
	runtime.KeepAlive(l)
}

// Enter runs code that works on one block of memory, from offset on, and returns what it leaves in AX.
func (l *Loops) Enter(offset int, block unsafe.Pointer) int {
	k := enterBlock(unsafe.Pointer(&l.memory[offset]), block)
	runtime.KeepAlive(l)
	return k
}

// enterBlock calls code with the block in DI.
//
//go:noescape
func enterBlock(code, block unsafe.Pointer) int

// enter calls code with the table in DI, the number of rows or of elements of whole vectors in DX and the mask of the rest in K1.
//
//go:noescape
func enter(code unsafe.Pointer, table *Table, whole int, rest uint64)
