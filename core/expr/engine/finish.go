package engine

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/engine/machine"
)

// Tiles: so many elements that a handful of registers stay in the nearest cache, in multiples of a reduction's leaf.
const (
	tileLen  = 512
	longTile = 1024
	line     = 64
)

// pin is a slot that follows the tile through memory.
type pin struct {
	slot, mem    int32
	offset, size int
}

// bind is a slot that always points into the frame's scratch (mem < 0) or into a memory.
type bind struct {
	slot, mem int32
	offset    int
}

// tiling chooses the tiles of the nest.
func (s *nest) tiling() {
	length := tileLen
	if len(s.items) <= 6 && s.row == 0 {
		length = longTile
	}
	row := s.row
	if row == 0 {
		row, length = s.rows, max(length, s.rows)
	}
	if row == 0 {
		short, long := 0, s.n
		for i := range s.items {
			it := &s.items[i]
			if it.kind != iLoad || it.lay.dense() {
				continue
			}
			if m := it.lay.runs[len(it.lay.runs)-1].n; m <= length {
				short = max(short, m)
			} else {
				long = min(long, m)
			}
		}
		if row = long; short > 1 {
			row = short
		}
	}
	if s.n <= length { // one tile, whatever the rows
		s.tile, s.tiles, s.perRow, s.row = s.n, 1, 1, s.n
		return
	}
	s.row = row
	if row <= length {
		s.tile, s.perRow = length/row*row, 1
		s.row = s.tile
		s.tiles = (s.n + s.tile - 1) / s.tile
		return
	}
	s.tile = length
	s.perRow = (row + length - 1) / length
	s.tiles = s.n / row * s.perRow
}

// at is the start and length of tile t.
func (s *nest) at(t int) (start, n int) {
	if s.perRow == 1 {
		start = t * s.tile
		return start, min(s.tile, s.n-start)
	}
	row, k := t/s.perRow, t%s.perRow
	return row*s.row + k*s.tile, min(s.tile, s.row-k*s.tile)
}

// hoisted tells that a load gives the same tile every time.
func (s *nest) hoisted(l *layout) bool {
	if s.tiles == 1 || s.perRow > 1 || len(l.runs) != 2 || l.runs[0].stride != 0 {
		return false
	}
	return s.tile%l.runs[1].n == 0
}

