// Package checkered lays out hypercubic lattices that two colours tile: the sites of a colour in a plane of their own, rows between margins, so that the
// neighbours of consecutive places are consecutive places of the other plane. Rules that update many sites at once work on it.
package checkered

import (
	"math/bits"

	"github.com/ergodica/ergodica/core/geometry"
)

// Layout is where sites stand. A row is a line along the last axis that is longer than 1; its sites of one colour are x = 2 j + first, where first is the parity of
// the row's other coordinates for colour 0 and the opposite for colour 1. Of a site's two neighbours along the row one has the place of the site itself in the
// other plane, the second is one place further on where first = 1, one back where it is 0; all others are as many places away as Across says, both ways. Beyond
// the ends of periodic axes there are copies of what is at the other end, beyond open ones places that nobody writes to.
type Layout struct {
	Size   int         // places of a plane, a multiple of 64; none within 64 places of its ends is a site
	Across []int       // how far away neighbours in other rows are
	Sites  [2][]uint64 // bits of the places that are sites, by colour
	Ahead  [2][]uint64 // bits of those whose second neighbour along the row is one further on
	Within [2]int      // the words from Within[0] to Within[1]-1 have all sites
	Open   bool        // some sites lack neighbours

	side    int     // sites of a row
	rows    []int32 // the place of j = 0
	odd     []bool  // first for colour 0
	margins []margin
	ends    []end
}

// margin is a stretch of places that is a copy of another; end is one place that is, of colour 0 or 1.
type margin struct{ to, from, n int32 }

type end struct{ to, from [2]int32 }

// Edge is how many places at both ends of a plane belong to no site, so that vectors may reach beyond.
const Edge = 64

// Lay is nil for a graph, a lattice without bonds, one that two colours do not tile, and one so small and of so many axes that margins are most of it.
func Lay(l *geometry.Lattice) *Layout {
	if l.Shape == nil || l.Bonds() == 0 {
		return nil
	}
	var shape []int
	var wraps []bool
	open := false
	for d, n := range l.Shape {
		if n == 1 {
			continue
		}
		if l.Periodic[d] && n%2 != 0 {
			return nil
		}
		open = open || !l.Periodic[d]
		shape, wraps = append(shape, n), append(wraps, l.Periodic[d])
	}
	last := len(shape) - 1
	side := shape[last]
	half := (side + 1) / 2
	size := half + 2
	strides := make([]int, last)
	for d := last - 1; d >= 0; d-- {
		strides[d] = size
		size *= shape[d] + 2
	}
	if size > 8*max(l.Sites(), Edge) || size > 1<<31-4*Edge {
		return nil
	}
	size = (size+63)&^63 + 2*Edge
	m := &Layout{Size: size, Across: strides, Open: open, side: side}
	for c := range 2 {
		m.Sites[c], m.Ahead[c] = make([]uint64, size/64), make([]uint64, size/64)
	}
	m.place(shape[:last], half)
	m.repeat(shape, wraps, half)
	return m
}

// place finds the rows.
func (m *Layout) place(shape []int, half int) {
	at := make([]int, len(shape))
	for {
		place, sum := Edge+1, 0
		for d, x := range at {
			place += (x + 1) * m.Across[d]
			sum += x
		}
		m.rows, m.odd = append(m.rows, int32(place)), append(m.odd, sum%2 == 1)
		for c := range 2 {
			first := (sum + c) % 2
			for j := range half {
				p := place + j
				if 2*j+first < m.side {
					m.Sites[c][p/64] |= 1 << (p % 64)
				}
				if first == 1 {
					m.Ahead[c][p/64] |= 1 << (p % 64)
				}
			}
		}
		d := len(at) - 1
		for ; d >= 0; d-- {
			if at[d]++; at[d] < shape[d] {
				break
			}
			at[d] = 0
		}
		if d < 0 {
			break
		}
	}
	m.Within = [2]int{int(m.rows[0]) / 64, (int(m.rows[len(m.rows)-1])+half-1)/64 + 1}
}

