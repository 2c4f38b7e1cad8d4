package bitslice

import "github.com/ergodica/ergodica/core/simd"

// Shift takes the lanes of a plane to where they are neighbours: lane i of what it writes is lane i + Near of the plane, or lane i + Far where Mask has it.
// Mask repeats; none is all Near.
type Shift struct {
	Near, Far int
	Mask      []Group
}

// Reach is the range of words, from the group from on, that Gather reads for n groups.
func (s *Shift) Reach(from, n int) (low, high int) {
	at := 8 * from
	return at + min(s.Near, s.Far)>>6, at + 8*n + max(s.Near, s.Far)>>6 + 1
}

// Gather writes the groups from, from+1, ...; word 0 of the plane is words[zero], and words has all that is in reach.
func (s *Shift) Gather(dst []Group, words []uint64, zero, from int) {
	low, high := s.Reach(from, len(dst))
	_ = words[zero+low : zero+high]
	if simd.Current() == simd.AVX512 {
		s.gatherVector(dst, words, zero, from)
		return
	}
	s.gatherScalar(dst, words, zero, from)
}

func (s *Shift) gatherScalar(dst []Group, words []uint64, zero, from int) {
	near, far := zero+8*from+s.Near>>6, zero+8*from+s.Far>>6
	n, f := uint(s.Near)&63, uint(s.Far)&63
	for g := range dst {
		mask := &s.Mask[(from+g)%len(s.Mask)]
		for i := range 8 {
			a := words[near+i]>>n | words[near+i+1]<<1<<(63-n)
			b := words[far+i]>>f | words[far+i+1]<<1<<(63-f)
			dst[g][i] = a&^mask[i] | b&mask[i]
		}
		near, far = near+8, far+8
	}
}

// Bond turns the lanes of src where the bond is negative; where it is missing they are those of own, or none if own is nil. dst may be src; nil is no such bond.
func Bond(dst, src, negative, missing, own []Group) {
	if simd.Current() == simd.AVX512 {
		bondVector(dst, src, negative, missing, own)
		return
	}
	bondScalar(dst, src, negative, missing, own)
}

func bondScalar(dst, src, negative, missing, own []Group) {
	for g := range dst {
		for i := range 8 {
			x := src[g][i] ^ negative[g][i]
			if missing != nil {
				x &^= missing[g][i]
				if own != nil {
					x |= own[g][i] & missing[g][i]
				}
			}
			dst[g][i] = x
		}
	}
}
