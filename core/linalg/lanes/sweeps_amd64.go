//go:build goexperiment.simd && amd64

package lanes

import (
	"simd/archsimd"
	"unsafe"
)

type mask = archsimd.Mask64x8

// inUse are the lanes that skip leaves.
func inUse(skip uint8) mask {
	bits := [8]float64{}
	for k := range bits {
		bits[k] = float64(skip >> k & 1)
	}
	return archsimd.LoadFloat64x8(&bits).Equal(all(0))
}

// without are the lanes of m that are not in out.
func without(m, out mask) mask { return m.And(all(1).Masked(out).Equal(all(0))) }

// turns is turns1 with lanes in which c is 1 and s is 0 left alone, up to the signs of zeros. Columns are taken in twos, whose rows go on in registers.
func turns(lanes, count, n int, z []float64, from, by int, c, s []float64) {
	if lanes == 1 {
		turns1(count, n, z, from, by, c, s)
		return
	}
	_, _, _ = z[(max(from, from+by*count)+1)*n*8-1], c[count*8-1], s[count*8-1]
	p, a, b, row, negative := here(z, from*n), here(c, 0), here(s, 0), 64*by*n, all(-1)
	for ; n >= 2; n -= 2 {
		q := p
		x0, x1 := read(q, 0), read(q, 1)
		for i := range count {
			c, s := read(a, i), read(b, i)
			next := unsafe.Add(q, row)
			w0, w1 := read(next, 0), read(next, 1)
			write(q, 0, c.MulAdd(x0, s.Mul(w0)))
			write(q, 1, c.MulAdd(x1, s.Mul(w1)))
			s = negative.Mul(s)
			x0, x1 = c.MulAdd(w0, s.Mul(x0)), c.MulAdd(w1, s.Mul(x1))
			q = next
		}
		write(q, 0, x0)
		write(q, 1, x1)
		p = unsafe.Add(p, 128)
	}
	for k := range n {
		q := unsafe.Add(p, 64*k)
		x := read(q, 0)
		for i := range count {
			c, s := read(a, i), read(b, i)
			next := unsafe.Add(q, row)
			w := read(next, 0)
			write(q, 0, c.MulAdd(x, s.Mul(w)))
			x = c.MulAdd(w, negative.Mul(s).Mul(x))
			q = next
		}
		write(q, 0, x)
	}
}

func plain(x []float64) {
	k := 0
	if grouped() {
		for ; k+8 <= len(x); k += 8 {
			p := unsafe.Pointer(&x[k])
			write(p, 0, read(p, 0).Add(all(0)))
		}
	}
	for ; k < len(x); k++ {
		x[k] += 0
	}
}

func diagonal(lanes, n int, d, e, z, cs, sn []float64, skip uint8) uint8 {
	if lanes == 1 {
		if skip == 0 && !diagonal1(n, d, e, z, cs, sn) {
			return 1
		}
		return 0
	}
	return diagonal8(n, d, e, z, cs, sn, skip)
}

// diagonal8 is diagonal1 in lanes: a lane changes only where its own loop would.
func diagonal8(n int, d, e, z, cs, sn []float64, skip uint8) (failed uint8) {
	one, zero, two := all(1), all(0), all(2)
	use := inUse(skip)
	for l := range n {
		low := all(float64(l))
		for step := 0; ; step++ {
			m, dm := all(float64(n-1)), get(d, n-1)
			for i := n - 2; i >= l; i-- {
				v := abs(get(e, i))
				small := v.LessEqual(all(eps).Mul(abs(get(d, i)).Add(abs(get(d, i+1))))).Or(v.LessEqual(all(tiny)))
				m, dm = all(float64(i)).Merge(m, small), get(d, i).Merge(dm, small)
			}
			active := m.Greater(low).And(use)
			if active.ToBits() == 0 {
				break
			}
			if step == steps {
				failed |= active.ToBits()
				use = without(use, active)
				break
			}
			dl, el := get(d, l), get(e, l)
			g := get(d, l+1).Sub(dl).Div(two.Mul(el))
			r := g.MulAdd(g, one).Sqrt()
			r = r.Mul(all(-1)).Merge(r, g.Less(zero))
			g = dm.Sub(dl).Add(el.Div(g.Add(r)))
			s, c, p := one, one, zero
			going := active
			var top [8]float64
			m.Masked(active).Store(&top)
			first := 0
			for _, v := range top {
				first = max(first, int(v)-1)
			}
			dn := get(d, first+1)
			for i := first; i >= l; i-- {
				on := m.Greater(all(float64(i))).And(going)
				ei, di := get(e, i), get(d, i)
				f, b := s.Mul(ei), c.Mul(ei)
				h := f.MulAdd(f, g.Mul(g))
				ended := h.LessEqual(all(vanishing)).And(on)
				if ended.ToBits() != 0 {
					put(d, i+1, dn.Sub(p).Merge(dn, ended))
					put(e, i+1, zero.Merge(get(e, i+1), ended))
					going = without(going, ended)
					on = on.And(going)
				}
				r := h.Sqrt()
				put(e, i+1, r.Merge(get(e, i+1), on))
				inverse := one.Div(r)
				s1, c1 := f.Mul(inverse), g.Mul(inverse)
				g1 := dn.Sub(p)
				r = di.Sub(g1).MulAdd(s1, two.Mul(c1.Mul(b)))
				p1 := s1.Mul(r)
				put(d, i+1, g1.Add(p1).Merge(get(d, i+1), on))
				g1 = c1.MulAdd(r, all(-1).Mul(b))
				s, c, p, g = s1.Merge(s, on), c1.Merge(c, on), p1.Merge(p, on), g1.Merge(g, on)
				dn = di
				put(cs, first-i, c1.Merge(one, on))
				put(sn, first-i, s1.Masked(on))
			}
			if z != nil {
				turns(8, first+1-l, n, z, first+1, -1, cs, sn)
			}
			put(d, l, get(d, l).Sub(p).Merge(get(d, l), going))
			put(e, l, g.Merge(get(e, l), going))
			for i := l; i <= n-1; i++ { // e[m] = 0
				here := m.Equal(all(float64(i))).And(active)
				put(e, i, zero.Merge(get(e, i), here))
			}
		}
	}
	return failed
}

