package rng

import (
	"fmt"
	"math/bits"
)

const (
	// PickLanes is how many lanes a page of picks has.
	PickLanes = 4096
	// PickRows and PickOutcomes are the most that Picks hold.
	PickRows, PickOutcomes = 128, 4
)

// Picks are distributions of two to four outcomes, by which [Key.PickEach] draws one for each of many lanes.
type Picks struct {
	sums  []float64 // running sums, rows of outcomes
	rows  int
	cuts  int // outcomes less one
	cut   [PickOutcomes - 1][PickRows]Threshold
	upper [PickOutcomes - 1][PickRows]uint8 // the eight upper bits of cuts, 255 where those are more
	first uint8                             // what outcome 0 is written as
	gain  [PickOutcomes - 1]uint8           // what the next outcome adds to that
}

// NewPicks makes distributions of running sums, rows of len(values), that do not fall and end above 0; outcome k is written as values[k]. Outcome k of a row c has
// the probability (c[k] - c[k-1]) / c[len(c)-1], the cuts between them rounded as by [NewThreshold].
func NewPicks(sums []float64, values []uint8) *Picks {
	q := len(values)
	if q < 2 || q > PickOutcomes || len(sums)%q != 0 || len(sums)/q > PickRows {
		panic(fmt.Sprintf("rng: expected at most %d rows of 2 to %d outcomes, got %d sums of %d outcomes", PickRows, PickOutcomes, len(sums), q))
	}
	p := &Picks{sums: sums, rows: len(sums) / q, cuts: q - 1, first: values[0]}
	for k := range p.cuts {
		p.gain[k] = values[k+1] - values[k]
		for row := range p.rows {
			c := sums[row*q : row*q+q]
			p.cut[k][row] = NewThreshold(c[k] / c[q-1])
			p.upper[k][row] = uint8(min(p.cut[k][row]>>tieBits, 255))
		}
	}
	return p
}

// outcome is the value of u in a row.
func (p *Picks) outcome(row uint8, u uint64) uint8 {
	x := p.first
	for k := range p.cuts {
		if u >= uint64(p.cut[k][row]) {
			x += p.gain[k]
		}
	}
	return x
}

// PickEach draws a value for each lane of a page that is in some, by the distribution row[lane], and returns how many of dst changed; other lanes of dst stay.
// dst and row are 64 len(some) long, at most PickLanes; page < 2^49.
//
// The upper eight bits of a lane's u are its byte of the page's blocks; where they are those of a cut, 45 bits more are drawn, those of the page's open lanes one
// after the other. A lane's value does not depend on the level of SIMD, nor on other pages.
func (k Key) PickEach(dst, row []uint8, some []uint64, step, page uint64, p *Picks) (changed int) {
	n := 64 * len(some)
	if n > PickLanes || len(dst) != n || len(row) != n {
		panic(fmt.Sprintf("rng: expected %d lanes, at most %d, got %d and %d", n, PickLanes, len(dst), len(row)))
	}
	if k.script != nil {
		return k.script.picks(dst, row, some, p)
	}
	var words [PickLanes / 4]uint32
	var open [PickLanes / 64]uint64
	fill(words[:n/4], k.k, pickBlocks+page*(PickLanes/16), step)
	changed, ties := pickEach(dst, row, some, &words, &open, p)
	if ties == 0 {
		return changed
	}
	var lower [128]uint64
	base, next := pickTieBlocks+page*(PickLanes/2), len(lower)
	for w := range some {
		for o := open[w]; o != 0; o &= o - 1 {
			if next == len(lower) {
				next = 0
				m := min(ties, len(lower))
				elements(lower[:m], k.k, base, step, asBits)
				ties, base = ties-m, base+uint64(len(lower)/2)
			}
			l := 64*w + bits.TrailingZeros64(o)
			u := uint64(words[l>>2]>>(8*(l&3))&0xff)<<tieBits | lower[next]>>(64-tieBits)
			next++
			if x := p.outcome(row[l], u); x != dst[l] {
				dst[l] = x
				changed++
			}
		}
	}
	return changed
}

// pickEachScalar decides the lanes whose upper bits do, and lists and counts those of some that are open.
func pickEachScalar(dst, row []uint8, some []uint64, words *[PickLanes / 4]uint32, open *[PickLanes / 64]uint64, p *Picks) (changed, ties int) {
	for w, in := range some {
		var still uint64
		for o := in; o != 0; o &= o - 1 {
			b := bits.TrailingZeros64(o)
			l := 64*w + b
			u := uint8(words[l>>2] >> (8 * (l & 3)))
			x := p.first
			tied := false
			for k := range p.cuts {
				t := p.upper[k][row[l]]
				tied = tied || u == t
				if u >= t {
					x += p.gain[k]
				}
			}
			switch {
			case tied:
				still |= 1 << b
			case x != dst[l]:
				dst[l] = x
				changed++
			}
		}
		open[w] = still
		ties += bits.OnesCount64(still)
	}
	return changed, ties
}

// picks goes through the lanes in their order.
func (s *script) picks(dst, row []uint8, some []uint64, p *Picks) (changed int) {
	q := p.cuts + 1
	for w, in := range some {
		for ; in != 0; in &= in - 1 {
			l := 64*w + bits.TrailingZeros64(in)
			at := int(row[l]) * q
			x := p.first
			for k := range s.pick(p.sums[at : at+q]) {
				x += p.gain[k]
			}
			if x != dst[l] {
				dst[l] = x
				changed++
			}
		}
	}
	return changed
}
