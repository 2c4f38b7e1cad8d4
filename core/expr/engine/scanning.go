package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/lines"
)

// along is a dense array seen along one axis: outer times inner lines of n elements at distances of inner.
type along struct{ outer, n, inner int }

func axisOf(shape []int, at int) along {
	return along{count(shape[:at]), shape[at], count(shape[at+1:])}
}

var noAttrs expr.Attrs

// attrsOf is never nil.
func attrsOf(n *expr.Node) *expr.Attrs {
	if n.Attrs == nil {
		return &noAttrs
	}
	return n.Attrs
}

// start is the place of the first element of line l.
func (a along) start(l int) int { return l/a.inner*a.n*a.inner + l%a.inner }

func (a along) lines() int { return a.outer * a.inner }

func (a along) len() int { return a.outer * a.n * a.inner }

// elements are n elements of a memory from at on.
func elements[T any](f *frame, mem int32, at, n int) []T {
	return unsafe.Slice((*T)(unsafe.Add(f.ptr[mem], at*int(unsafe.Sizeof(*new(T))))), n)
}

const (
	unitLen   = 1 << 14 // elements of a unit, about
	scanWidth = 512     // columns that are scanned together
	longLine  = 1 << 16 // elements of a line that is shared
	fewLines  = 8       // which are shared

	prefixLine = 8 * lines.Segment // elements of a line that runs in segments
)

// divided cuts n items of size elements each into units of about unitLen elements.
func divided(n, size int) (units, per int) {
	per = max(1, unitLen/max(size, 1))
	return (n + per - 1) / per, per
}

var scans = map[expr.Op]lines.Scan{expr.OpCumsum: lines.Add, expr.OpCumprod: lines.Mul, expr.OpCummax: lines.Max, expr.OpCummin: lines.Min}

// scanning makes the cumulative operations and the linear recurrence.
func (pl *planner) scanning(s *stage, n *expr.Node) bool {
	switch n.Type.Dtype {
	case array.Float64:
		return scanningOf[float64](pl, s, n, recurrenceOf[float64])
	case array.Float32:
		return scanningOf[float32](pl, s, n, recurrenceOf[float32])
	case array.Complex128:
		return scanningOf[complex128](pl, s, n, recurrenceOf[complex128])
	case array.Complex64:
		return scanningOf[complex64](pl, s, n, recurrenceOf[complex64])
	case array.Int64:
		return scanningOf[int64](pl, s, n, nil)
	case array.Int32:
		return scanningOf[int32](pl, s, n, nil)
	}
	return false
}

func scanningOf[T lines.Number](pl *planner, s *stage, n *expr.Node, recurrence func(a along, x []int32, out int32, reverse bool) func(f *frame, line, width int)) bool {
	a := axisOf(n.Type.Shape, attrsOf(n).Axis)
	reverse, x, out := attrsOf(n).Reverse, s.reads[0], s.writes[0]
	s.cost = float64(a.len())
	how, scan := scans[n.Op]
	if how == lines.Add && scan && a.inner == 1 {
		sumLines[T](pl, s, a, reverse)
		return true
	}
	if n.Type.Dtype == array.Float64 && a.inner == 1 && a.n >= prefixLine && (how == lines.Mul && scan || n.Op == expr.OpLinearRecurrence) {
		prefixLines(pl, s, a, reverse)
		return true
	}
	var do func(f *frame, line, width int) // width lines side by side from line on
	switch {
	case scan && a.inner == 1:
		do = func(f *frame, line, _ int) {
			at := a.start(line)
			lines.Line(elements[T](f, out, at, a.n), elements[T](f, x, at, a.n), reverse, how)
		}
	case scan:
		do = func(f *frame, line, width int) {
			at, m := a.start(line), (a.n-1)*a.inner+width
			lines.Steps(elements[T](f, out, at, m), elements[T](f, x, at, m), width, a.inner, reverse, how)
		}
	case n.Op == expr.OpLinearRecurrence:
		do = recurrence(a, s.reads, out, reverse)
	default:
		return false
	}
	a.sides(s, do)
	return true
}

// sides makes units of lines that lie side by side.
func (a along) sides(s *stage, do func(f *frame, line, width int)) {
	blocks := (a.inner + scanWidth - 1) / scanWidth
	units, per := divided(a.outer*blocks, a.n*min(a.inner, scanWidth))
	s.units = units
	s.unit = func(f *frame, u int) {
		for k := u * per; k < min((u+1)*per, a.outer*blocks); k++ {
			from := k % blocks * scanWidth
			do(f, k/blocks*a.inner+from, min(scanWidth, a.inner-from))
		}
	}
}

func recurrenceOf[T float64 | float32 | complex128 | complex64](a along, x []int32, out int32, reverse bool) func(f *frame, line, width int) {
	return func(f *frame, line, width int) {
		at, m := a.start(line), (a.n-1)*a.inner+width
		lines.Recurrence(elements[T](f, out, at, m), elements[T](f, x[0], at, m), elements[T](f, x[1], at, m), width, a.inner, reverse)
	}
}

