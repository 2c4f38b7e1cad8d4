// Package waves has the kernels of sums over waves: short Fourier transforms of many columns, and products of every wave with a matrix of its own, with the same
// bits on every level of SIMD. Numbers lie wave by wave, a row of columns each, padded to a multiple of 4 by zeros; a complex wave is a row of real and a row of imaginary parts.
package waves

import "math"

// Sums are rows that are made of others: row o is the sum of By[t] times the row that begins at From[t], Start[o] <= t < Start[o+1].
type Sums struct {
	Start, From []int32
	By          []float64
	need        int
}

// Append completes a row.
func (s *Sums) Append(from []int, by []float64) {
	if len(s.Start) == 0 {
		s.Start = []int32{0}
	}
	for t, at := range from {
		if by[t] != 0 {
			s.From, s.By = append(s.From, int32(at)), append(s.By, by[t])
			s.need = max(s.need, at)
		}
	}
	s.Start = append(s.Start, int32(len(s.From)))
}

// Set makes rows of width numbers, a multiple of 4, or with add adds to them.
func (s *Sums) Set(dst, src []float64, width int, add bool) {
	rows := len(s.Start) - 1
	dst, src = dst[:rows*width], src[:s.need+width]
	if width%4 != 0 {
		panic("waves: rows are no whole number of vectors")
	}
	if !add {
		clear(dst)
	}
	if s.setVector(dst, src, width) {
		return
	}
	for o := range rows {
		row := dst[o*width : (o+1)*width]
		for t := s.Start[o]; t < s.Start[o+1]; t++ {
			by := s.By[t]
			for c, x := range src[s.From[t]:][:width] {
				row[c] = math.FMA(by, x, row[c])
			}
		}
	}
}

// Size is how many numbers a table of matrices has.
func Size(columns, width, reals, pairs int) int { return columns * width * (reals + 2*pairs) }

// Mix is f_k += J_k s_k for waves k, of which reals are real, and pairs complex, behind them. A row has width numbers, of which columns count; the table has, wave by wave, what column after column
// of s adds to the rows of f: the real part, and for complex waves behind it the imaginary one.
func Mix(f, s, table []float64, columns, width, reals, pairs int) {
	waves := reals + 2*pairs
	f, s, table = f[:waves*width], s[:waves*width], table[:Size(columns, width, reals, pairs)]
	if width%4 != 0 || columns > width {
		panic("waves: rows are no whole number of vectors")
	}
	if waves == 0 || mixVector(f, s, table, columns, width, reals, pairs) {
		return
	}
	for k := range reals {
		for _, x := range s[k*width:][:columns] {
			for c, t := range table[:width] {
				f[k*width+c] = math.FMA(t, x, f[k*width+c])
			}
			table = table[width:]
		}
	}
	for k := reals; k < waves; k += 2 {
		for c := range width {
			re, im := f[k*width+c], f[(k+1)*width+c]
			var less, more float64
			for i := range columns {
				x, y := s[k*width+i], s[(k+1)*width+i]
				a, b := table[2*i*width+c], table[(2*i+1)*width+c]
				re, im = math.FMA(a, x, re), math.FMA(a, y, im)
				less, more = math.FMA(b, y, less), math.FMA(b, x, more)
			}
			f[k*width+c], f[(k+1)*width+c] = re-less, im+more
		}
		table = table[2*columns*width:]
	}
}
