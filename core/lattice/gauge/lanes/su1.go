package lanes

import (
	"math"
	"unsafe"
)

// vector1 is one lane.
type vector1 float64

func (x vector1) Add(y vector1) vector1 { return x + y }
func (x vector1) Sub(y vector1) vector1 { return x - y }
func (x vector1) Mul(y vector1) vector1 { return vector1(float64(x * y)) } // not to be fused
func (x vector1) MulAdd(y, z vector1) vector1 {
	return vector1(math.FMA(float64(x), float64(y), float64(z)))
}

func get1(x *float64, k, at int) vector1 {
	return *(*vector1)(unsafe.Add(unsafe.Pointer(x), 64*k+8*at))
}

func put1(x *float64, k, at int, v vector1) {
	*(*vector1)(unsafe.Add(unsafe.Pointer(x), 64*k+8*at)) = v
}

func all1(x float64) vector1 { return vector1(x) }

func done1() {}

const width1 = 1

// Below this line the text is that of su512_amd64.go but for the numbers.

// kernels1 are what a level offers.
var kernels1 = kernels{
	addNN3: addNN3x1, addNA3: addNA3x1, addAN3: addAN3x1, kick3: kick3x1, turn3: turn3x1,
	addNN2: addNN2x1, addNA2: addNA2x1, addAN2: addAN2x1, kick2: kick2x1, turn2: turn2x1, dot: dot1, squares: squares1,
	corner3: corner1, rows3: rows1,
}

// addNN3x1: c += a b.
func addNN3x1(c, a, b *float64) {
	zero := all1(0)
	for at := 0; at < 8; at += width1 {
		for i := 0; i < 9; i += 3 {
			x0, y0 := get1(a, i, at), get1(a, 9+i, at)
			x1, y1 := get1(a, i+1, at), get1(a, 10+i, at)
			x2, y2 := get1(a, i+2, at), get1(a, 11+i, at)
			n0, n1, n2 := zero.Sub(y0), zero.Sub(y1), zero.Sub(y2)
			for j := 0; j < 3; j++ {
				u, v := get1(b, j, at), get1(b, 9+j, at)
				re := x0.MulAdd(u, get1(c, i+j, at))
				im := x0.MulAdd(v, get1(c, 9+i+j, at))
				re, im = n0.MulAdd(v, re), y0.MulAdd(u, im)
				u, v = get1(b, 3+j, at), get1(b, 12+j, at)
				re, im = x1.MulAdd(u, re), x1.MulAdd(v, im)
				re, im = n1.MulAdd(v, re), y1.MulAdd(u, im)
				u, v = get1(b, 6+j, at), get1(b, 15+j, at)
				re, im = x2.MulAdd(u, re), x2.MulAdd(v, im)
				re, im = n2.MulAdd(v, re), y2.MulAdd(u, im)
				put1(c, i+j, at, re)
				put1(c, 9+i+j, at, im)
			}
		}
	}
	done1()
}

// addNA3x1: c += a b*.
func addNA3x1(c, a, b *float64) {
	zero := all1(0)
	for at := 0; at < 8; at += width1 {
		for i := 0; i < 9; i += 3 {
			x0, y0 := get1(a, i, at), get1(a, 9+i, at)
			x1, y1 := get1(a, i+1, at), get1(a, 10+i, at)
			x2, y2 := get1(a, i+2, at), get1(a, 11+i, at)
			n0, n1, n2 := zero.Sub(x0), zero.Sub(x1), zero.Sub(x2)
			for j := 0; j < 3; j++ {
				u, v := get1(b, 3*j, at), get1(b, 9+3*j, at)
				re := x0.MulAdd(u, get1(c, i+j, at))
				im := y0.MulAdd(u, get1(c, 9+i+j, at))
				re, im = y0.MulAdd(v, re), n0.MulAdd(v, im)
				u, v = get1(b, 3*j+1, at), get1(b, 10+3*j, at)
				re, im = x1.MulAdd(u, re), y1.MulAdd(u, im)
				re, im = y1.MulAdd(v, re), n1.MulAdd(v, im)
				u, v = get1(b, 3*j+2, at), get1(b, 11+3*j, at)
				re, im = x2.MulAdd(u, re), y2.MulAdd(u, im)
				re, im = y2.MulAdd(v, re), n2.MulAdd(v, im)
				put1(c, i+j, at, re)
				put1(c, 9+i+j, at, im)
			}
		}
	}
	done1()
}

