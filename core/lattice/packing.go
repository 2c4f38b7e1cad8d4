package lattice

import (
	"fmt"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/bitslice"
	"github.com/ergodica/ergodica/core/rng"
)

// packing lays the spins of a hypercubic lattice out as bits, one plane for each colour of the checkerboard. A row is a line along the last axis;
// its sites of one colour are x = first, first + 2, ..., where first is the parity of the row's other coordinates for colour 0 and the
// opposite for colour 1. Site x = 2 j + first of row r is bit r * pitch + j of its plane, where pitch is the smallest power of two that holds
// a row, or else a multiple of 64. What is left of rows, and of the last group of 512 bits, is zero. Axes of length 1 are left out.
type packing struct {
	rule
	J, h  float64
	sites int
	bonds int

	side     int // sites of a row
	wraps    bool
	rows     int
	pitch    int
	words    int // of a plane
	groups   int
	lines    bitslice.Rows // its Right are the rows of odd parity
	columns  []column      // the words of a row; one that stands for all where rows share words
	tail     uint64        // the lanes of the plane's last word that belong to rows
	pattern  []uint64      // valid lanes, over and over, where they do not depend on the row
	across   []across      // the directions in which whole rows are neighbours
	openings int           // directions in which a neighbour can be missing; the two along the row count once
	latest   atomic.Pointer[decided]
	unpacked func() (*local, error) // for walkers with a bias
	signs    *signPlanes            // of couplings that differ in their signs
	real     *realPlanes            // of others; both are nil where one coupling and one field are all
}

// decided is what decides spins at kT. Walkers of a population all have one.
type decided struct {
	kT         float64
	sorter     bitslice.Classes
	thresholds []rng.Threshold
}

// at is what decides at kT, made anew where it is not the latest one's.
func (p *packing) at(kT float64) *decided {
	if d := p.latest.Load(); d != nil && d.kT == kT {
		return d
	}
	d := &decided{kT: kT}
	if p.real == nil {
		d.sorter, d.thresholds = p.classes(kT)
	}
	p.latest.Store(d)
	return d
}

// column says what is where in one word of a row: the sites of rows with first = 0 and 1, bit 0 of the row, and the last bit.
type column struct {
	valid    [2]uint64
	low, top uint64
}

// across is a direction from row to row, in bits: inside a period, a bit before the cut has its neighbour at +near, the others at +far.
type across struct {
	period, cut, near, far int
	missing                bool // the far part has no neighbour
	first                  bool // the far part comes first
	shift                  bitslice.Shift
}

