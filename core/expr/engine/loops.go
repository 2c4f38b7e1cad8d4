package engine

import (
	"slices"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/machine"
	"github.com/ergodica/ergodica/core/simd"
)

// loop is a run of instructions as machine code; kernels are the instructions themselves, for where code cannot run.
type loop struct {
	code    *codes
	offset  int
	wide    bool
	row     int     // elements; 0: the tile is one row
	slots   []int32 // of the table's pointers; -1: a reader's or a fold's
	strides []int   // bytes from row to row
	readers []reader
	folds   []foldPlace
	lanes   bool    // folds run over rows of several calls
	clean   []int32 // slots of what others than nests see
	kernels []instr
}

// codes are the loops of a program.
type codes struct {
	text  []byte
	loops *machine.Loops
}

func runLoop(f *frame, in *instr, n int) {
	l := in.loop
	if l.code.loops == nil || !machine.Available() {
		for i := range l.kernels {
			k := &l.kernels[i]
			k.run(f, k, n)
		}
		return
	}
	t := &f.table
	t.Found = false
	if l.row > 0 {
		l.runRows(f, n)
	} else {
		l.runFlat(f, n)
	}
	if t.Found {
		for _, slot := range l.clean {
			if l.wide {
				simd.Canonical(vec[float64](f, slot, n), vec[float64](f, slot, n))
			} else {
				simd.Canonical(vec[float32](f, slot, n), vec[float32](f, slot, n))
			}
		}
	}
}

func (l *loop) runFlat(f *frame, n int) {
	t := &f.table
	for k, slot := range l.slots {
		if slot >= 0 {
			t.At[k] = f.ptr[slot]
		}
	}
	for i := range l.readers {
		r := &l.readers[i]
		t.At[r.place] = unsafe.Add(f.ptr[r.src], r.row(f.start/r.runs[len(r.runs)-1].n)*r.size)
	}
	for _, p := range l.folds {
		t.At[p.place], _ = p.red.part(f, f.start)
	}
	l.code.loops.Run(l.offset, l.wide, t, n)
}

// runRows goes through the tile in blocks of rows in which every pointer moves evenly.
func (l *loop) runRows(f *frame, n int) {
	t := &f.table
	copy(t.Step[:], l.strides)
	rows, first := n/l.row, f.start/l.row
	place := f.place[:len(l.readers)]
	clear(place)
	leaf := 0 // rows that are left of the one that folds are in
	for done := 0; done < rows; {
		m := rows - done
		for i := range place { // where row first + done is, and for how many rows its distance holds
			r, p := &l.readers[i], &place[i]
			if p.left == 0 {
				var distance int
				p.at, distance, p.left = r.block(first + done)
				p.at *= r.size
				t.Step[r.place] = distance * r.size
			}
			m = min(m, p.left)
		}
		if leaf == 0 {
			leaf = rows - done
			for i, p := range l.folds {
				if l.lanes {
					_, left := p.red.part(f, (first+done)*l.row)
					leaf = left / l.row
					t.At[p.place] = p.red.begin(&f.lanes[i])
				} else {
					t.At[p.place], _ = p.red.part(f, (first+done)*l.row)
				}
			}
		}
		m = min(m, leaf)
		for k, slot := range l.slots {
			if slot >= 0 {
				t.At[k] = unsafe.Add(f.ptr[slot], done*l.strides[k])
			}
		}
		for i := range place {
			r, p := &l.readers[i], &place[i]
			t.At[r.place] = unsafe.Add(f.ptr[r.src], p.at)
			p.at += m * t.Step[r.place]
			p.left -= m
		}
		l.code.loops.RunRows(l.offset, t, m)
		if leaf -= m; leaf == 0 && l.lanes {
			for i, p := range l.folds {
				part, _ := p.red.part(f, (first+done)*l.row)
				p.red.end(part, &f.lanes[i])
			}
		}
		done += m
		if !l.lanes {
			leaf = 0
		}
	}
}

const (
	mostFolds   = 16   // of a loop whose folds go on from call to call
	longestLoop = 64   // instructions
	mostItems   = 4000 // of a nest that is put in order for loops
)

