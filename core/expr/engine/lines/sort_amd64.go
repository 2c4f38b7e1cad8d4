//go:build goexperiment.simd && amd64

package lines

import (
	"math"
	"math/bits"
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// vectors sorts a with AVX-512, if it can.
func vectors[K Key](a, spare []K) bool {
	if unsafe.Sizeof(a[0]) != 8 || simd.Current() != simd.AVX512 {
		return false
	}
	p, q := (*uint64)(unsafe.Pointer(&a[0])), (*uint64)(unsafe.Pointer(unsafe.SliceData(spare)))
	quick(unsafe.Slice(p, len(a)), unsafe.Slice(q, len(a)), true, 2*bits.Len(uint(len(a))))
	return true
}

// quick sorts what lies in a, or in b unless here, into a. It divides from one into the other.
func quick(a, b []uint64, here bool, depth int) {
	for {
		from, to := a, b
		if !here {
			from, to = b, a
		}
		if len(a) <= 64 {
			small64(a, from)
			return
		}
		if depth--; depth < 0 {
			if !here {
				copy(a, b)
			}
			radix(a, b)
			return
		}
		p := pivot(from)
		n := divide(to, from, p)
		if n == 0 { // p is the smallest: those equal to it stand in front
			n = divide(to, from, p+1)
			for i := range a[:n] {
				a[i] = p
			}
		} else {
			quick(a[:n], b[:n], !here, depth)
		}
		a, b, here = a[n:], b[n:], !here
	}
}

// pivot is the median of five medians of three; never the largest key, which has no successor.
func pivot(x []uint64) uint64 {
	step := len(x) / 16
	three := func(i int) uint64 {
		u, v, w := x[i*step], x[(i+1)*step], x[(i+2)*step]
		return max(min(u, v), min(max(u, v), w))
	}
	m := [5]uint64{three(0), three(3), three(6), three(9), three(12)}
	for i := 1; i < 5; i++ {
		for j := i; j > 0 && m[j-1] > m[j]; j-- {
			m[j-1], m[j] = m[j], m[j-1]
		}
	}
	return min(m[2], math.MaxUint64-1)
}

// divide puts the keys below p at the front of to and the others at its end; it returns the number of the former.
func divide(to, from []uint64, p uint64) int {
	l, r := 0, len(to)
	at := archsimd.BroadcastUint64x8(p)
	count := archsimd.LoadUint64x8(&[8]uint64{0, 1, 2, 3, 4, 5, 6, 7})
	i := 0
	base, end := unsafe.Pointer(unsafe.SliceData(from)), unsafe.Pointer(unsafe.SliceData(to))
	for ; i+16 <= len(from); i += 8 { // both stores lie in what is still free
		x := archsimd.LoadUint64x8((*[8]uint64)(unsafe.Add(base, 8*i)))
		below := x.Less(at)
		n := bits.OnesCount8(below.ToBits())
		high := x.Compress(x.GreaterEqual(at)).Permute(count.Sub(archsimd.BroadcastUint64x8(uint64(n))))
		high.Store((*[8]uint64)(unsafe.Add(end, 8*(r-8))))
		x.Compress(below).Store((*[8]uint64)(unsafe.Add(end, 8*l)))
		l += n
		r -= 8 - n
	}
	for ; i < len(from); i++ {
		if k := from[i]; k < p {
			to[l] = k
			l++
		} else {
			r--
			to[r] = k
		}
	}
	return l
}

// small64 sorts at most 64 keys: eight columns of eight by a network, then rows merged in registers.
func small64(to, from []uint64) {
	var x [8][8]uint64
	rows := (len(from) + 7) / 8
	n := copy(unsafe.Slice(&x[0][0], 64), from)
	all := unsafe.Slice(&x[0][0], 64)
	size := 1
	for size < rows {
		size *= 2
	}
	for i := n; i < 8*size; i++ {
		all[i] = math.MaxUint64
	}
	for i := range size {
		v := sort8(archsimd.LoadUint64x8(&x[i]))
		v.Store(&x[i])
	}
	for w := 1; w < size; w *= 2 {
		for at := 0; at < size; at += 2 * w {
			mergeRows(&x, at, w)
		}
	}
	copy(to, all[:n])
}

var (
	back8  = [8]uint64{7, 6, 5, 4, 3, 2, 1, 0}
	swap1  = [8]uint64{1, 0, 3, 2, 5, 4, 7, 6}
	swap2  = [8]uint64{2, 3, 0, 1, 6, 7, 4, 5}
	swap4  = [8]uint64{4, 5, 6, 7, 0, 1, 2, 3}
	flip4  = [8]uint64{3, 2, 1, 0, 7, 6, 5, 4}
	upper1 = uint8(0b10101010)
	upper2 = uint8(0b11001100)
	upper4 = uint8(0b11110000)
)

// exchange keeps the smaller of each lane and its partner, the larger where upper.
func exchange(x archsimd.Uint64x8, partner *[8]uint64, upper uint8) archsimd.Uint64x8 {
	y := x.Permute(archsimd.LoadUint64x8(partner))
	return x.Max(y).Merge(x.Min(y), archsimd.Mask64x8FromBits(upper))
}

func sort8(x archsimd.Uint64x8) archsimd.Uint64x8 {
	x = exchange(x, &swap1, upper1)
	x = exchange(x, &flip4, upper2)
	x = exchange(x, &swap1, upper1)
	x = exchange(x, &back8, upper4)
	x = exchange(x, &swap2, upper2)
	return exchange(x, &swap1, upper1)
}

// bitonic8 sorts a bitonic row.
func bitonic8(x archsimd.Uint64x8) archsimd.Uint64x8 {
	x = exchange(x, &swap4, upper4)
	x = exchange(x, &swap2, upper2)
	return exchange(x, &swap1, upper1)
}

// mergeRows merges rows at..at+w with the w rows behind them.
func mergeRows(x *[8][8]uint64, at, w int) {
	back := archsimd.LoadUint64x8(&back8)
	for i := range w {
		a, b := &x[at+i], &x[at+2*w-1-i]
		u, v := archsimd.LoadUint64x8(a), archsimd.LoadUint64x8(b).Permute(back)
		u.Min(v).Store(a)
		u.Max(v).Store(b) // turned around as a whole: still bitonic
	}
	for half := w / 2; half > 0; half /= 2 {
		for k := 0; k < 2*w; k += 2 * half {
			for i := range half {
				a, b := &x[at+k+i], &x[at+k+half+i]
				u, v := archsimd.LoadUint64x8(a), archsimd.LoadUint64x8(b)
				u.Min(v).Store(a)
				u.Max(v).Store(b)
			}
		}
	}
	for i := range 2 * w {
		bitonic8(archsimd.LoadUint64x8(&x[at+i])).Store(&x[at+i])
	}
}
