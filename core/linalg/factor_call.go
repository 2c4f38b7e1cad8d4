package linalg

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// What the batches of factorisations share: their sections and memory, and the ways between element types.

// call is what ends with a batch: scratch memory and, from threadedFrom on, a section of one thread.
type call struct {
	w    *Scratch
	mark Mark
	held Factorizations
}

// threadedFrom is the size from which libraries may use threads: OpenBLAS splits triangular solves of 8 columns.
const threadedFrom = 8

func begin[E float64 | complex128](w *Scratch, n int) (*Scratch, call, Routines[E]) {
	if w == nil {
		w = new(Scratch)
	}
	f := w.library()
	c := call{w: w, mark: w.Mark()}
	if n >= threadedFrom {
		f.Narrow()
		c.held = f
	}
	if r, ok := f.Real().(Routines[E]); ok {
		return w, c, r
	}
	return w, c, any(f.Complex()).(Routines[E])
}

func (c call) end() {
	c.w.Free(c.mark)
	if c.held != nil {
		c.held.Widen()
	}
}

func complexNumbers[T Real | Complex]() bool {
	switch any(*new(T)).(type) {
	case complex64, complex128:
		return true
	}
	return false
}

func same[E, T any]() bool {
	_, ok := any(*new(T)).(E)
	return ok
}

// wide is room for one matrix of the wide type, nil where x is of it already.
func wide[E float64 | complex128, T Real | Complex](w *Scratch, _ []T, n int) []E {
	if same[E, T]() {
		return nil
	}
	return Room[E](w, n)
}

// wideIs is x, or nil where the results are of its type already.
func wideIs[E float64 | complex128, T Real | Complex](_ []T, x []E) []E {
	if same[E, T]() {
		return nil
	}
	return x
}

// place is where matrix k of x is computed: in x itself, or in the room that wide gave.
func place[E float64 | complex128, T Real | Complex](room []E, x []T, k, n int) []E {
	if room != nil || !same[E, T]() {
		return room[:n]
	}
	return as[E](x[k*n : (k+1)*n : (k+1)*n])
}

func as[E, T any](x []T) []E {
	return unsafe.Slice((*E)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// load copies matrix k of a into x.
func load[E float64 | complex128, T Real | Complex](x []E, a []T, k int) {
	a = a[k*len(x) : (k+1)*len(x)]
	switch any(*new(T)).(type) {
	case float32:
		to := as[float64](x)
		for i, v := range as[float32](a) {
			to[i] = float64(v)
		}
	case complex64:
		to := as[complex128](x)
		for i, v := range as[complex64](a) {
			to[i] = complex128(v)
		}
	default:
		copy(x, as[E](a))
	}
}

// save puts x into place k of to, unless it was computed there.
func save[E float64 | complex128, T Real | Complex](to []T, k int, x []E) {
	to = to[k*len(x) : (k+1)*len(x)]
	switch any(*new(T)).(type) {
	case float32:
		from := as[float64](x)
		for i := range as[float32](to) {
			as[float32](to)[i] = float32(from[i])
		}
	case complex64:
		from := as[complex128](x)
		for i := range as[complex64](to) {
			as[complex64](to)[i] = complex64(from[i])
		}
	default:
		copy(as[E](to), x)
	}
}

func finite[E float64 | complex128](x []E) bool {
	v := numbers(x)
	if s := simd.Sum(v); s-s == 0 {
		return true
	}
	for _, x := range v { // infinite, or the sum overflows
		if x-x != 0 {
			return false
		}
	}
	return true
}

func spoil[E float64 | complex128](x []E) {
	n := numbers(x)
	for i := range n {
		n[i] = math.NaN()
	}
}

// numbers are the real numbers that x consists of.
func numbers[E float64 | complex128](x []E) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(*new(E))/8))
}

func number[E float64 | complex128](x E) complex128 {
	switch x := any(x).(type) {
	case float64:
		return complex(x, 0)
	case complex128:
		return x
	}
	return 0
}

func setNumber[E float64 | complex128](to *E, x complex128) {
	switch to := any(to).(type) {
	case *float64:
		*to = real(x)
	case *complex128:
		*to = x
	}
}