// sumLines makes the running sum of contiguous lines. Long ones are shared by blocks: each block's sum, the sums before the blocks, the
// blocks. Alone, one pass does: the sum before a block is that before the last one and its sum.
func sumLines[T lines.Number](pl *planner, s *stage, a along, reverse bool) {
	x, out := s.reads[0], s.writes[0]
	if a.lines() >= fewLines || a.n < longLine {
		units, per := divided(a.lines(), a.n)
		s.units = units
		s.unit = func(f *frame, u int) {
			for l := u * per; l < min((u+1)*per, a.lines()); l++ {
				var before T
				for at := 0; at < a.n; at += lines.Block {
					before = nextBlock(f, x, out, a, l, at, reverse, before)
				}
			}
		}
		return
	}
	blocks := (a.n + lines.Block - 1) / lines.Block
	sums := pl.memory(memory{bytes: a.lines() * blocks * int(unsafe.Sizeof(*new(T)))})
	pl.addStage(stage{name: s.name + " of blocks", reads: s.reads, writes: []int32{sums}, cost: s.cost / 2, units: a.lines() * blocks, unit: func(f *frame, u int) {
		if f.workers > 1 {
			at, m := blockAt(a, u/blocks, u%blocks*lines.Block, reverse)
			elements[T](f, sums, u, 1)[0] = lines.Total(elements[T](f, x, at, m), reverse)
		}
	}})
	pl.addStage(stage{name: s.name + " of their sums", reads: []int32{sums}, writes: []int32{sums}, units: 1, unit: func(f *frame, _ int) {
		for l := range a.lines() {
			t := elements[T](f, sums, l*blocks, blocks)
			var before T
			for k, v := range t {
				if f.workers > 1 {
					t[k] = before
				}
				if before += v; k == 0 {
					before = v
				}
			}
		}
	}})
	s.reads = append(s.reads, sums)
	s.units = a.lines() * blocks
	s.unit = func(f *frame, u int) {
		k := u % blocks
		t := elements[T](f, sums, u-k, blocks)
		var before T
		if k > 0 {
			before = t[k]
		}
		if next := nextBlock(f, x, out, a, u/blocks, k*lines.Block, reverse, before); f.workers == 1 && k+1 < blocks {
			t[k+1] = next
		}
	}
}

// prefixLines makes running products and linear recurrences of contiguous lines by segments, in blocks; long lines are shared by blocks.
func prefixLines(pl *planner, s *stage, a along, reverse bool) {
	x, out, b := s.reads[0], s.writes[0], int32(-1)
	if len(s.reads) > 1 {
		b = s.reads[1]
	}
	per := lines.Segments(a.n)
	starts, ends := pl.memory(memory{bytes: 8 * a.lines() * per}), pl.memory(memory{bytes: 8 * a.lines() * per})
	given := func(f *frame, at, m int) []float64 {
		if b < 0 {
			return nil
		}
		return elements[float64](f, b, at, m)
	}
	// block gives what block k of line l reads and writes, in places counted in the order of the scan.
	block := func(f *frame, l, k int) (at, m int, start, end []float64) {
		at, m = blockAt(a, l, k*lines.Block, reverse)
		from := l*per + k*lines.Block/lines.Segment
		return at, m, elements[float64](f, starts, from, lines.Segments(m)), elements[float64](f, ends, from, lines.Segments(m))
	}
	offsets := func(end []float64) []float64 {
		if b < 0 {
			return nil
		}
		return end
	}
	maps := func(f *frame, l, k int) {
		at, m, start, end := block(f, l, k)
		lines.Maps(start, offsets(end), elements[float64](f, x, at, m), given(f, at, m), reverse)
	}
	chain := func(f *frame, l, k int, before float64) float64 {
		_, _, start, end := block(f, l, k)
		return lines.Starts(start, offsets(end), before, k == 0)
	}
	run := func(f *frame, l, k int) {
		at, m, start, end := block(f, l, k)
		lines.Run(elements[float64](f, out, at, m), end, start, elements[float64](f, x, at, m), given(f, at, m), k == 0, reverse)
	}
	mend := func(f *frame, l int) {
		at := l * a.n
		lines.Mend(elements[float64](f, out, at, a.n), elements[float64](f, ends, l*per, per), elements[float64](f, starts, l*per, per),
			elements[float64](f, x, at, a.n), given(f, at, a.n), reverse)
	}
	blocks := (a.n + lines.Block - 1) / lines.Block
	whole := func(f *frame, l int) {
		before := 0.0
		for k := range blocks {
			maps(f, l, k)
			before = chain(f, l, k, before)
			run(f, l, k)
		}
		mend(f, l)
	}
	if a.lines() >= fewLines || a.n < longLine {
		units, each := divided(a.lines(), a.n)
		s.writes = append(s.writes, starts, ends)
		s.units = units
		s.unit = func(f *frame, u int) {
			for l := u * each; l < min((u+1)*each, a.lines()); l++ {
				whole(f, l)
			}
		}
		return
	}
	pl.addStage(stage{name: s.name + " of segments", reads: s.reads, writes: []int32{starts, ends}, cost: s.cost / 2, units: a.lines() * blocks, unit: func(f *frame, u int) {
		if f.workers > 1 {
			maps(f, u/blocks, u%blocks)
		}
	}})
	pl.addStage(stage{name: s.name + " of their starts", reads: []int32{starts, ends}, writes: []int32{starts}, units: 1, unit: func(f *frame, _ int) {
		for l := range a.lines() {
			before := 0.0
			for k := range blocks {
				if f.workers > 1 {
					before = chain(f, l, k, before)
				}
			}
		}
	}})
	carry := pl.memory(memory{bytes: 8 * a.lines()})
	all := append(append([]int32{}, s.reads...), starts, ends)
	pl.addStage(stage{name: s.name + " of blocks", reads: all, writes: []int32{out, starts, ends, carry}, cost: s.cost, units: a.lines() * blocks, unit: func(f *frame, u int) {
		l, k := u/blocks, u%blocks
		if f.workers == 1 {
			before := elements[float64](f, carry, l, 1)
			maps(f, l, k)
			before[0] = chain(f, l, k, before[0])
		}
		run(f, l, k)
	}})
	s.reads = append(all, out)
	s.units, s.cost = 1, float64(a.lines()*per)
	s.unit = func(f *frame, _ int) {
		for l := range a.lines() {
			mend(f, l)
		}
	}
}

