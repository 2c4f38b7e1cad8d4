package rng

func fill(dst []uint32, key, index, step uint64) { fillScalar(dst, key, index, step) }

// fill64 writes pairs of words: element i of dst is half (first+i) mod 2 of block base + (first+i)/2.
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
