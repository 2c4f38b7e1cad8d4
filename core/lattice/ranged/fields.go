package ranged

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/ranged/rows"
	"github.com/ergodica/ergodica/core/linalg/fourier"
)

const resummed = 256 // sweeps after which fields are summed anew, against rounding

// fields are x_i = sum_j J_ij s_j of one walker, followed from move to move; a configuration that comes from elsewhere is summed by Fourier transforms. What
// has become of them by rounding is part of a saved state, as is how many sites were visited since they were summed, behind them.
type fields struct {
	*couplings
	kept  []float64
	x     []float64   // kept, without the count
	turns [][]float64 // tables as they are shifted for each site of a row, where they are of three components
	line  rows.Line
	row   int // of spins that moved, by so much, and of which only their own row knows; its first site
	first int
	moves [][]float64
	by    [][3]float64
	slabs *slabs  // of sites that are visited in turn, else nil
	turn  bool    // such a visit is under way
	grid  []int32 // of every cell: its place among the displacements
	waves [][]complex128
	sum   []complex128
	w     *fourier.Workspace
}

// newFields are of sites that are visited in turn or in any order.
func newFields(c *couplings, inTurn bool) *fields {
	f := &fields{couplings: c, sum: make([]complex128, c.size()), w: fourier.NewWorkspace(nil)}
	if line := c.cells[len(c.cells)-1] * c.width; c.tensor && c.n == 3 {
		f.moves, f.by = make([][]float64, 0, line), make([][3]float64, 0, line)
		for in := range line {
			b := in % c.width
			t := c.tables[b][line-c.width-(in-b):]
			for _, r := range c.meets {
				r.Check(t, len(c.tables[b])/6)
			}
			f.turns = append(f.turns, t)
		}
		width := (3*c.width + 3) &^ 3
		f.line = rows.Line{Tables: f.turns, M: len(c.tables[0]) / 6, Places: (line + 3) &^ 3, Width: c.width, Cell: width, Component: len(c.meets) * c.stride,
			Changes: make([]float64, line/c.width*width)}
	}
	if inTurn && c.levels != nil {
		f.slabs = newSlabs(c.levels)
		f.line.Changes = f.slabs.changes[len(c.cells)-2]
	}
	n := c.n * len(c.meets) * c.stride
	f.kept = make([]float64, n+1)
	f.x = f.kept[:n]
	for range c.width * c.n {
		f.waves = append(f.waves, make([]complex128, c.size()))
	}
	cells := c.sites / c.width
	f.grid = make([]int32, cells)
	for cell := range f.grid {
		at := 0
		for k, x := range array.Unravel(cell, c.cells) {
			at = at*c.extent[k] + x
		}
		f.grid[cell] = int32(at)
	}
	return f
}

// anew sums the fields; component p of site i is value(i*n + p).
func (f *fields) anew(value func(i int) float64) {
	f.moves, f.by = f.moves[:0], f.by[:0]
	n := f.n
	for b := range f.width {
		for p := range n {
			x := f.waves[b*n+p]
			clear(x)
			for cell, at := range f.grid {
				x[at] = complex(value((cell*f.width+b)*n+p), 0)
			}
			if err := f.transform(f.w, x, false, nil); err != nil {
				panic(err) // the job's guard hands it on
			}
		}
	}
	comp := len(f.x) / n
	for a := range f.width {
		for p := range n {
			clear(f.sum)
			for b := range f.width {
				for q := range n {
					ch := 0
					if f.tensor {
						ch = f.channel(p, q)
					} else if p != q {
						continue
					}
					J, s := f.couplings.waves[(a*f.width+b)*f.channels()+ch], f.waves[b*n+q]
					for k, v := range J {
						x, y := real(s[k]), imag(s[k])
						f.sum[k] += complex(float64(real(v)*x)-float64(imag(v)*y), float64(real(v)*y)+float64(imag(v)*x))
					}
				}
			}
			if err := f.transform(f.w, f.sum, true, nil); err != nil {
				panic(err)
			}
			for cell, at := range f.grid {
				f.x[p*comp+int(f.slot[cell*f.width+a])] = real(f.sum[at])
			}
		}
	}
	f.kept[len(f.x)] = 0
}

// stale tells whether it is time to sum anew, and counts visits.
func (f *fields) stale(visits int) bool {
	count := &f.kept[len(f.x)]
	old := *count >= float64(resummed*f.sites)
	*count += float64(visits)
	return old
}

