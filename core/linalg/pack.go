package linalg

import "unsafe"

// pack copies m lines of k elements side by side: dst[p*width+i] = src[i*line+p*step] for i < m <= width.
func pack[T Real](dst, src []T, m, k, width, line, step int) {
	switch {
	case m == 0 || k == 0:
	case line == 1:
		packRows(dst, src, m, k, width, step)
	case step == 1:
		packColumns(dst, src, m, k, width, line)
	default:
		for p := range k {
			for i := range m {
				dst[p*width+i] = src[i*line+p*step]
			}
		}
	}
}

const panelBytes = 3 * 64

func packRows[T Real](dst, src []T, m, k, width, step int) {
	size := int(unsafe.Sizeof(*new(T)))
	if m*size == panelBytes && m == width {
		_, _ = dst[k*width-1], src[(k-1)*step+m-1]
		d, s := unsafe.Pointer(&dst[0]), unsafe.Pointer(&src[0])
		for p := range k { // no pointer is moved past an end, where the collector may not find it
			*(*[panelBytes]byte)(unsafe.Add(d, p*panelBytes)) = *(*[panelBytes]byte)(unsafe.Add(s, p*step*size))
		}
		return
	}
	for p := range k {
		copy(dst[p*width:p*width+m], src[p*step:])
	}
}

func packColumns[T Real](dst, src []T, m, k, width, line int) {
	i := 0
	for ; i+8 <= m; i += 8 {
		s := src[i*line:]
		s0, s1, s2, s3 := s[:k], s[line:][:k], s[2*line:][:k], s[3*line:][:k]
		s4, s5, s6, s7 := s[4*line:][:k], s[5*line:][:k], s[6*line:][:k], s[7*line:][:k]
		for p := range s0 {
			d := (*[8]T)(dst[p*width+i:])
			d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7] = s0[p], s1[p], s2[p], s3[p], s4[p], s5[p], s6[p], s7[p]
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
