//go:build goexperiment.simd && amd64

package stencil

import (
	"simd/archsimd"
	"unsafe"
)

func load256(x *float64, i int) archsimd.Float64x4 {
	return archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(unsafe.Pointer(x), 8*i)))
}

func store256(x *float64, i int, v archsimd.Float64x4) {
	v.Store((*[4]float64)(unsafe.Add(unsafe.Pointer(x), 8*i)))
}

func force256(q Quartic, f, from []float64, r Row) int {
	c, l, h := archsimd.BroadcastFloat64x4(q.C), archsimd.BroadcastFloat64x4(q.Lambda), archsimd.BroadcastFloat64x4(q.H)
	z, y := unsafe.SliceData(from), unsafe.SliceData(f)
	i := 0
	for ; i+4 <= len(f); i += 4 {
		sum := h.Add(load256(z, r.At+i-1).Add(load256(z, r.At+i+1)))
		for k := 0; k+1 < len(r.Others); k += 2 {
			sum = sum.Add(load256(z, r.Others[k]+i).Add(load256(z, r.Others[k+1]+i)))
		}
		x := load256(z, r.At+i)
		store256(y, i, l.Mul(x).MulAdd(x, c).MulAdd(x, archsimd.Float64x4{}.Sub(sum)))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func leap256(q Quartic, to, p, from []float64, r Row, b, a float64) int {
	c, l, h := archsimd.BroadcastFloat64x4(q.C), archsimd.BroadcastFloat64x4(q.Lambda), archsimd.BroadcastFloat64x4(q.H)
	kick, drift := archsimd.BroadcastFloat64x4(-b), archsimd.BroadcastFloat64x4(a)
	z, w, y := unsafe.SliceData(from), unsafe.SliceData(p), unsafe.SliceData(to)
	i := 0
	if len(r.Others) == 2 {
		up, down := r.Others[0], r.Others[1]
		for ; i+4 <= len(p); i += 4 {
			sum := h.Add(load256(z, r.At+i-1).Add(load256(z, r.At+i+1)))
			sum = sum.Add(load256(z, up+i).Add(load256(z, down+i)))
			x := load256(z, r.At+i)
			v := kick.MulAdd(l.Mul(x).MulAdd(x, c).MulAdd(x, archsimd.Float64x4{}.Sub(sum)), load256(w, i))
			store256(w, i, v)
			store256(y, i, drift.MulAdd(v, x))
		}
	}
	for ; i+4 <= len(p); i += 4 {
		sum := h.Add(load256(z, r.At+i-1).Add(load256(z, r.At+i+1)))
		for k := 0; k+1 < len(r.Others); k += 2 {
			sum = sum.Add(load256(z, r.Others[k]+i).Add(load256(z, r.Others[k+1]+i)))
		}
		x := load256(z, r.At+i)
		v := kick.MulAdd(l.Mul(x).MulAdd(x, c).MulAdd(x, archsimd.Float64x4{}.Sub(sum)), load256(w, i))
		store256(w, i, v)
		store256(y, i, drift.MulAdd(v, x))
	}
	archsimd.ClearAVXUpperBits()
	return i
}
