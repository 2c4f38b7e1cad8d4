//go:build goexperiment.simd && amd64

package bitslice

import (
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

func (c *Classes) sortVector(mask, rest []Group, in *Inputs) {
	if simd.Current() == simd.AVX512 {
		c.sort512(mask, rest, in)
	} else {
		c.sort256(mask, rest, in)
	}
	archsimd.ClearAVXUpperBits()
}

// turns are the words by which neighbours become what is counted.
func (c *Classes) turns() *Group {
	if c.Unlike {
		return &ones
	}
	return &zeros
}

var zeros, ones = Group{}, Group{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

func (c *Classes) sort512(mask, rest []Group, in *Inputs) {
	turns := archsimd.LoadUint64x8(c.turns())
	n := len(c.masked)
	for g := range rest {
		own := archsimd.LoadUint64x8(&in.Own[g])
		turn := own.And(turns)
		c0 := own.Xor(own)
		c1, c2, c3 := c0, c0, c0
		if len(in.Missing) == 0 {
			for _, nb := range in.Neighbours {
				x := archsimd.LoadUint64x8(&nb[g]).Xor(turn)
				t := c0.And(x)
				c0 = c0.Xor(x)
				x = c1.And(t)
				c1 = c1.Xor(t)
				t = c2.And(x)
				c2 = c2.Xor(x)
				c3 = c3.Xor(t)
			}
		} else {
			for _, m := range in.Missing {
				x := archsimd.LoadUint64x8(&m[g])
				t := c0.And(x)
				c0 = c0.Xor(x)
				x = c1.And(t)
				c1 = c1.Xor(t)
				c2, c3 = c2.Xor(x), c3.Xor(c2.And(x))
			}
			for _, nb := range in.Neighbours {
				x := archsimd.LoadUint64x8(&nb[g]).Xor(turn)
				t := c1.And(x)
				c1 = c1.Xor(x)
				x = c2.And(t)
				c2 = c2.Xor(t)
				c3 = c3.Xor(x)
			}
		}
		left := archsimd.LoadUint64x8(&in.Valid[g])
		valid := left
		out := mask[g*n : g*n+n]
		for j := range c.masked {
			p := &c.masked[j]
			m := valid.And(c0.Xor(archsimd.LoadUint64x8(&p[0])))
			if c.digits > 1 {
				m = m.And(c1.Xor(archsimd.LoadUint64x8(&p[1])))
			}
			if c.digits > 2 {
				m = m.And(c2.Xor(archsimd.LoadUint64x8(&p[2])))
			}
			if c.digits > 3 {
				m = m.And(c3.Xor(archsimd.LoadUint64x8(&p[3])))
			}
			if c.Split {
				m = m.And(own.Xor(archsimd.LoadUint64x8(&p[maxDigits])))
			}
			m.Store(&out[j])
			left = left.AndNot(m)
		}
		for j := range c.none {
			p := &c.none[j]
			m := left.And(c0.Xor(archsimd.LoadUint64x8(&p[0])))
			if c.digits > 1 {
				m = m.And(c1.Xor(archsimd.LoadUint64x8(&p[1])))
			}
			if c.digits > 2 {
				m = m.And(c2.Xor(archsimd.LoadUint64x8(&p[2])))
			}
			if c.digits > 3 {
				m = m.And(c3.Xor(archsimd.LoadUint64x8(&p[3])))
			}
			if c.Split {
				m = m.And(own.Xor(archsimd.LoadUint64x8(&p[maxDigits])))
			}
			left = left.AndNot(m)
		}
		left.Store(&rest[g])
	}
}

// half is the words of a group from first on.
func half(g *Group, first int) *[4]uint64 { return (*[4]uint64)(unsafe.Pointer(&g[first])) }

func (c *Classes) sort256(mask, rest []Group, in *Inputs) {
	turns := archsimd.LoadUint64x4(half(c.turns(), 0))
	n := len(c.masked)
	for k := range 2 * len(rest) {
		g, h := k>>1, k&1*4
		own := archsimd.LoadUint64x4(half(&in.Own[g], h))
		turn := own.And(turns)
		c0 := own.Xor(own)
		c1, c2, c3 := c0, c0, c0
		if len(in.Missing) == 0 {
			for _, nb := range in.Neighbours {
				x := archsimd.LoadUint64x4(half(&nb[g], h)).Xor(turn)
				t := c0.And(x)
				c0 = c0.Xor(x)
				x = c1.And(t)
				c1 = c1.Xor(t)
				t = c2.And(x)
				c2 = c2.Xor(x)
				c3 = c3.Xor(t)
			}
		} else {
			for _, m := range in.Missing {
				x := archsimd.LoadUint64x4(half(&m[g], h))
				t := c0.And(x)
				c0 = c0.Xor(x)
				x = c1.And(t)
				c1 = c1.Xor(t)
				c2, c3 = c2.Xor(x), c3.Xor(c2.And(x))
			}
			for _, nb := range in.Neighbours {
				x := archsimd.LoadUint64x4(half(&nb[g], h)).Xor(turn)
				t := c1.And(x)
				c1 = c1.Xor(x)
				x = c2.And(t)
				c2 = c2.Xor(t)
				c3 = c3.Xor(x)
			}
		}
		valid := archsimd.LoadUint64x4(half(&in.Valid[g], h))
		left := valid
		out := mask[g*n : g*n+n]
		for j := range c.masked {
			p := &c.masked[j]
			m := valid.And(c0.Xor(archsimd.LoadUint64x4(half(&p[0], 0))))
			if c.digits > 1 {
				m = m.And(c1.Xor(archsimd.LoadUint64x4(half(&p[1], 0))))
			}
			if c.digits > 2 {
				m = m.And(c2.Xor(archsimd.LoadUint64x4(half(&p[2], 0))))
			}
			if c.digits > 3 {
				m = m.And(c3.Xor(archsimd.LoadUint64x4(half(&p[3], 0))))
			}
			if c.Split {
				m = m.And(own.Xor(archsimd.LoadUint64x4(half(&p[maxDigits], 0))))
			}
			m.Store(half(&out[j], h))
			left = left.AndNot(m)
		}
		for j := range c.none {
			p := &c.none[j]
			m := left.And(c0.Xor(archsimd.LoadUint64x4(half(&p[0], 0))))
			if c.digits > 1 {
				m = m.And(c1.Xor(archsimd.LoadUint64x4(half(&p[1], 0))))
			}
			if c.digits > 2 {
				m = m.And(c2.Xor(archsimd.LoadUint64x4(half(&p[2], 0))))
			}
			if c.digits > 3 {
				m = m.And(c3.Xor(archsimd.LoadUint64x4(half(&p[3], 0))))
			}
			if c.Split {
				m = m.And(own.Xor(archsimd.LoadUint64x4(half(&p[maxDigits], 0))))
			}
			left = left.AndNot(m)
		}
		left.Store(half(&rest[g], h))
	}
}