var stepKinds = map[expr.Op]machine.Kind{
	expr.OpAdd: machine.Add, expr.OpSub: machine.Sub, expr.OpMul: machine.Mul, expr.OpDiv: machine.Div, expr.OpMax: machine.Max, expr.OpMin: machine.Min,
	expr.OpMulz: machine.MulZero, expr.OpNeg: machine.Neg, expr.OpAbs: machine.Abs, expr.OpSqrt: machine.Sqrt, expr.OpSqrt0: machine.Sqrt, expr.OpRsqrt: machine.Rsqrt,
	expr.OpFloor: machine.Floor, expr.OpCeil: machine.Ceil, expr.OpTrunc: machine.Trunc, expr.OpRound: machine.Round,
	expr.OpExp: machine.Exp, expr.OpLog: machine.Log, expr.OpTanh: machine.Tanh, expr.OpExpit: machine.Expit,
	expr.OpLess: machine.Less, expr.OpLessEqual: machine.LessEqual, expr.OpEqual: machine.Equal, expr.OpNotEqual: machine.NotEqual,
	expr.OpGreater: machine.Greater, expr.OpGreaterEqual: machine.GreaterEqual, expr.OpSelect: machine.Select,
	expr.OpConvert: machine.Truth, expr.OpAnd: machine.And, expr.OpOr: machine.Or, expr.OpNot: machine.Not,
}

var foldKinds = map[expr.Op]machine.Kind{expr.OpReduceSum: machine.Sum, expr.OpReduceMax: machine.Most, expr.OpReduceMin: machine.Least}

// coded tells that an item can be a part of a loop.
func (s *nest) coded(it *item) bool {
	switch {
	case it.kind == iReduce:
		return it.coded
	case it.kind != iCompute || !hasColumns(it.operand) || it.outside:
		return false
	case it.node.Op == expr.OpIntegerPow:
		return it.node.Attrs.N >= 2 && it.node.Attrs.N <= 4
	case it.node.Op == expr.OpConvert:
		return it.truth
	}
	_, ok := stepKinds[it.node.Op]
	return ok
}

// order puts the items so that what can be a loop stands together: loads first, then in turn what is coded and what is not, each as early as
// its operands allow.
func (s *nest) order() {
	if !machine.Available() || len(s.items) > mostItems {
		return
	}
	s.masks()
	phase := make([]int, len(s.items))
	for i := range s.items {
		it := &s.items[i]
		p := 0
		for _, a := range it.args {
			if a >= 0 {
				p = max(p, phase[a])
			}
		}
		switch {
		case it.kind == iLoad || it.kind == iFill:
			p = -1
		case s.coded(it):
			p = (p + 1) &^ 1
		default:
			p |= 1
		}
		phase[i] = p
	}
	index := make([]int, len(s.items))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(i, j int) int { return phase[i] - phase[j] })
	to := make([]int32, len(s.items))
	items := make([]item, len(s.items))
	for k, i := range index {
		to[i], items[k] = int32(k), s.items[i]
	}
	for i := range items {
		for k, a := range items[i].args {
			if a >= 0 {
				items[i].args[k] = to[a]
			}
		}
	}
	s.items = items
}

