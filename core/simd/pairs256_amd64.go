//go:build goexperiment.simd && amd64

package simd

import (
	"simd/archsimd"
)

// Code generated from pairs512_amd64.go by Test256IsGenerated; DO NOT EDIT.

func squaredDistances256(dst, p, x []float64, stride int) int {
	i := 0
	for ; i+4*8 <= len(dst); i += 4 * 8 {
		var s0, s1, s2, s3, s4, s5, s6, s7 archsimd.Float64x4
		row := 0
		for _, v := range p {
			b := archsimd.BroadcastFloat64x4(v)
			d0 := b.Sub(load64x256(x, i+row))
			d1 := b.Sub(load64x256(x, i+4*1+row))
			d2 := b.Sub(load64x256(x, i+4*2+row))
			d3 := b.Sub(load64x256(x, i+4*3+row))
			d4 := b.Sub(load64x256(x, i+4*4+row))
			d5 := b.Sub(load64x256(x, i+4*5+row))
			d6 := b.Sub(load64x256(x, i+4*6+row))
			d7 := b.Sub(load64x256(x, i+4*7+row))
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
		store64x256(dst, i, s0)
		store64x256(dst, i+4*1, s1)
		store64x256(dst, i+4*2, s2)
		store64x256(dst, i+4*3, s3)
		store64x256(dst, i+4*4, s4)
		store64x256(dst, i+4*5, s5)
		store64x256(dst, i+4*6, s6)
		store64x256(dst, i+4*7, s7)
	}
	for ; i+4 <= len(dst); i += 4 {
		var s archsimd.Float64x4
		row := 0
		for _, v := range p {
			d := archsimd.BroadcastFloat64x4(v).Sub(load64x256(x, i+row))
			s = d.MulAdd(d, s)
			row += stride
		}
		store64x256(dst, i, s)
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func steinTerms256(distance, scores, mixed, p, s, x, g []float64, stride int) int {
	i := 0
	for ; i+4*4 <= len(distance); i += 4 * 4 {
		var r0, r1, r2, r3, a0, a1, a2, a3, b0, b1, b2, b3 archsimd.Float64x4
		row := 0
		for k, v := range p {
			v, w := archsimd.BroadcastFloat64x4(v), archsimd.BroadcastFloat64x4(s[k])
			d0, e0 := v.Sub(load64x256(x, i+row)), load64x256(g, i+row)
			d1, e1 := v.Sub(load64x256(x, i+4*1+row)), load64x256(g, i+4*1+row)
			d2, e2 := v.Sub(load64x256(x, i+4*2+row)), load64x256(g, i+4*2+row)
			d3, e3 := v.Sub(load64x256(x, i+4*3+row)), load64x256(g, i+4*3+row)
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
		store64x256(distance, i, r0)
		store64x256(distance, i+4*1, r1)
		store64x256(distance, i+4*2, r2)
		store64x256(distance, i+4*3, r3)
		store64x256(scores, i, a0)
		store64x256(scores, i+4*1, a1)
		store64x256(scores, i+4*2, a2)
		store64x256(scores, i+4*3, a3)
		store64x256(mixed, i, b0)
		store64x256(mixed, i+4*1, b1)
		store64x256(mixed, i+4*2, b2)
		store64x256(mixed, i+4*3, b3)
	}
	for ; i+4 <= len(distance); i += 4 {
		var r, a, b archsimd.Float64x4
		row := 0
		for k, v := range p {
			w := archsimd.BroadcastFloat64x4(s[k])
			d, e := archsimd.BroadcastFloat64x4(v).Sub(load64x256(x, i+row)), load64x256(g, i+row)
			r = d.MulAdd(d, r)
			a = w.MulAdd(e, a)
			b = d.MulAdd(e.Sub(w), b)
			row += stride
		}
		store64x256(distance, i, r)
		store64x256(scores, i, a)
		store64x256(mixed, i, b)
	}
	archsimd.ClearAVXUpperBits()
	return i
}
