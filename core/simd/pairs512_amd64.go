//go:build goexperiment.simd && amd64

package simd

import (
	"simd/archsimd"
)

func squaredDistances512(dst, p, x []float64, stride int) int {
	i := 0
	for ; i+8*8 <= len(dst); i += 8 * 8 {
		var s0, s1, s2, s3, s4, s5, s6, s7 archsimd.Float64x8
		row := 0
		for _, v := range p {
			b := archsimd.BroadcastFloat64x8(v)
			d0 := b.Sub(load64x512(x, i+row))
			d1 := b.Sub(load64x512(x, i+8*1+row))
			d2 := b.Sub(load64x512(x, i+8*2+row))
			d3 := b.Sub(load64x512(x, i+8*3+row))
			d4 := b.Sub(load64x512(x, i+8*4+row))
			d5 := b.Sub(load64x512(x, i+8*5+row))
			d6 := b.Sub(load64x512(x, i+8*6+row))
			d7 := b.Sub(load64x512(x, i+8*7+row))
			s0 = d0.MulAdd(d0, s0)
			s1 = d1.MulAdd(d1, s1)
			s2 = d2.MulAdd(d2, s2)
			s3 = d3.MulAdd(d3, s3)
			s4 = d4.MulAdd(d4, s4)
			s5 = d5.MulAdd(d5, s5)
			s6 = d6.MulAdd(d6, s6)
			s7 = d7.MulAdd(d7, s7)
			row += stride
		}
		store64x512(dst, i, s0)
		store64x512(dst, i+8*1, s1)
		store64x512(dst, i+8*2, s2)
		store64x512(dst, i+8*3, s3)
		store64x512(dst, i+8*4, s4)
		store64x512(dst, i+8*5, s5)
		store64x512(dst, i+8*6, s6)
		store64x512(dst, i+8*7, s7)
	}
	for ; i+8 <= len(dst); i += 8 {
		var s archsimd.Float64x8
		row := 0
		for _, v := range p {
			d := archsimd.BroadcastFloat64x8(v).Sub(load64x512(x, i+row))
			s = d.MulAdd(d, s)
			row += stride
		}
		store64x512(dst, i, s)
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func steinTerms512(distance, scores, mixed, p, s, x, g []float64, stride int) int {
	i := 0
	for ; i+8*4 <= len(distance); i += 8 * 4 {
		var r0, r1, r2, r3, a0, a1, a2, a3, b0, b1, b2, b3 archsimd.Float64x8
		row := 0
		for k, v := range p {
			v, w := archsimd.BroadcastFloat64x8(v), archsimd.BroadcastFloat64x8(s[k])
			d0, e0 := v.Sub(load64x512(x, i+row)), load64x512(g, i+row)
			d1, e1 := v.Sub(load64x512(x, i+8*1+row)), load64x512(g, i+8*1+row)
			d2, e2 := v.Sub(load64x512(x, i+8*2+row)), load64x512(g, i+8*2+row)
			d3, e3 := v.Sub(load64x512(x, i+8*3+row)), load64x512(g, i+8*3+row)
			r0 = d0.MulAdd(d0, r0)
			r1 = d1.MulAdd(d1, r1)
			r2 = d2.MulAdd(d2, r2)
			r3 = d3.MulAdd(d3, r3)
			a0 = w.MulAdd(e0, a0)
			a1 = w.MulAdd(e1, a1)
			a2 = w.MulAdd(e2, a2)
			a3 = w.MulAdd(e3, a3)
			b0 = d0.MulAdd(e0.Sub(w), b0)
			b1 = d1.MulAdd(e1.Sub(w), b1)
			b2 = d2.MulAdd(e2.Sub(w), b2)
			b3 = d3.MulAdd(e3.Sub(w), b3)
			row += stride
		}
		store64x512(distance, i, r0)
		store64x512(distance, i+8*1, r1)
		store64x512(distance, i+8*2, r2)
		store64x512(distance, i+8*3, r3)
		store64x512(scores, i, a0)
		store64x512(scores, i+8*1, a1)
		store64x512(scores, i+8*2, a2)
		store64x512(scores, i+8*3, a3)
		store64x512(mixed, i, b0)
		store64x512(mixed, i+8*1, b1)
		store64x512(mixed, i+8*2, b2)
		store64x512(mixed, i+8*3, b3)
	}
	for ; i+8 <= len(distance); i += 8 {
		var r, a, b archsimd.Float64x8
		row := 0
		for k, v := range p {
			w := archsimd.BroadcastFloat64x8(s[k])
			d, e := archsimd.BroadcastFloat64x8(v).Sub(load64x512(x, i+row)), load64x512(g, i+row)
			r = d.MulAdd(d, r)
			a = w.MulAdd(e, a)
			b = d.MulAdd(e.Sub(w), b)
			row += stride
		}
		store64x512(distance, i, r)
		store64x512(scores, i, a)
		store64x512(mixed, i, b)
	}
	archsimd.ClearAVXUpperBits()
	return i
}