// addAN3x1: c += a* b.
func addAN3x1(c, a, b *float64) {
	zero := all1(0)
	for at := 0; at < 8; at += width1 {
		for i := 0; i < 3; i++ {
			x0, y0 := get1(a, i, at), get1(a, 9+i, at)
			x1, y1 := get1(a, 3+i, at), get1(a, 12+i, at)
			x2, y2 := get1(a, 6+i, at), get1(a, 15+i, at)
			n0, n1, n2 := zero.Sub(y0), zero.Sub(y1), zero.Sub(y2)
			for j := 0; j < 3; j++ {
				u, v := get1(b, j, at), get1(b, 9+j, at)
				re := x0.MulAdd(u, get1(c, 3*i+j, at))
				im := x0.MulAdd(v, get1(c, 9+3*i+j, at))
				re, im = y0.MulAdd(v, re), n0.MulAdd(u, im)
				u, v = get1(b, 3+j, at), get1(b, 12+j, at)
				re, im = x1.MulAdd(u, re), x1.MulAdd(v, im)
				re, im = y1.MulAdd(v, re), n1.MulAdd(u, im)
				u, v = get1(b, 6+j, at), get1(b, 15+j, at)
				re, im = x2.MulAdd(u, re), x2.MulAdd(v, im)
				re, im = y2.MulAdd(v, re), n2.MulAdd(u, im)
				put1(c, 3*i+j, at, re)
				put1(c, 9+3*i+j, at, im)
			}
		}
	}
	done1()
}

// kick3x1: w += f times the traceless antihermitian part of t, as (imaginary parts of the diagonal; real, imaginary parts of 01, 02, 12).
func kick3x1(w, t *float64, f float64) {
	all, half := all1(f), all1(0.5*f)
	for at := 0; at < 8; at += width1 {
		d0, d1, d2 := get1(t, 9, at), get1(t, 13, at), get1(t, 17, at)
		mean := d0.Add(d1).Add(d2).Mul(all1(1.0 / 3))
		put1(w, 0, at, all.MulAdd(d0.Sub(mean), get1(w, 0, at)))
		put1(w, 1, at, all.MulAdd(d1.Sub(mean), get1(w, 1, at)))
		put1(w, 2, at, all.MulAdd(d2.Sub(mean), get1(w, 2, at)))
		put1(w, 3, at, half.MulAdd(get1(t, 1, at).Sub(get1(t, 3, at)), get1(w, 3, at)))
		put1(w, 4, at, half.MulAdd(get1(t, 10, at).Add(get1(t, 12, at)), get1(w, 4, at)))
		put1(w, 5, at, half.MulAdd(get1(t, 2, at).Sub(get1(t, 6, at)), get1(w, 5, at)))
		put1(w, 6, at, half.MulAdd(get1(t, 11, at).Add(get1(t, 15, at)), get1(w, 6, at)))
		put1(w, 7, at, half.MulAdd(get1(t, 5, at).Sub(get1(t, 7, at)), get1(w, 7, at)))
		put1(w, 8, at, half.MulAdd(get1(t, 14, at).Add(get1(t, 16, at)), get1(w, 8, at)))
	}
	done1()
}

