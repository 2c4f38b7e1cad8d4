package lattice

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/bitslice"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// signPlanes are couplings of one size and any sign, or none, as planes of a packing: by colour and direction (as in surroundings.nb), the lanes whose
// bond is negative, and those that lack one. A boundary is open where bonds are missing.
type signPlanes struct {
	negative, missing [2][][]bitslice.Group
}

// realPlanes are couplings of any size, 0 where a bond is missing, a number a lane, by colour and direction. After the directions come the fields, if there
// are some: couplings to a spin that points up.
type realPlanes struct {
	J      [2][][]float64
	up     []bitslice.Group
	fields bool
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

// signed tells whether couplings differ by their signs alone, in a field that is the same everywhere.
func (m *Ising) signed() bool {
	if m.J.Uniform() || !m.H.Uniform() {
		return false
	}
	unit, one := size(m.J.Values)
	return one && unit > 0
}

// ends visits both ends of all bonds: the colour, direction and bit of the site, and the number of the bond, -1 where it is missing. shape and wraps are
// those of the axes longer than 1. Bonds are numbered site by site and axis by axis, each from its site to the next; the one to a site is that of the site before.
func (p *packing) ends(shape []int, wraps []bool, visit func(c, k, bit, bond int)) {
	last := len(shape) - 1
	strides := make([]int, len(shape))
	for d, s := last, 1; d >= 0; d-- {
		strides[d] = s
		s *= shape[d]
	}
	end := func(i, c, d, bond int, ahead bool) {
		r, x, k := i/p.side, i%p.side, 2*(last-d)+1 // across, back
		switch {
		case d == last && ahead == (p.first(r, c) == 0):
			k = 0
		case d == last:
			k = 1
		case ahead:
			k--
		}
		visit(c, k, r*p.pitch+x>>1, bond)
	}
	at, sum, bonds := make([]int, len(shape)), 0, 0
	for i := range p.sites {
		for d, n := range shape {
			j, next, bond := i+strides[d], sum+1, -1
			if at[d]+1 == n {
				j, next = j-n*strides[d], sum+1-n
			}
			if at[d]+1 < n || wraps[d] {
				bond = bonds
				bonds++
			}
			end(i, sum&1, d, bond, true)
			end(j, next&1, d, bond, false)
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
}

// sign lays out the signs of couplings.
func (p *packing) sign(J []float64, shape []int, wraps []bool) {
	b := &signPlanes{}
	for c := range 2 {
		for range p.neighbours() {
			b.negative[c] = append(b.negative[c], make([]bitslice.Group, p.groups))
			b.missing[c] = append(b.missing[c], make([]bitslice.Group, p.groups))
		}
	}
	p.J, _ = size(J)
	p.bonds, p.openings = 0, 0
	absent := make([]bool, p.neighbours())
	p.ends(shape, wraps, func(c, k, bit, bond int) {
		switch {
		case bond < 0 || J[bond] == 0:
			wordsOf(b.missing[c][k])[bit>>6] |= 1 << (bit & 63)
			absent[k] = true
			return
		case J[bond] < 0:
			wordsOf(b.negative[c][k])[bit>>6] |= 1 << (bit & 63)
		}
		p.bonds += c // each has one end of colour 1
	})
	for k, some := range absent {
		if some {
			p.openings++
		} else {
			b.missing[0][k], b.missing[1][k] = nil, nil
		}
	}
	p.signs = b
}

// see makes of neighbours what spins of colour c see through their bonds, in the groups from to to-1.
func (b *signPlanes) see(s *surroundings, planes *[2][]bitslice.Group, c, from, to int, like bool) {
	n, miss := to-from, 0
	var own []bitslice.Group
	if like {
		own = planes[c][from:to]
	}
	for k := range s.nb {
		missing := b.missing[c][k]
		if missing != nil {
			missing = missing[from:to]
			s.in.Missing[miss] = missing
			miss++
		}
		bitslice.Bond(s.nb[k][:n], s.in.Neighbours[k], b.negative[c][k][from:to], missing, own)
		s.in.Neighbours[k] = s.nb[k][:n]
	}
}

// weigh lays out couplings and fields of any size.
func (p *packing) weigh(m *Ising, shape []int, wraps []bool) error {
	lanes, directions := 512*p.groups, p.neighbours()
	if _, err := array.Plan(lanes, 16*(directions+1), fmt.Sprintf("the couplings of %d sites", p.sites)); err != nil {
		return err
	}
	b := &realPlanes{fields: !m.H.Zero()}
	for c := range 2 {
		for range directions {
			b.J[c] = append(b.J[c], make([]float64, lanes))
		}
	}
	p.ends(shape, wraps, func(c, k, bit, bond int) {
		if bond >= 0 {
			b.J[c][k][bit] = m.J.At(bond)
		}
	})
	if b.fields {
		b.up = make([]bitslice.Group, chunkGroups)
		for i := range wordsOf(b.up) {
			wordsOf(b.up)[i] = ^uint64(0)
		}
		for c := range 2 {
			h := make([]float64, lanes)
			for r := range p.rows {
				for x := p.first(r, c); x < p.side; x += 2 {
					h[r*p.pitch+x>>1] = m.H.At(r*p.side + x)
				}
			}
			b.J[c] = append(b.J[c], h)
		}
	}
	p.openings, p.real = 0, b
	return nil
}

// weighed are the groups whose probabilities are found together.
const weighed = 4

// decideReal updates the groups from to to-1, each lane with a probability of its own.
func (k *packed) decideReal(b *bench, from, to int) {
	k.meet(b, k.colour, from, to)
	own := k.planes[k.colour]
	for at := from; at < to; at += weighed {
		end := min(at+weighed, to)
		x, p, hit := b.x[:512*(end-at)], b.p[:512*(end-at)], b.hit[:end-at]
		var zero bool
		if k.flips() {
			zero = k.fields(b, x, own[at:end], k.colour, at-from, at)
		} else {
			zero = k.fields(b, x, nil, k.colour, at-from, at)
		}
		k.real.probabilities(p, x, zero, k.rule, k.kT)
		k.key.BernoulliEach(hit, uint64(2*k.done)+uint64(k.colour), uint64(at), b.in.Valid[at-from:end-from], p)
		b.hits += int64(bitslice.Flip(own[at:end], hit, b.rest[:end-at], k.rule == heatBath))
	}
}

// meet lists the neighbours of the groups from to to-1 of colour c, and the spin that points up.
func (k *packed) meet(b *bench, c, from, to int) {
	k.look(&b.surroundings, &k.planes, c, from, to, true)
	if b.met = append(b.met[:0], b.in.Neighbours...); k.real.fields {
		b.met = append(b.met, k.real.up)
	}
}

// fields are those of the groups from at on of colour c, which are skip groups after the first that were met.
func (k *packed) fields(b *bench, x []float64, own []bitslice.Group, c, skip, at int) (zero bool) {
	b.near = b.near[:0]
	for _, nb := range b.met {
		b.near = append(b.near, nb[skip:skip+len(x)/512])
	}
	return bitslice.Fields(x, own, b.near, k.real.J[c], at)
}

// probabilities are those of rule.probability, of many fields.
func (b *realPlanes) probabilities(p, x []float64, zero bool, r rule, kT float64) {
	simd.Div(p, x, []float64{kT})
	simd.Mul(p, p, []float64{-2})
	functions.Exp(p, p)
	if !r.flips() {
		simd.Add(p, p, []float64{1})
		simd.Div(p, []float64{1}, p)
	}
	if zero {
		for i, x := range x {
			if x == 0 {
				p[i] = 0.5
			}
		}
	}
}

// realEnergy sums the bonds from their ends of colour 0, and the fields of both colours.
func (k *packed) realEnergy() float64 {
	b, e := k.benches[0], 0.0
	for from := 0; from < k.groups; from += weighed {
		to := min(from+weighed, k.groups)
		x := b.x[:512*(to-from)]
		k.meet(b, 0, from, to)
		k.fields(b, x, k.planes[0][from:to], 0, 0, from)
		e -= simd.Sum(x)
		if J := k.real.J[1]; k.real.fields {
			bitslice.Fields(x, k.planes[1][from:to], [][]bitslice.Group{k.real.up[:to-from]}, J[len(J)-1:], from)
			e -= simd.Sum(x)
		}
	}
	return e
}