func shrink(lanes, m, n int, d, e, u, v, cs, sn, cs1, sn1 []float64, skip uint8) uint8 {
	if lanes == 1 {
		if skip == 0 && !shrink1(m, n, d, e, u, v, cs, sn, cs1, sn1) {
			return 1
		}
		return 0
	}
	return shrink8(m, n, d, e, u, v, cs, sn, cs1, sn1, skip)
}

// rotation8 is rotation in lanes.
func rotation8(f, g vector) (c, s, r vector) {
	h := f.MulAdd(f, g.Mul(g))
	whole := h.Greater(all(vanishing))
	r = h.Sqrt()
	inverse := all(1).Div(r)
	return f.Mul(inverse).Merge(all(1), whole), g.Mul(inverse).Masked(whole), r.Merge(f, whole)
}

// shrink8 is shrink1 in lanes.
func shrink8(m, n int, d, e, u, v, cs, sn, cs1, sn1 []float64, skip uint8) (failed uint8) {
	one, zero, minus := all(1), all(0), all(-1)
	use := inUse(skip)
	for k := n - 1; k > 0; k-- {
		last := all(float64(k))
		for step := 0; ; step++ {
			dl, el := get(d, 0), get(e, 0)
			l, low, most, before := zero, abs(dl), abs(dl), abs(dl)
			for i := range k {
				size, di := abs(get(e, i)), get(d, i+1)
				next := abs(di)
				small := size.LessEqual(all(eps).Mul(before.Add(next))).Or(size.LessEqual(all(tiny)))
				put(e, i, zero.Merge(get(e, i), small))
				l, dl, el = all(float64(i+1)).Merge(l, small), di.Merge(dl, small), get(e, i+1).Merge(el, small)
				low, most = next.Merge(low.Min(next), small), next.Merge(most.Max(next).Max(size), small)
				before = next
			}
			active := l.Less(last).And(use)
			if active.ToBits() == 0 {
				break
			}
			if step == steps {
				failed |= active.ToBits()
				use = without(use, active)
				break
			}
			f, g := dl, el
			moved := low.Greater(all(eps).Mul(most))
			if moved.And(active).ToBits() != 0 {
				f1, g1 := shifted8(dl, el, get(d, k-1), get(e, k-1), get(d, k))
				f, g = f1.Merge(f, moved), g1.Merge(g, moved)
			}
			var from [8]float64
			l.Merge(last, active).Store(&from)
			first := k
			for _, v := range from {
				first = min(first, int(v))
			}
			di, ei := get(d, first), get(e, first)
			for i := first; i < k; i++ {
				on := l.LessEqual(all(float64(i))).And(active)
				dn, en := get(d, i+1), get(e, i+1)
				c, s, r := rotation8(f, g)
				if i > first {
					put(e, i-1, r.Merge(get(e, i-1), l.Less(all(float64(i))).And(active)))
				}
				f1 := c.MulAdd(di, s.Mul(ei))
				off := c.MulAdd(ei, minus.Mul(s).Mul(di))
				next := c.Mul(dn)
				g1 := s.Mul(dn)
				put(cs, i-first, c.Merge(one, on))
				put(sn, i-first, s.Masked(on))
				c, s, r = rotation8(f1, g1)
				put(d, i, r.Merge(di, on))
				f = c.MulAdd(off, s.Mul(next)).Merge(f, on)
				g = s.Mul(en).Merge(g, on)
				di = c.MulAdd(next, minus.Mul(s).Mul(off)).Merge(dn, on)
				ei = c.Mul(en).Merge(en, on)
				if i+1 < k {
					put(e, i+1, ei)
				}
				put(cs1, i-first, c.Merge(one, on))
				put(sn1, i-first, s.Masked(on))
			}
			if u != nil {
				turns(8, k-first, n, v, first, 1, cs, sn)
				turns(8, k-first, m, u, first, 1, cs1, sn1)
			}
			put(d, k, di)
			put(e, k-1, f.Merge(get(e, k-1), active))
		}
	}
	return failed
}

// shifted8 is shifted in lanes.
func shifted8(d, e, before, off, last vector) (f, g vector) {
	b := all(0.5).Mul(before.Add(last).MulAdd(before.Sub(last), off.Mul(off)))
	c := last.Mul(off)
	c = c.Mul(c)
	r := b.MulAdd(b, c).Sqrt()
	r = all(-1).Mul(r).Merge(r, b.Less(all(0)))
	return d.Add(last).MulAdd(d.Sub(last), c.Div(b.Add(r))), d.Mul(e)
}
