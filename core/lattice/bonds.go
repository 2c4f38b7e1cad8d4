package lattice

import (
	"math"

	"github.com/ergodica/ergodica/core/lattice/bitslice"
)

// bondPlanes are couplings of one size and any sign, or none, as planes of a packing: by colour and direction (as in surroundings.nb), the lanes whose
// bond is negative, and those that lack one. A boundary is open where bonds are missing.
type bondPlanes struct {
	negative, missing [2][][]bitslice.Group
	open              []int // the directions in which some are missing
}

// size is the one size of couplings that are it, its negative or 0; false where they differ.
func size(J []float64) (float64, bool) {
	unit := 0.0
	for _, x := range J {
		a := math.Abs(x)
		if unit == 0 {
			unit = a
		}
		if a != 0 && a != unit {
			return 0, false
		}
	}
	return unit, true
}

// bind lays the bonds out; shape and wraps are those of the axes longer than 1. Bonds are numbered site by site and axis by axis, each from its site to
// the next; the one to a site is that of the site before.
func (p *packing) bind(J []float64, shape []int, wraps []bool) {
	b := &bondPlanes{}
	last, directions := len(shape)-1, p.neighbours()
	for c := range 2 {
		for range directions {
			b.negative[c] = append(b.negative[c], make([]bitslice.Group, p.groups))
			b.missing[c] = append(b.missing[c], make([]bitslice.Group, p.groups))
		}
	}
	absent := make([]bool, directions)
	// one end of a bond: the site at row r and x along it, by its colour, and whether it looks ahead
	end := func(r, x, c, d int, ahead bool, value float64) {
		k := 2*(last-d) + 1 // across, back
		switch {
		case d == last && ahead == (p.first(r, c) == 0):
			k = 0
		case d == last:
			k = 1
		case ahead:
			k--
		}
		bit := r*p.pitch + x>>1
		if value < 0 {
			wordsOf(b.negative[c][k])[bit>>6] |= 1 << (bit & 63)
		} else if value == 0 {
			wordsOf(b.missing[c][k])[bit>>6] |= 1 << (bit & 63)
			absent[k] = true
		}
	}
	strides := make([]int, len(shape))
	for d, s := last, 1; d >= 0; d-- {
		strides[d] = s
		s *= shape[d]
	}
	at, sum, bond := make([]int, len(shape)), 0, 0
	for i := range p.sites {
		for d, n := range shape {
			j, next := i+strides[d], sum+1
			if at[d]+1 == n {
				j, next = j-n*strides[d], sum+1-n
			}
			value := 0.0
			if at[d]+1 < n || wraps[d] {
				value = J[bond]
				bond++
			}
			end(i/p.side, i%p.side, sum&1, d, true, value)
			end(j/p.side, j%p.side, next&1, d, false, value)
			p.bonds += int(math.Abs(value) / p.J)
		}
		for d := last; d >= 0; d-- {
			at[d]++
			sum++
			if at[d] < shape[d] {
				break
			}
			sum -= at[d]
			at[d] = 0
		}
	}
	for k, some := range absent {
		if some {
			b.open = append(b.open, k)
			continue
		}
		b.missing[0][k], b.missing[1][k] = nil, nil
	}
	p.openings = len(b.open)
	p.signed = b
}

// turn makes of neighbours what a spin sees through its bonds: those of colour c, the groups from to to-1.
func (b *bondPlanes) turn(s *surroundings, planes *[2][]bitslice.Group, c, from, to int, like bool) {
	n, miss := to-from, 0
	var own []bitslice.Group
	if like {
		own = planes[c][from:to]
	}
	for k := range s.nb {
		src, missing := s.nb[k][:n], b.missing[c][k]
		if k == 0 {
			src = planes[1-c][from:to]
		}
		if missing != nil {
			missing = missing[from:to]
			s.in.Missing[miss] = missing
			miss++
		}
		bitslice.Bond(s.nb[k][:n], src, b.negative[c][k][from:to], missing, own)
		s.in.Neighbours[k] = s.nb[k][:n]
	}
}
