//go:build goexperiment.simd && amd64

package lanes

import (
	"simd/archsimd"
	"unsafe"
)

// A block of 8 x 8 is transposed by exchanging neighbours, pairs and halves.
var exchange = [6][8]uint64{
	{0, 8, 2, 10, 4, 12, 6, 14}, {1, 9, 3, 11, 5, 13, 7, 15},
	{0, 1, 8, 9, 4, 5, 12, 13}, {2, 3, 10, 11, 6, 7, 14, 15},
	{0, 1, 2, 3, 8, 9, 10, 11}, {4, 5, 6, 7, 12, 13, 14, 15},
}

// transpose8 reads 8 rows from bytes apart at p and writes columns to bytes apart at q.
func transpose8(p unsafe.Pointer, from uintptr, q unsafe.Pointer, to uintptr) {
	load := func(k uintptr) vector { return archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(p, k*from))) }
	e := func(k int) archsimd.Uint64x8 { return archsimd.LoadUint64x8(&exchange[k]) }
	a, b, c, d := e(0), e(1), e(2), e(3)
	r0, r1, r2, r3, r4, r5, r6, r7 := load(0), load(1), load(2), load(3), load(4), load(5), load(6), load(7)
	s0, s1 := r0.ConcatPermute(r1, a), r0.ConcatPermute(r1, b)
	s2, s3 := r2.ConcatPermute(r3, a), r2.ConcatPermute(r3, b)
	s4, s5 := r4.ConcatPermute(r5, a), r4.ConcatPermute(r5, b)
	s6, s7 := r6.ConcatPermute(r7, a), r6.ConcatPermute(r7, b)
	r0, r2 = s0.ConcatPermute(s2, c), s0.ConcatPermute(s2, d)
	r1, r3 = s1.ConcatPermute(s3, c), s1.ConcatPermute(s3, d)
	r4, r6 = s4.ConcatPermute(s6, c), s4.ConcatPermute(s6, d)
	r5, r7 = s5.ConcatPermute(s7, c), s5.ConcatPermute(s7, d)
	a, b = e(4), e(5)
	store := func(k uintptr, v vector) { v.Store((*[8]float64)(unsafe.Add(q, k*to))) }
	store(0, r0.ConcatPermute(r4, a))
	store(1, r1.ConcatPermute(r5, a))
	store(2, r2.ConcatPermute(r6, a))
	store(3, r3.ConcatPermute(r7, a))
	store(4, r0.ConcatPermute(r4, b))
	store(5, r1.ConcatPermute(r5, b))
	store(6, r2.ConcatPermute(r6, b))
	store(7, r3.ConcatPermute(r7, b))
}

func interleave(n int, x, a []float64, stride int) {
	whole := n &^ 7
	if whole > 0 {
		_, _ = x[n*8-1], a[7*stride+n-1]
	}
	for i := 0; i < whole; i += 8 {
		transpose8(unsafe.Pointer(&a[i]), uintptr(stride)*8, unsafe.Pointer(&x[i*8]), 64)
	}
	interleaveFrom(whole, n, x, a, stride)
}

func separate(n int, a, x []float64, stride int) {
	whole := n &^ 7
	if whole > 0 {
		_, _ = x[n*8-1], a[7*stride+n-1]
	}
	for i := 0; i < whole; i += 8 {
		transpose8(unsafe.Pointer(&x[i*8]), 64, unsafe.Pointer(&a[i]), uintptr(stride)*8)
	}
	separateFrom(whole, n, a, x, stride)
}

// block exchanges the transposed 8 x 8 blocks at i, j and j, i.
func block(n, i, j int, a []float64) {
	if !grouped() {
		blockFrom(n, i, j, a)
		return
	}
	var kept [64]float64
	_ = a[(max(i, j)+7)*n+max(i, j)+7]
	p, q, t := unsafe.Pointer(&a[i*n+j]), unsafe.Pointer(&a[j*n+i]), unsafe.Pointer(&kept)
	row := uintptr(n) * 8
	transpose8(p, row, t, 64)
	transpose8(q, row, p, row)
	for k := range 8 {
		archsimd.LoadFloat64x8((*[8]float64)(kept[k*8:])).Store((*[8]float64)(unsafe.Add(q, uintptr(k)*row)))
	}
}

// raise writes the transposed block at i, j to j, i.
func raise(n, i, j int, a []float64) {
	if !grouped() {
		raiseFrom(n, i, j, a)
		return
	}
	_ = a[(max(i, j)+7)*n+max(i, j)+7]
	transpose8(unsafe.Pointer(&a[i*n+j]), uintptr(n)*8, unsafe.Pointer(&a[j*n+i]), uintptr(n)*8)
}
