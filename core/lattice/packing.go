package lattice

import (
	"fmt"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/bitslice"
	"github.com/ergodica/ergodica/core/rng"
)

// packing lays the spins of a hypercubic lattice out as bits, one plane for each colour of the checkerboard. A row is a line along the last axis;
// its sites of one colour are x = first, first + 2, ..., where first is the parity of the row's other coordinates for colour 0 and the
// opposite for colour 1; site x = 2 j + first is bit j mod 64 of word j/64 of its row. Rows are padded to whole words with zeros, planes to
// whole groups of 8 words. Axes of length 1 are left out.
type packing struct {
	rule
	J, h  float64
	sites int
	bonds int

	side     int // sites of a row
	wraps    bool
	rows     int
	width    int // words of a row and colour
	words    int // of a plane
	groups   int
	odd      []uint64 // bit r is the parity of row r
	across   []across // the directions in which whole rows are neighbours
	openings int      // directions in which a neighbour can be missing; the two along the row count once
}

// across is a direction from row to row, in words: inside a period, a word before the cut has its neighbour at +near, the others at +far.
type across struct {
	period, cut, near, far int
	missing                bool // the far part has no neighbour
	first                  bool // the far part comes first
}

// packs tells whether the planes can hold the model: one J, one h, and a lattice that two colours tile.
func packs(m *Ising) bool {
	if m.Lattice.Shape == nil || !m.J.Uniform() || !m.H.Uniform() || m.Lattice.Bonds() == 0 {
		return false
	}
	for d, n := range m.Lattice.Shape {
		if m.Lattice.Periodic[d] && n > 1 && n%2 != 0 {
			return false
		}
	}
	return true
}

func newPacking(m *Ising, r rule) (*packing, error) {
	var shape []int
	var wraps []bool
	for d, n := range m.Lattice.Shape {
		if n > 1 {
			shape, wraps = append(shape, n), append(wraps, m.Lattice.Periodic[d])
		}
	}
	last := len(shape) - 1
	p := &packing{rule: r, J: m.J.Scalar, h: m.H.Scalar, sites: m.Lattice.Sites(), bonds: m.Lattice.Bonds(), side: shape[last], wraps: wraps[last]}
	p.rows = p.sites / p.side
	p.width = ((p.side+1)/2 + 63) / 64
	p.words = p.rows * p.width
	p.groups = (p.words + 7) / 8
	if _, err := array.Plan(p.groups, 128, fmt.Sprintf("a walker of %d sites", p.sites)); err != nil {
		return nil, err
	}
	if !p.wraps {
		p.openings++
	}
	stride := p.width
	for d := last - 1; d >= 0; d-- {
		n := shape[d]
		end := (n - 1) * stride
		p.across = append(p.across,
			across{period: n * stride, cut: end, near: stride, far: -end, missing: !wraps[d]},
			across{period: n * stride, cut: stride, near: -stride, far: end, missing: !wraps[d], first: true})
		if !wraps[d] {
			p.openings += 2
		}
		stride *= n
	}
	p.parities(shape[:last])
	return p, nil
}

func (p *packing) parities(shape []int) {
	p.odd = make([]uint64, (p.rows+63)/64)
	at, sum := make([]int, len(shape)), 0
	for r := range p.rows {
		p.odd[r>>6] |= uint64(sum&1) << (r & 63)
		for d := len(shape) - 1; d >= 0; d-- {
			at[d]++
			sum++
			if at[d] < shape[d] {
				break
			}
			sum -= at[d]
			at[d] = 0
		}
	}
}

// first is the coordinate along the row of the first site of colour c.
func (p *packing) first(r, c int) int { return c ^ int(p.odd[r>>6]>>(r&63)&1) }

// valid masks the sites in word col of a row whose first site is first.
func (p *packing) valid(first, col int) uint64 {
	n := (p.side+1-first)/2 - 64*col
	if n >= 64 {
		return ^uint64(0)
	}
	return 1<<max(n, 0) - 1
}

// neighbours is the number of directions.
func (p *packing) neighbours() int { return 2 + len(p.across) }

// classes sorts sites by what decides them. A site's sum v of set neighbours (unlike ones for metropolis) has the local field
//
//	s x = J (n - v) + h s for metropolis,   x = J (v - n) + h for heatBath,
//
// v running to 2 n, n directions; where none is missing v is even and halved. Metropolis with a field tells up from down.
func (p *packing) classes(kT float64) (bitslice.Classes, []rng.Threshold) {
	n, step := p.neighbours(), 2
	if p.openings > 0 {
		step = 1
	}
	most := 2 * n / step
	top := 1
	for top <= most {
		top *= 2
	}
	split := p.rule == metropolis && p.h != 0
	var masked, none []int
	var thresholds []rng.Threshold
	for own := range 2 {
		if own == 1 && !split {
			break
		}
		for v := range most + 1 {
			x := float64(p.J*float64(step*v-n)) + p.h
			if p.rule == metropolis {
				x = float64(p.J*float64(n-step*v)) + float64(p.h*float64(2*own-1))
			}
			switch t := p.threshold(x, kT); t {
			case 0:
				none = append(none, v+own*top)
			case rng.NewThreshold(1):
			default:
				masked = append(masked, v+own*top)
				thresholds = append(thresholds, t)
			}
		}
	}
	return bitslice.NewClasses(p.rule == metropolis, split, most, masked, none), thresholds
}

