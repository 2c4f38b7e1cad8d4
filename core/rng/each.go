package rng

import (
	"fmt"
	"math/bits"
)

// eachGroups are decided at once.
const eachGroups = 4

// BernoulliEach draws a bit for every lane of the consecutive groups group, group+1, ..., one for each element of dst, with a probability of its own: lane l
// of the i-th group that is in some[i] is set with the probability p[512 i + l], rounded as by [NewThreshold]; other lanes are cleared. group < 2^51.
//
// The upper eight bits of a lane's u are byte l of 32 blocks, which decide u < p for all but one lane in 256; those take 45 more bits from a block of
// their own, as in [Key.BernoulliLanes], with whose numbers these have nothing to do.
func (k Key) BernoulliEach(dst [][8]uint64, step, group uint64, some [][8]uint64, p []float64) {
	if len(p) != 512*len(dst) || len(some) != len(dst) {
		panic(fmt.Sprintf("rng: expected %d probabilities and as many groups of lanes as %d, got %d and %d", 512*len(dst), len(dst), len(p), len(some)))
	}
	if k.script != nil {
		k.script.each(dst, some, p)
		return
	}
	var words [eachGroups * 128]uint32
	var open [8]uint64
	for from := 0; from < len(dst); from += eachGroups {
		to := min(from+eachGroups, len(dst))
		fill(words[:128*(to-from)], k.k, eachBlocks+(group+uint64(from))*32, step)
		for g := from; g < to; g++ {
			less, q := &dst[g], (*[512]float64)(p[512*g:])
			compareEach(less, &open, (*[128]uint32)(words[128*(g-from):]), q)
			for i, x := range some[g] {
				less[i] &= x
				for o := open[i] & x; o != 0; o &= o - 1 {
					l := 64*i + bits.TrailingZeros64(o)
					w := block(k.k, eachTieBlocks+(group+uint64(g))*512+uint64(l), step)
					u := (uint64(w[0])<<32 | uint64(w[1])) >> (64 - tieBits)
					less[i] |= (u - uint64(NewThreshold(q[l]))&tieMask) >> 63 << (l & 63)
				}
			}
		}
	}
}

// compareEach decides the lanes whose upper bits do, and lists those that are equal.
func compareEachScalar(less, open *[8]uint64, u *[128]uint32, p *[512]float64) {
	for i := range less {
		var under, equal uint64
		for l := range 64 {
			t := uint64(NewThreshold(p[64*i+l])) >> tieBits
			x := uint64(u[16*i+l>>2] >> (8 * (l & 3)) & 0xff)
			under |= (x - t) >> 63 << l
			equal |= ((x ^ t) - 1) >> 63 << l
		}
		less[i], open[i] = under, equal
	}
}

func (s *script) each(dst, some [][8]uint64, p []float64) {
	for g := range dst {
		for i, all := range some[g] {
			dst[g][i] = 0
			for ; all != 0; all &= all - 1 {
				b := bits.TrailingZeros64(all)
				dst[g][i] |= uint64(s.bernoulli(NewThreshold(p[512*g+64*i+b]))) << b
			}
		}
	}
}
