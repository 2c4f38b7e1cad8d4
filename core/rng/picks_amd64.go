//go:build goexperiment.simd && amd64

package rng

import (
	"math/bits"
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// permutes tells whether the CPU looks bytes up in vectors of 64.
var permutes = archsimd.X86.AVX512VBMI()

func pickEach(dst, row []uint8, some []uint64, words *[PickLanes / 4]uint32, open *[PickLanes / 64]uint64, p *Picks) (changed, ties int) {
	if len(some) == 0 {
		return 0, 0
	}
	to, at, in, u, out := unsafe.Pointer(&dst[0]), unsafe.Pointer(&row[0]), unsafe.Pointer(&some[0]), unsafe.Pointer(words), unsafe.Pointer(open)
	switch level := simd.Current(); {
	case level == simd.Scalar:
		return pickEachScalar(dst, row, some, words, open, p)
	case level == simd.AVX512 && permutes && p.rows <= 64 && p.cuts <= 2:
		return pickFew512(to, at, in, u, out, len(some), p)
	case level == simd.AVX512 && permutes:
		return pick512(to, at, in, u, out, len(some), p)
	}
	return pick256(to, at, in, u, out, len(some), p)
}

func bytes64(p unsafe.Pointer) *[64]uint8 { return (*[64]uint8)(p) }
func bytes32(p unsafe.Pointer) *[32]uint8 { return (*[32]uint8)(p) }

// pickFew512 keeps the cuts in registers.
func pickFew512(dst, row, some, u, open unsafe.Pointer, n int, p *Picks) (changed, ties int) {
	last := p.cuts - 1
	one, two := archsimd.LoadUint8x64(bytes64(unsafe.Pointer(&p.upper[0]))), archsimd.LoadUint8x64(bytes64(unsafe.Pointer(&p.upper[last])))
	first, gain := archsimd.BroadcastUint8x64(p.first), archsimd.BroadcastUint8x64(p.gain[0])
	more := archsimd.BroadcastUint8x64(p.gain[last])
	if last == 0 { // the same cut twice
		more = more.Sub(more)
	}
	for range n {
		at, x := archsimd.LoadUint8x64(bytes64(row)), archsimd.LoadUint8x64(bytes64(u))
		s, t := one.Permute(at), two.Permute(at)
		now := first.Add(gain.Masked(x.GreaterEqual(s))).Add(more.Masked(x.GreaterEqual(t)))
		in := *(*uint64)(some)
		tied := (x.Equal(s).ToBits() | x.Equal(t).ToBits()) & in
		*(*uint64)(open) = tied
		ties += bits.OnesCount64(tied)
		in &^= tied
		old := archsimd.LoadUint8x64(bytes64(dst))
		changed += bits.OnesCount64(now.NotEqual(old).ToBits() & in)
		now.Merge(old, archsimd.Mask8x64FromBits(in)).Store(bytes64(dst))
		dst, row, u = unsafe.Add(dst, 64), unsafe.Add(row, 64), unsafe.Add(u, 64)
		some, open = unsafe.Add(some, 8), unsafe.Add(open, 8)
	}
	archsimd.ClearAVXUpperBits()
	return changed, ties
}

func pick512(dst, row, some, u, open unsafe.Pointer, n int, p *Picks) (changed, ties int) {
	first := archsimd.BroadcastUint8x64(p.first)
	for range n {
		at, x := archsimd.LoadUint8x64(bytes64(row)), archsimd.LoadUint8x64(bytes64(u))
		now, tied := first, uint64(0)
		for k := range p.cuts {
			t := archsimd.LoadUint8x64(bytes64(unsafe.Pointer(&p.upper[k]))).ConcatPermute(archsimd.LoadUint8x64(bytes64(unsafe.Pointer(&p.upper[k][64]))), at)
			now = now.Add(archsimd.BroadcastUint8x64(p.gain[k]).Masked(x.GreaterEqual(t)))
			tied |= x.Equal(t).ToBits()
		}
		in := *(*uint64)(some)
		tied &= in
		*(*uint64)(open) = tied
		ties += bits.OnesCount64(tied)
		in &^= tied
		old := archsimd.LoadUint8x64(bytes64(dst))
		changed += bits.OnesCount64(now.NotEqual(old).ToBits() & in)
		now.Merge(old, archsimd.Mask8x64FromBits(in)).Store(bytes64(dst))
		dst, row, u = unsafe.Add(dst, 64), unsafe.Add(row, 64), unsafe.Add(u, 64)
		some, open = unsafe.Add(some, 8), unsafe.Add(open, 8)
	}
	archsimd.ClearAVXUpperBits()
	return changed, ties
}

// byteOf and bitOf tell which bit of 32 belongs to a lane.
var byteOf, bitOf = func() (at [32]int8, bit [32]uint8) {
	for l := range at {
		at[l], bit[l] = int8(l/8), 1<<(l%8)
	}
	return at, bit
}()

// pick256 looks up sixteen rows at a time: what is not among them reads as 0.
func pick256(dst, row, some, u, open unsafe.Pointer, n int, p *Picks) (changed, ties int) {
	first, above := archsimd.BroadcastUint8x32(p.first), archsimd.BroadcastUint8x32(0x70)
	spread, bit := archsimd.LoadInt8x32(&byteOf), archsimd.LoadUint8x32(&bitOf)
	for range 2 * n {
		at, x := archsimd.LoadUint8x32(bytes32(row)), archsimd.LoadUint8x32(bytes32(u))
		now, tied := first, uint32(0)
		for k := range p.cuts {
			t := x.Xor(x)
			for from := 0; from < p.rows; from += 16 {
				part := archsimd.LoadUint8x16((*[16]uint8)(p.upper[k][from:]))
				index := at.Xor(archsimd.BroadcastUint8x32(uint8(from))).AddSaturated(above)
				t = t.Or(t.SetLo(part).SetHi(part).PermuteOrZeroGrouped(index.AsInt8x32()))
			}
			now = now.Add(archsimd.BroadcastUint8x32(p.gain[k]).And(x.Max(t).Equal(x).ToInt8x32().AsUint8x32()))
			tied |= x.Equal(t).ToBits()
		}
		in := *(*uint32)(some)
		tied &= in
		*(*uint32)(open) = tied
		ties += bits.OnesCount32(tied)
		in &^= tied
		old := archsimd.LoadUint8x32(bytes32(dst))
		changed += bits.OnesCount32(^now.Equal(old).ToBits() & in)
		stays := archsimd.BroadcastUint32x8(in).AsUint8x32().PermuteOrZeroGrouped(spread).And(bit).Equal(bit)
		now.Merge(old, stays).Store(bytes32(dst))
		dst, row, u = unsafe.Add(dst, 32), unsafe.Add(row, 32), unsafe.Add(u, 32)
		some, open = unsafe.Add(some, 4), unsafe.Add(open, 4)
	}
	archsimd.ClearAVXUpperBits()
	return changed, ties
}
