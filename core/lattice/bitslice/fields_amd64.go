//go:build goexperiment.simd && amd64

package bitslice

import (
	"simd/archsimd"
	"unsafe"
)

// turns8 are by how much the bits of eight lanes move to become signs; those of the next eight move by 8 less.
var turns8 = [8]uint64{63, 62, 61, 60, 59, 58, 57, 56}

func fieldsVector(x []float64, own []Group, neighbours [][]Group, J [][]float64, first int) bool {
	c0, eight := archsimd.LoadUint64x8(&turns8), archsimd.BroadcastUint64x8(8)
	c1 := c0.Sub(eight)
	c2 := c1.Sub(eight)
	c3 := c2.Sub(eight)
	c4 := c3.Sub(eight)
	c5 := c4.Sub(eight)
	c6 := c5.Sub(eight)
	c7 := c6.Sub(eight)
	sign := archsimd.BroadcastUint64x8(1 << 63)
	nought := archsimd.BroadcastFloat64x8(0)
	var zeros uint8
	for g := range len(x) / 512 {
		for i := range 8 {
			like := ^uint64(0)
			if own != nil {
				like = own[g][i]
			}
			a0, a1, a2, a3, a4, a5, a6, a7 := nought, nought, nought, nought, nought, nought, nought, nought
			for k := range J {
				w := archsimd.BroadcastUint64x8(neighbours[k][g][i] ^ like)
				j := (*[8][8]uint64)(unsafe.Pointer((*[64]float64)(J[k][512*(first+g)+64*i:])))
				a0 = a0.Add(archsimd.LoadUint64x8(&j[0]).Xor(w.ShiftLeft(c0).And(sign)).AsFloat64x8())
				a1 = a1.Add(archsimd.LoadUint64x8(&j[1]).Xor(w.ShiftLeft(c1).And(sign)).AsFloat64x8())
				a2 = a2.Add(archsimd.LoadUint64x8(&j[2]).Xor(w.ShiftLeft(c2).And(sign)).AsFloat64x8())
				a3 = a3.Add(archsimd.LoadUint64x8(&j[3]).Xor(w.ShiftLeft(c3).And(sign)).AsFloat64x8())
				a4 = a4.Add(archsimd.LoadUint64x8(&j[4]).Xor(w.ShiftLeft(c4).And(sign)).AsFloat64x8())
				a5 = a5.Add(archsimd.LoadUint64x8(&j[5]).Xor(w.ShiftLeft(c5).And(sign)).AsFloat64x8())
				a6 = a6.Add(archsimd.LoadUint64x8(&j[6]).Xor(w.ShiftLeft(c6).And(sign)).AsFloat64x8())
				a7 = a7.Add(archsimd.LoadUint64x8(&j[7]).Xor(w.ShiftLeft(c7).And(sign)).AsFloat64x8())
			}
			out := (*[8][8]float64)(unsafe.Pointer((*[64]float64)(x[512*g+64*i:])))
			a0.Store(&out[0])
			a1.Store(&out[1])
			a2.Store(&out[2])
			a3.Store(&out[3])
			a4.Store(&out[4])
			a5.Store(&out[5])
			a6.Store(&out[6])
			a7.Store(&out[7])
			zeros |= a0.Equal(nought).ToBits() | a1.Equal(nought).ToBits() | a2.Equal(nought).ToBits() | a3.Equal(nought).ToBits()
			zeros |= a4.Equal(nought).ToBits() | a5.Equal(nought).ToBits() | a6.Equal(nought).ToBits() | a7.Equal(nought).ToBits()
		}
	}
	archsimd.ClearAVXUpperBits()
	return zeros != 0
}
