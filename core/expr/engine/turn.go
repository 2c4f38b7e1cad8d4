package engine

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// Arrays with few components along their last axis, such as the differences of positions (N, N, 3), make short rows. Where such an axis is reduced
// or repeated, what is computed along it is computed with that axis first: rows are long then, and every number is the same, as every fold keeps
// its order.

// leastTurn is the number of elements from which that pays.
const leastTurn = 256

// turner rewrites a program.
type turner struct {
	p      *expr.Program
	b      *expr.Builder
	set    []expr.ID // union-find of what turns together
	on     map[expr.ID]bool
	ids    []expr.ID // as written; -1: only turned so far
	turned map[expr.ID]expr.ID
	dense  map[expr.ID]bool // turned copies of what others make
}

// turn returns p with such axes first, and the nodes of it that are better copied into memory than read through.
func turn(p *expr.Program) (*expr.Program, map[expr.ID]bool, error) {
	t := &turner{p: p, set: make([]expr.ID, len(p.Nodes)), on: map[expr.ID]bool{}}
	if !t.choose() {
		return p, nil, nil
	}
	t.b, t.ids, t.turned, t.dense = expr.NewBuilder(), make([]expr.ID, len(p.Nodes)), map[expr.ID]expr.ID{}, map[expr.ID]bool{}
	for i := range p.Nodes {
		if err := t.node(expr.ID(i)); err != nil {
			return nil, nil, err
		}
	}
	out := make([]expr.ID, len(p.Outputs))
	for k, o := range p.Outputs {
		out[k] = t.plain(o)
	}
	return t.b.Finish(out...), t.dense, nil
}

// short is the length of the last axis of what may turn, 0 of all else.
func (t *turner) short(id expr.ID) int {
	s := t.p.Nodes[id].Type.Shape
	if r := len(s); r >= 2 && t.p.Nodes[id].Type.Len() > 0 && s[r-1] >= 2 && s[r-1] < leastRow {
		return s[r-1]
	}
	return 0
}

// keepsLast tells that node n computes along the last axis of its operands, which is its own last axis.
func (t *turner) keepsLast(n *expr.Node) bool {
	last := len(n.Type.Shape) - 1
	switch n.Op {
	case expr.OpBroadcastInDim:
		return true
	case expr.OpSlice:
		a := n.Attrs
		return a.Start[last] == 0 && a.Limit[last] == t.p.Nodes[n.Args[0]].Type.Shape[last] && (a.Stride == nil || a.Stride[last] == 1)
	case expr.OpRoll, expr.OpReverse:
		return !slices.Contains(n.Attrs.Axes, last)
	case expr.OpReduceSum, expr.OpReduceProd, expr.OpReduceMax, expr.OpReduceMin:
		return !slices.Contains(n.Attrs.Axes, len(t.p.Nodes[n.Args[0]].Type.Shape)-1)
	}
	return n.Op.Elementwise()
}

func (t *turner) find(x expr.ID) expr.ID {
	for t.set[x] != x {
		t.set[x] = t.set[t.set[x]]
		x = t.set[x]
	}
	return x
}

// choose finds what turns: connected parts with a fold along the last axis, or something repeated along it or along others.
func (t *turner) choose() (any bool) {
	reason := map[expr.ID]bool{}
	long := map[expr.ID]bool{}
	for i := range t.p.Nodes {
		id, n := expr.ID(i), &t.p.Nodes[i]
		t.set[i] = id
		if i >= t.p.Inputs && t.short(id) > 0 && t.keepsLast(n) {
			t.on[id] = true
			for _, x := range n.Args {
				if t.on[x] && (n.Op != expr.OpBroadcastInDim || t.mapsLast(n)) {
					t.set[t.find(x)] = t.find(id)
				}
			}
		}
	}
	for i := range t.p.Nodes {
		id, n := expr.ID(i), &t.p.Nodes[i]
		if len(n.Args) == 0 {
			continue
		}
		x := n.Args[0]
		switch folds := n.Op >= expr.OpReduceSum && n.Op <= expr.OpReduceMin; {
		case t.on[id]:
			long[t.find(id)] = long[t.find(id)] || n.Type.Len() >= leastTurn
			if n.Op == expr.OpBroadcastInDim && t.p.Nodes[x].Type.Len() > 1 || folds {
				reason[t.find(id)] = true
			}
		case folds && t.on[x] && len(n.Attrs.Axes) == 1:
			reason[t.find(x)] = true
		}
	}
	for id := range t.on {
		r := t.find(id)
		if t.on[id] = reason[r] && long[r]; t.on[id] {
			any = true
		}
	}
	return any
}

// mapsLast tells that a broadcast maps the last axis of its operand to its own last, whole.
func (t *turner) mapsLast(n *expr.Node) bool {
	x := t.p.Nodes[n.Args[0]].Type.Shape
	last := len(n.Type.Shape) - 1
	return len(x) >= 2 && n.Attrs.Axes[len(x)-1] == last && x[len(x)-1] == n.Type.Shape[last]
}