// turn3x1: e = exp(a w) for |a w| up to 2.5, by its power series, of which X^3 = t X + i d leaves powers 0 to 2.
func turn3x1(e, w *float64, a float64, series []float64) {
	zero, two := all1(0), all1(2)
	for at := 0; at < 8; at += width1 {
		s := all1(a)
		d0, d1, d2 := s.Mul(get1(w, 0, at)), s.Mul(get1(w, 1, at)), s.Mul(get1(w, 2, at))
		px, py := s.Mul(get1(w, 3, at)), s.Mul(get1(w, 4, at)) // X01
		qx, qy := s.Mul(get1(w, 5, at)), s.Mul(get1(w, 6, at)) // X02
		rx, ry := s.Mul(get1(w, 7, at)), s.Mul(get1(w, 8, at)) // X12
		p, q, r := px.MulAdd(px, py.Mul(py)), qx.MulAdd(qx, qy.Mul(qy)), rx.MulAdd(rx, ry.Mul(ry))
		s00 := zero.Sub(d0.MulAdd(d0, p.Add(q)))
		s11 := zero.Sub(d1.MulAdd(d1, p.Add(r)))
		s22 := zero.Sub(d2.MulAdd(d2, q.Add(r)))
		t := s00.Add(s11).Add(s22).Mul(all1(0.5))
		// X01 X12, whose conjugate meets X02 in the determinant
		mx, my := px.MulAdd(rx, zero.Sub(py.Mul(ry))), px.MulAdd(ry, py.Mul(rx))
		d := two.Mul(qy.MulAdd(mx, zero.Sub(qx.Mul(my))))
		d = d0.MulAdd(r.Sub(d1.Mul(d2)), d)
		d = d2.MulAdd(p, d1.MulAdd(q, d))
		minus := zero.Sub(d)
		q0, v0, q1, v1, q2, v2 := all1(series[0]), zero, zero, zero, zero, zero
		for _, c := range series[1:] {
			q0, v0, q1, v1, q2, v2 = minus.MulAdd(v2, all1(c)), d.Mul(q2), t.MulAdd(q2, q0), t.MulAdd(v2, v0), q1, v1
		}
		n1, n2 := zero.Sub(v1), zero.Sub(v2)
		// the diagonal: q0 + q1 i d + q2 S
		put1(e, 0, at, n1.MulAdd(d0, q2.MulAdd(s00, q0)))
		put1(e, 9, at, q1.MulAdd(d0, v2.MulAdd(s00, v0)))
		put1(e, 4, at, n1.MulAdd(d1, q2.MulAdd(s11, q0)))
		put1(e, 13, at, q1.MulAdd(d1, v2.MulAdd(s11, v0)))
		put1(e, 8, at, n1.MulAdd(d2, q2.MulAdd(s22, q0)))
		put1(e, 17, at, q1.MulAdd(d2, v2.MulAdd(s22, v0)))
		// S01 = i (d0 + d1) X01 - X02 X12*, S02 = i (d0 + d2) X02 + X01 X12, S12 = i (d1 + d2) X12 - X01* X02
		f := d0.Add(d1)
		sx := zero.Sub(f.MulAdd(py, qx.MulAdd(rx, qy.Mul(ry))))
		sy := f.MulAdd(px, qx.MulAdd(ry, zero.Sub(qy.Mul(rx))))
		put1(e, 1, at, q1.MulAdd(px, n1.MulAdd(py, q2.MulAdd(sx, n2.Mul(sy)))))
		put1(e, 10, at, q1.MulAdd(py, v1.MulAdd(px, q2.MulAdd(sy, v2.Mul(sx)))))
		put1(e, 3, at, q2.MulAdd(sx, v2.MulAdd(sy, zero.Sub(q1.MulAdd(px, v1.Mul(py))))))
		put1(e, 12, at, v2.MulAdd(sx, q1.MulAdd(py, zero.Sub(v1.MulAdd(px, q2.Mul(sy))))))
		f = d0.Add(d2)
		sx = mx.Sub(f.Mul(qy))
		sy = f.MulAdd(qx, my)
		put1(e, 2, at, q1.MulAdd(qx, n1.MulAdd(qy, q2.MulAdd(sx, n2.Mul(sy)))))
		put1(e, 11, at, q1.MulAdd(qy, v1.MulAdd(qx, q2.MulAdd(sy, v2.Mul(sx)))))
		put1(e, 6, at, q2.MulAdd(sx, v2.MulAdd(sy, zero.Sub(q1.MulAdd(qx, v1.Mul(qy))))))
		put1(e, 15, at, v2.MulAdd(sx, q1.MulAdd(qy, zero.Sub(v1.MulAdd(qx, q2.Mul(sy))))))
		f = d1.Add(d2)
		sx = zero.Sub(f.MulAdd(ry, px.MulAdd(qx, py.Mul(qy))))
		sy = f.MulAdd(rx, py.MulAdd(qx, zero.Sub(px.Mul(qy))))
		put1(e, 5, at, q1.MulAdd(rx, n1.MulAdd(ry, q2.MulAdd(sx, n2.Mul(sy)))))
		put1(e, 14, at, q1.MulAdd(ry, v1.MulAdd(rx, q2.MulAdd(sy, v2.Mul(sx)))))
		put1(e, 7, at, q2.MulAdd(sx, v2.MulAdd(sy, zero.Sub(q1.MulAdd(rx, v1.Mul(ry))))))
		put1(e, 16, at, v2.MulAdd(sx, q1.MulAdd(ry, zero.Sub(v1.MulAdd(rx, q2.Mul(sy))))))
	}
	done1()
}

