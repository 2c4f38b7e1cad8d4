package engine

import (
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
)

// A tape is a program whose values all have a handful of elements, run number by number: the steps of small maps and differential equations, which
// would spend their time between kernels. Every element has a place of its own in one block; what moves elements (slices, reshapes, concatenations,
// pads) is done when the tape is written and costs nothing. Sums, products, comparisons and selections of float64 are instructions of their own, all
// else calls the nests' kernels on places that lie together: the bits are the same.
type tape struct {
	code  []note
	image []byte // the block with its constants
	load  []crossing
	store []crossing
}

// note is one instruction: places in bytes.
type note struct {
	kind    noteKind
	d, a, b int32
	c       int32
	call    *instr // of a kernel
	n       int32
	fold    *folder
	stage   func(c *call) error
}

type noteKind uint8

const (
	noteKernel noteKind = iota
	noteStage
	noteFold
	noteCopy1
	noteCopy4
	noteCopy8
	noteCopy16
	noteAdd
	noteSub
	noteMul
	noteDiv
	noteNeg
	noteAbs
	noteSqrt
	noteMax
	noteMin
	noteMulZero
	noteLess
	noteLessEqual
	noteEqual
	noteNotEqual
	noteSelect8
	noteAnd
	noteOr
	noteNot
	noteAddInt
)

// crossing brings an input or output to or from the block.
type crossing struct {
	mem    int32
	at     []int32 // places; of an input the first alone counts
	size   int
	floats array.Dtype // whose NaNs become one
}

// A tape holds values of at most so many elements, and so many elements and instructions in all.
const (
	tapeValue  = 8
	tapeLength = 6000
)

var noteKinds = map[expr.Op]noteKind{
	expr.OpAdd: noteAdd, expr.OpSub: noteSub, expr.OpMul: noteMul, expr.OpDiv: noteDiv, expr.OpNeg: noteNeg, expr.OpAbs: noteAbs, expr.OpSqrt: noteSqrt,
	expr.OpSqrt0: noteSqrt, expr.OpMax: noteMax, expr.OpMin: noteMin, expr.OpMulz: noteMulZero, expr.OpLess: noteLess, expr.OpLessEqual: noteLessEqual,
	expr.OpEqual: noteEqual, expr.OpNotEqual: noteNotEqual, expr.OpSelect: noteSelect8,
}

// writer is a tape being written.
type writer struct {
	*planner
	t     *tape
	at    [][]int32       // places of the elements of every value
	slots map[int32]int32 // memories that stand for places
	size  int
	cost  float64

	several map[expr.ID][][]int32
	texts   []string
}

func (w *writer) room(bytes int) int32 {
	at := w.size
	w.size += (bytes + 7) &^ 7
	return int32(at)
}

func (w *writer) fresh(t expr.Type) []int32 {
	size := t.Dtype.Size()
	at := w.room(t.Len() * size)
	out := make([]int32, t.Len())
	for i := range out {
		out[i] = at + int32(i*size)
	}
	return out
}

// slot is a memory at a place.
func (w *writer) slot(at int32) int32 {
	k, ok := w.slots[at]
	if !ok {
		k = w.memory(memory{place: inScratch, offset: int(at)})
		w.slots[at] = k
	}
	return k
}

// together is where the elements lie one behind the other; they are copied if they do not.
func (w *writer) together(at []int32, size int) int32 {
	for i := range at {
		if at[i] != at[0]+int32(i*size) {
			to := w.room(len(at) * size)
			for j, from := range at {
				w.copy(to+int32(j*size), from, size)
			}
			return to
		}
	}
	return at[0]
}

func (w *writer) copy(to, from int32, size int) {
	kind := map[int]noteKind{1: noteCopy1, 4: noteCopy4, 8: noteCopy8, 16: noteCopy16}[size]
	w.t.code = append(w.t.code, note{kind: kind, d: to, a: from})
}