// plain is a node as written.
func (t *turner) plain(id expr.ID) expr.ID {
	if t.ids[id] < 0 {
		r := len(t.p.Nodes[id].Type.Shape)
		axes := make([]int, r)
		for d := range axes {
			axes[d] = (d + 1) % r
		}
		t.ids[id] = t.b.Transpose(t.turned[id], axes)
	}
	return t.ids[id]
}

// first is a node with its last axis first.
func (t *turner) first(id expr.ID) expr.ID {
	if k, known := t.turned[id]; known {
		return k
	}
	r := len(t.p.Nodes[id].Type.Shape)
	axes := make([]int, r)
	for d := range axes {
		axes[d] = (d + r - 1) % r
	}
	k := t.b.Transpose(t.ids[id], axes)
	t.turned[id], t.dense[k] = k, true
	return k
}

func front[T any](x []T) []T {
	if len(x) == 0 {
		return x
	}
	return append([]T{x[len(x)-1]}, x[:len(x)-1]...)
}

func plusOne(x []int) []int {
	out := slices.Clone(x)
	for i := range out {
		out[i]++
	}
	return out
}

func (t *turner) node(id expr.ID) (err error) {
	n := &t.p.Nodes[id]
	if int(id) < t.p.Inputs {
		t.ids[id] = t.b.Input(n.Type)
		return nil
	}
	x := func(k int) expr.ID { return n.Args[k] }
	if !t.on[id] {
		if n.Op >= expr.OpReduceSum && n.Op <= expr.OpReduceMin && t.on[x(0)] {
			if last := t.short(x(0)); len(n.Attrs.Axes) == 1 && n.Attrs.Axes[0] == len(t.p.Nodes[x(0)].Type.Shape)-1 {
				if n.Op == expr.OpReduceSum && n.Type.Dtype == array.Float64 {
					t.ids[id] = t.sum(t.first(x(0)), last)
				} else {
					t.ids[id] = t.b.Reduce(n.Op, t.first(x(0)), 0)
				}
				return nil
			} else if t.keepsLast(n) { // to one axis
				t.ids[id] = t.b.Reduce(n.Op, t.first(x(0)), plusOne(n.Attrs.Axes)...)
				return nil
			}
		}
		args := make([]expr.ID, len(n.Args))
		for k := range args {
			args[k] = t.plain(x(k))
		}
		t.ids[id], err = t.b.Emit(n.Op, n.Attrs, args...)
		return err
	}
	t.ids[id] = -1
	var a expr.Attrs
	if n.Attrs != nil {
		a = *n.Attrs
	}
	var k expr.ID
	switch n.Op {
	case expr.OpBroadcastInDim:
		k = t.broadcast(n)
	case expr.OpSlice:
		a.Start, a.Limit = front(a.Start), front(a.Limit)
		if a.Stride != nil {
			a.Stride = front(a.Stride)
		}
		k, err = t.b.Emit(n.Op, &a, t.first(x(0)))
	case expr.OpRoll, expr.OpReverse:
		a.Axes = plusOne(a.Axes)
		k, err = t.b.Emit(n.Op, &a, t.first(x(0)))
	case expr.OpReduceSum, expr.OpReduceProd, expr.OpReduceMax, expr.OpReduceMin:
		k = t.b.Reduce(n.Op, t.first(x(0)), plusOne(a.Axes)...)
	default:
		args := make([]expr.ID, len(n.Args))
		for i := range args {
			args[i] = t.first(x(i))
		}
		k, err = t.b.Emit(n.Op, n.Attrs, args...)
	}
	t.turned[id] = k
	return err
}

func (t *turner) broadcast(n *expr.Node) expr.ID {
	x := n.Args[0]
	shape, axes := t.p.Nodes[x].Type.Shape, n.Attrs.Axes
	to := front(n.Attrs.Shape)
	last := len(shape) - 1
	switch {
	case last < 0 || axes[last] != len(to)-1:
		return t.b.Broadcast(t.plain(x), to, plusOne(axes))
	case last == 0:
		return t.b.Broadcast(t.plain(x), to, []int{0})
	case shape[last] == 1:
		return t.b.Broadcast(t.b.Reshape(t.plain(x), shape[:last]), to, plusOne(axes[:last]))
	}
	return t.b.Broadcast(t.first(x), to, append([]int{0}, plusOne(axes[:last])...))
}

// sum adds the m parts along the first axis of x as a fold over eight lanes does, with 0 + -0 = 0.
func (t *turner) sum(x expr.ID, m int) expr.ID {
	shape := t.b.Type(x).Shape
	part := func(k int) expr.ID { return t.b.Reshape(t.b.SliceAxis(x, 0, k, k+1), shape[1:]) }
	var lanes func(k, step int) expr.ID // of elements k, k + step, ... below 8
	lanes = func(k, step int) expr.ID {
		if k >= m {
			return -1
		}
		if step == 8 {
			return part(k)
		}
		u, v := lanes(k, 2*step), lanes(k+step, 2*step)
		if v < 0 {
			return u
		}
		return t.b.Add(u, v)
	}
	return t.b.Add(lanes(0, 1), t.b.Fill(expr.Type{Dtype: array.Float64, Shape: shape[1:]}, 0))
}
