//go:build goexperiment.simd && amd64

package lanes

import (
	"simd/archsimd"
	"unsafe"
)

// Code generated from lanes512_amd64.go by Test256IsGenerated; DO NOT EDIT.

type vector256 = archsimd.Float64x4

const (
	step256  = int(unsafe.Sizeof([4]float64{}))
	width256 = step256 >> 3
)

var kernels256 = Kernels{
	Field: field256, Bonds: bonds256, Reflect: reflect256, Dot: dot256, Aim2: aim2x256, Try2: try2x256, Passed: passed256, End2: end2x256,
	Aim3: aim3x256, End3: end3x256,
}

func get256(p unsafe.Pointer, bytes int) vector256 {
	return archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(p, bytes)))
}

func put256(p unsafe.Pointer, bytes int, v vector256) {
	v.Store((*[4]float64)(unsafe.Add(p, bytes)))
}

func all256(x float64) vector256 { return archsimd.BroadcastFloat64x4(x) }

func field256(x, other []float64, at int, ahead []uint64, across []int, J, h float64) {
	n := 64 * len(ahead)
	reach(other, at, n, across)
	dst, y := from(x, 0, n), from(other, at, n)
	by, add := all256(J), all256(h)
	for _, word := range ahead {
		for l := 0; l < 64; l += width256 {
			sum := get256(y, 8).Merge(get256(y, -8), mask256(word>>l)).Add(get256(y, 0))
			for _, s := range across {
				sum = sum.Add(get256(y, -8*s)).Add(get256(y, 8*s))
			}
			put256(dst, 0, sum.MulAdd(by, add))
			y, dst = unsafe.Add(y, step256), unsafe.Add(dst, step256)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func bonds256(x, other []float64, at int, ahead []uint64, across []int, J []float64, size int, h float64) {
	n := 64 * len(ahead)
	reach(other, at, n, across)
	dst, y, j := from(x, 0, n), from(other, at, n), from(J, at, n)
	_ = from(J, at+(1+2*len(across))*size, n)
	add := all256(h)
	for _, word := range ahead {
		for l := 0; l < 64; l += width256 {
			sum := get256(y, 0).MulAdd(get256(j, 0), add)
			sum = get256(y, 8).Merge(get256(y, -8), mask256(word>>l)).MulAdd(get256(j, 8*size), sum)
			d := 16 * size
			for _, s := range across {
				sum = get256(y, -8*s).MulAdd(get256(j, d), sum)
				sum = get256(y, 8*s).MulAdd(get256(j, d+8*size), sum)
				d += 16 * size
			}
			put256(dst, 0, sum)
			y, dst, j = unsafe.Add(y, step256), unsafe.Add(dst, step256), unsafe.Add(j, step256)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func reflect256(own []float64, at, size int, x []float64, room, n int, sites []uint64) {
	places := 64 * len(sites)
	s, y := from(own, at, places), from(x, 0, places)
	_, _ = from(own, at+(n-1)*size, places), from(x, (n-1)*room, places)
	zero, small := all256(0), all256(least)
	for _, word := range sites {
		for l := 0; l < 64; l += width256 {
			square, along := zero, zero
			for k := 0; k < n; k++ {
				v := get256(y, 8*k*room)
				square, along = v.MulAdd(v, square), v.MulAdd(get256(s, 8*k*size), along)
			}
			some := mask256(word >> l).And(square.Greater(small))
			f := along.Add(along).Div(square)
			for k := 0; k < n; k++ {
				old := get256(s, 8*k*size)
				put256(s, 8*k*size, get256(y, 8*k*room).MulAdd(f, zero.Sub(old)).Merge(old, some))
			}
			s, y = unsafe.Add(s, step256), unsafe.Add(y, step256)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func dot256(dst, own []float64, at, size int, x []float64, room, n int, sites []uint64) {
	places := 64 * len(sites)
	to, s, y := from(dst, 0, places), from(own, at, places), from(x, 0, places)
	_, _ = from(own, at+(n-1)*size, places), from(x, (n-1)*room, places)
	zero := all256(0)
	for _, word := range sites {
		for l := 0; l < 64; l += width256 {
			along := zero
			for k := 0; k < n; k++ {
				along = get256(y, 8*k*room).MulAdd(get256(s, 8*k*size), along)
			}
			put256(to, 0, along.Merge(zero, mask256(word>>l)))
			to, s, y = unsafe.Add(to, step256), unsafe.Add(s, step256), unsafe.Add(y, step256)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func aim2x256(x, c []float64, room, places int, beta float64) {
	y, z := from(x, 0, places), from(c, 0, places)
	_, _ = from(x, room, places), from(c, 3*room, places)
	zero, one, by, top, quarter := all256(0), all256(1), all256(beta), all256(most), all256(0.25)
	step := 8 * room
	for i := 0; i < places; i += width256 {
		a, b := get256(y, 0), get256(y, step)
		r := b.MulAdd(b, a.Mul(a)).Sqrt()
		some, over := r.Greater(zero), one.Div(r)
		put256(y, 0, a.Mul(over).Merge(one, some))
		put256(y, step, b.Mul(over).Merge(zero, some))
		kappa := r.Mul(by).Min(top).Merge(zero, some)
		twice := kappa.Add(kappa)
		s := twice.MulAdd(twice, one).Sqrt()
		tau := one.Add(s)
		root := tau.Add(tau).Sqrt()
		sum := tau.Add(root)
		over = one.Div(sum)
		short := one.Add(one.Div(s.Add(twice))).Add(root).Mul(over)
		square := short.Mul(short)
		put256(z, 0, kappa)
		put256(z, step, twice.Add(twice).Mul(over))
		put256(z, 2*step, square)
		put256(z, 3*step, square.Mul(sum).Mul(quarter))
		y, z = unsafe.Add(y, step256), unsafe.Add(z, step256)
	}
	archsimd.ClearAVXUpperBits()
}

func try2x256(d, side, cost, v, sin, cos, c []float64, room, places int) {
	dp, sp, cp, vp := from(d, 0, places), from(side, 0, places), from(cost, 0, places), from(v, 0, places)
	up, wp, z := from(sin, 0, places), from(cos, 0, places), from(c, 0, places)
	_ = from(c, 3*room, places)
	step := 8 * room
	for at := 0; at < 8*places; at += step256 {
		s, w, square := get256(up, at), get256(wp, at), get256(z, 2*step+at)
		p, q := s.Mul(s), w.Mul(w)
		p, q = p.Add(p), q.Add(q)
		x := square.Mul(p).Div(get256(z, step+at).MulAdd(q, square))
		y := get256(z, at).MulAdd(x, get256(z, 3*step+at))
		put256(dp, at, x)
		put256(sp, at, s.Mul(w))
		put256(cp, at, y)
		put256(vp, at, y.Div(get256(vp, at)))
	}
	archsimd.ClearAVXUpperBits()
}

func passed256(dst []uint64, logs, cost []float64) {
	n := 64 * len(dst)
	x, y := from(logs, 0, n), from(cost, 0, n)
	one := all256(1)
	for w := range dst {
		word := uint64(0)
		for l := 0; l < 64; l += width256 {
			word |= uint64(get256(x, 8*l).Add(one).GreaterEqual(get256(y, 8*l)).ToBits()) << l
		}
		dst[w] = word
		x, y = unsafe.Add(x, 8*64), unsafe.Add(y, 8*64)
	}
	archsimd.ClearAVXUpperBits()
}

func end2x256(own []float64, at, size int, x []float64, room int, d, side []float64, sites []uint64) {
	places := 64 * len(sites)
	s, y, dp, sp := from(own, at, places), from(x, 0, places), from(d, 0, places), from(side, 0, places)
	_, _ = from(own, at+size, places), from(x, room, places)
	zero, one, two := all256(0), all256(1), all256(2)
	for _, word := range sites {
		for l := 0; l < 64; l += width256 {
			v := get256(dp, 0)
			t, w := one.Sub(v), v.Mul(two.Sub(v)).Sqrt()
			w = zero.Sub(w).Merge(w, get256(sp, 0).Less(zero))
			e, f := get256(y, 0), get256(y, 8*room)
			some := mask256(word >> l)
			put256(s, 0, t.MulAdd(e, zero.Sub(w.Mul(f))).Merge(get256(s, 0), some))
			put256(s, 8*size, t.MulAdd(f, w.Mul(e)).Merge(get256(s, 8*size), some))
			s, y, dp, sp = unsafe.Add(s, step256), unsafe.Add(y, step256), unsafe.Add(dp, step256), unsafe.Add(sp, step256)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func aim3x256(x []float64, room, places int, kappa, twice []float64, beta float64) {
	y, kp, tp := from(x, 0, places), from(kappa, 0, places), from(twice, 0, places)
	_ = from(x, 2*room, places)
	zero, one, by, top, low := all256(0), all256(1), all256(beta), all256(most), all256(least)
	step := 8 * room
	for at := 0; at < 8*places; at += step256 {
		a, b, c := get256(y, at), get256(y, step+at), get256(y, 2*step+at)
		r := c.MulAdd(c, b.MulAdd(b, a.Mul(a))).Sqrt()
		some, over := r.Greater(zero), one.Div(r)
		put256(y, at, a.Mul(over).Merge(zero, some))
		put256(y, step+at, b.Mul(over).Merge(zero, some))
		put256(y, 2*step+at, c.Mul(over).Merge(one, some))
		k := r.Mul(by).Min(top).Max(low).Merge(low, some)
		put256(kp, at, k)
		put256(tp, at, zero.Sub(k.Add(k)))
	}
	archsimd.ClearAVXUpperBits()
}

func end3x256(own []float64, at, size int, x []float64, room int, logs, kappa, sin, cos []float64, sites []uint64) {
	places := 64 * len(sites)
	s, y, lp, kp := from(own, at, places), from(x, 0, places), from(logs, 0, places), from(kappa, 0, places)
	up, wp := from(sin, 0, places), from(cos, 0, places)
	_, _ = from(own, at+2*size, places), from(x, 2*room, places)
	zero, one, two, minus := all256(0), all256(1), all256(2), all256(-1)
	i := 0
	for _, word := range sites {
		for l := 0; l < 64; l += width256 {
			d := zero.Sub(get256(lp, i)).Div(get256(kp, i)).Min(two)
			t, w := one.Sub(d), d.Mul(two.Sub(d)).Sqrt()
			u, v := w.Mul(get256(wp, i)), w.Mul(get256(up, i))
			e, f, g := get256(y, i), get256(y, 8*room+i), get256(y, 16*room+i)
			sign := minus.Merge(one, g.Less(zero))
			p := minus.Div(sign.Add(g))
			ep := e.Mul(p)
			q := ep.Mul(f)
			some := mask256(word >> l)
			turned := sign.Mul(e)
			a := v.MulAdd(q, u.MulAdd(turned.MulAdd(ep, one), t.Mul(e)))
			b := v.MulAdd(f.Mul(f).MulAdd(p, sign), u.MulAdd(sign.Mul(q), t.Mul(f)))
			c := t.Mul(g).Sub(v.MulAdd(f, u.Mul(turned)))
			put256(s, i, a.Merge(get256(s, i), some))
			put256(s, 8*size+i, b.Merge(get256(s, 8*size+i), some))
			put256(s, 16*size+i, c.Merge(get256(s, 16*size+i), some))
			i += step256
		}
	}
	archsimd.ClearAVXUpperBits()
}
