package engine

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/tapes"
	"github.com/ergodica/ergodica/core/spec"
)

// Loops and branches in tapes. A loop has places for its carries, to which the numbers of a step go at its end; slices are read and written through
// pointers that move on.

// loopTape is the executable of one scan alone, as a tape; nil if it is none.
func (pl *planner) loopTape(id expr.ID) *Executable {
	n := pl.node(id)
	b := expr.NewBuilder()
	var in []expr.ID
	for _, x := range n.Args {
		in = append(in, b.Input(pl.node(x).Type))
	}
	y, err := b.Emit(n.Op, n.Attrs, in...)
	if err != nil {
		return nil
	}
	var out []expr.ID
	for k := range pl.p.ResultTypes(id) {
		out = append(out, b.Result(y, k))
	}
	return newTape(b.Finish(out...), pl.passes)
}

// wanted are the places of pointers to where the results of a node go that are arrays of many elements.
func (w *section) wanted(id expr.ID) (slots []int32, ok bool) {
	types := w.p.ResultTypes(id)
	slots = make([]int32, len(types))
	if slices.ContainsFunc(types, func(t expr.Type) bool { return t.Len() == 0 }) {
		return nil, false
	}
	slots[0] = w.want[id]
	for i := int(id) + 1; i < len(w.p.Nodes); i++ {
		if n := &w.p.Nodes[i]; n.Op == expr.OpResult && n.Args[0] == id && w.want[expr.ID(i)] != 0 {
			slots[n.Attrs.N] = w.want[expr.ID(i)]
		}
	}
	for k, t := range types {
		if t.Len() > tapeValue && slots[k] == 0 {
			if bytesOf(t) > tapeBlock {
				return nil, false
			}
			slots[k] = w.made(tapes.Point, w.room(bytesOf(t)))
		}
	}
	return slots, true
}

// pointer is a place with a pointer to the first row of an array.
func (w *writer) pointer(v placed, size int) int32 {
	if v.bulk != 0 {
		return v.bulk
	}
	from := w.together(v.at, size)
	for i := range v.at {
		w.pinned[from+int32(i*size)] = true
	}
	return w.made(tapes.Point, from)
}

// label is where the next note stands.
func (w *writer) label() int { return len(w.notes) }

// leap adds a jump whose goal is not known yet.
func (w *writer) leap(kind tapes.Kind, condition int32) int {
	w.add(tapes.Note{Kind: kind, A: condition})
	return len(w.notes) - 1
}

// land lets the jumps come here.
func (w *writer) land(jumps ...int) {
	for _, k := range jumps {
		w.notes[k].N = len(w.notes)
	}
}

func (w *section) loop(id expr.ID) bool {
	p := w.p
	n := &p.Nodes[id]
	a := n.Attrs
	body, err := simplified(a.Body(), w.passes)
	if err != nil {
		return false
	}
	var test *expr.Program
	if len(a.Rules) == 1 {
		if test, err = simplified(a.Rules[0], w.passes); err != nil {
			return false
		}
	}
	types := p.ResultTypes(id)
	K, S := a.Carries, a.Slices
	args := w.operands(n)
	steps := int32(0)
	if a.Counted {
		last := len(args) - 1
		steps, args = args[last].at[0], args[:last]
		wrong := w.made(tapes.Or, w.made(tapes.LessInt, steps, w.integer(0)), w.made(tapes.LessInt, w.integer(a.Length), steps))
		fine := w.leap(tapes.JumpIfNot, wrong)
		w.outside(outsider{fails: func(base unsafe.Pointer) error {
			return spec.Errorf(spec.SpecError, "scan: %d steps are outside [0, %d]", *(*int64)(unsafe.Add(base, steps)), a.Length)
		}}, 8, 1, steps)
		w.land(fine)
	} else if a.Length >= 0 {
		steps = w.integer(a.Length)
	}
	results, ok := w.wanted(id)
	if !ok {
		return false
	}
	carries, in := make([]placed, K), make([]placed, K+S, body.Inputs)
	for k := range K {
		if args[k].at == nil {
			return false
		}
		size := types[k].Dtype.Size()
		carries[k].at = w.fresh(types[k])
		for i, to := range carries[k].at {
			w.copy(to, args[k].at[i], size)
		}
	}
	copy(in, carries)
	// Pointers to rows begin at the first or the last.
	moving := func(from int32, row int) int32 {
		if !a.Reverse {
			return w.made(tapes.AddWord, from)
		}
		last := w.room(8)
		w.add(tapes.Note{Kind: tapes.AddWord, D: last, A: steps, N: -1})
		now := w.room(8)
		w.add(tapes.Note{Kind: tapes.PointRow, D: now, A: from, B: last, N: row})
		return now
	}
	step := func(now int32, row int) {
		if a.Reverse {
			row = -row
		}
		w.add(tapes.Note{Kind: tapes.AddWord, D: now, A: now, N: row})
	}
	var xs, ys []int32
	for i := range S {
		t := body.Nodes[K+i].Type
		xs = append(xs, moving(w.pointer(args[K+i], t.Dtype.Size()), bytesOf(t)))
		if in[K+i].bulk = xs[i]; t.Len() <= tapeValue {
			in[K+i] = placed{at: w.fresh(t)}
		}
	}
	out := slices.Clone(carries)
	var dest []int32
	for k := range body.Outputs {
		t := p.ResultTypes(id)[k]
		if dest = append(dest, 0); k < K {
			continue
		}
		v := placed{bulk: results[k]}
		if v.bulk == 0 {
			v.at = w.fresh(t)
		}
		out = append(out, v)
		row := body.Nodes[body.Outputs[k]].Type
		ys = append(ys, moving(w.pointer(v, t.Dtype.Size()), bytesOf(row)))
		if row.Len() > tapeValue {
			dest[k] = ys[k-K]
		}
	}
	in = append(in, args[K+S:]...)
	k := w.room(8)
	w.copy(k, w.integer(0), 8)
	before := w.cost
	top := w.label()
	var ends []int
	if steps != 0 {
		ends = append(ends, w.leap(tapes.JumpIfNot, w.made(tapes.LessInt, k, steps)))
	}
	if test != nil {
		more, ok := w.writer.program(test, slices.Concat(carries, args[K+S:]), nil)
		if !ok {
			return false
		}
		ends = append(ends, w.leap(tapes.JumpIfNot, more[0].at[0]))
	}
	for i, now := range xs {
		t := body.Nodes[K+i].Type
		for j, to := range in[K+i].at {
			w.add(tapes.Note{Kind: bySize(t.Dtype.Size(), tapes.Read1), D: to, A: now, N: j * t.Dtype.Size()})
		}
	}
	made, ok := w.writer.program(body, in, dest)
	if !ok {
		return false
	}
	for j, now := range ys {
		t := body.Nodes[body.Outputs[K+j]].Type
		kind := bySize(t.Dtype.Size(), tapes.Write1)
		switch t.Dtype {
		case array.Float64:
			kind = tapes.WriteFloat
		case array.Float32:
			kind = tapes.WriteSingle
		case array.Complex128, array.Complex64:
			return false
		}
		for i, from := range made[K+j].at {
			w.add(tapes.Note{Kind: kind, D: now, A: from, N: i * t.Dtype.Size()})
		}
		step(now, bytesOf(t))
	}
	for i, now := range xs {
		step(now, bytesOf(body.Nodes[K+i].Type))
	}
	w.replace(carries, made[:K], types)
	w.add(tapes.Note{Kind: tapes.AddWord, D: k, A: k, N: 1})
	w.add(tapes.Note{Kind: tapes.Back, N: top, D: int32(len(w.notes) - top + 1)})
	w.land(ends...)
	if test != nil {
		out = append(out, placed{at: []int32{k}})
	}
	if w.cost = before + (w.cost-before)*float64(a.Length); a.Length < 0 {
		w.cost = forever
	}
	return w.gives(id, out)
}

