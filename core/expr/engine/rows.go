package engine

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/machine"
)

// How loops in machine code read what does not lie in one piece: over rows of one length, in which every load is dense, rolled or one element,
// and which follow each other at a constant distance for some rows at least.

// reading is how such loops read a load.
type reading uint8

const (
	copied reading = iota // it is copied to the tile
	rolled                // row by row, where it lies
	point                 // one element in all of the tile
)

// leastRow is the number of elements from which rows pay.
const leastRow = 8

// mostRow is the number of elements up to which a tile is whole rows.
const mostRow = 2 * longTile

// chooseRows finds the length of the rows: that of the shortest run that is read so, or that of the rows that are reduced.
func (s *nest) chooseRows() {
	if !machine.Available() || len(s.items) > mostItems {
		return
	}
	length := 0
	for i := range s.items {
		it := &s.items[i]
		if it.kind != iLoad || it.lay.dense() {
			continue
		}
		if r := it.lay.runs[len(it.lay.runs)-1]; (r.stride == 0 || r.stride == 1) && r.n >= leastRow && (length == 0 || r.n < length) {
			length = r.n
		}
	}
	row := s.row // of the reductions; their rows fold in leaves over eight lanes
	if row >= leastRow && row < s.n && row <= leafLen && length%row == 0 {
		length = row
	}
	fits := length >= leastRow && length <= mostRow
	switch {
	case row == 0 || row == length && row <= leafLen:
	case row <= leafLen:
		fits = fits && row%length == 0 && length%8 == 0
	default:
		fits = fits && row%length == 0 && leafLen%length == 0 && length%8 == 0
	}
	if fits {
		s.rows = length
	}
	for i := range s.items {
		if it := &s.items[i]; it.kind == iReduce && hasColumns(it.operand) {
			_, known := foldKinds[it.red.op]
			it.coded = known && (fits || row > leafLen || row == s.n)
		}
	}
}

// chooseReads tells for every load how loops read it, once the tiles are known.
func (s *nest) chooseReads() {
	if !machine.Available() || len(s.items) > mostItems {
		return
	}
	for i := range s.items {
		it := &s.items[i]
		if it.kind != iLoad || it.lay.dense() || it.mem >= 0 {
			continue
		}
		r := it.lay.runs[len(it.lay.runs)-1]
		switch {
		case s.rows > 0:
			if (r.stride == 0 || r.stride == 1) && r.n%s.rows == 0 && (r.n == s.rows || r.roll%s.rows == 0) {
				it.read = rolled
			}
		case r.stride == 0 && s.perRow > 1 && r.n%s.row == 0:
			it.read = point
		}
	}
}

// reader is a load as a loop reads it.
type reader struct {
	layout     // the last run is a row
	place  int // in the table
	src    int32
	size   int
}

// readerOf is load it in rows of n elements (0: as it is).
func readerOf(it *item, n, place int) reader {
	r := reader{layout: it.lay, place: place, src: it.src, size: it.size}
	last := len(r.runs) - 1
	if in := r.runs[last]; n > 0 && in.n > n {
		r.runs = append(append([]run{}, r.runs[:last]...), run{in.n / n, n * in.stride, in.roll / n}, run{n, in.stride, 0})
	}
	return r
}

// block is where row k starts, the distance to the next and for how many rows that holds.
func (r *reader) block(k int) (at, distance, rows int) {
	last := len(r.runs) - 2
	at = r.row(k)
	if last < 0 {
		return at, 0, 1
	}
	o := &r.runs[last]
	i := k % o.n
	if i < o.roll {
		return at, o.stride, o.roll - i
	}
	return at, o.stride, o.n - i
}

// folding of a loop: where the parts of its rows go.
type foldPlace struct {
	place int // in the table
	red   *reduction
}

// part is where the fold of element e of the nest goes, and how many elements are left of its leaf.
func (r *reduction) part(f *frame, e int) (p unsafe.Pointer, left int) {
	row, at := e/r.length, e%r.length
	leaf := at / leafLen
	return unsafe.Add(f.ptr[r.parts], (row*r.leaves+leaf)*r.f.size), min(leafLen-at%leafLen, r.length-at)
}

// begin makes the lanes of a fold that goes on over several calls, end folds them.
func (r *reduction) begin(lanes *[8]float64) unsafe.Pointer {
	first := 0.0
	switch r.op {
	case expr.OpReduceMax:
		first = math.Inf(-1)
	case expr.OpReduceMin:
		first = math.Inf(1)
	}
	for i := range lanes {
		lanes[i] = first
	}
	if r.op != expr.OpReduceSum && r.size == 4 {
		for i := range 8 {
			(*[8]float32)(unsafe.Pointer(lanes))[i] = float32(first)
		}
	}
	return unsafe.Pointer(lanes)
}

func (r *reduction) end(part unsafe.Pointer, lanes *[8]float64) {
	f := r.f
	if r.op == expr.OpReduceSum {
		f = sum64 // at both widths
	}
	f.leaf(part, unsafe.Pointer(lanes), 8)
}
