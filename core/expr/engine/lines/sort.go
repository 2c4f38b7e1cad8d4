package lines

import (
	"slices"
	"unsafe"
)

// Pair is a key and where it came from.
type Pair struct {
	Key uint64
	At  int64
}

const (
	fewest = 24  // elements up to which insertion is fastest
	middle = 160 // up to which comparing is faster than counting digits
)

// Sort sorts a; spare has its length.
func Sort[K Key](a, spare []K) {
	switch n := len(a); {
	case n <= fewest:
		for i := 1; i < n; i++ {
			k, j := a[i], i
			for ; j > 0 && a[j-1] > k; j-- {
				a[j] = a[j-1]
			}
			a[j] = k
		}
	case vectors(a, spare):
	case n <= middle:
		slices.Sort(a)
	default:
		radix(a, spare)
	}
}

// radix sorts by bytes, the lowest first, leaving out those that all keys share.
func radix[K Key](a, spare []K) {
	var counts [8][256]uint32
	size := int(unsafe.Sizeof(a[0]))
	if size == 8 {
		for _, k := range a {
			k := uint64(k)
			counts[0][byte(k)]++
			counts[1][byte(k>>8)]++
			counts[2][byte(k>>16)]++
			counts[3][byte(k>>24)]++
			counts[4][byte(k>>32)]++
			counts[5][byte(k>>40)]++
			counts[6][byte(k>>48)]++
			counts[7][byte(k>>56)]++
		}
	} else {
		for _, k := range a {
			counts[0][byte(k)]++
			counts[1][byte(k>>8)]++
			counts[2][byte(k>>16)]++
			counts[3][byte(k>>24)]++
		}
	}
	from, to := a, spare[:len(a)]
	for d := range size {
		c := &counts[d]
		shift := 8 * d & 63
		if int(c[byte(from[0]>>shift)]) == len(a) {
			continue
		}
		places(c)
		for _, k := range from {
			b := byte(k >> shift)
			to[c[b]] = k
			c[b]++
		}
		from, to = to, from
	}
	if &from[0] != &a[0] {
		copy(a, from)
	}
}

// places turns counts into first places.
func places(c *[256]uint32) {
	at := uint32(0)
	for i, n := range c {
		c[i] = at
		at += n
	}
}

// SortPairs sorts a by its keys, stably; spare has its length.
func SortPairs(a, spare []Pair) {
	if len(a) <= fewest {
		for i := 1; i < len(a); i++ {
			k, j := a[i], i
			for ; j > 0 && a[j-1].Key > k.Key; j-- {
				a[j] = a[j-1]
			}
			a[j] = k
		}
		return
	}
	if len(a) <= middle {
		half := len(a) / 2
		SortPairs(a[:half], spare[:half])
		SortPairs(a[half:], spare[half:])
		copy(spare, a)
		MergePairs(a, spare[:half], spare[half:len(a)])
		return
	}
	var counts [8][256]uint32
	for i := range a {
		k := a[i].Key
		counts[0][byte(k)]++
		counts[1][byte(k>>8)]++
		counts[2][byte(k>>16)]++
		counts[3][byte(k>>24)]++
		counts[4][byte(k>>32)]++
		counts[5][byte(k>>40)]++
		counts[6][byte(k>>48)]++
		counts[7][byte(k>>56)]++
	}
	from, to := a, spare[:len(a)]
	for d := range 8 {
		c := &counts[d]
		shift := 8 * d & 63
		if int(c[byte(from[0].Key>>shift)]) == len(a) {
			continue
		}
		places(c)
		for i := range from {
			b := byte(from[i].Key >> shift)
			to[c[b]] = from[i]
			c[b]++
		}
		from, to = to, from
	}
	if &from[0] != &a[0] {
		copy(a, from)
	}
}

// Merge fills to with the first len(to) of the merged x and y, which are sorted.
func Merge[K Key](to, x, y []K) {
	i, j, k := 0, 0, 0
	for ; k < len(to) && i < len(x) && j < len(y); k++ {
		u, v := x[i], y[j]
		left := 0
		if u <= v {
			left = 1
		}
		to[k] = min(u, v)
		i += left
		j += 1 - left
	}
	k += copy(to[k:], x[i:])
	copy(to[k:], y[j:])
}

// MergePairs is Merge of pairs: those of x before equal ones of y.
func MergePairs(to, x, y []Pair) {
	i, j, k := 0, 0, 0
	for ; k < len(to) && i < len(x) && j < len(y); k++ {
		if x[i].Key <= y[j].Key {
			to[k] = x[i]
			i++
		} else {
			to[k] = y[j]
			j++
		}
	}
	k += copy(to[k:], x[i:])
	copy(to[k:], y[j:])
}

// Split is the number of elements of x among the first k of the merged x and y.
func Split[K Key](x, y []K, k int) int {
	return split(len(x), len(y), k, func(i, j int) bool { return x[i] <= y[j] })
}

// SplitPairs is Split of pairs.
func SplitPairs(x, y []Pair, k int) int {
	return split(len(x), len(y), k, func(i, j int) bool { return x[i].Key <= y[j].Key })
}

// split finds the smallest i with x[i] > y[k-i-1]; first tells whether x[i] comes before y[j].
func split(n, m, k int, first func(i, j int) bool) int {
	lo, hi := max(0, k-m), min(n, k)
	for lo < hi {
		i := int(uint(lo+hi) / 2)
		if first(i, k-i-1) {
			lo = i + 1
		} else {
			hi = i
		}
	}
	return lo
}
