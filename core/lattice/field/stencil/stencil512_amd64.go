//go:build goexperiment.simd && amd64

package stencil

import (
	"simd/archsimd"
	"unsafe"
)

func load512(x unsafe.Pointer, i int) archsimd.Float64x8 {
	return archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(x, 8*i)))
}

func store512(x unsafe.Pointer, i int, v archsimd.Float64x8) {
	v.Store((*[8]float64)(unsafe.Add(x, 8*i)))
}

func force512(q Quartic, f, from []float64, a *Rows) int {
	c, l, h, zero := archsimd.BroadcastFloat64x8(q.C), archsimd.BroadcastFloat64x8(q.Lambda), archsimd.BroadcastFloat64x8(q.H), archsimd.Float64x8{}
	z, y := unsafe.Pointer(unsafe.SliceData(from)), unsafe.Pointer(unsafe.SliceData(f))
	n := a.Length &^ 7
	for k := range a.Rows {
		r := &a.Rows[k]
		for i := 0; i < n; i += 8 {
			sum := h.Add(load512(z, r.At+i-1).Add(load512(z, r.At+i+1)))
			for k := 0; k+1 < len(r.Others); k += 2 {
				sum = sum.Add(load512(z, r.Others[k]+i).Add(load512(z, r.Others[k+1]+i)))
			}
			x := load512(z, r.At+i)
			store512(y, k*a.Length+i, l.Mul(x).MulAdd(x, c).MulAdd(x, zero.Sub(sum)))
		}
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func leap512(q Quartic, to, p, from []float64, a *Rows, b, s float64) int {
	c, l, h, zero := archsimd.BroadcastFloat64x8(q.C), archsimd.BroadcastFloat64x8(q.Lambda), archsimd.BroadcastFloat64x8(q.H), archsimd.Float64x8{}
	kick, drift := archsimd.BroadcastFloat64x8(-b), archsimd.BroadcastFloat64x8(s)
	z, w, y := unsafe.Pointer(unsafe.SliceData(from)), unsafe.Pointer(unsafe.SliceData(p)), unsafe.Pointer(unsafe.SliceData(to))
	n := a.Length &^ 7
	for k := range a.Rows {
		r := &a.Rows[k]
		here, there, with := unsafe.Add(z, 8*r.At), unsafe.Add(y, 8*r.At), unsafe.Add(w, 8*k*a.Length)
		if len(r.Others) == 2 {
			up, down := unsafe.Add(z, 8*r.Others[0]), unsafe.Add(z, 8*r.Others[1])
			for i := 0; i < n; i += 8 {
				sum := h.Add(load512(here, i-1).Add(load512(here, i+1)))
				sum = sum.Add(load512(up, i).Add(load512(down, i)))
				x := load512(here, i)
				v := kick.MulAdd(l.Mul(x).MulAdd(x, c).MulAdd(x, zero.Sub(sum)), load512(with, i))
				store512(with, i, v)
				store512(there, i, drift.MulAdd(v, x))
			}
			continue
		}
		for i := 0; i < n; i += 8 {
			sum := h.Add(load512(here, i-1).Add(load512(here, i+1)))
			for k := 0; k+1 < len(r.Others); k += 2 {
				sum = sum.Add(load512(z, r.Others[k]+i).Add(load512(z, r.Others[k+1]+i)))
			}
			x := load512(here, i)
			v := kick.MulAdd(l.Mul(x).MulAdd(x, c).MulAdd(x, zero.Sub(sum)), load512(with, i))
			store512(with, i, v)
			store512(there, i, drift.MulAdd(v, x))
		}
	}
	archsimd.ClearAVXUpperBits()
	return n
}