// newTape writes p as a tape; nil if it is none.
func newTape(p *expr.Program, passes expr.Passes) *Executable {
	if len(p.Nodes) > tapeLength {
		return nil
	}
	total := 0
	for i := range p.Nodes {
		n := p.Nodes[i].Type.Len()
		if total += n; n == 0 || n > tapeValue || total > tapeLength {
			return nil
		}
	}
	ex := &Executable{p: p, in: p.InputTypes(), out: p.OutputTypes(), tape: &tape{}, room: columnRoom}
	w := &writer{planner: newPlanner(p), t: ex.tape, at: make([][]int32, len(p.Nodes)), slots: map[int32]int32{}, several: map[expr.ID][][]int32{}}
	w.passes = passes
	for i, t := range ex.in {
		ex.inputs = append(ex.inputs, w.memory(memory{bytes: bytesOf(t), place: inInput, index: i}))
	}
	for i, t := range ex.out {
		ex.outputs = append(ex.outputs, w.memory(memory{bytes: bytesOf(t), place: inOutput, index: i}))
	}
	type literal struct {
		at   int32
		data []byte
	}
	var literals []literal
	for i := range p.Nodes {
		n := &p.Nodes[i]
		switch {
		case i < p.Inputs:
			w.at[i] = w.fresh(n.Type)
			w.t.load = append(w.t.load, crossing{mem: ex.inputs[i], at: w.at[i], size: n.Type.Dtype.Size()})
		case n.Op == expr.OpConst:
			w.at[i] = w.fresh(n.Type)
			literals = append(literals, literal{w.at[i][0], n.Attrs.Value.Data[:bytesOf(n.Type)]})
		default:
			if !w.write(expr.ID(i)) {
				return nil
			}
		}
		if len(w.t.code) > tapeLength {
			return nil
		}
	}
	for k, o := range p.Outputs {
		d := p.Nodes[o].Type.Dtype
		c := crossing{mem: ex.outputs[k], at: w.at[o], size: d.Size()}
		if d == array.Float64 || d == array.Float32 {
			c.floats = d
		} else if d == array.Complex128 || d == array.Complex64 {
			return nil
		}
		w.t.store = append(w.t.store, c)
	}
	w.t.image = make([]byte, w.size)
	for _, l := range literals {
		copy(w.t.image[l.at:], l.data)
	}
	ex.scratch, ex.mems, ex.subs, ex.slots = w.size+line, w.mems, w.subs, len(w.mems)
	ex.stages = []stage{{name: "tape", cost: w.cost + 2*float64(len(w.t.code)), text: strings.Join(w.texts, ", "), run: func(c *call) error { return c.ex.tape.run(c) }}}
	return ex
}