// wordsOf reads groups as one row of words.
func wordsOf(g []bitslice.Group) []uint64 {
	return unsafe.Slice(&g[0][0], 8*len(g))
}

// surroundings is the scratch memory for the inputs of some groups.
type surroundings struct {
	in bitslice.Inputs
	nb [][]bitslice.Group
}

func newSurroundings(p *packing, groups int) *surroundings {
	s := &surroundings{}
	for range p.neighbours() {
		s.nb = append(s.nb, make([]bitslice.Group, groups))
	}
	for range p.openings {
		s.in.Missing = append(s.in.Missing, make([]bitslice.Group, groups))
	}
	s.in.Valid = make([]bitslice.Group, groups)
	s.in.Neighbours = make([][]bitslice.Group, p.neighbours())
	return s
}

// look fills the inputs for the groups from to to-1 of colour c. A missing neighbour reads as the site itself if like is set, else as down.
func (p *packing) look(s *surroundings, planes *[2][]bitslice.Group, c, from, to int, like bool) {
	n := to - from
	s.in.Own = planes[c][from:to]
	for k := range s.in.Neighbours {
		s.in.Neighbours[k] = s.nb[k][:n]
	}
	if p.side%2 == 0 {
		s.in.Neighbours[0] = planes[1-c][from:to]
	}
	at, end := 8*from, min(8*to, p.words)
	own, other := wordsOf(planes[c]), wordsOf(planes[1-c])
	p.along(s, own, other, c, at, end, like)
	miss := s.in.Missing
	if !p.wraps {
		miss = miss[1:]
	}
	for k, a := range p.across {
		dst := wordsOf(s.nb[2+k])[:end-at]
		if !a.missing {
			a.gather(dst, other, at)
			continue
		}
		a.gatherOpen(dst, wordsOf(miss[0])[:end-at], own, other, at, like)
		miss = miss[1:]
	}
}

// stretch is the number of words from at on that lie on one side of the cut, and which side it is.
func (a *across) stretch(at int) (n int, far bool) {
	if pos := at % a.period; pos < a.cut {
		return a.cut - pos, a.first
	} else {
		return a.period - pos, !a.first
	}
}

func (a *across) gather(dst, other []uint64, at int) {
	for len(dst) > 0 {
		n, far := a.stretch(at)
		n = min(n, len(dst))
		src := at + a.near
		if far {
			src = at + a.far
		}
		copy(dst[:n], other[src:src+n])
		dst, at = dst[n:], at+n
	}
}

func (a *across) gatherOpen(dst, missing, own, other []uint64, at int, like bool) {
	for len(dst) > 0 {
		n, far := a.stretch(at)
		n = min(n, len(dst))
		switch {
		case !far:
			copy(dst[:n], other[at+a.near:])
		case like:
			copy(dst[:n], own[at:])
		default:
			clear(dst[:n])
		}
		fill := uint64(0)
		if far {
			fill = ^fill
		}
		for i := range n {
			missing[i] = fill
		}
		dst, missing, at = dst[n:], missing[n:], at+n
	}
}

// along fills what lies in the rows themselves: the valid lanes, the neighbours at x - 1 and x + 1, and where those are missing. One of the two
// has the same bit j as the site, and is read from the plane where no row can end with it missing; the other is a bit away.
func (p *packing) along(s *surroundings, own, other []uint64, c, at, end int, like bool) {
	valid, beside := wordsOf(s.in.Valid), wordsOf(s.nb[1])
	clear(valid[end-at : 8*len(s.in.Own)])
	for w := at; w < end; {
		r, a := w/p.width, w%p.width
		b := min(p.width, a+end-w)
		row, first := other[r*p.width:(r+1)*p.width], p.first(r, c)
		for col := a; col < b; col++ {
			i := w - at + col - a
			valid[i] = p.valid(first, col)
			x := row[col]
			if first == 0 {
				x <<= 1
				if col > 0 {
					x |= row[col-1] >> 63
				} else if p.wraps {
					x |= row[p.width-1] >> ((p.side/2 - 1) & 63) & 1
				}
			} else {
				x >>= 1
				if col+1 < p.width {
					x |= row[col+1] << 63
				} else if p.wraps {
					x |= row[0] & 1 << ((p.side/2 - 1) & 63)
				}
			}
			beside[i] = x
		}
		if !p.wraps {
			p.ends(s, own, other, w, at, a, b, first, like)
		}
		w += b - a
	}
}

// ends marks the two ends of an open row as far as they lie in its columns a to b-1.
func (p *packing) ends(s *surroundings, own, other []uint64, w, at, a, b, first int, like bool) {
	missing, beside := wordsOf(s.in.Missing[0]), wordsOf(s.nb[1])
	i := w - at
	clear(missing[i : i+b-a])
	same := beside
	if p.side%2 != 0 {
		same = wordsOf(s.nb[0])
		copy(same[i:i+b-a], other[w:])
	}
	lack := func(dst []uint64, j int) {
		if col := j / 64; a <= col && col < b {
			bit := uint64(1) << (j % 64)
			k := i + col - a
			missing[k] |= bit
			dst[k] &^= bit
			if like {
				dst[k] |= own[w+col-a] & bit
			}
		}
	}
	if first == 0 {
		lack(beside, 0)
	}
	switch last := (p.side - 1 - first) / 2; {
	case p.side%2 == 0 && first == 1:
		lack(beside, last)
	case p.side%2 != 0 && first == 0:
		lack(same, last)
	}
}
