//go:build goexperiment.simd && amd64

package stencil

import (
	"simd/archsimd"
	"unsafe"
)

func load512(x *float64, i int) archsimd.Float64x8 {
	return archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(unsafe.Pointer(x), 8*i)))
}

func store512(x *float64, i int, v archsimd.Float64x8) {
	v.Store((*[8]float64)(unsafe.Add(unsafe.Pointer(x), 8*i)))
}

func force512(q Quartic, f, from []float64, r Row) int {
	c, l, h := archsimd.BroadcastFloat64x8(q.C), archsimd.BroadcastFloat64x8(q.Lambda), archsimd.BroadcastFloat64x8(q.H)
	z, y := unsafe.SliceData(from), unsafe.SliceData(f)
	i := 0
	for ; i+8 <= len(f); i += 8 {
		sum := h.Add(load512(z, r.At+i-1).Add(load512(z, r.At+i+1)))
		for k := 0; k+1 < len(r.Others); k += 2 {
			sum = sum.Add(load512(z, r.Others[k]+i).Add(load512(z, r.Others[k+1]+i)))
		}
		x := load512(z, r.At+i)
		store512(y, i, l.Mul(x).MulAdd(x, c).MulAdd(x, archsimd.Float64x8{}.Sub(sum)))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func leap512(q Quartic, to, p, from []float64, r Row, b, a float64) int {
	c, l, h := archsimd.BroadcastFloat64x8(q.C), archsimd.BroadcastFloat64x8(q.Lambda), archsimd.BroadcastFloat64x8(q.H)
	kick, drift := archsimd.BroadcastFloat64x8(-b), archsimd.BroadcastFloat64x8(a)
	z, w, y := unsafe.SliceData(from), unsafe.SliceData(p), unsafe.SliceData(to)
	i := 0
	if len(r.Others) == 2 {
		up, down := r.Others[0], r.Others[1]
		for ; i+8 <= len(p); i += 8 {
			sum := h.Add(load512(z, r.At+i-1).Add(load512(z, r.At+i+1)))
			sum = sum.Add(load512(z, up+i).Add(load512(z, down+i)))
			x := load512(z, r.At+i)
			v := kick.MulAdd(l.Mul(x).MulAdd(x, c).MulAdd(x, archsimd.Float64x8{}.Sub(sum)), load512(w, i))
			store512(w, i, v)
			store512(y, i, drift.MulAdd(v, x))
		}
	}
	for ; i+8 <= len(p); i += 8 {
		sum := h.Add(load512(z, r.At+i-1).Add(load512(z, r.At+i+1)))
		for k := 0; k+1 < len(r.Others); k += 2 {
			sum = sum.Add(load512(z, r.Others[k]+i).Add(load512(z, r.Others[k+1]+i)))
		}
		x := load512(z, r.At+i)
		v := kick.MulAdd(l.Mul(x).MulAdd(x, c).MulAdd(x, archsimd.Float64x8{}.Sub(sum)), load512(w, i))
		store512(w, i, v)
		store512(y, i, drift.MulAdd(v, x))
	}
	archsimd.ClearAVXUpperBits()
	return i
}
