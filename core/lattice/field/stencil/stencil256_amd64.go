//go:build goexperiment.simd && amd64

package stencil

import (
	"simd/archsimd"
	"unsafe"
)

func load256(x unsafe.Pointer, i int) archsimd.Float64x4 {
	return archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(x, 8*i)))
}

func store256(x unsafe.Pointer, i int, v archsimd.Float64x4) {
	v.Store((*[4]float64)(unsafe.Add(x, 8*i)))
}

func force256(q Quartic, f, from []float64, a *Rows) int {
	c, l, h, zero := archsimd.BroadcastFloat64x4(q.C), archsimd.BroadcastFloat64x4(q.Lambda), archsimd.BroadcastFloat64x4(q.H), archsimd.Float64x4{}
	z, y := unsafe.Pointer(unsafe.SliceData(from)), unsafe.Pointer(unsafe.SliceData(f))
	n := a.Length &^ 3
	for k := range a.Rows {
		r := &a.Rows[k]
		for i := 0; i < n; i += 4 {
			sum := h.Add(load256(z, r.At+i-1).Add(load256(z, r.At+i+1)))
			for k := 0; k+1 < len(r.Others); k += 2 {
				sum = sum.Add(load256(z, r.Others[k]+i).Add(load256(z, r.Others[k+1]+i)))
			}
			x := load256(z, r.At+i)
			store256(y, k*a.Length+i, l.Mul(x).MulAdd(x, c).MulAdd(x, zero.Sub(sum)))
		}
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func leap256(q Quartic, to, p, from []float64, a *Rows, b, s float64) int {
	c, l, h, zero := archsimd.BroadcastFloat64x4(q.C), archsimd.BroadcastFloat64x4(q.Lambda), archsimd.BroadcastFloat64x4(q.H), archsimd.Float64x4{}
	kick, drift := archsimd.BroadcastFloat64x4(-b), archsimd.BroadcastFloat64x4(s)
	z, w, y := unsafe.Pointer(unsafe.SliceData(from)), unsafe.Pointer(unsafe.SliceData(p)), unsafe.Pointer(unsafe.SliceData(to))
	n := a.Length &^ 3
	for k := range a.Rows {
		r := &a.Rows[k]
		here, there, with := unsafe.Add(z, 8*r.At), unsafe.Add(y, 8*r.At), unsafe.Add(w, 8*k*a.Length)
		if len(r.Others) == 2 {
			up, down := unsafe.Add(z, 8*r.Others[0]), unsafe.Add(z, 8*r.Others[1])
			for i := 0; i < n; i += 4 {
				sum := h.Add(load256(here, i-1).Add(load256(here, i+1)))
				sum = sum.Add(load256(up, i).Add(load256(down, i)))
				x := load256(here, i)
				v := kick.MulAdd(l.Mul(x).MulAdd(x, c).MulAdd(x, zero.Sub(sum)), load256(with, i))
				store256(with, i, v)
				store256(there, i, drift.MulAdd(v, x))
			}
			continue
		}
		for i := 0; i < n; i += 4 {
			sum := h.Add(load256(here, i-1).Add(load256(here, i+1)))
			for k := 0; k+1 < len(r.Others); k += 2 {
				sum = sum.Add(load256(z, r.Others[k]+i).Add(load256(z, r.Others[k+1]+i)))
			}
			x := load256(here, i)
			v := kick.MulAdd(l.Mul(x).MulAdd(x, c).MulAdd(x, zero.Sub(sum)), load256(with, i))
			store256(with, i, v)
			store256(there, i, drift.MulAdd(v, x))
		}
	}
	archsimd.ClearAVXUpperBits()
	return n
}
