package engine

import "unsafe"

// integerProduct multiplies matrices of integers modulo their width: rows of the result in units, four terms at a time.
func integerProduct[T int64 | int32](s *stage, p *product) {
	batches := p.inner.n
	for _, r := range p.outer {
		batches *= r.n
	}
	blocks, per := divided(p.rows, p.cols*max(p.terms, 1))
	s.units = batches * blocks
	s.cost = 0.5 * float64(batches*p.rows) * float64(p.cols*max(p.terms, 1))
	size := int(unsafe.Sizeof(*new(T)))
	s.unit = func(f *frame, u int) {
		k := u / blocks
		i := k % p.inner.n
		x, y, out := p.x.offset+i*p.inner.x, p.y.offset+i*p.inner.y, i*p.inner.out
		k /= p.inner.n
		for _, r := range p.outer {
			x, y, out = x+k%r.n*r.x, y+k%r.n*r.y, out+k%r.n*r.out
			k /= r.n
		}
		from := u % blocks * per
		for i := from; i < min(from+per, p.rows); i++ {
			integerRow(elements[T](f, p.out, out+i*p.cols, p.cols), unsafe.Add(f.ptr[p.x.mem], (x+i*p.x.line)*size), unsafe.Add(f.ptr[p.y.mem], y*size), p)
		}
	}
}

func integerRow[T int64 | int32](to []T, x, y unsafe.Pointer, p *product) {
	if p.y.line != 1 && p.cols > 1 {
		for j := range to {
			var sum T
			for k := range p.terms {
				sum += *ref[T](x, k*p.x.term) * *ref[T](y, j*p.y.line+k*p.y.term)
			}
			to[j] = sum
		}
		return
	}
	clear(to)
	n := len(to)
	row := func(k int) []T { return unsafe.Slice(ref[T](y, k*p.y.term), n) }
	k := 0
	for ; k+4 <= p.terms; k += 4 {
		a, b, c, d := *ref[T](x, k*p.x.term), *ref[T](x, (k+1)*p.x.term), *ref[T](x, (k+2)*p.x.term), *ref[T](x, (k+3)*p.x.term)
		q, r, s, t := row(k), row(k+1), row(k+2), row(k+3)
		for j := range to {
			to[j] += a*q[j] + b*r[j] + c*s[j] + d*t[j]
		}
	}
	for ; k < p.terms; k++ {
		a := *ref[T](x, k*p.x.term)
		for j, v := range row(k) {
			to[j] += a * v
		}
	}
}
