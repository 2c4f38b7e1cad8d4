package expr

import (
	"hash/maphash"
	"math"
	"slices"
)

// Passes switches each simplification.
type Passes struct {
	Fold     bool // constants are computed now (results of at most FoldLimit elements)
	Common   bool // equal nodes are one
	Simplify bool // rules that change no bit of the result, NaN, infinities and signs of zero included, except as simplify.go says
	Prune    bool // what no output needs is dropped
}

// AllPasses switches everything on.
var AllPasses = Passes{true, true, true, true}

// FoldLimit is the largest number of elements that constant folding makes.
const FoldLimit = 1024

// Optimize runs the passes in one sweep over the program, in linear time.
func Optimize(p *Program, on Passes) (q *Program, err error) {
	defer catch(&err)
	b := NewBuilder()
	b.reserve(len(p.Nodes))
	ids := make([]ID, len(p.Nodes))
	copy(ids, b.inputsOf(p))
	seen := make(map[uint64][]ID, len(p.Nodes))
	seed := maphash.MakeSeed()
	var args []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := p.Nodes[i]
		args = mapped(args, n.Args, ids)
		n.Args = args
		if on.Simplify {
			if same := b.simplify(&n); same != none {
				ids[i] = same
				continue
			}
		}
		if on.Fold {
			b.fold(&n)
		}
		var h uint64
		if on.Common {
			h = hashNode(seed, &n)
			if at := slices.IndexFunc(seen[h], func(x ID) bool { return equalNodes(&b.p.Nodes[x], &n) }); at >= 0 {
				ids[i] = seen[h][at]
				continue
			}
		}
		ids[i] = b.copyNode(&n, n.Args)
		if on.Common {
			seen[h] = append(seen[h], ids[i])
		}
	}
	out := mapped(nil, p.Outputs, ids)
	if on.Prune {
		return b.Finish(out...), nil
	}
	r := b.p
	r.Outputs = out
	return &r, nil
}

// Prune removes nodes that no output needs. Inputs stay.
func Prune(p *Program) *Program {
	live := make([]bool, len(p.Nodes))
	for i := range p.Inputs {
		live[i] = true
	}
	for _, o := range p.Outputs {
		live[o] = true
	}
	kept, args := 0, 0
	for i := len(p.Nodes) - 1; i >= 0; i-- {
		if live[i] {
			kept++
			args += len(p.Nodes[i].Args)
			for _, x := range p.Nodes[i].Args {
				live[x] = true
			}
		}
	}
	q := &Program{Nodes: make([]Node, 0, kept), Inputs: p.Inputs, Outputs: make([]ID, len(p.Outputs))}
	id := make([]ID, len(p.Nodes))
	slab := make([]ID, 0, args)
	for i := range p.Nodes {
		if !live[i] {
			continue
		}
		n := p.Nodes[i]
		at := len(slab)
		for _, x := range n.Args {
			slab = append(slab, id[x])
		}
		n.Args = slab[at:len(slab):len(slab)]
		id[i] = ID(len(q.Nodes))
		q.Nodes = append(q.Nodes, n)
	}
	for k, o := range p.Outputs {
		q.Outputs[k] = id[o]
	}
	return q
}

// fold turns a node whose operands are constants into a constant.
func (b *Builder) fold(n *Node) {
	d := table[n.Op]
	if len(n.Args) == 0 || d.results != nil || d.eval == nil || !foldable(n) {
		return
	}
	if n.Op.Elementwise() && n.Type.Rank() > 0 && b.foldUniform(n) {
		return
	}
	if n.Type.Len() > FoldLimit {
		return
	}
	x := make([]*val, len(n.Args))
	for i, a := range n.Args {
		m := b.number(a)
		if m == nil || m.Len() > FoldLimit {
			return
		}
		x[i] = m
	}
	out := newVal(n.Type)
	if d.eval(x, n, []*val{out}) != nil {
		return // let it fail where it runs
	}
	v := out.array()
	*n = Node{Op: OpConst, Attrs: &Attrs{Value: v, Dtype: v.Dtype, Shape: v.Shape}, Type: n.Type}
}

