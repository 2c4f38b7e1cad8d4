//go:build goexperiment.simd && amd64

package lanes

import (
	"simd/archsimd"
	"unsafe"
)

type vector512 = archsimd.Float64x8

const (
	step512  = int(unsafe.Sizeof([8]float64{}))
	width512 = step512 >> 3
)

var kernels512 = Kernels{
	Field: field512, Bonds: bonds512, Reflect: reflect512, Dot: dot512, Aim2: aim2x512, Try2: try2x512, Passed: passed512, End2: end2x512,
	Aim3: aim3x512, End3: end3x512,
}

func get512(p unsafe.Pointer, bytes int) vector512 {
	return archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(p, bytes)))
}

func put512(p unsafe.Pointer, bytes int, v vector512) {
	v.Store((*[8]float64)(unsafe.Add(p, bytes)))
}

func all512(x float64) vector512 { return archsimd.BroadcastFloat64x8(x) }

func field512(x, other []float64, at int, ahead []uint64, across []int, J, h float64) {
	n := 64 * len(ahead)
	reach(other, at, n, across)
	dst, y := from(x, 0, n), from(other, at, n)
	by, add := all512(J), all512(h)
	for _, word := range ahead {
		for l := 0; l < 64; l += width512 {
			sum := get512(y, 8).Merge(get512(y, -8), mask512(word>>l)).Add(get512(y, 0))
			for _, s := range across {
				sum = sum.Add(get512(y, -8*s)).Add(get512(y, 8*s))
			}
			put512(dst, 0, sum.MulAdd(by, add))
			y, dst = unsafe.Add(y, step512), unsafe.Add(dst, step512)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func bonds512(x, other []float64, at int, ahead []uint64, across []int, J []float64, size int, h float64) {
	n := 64 * len(ahead)
	reach(other, at, n, across)
	dst, y, j := from(x, 0, n), from(other, at, n), from(J, at, n)
	_ = from(J, at+(1+2*len(across))*size, n)
	add := all512(h)
	for _, word := range ahead {
		for l := 0; l < 64; l += width512 {
			sum := get512(y, 0).MulAdd(get512(j, 0), add)
			sum = get512(y, 8).Merge(get512(y, -8), mask512(word>>l)).MulAdd(get512(j, 8*size), sum)
			d := 16 * size
			for _, s := range across {
				sum = get512(y, -8*s).MulAdd(get512(j, d), sum)
				sum = get512(y, 8*s).MulAdd(get512(j, d+8*size), sum)
				d += 16 * size
			}
			put512(dst, 0, sum)
			y, dst, j = unsafe.Add(y, step512), unsafe.Add(dst, step512), unsafe.Add(j, step512)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func reflect512(own []float64, at, size int, x []float64, room, n int, sites []uint64) {
	places := 64 * len(sites)
	s, y := from(own, at, places), from(x, 0, places)
	_, _ = from(own, at+(n-1)*size, places), from(x, (n-1)*room, places)
	zero, small := all512(0), all512(least)
	for _, word := range sites {
		for l := 0; l < 64; l += width512 {
			square, along := zero, zero
			for k := 0; k < n; k++ {
				v := get512(y, 8*k*room)
				square, along = v.MulAdd(v, square), v.MulAdd(get512(s, 8*k*size), along)
			}
			some := mask512(word >> l).And(square.Greater(small))
			f := along.Add(along).Div(square)
			for k := 0; k < n; k++ {
				old := get512(s, 8*k*size)
				put512(s, 8*k*size, get512(y, 8*k*room).MulAdd(f, zero.Sub(old)).Merge(old, some))
			}
			s, y = unsafe.Add(s, step512), unsafe.Add(y, step512)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func dot512(dst, own []float64, at, size int, x []float64, room, n int, sites []uint64) {
	places := 64 * len(sites)
	to, s, y := from(dst, 0, places), from(own, at, places), from(x, 0, places)
	_, _ = from(own, at+(n-1)*size, places), from(x, (n-1)*room, places)
	zero := all512(0)
	for _, word := range sites {
		for l := 0; l < 64; l += width512 {
			along := zero
			for k := 0; k < n; k++ {
				along = get512(y, 8*k*room).MulAdd(get512(s, 8*k*size), along)
			}
			put512(to, 0, along.Merge(zero, mask512(word>>l)))
			to, s, y = unsafe.Add(to, step512), unsafe.Add(s, step512), unsafe.Add(y, step512)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func aim2x512(x, c []float64, room, places int, beta float64) {
	y, z := from(x, 0, places), from(c, 0, places)
	_, _ = from(x, room, places), from(c, 3*room, places)
	zero, one, by, top, quarter := all512(0), all512(1), all512(beta), all512(most), all512(0.25)
	step := 8 * room
	for i := 0; i < places; i += width512 {
		a, b := get512(y, 0), get512(y, step)
		r := b.MulAdd(b, a.Mul(a)).Sqrt()
		some, over := r.Greater(zero), one.Div(r)
		put512(y, 0, a.Mul(over).Merge(one, some))
		put512(y, step, b.Mul(over).Merge(zero, some))
		kappa := r.Mul(by).Min(top).Merge(zero, some)
		twice := kappa.Add(kappa)
		s := twice.MulAdd(twice, one).Sqrt()
		tau := one.Add(s)
		root := tau.Add(tau).Sqrt()
		sum := tau.Add(root)
		over = one.Div(sum)
		short := one.Add(one.Div(s.Add(twice))).Add(root).Mul(over)
		square := short.Mul(short)
		put512(z, 0, kappa)
		put512(z, step, twice.Add(twice).Mul(over))
		put512(z, 2*step, square)
		put512(z, 3*step, square.Mul(sum).Mul(quarter))
		y, z = unsafe.Add(y, step512), unsafe.Add(z, step512)
	}
	archsimd.ClearAVXUpperBits()
}

func try2x512(d, side, cost, v, sin, cos, c []float64, room, places int) {
	dp, sp, cp, vp := from(d, 0, places), from(side, 0, places), from(cost, 0, places), from(v, 0, places)
	up, wp, z := from(sin, 0, places), from(cos, 0, places), from(c, 0, places)
	_ = from(c, 3*room, places)
	step := 8 * room
	for at := 0; at < 8*places; at += step512 {
		s, w, square := get512(up, at), get512(wp, at), get512(z, 2*step+at)
		p, q := s.Mul(s), w.Mul(w)
		p, q = p.Add(p), q.Add(q)
		x := square.Mul(p).Div(get512(z, step+at).MulAdd(q, square))
		y := get512(z, at).MulAdd(x, get512(z, 3*step+at))
		put512(dp, at, x)
		put512(sp, at, s.Mul(w))
		put512(cp, at, y)
		put512(vp, at, y.Div(get512(vp, at)))
	}
	archsimd.ClearAVXUpperBits()
}

func passed512(dst []uint64, logs, cost []float64) {
	n := 64 * len(dst)
	x, y := from(logs, 0, n), from(cost, 0, n)
	one := all512(1)
	for w := range dst {
		word := uint64(0)
		for l := 0; l < 64; l += width512 {
			word |= uint64(get512(x, 8*l).Add(one).GreaterEqual(get512(y, 8*l)).ToBits()) << l
		}
		dst[w] = word
		x, y = unsafe.Add(x, 8*64), unsafe.Add(y, 8*64)
	}
	archsimd.ClearAVXUpperBits()
}

func end2x512(own []float64, at, size int, x []float64, room int, d, side []float64, sites []uint64) {
	places := 64 * len(sites)
	s, y, dp, sp := from(own, at, places), from(x, 0, places), from(d, 0, places), from(side, 0, places)
	_, _ = from(own, at+size, places), from(x, room, places)
	zero, one, two := all512(0), all512(1), all512(2)
	for _, word := range sites {
		for l := 0; l < 64; l += width512 {
			v := get512(dp, 0)
			t, w := one.Sub(v), v.Mul(two.Sub(v)).Sqrt()
			w = zero.Sub(w).Merge(w, get512(sp, 0).Less(zero))
			e, f := get512(y, 0), get512(y, 8*room)
			some := mask512(word >> l)
			put512(s, 0, t.MulAdd(e, zero.Sub(w.Mul(f))).Merge(get512(s, 0), some))
			put512(s, 8*size, t.MulAdd(f, w.Mul(e)).Merge(get512(s, 8*size), some))
			s, y, dp, sp = unsafe.Add(s, step512), unsafe.Add(y, step512), unsafe.Add(dp, step512), unsafe.Add(sp, step512)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func aim3x512(x []float64, room, places int, kappa, twice []float64, beta float64) {
	y, kp, tp := from(x, 0, places), from(kappa, 0, places), from(twice, 0, places)
	_ = from(x, 2*room, places)
	zero, one, by, top, low := all512(0), all512(1), all512(beta), all512(most), all512(least)
	step := 8 * room
	for at := 0; at < 8*places; at += step512 {
		a, b, c := get512(y, at), get512(y, step+at), get512(y, 2*step+at)
		r := c.MulAdd(c, b.MulAdd(b, a.Mul(a))).Sqrt()
		some, over := r.Greater(zero), one.Div(r)
		put512(y, at, a.Mul(over).Merge(zero, some))
		put512(y, step+at, b.Mul(over).Merge(zero, some))
		put512(y, 2*step+at, c.Mul(over).Merge(one, some))
		k := r.Mul(by).Min(top).Max(low).Merge(low, some)
		put512(kp, at, k)
		put512(tp, at, zero.Sub(k.Add(k)))
	}
	archsimd.ClearAVXUpperBits()
}

func end3x512(own []float64, at, size int, x []float64, room int, logs, kappa, sin, cos []float64, sites []uint64) {
	places := 64 * len(sites)
	s, y, lp, kp := from(own, at, places), from(x, 0, places), from(logs, 0, places), from(kappa, 0, places)
	up, wp := from(sin, 0, places), from(cos, 0, places)
	_, _ = from(own, at+2*size, places), from(x, 2*room, places)
	zero, one, two, minus := all512(0), all512(1), all512(2), all512(-1)
	i := 0
	for _, word := range sites {
		for l := 0; l < 64; l += width512 {
			d := zero.Sub(get512(lp, i)).Div(get512(kp, i)).Min(two)
			t, w := one.Sub(d), d.Mul(two.Sub(d)).Sqrt()
			u, v := w.Mul(get512(wp, i)), w.Mul(get512(up, i))
			e, f, g := get512(y, i), get512(y, 8*room+i), get512(y, 16*room+i)
			sign := minus.Merge(one, g.Less(zero))
			p := minus.Div(sign.Add(g))
			ep := e.Mul(p)
			q := ep.Mul(f)
			some := mask512(word >> l)
			turned := sign.Mul(e)
			a := v.MulAdd(q, u.MulAdd(turned.MulAdd(ep, one), t.Mul(e)))
			b := v.MulAdd(f.Mul(f).MulAdd(p, sign), u.MulAdd(sign.Mul(q), t.Mul(f)))
			c := t.Mul(g).Sub(v.MulAdd(f, u.Mul(turned)))
			put512(s, i, a.Merge(get512(s, i), some))
			put512(s, 8*size+i, b.Merge(get512(s, 8*size+i), some))
			put512(s, 16*size+i, c.Merge(get512(s, 16*size+i), some))
			i += step512
		}
	}
	archsimd.ClearAVXUpperBits()
}