// replace copies values to places, some of which may be places of the values.
func (w *writer) replace(to, from []placed, types []expr.Type) {
	taken := map[int32]bool{}
	for _, v := range to {
		for _, at := range v.at {
			taken[at] = true
		}
	}
	moves := make([]tapes.Note, 0, len(taken))
	for k := range to {
		size := types[k].Dtype.Size()
		for i, at := range from[k].at {
			if at == to[k].at[i] {
				continue
			}
			if taken[at] {
				spare := w.room(size)
				w.copy(spare, at, size)
				at = spare
			}
			moves = append(moves, tapes.Note{Kind: bySize(size, tapes.Copy1), D: to[k].at[i], A: at})
		}
	}
	for _, m := range moves {
		w.add(m)
	}
}

// branches is a switch: each program writes to the places of the results.
func (w *section) branches(id expr.ID) bool {
	n := &w.p.Nodes[id]
	types := w.p.ResultTypes(id)
	in := w.operands(n)
	dest, ok := w.wanted(id)
	if !ok {
		return false
	}
	out := make([]placed, len(types))
	for k, t := range types {
		if out[k].bulk = dest[k]; dest[k] == 0 {
			out[k].at = w.fresh(t)
		}
	}
	var ends []int
	for k, p := range n.Attrs.Rules {
		next := -1
		if k < len(n.Attrs.Rules)-1 {
			next = w.leap(tapes.JumpIfNot, w.made(tapes.LessInt, in[0].at[0], w.integer(k+1)))
		}
		q, err := simplified(p, w.passes)
		if err != nil {
			return false
		}
		made, ok := w.writer.program(q, in[1:], dest)
		if !ok {
			return false
		}
		w.replace(out, made, types)
		if next >= 0 {
			ends = append(ends, w.leap(tapes.Jump, 0))
			w.land(next)
		}
	}
	w.land(ends...)
	return w.gives(id, out)
}

func (t *tape) String() string { return fmt.Sprintf("tape of %d notes", t.run.Len()) }

// again is a program that is made again: here it is part of the tape.
func (w *section) again(id expr.ID) bool {
	n := &w.p.Nodes[id]
	q, err := simplified(n.Attrs.Body(), w.passes)
	if err != nil {
		return false
	}
	dest, ok := w.wanted(id)
	if !ok {
		return false
	}
	out, ok := w.writer.program(q, w.operands(n), dest)
	return ok && w.gives(id, out)
}

// sum adds as simd.Sum does: eight lanes, then their tree; a lane begins with 0, which makes no difference but that the sum is never -0.
func (w *writer) sum(cell []int32) int32 {
	var lanes [8]int32
	join := func(x, y int32) int32 {
		if x == 0 || y == 0 {
			return x + y
		}
		return w.made(tapes.Add, x, y)
	}
	for i, at := range cell {
		lanes[i&7] = join(lanes[i&7], at)
	}
	l := &lanes
	s := join(join(join(l[0], l[4]), join(l[2], l[6])), join(join(l[1], l[5]), join(l[3], l[7])))
	return w.made(tapes.Add, s, w.number(0))
}
