package lanes

import "math"

// SVD gives the singular values d (n), in no order, of x (m, n), m >= n, which it overwrites, and unless u is nil orthonormal left vectors in the rows of
// u (left, m), left = n or m, of which those from n on complete a basis, and right vectors in the rows of v (n, n). Elements of x are at most about 1.
// skip and the result are bits for lanes: to be left alone, not converged.
//
// Reflections make x bidiagonal (G. H. Golub and C. F. Van Loan, "Matrix Computations", 5.4.8), QR steps with implicit shifts, the squared singular value
// of the last 2 x 2 block that is nearer to its last element, diagonal (8.6.2). The shift is 0 where the diagonal has an element of rounding's size: such
// a step moves it to the end. An element beside the diagonal is 0 from eps (|d_i| + |d_i+1|) on, or 2^-100.
//
// work are [Work] (m) numbers, on a cache line like the rest for speed.
func SVD(lanes, m, n, left int, x, d, u, v, work []float64, skip uint8) uint8 {
	part := func(k int) []float64 { return work[k*m*Width : (k+1)*m*Width] }
	e, columns, rows := part(0), part(1), part(2)
	bidiagonal(lanes, m, n, x, d, e, columns, rows)
	if u != nil {
		identity(lanes, left, m, u)
		identity(lanes, n, n, v)
		column := part(3)
		for k := n - 1; k >= 0; k-- {
			for i := k; i < m; i++ {
				copy(column[(i-k)*lanes:], x[(i*n+k)*lanes:(i*n+k+1)*lanes])
			}
			reflectRows(lanes, left-k, m-k, u[(k*m+k)*lanes:], m, column, columns[k*lanes:])
		}
		for k := n - 3; k >= 0; k-- {
			reflectRows(lanes, n-k-1, n-k-1, v[((k+1)*n+k+1)*lanes:], n, x[(k*n+k+1)*lanes:], rows[k*lanes:])
		}
	}
	failed := shrink(lanes, m, n, d, e, u, v, part(3), part(4), part(5), part(6), skip)
	for i := range n {
		var sign [Width]float64
		for k := range lanes {
			at := &d[i*lanes+k]
			sign[k] = math.Copysign(1, *at)
			*at = math.Abs(*at)
		}
		if v != nil {
			times(lanes, n, v[i*n*lanes:], sign[:], 1)
		}
	}
	plain(u)
	plain(v)
	return failed
}

// Work is the number of numbers that Eigh and SVD of at most n rows need besides.
func Work(n int) int { return 7 * n * Width }

// identity is rows of the unit matrix.
func identity(lanes, rows, n int, x []float64) {
	clear(x[:rows*n*lanes])
	for i := range rows {
		for k := range lanes {
			x[(i*n+i)*lanes+k] = 1
		}
	}
}

// bidiagonal leaves reflectors in columns from the diagonal on, and in rows from the element after it on.
func bidiagonal(lanes, m, n int, x, d, e, columns, rows []float64) {
	var inverse [Width]float64
	for k := range n {
		column := x[(k*n+k)*lanes:]
		below := column[min(n*lanes, len(column)):]
		sigma := [Width]float64{}
		square(lanes, m-k-1, sigma[:], below, n)
		reflector(lanes, column, sigma[:], columns[k*lanes:], inverse[:])
		times(lanes, m-k-1, below, inverse[:], n)
		for l := range lanes {
			d[k*lanes+l], column[l] = column[l], 1
		}
		if k+1 == n {
			return
		}
		row := column[lanes:]
		reflect(lanes, m-k, n-k-1, row, n, below, n, columns[k*lanes:])
		if k+2 == n {
			copy(e[k*lanes:(k+1)*lanes], row)
			continue
		}
		sigma = [Width]float64{}
		square(lanes, n-k-2, sigma[:], row[lanes:], 1)
		reflector(lanes, row, sigma[:], rows[k*lanes:], inverse[:])
		times(lanes, n-k-2, row[lanes:], inverse[:], 1)
		for l := range lanes {
			e[k*lanes+l], row[l] = row[l], 1
		}
		reflectRows(lanes, m-k-1, n-k-1, x[((k+1)*n+k+1)*lanes:], n, row, rows[k*lanes:])
	}
}

// vanishing is where squares begin to lose bits: a rotation of two numbers whose squares add to less is left out.
const vanishing = 0x1p-800

// rotation turns (f, g) into (r, 0).
func rotation(f, g float64) (c, s, r float64) {
	h := math.FMA(f, f, float64(g*g))
	if h <= vanishing {
		return 1, 0, f
	}
	r = math.Sqrt(h)
	inverse := 1 / r
	return float64(f * inverse), float64(g * inverse), r
}

// turns1 rotates a row of n numbers and the next one, by = 1 or -1 further, then that and its next one, count times.
func turns1(count, n int, z []float64, from, by int, c, s []float64) {
	for i := range count {
		x, y := z[from*n:(from+1)*n], z[(from+by)*n:]
		c, s := c[i], s[i]
		for k, v := range x {
			w := y[k]
			x[k] = math.FMA(c, v, float64(s*w))
			y[k] = math.FMA(c, w, float64(-s*v))
		}
		from += by
	}
}

// shrink1 keeps the cosines and sines of a step's rotations from the right in cs and sn, from the left in cs1 and sn1.
func shrink1(m, n int, d, e, u, v, cs, sn, cs1, sn1 []float64) bool {
	for k := n - 1; k > 0; k-- {
		for step := 0; ; step++ {
			l, low := 0, math.Abs(d[0])
			most := low
			for i := range k {
				size, next := math.Abs(e[i]), math.Abs(d[i+1])
				if size <= float64(eps*(math.Abs(d[i])+next)) || size <= tiny {
					e[i] = 0
					l, low, most = i+1, next, next
				} else {
					low, most = min(low, next), max(most, size, next)
				}
			}
			if l == k {
				break
			}
			if step == steps {
				return false
			}
			f, g := d[l], e[l]
			if low > float64(eps*most) {
				f, g = shifted(f, g, d[k-1], e[k-1], d[k])
			}
			for i := l; i < k; i++ {
				c, s, r := rotation(f, g)
				if i > l {
					e[i-1] = r
				}
				f = math.FMA(c, d[i], float64(s*e[i]))
				off := math.FMA(c, e[i], float64(-s*d[i]))
				g = s * d[i+1]
				next := float64(c * d[i+1])
				cs[i-l], sn[i-l] = c, s
				c, s, d[i] = rotation(f, g)
				f = math.FMA(c, off, float64(s*next))
				d[i+1] = math.FMA(c, next, float64(-s*off))
				if i+1 < k {
					g, e[i+1] = s*e[i+1], c*e[i+1]
				}
				cs1[i-l], sn1[i-l] = c, s
			}
			if u != nil {
				turns1(k-l, n, v, l, 1, cs, sn)
				turns1(k-l, m, u, l, 1, cs1, sn1)
			}
			e[k-1] = f
		}
	}
	return true
}

// shifted is the first column of B^T B less the shift, from d_l, e_l, and the last 2 x 2 block of B.
func shifted(d, e, before, off, last float64) (f, g float64) {
	b := 0.5 * math.FMA(before+last, before-last, float64(off*off))
	c := float64(last * off)
	c = float64(c * c)
	r := math.Sqrt(math.FMA(b, b, c))
	if b < 0 {
		r = -r
	}
	return math.FMA(d+last, d-last, c/(b+r)), d * e
}
