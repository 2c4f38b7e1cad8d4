//go:build goexperiment.simd && amd64

package linalg

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// lanes32[8-n:] are n lanes of all ones, then zeros; likewise lanes64[4-n:].
var (
	lanes32 = [16]int32{-1, -1, -1, -1, -1, -1, -1, -1}
	lanes64 = [8]int64{-1, -1, -1, -1}
)

// run is the kernel for rows x cols elements, at most the shape of the level.
func run[T Real](t *tile, l simd.Level, rows, cols int) {
	const vector512, vector256 = 64, 32
	size := int(unsafe.Sizeof(*new(T)))
	switch l {
	case simd.AVX512:
		lanes := vector512 / size
		v := (cols + lanes - 1) / lanes
		rest := cols - (v-1)*lanes
		t.mask = 1<<rest - 1
		half := rest <= lanes/2
		switch {
		case size == 8 && half:
			f64zRunHalf(t, rows, v)
		case size == 8:
			f64zRun(t, rows, v)
		case half:
			f32zRunHalf(t, rows, v)
		default:
			f32zRun(t, rows, v)
		}
	case simd.AVX2:
		lanes := vector256 / size
		whole, rest := cols/lanes, cols%lanes
		switch {
		case rest == 0:
			run256[T](t, rows, whole)
		case whole == 2: // three vectors leave no register for a mask
			first := *t
			run256[T](t, rows, 2)
			*t = first
			t.b, t.c = unsafe.Add(t.b, 2*vector256), unsafe.Add(t.c, 2*vector256)
			runMasked256[T](t, rows, 1, rest)
			t.b, t.c = unsafe.Add(t.b, -2*vector256), unsafe.Add(t.c, -2*vector256)
		default:
			runMasked256[T](t, rows, whole+1, rest)
		}
	default:
		scalar[T](t, rows, cols)
	}
}

func run256[T Real](t *tile, rows, vectors int) {
	if unsafe.Sizeof(*new(T)) == 8 {
		f64yRun(t, rows, vectors)
	} else {
		f32yRun(t, rows, vectors)
	}
}

func runMasked256[T Real](t *tile, rows, vectors, rest int) {
	if unsafe.Sizeof(*new(T)) == 8 {
		t.lanes = unsafe.Pointer(&lanes64[4-rest])
		f64yRunMasked(t, rows, vectors)
	} else {
		t.lanes = unsafe.Pointer(&lanes32[8-rest])
		f32yRunMasked(t, rows, vectors)
	}
}

// wideVectors is the number of vectors of columns that the next runWide takes of so many columns of a row; 0: there are too few for it.
func wideVectors[T Real](l simd.Level, cols int) int {
	const least, most = 4, 8
	lanes := 64 / int(unsafe.Sizeof(*new(T)))
	switch n := (cols + lanes - 1) / lanes; {
	case l != simd.AVX512 || n < least:
		return 0
	case n <= most:
		return n
	case n < 2*most: // as even as can be: sums of few vectors wait for each other
		return (n + 1) / 2
	}
	return most
}

// runWide does vectors of columns of one row, at most t.k >= 1 terms; it returns the number of columns.
func runWide[T Real](t *tile, vectors, cols int) int {
	size := int(unsafe.Sizeof(*new(T)))
	lanes := 64 / size
	cols = min(cols, vectors*lanes)
	t.mask = 1<<(cols-(vectors-1)*lanes) - 1
	if size == 8 {
		f64zRunWide(t, vectors)
	} else {
		f32zRunWide(t, vectors)
	}
	return cols
}

// columnTerms is the number of terms in a block of runColumn and runPairs; 0: there are none.
func columnTerms[T Real](l simd.Level) int {
	switch size := unsafe.Sizeof(*new(T)); {
	case l == simd.Scalar || size == 4 && l != simd.AVX512:
		return 0
	case size == 8:
		return 4
	}
	return 8
}

// runColumn does t.k blocks of terms of columnRows contiguous results.
func runColumn[T Real](t *tile) {
	if unsafe.Sizeof(*new(T)) == 8 {
		f64yColumn(t)
	} else {
		f32zColumn(t)
	}
}

// runPairs does t.k blocks of terms of pairsRows contiguous results.
func runPairs[T Real](t *tile) {
	if unsafe.Sizeof(*new(T)) == 8 {
		f64yPairs(t)
	} else {
		f32zPairs(t)
	}
}

// linesOf is the number of lines, and of terms in a block of each, that runLines packs at once; 0: none.
func linesOf[T Real](l simd.Level) int {
	if l == simd.Scalar {
		return 0
	}
	return 32 / int(unsafe.Sizeof(*new(T)))
}

// runLines packs t.k blocks of lines from t.a, t.aRow apart, into rows at t.c, t.cRow apart, and t.count such.
func runLines[T Real](t *tile) {
	if unsafe.Sizeof(*new(T)) == 8 {
		f64yLines(t)
	} else {
		f32yLines(t)
	}
}