// finish chooses tiles and registers and writes the instructions. Slots are given out from slot on.
func (s *nest) finish(pl *planner, slot int32) int32 {
	for i := range s.items {
		if it := &s.items[i]; it.kind == iCompute && it.id >= 0 && pl.v[it.id].need {
			it.mem = pl.storage(it.id)
		}
	}
	for i := range s.items {
		it := &s.items[i]
		it.clean = s.visible(pl, it) && (it.kind == iStore || makesNaN(it.node))
	}
	s.chain()
	s.chooseRows()
	s.order()
	s.tiling()
	s.chooseReads()
	last := make([]int32, len(s.items)) // instruction that needs the item last
	home := make([]int32, len(s.items)) // slot that holds it
	for i := range s.items {
		it := &s.items[i]
		last[i] = int32(i)
		for _, a := range it.args {
			if a >= 0 {
				last[a] = int32(i)
			}
		}
		s.cost += float64(it.cost * float64(s.n))
	}
	free := map[int][]int{} // offsets of registers by element size
	owned := make([]int, len(s.items))
	register := func(size int, forever bool) int {
		if list := free[size]; len(list) > 0 && !forever {
			free[size] = list[:len(list)-1]
			return list[len(list)-1]
		}
		at := s.scratch
		s.scratch += (s.tile*size+line-1)&^(line-1) + 3*line // never a page apart
		return at
	}
	next := func() int32 { slot++; return slot - 1 }
	follow := func(mem int32, offset, size int) int32 {
		if s.tiles == 1 {
			if offset == 0 {
				return mem
			}
			s.binds = append(s.binds, bind{next(), mem, offset})
			return slot - 1
		}
		s.pins = append(s.pins, pin{next(), mem, offset, size})
		return slot - 1
	}
	for i := range s.items {
		owned[i] = -1
	}
	// registers that last: no other may take their place
	for i := range s.items {
		it := &s.items[i]
		if it.mem < 0 && s.tiles > 1 && (it.kind == iFill || it.kind == iLoad && !it.lay.dense() && s.hoisted(&it.lay)) {
			it.forever = true
		}
	}
	slots := map[int]int32{} // of registers by offset
	inRegister := func(i int, it *item) int32 {
		at := register(it.size, it.forever)
		if !it.forever {
			owned[i] = at
		}
		if k, ok := slots[at]; ok {
			return k
		}
		k := next()
		s.binds = append(s.binds, bind{k, -1, at})
		slots[at] = k
		return k
	}
	pointer := func(a int32) (int32, bool) {
		if a >= 0 {
			return home[a], false
		}
		o := s.ones[^a]
		if o.offset == 0 {
			return o.mem, true
		}
		s.binds = append(s.binds, bind{next(), o.mem, o.offset})
		return slot - 1, true
	}
	for i := range s.items {
		it := &s.items[i]
		in := instr{run: it.run, item: int32(i)}
		for k, a := range it.args {
			in.x[k], in.one[k] = pointer(a)
			if a >= 0 && last[a] == int32(i) && owned[a] >= 0 { // its register may hold the result
				size := s.items[a].size
				free[size] = append(free[size], owned[a])
				owned[a] = -1
			}
		}
		switch it.kind {
		case iNothing:
			continue
		case iLoad:
			if it.lay.dense() {
				home[i] = follow(it.src, it.lay.offset*it.size, it.size)
				if it.mem < 0 {
					continue
				}
				in.x[0], in.run = home[i], copyOf(it.size)
				in.d = follow(it.mem, 0, it.size)
				home[i] = in.d
				break
			}
			l := &load{layout: it.lay, src: it.src, size: it.size, copy: copierOf(it.size), copies: it.mem >= 0 || it.forever}
			if it.mem >= 0 {
				l.own = follow(it.mem, 0, it.size)
				in.d = l.own
			} else {
				l.own = inRegister(i, it)
				in.d = next()
			}
			in.run, in.load, home[i] = runLoad, l, in.d
		case iReduce:
			in.run, in.reduce = runReduce, it.red
			s.reductions = append(s.reductions, it.red)
		case iStore:
			in.d, in.run = follow(it.mem, 0, it.size), copyOf(it.size)
			home[i] = in.d
		default:
			if it.kind == iFill {
				in.run = fillOf(it.size)
			}
			if it.mem >= 0 {
				in.d = follow(it.mem, 0, it.size)
			} else {
				in.d = inRegister(i, it)
			}
			home[i] = in.d
		}
		if it.forever {
			s.before = append(s.before, in)
		} else {
			s.code = append(s.code, in)
		}
		if it.clean {
			s.code = append(s.code, instr{run: canonicalOf(it.dtype()), d: in.d, item: int32(i), clean: true})
		}
		if last[i] == int32(i) && owned[i] >= 0 { // never used
			free[it.size] = append(free[it.size], owned[i])
			owned[i] = -1
		}
	}
	s.loops(pl, last)
	s.parallel = s.tiles > 1 && s.cost > parallelCost
	return slot
}

// dtype is that of what an item computes or stores.
func (it *item) dtype() array.Dtype {
	if it.kind == iStore {
		return it.operand
	}
	return it.node.Type.Dtype
}

// visible tells that others than nests see numbers that nests have made in memory of an item: their NaNs have one form.
func (s *nest) visible(pl *planner, it *item) bool {
	made := func(m int32) bool { return pl.mems[m].place == inArena }
	switch {
	case it.kind != iCompute && it.kind != iStore || it.mem < 0 || pl.mems[it.mem].place != inOutput && !pl.seen[it.mem]:
		return false
	case it.kind == iStore:
		switch from := &s.items[it.args[0]]; {
		case from.kind == iLoad && !made(from.src), from.kind == iFill && from.args[0] < 0 && !made(s.ones[^from.args[0]].mem):
			return false
		}
	}
	switch it.dtype() {
	case array.Float64, array.Float32, array.Complex128, array.Complex64:
		return true
	}
	return false
}

// parallelCost is the work in ns from which a stage is shared.
const parallelCost = 6e3

// run does tiles from..to-1, so many at once as the code allows.
func (s *nest) run(c *call, f *frame, from, to int) {
	if len(s.before) > 0 {
		f.start = 0
		for i := range s.before {
			in := &s.before[i]
			in.run(f, in, s.tile)
		}
	}
	step := 1
	if s.many > 1 && s.codes.loops != nil && machine.Available() {
		step = s.many
	}
	for t := from; t < to; t += step {
		start, n := s.at(t)
		if step > 1 {
			n = min(step, to-t) * s.tile
			n = min(n, s.n-start)
		}
		f.start = start
		for i := range s.pins {
			p := &s.pins[i]
			f.ptr[p.slot] = f.at(p.mem, p.offset+start*p.size)
		}
		for i := range s.code {
			in := &s.code[i]
			in.run(f, in, n)
		}
		if (t&15 == 15 || step > 1) && c.stopped() {
			return
		}
	}
}
