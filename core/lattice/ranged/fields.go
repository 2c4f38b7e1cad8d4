package ranged

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/linalg/fourier"
)

const resummed = 64 // sweeps after which fields are summed anew, against rounding

// fields are x_i = sum_j J_ij s_j of one walker, followed from move to move; a configuration that comes from elsewhere is summed by Fourier transforms. What
// has become of them by rounding is part of a saved state, as is how many sites were visited since they were summed, behind them.
type fields struct {
	*couplings
	kept  []float64
	x     []float64   // kept, without the count
	turns [][]float64 // tables as they are shifted for each site of a row, where they are of three components
	row   int         // of spins that moved, by so much, and of which only their own row knows; its first site
	first int
	moves [][]float64
	by    [][3]float64
	grid  []int32 // of every cell: its place among the displacements
	waves [][]complex128
	sum   []complex128
	w     *fourier.Workspace
}

func newFields(c *couplings) *fields {
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
			if err := f.transform(f.w, x, false); err != nil {
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
			if err := f.transform(f.w, f.sum, true); err != nil {
				panic(err)
			}
			for cell, at := range f.grid {
				f.x[p*comp+int(f.slot[cell*f.width+a])] = real(f.sum[at])
			}
		}
	}
	f.kept[len(f.x)] = 0
}

// due tells whether it is time to sum anew, and counts visits.
func (f *fields) due(visits int) bool {
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
		f.settle()
		f.row = i / len(f.turns)
		f.first = f.row * len(f.turns)
	}
}

// seen is what turned makes of the field x, y, z of another site j of the row of i, with the same bits: the next draw need not wait until that is written and read.
func (f *fields) seen(i, j int, x, y, z, dx, dy, dz float64) (a, b, c float64) {
	m := len(f.tables[0]) / 6
	t := f.turns[i-f.first][int(f.meets[f.row].From[f.row])+j-f.first:]
	xx, xy, xz, yy, yz, zz := t[0], t[m], t[2*m], t[3*m], t[4*m], t[5*m]
	a = math.FMA(xz, dz, math.FMA(xy, dy, math.FMA(xx, dx, x)))
	b = math.FMA(yz, dz, math.FMA(yy, dy, math.FMA(xy, dx, y)))
	c = math.FMA(zz, dz, math.FMA(yz, dy, math.FMA(xz, dx, z)))
	return a, b, c
}

// line is the number of sites of a row.
func (f *fields) line() int { return f.cells[len(f.cells)-1] * f.width }

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
	line := f.line()
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
	n := len(f.by)
	if n == cap(f.by) {
		f.settle()
		n = 0
	}
	f.moves, f.by = f.moves[:n+1], f.by[:n+1]
	f.moves[n], f.by[n] = f.turns[i-f.first], [3]float64{x, y, z}
	f.meets[f.row].AddTensors(f.x, f.moves[n:], len(f.tables[0])/6, f.by[n:], f.row, f.row+1)
}
