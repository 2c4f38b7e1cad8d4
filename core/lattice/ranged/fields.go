package ranged

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/linalg/fourier"
)

const resummed = 64 // sweeps after which fields are summed anew, against rounding

// fields are x_i = sum_j J_ij s_j of one walker, followed from move to move; a configuration that comes from elsewhere is summed by Fourier transforms. What
// has become of them by rounding is part of a saved state, as is how many sites were visited since they were summed, behind them.
type fields struct {
	*couplings
	kept  []float64
	x     []float64 // kept, without the count
	grid  []int32   // of every cell: its place among the displacements
	waves [][]complex128
	sum   []complex128
	w     *fourier.Workspace
}

func newFields(c *couplings) *fields {
	f := &fields{couplings: c, sum: make([]complex128, c.size()), w: fourier.NewWorkspace(nil)}
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
	comp, s := len(f.x)/f.n, int(f.slot[i])
	for p := range x {
		x[p] = f.x[p*comp+s]
	}
}

// moved adds what others get from a change of spin i by d.
func (f *fields) moved(i int, d []float64) {
	line := f.cells[len(f.cells)-1] * f.width
	row, in := i/line, i%line
	b := in % f.width
	shift := line - f.width - (in - b)
	t, meets := f.tables[b], f.meets[row]
	switch {
	case !f.tensor:
		comp := len(f.x) / f.n
		for p, x := range d {
			meets.Add(f.x[p*comp:(p+1)*comp], t, shift, x)
		}
	case f.n == 3:
		meets.AddTensor(f.x, t, shift, [3]float64(d))
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
