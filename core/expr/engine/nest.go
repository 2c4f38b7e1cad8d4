package engine

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
)

// nest is a loop over n elements in tiles: loads, element-wise operations, stores, reductions of rows.
type nest struct {
	n     int
	row   int // length of the rows that are reduced; 0: none
	index int32
	items []item
	memo  map[itemKey]int32
	ones  []element // operands that are one element

	rows                int // length of the rows that loops in machine code read in place; 0: none
	tile, tiles, perRow int
	many                int // tiles that are done at once where all of it is machine code
	codes               *codes
	before, code        []instr
	pins                []pin
	reductions          []*reduction
	scratch             int // bytes of registers
	binds               []bind
	cost                float64 // ns, roughly
	parallel            bool
	text                string
}

// item is one value of a nest.
type item struct {
	kind itemKind
	id   expr.ID // of iCompute: whose only place of computation this is; -1: none
	node *expr.Node
	from bool       // this one takes it from the third operand
	also *expr.Node // whose result feeds this one's in the same instruction
	run  func(f *frame, in *instr, n int)
	args []int32 // items, or ^index into ones
	mem  int32   // where it is stored; -1: in a register
	lay  layout  // of a load
	src  int32   // memory of a load
	red  *reduction
	size int // bytes of an element
	cost float64

	forever bool        // the same in every tile
	operand array.Dtype // of the (last) operand; of what is stored
	outside bool        // of the loops in machine code
	clean   bool        // its NaNs get the bits of math.NaN()
	read    reading     // of a load, by loops in machine code
	coded   bool        // of a reduction: a part of a loop
	truth   bool        // 1 or 0 from a comparison
}

type itemKind uint8

const (
	iLoad itemKind = iota
	iFill          // one element repeated
	iCompute
	iReduce
	iStore
	iNothing
)

// element is one element of a memory.
type element struct {
	mem    int32
	offset int // bytes
}

// itemKey is a view by its root and layout, or (root < 0) a repeated element.
type itemKey struct {
	root            expr.ID
	offset, n, what int
	runs            [4]run
}

func keyOf(root expr.ID, m *layout) (key itemKey, ok bool) {
	key = itemKey{root: root, offset: m.offset, n: len(m.runs)}
	return key, copy(key.runs[:], m.runs) == len(m.runs)
}

func (s *nest) add(it item) int32 {
	s.items = append(s.items, it)
	return int32(len(s.items) - 1)
}

// compute adds an element-wise node.
func (s *nest) compute(pl *planner, id expr.ID) int32 {
	n := pl.node(id)
	if n.Op == expr.OpIota {
		return s.add(item{kind: iCompute, id: id, node: n, run: iotaKernel(n), mem: -1, size: n.Type.Dtype.Size(), cost: 1})
	}
	views := make([]*view, len(n.Args))
	for k, x := range n.Args {
		views[k] = pl.viewOf(x)
	}
	k := s.apply(pl, n, views)
	s.items[k].id = id
	return k
}

// apply adds node n, applied to views.
func (s *nest) apply(pl *planner, n *expr.Node, views []*view) int32 {
	k := kernelOf(n, pl.operandType(n))
	it := item{kind: iCompute, id: -1, node: n, operand: pl.operandType(n), run: k.run, mem: -1, size: n.Type.Dtype.Size(), cost: costOf(n), args: make([]int32, len(views))}
	ones := 0
	for i, v := range views {
		a := s.operand(pl, v)
		if a < 0 && (k.single>>i&1 == 0 || ones == len(views)-1) {
			a = s.repeat(a, pl.node(n.Args[i]).Type.Dtype)
		}
		if a < 0 {
			ones++
		}
		it.args[i] = a
	}
	return s.add(it)
}

// repeat makes an item of one element.
func (s *nest) repeat(a int32, d array.Dtype) int32 {
	key := itemKey{what: int(a), root: -1}
	if k, ok := s.memo[key]; ok {
		return k
	}
	k := s.add(item{kind: iFill, args: []int32{a}, mem: -1, size: d.Size(), cost: 0})
	s.memo[key] = k
	return k
}