// packs tells whether the planes can hold the model: a lattice that two colours tile.
func packs(m *Ising) bool {
	if m.Lattice.Shape == nil || m.Lattice.Bonds() == 0 {
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
	bounds := wraps
	p := &packing{rule: r, J: m.J.Scalar, h: m.H.Scalar, sites: m.Lattice.Sites(), bonds: m.Lattice.Bonds(), side: shape[last],
		unpacked: sync.OnceValues(func() (*local, error) { return newLocal(m, r, "random") })}
	p.rows = p.sites / p.side
	p.lines = bitslice.Rows{Bits: (p.side + 1) / 2, Width: (p.side + 127) / 128, Slot: 64}
	p.pitch = 64 * p.lines.Width
	if p.lines.Bits <= 32 {
		for p.pitch = 1; p.pitch < p.lines.Bits; p.pitch *= 2 {
		}
		p.lines.Slot = p.pitch
	}
	p.words = (p.rows*p.pitch + 63) / 64
	p.groups = (p.words + 7) / 8
	if _, err := array.Plan(p.groups, 256, fmt.Sprintf("a walker of %d sites", p.sites)); err != nil {
		return nil, err
	}
	plain := m.J.Uniform() && m.H.Uniform()
	if !plain { // bonds that are missing are the boundary
		wraps = slices.Repeat([]bool{true}, len(shape))
	}
	if p.wraps = wraps[last]; !p.wraps {
		p.openings++
	}
	stride := p.pitch
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
	p.mark()
	for k := range p.across {
		p.across[k].split(p.groups)
	}
	switch {
	case plain:
	case m.signed():
		p.sign(m.J.Values, shape, bounds)
	default:
		return p, p.weigh(m, shape, bounds)
	}
	return p, nil
}

// split lists which lanes have their neighbour at the far side, where they are too many for stretches to be copied one by one.
func (a *across) split(groups int) {
	if a.missing || a.period > shortPeriod && groups > chunkGroups {
		return
	}
	n := a.period >> min(bits.TrailingZeros(uint(a.period)), 9)
	a.shift = bitslice.Shift{Near: a.near, Far: a.far, Mask: make([]bitslice.Group, min(n, groups))}
	mask := wordsOf(a.shift.Mask)
	for bit := 0; bit < 64*len(mask); {
		n, _, far := a.stretch(bit)
		n = min(n, 64*len(mask)-bit)
		if far {
			fillBits(mask, bit, n, ^uint64(0))
		}
		bit += n
	}
}

func (p *packing) parities(shape []int) {
	p.lines.Right = make([]uint64, 8*p.groups+1)
	at, sum := make([]int, len(shape)), 0
	for r := range p.rows {
		switch {
		case sum&1 == 0:
		case p.pitch < 64:
			p.lines.Right[r*p.pitch>>6] |= (1<<p.pitch - 1) << (r * p.pitch & 63)
		default:
			p.lines.Right[r>>6] |= 1 << (r & 63)
		}
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

// mark finds the columns and what follows from them.
func (p *packing) mark() {
	lowest := func(n int) uint64 { // the n lowest bits
		if n >= 64 {
			return ^uint64(0)
		}
		return 1<<max(n, 0) - 1
	}
	p.tail = lowest((p.rows*p.pitch-1)&63 + 1)
	p.columns = make([]column, p.lines.Width)
	for col := range p.columns {
		c := &p.columns[col]
		for first := range 2 {
			c.valid[first] = lowest((p.side+1-first)/2 - 64*col)
		}
	}
	p.columns[0].low = 1
	p.columns[p.lines.Width-1].top = 1 << ((p.lines.Bits - 1) & 63)
	if p.pitch < 64 {
		slots := ^uint64(0) / (1<<p.pitch - 1)
		c := &p.columns[0]
		c.valid[0], c.valid[1], c.low, c.top = c.valid[0]*slots, c.valid[1]*slots, c.low*slots, c.top*slots
	}
	if p.side%2 == 0 {
		p.pattern = make([]uint64, p.lines.Width+8*chunkGroups)
		for i := range p.pattern {
			p.pattern[i] = p.columns[i%p.lines.Width].valid[0]
		}
	}
}

// first is the coordinate along the row of the first site of colour c.
func (p *packing) first(r, c int) int {
	if p.pitch < 64 {
		return c ^ int(p.lines.Right[r*p.pitch>>6]>>(r*p.pitch&63)&1)
	}
	return c ^ int(p.lines.Right[r>>6]>>(r&63)&1)
}

// odd are the lanes of word w that belong to rows with first = 1, and the word's column.
func (p *packing) odd(w, c int) (uint64, *column) {
	if p.pitch < 64 {
		return p.lines.Right[w] ^ -uint64(c), &p.columns[0]
	}
	return -uint64(p.first(w/p.lines.Width, c)), &p.columns[w%p.lines.Width]
}

// valid masks the sites in word w of colour c.
func (p *packing) valid(w, c int) uint64 {
	odd, col := p.odd(w, c)
	v := col.valid[0]&^odd | col.valid[1]&odd
	if w == p.words-1 {
		v &= p.tail
	}
	return v
}

// neighbours is the number of directions.
func (p *packing) neighbours() int { return 2 + len(p.across) }

// classes sorts sites by what decides them. A site's sum v of set neighbours (unlike ones for flips) has the local field
//
//	s x = J (n - v) + h s for flips,   x = J (v - n) + h for heatBath,
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
	split := p.rule.flips() && p.h != 0
	var masked, none []int
	var thresholds []rng.Threshold
	for own := range 2 {
		if own == 1 && !split {
			break
		}
		for v := range most + 1 {
			x := float64(p.J*float64(step*v-n)) + p.h
			if p.rule.flips() {
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
	return bitslice.NewClasses(p.rule.flips(), split, most, masked, none), thresholds
}

// wordsOf reads groups as one row of words.
func wordsOf(g []bitslice.Group) []uint64 {
	return unsafe.Slice(&g[0][0], 8*len(g))
}

// groupsOf reads words as n groups.
func groupsOf(w []uint64, n int) []bitslice.Group {
	return unsafe.Slice((*bitslice.Group)(w[:8*n]), n)
}

// surroundings is the scratch memory for the inputs of some groups.
type surroundings struct {
	in     bitslice.Inputs
	nb     [][]bitslice.Group
	valid  []bitslice.Group
	padded []uint64 // a small lattice's plane of the other colour, with room at both sides
}

func newSurroundings(p *packing, groups int) *surroundings {
	s := &surroundings{}
	for range p.neighbours() {
		s.nb = append(s.nb, make([]bitslice.Group, groups))
	}
	for range p.openings {
		s.in.Missing = append(s.in.Missing, make([]bitslice.Group, groups))
	}
	s.valid = make([]bitslice.Group, groups)
	if p.groups <= chunkGroups && len(p.across) > 0 {
		s.padded = make([]uint64, 3*8*(p.groups+1))
	}
	s.in.Neighbours = make([][]bitslice.Group, p.neighbours())
	return s
}

// look fills the inputs for the groups from to to-1 of colour c. A missing neighbour reads as the site itself if like is set, else as down.
func (p *packing) look(s *surroundings, planes *[2][]bitslice.Group, c, from, to int, like bool) {
	n := to - from
	at, end := 8*from, min(8*to, p.words)
	own, other := wordsOf(planes[c]), wordsOf(planes[1-c])
	s.in.Own = planes[c][from:to]
	for k := range s.in.Neighbours {
		s.in.Neighbours[k] = s.nb[k][:n]
	}
	if p.side%2 == 0 || p.wraps {
		s.in.Neighbours[0] = planes[1-c][from:to]
	}
	p.lines.Beside(s.nb[1][:n], planes[1-c], from, -uint64(c))
	if p.pattern != nil && (8*to < p.words || 8*to == p.words && p.tail == ^uint64(0)) {
		s.in.Valid = groupsOf(p.pattern[at%p.lines.Width:], n)
	} else {
		s.in.Valid = s.valid[:n]
		valid := wordsOf(s.valid)
		for w := at; w < end; w++ {
			valid[w-at] = p.valid(w, c)
		}
		clear(valid[end-at : 8*n])
	}
	miss := s.in.Missing
	if !p.wraps {
		p.tips(s, own, other, c, at, end, like)
		miss = miss[1:]
	}
	first, last := 64*at, min(64*end, p.rows*p.pitch)
	words, zero := other, 0
	if s.padded != nil {
		words, zero = s.padded, 8*(p.groups+1)
		copy(words[zero:], other)
	}
	for k := range p.across {
		a, dst := &p.across[k], wordsOf(s.nb[2+k])
		low, high := a.shift.Reach(from, n)
		switch {
		case a.missing:
			a.gatherOpen(dst, wordsOf(miss[0]), own, other, first, last, like)
			miss = miss[1:]
		case a.shift.Mask != nil && zero+low >= 0 && zero+high <= len(words):
			a.shift.Gather(s.nb[2+k][:n], words, zero, from)
		default:
			a.gather(dst, other, first, last)
		}
	}
	if p.signs != nil {
		p.signs.see(s, planes, c, from, to, like)
	}
}

// tips treats the two ends of open rows. Of a site's neighbours at x - 1 and x + 1, one has the same bit j; the other is beside it.
func (p *packing) tips(s *surroundings, own, other []uint64, c, at, end int, like bool) {
	missing, same, beside := wordsOf(s.in.Missing[0]), wordsOf(s.nb[0]), wordsOf(s.nb[1])
	for w := at; w < end; w++ {
		odd, col := p.odd(w, c)
		lacksBeside, lacksSame := col.low&^odd, uint64(0)
		if p.side%2 == 0 {
			lacksBeside |= col.top & odd
		} else {
			lacksSame = col.top &^ odd
		}
		i, instead := w-at, uint64(0)
		if like {
			instead = own[w]
		}
		missing[i] = lacksBeside | lacksSame
		beside[i] = beside[i]&^lacksBeside | instead&lacksBeside
		same[i] = other[w]&^lacksSame | instead&lacksSame
	}
}

// stretch is the number of bits from at on that lie on one side of the cut, where their neighbours are, and whether that is the far side.
func (a *across) stretch(at int) (n, shift int, far bool) {
	at %= a.period
	far = at < a.cut == a.first
	n = a.period - at
	if at < a.cut {
		n = a.cut - at
	}
	if far {
		return n, a.far, true
	}
	return n, a.near, false
}

func (a *across) gather(dst, other []uint64, at, end int) {
	for bit := at; bit < end; {
		n, shift, _ := a.stretch(bit)
		n = min(n, end-bit)
		copyBits(dst, bit-at, other, bit+shift, n)
		bit += n
	}
}

func (a *across) gatherOpen(dst, missing, own, other []uint64, at, end int, like bool) {
	for bit := at; bit < end; {
		n, shift, far := a.stretch(bit)
		n = min(n, end-bit)
		switch {
		case !far:
			copyBits(dst, bit-at, other, bit+shift, n)
		case like:
			copyBits(dst, bit-at, own, bit, n)
		default:
			fillBits(dst, bit-at, n, 0)
		}
		fill := uint64(0)
		if far {
			fill = ^fill
		}
		fillBits(missing, bit-at, n, fill)
		bit += n
	}
}

// copyBits copies n bits of src from bit s on to bit d of dst.
func copyBits(dst []uint64, d int, src []uint64, s, n int) {
	if (d|s)&63 == 0 {
		copy(dst[d>>6:(d+n)>>6], src[s>>6:])
		done := n &^ 63
		d, s, n = d+done, s+done, n-done
	}
	if d&63 == 0 && n >= 128 {
		whole, shift := n>>6, uint(s&63)
		from, to := src[s>>6:s>>6+whole], dst[d>>6:d>>6+whole]
		for i := range whole - 1 {
			to[i] = from[i]>>shift | from[i+1]<<1<<(63-shift)
		}
		done := 64 * (whole - 1)
		d, s, n = d+done, s+done, n-done
	}
	for n > 0 {
		k := min(n, 64-d&63)
		x := src[s>>6] >> (s & 63)
		if s&63+k > 64 {
			x |= src[s>>6+1] << (64 - s&63)
		}
		mask := ^uint64(0) >> (64 - k) << (d & 63)
		dst[d>>6] = dst[d>>6]&^mask | x<<(d&63)&mask
		d, s, n = d+k, s+k, n-k
	}
}

// fillBits sets n bits of dst from bit d on to those of fill, which is all zeros or all ones.
func fillBits(dst []uint64, d, n int, fill uint64) {
	for n > 0 {
		k := min(n, 64-d&63)
		mask := ^uint64(0) >> (64 - k) << (d & 63)
		dst[d>>6] = dst[d>>6]&^mask | fill&mask
		d, n = d+k, n-k
	}
}
