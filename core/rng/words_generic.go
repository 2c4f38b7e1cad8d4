//go:build !(goexperiment.simd && amd64)

package rng

func fill(dst []uint32, key, index, step uint64) { fillScalar(dst, key, index, step) }

func elements(dst []uint64, key, index, step uint64, as form) {
	elementsScalar(dst, key, index, step, as)
}
