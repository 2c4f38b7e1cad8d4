package rng

import "math"

// Elements are what blocks look like in units of 64 bits: element i is half i mod 2 of block i/2, its first word the low half.
type form int

const (
	asBits  form = iota // the element
	as53                // its upper 53 bits
	asUnits             // its upper 53 bits times 2^-53, as the bits of a float64
)

// elementsScalar writes the elements from block index on.
func elementsScalar(dst []uint64, key, index, step uint64, as form) {
	for i := 0; i < len(dst); i += 2 {
		w := block(key, index, step)
		index++
		dst[i] = element(w[0], w[1], as)
		if i+1 < len(dst) {
			dst[i+1] = element(w[2], w[3], as)
		}
	}
}

func element(low, high uint32, as form) uint64 {
	e := uint64(low) | uint64(high)<<32
	switch as {
	case as53:
		return e >> 11
	case asUnits:
		return math.Float64bits(float64(int64(e>>11)) * 0x1p-53)
	}
	return e
}

// elementsFrom writes the elements first, first+1, ... that count from block base.
func elementsFrom(dst []uint64, key, base, first, step uint64, as form) {
	index := base + first/2
	if first&1 != 0 && len(dst) > 0 {
		w := block(key, index, step)
		dst[0] = element(w[2], w[3], as)
		dst = dst[1:]
		index++
	}
	elements(dst, key, index, step, as)
}