// write adds the notes of a node, or renames the places of its operands; false where tapes do not know it.
func (w *writer) write(id expr.ID) bool {
	p := w.p
	n := &p.Nodes[id]
	switch n.Op {
	case expr.OpScan, expr.OpSwitch, expr.OpRemat:
		return w.inner(id)
	case expr.OpResult:
		w.at[id] = w.several[n.Args[0]][n.Attrs.N]
		return true
	case expr.OpStopGradient:
		w.at[id] = w.at[n.Args[0]]
		return true
	case expr.OpReshape, expr.OpTranspose, expr.OpBroadcastInDim, expr.OpSlice, expr.OpReverse, expr.OpRoll, expr.OpConcatenate:
		return w.rename(p, id, n.Attrs)
	case expr.OpPad:
		return w.rename(p, id, n.Attrs)
	case expr.OpSliceUpdate:
		a := *n.Attrs
		if a.Mode == "set" {
			return w.rename(p, id, n.Attrs)
		}
		if n.Type.Dtype != array.Float64 {
			return false
		}
		a.Mode = "set"
		old := w.at[n.Args[0]]
		if !w.rename(p, id, &a) {
			return false
		}
		for k, at := range w.at[id] {
			if at != old[k] { // an element of the update
				d := w.room(8)
				w.t.code = append(w.t.code, note{kind: noteAdd, d: d, a: old[k], b: at})
				w.at[id][k] = d
			}
		}
		return !slices.ContainsFunc(w.at[n.Args[1]], func(x int32) bool { return slices.Contains(old, x) })
	case expr.OpReduceSum, expr.OpReduceProd, expr.OpReduceMax, expr.OpReduceMin, expr.OpReduceAny, expr.OpReduceAll:
		return w.reduce(p, id)
	}
	if !n.Op.Elementwise() {
		return false
	}
	operand := p.Nodes[n.Args[len(n.Args)-1]].Type.Dtype
	kind, plain := noteKinds[n.Op]
	switch {
	case n.Op == expr.OpSelect:
		plain = n.Type.Dtype.Size() == 8
	case n.Op == expr.OpGreater:
		kind, plain = noteLess, true
	case n.Op == expr.OpGreaterEqual:
		kind, plain = noteLessEqual, true
	case operand == array.Bool && n.Op == expr.OpAnd:
		kind, plain = noteAnd, true
	case operand == array.Bool && n.Op == expr.OpOr:
		kind, plain = noteOr, true
	case operand == array.Bool && n.Op == expr.OpNot:
		kind, plain = noteNot, true
	case operand == array.Int64 && n.Op == expr.OpAdd:
		kind, plain = noteAddInt, true
	case n.Op == expr.OpConvert && operand == n.Type.Dtype:
		w.at[id] = w.at[n.Args[0]]
		return true
	}
	if plain && (operand == array.Float64 || kind >= noteSelect8) {
		w.at[id] = w.fresh(n.Type)
		for i, d := range w.at[id] {
			x := note{kind: kind, d: d, a: w.at[n.Args[0]][i]}
			if len(n.Args) > 1 {
				x.b = w.at[n.Args[1]][i]
			}
			if len(n.Args) > 2 {
				x.c = w.at[n.Args[2]][i]
			}
			if n.Op == expr.OpGreater || n.Op == expr.OpGreaterEqual {
				x.a, x.b = x.b, x.a
			}
			w.t.code = append(w.t.code, x)
		}
		return true
	}
	k := kernelOf(n, operand)
	if k == nil {
		return false
	}
	in := &instr{run: k.run}
	for j, x := range n.Args {
		in.x[j] = w.slot(w.together(w.at[x], p.Nodes[x].Type.Dtype.Size()))
	}
	w.at[id] = w.fresh(n.Type)
	in.d = w.slot(w.at[id][0])
	w.t.code = append(w.t.code, note{kind: noteKernel, call: in, n: int32(n.Type.Len())})
	return true
}

// inner adds a stage that runs programs: its memories are places of the block.
func (w *writer) inner(id expr.ID) bool {
	n := w.node(id)
	s := stage{}
	for _, x := range n.Args {
		s.reads = append(s.reads, w.slot(w.together(w.at[x], w.node(x).Type.Dtype.Size())))
	}
	all := make([][]int32, 0, 4)
	for _, t := range w.p.ResultTypes(id) {
		all = append(all, w.fresh(t))
		s.writes = append(s.writes, w.slot(all[len(all)-1][0]))
	}
	before := len(w.mems)
	var err error
	switch n.Op {
	case expr.OpScan:
		err = w.scan(&s, id)
	case expr.OpSwitch:
		err = w.branches(&s, n.Attrs.Rules, "switch")
	default:
		err = w.branches(&s, []*expr.Program{n.Attrs.Body()}, "remat")
	}
	if err != nil {
		return false // it is said where there is no tape
	}
	for i := before; i < len(w.mems); i++ {
		m := &w.mems[i]
		w.size = (w.size + line - 1) &^ (line - 1)
		m.place, m.offset = inScratch, int(w.room(m.bytes))
	}
	w.several[id], w.at[id] = all, all[0]
	w.t.code = append(w.t.code, note{kind: noteStage, stage: s.run})
	w.cost += s.cost
	w.texts = append(w.texts, s.name+" ("+s.text+")")
	return true
}