// blockAt is the first place and the length of the block that starts at element from of line l, counted from the end in reverse.
func blockAt(a along, l, from int, reverse bool) (at, m int) {
	m = min(lines.Block, a.n-from)
	if reverse {
		from = a.n - from - m
	}
	return l*a.n + from, m
}

// nextBlock runs one block and returns the sum up to its end.
func nextBlock[T lines.Number](f *frame, x, out int32, a along, l, from int, reverse bool, before T) T {
	at, m := blockAt(a, l, from, reverse)
	total := lines.SumBlock(elements[T](f, out, at, m), elements[T](f, x, at, m), reverse, before, from == 0)
	if from == 0 {
		return total
	}
	return before + total
}

// choosing makes argmax and argmin.
func (pl *planner) choosing(s *stage, n *expr.Node) bool {
	switch pl.node(n.Args[0]).Type.Dtype {
	case array.Float64:
		choosingOf[float64](pl, s, n)
	case array.Float32:
		choosingOf[float32](pl, s, n)
	case array.Int64:
		choosingOf[int64](pl, s, n)
	case array.Int32:
		choosingOf[int32](pl, s, n)
	case array.Bool:
		choosingOf[uint8](pl, s, n)
	}
	return s.unit != nil
}

func choosingOf[T lines.Ordered](pl *planner, s *stage, n *expr.Node) {
	a := axisOf(pl.node(n.Args[0]).Type.Shape, attrsOf(n).Axis)
	x, out, most := s.reads[0], s.writes[0], n.Op == expr.OpArgmax
	s.cost = 0.5 * float64(a.len())
	pick := lines.ArgMin[T]
	if most {
		pick = lines.ArgMax[T]
	}
	switch {
	case a.inner > 1:
		a.sides(s, func(f *frame, line, width int) {
			var best [scanWidth]T
			at := elements[int64](f, out, line, width)
			clear(at)
			first := a.start(line)
			copy(best[:], elements[T](f, x, first, width))
			for i := 1; i < a.n; i++ {
				for j, v := range elements[T](f, x, first+i*a.inner, width) {
					if lines.Better(v, best[j], most) {
						best[j], at[j] = v, int64(i)
					}
				}
			}
		})
	case a.lines() >= fewLines || a.n < longLine:
		units, per := divided(a.lines(), a.n)
		s.units = units
		s.unit = func(f *frame, u int) {
			for l := u * per; l < min((u+1)*per, a.lines()); l++ {
				elements[int64](f, out, l, 1)[0] = int64(pick(elements[T](f, x, l*a.n, a.n)))
			}
		}
	default: // each part's, then the best of those
		parts := (a.n + unitLen - 1) / unitLen
		places := pl.memory(memory{bytes: 8 * a.lines() * parts})
		pl.addStage(stage{name: s.name + " of parts", reads: s.reads, writes: []int32{places}, cost: s.cost, units: a.lines() * parts, unit: func(f *frame, u int) {
			from := u % parts * unitLen
			at := pick(elements[T](f, x, u/parts*a.n+from, min(unitLen, a.n-from)))
			elements[int64](f, places, u, 1)[0] = int64(from + at)
		}})
		s.reads = append(s.reads, places)
		s.units, s.cost = 1, float64(a.lines()*parts)
		s.unit = func(f *frame, _ int) {
			for l := range a.lines() {
				x := elements[T](f, x, l*a.n, a.n)
				p := elements[int64](f, places, l*parts, parts)
				at := p[0]
				for _, k := range p[1:] {
					if lines.Better(x[k], x[at], most) {
						at = k
					}
				}
				elements[int64](f, out, l, 1)[0] = at
			}
		}
	}
}
