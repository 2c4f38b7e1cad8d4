package rng

import "unsafe"

// Words fills dst with the words first, first+1, ... of (k, step): word i is element i mod 4 of block i/4. first < 2^62.
func (k Key) Words(dst []uint32, step, first uint64) {
	k.raw("Words")
	index := wordBlocks + first/4
	if at := int(first % 4); at != 0 && len(dst) > 0 {
		w := block(k.k, index, step)
		dst = dst[copy(dst, w[at:]):]
		index++
	}
	whole := len(dst) &^ 3
	fill(dst[:whole], k.k, index, step)
	if whole < len(dst) {
		w := block(k.k, index+uint64(whole/4), step)
		copy(dst[whole:], w[:])
	}
}

// Bits fills dst with fair bits: element i holds the words 2i (low half) and 2i+1 of [Key.Words].
func (k Key) Bits(dst []uint64, step, first uint64) {
	k.raw("Bits")
	elementsFrom(dst, k.k, wordBlocks, first, step, asBits)
}

// Uniforms fills dst with numbers in [0, 1), multiples of 2^-53: element i is the upper 53 bits of element i of [Key.Bits].
func (k Key) Uniforms(dst []float64, step, first uint64) {
	k.raw("Uniforms")
	uniforms(dst, k.k, first, step)
}

func uniforms(dst []float64, key, first, step uint64) {
	if len(dst) > 0 {
		elementsFrom(unsafe.Slice((*uint64)(unsafe.Pointer(&dst[0])), len(dst)), key, wordBlocks, first, step, asUnits)
	}
}

// Normals fills dst with standard normal numbers, two from each block by G. E. P. Box and M. E. Muller (1958):
//
//	n_2i = r cos(2 pi u_2i+1), n_2i+1 = r sin(2 pi u_2i+1), r = sqrt(-2 log(1 - u_2i)).
//
// |n| <= 8.58 by construction (beyond lies a probability of 1e-17).
func (k Key) Normals(dst []float64, step, first uint64) {
	k.raw("Normals")
	const tile = 128 // pairs
	var u [2 * tile]float64
	var r, cos, sin [tile]float64
	for len(dst) > 0 {
		skip := int(first & 1)
		pairs := min(tile, (len(dst)+skip+1)/2)
		uniforms(u[:2*pairs], k.k, first-uint64(skip), step)
		for i := range pairs {
			r[i], cos[i] = 1-u[2*i], u[2*i+1]
		}
		toPairs(r[:pairs], cos[:pairs], sin[:pairs])
		for i := range pairs {
			u[2*i], u[2*i+1] = cos[i], sin[i]
		}
		n := copy(dst, u[skip:2*pairs])
		dst = dst[n:]
		first += uint64(n)
	}
}