// at reads the field of a site.
func (f *fields) at(x []float64, i int) {
	f.known(i)
	comp, s := len(f.x)/f.n, int(f.slot[i])
	for p := range x {
		x[p] = f.x[p*comp+s]
	}
}

// known makes the field of a site what it is: all rows know of what has moved in another.
func (f *fields) known(i int) {
	if uint(i-f.first) >= uint(len(f.turns)) && f.turns != nil {
		row := i / len(f.turns)
		if f.turn {
			f.slabs.leave(f.row, row)
			f.due(row)
		} else {
			f.settle()
		}
		f.row, f.first = row, row*len(f.turns)
	}
}

// begin and end are around visits in turn.
func (f *fields) begin() {
	if f.slabs != nil {
		f.settle()
		f.turn, f.row, f.first = true, -1, 0-len(f.turns)
	}
}

func (f *fields) end() {
	if f.turn {
		f.turn = false
		f.slabs.leave(f.row, -1)
		for row := range f.meets {
			f.due(row)
		}
	}
}

// due adds to a row what slabs owe it.
func (f *fields) due(row int) {
	s := f.slabs
	if !s.enter(row) {
		return
	}
	rows.AddCells(f.x[row*f.stride:], len(f.x)/3, s.cells, f.width, s.width)
}

// in makes the row of site i the line, and tells its place there and how many of the next visits go on in it.
func (f *fields) in(s, outer []float64, i, visits int) (from, to int) {
	f.known(i)
	l := &f.line
	l.Fields, l.Spins, l.Outer, l.Step = f.kept[f.row*f.stride:], s[3*f.first:], none[:], 0
	if len(outer) == 3 {
		l.Outer = outer
	} else if outer != nil {
		l.Outer, l.Step = outer[3*f.first:], 3
	}
	if from, to = i-f.first, i-f.first+1; f.turn {
		to = min(len(f.turns), from+visits)
	}
	return from, to
}

var none [3]float64

// follow is after turns in the line: of visits that are not in turn other rows get to know.
func (f *fields) follow(from int) {
	if !f.turn {
		var d [3]float64
		for p := range d {
			c := f.changed(from, p)
			d[p], *c = *c, 0
		}
		f.other(from, d)
	}
}

// changed is what the sweep has changed of component p of a spin of the row.
func (f *fields) changed(in, p int) *float64 {
	return &f.line.Changes[in/f.width*f.line.Cell+p*f.width+in%f.width]
}

func (f *fields) settle() {
	if len(f.moves) > 0 {
		m, meets := len(f.tables[0])/6, &f.meets[f.row]
		meets.AddTensors(f.x, f.moves, m, f.by, 0, f.row)
		meets.AddTensors(f.x, f.moves, m, f.by, f.row+1, len(meets.From))
		f.moves, f.by = f.moves[:0], f.by[:0]
	}
}

// moved adds what others get from a change of spin i by d.
func (f *fields) moved(i int, d []float64) {
	line := f.cells[len(f.cells)-1] * f.width
	row, in := i/line, i%line
	b := in % f.width
	shift := line - f.width - (in - b)
	t, meets := f.tables[b], &f.meets[row]
	switch {
	case !f.tensor:
		comp := len(f.x) / f.n
		for p, x := range d {
			meets.Add(f.x[p*comp:(p+1)*comp], t, shift, x)
		}
	case f.n == 3:
		f.turned(i, d[0], d[1], d[2])
	default:
		comp, m := len(f.x)/f.n, len(t)/f.channels()
		for p := range d {
			for q, x := range d {
				ch := f.channel(p, q)
				meets.Add(f.x[p*comp:(p+1)*comp], t[ch*m:(ch+1)*m], shift, x)
			}
		}
	}
}

// turned is moved for three components and tensors: the spin's row knows at once.
func (f *fields) turned(i int, x, y, z float64) {
	f.known(i)
	d := [1][3]float64{{x, y, z}}
	in := i - f.first
	f.meets[f.row].AddTensors(f.x, f.turns[in:in+1], len(f.tables[0])/6, d[:], f.row, f.row+1)
	if f.turn {
		for p, x := range d[0] {
			*f.changed(in, p) += x
		}
	} else {
		f.other(in, d[0])
	}
}

// other is what a spin of the row changes in other rows.
func (f *fields) other(in int, d [3]float64) {
	n := len(f.by)
	if n == cap(f.by) {
		f.settle()
		n = 0
	}
	f.moves, f.by = f.moves[:n+1], f.by[:n+1]
	f.moves[n], f.by[n] = f.turns[in], d
}