// operand is the item that holds view v, or ^index of the one element that it is.
func (s *nest) operand(pl *planner, v *view) int32 {
	r := &pl.v[v.root]
	isWhole := v.isWhole()
	if r.kind == kElement && r.nest == s && isWhole {
		return r.item
	}
	d := pl.node(v.root).Type.Dtype
	lay := v.layout()
	key, known := keyOf(v.root, &lay)
	if k, ok := s.memo[key]; ok && known {
		return k
	}
	var k int32
	switch {
	case r.kind == kElement && (!isWhole && !r.need || isWhole && s.again(pl, v.root)):
		n := pl.node(v.root)
		views := make([]*view, len(n.Args))
		for i, x := range n.Args {
			if views[i] = pl.viewOf(x); !isWhole {
				views[i] = v.after(views[i])
			}
		}
		k = s.apply(pl, n, views)
	case lay.single() && s.n > 1:
		s.ones = append(s.ones, element{pl.storage(v.root), lay.offset * d.Size()})
		k = ^int32(len(s.ones) - 1)
	default:
		r.need = true
		k = s.add(item{kind: iLoad, mem: -1, lay: lay, src: pl.storage(v.root), size: d.Size(), cost: 0.1})
	}
	if known {
		s.memo[key] = k
	}
	return k
}

// store puts an item into memory.
func (s *nest) store(pl *planner, k, mem int32, d array.Dtype) {
	if k < 0 {
		k = s.repeat(k, d)
	}
	s.add(item{kind: iStore, args: []int32{k}, mem: mem, operand: d, size: d.Size(), cost: 0.1})
}

// costOf is a guess of the ns per element.
func costOf(n *expr.Node) float64 {
	switch n.Op {
	case expr.OpNeg, expr.OpAdd, expr.OpSub, expr.OpMul, expr.OpAbs, expr.OpMax, expr.OpMin, expr.OpSelect, expr.OpConvert, expr.OpMulz:
		return 0.05
	case expr.OpDiv, expr.OpSqrt, expr.OpSqrt0, expr.OpRsqrt:
		return 0.3
	case expr.OpExp, expr.OpLog, expr.OpSin, expr.OpCos, expr.OpTanh, expr.OpExpit, expr.OpExp2, expr.OpExpm1, expr.OpErf:
		return 1.3
	case expr.OpPow, expr.OpErfc:
		return 4
	}
	switch {
	case n.Op >= expr.OpEqual && n.Op <= expr.OpGreaterEqual:
		return 0.1
	case n.Op >= expr.OpIsNan && n.Op <= expr.OpConj || n.Op > expr.OpGreaterEqual:
		return 0.5
	}
	return 10
}

// chain joins sums, differences and products of two in one instruction where the first result has no other use: the tile is read and written
// half as often, and every number is rounded as before.
func (s *nest) chain() {
	if s.n <= few {
		return
	}
	uses := make([]int32, len(s.items))
	for i := range s.items {
		for _, a := range s.items[i].args {
			if a >= 0 {
				uses[a]++
			}
		}
	}
	for i := range s.items {
		it := &s.items[i]
		if !it.chains() {
			continue
		}
		second, _ := stepOf(it.node.Op)
		for k := 1; k >= 0; k-- {
			a := it.args[k]
			if a < 0 || uses[a] != 1 || s.items[a].mem >= 0 || !s.items[a].chains() {
				continue
			}
			from := &s.items[a]
			first, _ := stepOf(from.node.Op)
			if k == 1 && it.node.Op == expr.OpSub {
				second, it.from = simd.StepFrom, true
			}
			it.args = []int32{from.args[0], from.args[1], it.args[1-k]}
			it.also, it.cost = from.node, it.cost+0.05
			from.kind, from.args = iNothing, nil
			if it.node.Type.Dtype == array.Float64 {
				it.run = chainOf[float64](first, second)
			} else {
				it.run = chainOf[float32](first, second)
			}
			break
		}
	}
}

// chains tells that an item can be a part of a pair.
func (it *item) chains() bool {
	if it.kind != iCompute || it.also != nil || !hasColumns(it.node.Type.Dtype) {
		return false
	}
	_, ok := stepOf(it.node.Op)
	return ok
}
