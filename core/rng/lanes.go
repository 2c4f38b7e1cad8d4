package rng

import (
	"fmt"
	"math/bits"
	"unsafe"
)

const (
	planes   = 8 // bits of u that are drawn for all lanes
	tieBits  = 53 - planes
	tieMask  = 1<<tieBits - 1
	maskRow  = planes + 2
	classes  = 16 // classes that one pass of the kernels takes
	laneMask = 511
)

// classMasks spreads a threshold over its bits, all ones or zeros: [0..7] its upper eight bits, the most significant first; [8] lanes
// that stay undecided after those bits are accepted (p = 1); [9] lanes that stay undecided need a closer look.
type classMasks [maskRow]uint64

func (m *classMasks) set(t Threshold) {
	if t >= one {
		*m = classMasks{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), 0}
		return
	}
	for k := range planes {
		m[k] = -(uint64(t) >> (52 - k) & 1)
	}
	m[8] = 0
	m[9] = -(-(uint64(t) & tieMask) >> 63)
}

// BernoulliLanes draws 512 bits at once. The classes are disjoint sets of lanes (lane l is bit l mod 64 of word l/64); a lane of class j is
// set in dst with probability p[j], a lane of no class is cleared. group numbers the sets of 512 lanes of one step; group < 2^51.
//
// Eight bits of every lane's u come from 32 blocks as bit planes, which decide u < p for all but one lane in 256; those take 45 more bits
// from a block of their own. The decision is exact for p in multiples of 2^-53, and a lane's u does not depend on the classes.
func (k Key) BernoulliLanes(dst *[8]uint64, step, group uint64, class [][8]uint64, p []Threshold) {
	k.BernoulliRun(unsafe.Slice(dst, 1), step, group, class, p)
}

// BernoulliRun is [Key.BernoulliLanes] for the consecutive groups group, group+1, ..., one for each element of dst, and faster than as many
// calls. The masks of the i-th group are class[i len(p) : (i+1) len(p)].
func (k Key) BernoulliRun(dst [][8]uint64, step, group uint64, class [][8]uint64, p []Threshold) {
	if len(class) != len(dst)*len(p) {
		panic(fmt.Sprintf("rng: expected %d class masks (%d groups of %d classes), got %d", len(dst)*len(p), len(dst), len(p), len(class)))
	}
	if k.script != nil {
		k.script.lanes(dst, class, p)
		return
	}
	if len(p) <= classes {
		bernoulliRun(dst, k.k, step, group, class, p)
		return
	}
	for g := range dst {
		dst[g] = [8]uint64{}
		mask := class[g*len(p) : (g+1)*len(p)]
		for j := 0; j < len(p); j += classes {
			end := min(j+classes, len(p))
			var part [1][8]uint64
			bernoulliRun(part[:], k.k, step, group+uint64(g), mask[j:end], p[j:end])
			for i := range part[0] {
				dst[g][i] |= part[0][i]
			}
		}
	}
}

// planesScalar decides one group by its bit planes and returns the lanes that they leave open.
func planesScalar(dst *[8]uint64, key, step, group uint64, class [][8]uint64, masks []classMasks) (open [8]uint64) {
	var t [maskRow][8]uint64
	for j := range class {
		for r := range t {
			for i := range t[r] {
				t[r][i] |= class[j][i] & masks[j][r]
			}
		}
	}
	less, equal := t[8], t[9]
	for m := planes/2 - 1; m >= 0; m-- {
		for i := range 8 {
			w := block(key, planeBlocks+group*32+uint64(8*m+i), step)
			u := uint64(w[2])<<32 | uint64(w[3])
			v := t[2*m+1][i]
			less[i] = v&^u | less[i]&^(v^u)
			equal[i] &^= v ^ u
			u = uint64(w[0])<<32 | uint64(w[1])
			v = t[2*m][i]
			less[i] = v&^u | less[i]&^(v^u)
			equal[i] &^= v ^ u
		}
	}
	*dst = less
	return equal
}

// settle decides the open lanes of a group.
func settle(dst *[8]uint64, open *[8]uint64, key, step, group uint64, class [][8]uint64, p []Threshold) {
	for i, o := range open {
		for ; o != 0; o &= o - 1 {
			b := bits.TrailingZeros64(o)
			w := block(key, tieBlocks+group*512+uint64(64*i+b), step)
			settleLane(dst, uint64(w[0])<<32|uint64(w[1]), i, b, class, p)
		}
	}
}

func settleLane(dst *[8]uint64, bits uint64, i, b int, class [][8]uint64, p []Threshold) {
	for j := range class {
		if class[j][i]>>b&1 != 0 {
			dst[i] |= (bits>>(64-tieBits) - uint64(p[j])&tieMask) >> 63 << b
			return
		}
	}
}
