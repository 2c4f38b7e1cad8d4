//go:build goexperiment.simd && amd64

package rng

import "github.com/ergodica/ergodica/core/simd"

// runChunk is the largest n that the kernels take.
const runChunk = 16

// lanesAVX512 decides n groups. The blocks of planes start at (h, low), those of ties at (h', tieLow); neither range carries.
//
//go:noescape
func lanesAVX512(dst *[8]uint64, n int, r, ties *rounds, low, tieLow uint32, class *[8]uint64, classes int, masks *classMasks)

// lanesAVX2 decides n groups by their planes and writes the lanes that those leave open.
//
//go:noescape
func lanesAVX2(dst *[8]uint64, n int, r *rounds, low uint32, class *[8]uint64, classes int, masks *classMasks, open *[8]uint64)

func bernoulliRun(dst [][8]uint64, key, step, group uint64, class [][8]uint64, masks []classMasks) {
	level := simd.Current()
	if level == simd.Scalar {
		bernoulliRunScalar(dst, key, step, group, class, masks)
		return
	}
	var r rounds
	r.set(key, step)
	for len(dst) > 0 {
		n := min(len(dst), runChunk, int(1<<23-group&(1<<23-1)))
		index, tie := planeBlocks+group*32, tieBlocks+group*512
		r.setHigh(uint32(index >> 32))
		mask := class[:n*len(masks)]
		if level == simd.AVX512 {
			ties := r
			ties.setHigh(uint32(tie >> 32))
			lanesAVX512(&dst[0], n, &r, &ties, uint32(index), uint32(tie), &mask[0], len(masks), &masks[0])
		} else {
			var open [runChunk][8]uint64
			lanesAVX2(&dst[0], n, &r, uint32(index), &mask[0], len(masks), &masks[0], &open[0])
			for g := range n {
				settle(&dst[g], &open[g], key, step, group+uint64(g), mask[g*len(masks):], masks)
			}
		}
		dst, class = dst[n:], class[n*len(masks):]
		group += uint64(n)
	}
}
