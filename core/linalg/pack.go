package linalg

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// pack copies m lines of k elements into panels of width lines, side by side in each: dst[q k + p width + i] = src[(q+i) line + p step] for
// q = 0, width, 2 width, ... and i < width.
func pack[T Real](dst, src []T, m, k, width, line, step int, l simd.Level) {
	switch {
	case m == 0 || k == 0:
	case line == 1:
		packRows(dst, src, m, k, width, step)
	default:
		for q := 0; q < m; q += width {
			n := min(width, m-q)
			if step == 1 {
				packColumns(dst[q*k:], src[q*line:], n, k, width, line, l)
				continue
			}
			for p := range k {
				for i := range n {
					dst[q*k+p*width+i] = src[(q+i)*line+p*step]
				}
			}
		}
	}
}

const panelBytes = 3 * 64

// packRows reads rows of src as they lie, a few of them for each panel, so that neither reading nor writing leaps at every line of the cache.
func packRows[T Real](dst, src []T, m, k, width, step int) {
	const few = 4
	size := int(unsafe.Sizeof(*new(T)))
	for p := 0; p < k; p += few {
		for q := 0; q < m; q += width {
			n := min(width, m-q)
			last := min(p+few, k)
			_, _ = dst[q*k+(last-1)*width+n-1], src[(last-1)*step+q+n-1]
			switch {
			case n == width && width*size == panelBytes:
				for r := p; r < last; r++ {
					*(*[panelBytes]byte)(unsafe.Pointer(&dst[q*k+r*width])) = *(*[panelBytes]byte)(unsafe.Pointer(&src[r*step+q]))
				}
			case n == width && width == 8:
				for r := p; r < last; r++ {
					*(*[8]T)(dst[q*k+r*width:]) = *(*[8]T)(src[r*step+q:])
				}
			default:
				for r := p; r < last; r++ {
					copy(dst[q*k+r*width:][:n], src[r*step+q:])
				}
			}
		}
	}
}

// packColumns is one panel of m <= width lines whose terms are contiguous.
func packColumns[T Real](dst, src []T, m, k, width, line int, l simd.Level) {
	size := int(unsafe.Sizeof(*new(T)))
	i := 0
	if n := linesOf[T](l); n > 0 && k >= n {
		whole := k / n * n
		_, _ = dst[(k-1)*width+m-1], src[(m-1)*line+k-1]
		if i = m / n * n; i > 0 {
			t := tile{a: unsafe.Pointer(&src[0]), c: unsafe.Pointer(&dst[0]), k: whole / n, aRow: line * size, cRow: width * size, count: m / n, aNext: n * line * size, cNext: n * size}
			runLines[T](&t)
		}
		for p := whole; p < k; p++ {
			for r := range i {
				dst[p*width+r] = src[r*line+p]
			}
		}
	}
	for ; i+4 <= m; i += 4 {
		s := src[i*line:]
		s0, s1, s2, s3 := s[:k], s[line:][:k], s[2*line:][:k], s[3*line:][:k]
		for p := range s0 {
			d := (*[4]T)(dst[p*width+i:])
			d[0], d[1], d[2], d[3] = s0[p], s1[p], s2[p], s3[p]
		}
	}
	for ; i < m; i++ {
		s := src[i*line:][:k]
		for p, x := range s {
			dst[p*width+i] = x
		}
	}
}

// packComplex writes the real matrix of a complex B: rows (re, im), (-im, re) for each of its rows. m, k and width count real numbers.
func packComplex[T Real](dst, src []T, m, k, width, line, step int) {
	for p := 0; p < k; p += 2 {
		r, q := dst[p*width:][:width], dst[(p+1)*width:][:width]
		at := p * step
		for i := 0; i+1 < m; i += 2 {
			re, im := src[at+i*line], src[at+i*line+1]
			r[i], r[i+1] = re, im
			q[i], q[i+1] = -im, re
		}
	}
}

// packPairs is pack for a complex A: numbers 2p and 2p+1 of a line stand together.
func packPairs[T Real](dst, src []T, m, k, width, line, step int) {
	for p := 0; p < k; p += 2 {
		for i := range m {
			at := i*line + p*step
			dst[p*width+i], dst[(p+1)*width+i] = src[at], src[at+1]
		}
	}
}
