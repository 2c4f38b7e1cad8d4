package bitslice

import (
	"math/bits"

	"github.com/ergodica/ergodica/core/simd"
)

// Rows are closed lines of Bits lanes each, laid end to end in groups: a row is Width words, or, where Slot < 64, 64/Slot rows share a word and
// each begins at a multiple of Slot bits.
type Rows struct {
	Bits, Width, Slot int
	// Right says which rows look to the right: bit r of it is row r; where rows share words, its words are masks of the lanes of such rows.
	Right []uint64
}

// Beside writes, for the groups from, from+1, ..., lane j+1 of other to lane j of rows that look to the right, and lane j-1 to the others, around
// the ends of the row. flip is all ones to exchange the two kinds of row. Lanes that belong to no row are undefined. Right has to reach to the
// end of the groups.
func (r *Rows) Beside(dst, other []Group, from int, flip uint64) {
	vector := simd.Current() == simd.AVX512
	switch {
	case r.Slot < 64 && vector:
		r.slotsVector(dst, other, from, flip)
	case r.Slot < 64:
		r.slotsScalar(dst, other, from, flip)
	case vector && (r.Width == 1 || r.Width == 2 || r.Width == 4 || r.Width%8 == 0):
		r.wordsVector(dst, other, from, flip)
	default:
		r.wordsScalar(dst, other, from, flip)
	}
}

// low is the first lane of every slot.
func (r *Rows) low() uint64 { return ^uint64(0) / (1<<r.Slot - 1) }

func (r *Rows) slotsScalar(dst, other []Group, from int, flip uint64) {
	low, turn := r.low(), r.Bits-1
	top := low << turn
	for g := range dst {
		for i := range 8 {
			x, right := other[from+g][i], r.Right[8*(from+g)+i]^flip
			dst[g][i] = ((x<<1)&^low|x>>turn&low)&^right | ((x>>1)&^top|x<<turn&top)&right
		}
	}
}

func (r *Rows) wordsScalar(dst, other []Group, from int, flip uint64) {
	w := 8 * from
	row, col := w/r.Width, w%r.Width
	last, turn := r.Width-1, (r.Bits-1)&63
	at := func(col int) uint64 { // word of this row; beyond the last group nothing is read
		w := row*r.Width + col
		if w >= 8*len(other) {
			return 0
		}
		return other[w>>3][w&7]
	}
	for g := range dst {
		for i := range 8 {
			x := other[from+g][i]
			switch right := (r.Right[row>>6]>>(row&63)^flip)&1 != 0; {
			case right && col < last:
				x = x>>1 | at(col+1)<<63
			case right:
				x = x>>1 | at(0)<<turn
			case col > 0:
				x = x<<1 | at(col-1)>>63
			default:
				x = x<<1 | at(last)>>turn
			}
			dst[g][i] = x
			if col++; col > last {
				row, col = row+1, 0
			}
		}
	}
}

// Flip turns the lanes of own that are in hit or rest (or, if draw is set, gives own the lanes of hit and rest) and counts those that changed.
func Flip(own, hit, rest []Group, draw bool) int {
	if simd.Current() == simd.AVX512 {
		return flipVector(own, hit, rest, draw)
	}
	return flipScalar(own, hit, rest, draw)
}

func flipScalar(own, hit, rest []Group, draw bool) int {
	n := 0
	for g := range own {
		for i := range own[g] {
			x := hit[g][i] | rest[g][i]
			if draw {
				x ^= own[g][i]
			}
			own[g][i] ^= x
			n += bits.OnesCount64(x)
		}
	}
	return n
}

// Unlike counts the neighbours that differ from their site.
func (in *Inputs) Unlike() int {
	if simd.Current() == simd.AVX512 {
		return in.unlikeVector()
	}
	return in.unlikeScalar()
}

func (in *Inputs) unlikeScalar() int {
	n := 0
	for _, nb := range in.Neighbours {
		for g := range in.Own {
			for i := range 8 {
				n += bits.OnesCount64((in.Own[g][i] ^ nb[g][i]) & in.Valid[g][i])
			}
		}
	}
	return n
}

// Count is the number of lanes that are set.
func Count(x []Group) int {
	if simd.Current() == simd.AVX512 {
		return countVector(x)
	}
	return countScalar(x)
}

func countScalar(x []Group) int {
	n := 0
	for g := range x {
		for _, w := range x[g] {
			n += bits.OnesCount64(w)
		}
	}
	return n
}
