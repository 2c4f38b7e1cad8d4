// Package rows adds what one moved spin changes of the fields of all others, with the same bits on every level of SIMD.
package rows

import "math"

// Rows of fields lie Stride apart, a multiple of 8; row k meets the row of a table that begins at From[k] (plus a shift that is that of the moved spin).
type Rows struct {
	From   []int32
	Stride int
	Line   int // places of a row that are used, rounded up to a multiple of 4
	need   int // of a table that is not shifted
}

// New looks how far they reach, as vector loads are not checked.
func New(from []int32, stride, used int) Rows {
	r := Rows{from, stride, (used + 3) &^ 3, 0}
	for _, at := range from {
		if r.need = max(r.need, int(at)+stride); at < 0 || stride%8 != 0 || r.Line > stride {
			panic("rows: a row begins before its table, or is no whole number of vectors")
		}
	}
	return r
}

// Add is f += d t, row by row. A table goes on for Stride numbers from where its last row begins.
func (r *Rows) Add(f, t []float64, shift int, d float64) {
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

// Check looks whether a shifted table of tensors has all that rows meet.
func (r *Rows) Check(t []float64, m int) { _ = t[5*m:][:r.need] }

// AddTensors is f_p += sum_q t_pq d_q for three components, whose fields lie one after the other, and moves in turn: move k has the components d[k] and the table
// t[k], from its shift on, whose channels xx, xy, xz, yy, yz, zz are m numbers apart, and which [Rows.Check] has seen. Only the rows from, ..., to-1 and their first Line places change.
func (r *Rows) AddTensors(f []float64, t [][]float64, m int, d [][3]float64, from, to int) {
	n := len(r.From) * r.Stride
	f, d = f[:3*n], d[:len(t)]
	if from >= to || len(t) == 0 || r.tensorsVector(f, t, m, d, from, to) {
		return
	}
	for k, at := range r.From[from:to] {
		for j, x := range t {
			for i := range r.Line {
				g, x := f[(from+k)*r.Stride+i:], x[int(at)+i:]
				xx, xy, xz, yy, yz, zz := x[0], x[m], x[2*m], x[3*m], x[4*m], x[5*m]
				g[0] = math.FMA(xz, d[j][2], math.FMA(xy, d[j][1], math.FMA(xx, d[j][0], g[0])))
				g[n] = math.FMA(yz, d[j][2], math.FMA(yy, d[j][1], math.FMA(xy, d[j][0], g[n])))
				g[2*n] = math.FMA(zz, d[j][2], math.FMA(yz, d[j][1], math.FMA(xz, d[j][0], g[2*n])))
			}
		}
	}
}

// AddCells adds to three components of the fields of a row, which are that far apart, what stands cell by cell: three times the sites of a cell, a cell every apart numbers.
func AddCells(f []float64, component int, cells []float64, sites, apart int) {
	n := len(cells) / apart
	if sites <= 0 || 3*sites > apart || len(cells) != n*apart || n > 0 && n*sites > component {
		panic("rows: no such cells")
	}
	for p := range 3 {
		to := f[p*component:][:n*sites]
		if from := cells[p*sites:]; sites != 4 || !addFours(to, from, apart) {
			for len(to) > 0 {
				for b, x := range from[:sites] {
					to[b] += x
				}
				if to = to[sites:]; len(to) > 0 {
					from = from[apart:]
				}
			}
		}
	}
}
