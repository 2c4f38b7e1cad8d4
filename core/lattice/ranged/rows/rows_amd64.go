//go:build goexperiment.simd && amd64

package rows

import (
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

func (r *Rows) addVector(f, t []float64, shift int, d float64) int {
	switch simd.Current() {
	case simd.AVX512:
		add512(unsafe.Pointer(unsafe.SliceData(f)), unsafe.Pointer(unsafe.SliceData(t[shift:])), r.From, r.Stride, d)
	case simd.AVX2:
		add256(unsafe.Pointer(unsafe.SliceData(f)), unsafe.Pointer(unsafe.SliceData(t[shift:])), r.From, r.Stride, d)
	default:
		return 0
	}
	return len(r.From)
}

func (r *Rows) tensorsVector(f []float64, t [][]float64, m int, d [][3]float64, from, to int) bool {
	if simd.Current() == simd.Scalar {
		return false
	}
	sixteens := 0
	if simd.Current() == simd.AVX512 { // what is left are twelves
		if sixteens = r.Line % 12 / 4; 16*sixteens > r.Line {
			sixteens = 0
		}
	}
	tensors256(&f[from*r.Stride], len(r.From)*r.Stride, &r.From[from], to-from, r.Stride, r.Line, sixteens, &t[0], &d[0], len(t), m)
	return true
}

// tensors256 is written out as the compiler has no registers for so many numbers in a loop; wider vectors would cross lines of the cache more often than they are
// faster: sites of a cell are often four, which is how far apart the windows of its tables begin.
//
//go:noescape
func tensors256(f *float64, component int, from *int32, rows, stride, line, sixteens int, t *[]float64, d *[3]float64, n, m int)

// addFours adds fours that are apart to some that lie side by side.
func addFours(to, from []float64, apart int) bool {
	if simd.Current() == simd.Scalar {
		return false
	}
	for ; len(to) > 0; to = to[4:] {
		f := (*[4]float64)(to)
		archsimd.LoadFloat64x4(f).Add(archsimd.LoadFloat64x4((*[4]float64)(from))).Store(f)
		from = from[min(apart, len(from)):]
	}
	archsimd.ClearAVXUpperBits()
	return true
}

// proposeVector goes on in fours up to one with a sum that has no direction, and returns how many numbers it has made.
func proposeVector(next, own []float64, step float64) int {
	if n := len(next) / 12; n > 0 && simd.Current() != simd.Scalar {
		return 12 * propose256(&next[0], &own[0], step, n)
	}
	return 0
}

//go:noescape
func propose256(next, own *float64, step float64, fours int) int

func (l *Line) drawVector(from, to int) (int, bool) {
	if simd.Current() == simd.Scalar || from >= to {
		return from, from >= to
	}
	return draw256(l, from, to), true
}

func (l *Line) tryVector(from, to int) bool {
	if simd.Current() == simd.Scalar || from >= to {
		return from >= to
	}
	try256(l, from, to)
	return true
}

func (l *Line) reflectVector(from, to int) bool {
	if simd.Current() == simd.Scalar || from >= to {
		return from >= to
	}
	reflect256(l, from, to)
	return true
}

// In these the next site's field stays in registers, and no branch depends on a draw but that which ends them.
//
//go:noescape
func draw256(l *Line, from, to int) int

//go:noescape
func try256(l *Line, from, to int)

//go:noescape
func reflect256(l *Line, from, to int)
