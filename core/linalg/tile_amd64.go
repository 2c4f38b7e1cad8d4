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

// runWide does as many groups of columns of one row as it can, at most t.k >= 1 terms, and returns the number of columns.
func runWide[T Real](t *tile, l simd.Level, cols int) int {
	const group = 8 * 64
	size := int(unsafe.Sizeof(*new(T)))
	if l != simd.AVX512 {
		return 0
	}
	done, b, c := 0, t.b, t.c
	for ; (done+1)*group <= cols*size; done++ {
		t.b, t.c = unsafe.Add(b, done*group), unsafe.Add(c, done*group)
		if size == 8 {
			f64zWide(t)
		} else {
			f32zWide(t)
		}
	}
	if done*group < cols*size { // no pointer is moved past an end, where the collector may not find it
		t.b, t.c = unsafe.Add(b, done*group), unsafe.Add(c, done*group)
	}
	return done * group / size
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

// runLines packs t.k blocks of lines from t.a, t.aRow apart, into rows at t.c, t.cRow apart.
func runLines[T Real](t *tile) {
	if unsafe.Sizeof(*new(T)) == 8 {
		f64yLines(t)
	} else {
		f32yLines(t)
	}
}