// repeat lists what margins are copies of.
func (m *Layout) repeat(shape []int, wraps []bool, half int) {
	last := len(shape) - 1
	if wraps[last] {
		for r, place := range m.rows {
			// Plane c is read by sites of the other colour, those of a row with first = 0 one back of its start, with first = 1 one past its end.
			e := end{}
			for c := range 2 {
				if ahead := m.odd[r] != (c == 0); ahead {
					e.to[c], e.from[c] = place+int32(half), place
				} else {
					e.to[c], e.from[c] = place-1, place+int32(half)-1
				}
			}
			m.ends = append(m.ends, e)
		}
	}
	for d, stride := range m.Across {
		if !wraps[d] {
			continue
		}
		outer := 1
		for _, n := range shape[:d] {
			outer *= n
		}
		for o := range outer {
			base, rest := Edge, o
			for k := d - 1; k >= 0; k-- {
				base += (rest%shape[k] + 1) * m.Across[k]
				rest /= shape[k]
			}
			n := shape[d]
			m.margins = append(m.margins,
				margin{int32(base), int32(base + n*stride), int32(stride)},
				margin{int32(base + (n+1)*stride), int32(base + stride), int32(stride)})
		}
	}
}

// Count is the number of sites of colour c.
func (m *Layout) Count(c int) (n int) {
	for _, w := range m.Sites[c] {
		n += bits.OnesCount64(w)
	}
	return n
}

// first is the coordinate along row r of its first site of colour c.
func (m *Layout) first(r, c int) int {
	if m.odd[r] {
		return 1 - c
	}
	return c
}

// Bonds are the couplings J of l, one a bond in the order of its bonds, of the places of each colour: J[d Size + p] to the neighbour in direction d, the same place,
// the second along the row, then back and on across rows; 0 where there is none.
func (m *Layout) Bonds(l *geometry.Lattice, J []float64) (all [2][]float64) {
	d := len(l.Shape)
	on := make([]float64, l.Sites()*d) // from a site along axis d
	bond := 0
	stride := make([]int, d)
	for k, s := d-1, 1; k >= 0; k-- {
		stride[k] = s
		s *= l.Shape[k]
	}
	for i := range l.Sites() {
		for k, n := range l.Shape {
			if n > 1 && (l.Periodic[k] || i/stride[k]%n < n-1) {
				on[i*d+k] = J[bond]
				bond++
			}
		}
	}
	back := func(i, k int) float64 {
		if i/stride[k]%l.Shape[k] > 0 {
			return on[(i-stride[k])*d+k]
		}
		return on[(i+(l.Shape[k]-1)*stride[k])*d+k]
	}
	var axes []int
	for k, n := range l.Shape {
		if n > 1 {
			axes = append(axes, k)
		}
	}
	last := axes[len(axes)-1]
	for c := range all {
		x := make([]float64, (2+2*len(m.Across))*m.Size)
		for r, place := range m.rows {
			first := m.first(r, c)
			for at := first; at < m.side; at += 2 {
				p, i := int(place)+at/2, r*m.side+at
				if x[p], x[m.Size+p] = back(i, last), on[i*d+last]; first == 0 {
					x[p], x[m.Size+p] = x[m.Size+p], x[p]
				}
				for a, k := range axes[:len(axes)-1] {
					x[(2+2*a)*m.Size+p], x[(3+2*a)*m.Size+p] = back(i, k), on[i*d+k]
				}
			}
		}
		all[c] = x
	}
	return all
}

// Wrap makes the margins of colour c again copies of what they repeat.
func Wrap[T any](m *Layout, plane []T, c int) {
	for i := range m.ends {
		e := &m.ends[i]
		plane[e.to[c]] = plane[e.from[c]]
	}
	for _, x := range m.margins {
		copy(plane[x.to:x.to+x.n], plane[x.from:x.from+x.n])
	}
}

// Gather writes the sites of both planes in C order, every width-th number of dst from dst[0] on.
func Gather[T any](m *Layout, dst []T, width int, planes *[2][]T) {
	for r, place := range m.rows {
		row := dst[r*m.side*width:]
		for c := range 2 {
			at := int(place)
			for x := m.first(r, c); x < m.side; x += 2 {
				row[x*width] = planes[c][at]
				at++
			}
		}
	}
}

// Scatter is the way back.
func Scatter[T any](m *Layout, planes *[2][]T, src []T, width int) {
	for r, place := range m.rows {
		row := src[r*m.side*width:]
		for c := range 2 {
			at := int(place)
			for x := m.first(r, c); x < m.side; x += 2 {
				planes[c][at] = row[x*width]
				at++
			}
		}
	}
}
