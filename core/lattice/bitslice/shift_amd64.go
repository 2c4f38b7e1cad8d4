//go:build goexperiment.simd && amd64

package bitslice

import "simd/archsimd"

func (s *Shift) gatherVector(dst []Group, words []uint64, zero, from int) {
	near, far := zero+8*from+s.Near>>6, zero+8*from+s.Far>>6
	n, f := archsimd.BroadcastUint64x8(uint64(s.Near)&63), archsimd.BroadcastUint64x8(uint64(s.Far)&63)
	one := archsimd.BroadcastUint64x8(1)
	up := archsimd.BroadcastUint64x8(63)
	nn, ff := up.Xor(n), up.Xor(f) // 63 less them
	m := from % len(s.Mask)
	for g := range dst {
		a := archsimd.LoadUint64x8((*Group)(words[near:])).ShiftRight(n).Or(archsimd.LoadUint64x8((*Group)(words[near+1:])).ShiftLeft(one).ShiftLeft(nn))
		b := archsimd.LoadUint64x8((*Group)(words[far:])).ShiftRight(f).Or(archsimd.LoadUint64x8((*Group)(words[far+1:])).ShiftLeft(one).ShiftLeft(ff))
		mask := archsimd.LoadUint64x8(&s.Mask[m])
		a.AndNot(mask).Or(b.And(mask)).Store(&dst[g])
		near, far = near+8, far+8
		if m++; m == len(s.Mask) {
			m = 0
		}
	}
	archsimd.ClearAVXUpperBits()
}

func bondVector(dst, src, negative, missing, own []Group) {
	switch {
	case missing == nil:
		for g := range dst {
			archsimd.LoadUint64x8(&src[g]).Xor(archsimd.LoadUint64x8(&negative[g])).Store(&dst[g])
		}
	case own == nil:
		for g := range dst {
			archsimd.LoadUint64x8(&src[g]).Xor(archsimd.LoadUint64x8(&negative[g])).AndNot(archsimd.LoadUint64x8(&missing[g])).Store(&dst[g])
		}
	default:
		for g := range dst {
			x, m := archsimd.LoadUint64x8(&src[g]).Xor(archsimd.LoadUint64x8(&negative[g])), archsimd.LoadUint64x8(&missing[g])
			x.AndNot(m).Or(archsimd.LoadUint64x8(&own[g]).And(m)).Store(&dst[g])
		}
	}
	archsimd.ClearAVXUpperBits()
}
