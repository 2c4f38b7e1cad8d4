// Package rows adds what one moved spin changes of the fields of all others, with the same bits on every level of SIMD.
package rows

import "math"

// Rows of fields lie Stride apart, a multiple of 8; row k meets the row of a table that begins at From[k] (plus a shift that is that of the moved spin).
type Rows struct {
	From   []int32
	Stride int
	need   int // of a table that is not shifted
}

// New looks how far they reach, as vector loads are not checked.
func New(from []int32, stride int) Rows {
	r := Rows{from, stride, 0}
	for _, at := range from {
		if r.need = max(r.need, int(at)+stride); at < 0 || stride%8 != 0 {
			panic("rows: a row begins before its table, or is no whole number of vectors")
		}
	}
	return r
}

// Add is f += d t, row by row. A table goes on for Stride numbers from where its last row begins.
func (r Rows) Add(f, t []float64, shift int, d float64) {
	f = f[:len(r.From)*r.Stride]
	_ = t[shift:][:r.need]
	done := r.addVector(f, t, shift, d)
	for k, from := range r.From[done:] {
		row := f[(done+k)*r.Stride : (done+k+1)*r.Stride]
		for i, x := range t[int(from)+shift : int(from)+shift+r.Stride] {
			row[i] = math.FMA(x, d, row[i])
		}
	}
}

// AddTensor is f_p += sum_q t_pq d_q for three components, whose fields lie one after the other; the tables xx, xy, xz, yy, yz, zz of symmetric tensors too.
func (r Rows) AddTensor(f, t []float64, shift int, d [3]float64) {
	n, m := len(r.From)*r.Stride, len(t)/6
	f = f[:3*n]
	_ = t[shift:m][:r.need]
	done := r.tensorVector(f, t, shift, d)
	for k, from := range r.From[done:] {
		at := (done + k) * r.Stride
		for i := range r.Stride {
			x := t[int(from)+shift+i:]
			xx, xy, xz, yy, yz, zz := x[0], x[m], x[2*m], x[3*m], x[4*m], x[5*m]
			f[at+i] = math.FMA(xz, d[2], math.FMA(xy, d[1], math.FMA(xx, d[0], f[at+i])))
			f[n+at+i] = math.FMA(yz, d[2], math.FMA(yy, d[1], math.FMA(xy, d[0], f[n+at+i])))
			f[2*n+at+i] = math.FMA(zz, d[2], math.FMA(yz, d[1], math.FMA(xz, d[0], f[2*n+at+i])))
		}
	}
}