// foldUniform computes an element-wise operation on repeated numbers once, and repeats the result.
func (b *Builder) foldUniform(n *Node) bool {
	x := make([]*val, len(n.Args))
	for i, a := range n.Args {
		m := &b.p.Nodes[a]
		if m.Op == OpBroadcastInDim {
			m = &b.p.Nodes[m.Args[0]]
		}
		if m.Op != OpConst || m.Attrs.Value.Len() != 1 {
			return false
		}
		x[i] = valOf(m.Attrs.Value)
		x[i].Shape = []int{}
	}
	scalar := *n
	scalar.Type.Shape = []int{}
	out := newVal(scalar.Type)
	if table[n.Op].eval(x, &scalar, []*val{out}) != nil {
		return false
	}
	v := out.array()
	one := b.append(Node{Op: OpConst, Attrs: &Attrs{Value: v, Dtype: v.Dtype, Shape: v.Shape}, Type: scalar.Type})
	*n = Node{Op: OpBroadcastInDim, Args: []ID{one}, Attrs: &Attrs{Shape: n.Type.Shape, Axes: []int{}}, Type: n.Type}
	return true
}

// foldable are operations whose reference has the bits of any faithful executor: those that move numbers, and element-wise ones in float64
// and integers; of the rest the correctly rounded ones. Sums and products over many terms are left to run in their own order.
func foldable(n *Node) bool {
	switch op := n.Op; {
	case op == OpStopGradient || op == OpBroadcastInDim:
		return false
	case op >= OpReshape && op <= OpRoll || op == OpConvert || op == OpSelect || op == OpNeg || op == OpAdd || op == OpSub || op == OpReal || op == OpImag || op == OpConj || op == OpComplex:
		return true
	case op >= OpEqual && op <= OpShiftRight || op == OpNot:
		return true
	case op == OpMul || op == OpDiv || op == OpSqrt || op == OpMax || op == OpMin:
		return !n.Type.complex()
	case op.Elementwise():
		return real64.has(n.Type.Dtype) || ints.has(n.Type.Dtype)
	}
	return false
}

// number is the value of a constant, also of a small broadcast one; nil if x is none.
func (b *Builder) number(x ID) *val {
	n := &b.p.Nodes[x]
	switch {
	case n.Op == OpConst:
		return valOf(n.Attrs.Value)
	case n.Op == OpBroadcastInDim && n.Type.Len() <= FoldLimit && b.p.Nodes[n.Args[0]].Op == OpConst:
		out := newVal(n.Type)
		if table[n.Op].eval([]*val{valOf(b.p.Nodes[n.Args[0]].Attrs.Value)}, n, []*val{out}) == nil {
			return out
		}
	}
	return nil
}

// uniform reports whether x is one number repeated, and which.
func (b *Builder) uniform(x ID) (complex128, bool) {
	n := &b.p.Nodes[x]
	if n.Op == OpBroadcastInDim {
		n = &b.p.Nodes[n.Args[0]]
	}
	if n.Op != OpConst || n.Attrs.Value.Len() != 1 {
		return 0, false
	}
	return valOf(n.Attrs.Value).get(0), true
}

func (b *Builder) is(x ID, v float64) bool {
	u, ok := b.uniform(x)
	return ok && real(u) == v && imag(u) == 0 && math.Signbit(real(u)) == math.Signbit(v)
}

func hashNode(seed maphash.Seed, n *Node) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteByte(byte(n.Op))
	word := func(x int) {
		for s := 0; s < 64; s += 8 {
			h.WriteByte(byte(x >> s))
		}
	}
	for _, x := range n.Args {
		word(int(x))
	}
	for _, s := range n.Type.Shape {
		word(s)
	}
	if a := n.Attrs; a != nil {
		for _, list := range a.lists() {
			word(len(list))
			for _, s := range list {
				word(s)
			}
		}
		word(a.Axis)
		word(a.N)
		h.WriteString(a.Mode)
		h.WriteString(string(a.Dtype))
		if a.Value != nil {
			h.Write(a.Value.Data)
		}
	}
	return h.Sum64()
}

func equalNodes(x, y *Node) bool {
	return x.Op == y.Op && x.Type.Equal(y.Type) && slices.Equal(x.Args, y.Args) && equalAttrs(x.attrs(), y.attrs())
}

func (a *Attrs) lists() [14][]int {
	return [...][]int{a.Shape, a.Axes, a.Start, a.Limit, a.Stride, a.Low, a.High, a.Interior, a.Dilation, a.Shift, a.Contract[0], a.Contract[1], a.Batch[0], a.Batch[1]}
}

