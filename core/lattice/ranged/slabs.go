package ranged

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/ranged/waves"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// A sweep that visits sites in turn goes slab by slab: cells that share their place along the first axes. What the spins of a slab have changed matters to the others
// when they are visited, not before, so that it is handed on as a whole when the slab is left. On axes that are periodic this is a convolution along the axes within the
// slab, a product of waves; what a slab is due is transformed back when it is entered. A spin then costs of the order of L numbers where each of the axes has L
// cells, in place of L^3.

// longest is how many cells an axis may have along which waves run, as their transforms are sums one by one.
const longest = 1024

// level is slabs that differ in their place along one axis; within them waves run along the axes behind it.
type level struct {
	slabs        int
	inside       int         // rows of a slab
	reals, pairs int         // waves that are real, and complex ones
	ahead, back  waves.Sums  // between waves along one axis less, slab by slab of the next level, and these
	tables       [][]float64 // by displacement, from 1 on
}

func (l *level) waves() int { return l.reals + 2*l.pairs }

// wave is the wave numbers of a wave, as an index among displacements along the axes within a slab.
type wave struct {
	at   int
	pair bool
}

// levels prepares them, where all axes are periodic; the transformed table is at hand axis by axis.
type levels struct {
	columns, width int // components of all sites of a cell, padded
	of             []level
	known          [][]wave
}

// newLevels has transforms, but no tables yet.
func newLevels(cells []int, columns int) (*levels, error) {
	d := len(cells)
	l := &levels{columns: columns, width: (columns + 3) &^ 3, of: make([]level, d-1), known: make([][]wave, d-1)}
	within, inside, size := []wave{{}}, 1, 1
	for j := d - 2; j >= 0; j-- {
		n, level := cells[j+1], &l.of[j]
		level.slabs, level.inside = cells[j], inside
		if _, err := array.Plan(cells[j]*size*n, 8*columns*l.width, "couplings of waves"); err != nil {
			return nil, err
		}
		within = level.transform(within, n, size, l.width)
		l.known[j] = within
		inside *= cells[j]
		size *= n
		level.tables = make([][]float64, max(cells[j]-1, 0))
		for dx := range level.tables {
			level.tables[dx] = make([]float64, waves.Size(columns, l.width, level.reals, level.pairs))
		}
	}
	return l, nil
}

// transform is between waves, as indices among size displacements, in each of n places along one more axis, and waves along that axis as well: a real wave
// becomes waves 0, n/2 and complex ones between, a complex one n complex ones. Rows are of real waves, then of real and imaginary parts.
func (l *level) transform(within []wave, n, size, width int) (all []wave) {
	type row struct {
		of, first, k int // the wave within, its row, the wave along the axis
		im           bool
	}
	var made []row
	rows := 0
	for _, pair := range []bool{false, true} {
		rows = 0
		for i, w := range within {
			for k := range n {
				if pair != (w.pair || 2*k%n != 0) || pair && !w.pair && 2*k > n {
					continue
				}
				all = append(all, wave{k*size + w.at, pair})
				made = append(made, row{i, rows, k, false})
				if pair {
					made = append(made, row{i, rows, k, true})
					l.pairs++
				} else {
					l.reals++
				}
			}
			rows++
			if w.pair {
				rows++
			}
		}
	}
	// The way back is the transpose, weighted.
	from, by := make([][]int, n*rows), make([][]float64, n*rows)
	for r, m := range made {
		weight := 1 / float64(n)
		if !within[m.of].pair && 2*m.k%n != 0 {
			weight *= 2
		}
		var places []int
		var shares []float64
		for y := range n {
			sin, cos := functions.SincosTurns1(float64(m.k*y%n) / float64(n))
			term := func(at int, x float64) {
				places, shares = append(places, at*width), append(shares, x)
				from[at], by[at] = append(from[at], r*width), append(by[at], float64(x*weight))
			}
			at, re, im := y*rows+m.first, cos, sin // exp(-i k y) (re + i im)
			if m.im {
				re, im = 0-sin, cos
			}
			if term(at, re); within[m.of].pair {
				term(at+1, im)
			}
		}
		l.ahead.Append(places, shares)
	}
	for at := range from {
		l.back.Append(from[at], by[at])
	}
	return all
}

// note takes the couplings of one component to another, whose waves run along the axes behind axis j: of displacements along that axis, size numbers each.
func (l *levels) note(j, from, to int, x []complex128, size int) {
	for dx, table := range l.of[j].tables {
		for _, w := range l.known[j] {
			v, at := x[(dx+1)*size+w.at], from*l.width+to
			if w.pair {
				at += from * l.width
				table[at+l.width] = imag(v)
				table, table[at] = table[2*l.columns*l.width:], real(v)
			} else {
				table, table[at] = table[l.columns*l.width:], real(v)
			}
		}
	}
}

// slabs are what a walker's sweep hands from slab to slab.
type slabs struct {
	*levels
	changes [][]float64 // by level, of the slabs of the next one within the current slab, as waves; last, of its cells
	waves   []float64   // of a slab
	due     [][]float64 // by level, of all its slabs
	owed    [][]bool    // whether there is something
	cells   []float64   // of a row
}

func newSlabs(l *levels) *slabs {
	s := &slabs{levels: l}
	number := 1
	for j := range l.of {
		level := &l.of[j]
		number *= level.slabs
		size := level.waves() * l.width
		s.changes = append(s.changes, make([]float64, size))
		s.due = append(s.due, make([]float64, number*size))
		s.owed = append(s.owed, make([]bool, number))
	}
	s.waves = make([]float64, len(s.changes[0]))
	s.cells = make([]float64, len(s.changes[len(l.of)-1]))
	return s
}

// leave hands on what has changed in the slabs of a row that row next is not in; -1 is none.
func (s *slabs) leave(row, next int) {
	for j := len(s.of) - 1; j >= 0 && row >= 0; j-- {
		l := &s.of[j]
		slab := row / l.inside
		if next >= 0 && next/l.inside == slab {
			break
		}
		size := l.waves() * s.width
		all := s.waves[:size]
		l.ahead.Set(all, s.changes[j], s.width, false)
		clear(s.changes[j])
		in := slab % l.slabs
		if j > 0 {
			to := s.changes[j-1][in*size : (in+1)*size]
			simd.Add(to, to, all)
		}
		for dx, table := range l.tables {
			to := slab - in + (in+dx+1)%l.slabs
			waves.Mix(s.due[j][to*size:(to+1)*size], all, table, s.columns, s.width, l.reals, l.pairs)
			s.owed[j][to] = true
		}
	}
}

// enter tells whether a row is due something in its cells.
func (s *slabs) enter(row int) bool {
	for j := range s.of {
		l := &s.of[j]
		slab, size := row/l.inside, l.waves()*s.width
		if !s.owed[j][slab] {
			continue
		}
		s.owed[j][slab] = false
		due := s.due[j][slab*size : (slab+1)*size]
		if j == len(s.of)-1 {
			l.back.Set(s.cells, due, s.width, false)
			clear(due)
			return true
		}
		n, next := s.of[j+1].slabs, s.of[j+1].waves()*s.width
		l.back.Set(s.due[j+1][slab*n*next:(slab+1)*n*next], due, s.width, true)
		clear(due)
		for k := range n {
			s.owed[j+1][slab*n+k] = true
		}
	}
	return false
}
