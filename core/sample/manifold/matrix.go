package manifold

import "math"

// matrix is a small one, row by row.
type matrix struct {
	rows, cols int
	x          []float64
}

func newMatrix(rows, cols int) *matrix { return &matrix{rows, cols, make([]float64, rows*cols)} }

func (m *matrix) at(i, j int) float64     { return m.x[i*m.cols+j] }
func (m *matrix) set(i, j int, x float64) { m.x[i*m.cols+j] = x }

// product is m = a b; m is neither.
func (m *matrix) product(a, b *matrix) {
	for i := range m.rows {
		row := m.x[i*m.cols : (i+1)*m.cols]
		clear(row)
		for k, y := range a.x[i*a.cols : (i+1)*a.cols] {
			for j, z := range b.x[k*b.cols : (k+1)*b.cols] {
				row[j] += float64(y * z)
			}
		}
	}
}

// crossed is m = a' b.
func (m *matrix) crossed(a, b *matrix) {
	clear(m.x)
	for k := range a.rows {
		for i, y := range a.x[k*a.cols : (k+1)*a.cols] {
			row := m.x[i*m.cols : (i+1)*m.cols]
			for j, z := range b.x[k*b.cols : (k+1)*b.cols] {
				row[j] += float64(y * z)
			}
		}
	}
}

// degree is where the Taylor series of exp of a matrix of norm 1/2 ends: 2^-16 / 16! < 1e-18.
const degree = 15

// exponential has the scratch of one size.
type exponential struct{ term, next *matrix }

func newExponential(n int) *exponential { return &exponential{newMatrix(n, n), newMatrix(n, n)} }

// of is to = exp(a): the Taylor series of a / 2^s, squared s times. It overwrites a.
func (e *exponential) of(to, a *matrix) {
	norm, halvings := 0.0, 0
	for i := range a.rows {
		row := 0.0
		for j := range a.cols {
			row += math.Abs(a.at(i, j))
		}
		norm = max(norm, row)
	}
	for ; norm > 0.5 && halvings < 60; halvings++ {
		norm *= 0.5
	}
	scale := math.Ldexp(1, -halvings)
	for i := range a.x {
		a.x[i] *= scale
	}
	clear(to.x)
	clear(e.term.x)
	for i := range a.rows {
		to.set(i, i, 1)
		e.term.set(i, i, 1)
	}
	for d := range degree {
		e.next.product(e.term, a)
		for i, x := range e.next.x {
			e.term.x[i] = x / float64(d+1)
			to.x[i] += e.term.x[i]
		}
	}
	for range halvings {
		e.next.product(to, to)
		copy(to.x, e.next.x)
	}
}

// determinant is that of a, which it overwrites.
func determinant(a *matrix) float64 {
	det, n := 1.0, a.rows
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a.at(r, c)) > math.Abs(a.at(pivot, c)) {
				pivot = r
			}
		}
		if pivot != c {
			for j := range n {
				a.x[c*n+j], a.x[pivot*n+j] = a.x[pivot*n+j], a.x[c*n+j]
			}
			det = -det
		}
		det *= a.at(c, c)
		for r := c + 1; r < n; r++ {
			f := a.at(r, c) / a.at(c, c)
			for j := c; j < n; j++ {
				a.x[r*n+j] -= float64(f * a.at(c, j))
			}
		}
	}
	return det
}