func equalAttrs(x, y *Attrs) bool {
	if x == y {
		return true
	}
	lx, ly := x.lists(), y.lists()
	for i := range lx {
		if !slices.Equal(lx[i], ly[i]) {
			return false
		}
	}
	flags := func(a *Attrs) [9]any {
		return [9]any{a.Dtype, a.Axis, a.N, a.Mode, [6]bool{a.Lower, a.Trans, a.Unit, a.Reverse, a.Unique, a.Counted}, [3]int{a.Length, a.Carries, a.Slices},
			a.Program, len(a.Transforms), len(a.Rules)}
	}
	if flags(x) != flags(y) || len(x.Transforms) > 0 || len(x.Rules) > 0 && !slices.Equal(x.Rules, y.Rules) {
		return false
	}
	if x.Value == nil || y.Value == nil {
		return x.Value == y.Value
	}
	return x.Value == y.Value || x.Value.Dtype == y.Value.Dtype && slices.Equal(x.Value.Data, y.Value.Data)
}

// ShareFactors writes solve(a, b) as lu_solve of lu(a), so that [Optimize] with Common leaves one factorisation for all right-hand sides,
// values and derivatives, and gradients of spectra as products. For execution: what is to be differentiated keeps solve.
func ShareFactors(p *Program) (q *Program, err error) {
	defer catch(&err)
	b := NewBuilder()
	b.reserve(len(p.Nodes))
	ids := make([]ID, len(p.Nodes))
	copy(ids, b.inputsOf(p))
	factors := map[ID]ID{}
	var args []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		args = mapped(args, n.Args, ids)
		if n.Op != OpSolve {
			if ids[i] = b.compose(n, args); ids[i] == none {
				ids[i] = b.copyNode(n, args)
			}
			continue
		}
		lu, ok := factors[args[0]]
		if !ok {
			lu = b.emit(OpLu, nil, args[0])
			factors[args[0]] = lu
		}
		ids[i] = b.emit(OpLuSolve, n.Attrs, lu, b.Result(lu, 1), args[1])
	}
	return b.Finish(mapped(nil, p.Outputs, ids)...), nil
}

// simplify gives a value that equals node n (with operands of b already), or none; it may change n into a cheaper node of the same value.
// No rule touches NaN, infinities or the sign of zero: x + 0 stays (-0 + 0 is 0), x * 0 stays.
func (b *Builder) simplify(n *Node) ID {
	x := n.Args
	arg := func(k int) *Node { return &b.p.Nodes[x[k]] }
	switch n.Op {
	case OpAdd:
		if b.is(x[1], math.Copysign(0, -1)) {
			return x[0]
		}
		if b.is(x[0], math.Copysign(0, -1)) {
			return x[1]
		}
		if y := arg(1); y.Op == OpNeg { // x + -y
			*n = Node{Op: OpSub, Args: []ID{x[0], y.Args[0]}, Type: n.Type}
		}
	case OpSub:
		if b.is(x[1], 0) && !n.Type.complex() {
			return x[0]
		}
		if y := arg(1); y.Op == OpNeg {
			*n = Node{Op: OpAdd, Args: []ID{x[0], y.Args[0]}, Type: n.Type}
		}
	case OpMul:
		if n.Type.complex() {
			break
		}
		if b.is(x[1], 1) {
			return x[0]
		}
		if b.is(x[0], 1) {
			return x[1]
		}
		for k := range 2 { // processors have other units for sums, which are idle beside products
			if b.is(x[k], 2) {
				*n = Node{Op: OpAdd, Args: []ID{x[1-k], x[1-k]}, Type: n.Type}
				return b.simplify(n)
			}
		}
	case OpMulz:
		return b.simplifyMulz(n)
	case OpDiv:
		if b.is(x[1], 1) && !n.Type.complex() {
			return x[0]
		}
	case OpNeg:
		if arg(0).Op == OpNeg {
			return arg(0).Args[0]
		}
	case OpConj:
		if arg(0).Op == OpConj {
			return arg(0).Args[0]
		}
	case OpReal, OpImag:
		if arg(0).Op == OpComplex {
			if n.Op == OpReal {
				return arg(0).Args[0]
			}
			return arg(0).Args[1]
		}
	case OpPow:
		b.simplifyPow(n)
		if n.Op == OpIntegerPow {
			return b.simplify(n)
		}
	case OpIntegerPow:
		switch n.attrs().N {
		case 1:
			return x[0]
		case 2:
			*n = Node{Op: OpMul, Args: []ID{x[0], x[0]}, Type: n.Type}
		case -1:
			if !ints.has(n.Type.Dtype) {
				*n = Node{Op: OpDiv, Args: []ID{b.like(x[0], 1), x[0]}, Type: n.Type}
			}
		}
	case OpSelect:
		if x[1] == x[2] {
			return x[1]
		}
		if u, ok := b.uniform(x[0]); ok {
			return x[2-int(real(u))]
		}
	case OpConvert:
		if arg(0).Type.Dtype == n.Type.Dtype {
			return x[0]
		}
	case OpBroadcastInDim:
		if slices.Equal(arg(0).Type.Shape, n.Type.Shape) {
			return x[0]
		}
		if y := arg(0); y.Op == OpBroadcastInDim { // one after another is one
			*n = Node{Op: n.Op, Args: y.Args, Attrs: &Attrs{Shape: n.Attrs.Shape, Axes: pick(n.Attrs.Axes, y.Attrs.Axes)}, Type: n.Type}
			return b.simplify(n)
		}
	case OpReshape:
		if slices.Equal(arg(0).Type.Shape, n.Type.Shape) {
			return x[0]
		}
		if y := arg(0); y.Op == OpReshape {
			*n = Node{Op: n.Op, Args: y.Args, Attrs: n.Attrs, Type: n.Type}
			return b.simplify(n)
		}
	case OpTranspose:
		axes := n.attrs().Axes
		if slices.IsSorted(axes) {
			return x[0]
		}
		if y := arg(0); y.Op == OpTranspose {
			*n = Node{Op: n.Op, Args: y.Args, Attrs: &Attrs{Axes: pick(y.attrs().Axes, axes)}, Type: n.Type}
			return b.simplify(n)
		}
	case OpReverse:
		if len(n.attrs().Axes) == 0 {
			return x[0]
		}
	case OpSlice, OpPad, OpRoll:
		a := n.attrs()
		nothing := func(lists ...[]int) bool {
			return !slices.ContainsFunc(cat(lists...), func(v int) bool { return v != 0 })
		}
		if slices.Equal(arg(0).Type.Shape, n.Type.Shape) && nothing(a.Start, a.Low, a.High, a.Interior, a.Shift) && (n.Op != OpSlice || !slices.ContainsFunc(a.Stride, func(v int) bool { return v != 1 })) {
			return x[0]
		}
	case OpReduceSum, OpReduceProd, OpReduceMax, OpReduceMin, OpReduceAny, OpReduceAll:
		if len(n.attrs().Axes) == 0 {
			return x[0]
		}
	case OpConcatenate:
		if len(x) == 1 {
			return x[0]
		}
	}
	return none
}