// masks tells which comparisons, operations on truth values and selections are no part of a loop: truth values stay in mask registers, so that
// all that takes one has to be coded, and all that it takes.
func (s *nest) masks() {
	mask := func(it *item) bool { return it.kind == iCompute && it.node.Type.Dtype == array.Bool }
	for i := range s.items { // what is compared gives the width
		it := &s.items[i]
		if it.kind != iCompute || it.operand != array.Bool {
			continue
		}
		for _, a := range it.args {
			if from := &s.items[max(a, 0)]; a >= 0 && mask(from) && (mask(it) || it.node.Op == expr.OpConvert && it.node.Type.Dtype == from.operand) {
				it.operand, it.truth = from.operand, !mask(it)
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range s.items {
			it := &s.items[i]
			takes := func(k int) bool {
				return s.coded(it) && it.kind == iCompute && (it.node.Op == expr.OpSelect && k == 0 || it.truth || mask(it) && it.logical())
			}
			for k, a := range it.args {
				if !takes(k) && (a < 0 || !mask(&s.items[a])) {
					continue
				}
				if takes(k) && a >= 0 && s.coded(&s.items[a]) && mask(&s.items[a]) && s.items[a].mem < 0 && s.items[a].operand == it.operand {
					continue
				}
				if takes(k) {
					it.outside, changed = true, true
				}
				if a >= 0 && mask(&s.items[a]) && !s.items[a].outside {
					s.items[a].outside, changed = true, true
				}
			}
			if mask(it) && it.mem >= 0 && !it.outside {
				it.outside, changed = true, true
			}
		}
	}
}

// logical tells that an item makes truth values from truth values.
func (it *item) logical() bool {
	return it.node.Op == expr.OpAnd || it.node.Op == expr.OpOr || it.node.Op == expr.OpNot
}

// loops turns runs of coded instructions into machine code.
func (s *nest) loops(pl *planner, last []int32) {
	if !machine.Available() || len(s.items) > mostItems {
		return
	}
	b := &builder{nest: s, pl: pl, last: last, bring: map[int32]instr{}}
	for _, list := range [][]instr{s.before, s.code} {
		for _, in := range list {
			if it := &s.items[in.item]; it.mem < 0 && (it.kind == iLoad && it.read != copied || it.kind == iFill) {
				b.bring[in.item] = in
			}
		}
	}
	var code []instr
	needed := map[int32]bool{}
	alone := func(in instr) {
		for _, a := range s.items[in.item].args {
			needed[a] = true
		}
		code = append(code, in)
	}
	for i := 0; i < len(s.code); {
		j := i
		for j < len(s.code) && j-i < longestLoop && s.coded(&s.items[s.code[j].item]) && s.items[s.code[j].item].operand == s.items[s.code[i].item].operand {
			j++
		}
		least := 1
		if s.n <= few {
			least = 2
		}
		for ; j-i >= least; j-- {
			if l := b.assemble(s.code[i:j]); l != nil {
				code = append(code, instr{run: runLoop, loop: l, item: s.code[i].item})
				break
			}
			if j-i > 12 {
				j -= (j - i) / 4
			}
		}
		if j-i < least {
			j = i + 1
			alone(s.code[i])
		}
		i = j
	}
	unread := func(in instr) bool { _, may := b.bring[in.item]; return may && !needed[in.item] }
	s.before = slices.DeleteFunc(s.before, unread)
	s.code = slices.DeleteFunc(code, unread)
	s.together(&pl.code)
}

// together lets many tiles be done at once where all that they are is loops without registers in memory.
func (s *nest) together(code *codes) {
	if s.perRow != 1 || s.tiles < 2 || len(s.before) > 0 {
		return
	}
	register := map[int32]bool{}
	for _, b := range s.binds {
		register[b.slot] = b.mem < 0
	}
	for i := range s.code {
		l := s.code[i].loop
		if l == nil || slices.ContainsFunc(l.slots, func(k int32) bool { return k >= 0 && register[k] }) {
			return
		}
		if len(l.folds) > 0 && l.row == 0 {
			return
		}
	}
	s.many, s.codes = max(1, manyElements/s.tile), code
}

// manyElements is what is done between two looks at the clock where tiles do not count.
const manyElements = 1 << 15

// builder writes the loops of a nest.
type builder struct {
	*nest
	pl    *planner
	last  []int32
	bring map[int32]instr // loads and fills that loops may read in place, by item
}

func (b *builder) assemble(run []instr) *loop {
	s := b.nest
	l := &loop{code: &b.pl.code, wide: s.items[run[0].item].operand == array.Float64}
	var steps []machine.Step
	place := map[int32]int32{} // step of an item
	table := map[int32]int32{}
	known := map[[2]int32]int32{} // loads by slot and kind
	entry := func(slot int32, stride int) int32 {
		l.slots, l.strides = append(l.slots, slot), append(l.strides, stride)
		return int32(len(l.slots) - 1)
	}
	if run[0].clean {
		return nil
	}
	for i := range run { // in rows where something asks for them
		it := &s.items[run[i].item]
		for _, a := range it.args {
			if a >= 0 && s.items[a].read == rolled {
				l.row = s.rows
			}
		}
		if it.kind == iReduce && s.rows > 0 {
			l.row, l.lanes = s.rows, s.rows != it.red.length
		}
	}
	pointer := func(slot int32, size int) int32 {
		k, have := table[slot]
		if !have {
			k = entry(slot, l.row*size)
			table[slot] = k
		}
		return k
	}
	emit := func(st machine.Step) int32 {
		steps = append(steps, st)
		return int32(len(steps) - 1)
	}
	read := func(in *instr, k int, a int32) int32 {
		it, slot, kind := (*item)(nil), in.x[k], machine.Load
		if a >= 0 {
			it = &s.items[a]
			if it.kind == iFill {
				slot, kind = b.bring[a].x[0], machine.Broadcast
			}
		} else {
			kind = machine.Broadcast
		}
		key := [2]int32{slot, int32(kind)}
		p, have := known[key]
		if have {
			return p
		}
		st := machine.Step{Kind: kind}
		switch {
		case it != nil && it.kind == iLoad && it.read != copied:
			st.Pointer = entry(-1, 0)
			r := readerOf(it, l.row, int(st.Pointer))
			l.readers = append(l.readers, r)
			in := r.runs[len(r.runs)-1]
			if st.Roll = in.roll; in.stride == 0 {
				st.Kind = machine.Spread
			}
		case kind == machine.Broadcast:
			st.Pointer = entry(slot, 0)
		default:
			st.Pointer = pointer(slot, it.size)
		}
		if a >= 0 {
			if in, may := b.bring[a]; may {
				l.kernels = append(l.kernels, in)
			}
		}
		p = emit(st)
		known[key] = p
		return p
	}
	end := run[len(run)-1].item
	for i := range run {
		in := &run[i]
		if in.clean { // done by the store
			continue
		}
		it := &s.items[in.item]
		var x [3]int32
		for k, a := range it.args {
			if p, here := place[a]; a >= 0 && here {
				x[k] = p
				continue
			}
			if it.kind == iCompute && (it.node.Op == expr.OpSelect && k == 0 || it.truth || it.logical()) {
				return nil
			}
			x[k] = read(in, k, a)
		}
		var r int32
		switch {
		case it.kind == iReduce:
			size := it.red.f.size
			p := entry(-1, size)
			l.folds = append(l.folds, foldPlace{int(p), it.red})
			emit(machine.Step{Kind: foldKinds[it.red.op], A: x[0], Pointer: p})
			continue
		case it.also != nil:
			r = emit(machine.Step{Kind: stepKinds[it.also.Op], A: x[0], B: x[1]})
			if it.from {
				r = emit(machine.Step{Kind: machine.Sub, A: x[2], B: r})
			} else {
				r = emit(machine.Step{Kind: stepKinds[it.node.Op], A: r, B: x[2]})
			}
		case it.node.Op == expr.OpIntegerPow:
			r = emit(machine.Step{Kind: machine.Mul, A: x[0], B: x[0]})
			if k := it.node.Attrs.N; k == 3 {
				r = emit(machine.Step{Kind: machine.Mul, A: r, B: x[0]})
			} else if k == 4 {
				r = emit(machine.Step{Kind: machine.Mul, A: r, B: r})
			}
		default:
			r = emit(machine.Step{Kind: stepKinds[it.node.Op], A: x[0], B: x[1], C: x[2]})
		}
		place[in.item] = r
		if it.mem >= 0 || b.last[in.item] > end {
			if it.node.Type.Dtype == array.Bool {
				return nil
			}
			watch := s.visible(b.pl, it)
			if watch {
				l.clean = append(l.clean, in.d)
			}
			emit(machine.Step{Kind: machine.Store, A: r, Pointer: pointer(in.d, it.size), Watch: watch})
		}
	}
	if len(l.slots) > machine.Pointers || l.lanes && len(l.folds) > mostFolds {
		return nil
	}
	code, ok := machine.Assemble(machine.Loop{Steps: steps, Wide: l.wide, Row: l.row, Lanes: l.lanes})
	if !ok {
		return nil
	}
	l.kernels = append(l.kernels, run...)
	for len(b.pl.code.text)%line != 0 {
		b.pl.code.text = append(b.pl.code.text, 0xcc)
	}
	l.offset = len(b.pl.code.text)
	b.pl.code.text = append(b.pl.code.text, code...)
	return l
}
