package rng

import (
	"fmt"
	"math/bits"
	"unsafe"
)

const (
	planes  = 8 // bits of u that are drawn for all lanes
	tieBits = 53 - planes
	tieMask = 1<<tieBits - 1
	few     = 4 // classes for which little is set aside
	many    = 16
)

// classMasks spreads a threshold over its bits. The assembly knows its layout.
type classMasks struct {
	upper [planes]uint64 // its upper eight bits, the most significant first, each all ones or zeros
	tie   uint64         // all ones if lanes that those bits leave open are accepted: p = 1
	open  uint64         // all ones if such lanes need a closer look
	lower uint64         // the other 45 bits
}

func (m *classMasks) set(t Threshold) {
	certain := uint64(t) >> 53 // p = 1
	upper := uint64(t) - certain
	for k := range m.upper {
		m.upper[k] = -(upper >> (52 - k) & 1)
	}
	m.tie = -certain
	m.lower = uint64(t) & tieMask
	m.open = -(-m.lower >> 63)
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
	switch {
	case len(p) == 0:
		clear(dst)
		return
	case len(p) <= few:
		var masks [few]classMasks
		for j, t := range p {
			masks[j].set(t)
		}
		bernoulliRun(dst, k.k, step, group, class, masks[:len(p)])
		return
	case len(p) <= many:
		var masks [many]classMasks
		for j, t := range p {
			masks[j].set(t)
		}
		bernoulliRun(dst, k.k, step, group, class, masks[:len(p)])
		return
	}
	for g := range dst {
		var all [8]uint64
		mask := class[g*len(p) : (g+1)*len(p)]
		for j := 0; j < len(p); j += many {
			end := min(j+many, len(p))
			k.BernoulliRun(dst[g:g+1], step, group+uint64(g), mask[j:end], p[j:end])
			for i := range all {
				all[i] |= dst[g][i]
			}
		}
		dst[g] = all
	}
}

func bernoulliRunScalar(dst [][8]uint64, key, step, group uint64, class [][8]uint64, masks []classMasks) {
	for g := range dst {
		mask := class[g*len(masks) : (g+1)*len(masks)]
		open := planesScalar(&dst[g], key, step, group+uint64(g), mask, masks)
		settle(&dst[g], &open, key, step, group+uint64(g), mask, masks)
	}
}

// planesScalar decides one group by its bit planes, from the least significant on, and returns the lanes that they leave open.
func planesScalar(dst *[8]uint64, key, step, group uint64, class [][8]uint64, masks []classMasks) (open [8]uint64) {
	var t [planes][8]uint64
	var less [8]uint64
	for j := range masks {
		m := &masks[j]
		for i, c := range class[j] {
			for k := range t {
				t[k][i] |= c & m.upper[k]
			}
			less[i] |= c & m.tie
			open[i] |= c & m.open
		}
	}
	for unit := planes/2 - 1; unit >= 0; unit-- {
		for i := range less {
			w := block(key, planeBlocks+group*32+uint64(8*unit+i), step)
			low, high := t[2*unit+1][i], t[2*unit][i]
			u := uint64(w[2])<<32 | uint64(w[3])
			less[i] = low&^u | less[i]&^(low^u)
			open[i] &^= low ^ u
			u = uint64(w[0])<<32 | uint64(w[1])
			less[i] = high&^u | less[i]&^(high^u)
			open[i] &^= high ^ u
		}
	}
	*dst = less
	return open
}

// settle decides the open lanes of a group: lane l by the first 45 bits of block group*512 + l.
func settle(dst, open *[8]uint64, key, step, group uint64, class [][8]uint64, masks []classMasks) {
	for i, o := range open {
		for ; o != 0; o &= o - 1 {
			b := bits.TrailingZeros64(o)
			w := block(key, tieBlocks+group*512+uint64(64*i+b), step)
			u := (uint64(w[0])<<32 | uint64(w[1])) >> (64 - tieBits)
			for j := range masks {
				if class[j][i]>>b&1 != 0 {
					dst[i] |= (u - masks[j].lower) >> 63 << b
				}
			}
		}
	}
}
