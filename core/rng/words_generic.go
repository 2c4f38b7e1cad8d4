package rng

// Elements of 64 bits: element i is half i mod 2 of block i/2, the first word its low half.

// fill writes whole blocks of words, index, index+1, ...
func fill(dst []uint32, key, index, step uint64) {
	for ; len(dst) >= 4; dst = dst[4:] {
		w := block(key, index, step)
		copy(dst, w[:])
		index++
	}
}

// fill64 writes the elements first, first+1, ... that count from block base.
func fill64(dst []uint64, key, base, first, step uint64) {
	for i := 0; i < len(dst); {
		w := block(key, base+first/2, step)
		if first&1 == 0 {
			dst[i] = uint64(w[0]) | uint64(w[1])<<32
			i++
			first++
		}
		if i < len(dst) {
			dst[i] = uint64(w[2]) | uint64(w[3])<<32
			i++
			first++
		}
	}
}

// fill53 writes the elements from block index on, shifted right by 11.
func fill53(dst []uint64, key, index, step uint64) {
	fill64(dst, key, index, 0, step)
	for i := range dst {
		dst[i] >>= 11
	}
}

// uniforms writes the elements first, first+1, ... as numbers in [0, 1).
func uniforms(dst []float64, key, first, step uint64) {
	for i := 0; i < len(dst); {
		w := block(key, wordBlocks+first/2, step)
		if first&1 == 0 {
			dst[i] = unit(uint64(w[0]) | uint64(w[1])<<32)
			i++
			first++
		}
		if i < len(dst) {
			dst[i] = unit(uint64(w[2]) | uint64(w[3])<<32)
			i++
			first++
		}
	}
}
