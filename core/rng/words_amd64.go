//go:build goexperiment.simd && amd64

package rng

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// rounds is what one (key, step, upper half of the block index) makes the same for all blocks. The assembly knows its layout.
//
// With the counter (b, h, s0, s1) of which only b varies, half of the first three rounds is constant: round 1 leaves
// (u, lo(M1 s0), hi(M0 b) ^ v2, lo(M0 b)) with u = hi(M1 s0) ^ h ^ k0; then M0 u is constant in round 2, its low half in round 3.
type rounds struct {
	v2, w0, w2, w3 uint32       // constants that rounds 1, 2, 2, 3 add (xor) to what varies
	k0third, _     uint32       // key of round 3
	k              [6][2]uint32 // keys of the rounds 4 to 9
	last           [2]uint64    // keys of round 10, in the upper half

	u, k1second, k1third uint32 // u without h, and keys, for setHigh
}

func (r *rounds) set(key, step uint64) {
	k0, k1 := uint32(key), uint32(key>>32)
	q := (step & (1<<32 - 1)) * multiplier1
	r.v2 = uint32(step>>32) ^ k1
	r.u = uint32(q>>32) ^ k0
	r.w0 = uint32(q) ^ (k0 + weyl0)
	r.k1second = k1 + weyl1
	k0 += 2 * weyl0 & (1<<32 - 1)
	k1 += 2 * weyl1 & (1<<32 - 1)
	r.k0third, r.k1third = k0, k1
	for i := range r.k {
		k0 += weyl0
		k1 += weyl1
		r.k[i] = [2]uint32{k0, k1}
	}
	r.last = [2]uint64{uint64(k0+weyl0) << 32, uint64(k1+weyl1) << 32}
}

func (r *rounds) setHigh(h uint32) {
	p := uint64(r.u^h) * multiplier0
	r.w2 = uint32(p>>32) ^ r.k1second
	r.w3 = uint32(p) ^ r.k1third
}

// fillAVX512 and fillAVX2 write n units of 8 blocks, 128 bytes each, from block (h, low) on; low + 8 n <= 2^32.
//
//go:noescape
func fillAVX512(dst unsafe.Pointer, n int, r *rounds, low uint32, as form)

//go:noescape
func fillAVX2(dst unsafe.Pointer, n int, r *rounds, low uint32, as form)

const unit64 = 16 // elements of a unit

func elements(dst []uint64, key, index, step uint64, as form) {
	level := simd.Current()
	if level == simd.Scalar || len(dst) <= 2 {
		elementsScalar(dst, key, index, step, as)
		return
	}
	var r rounds
	r.set(key, step)
	for len(dst) > 0 {
		room := (1<<32 - index&(1<<32-1)) / 8
		if room == 0 {
			n := min(len(dst), 2)
			elementsScalar(dst[:n], key, index, step, as)
			dst = dst[n:]
			index++
			continue
		}
		r.setHigh(uint32(index >> 32))
		n := min(len(dst)/unit64, int(room))
		if n > 0 {
			fillUnits(level, unsafe.Pointer(&dst[0]), n, &r, uint32(index), as)
			dst = dst[n*unit64:]
			index += uint64(n) * 8
			continue
		}
		var rest [unit64]uint64
		fillUnits(level, unsafe.Pointer(&rest), 1, &r, uint32(index), as)
		dst = dst[copy(dst, rest[:]):]
	}
}

func fillUnits(level simd.Level, dst unsafe.Pointer, n int, r *rounds, low uint32, as form) {
	if level == simd.AVX512 {
		fillAVX512(dst, n, r, low, as)
	} else {
		fillAVX2(dst, n, r, low, as)
	}
}

// fill writes whole blocks of words, index, index+1, ...
func fill(dst []uint32, key, index, step uint64) {
	if len(dst) > 0 {
		elements(unsafe.Slice((*uint64)(unsafe.Pointer(&dst[0])), len(dst)/2), key, index, step, asBits)
	}
}
