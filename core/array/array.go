// Package array is shaped memory: arrays and columns over an injected allocator (Arrow's interface; C memory when Python will see it, Go's
// otherwise), planned before it is taken and refused above the memory limit.
package array

import (
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/spec"
)

// Dtype is an element type by its NumPy name.
type Dtype string

// The element types that cross the border.
const (
	Float64    Dtype = "float64"
	Float32    Dtype = "float32"
	Complex128 Dtype = "complex128"
	Complex64  Dtype = "complex64"
	Int64      Dtype = "int64"
	Int32      Dtype = "int32"
	Int8       Dtype = "int8"
	Uint8      Dtype = "uint8"
	Uint64     Dtype = "uint64"
	Bool       Dtype = "bool"
)

var sizes = map[Dtype]int{Float64: 8, Float32: 4, Complex128: 16, Complex64: 8, Int64: 8, Int32: 4, Int8: 1, Uint8: 1, Uint64: 8, Bool: 1}

// Size is the number of bytes of one element; 0 for an unknown dtype.
func (d Dtype) Size() int { return sizes[d] }

// Element is any Go type that an array may hold.
type Element interface {
	float64 | float32 | complex128 | complex64 | int64 | int32 | int8 | uint8 | uint64 | bool
}

// Array is a dense C-ordered array. It either owns a buffer of its allocator or borrows memory that outlives it.
type Array struct {
	Name   string
	Dtype  Dtype
	Shape  []int
	Data   []byte
	buffer *memory.Buffer
}

// New plans and takes zeroed memory for an array of this shape from alloc.
func New(alloc memory.Allocator, dtype Dtype, shape ...int) (*Array, error) {
	n, err := Count(shape)
	if err != nil {
		return nil, err
	}
	if dtype.Size() == 0 {
		return nil, spec.Expected("dtype", "a known dtype", dtype)
	}
	bytes, err := Plan(n, dtype.Size(), fmt.Sprintf("an array of shape %v and dtype %s", shape, dtype))
	if err != nil {
		return nil, err
	}
	b := memory.NewResizableBuffer(alloc)
	b.Resize(bytes) // zeroed by every allocator that comes here: Go's, and bindings/cmem
	return &Array{Dtype: dtype, Shape: shape, Data: b.Bytes(), buffer: b}, nil
}

// Borrow wraps memory that the caller keeps alive.
func Borrow(name string, dtype Dtype, shape []int, data []byte) *Array {
	return &Array{Name: name, Dtype: dtype, Shape: shape, Data: data}
}

// FromSlice borrows a Go slice.
func FromSlice[T Element](dtype Dtype, x []T, shape ...int) *Array {
	if len(shape) == 0 {
		shape = []int{len(x)}
	}
	if len(x) == 0 {
		return &Array{Dtype: dtype, Shape: shape}
	}
	return &Array{Dtype: dtype, Shape: shape, Data: unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*dtype.Size())}
}

// View is the array's memory as elements of type T, which must have the size of the dtype.
func View[T Element](a *Array) []T { return Cast[T](a.Data) }

// Bytes is the memory of x.
func Bytes[T Element](x []T) []byte {
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(t)))
}

// Cast reads bytes as elements of type T.
func Cast[T Element](b []byte) []T {
	var t T
	n := len(b) / int(unsafe.Sizeof(t))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)
}

// Len is the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, s := range a.Shape {
		n *= s
	}
	return n
}

// Buffer is the Arrow buffer of an array that owns its memory, nil for a borrowed one.
func (a *Array) Buffer() *memory.Buffer { return a.buffer }

// Copy is an array of the same content in fresh memory of alloc.
func (a *Array) Copy(alloc memory.Allocator) (*Array, error) {
	c, err := New(alloc, a.Dtype, a.Shape...)
	if err != nil {
		return nil, err
	}
	c.Name = a.Name
	copy(c.Data, a.Data)
	return c, nil
}

// Release gives the owned buffer back; safe on nil and on borrowed arrays.
func (a *Array) Release() {
	if a != nil && a.buffer != nil {
		a.buffer.Release()
		a.buffer, a.Data = nil, nil
	}
}

// Float64s copies the elements as float64; complex arrays are refused.
func (a *Array) Float64s() ([]float64, error) {
	out := make([]float64, a.Len())
	switch a.Dtype {
	case Float64:
		copy(out, View[float64](a))
	case Float32:
		convert(out, View[float32](a))
	case Int64:
		convert(out, View[int64](a))
	case Int32:
		convert(out, View[int32](a))
	case Int8:
		convert(out, View[int8](a))
	case Uint8, Bool:
		convert(out, Cast[uint8](a.Data))
	case Uint64:
		convert(out, View[uint64](a))
	default:
		return nil, spec.Errorf(spec.ShapeError, "%s: expected real numbers, got dtype %s", a.Name, a.Dtype)
	}
	return out, nil
}

func convert[T float32 | int64 | int32 | int8 | uint8 | uint64](dst []float64, src []T) {
	for i, x := range src {
		dst[i] = float64(x)
	}
}

// Count is the product of the lengths, refused when one is negative or the product overflows.
func Count(shape []int) (int, error) {
	n := 1
	for _, s := range shape {
		if s < 0 {
			return 0, spec.Errorf(spec.ShapeError, "shape %v: lengths must not be negative", shape)
		}
		if s > 0 && n > math.MaxInt/s {
			return 0, spec.Errorf(spec.MemoryError, "shape %v has more than 2^63 elements", shape)
		}
		n *= s
	}
	return n, nil
}

var limit atomic.Int64 // bytes; 0 is none

// Limit is the number of bytes above which a plan is refused; 0 means that there is no limit.
func Limit() int64 { return limit.Load() }

// SetLimit sets the limit.
func SetLimit(bytes int64) { limit.Store(max(bytes, 0)) }

// Plan is the size in bytes of n elements, or a MemoryError that names what wanted them.
func Plan(n, size int, what string) (int, error) {
	if size > 0 && n > math.MaxInt/size {
		return 0, spec.Errorf(spec.MemoryError, "%s is larger than any memory", what)
	}
	bytes := n * size
	if most := Limit(); most > 0 && int64(bytes) > most {
		e := spec.Errorf(spec.MemoryError, "%s needs %s, the limit is %s", what, human(int64(bytes)), human(most))
		e.Suggest = "Record less (a larger every, fewer observables), or raise erg.config.memory."
		return 0, e.With("bytes", bytes).With("limit", most)
	}
	return bytes, nil
}

func human(b int64) string {
	x := float64(b)
	for _, unit := range []string{"bytes", "KiB", "MiB", "GiB", "TiB"} {
		if x < 1024 || unit == "TiB" {
			return fmt.Sprintf("%.4g %s", x, unit)
		}
		x /= 1024
	}
	return ""
}
