// Package ranged holds spins that all meet: couplings of any range between sites of a lattice of cells, from tables by displacement.
package ranged

import (
	"fmt"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/ranged/rows"
	"github.com/ergodica/ergodica/core/linalg/fourier"
	"github.com/ergodica/ergodica/core/spec"
)

// couplings are J(d) between site a of a cell and site b of the cell d further on, one number for all components or a symmetric matrix of them.
type couplings struct {
	n      int   // components
	tensor bool  // a matrix
	cells  []int // of the lattice
	extent []int // of the table: as many on periodic axes, at least 2 L - 1 on open ones
	width  int   // sites of a cell
	sites  int
	self   []float64 // (width, n, n): of a site with its own images
	alike  bool      // self is a number for all components of a site
	scale  float64   // of the largest

	// What a moved spin changes: rows of sites along the last axis, which in a table go from -(L-1) to L-1 so that every shift is a piece of them.
	stride int
	slot   []int32        // (sites): where a site's field stands
	tables [][]float64    // of each site of a cell: channel after channel, displacement by displacement along the other axes
	meets  []rows.Rows    // by the row of the moved spin
	waves  [][]complex128 // of each pair of sites of a cell and each channel: conj of the transformed table
	levels *levels        // of sweeps in turn, of three components and tensors on periodic axes
}

// channels are the different elements of a matrix.
func (c *couplings) channels() int {
	if c.tensor {
		return c.n * (c.n + 1) / 2
	}
	return 1
}

// channel is where element (p, q) is found.
func (c *couplings) channel(p, q int) int {
	if p > q {
		p, q = q, p
	}
	return p*c.n - p*(p-1)/2 + q - p
}

// complete reads a table of shape (*extent, width, width) or (*extent, width, width, n, n).
func (c *couplings) complete(name string, l *geometry.Lattice, J array.Field, n int) error {
	*c = couplings{n: n, width: 1} // a system may be checked more than once
	switch {
	case l.Crystal != nil && l.Crystal.Helical:
		return spec.Mismatch(name, "a lattice of straight rows", "a helical one").Try("helical=False")
	case l.Crystal != nil:
		c.cells, c.width = l.Crystal.Shape, len(l.Crystal.Basis)
	case l.Shape != nil:
		c.cells = l.Shape
	default:
		return spec.Mismatch(name, "a hypercubic lattice or a crystal", fmt.Sprintf("a graph of %d sites", l.Sites())).Try("erg.lattice.Ising or erg.lattice.ON, whose J are those of any bonds")
	}
	d := len(c.cells)
	c.sites = l.Sites()
	c.tensor = len(J.Shape) == d+4
	want := fmt.Sprintf("shape (%s%d, %d), or with (%d, %d) after it; extents along an axis of L cells L, or 2 L - 1 and more where it is open", join(c.cells), c.width, c.width, n, n)
	refused := func() error {
		return spec.Errorf(spec.ShapeError, "%s.couplings: expected %s; got shape %v", name, want, J.Shape).With("argument", "couplings")
	}
	if len(J.Shape) != d+2 && !c.tensor || J.Shape[d] != c.width || J.Shape[d+1] != c.width || c.tensor && (J.Shape[d+2] != n || J.Shape[d+3] != n) {
		return refused()
	}
	c.extent = J.Shape[:d]
	for k, L := range c.cells {
		if m := c.extent[k]; m != L && m < 2*L-1 {
			return refused()
		}
	}
	if err := c.symmetric(name, J.Values); err != nil {
		return err
	}
	return c.tabulate(J.Values)
}

func join(n []int) (text string) {
	for _, x := range n {
		text += fmt.Sprint(x, ", ")
	}
	return text
}

// at is an element of the table; dis counts displacements.
func (c *couplings) at(J []float64, dis, a, b, p, q int) float64 {
	i := (dis*c.width+a)*c.width + b
	switch {
	case c.tensor:
		return J[(i*c.n+p)*c.n+q]
	case p == q:
		return J[i]
	}
	return 0
}

// size is the number of displacements.
func (c *couplings) size() int {
	n := 1
	for _, m := range c.extent {
		n *= m
	}
	return n
}

// symmetric refuses couplings that are not the same both ways, to rounding.
func (c *couplings) symmetric(name string, J []float64) error {
	for _, x := range J {
		c.scale = max(c.scale, math.Abs(x))
	}
	for dis := range c.size() {
		back := 0
		by := array.Unravel(dis, c.extent)
		for k, m := range by {
			back = back*c.extent[k] + (c.extent[k]-m)%c.extent[k]
		}
		for a := range c.width {
			for b := range c.width {
				for p := range c.n {
					for q := range p + 1 {
						x := c.at(J, dis, a, b, p, q)
						for _, y := range []float64{c.at(J, back, b, a, p, q), c.at(J, dis, a, b, q, p)} {
							if math.Abs(x-y) > 1e-12*c.scale {
								return spec.Errorf(spec.SpecError, "%s.couplings: expected J[d, a, b] = J[-d, b, a], symmetric in the components; got %v and %v at d = %v, a = %d, b = %d", name, x, y, by, a, b).
									With("argument", "couplings")
							}
						}
						if !c.tensor {
							break
						}
					}
					if !c.tensor {
						break
					}
				}
			}
		}
	}
	return nil
}

