package linalg

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// tile is one call of a kernel: rows x cols elements of C, whose rows are contiguous, over k terms. Strides are in bytes. The assembly
// knows the places of its fields.
type tile struct {
	a, b, c     unsafe.Pointer
	k           int
	aRow, aStep int // from row to row and from term to term of A
	bStep       int // from term to term of B, whose row is contiguous
	cRow        int
	onto        int // how C counts, see below
	//lint:ignore U1000 read by the assembly
	mask int // AVX-512: lanes of the last vector
	//lint:ignore U1000 read by the assembly
	lanes unsafe.Pointer // AVX2: the same as a vector

	count               int // of tiles of this form; 0 is 1. Afterwards the pointers stand at the last
	aNext, bNext, cNext int // from tile to tile
	//lint:ignore U1000 read by the assembly
	ahead int // of runPairs: what will be read soon is so many bytes ahead
}

// C may not count, be where the chains start, or be added to them when they are done.
const (
	fresh = iota
	chained
	added
)

// shape is the largest tile of a level.
type shape struct{ rows, lanes, cols int }

func shapeOf[T Real](l simd.Level) shape {
	size := int(unsafe.Sizeof(*new(T)))
	switch l {
	case simd.AVX512:
		return shape{8, 64 / size, 3 * 64 / size}
	case simd.AVX2:
		return shape{4, 32 / size, 3 * 32 / size}
	}
	return shape{4, 4, 12}
}

func element[T Real](p unsafe.Pointer, bytes int) *T { return (*T)(unsafe.Add(p, bytes)) }

// scalar is the kernel in plain Go.
func scalar[T Real](t *tile, rows, cols int) {
	for more := true; more; more = t.next() {
		scalar1Tile[T](t, rows, cols)
	}
}

// scalar1Tile does two rows and four columns at a time.
func scalar1Tile[T Real](t *tile, rows, cols int) {
	for i := 0; i < rows; i += 2 {
		for j := 0; j < cols; j += 4 {
			if i+2 <= rows && j+4 <= cols {
				scalar2x4[T](t, i, j)
				continue
			}
			for p := i; p < min(i+2, rows); p++ {
				for q := j; q < min(j+4, cols); q++ {
					scalar1[T](t, p, q)
				}
			}
		}
	}
}

// next moves on to the next tile, if there is one.
func (t *tile) next() bool {
	if t.count--; t.count <= 0 {
		return false
	}
	t.a, t.b, t.c = unsafe.Add(t.a, t.aNext), unsafe.Add(t.b, t.bNext), unsafe.Add(t.c, t.cNext)
	return true
}

func (t *tile) at(i, j, size int) (a, b, c unsafe.Pointer) {
	return unsafe.Add(t.a, i*t.aRow), unsafe.Add(t.b, j*size), unsafe.Add(t.c, i*t.cRow+j*size)
}

func scalar1[T Real](t *tile, i, j int) {
	a, b, c := t.at(i, j, int(unsafe.Sizeof(*new(T))))
	var s T
	if t.onto == chained {
		s = *(*T)(c)
	}
	for p := range t.k {
		s = fma(*element[T](a, p*t.aStep), *element[T](b, p*t.bStep), s)
	}
	if t.onto == added {
		s += *(*T)(c)
	}
	*(*T)(c) = canonical(s)
}

func scalar2x4[T Real](t *tile, i, j int) {
	a, b, c := t.at(i, j, int(unsafe.Sizeof(*new(T))))
	c0, c1 := (*[4]T)(c), (*[4]T)(unsafe.Add(c, t.cRow))
	var s, u [4]T
	if t.onto == chained {
		s, u = *c0, *c1
	}
	s0, s1, s2, s3, u0, u1, u2, u3 := s[0], s[1], s[2], s[3], u[0], u[1], u[2], u[3]
	for p := range t.k {
		x, y, r := *element[T](a, p*t.aStep), *element[T](a, p*t.aStep+t.aRow), (*[4]T)(unsafe.Add(b, p*t.bStep))
		s0, s1, s2, s3 = fma(x, r[0], s0), fma(x, r[1], s1), fma(x, r[2], s2), fma(x, r[3], s3)
		u0, u1, u2, u3 = fma(y, r[0], u0), fma(y, r[1], u1), fma(y, r[2], u2), fma(y, r[3], u3)
	}
	if t.onto == added {
		s0, s1, s2, s3 = s0+c0[0], s1+c0[1], s2+c0[2], s3+c0[3]
		u0, u1, u2, u3 = u0+c1[0], u1+c1[1], u2+c1[2], u3+c1[3]
	}
	*c0 = [4]T{canonical(s0), canonical(s1), canonical(s2), canonical(s3)}
	*c1 = [4]T{canonical(u0), canonical(u1), canonical(u2), canonical(u3)}
}

func canonical[T Real](x T) T {
	if x != x {
		return T(math.NaN())
	}
	return x
}

func fma[T Real](x, y, z T) T {
	if unsafe.Sizeof(x) == 8 {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	return T(simd.FMA32(float32(x), float32(y), float32(z)))
}