// rename finds where the elements of a node that moves them come from: its reference, run on their numbers.
func (w *writer) rename(p *expr.Program, id expr.ID, a *expr.Attrs) bool {
	n := &p.Nodes[id]
	b := expr.NewBuilder()
	var in []expr.ID
	var x []*array.Array
	places := []int32{-1}
	for _, y := range n.Args {
		t := expr.Type{Dtype: array.Float64, Shape: p.Nodes[y].Type.Shape}
		in = append(in, b.Input(t))
		v := make([]float64, t.Len())
		for i, at := range w.at[y] {
			v[i] = float64(len(places))
			places = append(places, at)
		}
		x = append(x, &array.Array{Dtype: t.Dtype, Shape: t.Shape, Data: array.FromSlice(array.Float64, v).Data})
	}
	y, err := b.Emit(n.Op, a, in...)
	if err != nil {
		return false
	}
	q := b.Finish(y)
	v := make([]float64, n.Type.Len())
	out := &array.Array{Dtype: array.Float64, Shape: n.Type.Shape, Data: array.FromSlice(array.Float64, v).Data}
	if q.Evaluate(q.Outputs[0], x, []*array.Array{out}) != nil {
		return false
	}
	w.at[id] = make([]int32, len(v))
	zero := int32(-1)
	for i, k := range v {
		if w.at[id][i] = places[int(k)]; k == 0 { // padding
			if zero < 0 {
				zero = w.room(16)
			}
			w.at[id][i] = zero
		}
	}
	return true
}

// reduce folds the elements of a cell in C order.
func (w *writer) reduce(p *expr.Program, id expr.ID) bool {
	n := &p.Nodes[id]
	t := p.Nodes[n.Args[0]].Type
	f := folderOf(n.Op, t.Dtype)
	if f == nil {
		return false
	}
	cells := make([][]int32, n.Type.Len())
	index := make([]int, len(t.Shape))
	for _, at := range w.at[n.Args[0]] {
		cell := 0
		for d, m := range t.Shape {
			if !slices.Contains(n.Attrs.Axes, d) {
				cell = cell*m + index[d]
			}
		}
		cells[cell] = append(cells[cell], at)
		for d := len(t.Shape) - 1; d >= 0; d-- {
			if index[d]++; index[d] < t.Shape[d] {
				break
			}
			index[d] = 0
		}
	}
	w.at[id] = w.fresh(n.Type)
	for k, at := range w.at[id] {
		x := note{kind: noteFold, d: at, a: w.together(cells[k], t.Dtype.Size()), n: int32(len(cells[k])), fold: f, b: -1}
		if f.size != n.Type.Dtype.Size() {
			x.b = w.room(f.size)
		}
		w.t.code = append(w.t.code, x)
	}
	return true
}

