//go:build goexperiment.simd && amd64

package lanes

import (
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

func grouped() bool { return simd.Current() == simd.AVX512 }

type vector = archsimd.Float64x8

func at(x []float64, k int) *[8]float64 { return (*[8]float64)(unsafe.Pointer(&x[k*8])) }
func get(x []float64, k int) vector     { return archsimd.LoadFloat64x8(at(x, k)) }
func put(x []float64, k int, v vector)  { v.Store(at(x, k)) }

// all is a vector of one number.
func all(x float64) vector { return archsimd.BroadcastFloat64x8(x) }

func dot(lanes, n int, sign float64, to, x, y []float64, stride int) {
	if lanes == 1 {
		dot1(n, sign, to, x, y, stride)
		return
	}
	s, c := get(to, 0), all(sign)
	for k := range n {
		s = c.Mul(get(x, k)).MulAdd(get(y, k*stride), s)
	}
	put(to, 0, s)
}

func square(lanes, n int, to, x []float64, stride int) {
	if lanes == 1 {
		square1(n, to, x, stride)
		return
	}
	s := get(to, 0)
	for k := range n {
		v := get(x, k*stride)
		s = v.MulAdd(v, s)
	}
	put(to, 0, s)
}

func less(lanes, n int, y, a, x []float64) {
	if lanes == 1 {
		add1(n, y, -a[0], x)
		return
	}
	add(n, y, all(-1).Mul(get(a, 0)), x)
}

func more(lanes, n int, y, a, x []float64) {
	if lanes == 1 {
		add1(n, y, a[0], x)
		return
	}
	add(n, y, get(a, 0), x)
}

func add(n int, y []float64, a vector, x []float64) {
	if n == 0 {
		return
	}
	p, q := unsafe.Pointer(&y[:n*8][0]), unsafe.Pointer(&x[:n*8][0])
	for k := range n {
		to := (*[8]float64)(unsafe.Add(p, 64*k))
		a.MulAdd(archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(q, 64*k))), archsimd.LoadFloat64x8(to)).Store(to)
	}
}

func spoilt(lanes, n int, x, off []float64) {
	if lanes == 1 {
		spoilt1(n, x, off)
		return
	}
	s := get(off, 0)
	for k := range n {
		v := get(x, k)
		s = s.Add(v.Sub(v))
	}
	put(off, 0, s)
}

func largest(lanes, n int, x, most []float64) {
	if lanes == 1 {
		largest1(n, x, most)
		return
	}
	m := get(most, 0)
	for k := range n {
		m = m.Max(abs(get(x, k)))
	}
	put(most, 0, m)
}

func times(lanes, n int, y, a []float64, stride int) {
	if lanes == 1 {
		times1(n, y, a[0], stride)
		return
	}
	c := get(a, 0)
	for k := range n {
		put(y, k*stride, get(y, k*stride).Mul(c))
	}
}

func divide(lanes, n int, y, a []float64) {
	if lanes == 1 {
		for k := range y[:n] {
			y[k] /= a[0]
		}
		return
	}
	c := get(a, 0)
	for k := range n {
		put(y, k, get(y, k).Div(c))
	}
}

func subtract(lanes, n int, y, x []float64) {
	for k, v := range x[:n*lanes] {
		y[k] -= v
	}
}

func root(lanes int, x, inverse []float64) {
	if lanes == 1 {
		root1(x, inverse)
		return
	}
	r := get(x, 0).Sqrt()
	put(x, 0, r)
	put(inverse, 0, all(1).Div(r))
}

func abs(x vector) vector { return x.Max(all(0).Sub(x)) }

func pivot(lanes, n, j int, x, place, inverse []float64) {
	if lanes == 1 {
		pivot1(n, j, x, place, inverse)
		return
	}
	value := get(x, j*n+j)
	best, p := abs(value), all(float64(j))
	for i := j + 1; i < n; i++ {
		w := get(x, i*n+j)
		v := abs(w)
		larger := v.Greater(best)
		best, p, value = v.Merge(best, larger), all(float64(i)).Merge(p, larger), w.Merge(value, larger)
	}
	put(place, 0, p)
	put(inverse, 0, all(1).Div(value).Masked(best.NotEqual(all(0))))
}

func reflector(lanes int, alpha, sigma, tau, inverse []float64) {
	if lanes == 1 {
		reflector1(alpha, sigma, tau, inverse)
		return
	}
	a, s, zero := get(alpha, 0), get(sigma, 0), all(0)
	on := s.NotEqual(zero)
	beta := a.MulAdd(a, s).Sqrt()
	beta = beta.Mul(all(-1)).Merge(beta, a.GreaterEqual(zero))
	put(tau, 0, beta.Sub(a).Div(beta).Masked(on))
	put(inverse, 0, all(1).Div(a.Sub(beta)).Masked(on))
	put(alpha, 0, beta.Merge(a, on))
}

func diagonal(lanes, n int, d, e, z []float64, skip uint8) uint8 {
	if lanes == 1 {
		if skip == 0 && !diagonal1(n, d, e, z) {
			return 1
		}
		return 0
	}
	return diagonal8(n, d, e, z, skip)
}

// diagonal8 is diagonal1 in lanes: a lane changes only where its own loop would.
func diagonal8(n int, d, e, z []float64, skip uint8) (failed uint8) {
	one, zero, two := all(1), all(0), all(2)
	bits := [8]float64{}
	for k := range bits {
		bits[k] = float64(skip >> k & 1)
	}
	use := archsimd.LoadFloat64x8(&bits).Equal(zero)
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
				stop := one.Masked(active)
				use = use.And(stop.Equal(zero))
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
			for i := first; i >= l; i-- {
				on := m.Greater(all(float64(i))).And(going)
				ei, di, dn := get(e, i), get(d, i), get(d, i+1)
				f, b := s.Mul(ei), c.Mul(ei)
				r := f.MulAdd(f, g.Mul(g)).Sqrt()
				put(e, i+1, r.Merge(get(e, i+1), on))
				ended := r.Equal(zero).And(on)
				if ended.ToBits() != 0 {
					dn = dn.Sub(p).Merge(dn, ended)
					put(d, i+1, dn)
					stop := one.Masked(ended)
					going = going.And(stop.Equal(zero))
					on = on.And(going)
				}
				s1, c1 := f.Div(r), g.Div(r)
				g1 := dn.Sub(p)
				r = di.Sub(g1).MulAdd(s1, two.Mul(c1.Mul(b)))
				p1 := s1.Mul(r)
				put(d, i+1, g1.Add(p1).Merge(dn, on))
				g1 = c1.MulAdd(r, all(-1).Mul(b))
				s, c, p, g = s1.Merge(s, on), c1.Merge(c, on), p1.Merge(p, on), g1.Merge(g, on)
				if z != nil {
					x, y := unsafe.Pointer(&z[i*n*8 : (i+2)*n*8][0]), unsafe.Pointer(&z[(i+1)*n*8])
					minus := all(-1)
					for k := range n {
						px, py := (*[8]float64)(unsafe.Add(x, 64*k)), (*[8]float64)(unsafe.Add(y, 64*k))
						v, w := archsimd.LoadFloat64x8(px), archsimd.LoadFloat64x8(py)
						s1.MulAdd(v, c1.Mul(w)).Merge(w, on).Store(py)
						c1.MulAdd(v, minus.Mul(s1.Mul(w))).Merge(v, on).Store(px)
					}
				}
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
