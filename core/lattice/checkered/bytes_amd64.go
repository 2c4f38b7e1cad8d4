//go:build goexperiment.simd && amd64

package checkered

import (
	"math/bits"
	"simd/archsimd"
	"unsafe"
)

func at64(p unsafe.Pointer, n int) archsimd.Uint8x64 {
	return archsimd.LoadUint8x64((*[64]uint8)(unsafe.Add(p, n)))
}

func at32(p unsafe.Pointer, n int) archsimd.Uint8x32 {
	return archsimd.LoadUint8x32((*[32]uint8)(unsafe.Add(p, n)))
}

func (m *Layout) sums512(dst, other []uint8, c, from, to int) {
	x, out := unsafe.Pointer(&other[64*from]), unsafe.Pointer(&dst[0])
	for _, ahead := range m.Ahead[c][from:to] {
		sum := at64(x, 1).Merge(at64(x, -1), archsimd.Mask8x64FromBits(ahead)).Add(at64(x, 0))
		for _, s := range m.Across {
			sum = sum.Add(at64(x, s)).Add(at64(x, -s))
		}
		sum.Store((*[64]uint8)(out))
		x, out = unsafe.Add(x, 64), unsafe.Add(out, 64)
	}
	archsimd.ClearAVXUpperBits()
}

// byteOf and bitOf tell which bit of 32 belongs to a place.
var byteOf, bitOf = func() (at [32]int8, bit [32]uint8) {
	for l := range at {
		at[l], bit[l] = int8(l/8), 1<<(l%8)
	}
	return at, bit
}()

func (m *Layout) sums256(dst, other []uint8, c, from, to int) {
	spread, bit := archsimd.LoadInt8x32(&byteOf), archsimd.LoadUint8x32(&bitOf)
	x, out := unsafe.Pointer(&other[64*from]), unsafe.Pointer(&dst[0])
	ahead := unsafe.Pointer(&m.Ahead[c][from])
	for range 2 * (to - from) {
		on := archsimd.BroadcastUint32x8(*(*uint32)(ahead)).AsUint8x32().PermuteOrZeroGrouped(spread).And(bit).Equal(bit)
		sum := at32(x, 1).Merge(at32(x, -1), on).Add(at32(x, 0))
		for _, s := range m.Across {
			sum = sum.Add(at32(x, s)).Add(at32(x, -s))
		}
		sum.Store((*[32]uint8)(out))
		x, out, ahead = unsafe.Add(x, 32), unsafe.Add(out, 32), unsafe.Add(ahead, 4)
	}
	archsimd.ClearAVXUpperBits()
}

func (m *Layout) alike512(own, other []uint8, c, from, to int) (n int) {
	p, x := unsafe.Pointer(&own[64*from]), unsafe.Pointer(&other[64*from])
	for w := from; w < to; w++ {
		sites, ahead, s := m.Sites[c][w], m.Ahead[c][w], at64(p, 0)
		n += bits.OnesCount64(s.Equal(at64(x, 0)).ToBits()&sites) +
			bits.OnesCount64(s.Equal(at64(x, 1).Merge(at64(x, -1), archsimd.Mask8x64FromBits(ahead))).ToBits()&sites)
		for _, d := range m.Across {
			n += bits.OnesCount64(s.Equal(at64(x, d)).ToBits()&sites) + bits.OnesCount64(s.Equal(at64(x, -d)).ToBits()&sites)
		}
		p, x = unsafe.Add(p, 64), unsafe.Add(x, 64)
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func (m *Layout) alike256(own, other []uint8, c, from, to int) (n int) {
	p, x := unsafe.Pointer(&own[64*from]), unsafe.Pointer(&other[64*from])
	for w := 2 * from; w < 2*to; w++ {
		sites, ahead, s := uint32(m.Sites[c][w/2]>>(w%2*32)), uint32(m.Ahead[c][w/2]>>(w%2*32)), at32(p, 0)
		n += bits.OnesCount32(s.Equal(at32(x, 0)).ToBits()&sites) +
			bits.OnesCount32(s.Equal(at32(x, 1)).ToBits()&sites&ahead) + bits.OnesCount32(s.Equal(at32(x, -1)).ToBits()&sites&^ahead)
		for _, d := range m.Across {
			n += bits.OnesCount32(s.Equal(at32(x, d)).ToBits()&sites) + bits.OnesCount32(s.Equal(at32(x, -d)).ToBits()&sites)
		}
		p, x = unsafe.Add(p, 32), unsafe.Add(x, 32)
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func (m *Layout) number512(x []uint8, v uint8, c, from, to int) (n int) {
	p, all := unsafe.Pointer(&x[64*from]), archsimd.BroadcastUint8x64(v)
	for _, sites := range m.Sites[c][from:to] {
		n += bits.OnesCount64(at64(p, 0).Equal(all).ToBits() & sites)
		p = unsafe.Add(p, 64)
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func (m *Layout) number256(x []uint8, v uint8, c, from, to int) (n int) {
	p, all := unsafe.Pointer(&x[64*from]), archsimd.BroadcastUint8x32(v)
	for _, sites := range m.Sites[c][from:to] {
		n += bits.OnesCount32(at32(p, 0).Equal(all).ToBits()&uint32(sites)) + bits.OnesCount32(at32(p, 32).Equal(all).ToBits()&uint32(sites>>32))
		p = unsafe.Add(p, 64)
	}
	archsimd.ClearAVXUpperBits()
	return n
}