func (t *tape) run(c *call) error {
	f := c.frames[0]
	base := f.scratch
	for i := range t.load {
		l := &t.load[i]
		from, to := f.ptr[l.mem], unsafe.Add(base, l.at[0])
		if l.size == 8 {
			for j := range l.at {
				*(*uint64)(unsafe.Add(to, 8*j)) = *(*uint64)(unsafe.Add(from, 8*j))
			}
			continue
		}
		copy(unsafe.Slice((*byte)(to), l.size*len(l.at)), unsafe.Slice((*byte)(from), l.size*len(l.at)))
	}
	for i := range t.code {
		o := &t.code[i]
		d, a, b := unsafe.Add(base, o.d), unsafe.Add(base, o.a), unsafe.Add(base, o.b)
		switch o.kind {
		case noteKernel:
			o.call.run(f, o.call, int(o.n))
		case noteStage:
			if err := o.stage(c); err != nil || c.halted.Load() {
				return err
			}
		case noteFold:
			if o.b < 0 {
				o.fold.leaf(d, a, int(o.n))
			} else {
				o.fold.leaf(b, a, int(o.n))
				o.fold.tree(d, b, 1)
			}
		case noteCopy1:
			*(*byte)(d) = *(*byte)(a)
		case noteCopy4:
			*(*uint32)(d) = *(*uint32)(a)
		case noteCopy8:
			*(*uint64)(d) = *(*uint64)(a)
		case noteCopy16:
			*(*[2]uint64)(d) = *(*[2]uint64)(a)
		case noteAdd:
			*(*float64)(d) = *(*float64)(a) + *(*float64)(b)
		case noteSub:
			*(*float64)(d) = *(*float64)(a) - *(*float64)(b)
		case noteMul:
			*(*float64)(d) = *(*float64)(a) * *(*float64)(b)
		case noteDiv:
			*(*float64)(d) = *(*float64)(a) / *(*float64)(b)
		case noteNeg:
			*(*uint64)(d) = *(*uint64)(a) ^ 1<<63
		case noteAbs:
			*(*uint64)(d) = *(*uint64)(a) &^ (1 << 63)
		case noteSqrt:
			*(*float64)(d) = math.Sqrt(*(*float64)(a))
		case noteMax:
			x, y := *(*float64)(a), *(*float64)(b)
			if x > y || x != x {
				y = x
			}
			*(*float64)(d) = y
		case noteMin:
			x, y := *(*float64)(a), *(*float64)(b)
			if x < y || x != x {
				y = x
			}
			*(*float64)(d) = y
		case noteMulZero:
			x, y := *(*float64)(a), 0.0
			if x != 0 {
				y = x * *(*float64)(b)
			}
			*(*float64)(d) = y
		case noteLess:
			*(*bool)(d) = *(*float64)(a) < *(*float64)(b)
		case noteLessEqual:
			*(*bool)(d) = *(*float64)(a) <= *(*float64)(b)
		case noteEqual:
			*(*bool)(d) = *(*float64)(a) == *(*float64)(b)
		case noteNotEqual:
			*(*bool)(d) = *(*float64)(a) != *(*float64)(b)
		case noteSelect8:
			if *(*byte)(a) == 0 {
				b = unsafe.Add(base, o.c)
			}
			*(*uint64)(d) = *(*uint64)(b)
		case noteAnd:
			*(*byte)(d) = *(*byte)(a) & *(*byte)(b)
		case noteOr:
			*(*byte)(d) = *(*byte)(a) | *(*byte)(b)
		case noteNot:
			*(*byte)(d) = *(*byte)(a) ^ 1
		case noteAddInt:
			*(*int64)(d) = *(*int64)(a) + *(*int64)(b)
		}
	}
	for i := range t.store {
		o := &t.store[i]
		to := f.ptr[o.mem]
		switch {
		case o.floats == array.Float64:
			for j, at := range o.at {
				x := (*float64)(unsafe.Add(base, at))
				p := (*float64)(unsafe.Add(to, 8*j))
				if *p = *x; *x != *x {
					one := unsafe.Slice(p, 1)
					simd.Canonical(one, one)
				}
			}
		case o.floats == array.Float32:
			for j, at := range o.at {
				one := unsafe.Slice((*float32)(unsafe.Add(to, 4*j)), 1)
				one[0] = *(*float32)(unsafe.Add(base, at))
				simd.Canonical(one, one)
			}
		default:
			for j, at := range o.at {
				copy(unsafe.Slice((*byte)(unsafe.Add(to, o.size*j)), o.size), unsafe.Slice((*byte)(unsafe.Add(base, at)), o.size))
			}
		}
	}
	return nil
}
