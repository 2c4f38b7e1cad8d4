package engine

import (
	"slices"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/tapes"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// tape is a program whose values all have a handful of elements, run number by number (package tapes): the steps of small maps and differential
// equations, which would spend their time between kernels. Every element has a place of its own in one block; what moves elements (slices, reshapes,
// concatenations, pads) is done when the tape is written and costs nothing. Loops and branches of such programs are part of their tape; arrays that
// loops read or write slice by slice may be of any length, and stand for themselves by a pointer. What tapes do not know calls scalar functions,
// or the nests' kernels on places that lie together: the bits are the same.
type tape struct {
	run    *tapes.Tape
	image  []byte // the block with its constants
	load   []crossing
	store  []crossing
	points []crossing // pointers to whole inputs and outputs
	calls  []outsider // by the notes' N
}

// outsider is what a note leaves to the engine.
type outsider struct {
	one    func(x float64) float64
	two    func(x, y float64) float64
	kernel *instr
	n      int
	fold   *folder
	part   int32 // of the fold; -1: none
	fails  func(base unsafe.Pointer) error
}

// crossing brings an input or output to or from the block.
type crossing struct {
	mem    int32
	at     []int32 // places; of an input, or a pointer, the first alone counts
	size   int
	floats array.Dtype // whose NaNs become one
}

// The values of a tape have at most so many elements; it has at most so many notes, and bytes.
const (
	tapeValue  = 32
	tapeLength = 20000
	tapeBlock  = 1 << 20
)

// tapeFuel is how much work a tape does, in notes, between two looks whether it should stop.
const tapeFuel = 100000

// writer is a tape being written.
type writer struct {
	*planner
	t        *tape
	notes    []tapes.Note
	slots    map[int32]int32 // memories that stand for places
	literals []byte          // of the places so far
	constant map[int32]bool
	pinned   map[int32]bool // places that others than notes read
	values   map[array.Dtype]map[string]int32
	cost     float64
}

// placed is a value: the places of its elements, or (where it has too many) the place of a pointer to it.
type placed struct {
	at   []int32
	bulk int32
}

// section is one of the programs of a tape.
type section struct {
	*writer
	p       *expr.Program
	v       []placed
	several map[expr.ID][]placed
	want    map[expr.ID]int32 // places of pointers to where bulk results shall go
}

// newTape writes p as a tape; nil if it is none.
func newTape(p *expr.Program, passes expr.Passes) *Executable {
	if len(p.Nodes) > tapeLength {
		return nil
	}
	ex := &Executable{p: p, in: p.InputTypes(), out: p.OutputTypes(), tape: &tape{}, room: columnRoom}
	w := &writer{planner: newPlanner(p), t: ex.tape, slots: map[int32]int32{}, literals: make([]byte, tapes.First), constant: map[int32]bool{},
		pinned: map[int32]bool{}, values: map[array.Dtype]map[string]int32{}}
	w.passes = passes
	var in []placed
	var dest []int32
	for i, t := range ex.in {
		m := w.memory(memory{bytes: bytesOf(t), place: inInput, index: i})
		ex.inputs = append(ex.inputs, m)
		if t.Len() == 0 {
			return nil
		}
		v := placed{}
		if t.Len() > tapeValue {
			v.bulk = w.room(8)
			w.t.points = append(w.t.points, crossing{mem: m, at: []int32{v.bulk}})
		} else {
			v.at = w.fresh(t)
			w.t.load = append(w.t.load, crossing{mem: m, at: v.at, size: t.Dtype.Size()})
		}
		in = append(in, v)
	}
	for i, t := range ex.out {
		if t.Len() == 0 {
			return nil
		}
		m := w.memory(memory{bytes: bytesOf(t), place: inOutput, index: i})
		ex.outputs = append(ex.outputs, m)
		slot := int32(0)
		if t.Len() > tapeValue {
			slot = w.room(8)
			w.t.points = append(w.t.points, crossing{mem: m, at: []int32{slot}})
		}
		dest = append(dest, slot)
	}
	out, ok := w.program(p, in, dest)
	if !ok {
		return nil
	}
	for k, o := range p.Outputs {
		d := p.Nodes[o].Type.Dtype
		if out[k].at == nil {
			continue
		}
		c := crossing{mem: ex.outputs[k], at: out[k].at, size: d.Size()}
		if d == array.Float64 || d == array.Float32 {
			c.floats = d
		} else if d == array.Complex128 || d == array.Complex64 {
			return nil
		}
		for _, at := range c.at {
			w.pinned[at] = true
		}
		w.t.store = append(w.t.store, c)
	}
	w.t.image = w.literals
	w.t.run = tapes.New(w.notes, w.constant, w.pinned)
	ex.scratch, ex.mems, ex.subs, ex.slots = len(w.literals)+line, w.mems, w.subs, len(w.mems)
	ex.stages = []stage{{name: "tape", cost: w.cost, text: ex.tape.String(), run: func(c *call) error { return c.ex.tape.play(c) }}}
	return ex
}

// program writes a program whose inputs have their places; bulk outputs go to where the pointers at dest lead.
func (w *writer) program(p *expr.Program, in []placed, dest []int32) ([]placed, bool) {
	s := &section{writer: w, p: p, v: make([]placed, len(p.Nodes)), several: map[expr.ID][]placed{}, want: map[expr.ID]int32{}}
	copy(s.v, in)
	for k, o := range p.Outputs {
		if p.Nodes[o].Type.Len() > tapeValue {
			if s.want[o] != 0 || dest == nil || dest[k] == 0 || int(o) < p.Inputs {
				return nil, false
			}
			s.want[o] = dest[k]
		}
	}
	for i := p.Inputs; i < len(p.Nodes); i++ {
		if n := p.Nodes[i].Type.Len(); n == 0 || !s.write(expr.ID(i)) || len(w.notes) > tapeLength || len(w.literals) > tapeBlock {
			return nil, false
		}
		if v := &s.v[i]; v.bulk != 0 && s.want[expr.ID(i)] != 0 && v.bulk != s.want[expr.ID(i)] {
			return nil, false
		}
	}
	out := make([]placed, len(p.Outputs))
	for k, o := range p.Outputs {
		out[k] = s.v[o]
	}
	return out, true
}

func (w *writer) room(bytes int) int32 {
	at := len(w.literals)
	w.literals = append(w.literals, make([]byte, (bytes+7)&^7)...)
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

// literal has places with these bytes, the same for the same bytes.
func (w *writer) literal(d array.Dtype, data []byte, n int) []int32 {
	if w.values[d] == nil {
		w.values[d] = map[string]int32{}
	}
	size := d.Size()
	out := make([]int32, n)
	for i := range out {
		b := data[i*size : (i+1)*size]
		at, known := w.values[d][string(b)]
		if !known {
			at = w.room(size)
			copy(w.literals[at:], b)
			w.values[d][string(b)], w.constant[at] = at, true
		}
		out[i] = at
	}
	return out
}

func (w *writer) integer(x int) int32 {
	return w.literal(array.Int64, array.FromSlice(array.Int64, []int64{int64(x)}).Data, 1)[0]
}

func (w *writer) number(x float64) int32 {
	return w.literal(array.Float64, array.FromSlice(array.Float64, []float64{x}).Data, 1)[0]
}

func (w *writer) add(n tapes.Note) {
	w.notes = append(w.notes, n)
	w.cost += 1.5
}

// made adds a note with one more place.
func (w *writer) made(kind tapes.Kind, places ...int32) int32 {
	n := tapes.Note{Kind: kind, D: w.room(8)}
	for k, p := range places {
		*[]*int32{&n.A, &n.B, &n.C}[k] = p
	}
	w.add(n)
	return n.D
}

// outside leaves something to the engine, which reads n elements at each of the places.
func (w *writer) outside(o outsider, size, n int, reads ...int32) {
	for _, at := range reads {
		for i := range n {
			w.pinned[at+int32(i*size)] = true
		}
	}
	w.t.calls = append(w.t.calls, o)
	w.add(tapes.Note{Kind: tapes.Outside, N: len(w.t.calls) - 1})
	w.cost += 15
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

func bySize(size int, one tapes.Kind) tapes.Kind {
	return one + map[int]tapes.Kind{1: 0, 4: 1, 8: 2, 16: 3}[size]
}

func (w *writer) copy(to, from int32, size int) {
	w.add(tapes.Note{Kind: bySize(size, tapes.Copy1), D: to, A: from})
}

var noteKinds = map[expr.Op]tapes.Kind{
	expr.OpAdd: tapes.Add, expr.OpSub: tapes.Sub, expr.OpMul: tapes.Mul, expr.OpDiv: tapes.Div, expr.OpNeg: tapes.Neg, expr.OpAbs: tapes.Abs,
	expr.OpSqrt: tapes.Sqrt, expr.OpSqrt0: tapes.Sqrt, expr.OpMax: tapes.Max, expr.OpMin: tapes.Min, expr.OpMulz: tapes.MulZero,
	expr.OpLess: tapes.Less, expr.OpLessEqual: tapes.LessEqual, expr.OpGreater: tapes.Less, expr.OpGreaterEqual: tapes.LessEqual,
	expr.OpEqual: tapes.Equal, expr.OpNotEqual: tapes.NotEqual,
}

var noteKindsOfInts = map[expr.Op]tapes.Kind{
	expr.OpAdd: tapes.AddInt, expr.OpSub: tapes.SubInt, expr.OpLess: tapes.LessInt, expr.OpLessEqual: tapes.LessEqualInt, expr.OpGreater: tapes.LessInt,
	expr.OpGreaterEqual: tapes.LessEqualInt, expr.OpEqual: tapes.EqualInt, expr.OpNotEqual: tapes.NotEqualInt,
}

var noteKindsOfBools = map[expr.Op]tapes.Kind{expr.OpAnd: tapes.And, expr.OpOr: tapes.Or, expr.OpNot: tapes.Not}

var scalars = map[expr.Op]func(float64) float64{
	expr.OpExp: functions.Exp1, expr.OpExpm1: functions.Expm11, expr.OpExp2: functions.Exp21, expr.OpLog: functions.Log1, expr.OpLog1p: functions.Log1p1,
	expr.OpLog2: functions.Log21, expr.OpLog10: functions.Log101, expr.OpTanh: functions.Tanh1, expr.OpExpit: functions.Sigmoid1, expr.OpSin: functions.Sin1,
	expr.OpCos: functions.Cos1, expr.OpErf: functions.Erf1, expr.OpErfc: functions.Erfc1, expr.OpTan: functions.Tan1, expr.OpAsin: functions.Asin1,
	expr.OpAcos: functions.Acos1, expr.OpAtan: functions.Atan1, expr.OpSinh: functions.Sinh1, expr.OpCosh: functions.Cosh1, expr.OpAsinh: functions.Asinh1,
	expr.OpAcosh: functions.Acosh1, expr.OpAtanh: functions.Atanh1, expr.OpCbrt: functions.Cbrt1, expr.OpErfinv: functions.Erfinv1,
	expr.OpNdtr: functions.Ndtr1, expr.OpNdtri: functions.Ndtri1, expr.OpLogNdtr: functions.LogNdtr1,
}

var scalarPairs = map[expr.Op]func(x, y float64) float64{
	expr.OpPow: functions.Pow1, expr.OpAtan2: functions.Atan21, expr.OpHypot: functions.Hypot1, expr.OpXlogy: functions.Xlogy1, expr.OpXlog1py: functions.Xlog1py1,
}

// write adds the notes of a node, or renames the places of its operands; false where tapes do not know it.
func (w *section) write(id expr.ID) bool {
	p := w.p
	n := &p.Nodes[id]
	switch n.Op {
	case expr.OpConst:
		if n.Type.Len() > tapeValue {
			return false
		}
		w.v[id].at = w.literal(n.Type.Dtype, n.Attrs.Value.Data, n.Type.Len())
		return true
	case expr.OpScan:
		return w.loop(id)
	case expr.OpSwitch:
		return w.branches(id)
	case expr.OpRemat:
		return w.again(id)
	case expr.OpResult:
		w.v[id] = w.several[n.Args[0]][n.Attrs.N]
		return true
	case expr.OpStopGradient:
		w.v[id] = w.v[n.Args[0]]
		return true
	case expr.OpSlice:
		if x := w.v[n.Args[0]]; x.at == nil {
			return w.read(id, x.bulk)
		}
	}
	for _, x := range n.Args {
		if w.v[x].at == nil {
			return false
		}
	}
	if n.Type.Len() > tapeValue {
		return false
	}
	switch n.Op {
	case expr.OpReshape, expr.OpTranspose, expr.OpBroadcastInDim, expr.OpSlice, expr.OpReverse, expr.OpRoll, expr.OpConcatenate, expr.OpPad:
		return w.rename(id, n.Attrs)
	case expr.OpSliceUpdate:
		return w.update(id)
	case expr.OpReduceSum, expr.OpReduceProd, expr.OpReduceMax, expr.OpReduceMin, expr.OpReduceAny, expr.OpReduceAll:
		return w.reduce(id)
	}
	return n.Op.Elementwise() && w.elementwise(id)
}

func (w *section) operands(n *expr.Node) (in []placed) {
	for _, x := range n.Args {
		in = append(in, w.v[x])
	}
	return in
}

// gives are the results of a node.
func (w *section) gives(id expr.ID, out []placed) bool {
	w.several[id], w.v[id] = out, out[0]
	return true
}

func (w *section) elementwise(id expr.ID) bool {
	p := w.p
	n := &p.Nodes[id]
	operand := p.Nodes[n.Args[len(n.Args)-1]].Type.Dtype
	kind, plain := tapes.Outside, false
	switch operand {
	case array.Float64:
		kind, plain = noteKinds[n.Op]
	case array.Int64:
		kind, plain = noteKindsOfInts[n.Op]
	case array.Bool:
		kind, plain = noteKindsOfBools[n.Op]
	}
	size := n.Type.Dtype.Size()
	swapped := n.Op == expr.OpGreater || n.Op == expr.OpGreaterEqual
	switch {
	case n.Op == expr.OpCopysign, n.Op == expr.OpNextafter: // they see which NaN it is
		return false
	case n.Op == expr.OpSelect && (size == 1 || size == 8):
		kind, plain = tapes.Select8, true
		if size == 1 {
			kind = tapes.Select1
		}
	case n.Op == expr.OpConvert && operand == n.Type.Dtype:
		w.v[id] = w.v[n.Args[0]]
		return true
	case n.Op == expr.OpConvert && operand == array.Bool && n.Type.Dtype == array.Float64:
		kind, plain = tapes.FloatOfTruth, true
	case n.Op == expr.OpConvert && operand == array.Bool && n.Type.Dtype == array.Int64:
		kind, plain = tapes.IntOfTruth, true
	case n.Op == expr.OpConvert && operand == array.Int64 && n.Type.Dtype == array.Float64:
		kind, plain = tapes.FloatOfInt, true
	}
	at := make([]int32, n.Type.Len())
	x := func(k, i int) int32 { return w.v[n.Args[k]].at[i] }
	if operand == array.Float64 && !plain {
		for i := range at {
			switch {
			case n.Op == expr.OpRsqrt:
				at[i] = w.made(tapes.Div, w.number(1), w.made(tapes.Sqrt, x(0, i)))
			case n.Op == expr.OpIntegerPow && n.Attrs.N >= 2 && n.Attrs.N <= 4:
				square := w.made(tapes.Mul, x(0, i), x(0, i))
				switch at[i] = square; n.Attrs.N {
				case 3:
					at[i] = w.made(tapes.Mul, square, x(0, i))
				case 4:
					at[i] = w.made(tapes.Mul, square, square)
				}
			case len(at) <= 2 && scalars[n.Op] != nil:
				at[i] = w.room(8)
				w.outside(outsider{one: scalars[n.Op], kernel: &instr{d: at[i], x: [3]int32{x(0, i)}}}, 8, 1, x(0, i))
			case len(at) <= 2 && scalarPairs[n.Op] != nil:
				at[i] = w.room(8)
				w.outside(outsider{two: scalarPairs[n.Op], kernel: &instr{d: at[i], x: [3]int32{x(0, i), x(1, i)}}}, 8, 1, x(0, i), x(1, i))
			default:
				plain = true
			}
		}
		if !plain {
			w.v[id].at = at
			return true
		}
		plain = false
	}
	if plain {
		for i := range at {
			places := make([]int32, len(n.Args))
			for k := range places {
				places[k] = x(k, i)
			}
			if swapped {
				places[0], places[1] = places[1], places[0]
			}
			at[i] = w.made(kind, places...)
		}
		w.v[id].at = at
		return true
	}
	k := kernelOf(n, operand)
	if k == nil {
		return false
	}
	in := &instr{run: k.run}
	var reads []int32
	for j, y := range n.Args {
		size := p.Nodes[y].Type.Dtype.Size()
		from := w.together(w.v[y].at, size)
		for i := range len(at) {
			w.pinned[from+int32(i*size)] = true
		}
		in.x[j] = w.slot(from)
		reads = append(reads, from)
	}
	w.v[id].at = w.fresh(n.Type)
	in.d = w.slot(w.v[id].at[0])
	w.outside(outsider{kernel: in, n: len(at)}, 1, 1, reads...)
	return true
}

// moved finds for each element of a node that moves them which element of its operands it is, counted from 1 through all of them; 0 is padding. It
// is the reference, run on these numbers.
func moved(p *expr.Program, id expr.ID, a *expr.Attrs) []float64 {
	n := &p.Nodes[id]
	b := expr.NewBuilder()
	var in []expr.ID
	var x []*array.Array
	count := 0
	for _, y := range n.Args {
		t := expr.Type{Dtype: array.Float64, Shape: p.Nodes[y].Type.Shape}
		in = append(in, b.Input(t))
		v := make([]float64, t.Len())
		for i := range v {
			count++
			v[i] = float64(count)
		}
		x = append(x, &array.Array{Dtype: t.Dtype, Shape: t.Shape, Data: array.FromSlice(array.Float64, v).Data})
	}
	y, err := b.Emit(n.Op, a, in...)
	if err != nil {
		return nil
	}
	q := b.Finish(y)
	v := make([]float64, n.Type.Len())
	out := &array.Array{Dtype: array.Float64, Shape: n.Type.Shape, Data: array.FromSlice(array.Float64, v).Data}
	if q.Evaluate(q.Outputs[0], x, []*array.Array{out}) != nil {
		return nil
	}
	return v
}

// rename finds where the elements of a node that moves them come from.
func (w *section) rename(id expr.ID, a *expr.Attrs) bool {
	n := &w.p.Nodes[id]
	v := moved(w.p, id, a)
	places := []int32{0}
	for _, y := range n.Args {
		places = append(places, w.v[y].at...)
	}
	at := make([]int32, len(v))
	for i, k := range v {
		if at[i] = places[int(k)]; k == 0 {
			at[i] = w.literal(n.Type.Dtype, make([]byte, n.Type.Dtype.Size()), 1)[0]
		}
	}
	w.v[id].at = at
	return v != nil
}

// read reads the elements of a slice of a larger array.
func (w *section) read(id expr.ID, from int32) bool {
	n := &w.p.Nodes[id]
	if n.Type.Len() > tapeValue || w.p.Nodes[n.Args[0]].Type.Len() > tapeLength {
		return false
	}
	v := moved(w.p, id, n.Attrs)
	size := n.Type.Dtype.Size()
	at := w.fresh(n.Type)
	for i, k := range v {
		w.add(tapes.Note{Kind: bySize(size, tapes.Read1), D: at[i], A: from, N: size * (int(k) - 1)})
	}
	w.v[id].at = at
	return v != nil
}

func (w *section) update(id expr.ID) bool {
	n := &w.p.Nodes[id]
	a := *n.Attrs
	if a.Mode == "set" {
		return w.rename(id, n.Attrs)
	}
	a.Mode = "set"
	old := w.v[n.Args[0]].at
	if n.Type.Dtype != array.Float64 || slices.ContainsFunc(w.v[n.Args[1]].at, func(x int32) bool { return slices.Contains(old, x) }) || !w.rename(id, &a) {
		return false
	}
	for k, at := range w.v[id].at {
		if at != old[k] { // an element of the update
			w.v[id].at[k] = w.made(tapes.Add, old[k], at)
		}
	}
	return true
}

// reduce folds the elements of a cell in C order.
func (w *section) reduce(id expr.ID) bool {
	n := &w.p.Nodes[id]
	t := w.p.Nodes[n.Args[0]].Type
	f := folderOf(n.Op, t.Dtype)
	if f == nil {
		return false
	}
	cells := make([][]int32, n.Type.Len())
	index := make([]int, len(t.Shape))
	for _, at := range w.v[n.Args[0]].at {
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
	at := make([]int32, len(cells))
	for k, cell := range cells {
		if n.Op == expr.OpReduceSum && t.Dtype == array.Float64 {
			at[k] = w.sum(cell)
			continue
		}
		size := t.Dtype.Size()
		x := w.together(cell, size)
		at[k] = w.room(n.Type.Dtype.Size())
		o := outsider{fold: f, kernel: &instr{d: at[k], x: [3]int32{x}}, n: len(cell), part: -1}
		if f.size != n.Type.Dtype.Size() {
			o.part = w.room(f.size)
		}
		w.outside(o, size, len(cell), x)
	}
	w.v[id].at = at
	return true
}
