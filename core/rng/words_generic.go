//go:build !(goexperiment.simd && amd64)

package rng

// fill writes whole blocks of words, index, index+1, ...
func fill(dst []uint32, key, index, step uint64) {
	for ; len(dst) >= 4; dst = dst[4:] {
		w := block(key, index, step)
		copy(dst, w[:])
		index++
	}
}

func elements(dst []uint64, key, index, step uint64, as form) {
	elementsScalar(dst, key, index, step, as)
}

func stretch(cos, sin, logs []float64) int { return 0 }

func units(dst []float64, from []uint64) int { return 0 }
