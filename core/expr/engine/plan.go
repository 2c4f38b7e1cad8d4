package engine

import (
	"slices"
	"sort"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// kind is how a value comes about.
type kind uint8

const (
	kInput   kind = iota
	kConst        // literal
	kElement      // computed element by element in a nest
	kView         // read from another value's memory
	kReduce       // folded over axes
	kStage        // made by a stage of its own
	kResult       // further result of such a stage
	kPart         // in the stage of the value that reads it
)

// value is what the planner knows of a node.
type value struct {
	kind   kind
	view   *view // of kView
	same   bool  // the view is the root's memory in C order
	need   bool  // has to be in memory
	weight int   // cost of computing one element from memory, for kElement
	mem    int32 // -1: none yet
	stage  int32 // that makes it; -1: there before the first
	nest   *nest // where it is computed
	item   int32
}

// memory is a block of bytes that lives from stage first to stage last.
type memory struct {
	bytes       int
	place       place
	index       int // of the input or output
	data        []byte
	first, last int
	offset      int   // in the arena
	same        int32 // memory whose place it has; -1: its own
}

type place uint8

const (
	inArena place = iota
	inInput
	inOutput
	inConst
	inSame // as an output
	inScratch
)

type planner struct {
	p      *expr.Program
	v      []value
	mems   []memory
	seen   map[int32]bool // memories that others than nests read
	turned map[expr.ID]bool
	stages []stage
	nests  map[int][]int32 // by length: indices of stages
	mark   []int32         // last collection that met a node
	epoch  int32

	passes expr.Passes
	subs   []sub
	floor  int32 // no nest before this stage takes more

	results map[expr.ID][]expr.ID // further results of nodes
	read1   []bool                // see wanted
	code    codes
	room    int // bytes of scratch that a worker's stages ask for
}

// dear is the weight of what is never computed twice; cheap the largest weight of what may be, to be read through a view.
const (
	cheap = 3
	dear  = 100
)

func newPlanner(p *expr.Program) *planner {
	pl := &planner{p: p, v: make([]value, len(p.Nodes)), nests: map[int][]int32{}, mark: make([]int32, len(p.Nodes)), results: map[expr.ID][]expr.ID{}}
	for i := range pl.v {
		pl.v[i].mem, pl.v[i].stage = -1, -1
	}
	return pl
}

func (pl *planner) node(id expr.ID) *expr.Node { return &pl.p.Nodes[id] }

// classify tells kinds and views, in the order of the program.
func (pl *planner) classify() {
	uses := pl.uses()
	for i := range pl.p.Nodes {
		id, n, v := expr.ID(i), &pl.p.Nodes[i], &pl.v[i]
		switch {
		case n.Op == expr.OpInput:
			v.kind = kInput
			v.mem = pl.memory(memory{bytes: bytesOf(n.Type), place: inInput, index: i})
		case n.Op == expr.OpConst:
			v.kind = kConst
			v.mem = pl.memory(memory{bytes: bytesOf(n.Type), place: inConst, data: n.Attrs.Value.Data})
		case n.Op == expr.OpResult:
			v.kind = kResult
			pl.results[n.Args[0]] = append(pl.results[n.Args[0]], id)
		case n.Op == expr.OpTranspose && uses[n.Args[0]] == 1 && pl.placed(id) != nil:
			v.kind, pl.v[n.Args[0]].kind = kStage, kPart
		case pl.isView(n):
			v.kind = kView
			v.view = pl.viewOf(n.Args[0]).of(n)
			if v.view == nil {
				pl.v[n.Args[0]].need = true
				v.view = whole(n.Args[0], pl.node(n.Args[0]).Type.Shape).of(n)
			}
			v.same = v.view.isWhole()
			v.need = pl.turned[id] && !v.same
		case n.Op == expr.OpIota:
			v.kind, v.weight = kElement, dear
		case n.Op.Elementwise() && kernelOf(n, pl.operandType(n)) != nil:
			v.kind = kElement
			v.weight = pl.weigh(id)
		case pl.reduces(n) != nil:
			v.kind = kReduce
		default:
			v.kind = kStage
		}
	}
}

// uses counts the readers of each value.
func (pl *planner) uses() []int {
	uses := make([]int, len(pl.p.Nodes))
	for i := range pl.p.Nodes {
		for _, x := range pl.p.Nodes[i].Args {
			uses[x]++
		}
	}
	for _, o := range pl.p.Outputs {
		uses[o]++
	}
	return uses
}

func (pl *planner) operandType(n *expr.Node) array.Dtype {
	return pl.node(n.Args[len(n.Args)-1]).Type.Dtype
}

// isView: what reads another value's memory in another order.
func (pl *planner) isView(n *expr.Node) bool {
	switch n.Op {
	case expr.OpReshape, expr.OpTranspose, expr.OpBroadcastInDim, expr.OpSlice, expr.OpReverse, expr.OpRoll:
		return true
	case expr.OpStopGradient:
		return true
	case expr.OpConvert:
		return pl.node(n.Args[0]).Type.Dtype == n.Type.Dtype
	}
	return false
}

// viewOf is the value as it is read: from its own memory if it has some, else from its root's.
func (pl *planner) viewOf(id expr.ID) *view {
	if v := &pl.v[id]; v.kind == kView && !v.need {
		return v.view
	}
	return whole(id, pl.node(id).Type.Shape)
}

func (pl *planner) weigh(id expr.ID) int {
	n := pl.node(id)
	w := dear
	if light(n.Op) {
		w = 1
	}
	for _, x := range n.Args {
		if r := pl.viewOf(x).root; pl.v[r].kind == kElement {
			w += pl.v[r].weight
		}
	}
	return min(w, dear)
}

// clonable tells that element-wise value id can be computed again where view v of it is read.
func (pl *planner) clonable(id expr.ID, v *view) bool {
	n := pl.node(id)
	if pl.v[id].weight > cheap || !slices.Equal(v.shape, n.Type.Shape) || v.len() > n.Type.Len() && n.Type.Dtype != array.Bool {
		return false
	}
	for _, x := range n.Args {
		c := v.after(pl.viewOf(x))
		if c == nil || pl.v[c.root].kind == kElement && !pl.clonable(c.root, c) {
			return false
		}
	}
	return true
}

// demand: view v is read by a nest.
func (pl *planner) demand(v *view) {
	r := &pl.v[v.root]
	if r.kind != kElement || r.need || v.isWhole() && v.len() == pl.node(v.root).Type.Len() || pl.clonable(v.root, v) {
		return
	}
	r.need = true
}

// dense: value id is read from memory in its C order.
func (pl *planner) dense(id expr.ID) {
	v := &pl.v[id]
	if v.kind == kView && v.same && !v.need {
		pl.v[v.view.root].need = true
		return
	}
	v.need = true
}

// demands tells which values have to be in memory, from the end of the program.
func (pl *planner) demands() {
	for _, o := range pl.p.Outputs {
		pl.dense(o)
	}
	for i := len(pl.p.Nodes) - 1; i >= pl.p.Inputs; i-- {
		n, v := &pl.p.Nodes[i], &pl.v[i]
		switch v.kind {
		case kView:
			if v.need {
				pl.demand(v.view)
			}
		case kElement:
			for _, x := range n.Args {
				pl.demand(pl.viewOf(x))
			}
		case kReduce:
			if r := pl.reduces(n); r.rows {
				pl.demand(r.view)
			} else {
				pl.dense(n.Args[0])
			}
		case kStage:
			switch {
			case n.Op == expr.OpDotGeneral:
				pl.demandDot(n)
			case n.Op == expr.OpTranspose:
				pl.demandDot(pl.node(n.Args[0]))
			default:
				for k := range n.Args {
					pl.dense(pl.unwrapped(n, k))
				}
			}
		}
	}
}

// early puts single numbers that follow from inputs alone, and that have to be in memory, before all else: what reads them need not wait for the
// stage beside which they stand in the program. An optimiser's moments and its step, whose factor is a power of the step's number, are then one nest.
func (pl *planner) early() {
	known := make([]bool, len(pl.v))
	for i := range pl.p.Nodes {
		id, n, v := expr.ID(i), &pl.p.Nodes[i], &pl.v[i]
		switch {
		case v.kind == kInput || v.kind == kConst:
			known[i] = true
		case v.kind == kView && !v.need:
			known[i] = known[v.view.root]
		case v.kind == kElement && n.Type.Len() == 1:
			known[i] = true
			for _, x := range n.Args {
				known[i] = known[i] && known[x]
			}
			if known[i] && v.need && v.nest == nil {
				pl.place(id)
			}
		}
	}
}

// build makes the stages, in the order of the program; those of which outputs known follow come first.
func (pl *planner) build(known []int) error {
	pl.early()
	first := make([]bool, len(pl.p.Nodes))
	for _, k := range known {
		first[pl.p.Outputs[k]] = true
	}
	for i := len(first) - 1; i >= 0 && len(known) > 0; i-- {
		for _, x := range pl.p.Nodes[i].Args {
			first[x] = first[x] || first[i]
		}
	}
	for i := range first {
		if first[i] {
			if err := pl.value(expr.ID(i)); err != nil {
				return err
			}
		}
	}
	if len(known) > 0 {
		pl.floor = int32(len(pl.stages))
	}
	for i := range first {
		if !first[i] {
			if err := pl.value(expr.ID(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// value makes the stages of a value.
func (pl *planner) value(id expr.ID) error {
	n, v := pl.node(id), &pl.v[id]
	if n.Type.Len() == 0 && (v.kind == kElement || v.kind == kReduce) {
		pl.storage(id)
		return nil
	}
	switch v.kind {
	case kElement:
		if v.need && v.nest == nil {
			pl.place(id)
		}
	case kView:
		if v.need {
			pl.copyView(id)
		}
	case kReduce:
		pl.placeReduction(id)
	case kStage:
		return pl.stage(id)
	}
	return nil
}

func (pl *planner) memory(m memory) int32 {
	m.first, m.last, m.same = -1, -1, -1
	pl.mems = append(pl.mems, m)
	return int32(len(pl.mems) - 1)
}

// storage is the memory of a value that is computed; it is made at the first call.
func (pl *planner) storage(id expr.ID) int32 {
	v := &pl.v[id]
	if v.mem < 0 {
		v.mem = pl.memory(memory{bytes: bytesOf(pl.node(id).Type)})
	}
	return v.mem
}

// inputOf is the memory of a value that is read in C order.
func (pl *planner) inputOf(id expr.ID) int32 {
	if v := &pl.v[id]; v.kind == kView && !v.need {
		return pl.storage(v.view.root)
	}
	return pl.storage(id)
}

func bytesOf(t expr.Type) int { return t.Len() * t.Dtype.Size() }

// after is the index of the first stage that can read a value.
func (pl *planner) after(id expr.ID) int32 { return pl.v[id].stage + 1 }

// place puts an element-wise value, and all that it needs and that is in no nest yet, into a nest.
func (pl *planner) place(id expr.ID) *nest {
	set, earliest := pl.collect(id)
	s := pl.nestFor(pl.node(id).Type.Len(), earliest, 0)
	pl.fill(s, set)
	return s
}

func (pl *planner) fill(s *nest, set []expr.ID) {
	for _, u := range set {
		v := &pl.v[u]
		v.nest, v.stage = s, s.index
		v.item = s.compute(pl, u)
	}
}

// collect finds the element-wise values without a nest that id needs, itself included, and the first stage at which they can run.
func (pl *planner) collect(id expr.ID) (set []expr.ID, earliest int32) {
	pl.epoch++
	stack := []expr.ID{id}
	pl.mark[id] = pl.epoch
	for len(stack) > 0 {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		set = append(set, u)
		for _, x := range pl.node(u).Args {
			earliest = max(earliest, pl.source(pl.viewOf(x), &stack))
		}
	}
	sort.Slice(set, func(i, j int) bool { return set[i] < set[j] })
	return set, earliest
}

// source is the first stage at which view v can be read. A root that is still to be computed goes on the stack.
func (pl *planner) source(v *view, stack *[]expr.ID) (earliest int32) {
	r := &pl.v[v.root]
	switch {
	case r.kind != kElement || pl.node(v.root).Type.Len() == 0:
		return pl.after(v.root)
	case v.isWhole():
		if r.nest != nil {
			return r.stage
		}
		if pl.mark[v.root] != pl.epoch {
			pl.mark[v.root] = pl.epoch
			*stack = append(*stack, v.root)
		}
		return 0
	case r.need:
		return pl.after(v.root)
	}
	for _, x := range pl.node(v.root).Args { // computed again
		earliest = max(earliest, pl.source(v.after(pl.viewOf(x)), stack))
	}
	return earliest
}

// nestFor is a nest over n elements at or after a stage, and the floor; row > 0 asks for tiles along rows of that length.
func (pl *planner) nestFor(n int, earliest int32, row int) *nest {
	list := pl.nests[n]
	earliest = max(earliest, pl.floor)
	k := sort.Search(len(list), func(i int) bool { return list[i] >= earliest })
	for tries := 0; k < len(list) && tries < 4; k, tries = k+1, tries+1 {
		s := pl.stages[list[k]].nest
		if row == 0 || s.row == row || s.row == 0 {
			if row > 0 {
				s.row = row
			}
			return s
		}
	}
	s := &nest{n: n, row: row, index: int32(len(pl.stages)), memo: map[itemKey]int32{}}
	pl.stages = append(pl.stages, stage{nest: s})
	pl.nests[n] = append(list, s.index)
	return s
}

// copyView puts a view into memory of its own.
func (pl *planner) copyView(id expr.ID) {
	v := &pl.v[id]
	if pl.node(id).Type.Len() == 0 {
		pl.storage(id)
		return
	}
	s, item := pl.read(v.view, 0)
	s.store(pl, item, pl.storage(id), pl.node(id).Type.Dtype)
	v.stage = s.index
}

// read makes view v an item of a nest with tiles along rows (0: any).
func (pl *planner) read(v *view, row int) (*nest, int32) {
	pl.epoch++
	var stack []expr.ID
	earliest := pl.source(v, &stack)
	var set []expr.ID
	for len(stack) > 0 { // the roots that it is computed from
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		set = append(set, u)
		for _, x := range pl.node(u).Args {
			earliest = max(earliest, pl.source(pl.viewOf(x), &stack))
		}
	}
	sort.Slice(set, func(i, j int) bool { return set[i] < set[j] })
	s := pl.nestFor(v.len(), earliest, row)
	pl.fill(s, set)
	return s, s.operand(pl, v)
}