// simplifyMulz: with a finite constant on either side it is an ordinary product, and where c is finite whatever it is made from, unless that is NaN
// and then t is NaN too.
func (b *Builder) simplifyMulz(n *Node) ID {
	t, tok := b.uniform(n.Args[0])
	c, cok := b.uniform(n.Args[1])
	if n.Type.complex() || !(tok && t != 0) && !(cok && finite(c)) && !b.bounded(n.Args[1], n.Args[0]) {
		return none
	}
	*n = Node{Op: OpMul, Args: n.Args, Type: n.Type}
	return b.simplify(n)
}

// bounded tells that c is a bounded function of a value that t is NaN with.
func (b *Builder) bounded(c, t ID) bool {
	n := &b.p.Nodes[c]
	if n.Op != OpExpit && n.Op != OpTanh {
		return false
	}
	x := n.Args[0]
	for b.p.Nodes[x].Op == OpNeg {
		x = b.p.Nodes[x].Args[0]
	}
	return b.carries(t, x, 3)
}

// carries tells that t is NaN where x is, by at most so many operations.
func (b *Builder) carries(t, x ID, depth int) bool {
	n := &b.p.Nodes[t]
	switch {
	case t == x:
		return true
	case depth == 0:
		return false
	case n.Op == OpMul || n.Op == OpAdd || n.Op == OpSub:
		return b.carries(n.Args[0], x, depth-1) || b.carries(n.Args[1], x, depth-1)
	case n.Op == OpNeg || n.Op == OpExpit || n.Op == OpTanh:
		return b.carries(n.Args[0], x, depth-1)
	}
	return false
}

// simplifyPow: a constant whole exponent is integer_pow, which is more accurate.
func (b *Builder) simplifyPow(n *Node) {
	e, ok := b.uniform(n.Args[1])
	if v := real(e); ok && imag(e) == 0 && v == math.Trunc(v) && math.Abs(v) <= 64 {
		*n = Node{Op: OpIntegerPow, Args: n.Args[:1], Attrs: &Attrs{N: int(v)}, Type: n.Type}
	}
}