// add2x1: c += a b of quaternions, whose vector parts are taken times s and r.
func add2x1(c, a, b *float64, s, r float64) {
	zero, f, g := all1(0), all1(s), all1(r)
	for at := 0; at < 8; at += width1 {
		a0, a1, a2, a3 := get1(a, 0, at), f.Mul(get1(a, 1, at)), f.Mul(get1(a, 2, at)), f.Mul(get1(a, 3, at))
		b0, b1, b2, b3 := get1(b, 0, at), g.Mul(get1(b, 1, at)), g.Mul(get1(b, 2, at)), g.Mul(get1(b, 3, at))
		n1, n2, n3 := zero.Sub(a1), zero.Sub(a2), zero.Sub(a3)
		put1(c, 0, at, n3.MulAdd(b3, n2.MulAdd(b2, n1.MulAdd(b1, a0.MulAdd(b0, get1(c, 0, at))))))
		put1(c, 1, at, n2.MulAdd(b3, a3.MulAdd(b2, a1.MulAdd(b0, a0.MulAdd(b1, get1(c, 1, at))))))
		put1(c, 2, at, n3.MulAdd(b1, a1.MulAdd(b3, a2.MulAdd(b0, a0.MulAdd(b2, get1(c, 2, at))))))
		put1(c, 3, at, n1.MulAdd(b2, a2.MulAdd(b1, a3.MulAdd(b0, a0.MulAdd(b3, get1(c, 3, at))))))
	}
	done1()
}

func addNN2x1(c, a, b *float64) { add2x1(c, a, b, 1, 1) }
func addNA2x1(c, a, b *float64) { add2x1(c, a, b, 1, -1) }
func addAN2x1(c, a, b *float64) { add2x1(c, a, b, -1, 1) }

// kick2x1: w += f times the vector part of t.
func kick2x1(w, t *float64, f float64) {
	all := all1(f)
	for at := 0; at < 8; at += width1 {
		for k := 0; k < 3; k++ {
			put1(w, k, at, all.MulAdd(get1(t, k+1, at), get1(w, k, at)))
		}
	}
	done1()
}

