//go:build goexperiment.simd && amd64

package lanes

import "unsafe"

// Rows and columns are taken in fours, which share what is read of the vector; a group of them ends with single ones.

func products(lanes, rows, n int, to, a []float64, stride int, x []float64) {
	if lanes == 1 {
		products1(rows, n, to, a, stride, x)
		return
	}
	if rows == 0 {
		return
	}
	_, _, _ = to[rows*8-1], a[((rows-1)*stride+n)*8-1], x[n*8-1]
	t, p, q := here(to, 0), here(a, 0), here(x, 0)
	for ; rows >= 4; rows -= 4 {
		s0, s1, s2, s3 := fourProducts(n, p, stride, q)
		write(t, 0, s0)
		write(t, 1, s1)
		write(t, 2, s2)
		write(t, 3, s3)
		if rows == 4 {
			return // no pointer is made that leaves the arrays
		}
		t, p = unsafe.Add(t, 256), unsafe.Add(p, 256*stride)
	}
	for i := range rows {
		write(t, i, product(n, unsafe.Add(p, 64*i*stride), q))
	}
}

func product(n int, p, q unsafe.Pointer) vector {
	s := all(0)
	for k := range n {
		s = read(p, k).MulAdd(read(q, k), s)
	}
	return s
}

func fourProducts(n int, p unsafe.Pointer, stride int, q unsafe.Pointer) (s0, s1, s2, s3 vector) {
	p1, p2, p3 := unsafe.Add(p, 64*stride), unsafe.Add(p, 128*stride), unsafe.Add(p, 192*stride)
	for k := range n {
		v := read(q, k)
		s0 = read(p, k).MulAdd(v, s0)
		s1 = read(p1, k).MulAdd(v, s1)
		s2 = read(p2, k).MulAdd(v, s2)
		s3 = read(p3, k).MulAdd(v, s3)
	}
	return
}

func reflectRows(lanes, rows, n int, y []float64, stride int, v, tau []float64) {
	if lanes == 1 {
		reflectRows1(rows, n, y, stride, v, tau[0])
		return
	}
	if rows == 0 {
		return
	}
	_, _ = y[((rows-1)*stride+n)*8-1], v[n*8-1]
	p, q, minus := here(y, 0), here(v, 0), all(-1)
	t := get(tau, 0)
	for ; rows >= 4; rows -= 4 {
		s0, s1, s2, s3 := fourProducts(n, p, stride, q)
		s0, s1, s2, s3 = minus.Mul(s0.Mul(t)), minus.Mul(s1.Mul(t)), minus.Mul(s2.Mul(t)), minus.Mul(s3.Mul(t))
		p1, p2, p3 := unsafe.Add(p, 64*stride), unsafe.Add(p, 128*stride), unsafe.Add(p, 192*stride)
		for k := range n {
			v := read(q, k)
			write(p, k, s0.MulAdd(v, read(p, k)))
			write(p1, k, s1.MulAdd(v, read(p1, k)))
			write(p2, k, s2.MulAdd(v, read(p2, k)))
			write(p3, k, s3.MulAdd(v, read(p3, k)))
		}
		if rows == 4 {
			return
		}
		p = unsafe.Add(p, 256*stride)
	}
	for i := range rows {
		p := unsafe.Add(p, 64*i*stride)
		s := minus.Mul(product(n, p, q).Mul(t))
		for k := range n {
			write(p, k, s.MulAdd(read(q, k), read(p, k)))
		}
	}
}

func reflect(lanes, rows, cols int, y []float64, stride int, v []float64, apart int, tau []float64) {
	if lanes == 1 {
		reflect1(rows, cols, y, stride, v, apart, tau[0])
		return
	}
	if cols == 0 || rows == 0 {
		return
	}
	_ = y[((rows-1)*stride+cols)*8-1]
	if rows > 1 {
		_ = v[((rows-2)*apart+1)*8-1]
	}
	p, t, minus := here(y, 0), get(tau, 0), all(-1)
	for ; cols >= 4; cols -= 4 {
		w0, w1, w2, w3 := read(p, 0), read(p, 1), read(p, 2), read(p, 3)
		for i := 1; i < rows; i++ {
			a, row := get(v, (i-1)*apart), unsafe.Add(p, 64*i*stride)
			w0 = a.MulAdd(read(row, 0), w0)
			w1 = a.MulAdd(read(row, 1), w1)
			w2 = a.MulAdd(read(row, 2), w2)
			w3 = a.MulAdd(read(row, 3), w3)
		}
		w0, w1, w2, w3 = w0.Mul(t), w1.Mul(t), w2.Mul(t), w3.Mul(t)
		write(p, 0, read(p, 0).Sub(w0))
		write(p, 1, read(p, 1).Sub(w1))
		write(p, 2, read(p, 2).Sub(w2))
		write(p, 3, read(p, 3).Sub(w3))
		for i := 1; i < rows; i++ {
			a, row := minus.Mul(get(v, (i-1)*apart)), unsafe.Add(p, 64*i*stride)
			write(row, 0, a.MulAdd(w0, read(row, 0)))
			write(row, 1, a.MulAdd(w1, read(row, 1)))
			write(row, 2, a.MulAdd(w2, read(row, 2)))
			write(row, 3, a.MulAdd(w3, read(row, 3)))
		}
		if cols == 4 {
			return
		}
		p = unsafe.Add(p, 256)
	}
	for c := range cols {
		w := read(p, c)
		for i := 1; i < rows; i++ {
			w = get(v, (i-1)*apart).MulAdd(read(p, i*stride+c), w)
		}
		w = w.Mul(t)
		write(p, c, read(p, c).Sub(w))
		for i := 1; i < rows; i++ {
			write(p, i*stride+c, minus.Mul(get(v, (i-1)*apart)).MulAdd(w, read(p, i*stride+c)))
		}
	}
}

func twice(lanes, n int, a []float64, stride int, v, w []float64) {
	if lanes == 1 {
		twice1(n, a, stride, v, w)
		return
	}
	if n == 0 {
		return
	}
	_, _, _ = a[((n-1)*stride+n)*8-1], v[n*8-1], w[n*8-1]
	p, x, y, minus := here(a, 0), here(v, 0), here(w, 0), all(-1)
	for i := range n {
		row, b, c := unsafe.Add(p, 64*i*stride), minus.Mul(read(x, i)), minus.Mul(read(y, i))
		for k := range n {
			write(row, k, c.MulAdd(read(x, k), b.MulAdd(read(y, k), read(row, k))))
		}
	}
}