// tabulate writes what moved spins change, and transforms.
func (c *couplings) tabulate(J []float64) error {
	d := len(c.cells)
	last, reach := c.cells[d-1], c.extent[d-1]
	outer := c.sites / (last * c.width)
	others := c.size() / reach
	c.stride = (last*c.width + 7) &^ 7
	long := (2*last - 1) * c.width
	channels := c.channels()
	length := others*long + 2*c.stride
	if _, err := array.Plan(c.width*channels*length, 8, "tables of couplings"); err != nil {
		return err
	}
	if _, err := array.Plan(c.width*c.width*channels*c.size(), 16, "transformed couplings"); err != nil {
		return err
	}
	if n, err := array.Plan(outer, 4*outer, "pairs of rows"); err != nil || n > 1<<31 {
		return spec.Errorf(spec.SpecError, "couplings: %d rows of sites that all meet are too many", outer).With("argument", "lattice")
	}
	c.self = make([]float64, c.width*c.n*c.n)
	for b := range c.width {
		for p := range c.n {
			for q := range c.n {
				c.self[(b*c.n+p)*c.n+q] = c.at(J, 0, b, b, p, q)
			}
		}
	}
	c.alike = true
	for i, x := range c.self {
		want := 0.0
		if i%(c.n*c.n)%(c.n+1) == 0 {
			want = c.self[i-i%(c.n*c.n)]
		}
		c.alike = c.alike && math.Abs(x-want) <= 1e-12*c.scale
	}
	element := func(dis, a, b, ch int) float64 {
		if dis == 0 && a == b {
			return 0
		}
		p, q := 0, 0
		for k := range c.n * c.n {
			if c.tensor && c.channel(k/c.n, k%c.n) == ch {
				p, q = k/c.n, k%c.n
			}
		}
		return c.at(J, dis, a, b, p, q)
	}
	// By symmetry J[x - y, b, a] is what site a at x has from site b at y.
	for b := range c.width {
		t := make([]float64, channels*length)
		for ch := range channels {
			for o := range others {
				for z := range 2*last - 1 {
					along := (z - last + 1 + reach) % reach
					for a := range c.width {
						t[ch*length+o*long+z*c.width+a] = element(o*reach+along, b, a, ch)
					}
				}
			}
		}
		c.tables = append(c.tables, t)
	}
	c.slot = make([]int32, c.sites)
	for i := range c.slot {
		row, in := i/(last*c.width), i%(last*c.width)
		c.slot[i] = int32(row*c.stride + in)
	}
	for from := range outer {
		y, offsets := array.Unravel(from, c.cells[:d-1]), make([]int32, outer)
		for to := range offsets {
			dis := 0
			for k, x := range array.Unravel(to, c.cells[:d-1]) {
				dis = dis*c.extent[k] + (x-y[k]+c.extent[k])%c.extent[k]
			}
			offsets[to] = int32(dis * long)
		}
		c.meets = append(c.meets, rows.New(offsets, c.stride, last*c.width))
	}
	w := fourier.NewWorkspace(nil)
	if c.tensor && c.n == 3 && d > 1 && slices.Equal(c.cells, c.extent) && slices.Max(c.cells[1:]) <= longest {
		var err error
		if c.levels, err = newLevels(c.cells, c.n*c.width); err != nil {
			return err
		}
	}
	for a := range c.width {
		for b := range c.width {
			for ch := range channels {
				x := make([]complex128, c.size())
				for dis := range x {
					x[dis] = complex(element(dis, a, b, ch), 0)
				}
				if err := c.transform(w, x, false, func(k, size int) {
					for pq := range c.n * c.n {
						if p, q := pq/c.n, pq%c.n; c.levels != nil && k > 0 && c.channel(p, q) == ch {
							c.levels.note(k-1, q*c.width+a, p*c.width+b, x, size)
						}
					}
				}); err != nil {
					return err
				}
				for k, v := range x {
					x[k] = complex(real(v), 0-imag(v))
				}
				c.waves = append(c.waves, x)
			}
		}
	}
	return nil
}

// transform is along every axis, the last first, after each of which done is told of it and of how many numbers there are from it on; the inverse is scaled.
func (c *couplings) transform(w *fourier.Workspace, x []complex128, inverted bool, done func(axis, size int)) error {
	inner := 1
	for k := len(c.extent) - 1; k >= 0; k-- {
		n, scale := c.extent[k], 1.0
		if inverted {
			scale = 1 / float64(n)
		}
		if err := fourier.Complex(w, x, x, len(x)/(inner*n), n, inner, inverted, scale); err != nil {
			return err
		}
		inner *= n
		if done != nil {
			done(k, inner)
		}
	}
	return nil
}

// neighbours are the nearest ones, with the boundary of the table.
func (c *couplings) neighbours(l *geometry.Lattice) (*geometry.Graph, error) {
	if l.Shape == nil {
		return l.Graph()
	}
	periodic := make([]bool, len(c.cells))
	for k, n := range c.cells {
		periodic[k] = c.extent[k] == n
	}
	cubic, err := geometry.NewHypercubic(c.cells, periodic...)
	if err != nil {
		return nil, err
	}
	return cubic.Graph()
}