// turn2x1: e = exp(a w) for |a w| up to 2.5, cos and sin(x)/x by series in x^2, of which the coefficients take turns.
func turn2x1(e, w *float64, a float64, series []float64) {
	s := all1(a)
	for at := 0; at < 8; at += width1 {
		x, y, z := s.Mul(get1(w, 0, at)), s.Mul(get1(w, 1, at)), s.Mul(get1(w, 2, at))
		square := x.MulAdd(x, y.MulAdd(y, z.Mul(z)))
		cos, sin := all1(series[0]), all1(series[1])
		for k := 2; k+1 < len(series); k += 2 {
			cos, sin = square.MulAdd(cos, all1(series[k])), square.MulAdd(sin, all1(series[k+1]))
		}
		put1(e, 0, at, cos)
		put1(e, 1, at, sin.Mul(x))
		put1(e, 2, at, sin.Mul(y))
		put1(e, 3, at, sin.Mul(z))
	}
	done1()
}

// dot1 adds the products of n numbers of each lane to those of sum.
func dot1(sum, x, y *float64, n int) {
	for at := 0; at < 8; at += width1 {
		s := get1(sum, 0, at)
		for k := 0; k < n; k++ {
			s = get1(x, k, at).MulAdd(get1(y, k, at), s)
		}
		put1(sum, 0, at, s)
	}
	done1()
}

// squares1 are the sums of the squares of the first n numbers and of twice those of the rest, of m.
func squares1(sum, x *float64, n, m int) {
	for at := 0; at < 8; at += width1 {
		s, r := all1(0), all1(0)
		for k := 0; k < n; k++ {
			v := get1(x, k, at)
			s = v.MulAdd(v, s)
		}
		for k := n; k < m; k++ {
			v := get1(x, k, at)
			r = v.MulAdd(v, r)
		}
		put1(sum, 0, at, s.Add(r).Add(r))
	}
	done1()
}

// corner1: r is the quaternion of the 2x2 block at rows and columns i, j of w that the real trace of products with SU(2) sees.
func corner1(r, w *float64, i, j int) {
	half := all1(0.5)
	for at := 0; at < 8; at += width1 {
		put1(r, 0, at, half.Mul(get1(w, 4*i, at).Add(get1(w, 4*j, at))))
		put1(r, 1, at, half.Mul(get1(w, 9+3*i+j, at).Add(get1(w, 9+3*j+i, at))))
		put1(r, 2, at, half.Mul(get1(w, 3*i+j, at).Sub(get1(w, 3*j+i, at))))
		put1(r, 3, at, half.Mul(get1(w, 9+4*i, at).Sub(get1(w, 9+4*j, at))))
	}
	done1()
}

// rows1 multiplies rows i and j of x by the matrix of the quaternion a from the left.
func rows1(x, a *float64, i, j int) {
	zero := all1(0)
	for at := 0; at < 8; at += width1 {
		a0, a1, a2, a3 := get1(a, 0, at), get1(a, 1, at), get1(a, 2, at), get1(a, 3, at)
		n1, n2, n3 := zero.Sub(a1), zero.Sub(a2), zero.Sub(a3)
		for k := 0; k < 3; k++ {
			p, q, u, v := get1(x, 3*i+k, at), get1(x, 9+3*i+k, at), get1(x, 3*j+k, at), get1(x, 9+3*j+k, at)
			put1(x, 3*i+k, at, n1.MulAdd(v, a2.MulAdd(u, n3.MulAdd(q, a0.Mul(p)))))
			put1(x, 9+3*i+k, at, a1.MulAdd(u, a2.MulAdd(v, a3.MulAdd(p, a0.Mul(q)))))
			put1(x, 3*j+k, at, a3.MulAdd(v, a0.MulAdd(u, n1.MulAdd(q, n2.Mul(p)))))
			put1(x, 9+3*j+k, at, n3.MulAdd(u, a0.MulAdd(v, a1.MulAdd(p, n2.Mul(q)))))
		}
	}
	done1()
}
