package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// block is a part of the Jacobian of a value y in input w. An element of y depends, along each axis of the input, on all indices or on the
// one that rels gives; j[k, y.shape...] holds the derivatives, k counting the indices of the dense axes in C order.
//
// The input itself is one block of ones with k = 0 only and axis a on its own axis a; what mixes along an axis makes that one dense.
type block struct {
	w    int
	rels []rel
	j    ID
}

// rel is what an axis of the input has to do with a value.
type rel struct {
	axis          int // of the value; or fixed, or dense
	start, stride int // index i of that axis depends on index (start + stride i) mod n of the input
	at            ID  // or on at[i], int64; none: the affine form
}

const (
	fixed = -1 // the index start of the input alone
	dense = -2 // all indices
)

// normal is the one form of r for an input axis of length n and a value's axis of length m.
func (r rel) normal(n, m int) rel {
	if r.at == none {
		r.start, r.stride = modulo(r.start, n), modulo(r.stride, n)
		if m == 1 {
			r.axis, r.stride = fixed, 0
		}
	}
	return r
}

// identity reports whether index i of the value depends on index i of the input, for all of them.
func (r rel) identity(n, m int) bool {
	return r.at == none && r.start == 0 && r.stride == 1%n && n == m
}

// indices are the indices of the input that belong to those of an axis of length m of the value: int64[m].
func (l *laplacer) indices(r rel, n, m int) ID {
	t := Type{array.Int64, []int{m}}
	switch {
	case r.at != none:
		return r.at
	case r.axis == fixed:
		return l.Fill(t, float64(r.start))
	}
	i := l.Iota(t.Dtype, t.Shape, 0)
	if r.stride != 1 {
		i = l.Scale(i, float64(r.stride))
	}
	if r.start != 0 {
		i = l.Add(i, l.like(i, float64(r.start)))
	}
	if r.start+r.stride*(m-1) >= n {
		i = l.Apply(OpMod, i, l.like(i, float64(n)))
	}
	return i
}

// indexOver is indices along the axis of r in shape.
func (l *laplacer) indexOver(r rel, n int, shape []int) ID {
	if r.axis == fixed {
		return l.Fill(Type{array.Int64, shape}, float64(r.start))
	}
	return l.Broadcast(l.indices(r, n, shape[r.axis]), shape, []int{r.axis})
}

// coordinatesOf is the length of axis 0 of a block's array.
func (l *laplacer) coordinatesOf(w int, rels []rel) int {
	n := 1
	for a, r := range rels {
		if r.axis == dense {
			n *= l.in[w][a]
		}
	}
	return n
}

// around are the products of the lengths of the dense axes before and after a.
func (l *laplacer) around(p block, a int) (before, after int) {
	return l.coordinatesOf(p.w, p.rels[:a]), l.coordinatesOf(p.w, append(make([]rel, a+1), p.rels[a+1:]...))
}

func (p block) with(a int, r rel, j ID) block {
	rels := slices.Clone(p.rels)
	rels[a] = r
	return block{p.w, rels, j}
}

// densify is the same block with axis a dense, zeros filled in.
func (l *laplacer) densify(p block, a int) block {
	r, n := p.rels[a], l.in[p.w][a]
	if r.axis == dense {
		return p
	}
	before, after := l.around(p, a)
	s := l.Type(p.j).Shape[1:]
	j := l.Reshape(p.j, cat([]int{before, 1, after}, s))
	if r.axis == fixed {
		j = l.PadAxis(j, 1, r.start, n-1-r.start)
	} else {
		wide, flat := cat([]int{before, n, after}, s), []int{n, s[r.axis]}
		hit := l.Equal(l.Iota(array.Int64, flat, 0), l.Broadcast(l.indices(r, n, flat[1]), flat, []int{1}))
		j = l.Broadcast(j, wide, span(0, len(wide)))
		j = l.Select(l.Broadcast(hit, wide, []int{1, 3 + r.axis}), j, l.like(j, 0))
	}
	return p.with(a, rel{axis: dense, at: none}, l.Reshape(j, cat([]int{before * n * after}, s)))
}

func (l *laplacer) densifyAll(p block) block {
	for a := range p.rels {
		p = l.densify(p, a)
	}
	return p
}

// place puts the m elements along axis 1 of j where r says among n zeros; elements of one place are added.
func (l *laplacer) place(j ID, r rel, n int) ID {
	t := l.Type(j)
	m := t.Shape[1]
	switch {
	case r.identity(n, m):
		return j
	case r.at == none && r.stride == 1%n && r.start+m <= n:
		return l.PadAxis(j, 1, r.start, n-r.start-m)
	case r.at == none && r.stride == 1%n && m == n:
		return l.Roll(j, []int{1}, []int{r.start})
	}
	shape := slices.Clone(t.Shape)
	shape[1] = n
	zeros := l.moveAxis(l.zeros(Type{t.Dtype, shape}), 1, 0)
	return l.moveAxis(l.Scatter("add", false, zeros, l.moveAxis(j, 1, 0), []int{0}, l.indices(r, n, m)), 0, 1)
}

// fold is the block of the sum over axis q of the value.
func (l *laplacer) fold(p block, q int) block {
	p, a := l.only(p, q)
	j, rels := none, slices.Clone(p.rels)
	if a < 0 {
		j = l.Sum(p.j, 1+q)
	} else {
		before, after := l.around(p, a)
		s := l.Type(p.j).Shape[1:]
		j = l.moveAxis(l.Reshape(p.j, cat([]int{before, after}, s)), 2+q, 1)
		j = l.place(j, p.rels[a], l.in[p.w][a])
		j = l.Reshape(j, cat([]int{before * l.in[p.w][a] * after}, without(s, []int{q})))
		rels[a] = rel{axis: dense, at: none}
	}
	for i := range rels {
		if rels[i].axis > q {
			rels[i].axis--
		}
	}
	return block{p.w, rels, j}
}

// only leaves one axis of the input, a, on axis q of the value, the others dense; a is -1 if there is none.
func (l *laplacer) only(p block, q int) (block, int) {
	a := -1
	for i, r := range p.rels {
		switch {
		case r.axis != q:
		case a < 0:
			a = i
		default:
			p = l.densify(p, i)
		}
	}
	return p, a
}

// mostBlocks is how many blocks of one input a value may have: each pair of them costs a product in every second derivative.
const mostBlocks = 6

// tidy makes equal blocks one, and all blocks of an input one dense one where they hold more than half its numbers or are too many.
func (l *laplacer) tidy(blocks []block) []block {
	if len(blocks) < 2 {
		return blocks
	}
	out := l.merged(blocks)
	for w := range l.in {
		held, several := 0, 0
		for _, p := range out {
			if p.w == w {
				held += l.coordinatesOf(w, p.rels)
				several++
			}
		}
		if several < 2 || several <= mostBlocks && 2*held <= count(l.in[w]) {
			continue
		}
		for i := range out {
			if out[i].w == w {
				out[i] = l.densifyAll(out[i])
			}
		}
		out = l.merged(out)
	}
	return out
}

func (l *laplacer) merged(blocks []block) (out []block) {
	for _, p := range blocks {
		at := slices.IndexFunc(out, func(q block) bool { return q.w == p.w && slices.Equal(q.rels, p.rels) })
		if at < 0 {
			out = append(out, p)
		} else {
			out[at].j = l.Add(out[at].j, p.j)
		}
	}
	return out
}

// crossAll is sum_u J_u(x) J_u(y) of two values of one shape, twice that unless square says that they are one value.
func (l *laplacer) crossAll(x, y []block, square bool) ID {
	total := none
	for i, p := range x {
		for k, q := range y {
			if square && k > i {
				continue
			}
			c := l.cross(p, q)
			if c != none && !(square && k == i) {
				c = l.Scale(c, 2)
			}
			total = l.addTo(total, c)
		}
	}
	return total
}

// cross is sum_u p_u q_u, none where the blocks have no coordinate in common.
func (l *laplacer) cross(p, q block) ID {
	if p.w != q.w {
		return none
	}
	shape := l.Type(p.j).Shape[1:]
	hit := none
	for a := range p.rels {
		r, s, n := p.rels[a], q.rels[a], l.in[p.w][a]
		switch {
		case r == s:
		case r.axis == dense || s.axis == dense:
			p, q = l.densify(p, a), l.densify(q, a)
		case l.disjoint(r, s):
			return none
		default:
			hit = l.and(hit, l.Equal(l.indexOver(r, n, shape), l.indexOver(s, n, shape)))
		}
	}
	c := l.sumOfProducts(p.j, q.j)
	if hit != none {
		c = l.Select(hit, c, l.like(c, 0))
	}
	return c
}

// writtenOut is up to how many coordinates products are written out, to be summed in registers.
const writtenOut = 4

// sumOfProducts is sum_k x_k y_k over axis 0.
func (l *laplacer) sumOfProducts(x, y ID) ID {
	s := l.Type(x).Shape
	if s[0] > writtenOut {
		return l.Sum(l.Mul(x, y), 0)
	}
	total := none
	for k := range s[0] {
		u := l.Reshape(l.SliceAxis(x, 0, k, k+1), s[1:])
		v := u
		if x != y {
			v = l.Reshape(l.SliceAxis(y, 0, k, k+1), s[1:])
		}
		total = l.addTo(total, l.Mul(u, v))
	}
	return total
}

func (l *laplacer) and(x, y ID) ID {
	if x == none {
		return y
	}
	return l.Apply(OpAnd, x, y)
}

// disjoint reports whether r and s are known to name different indices at every element.
func (l *laplacer) disjoint(r, s rel) bool {
	if r.axis != s.axis {
		return false
	}
	if r.at == none || s.at == none {
		return r.at == s.at && r.stride == s.stride && r.start != s.start
	}
	x, y := l.number(r.at), l.number(s.at)
	if x == nil || y == nil {
		return false
	}
	for k := range x.i {
		if x.i[k] == y.i[k] {
			return false
		}
	}
	return true
}

// gradient is the Jacobian of a value of type t in input w: t.shape + x.
func (l *laplacer) gradient(blocks []block, w int, t Type, x []int) ID {
	total := none
	for _, p := range blocks {
		if p.w == w {
			total = l.addTo(total, l.densifyAll(p).j)
		}
	}
	shape := cat(t.Shape, x)
	if total == none {
		return l.zeros(Type{t.Dtype, shape})
	}
	return l.Reshape(l.moveAxis(total, 0, t.Rank()), shape)
}

// trace is the sum of the derivatives of each element of a value in its own coordinate of input w, which has its shape.
func (l *laplacer) trace(blocks []block, w int, shape []int) ID {
	total := none
	for _, p := range blocks {
		if p.w != w {
			continue
		}
		if !slices.Equal(l.in[w], shape) { // the coordinates have axes of their own
			p = l.densifyAll(p)
			j := l.Reshape(p.j, []int{count(shape), count(shape)})
			total = l.addTo(total, l.Sum(l.diagonal(j), 0))
			continue
		}
		var lengths, at []int // of the dense axes, and where they stand
		for a, r := range p.rels {
			if r.axis >= 0 && r.axis != a || r.axis >= 0 && !r.identity(shape[a], shape[a]) || r.axis == fixed && shape[a] != 1 {
				p = l.densify(p, a)
			}
			if p.rels[a].axis == dense {
				lengths, at = append(lengths, shape[a]), append(at, a)
			}
		}
		wide := cat(lengths, shape)
		j, hit := l.Reshape(p.j, wide), none
		for i, a := range at {
			hit = l.and(hit, l.Equal(l.Iota(array.Int64, wide, i), l.Iota(array.Int64, wide, len(at)+a)))
		}
		if hit != none {
			j = l.Select(hit, j, l.like(j, 0))
		}
		total = l.addTo(total, l.SumAll(j))
	}
	return total
}

// split is the shape of input x, or a finer one that a reshape of it has: coordinates of particles that come as one long vector.
func (p *Program) split(x ID) []int {
	shape := p.Nodes[x].Type.Shape
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		if n.Op != OpReshape || n.Args[0] != x || n.Type.Len() == 0 || slices.Contains(n.Type.Shape, 1) {
			continue
		}
		k, left := 0, 1
		for _, m := range n.Type.Shape { // each axis of x is a product of axes of the result
			if left == 1 && k < len(shape) {
				left = shape[k]
				k++
			}
			if left%m != 0 {
				left = -1
				break
			}
			left /= m
		}
		if left == 1 && len(n.Type.Shape) > len(shape) {
			return n.Type.Shape
		}
	}
	return shape
}

// coordinates is the curve of input w itself: a Jacobian of ones that is diagonal in every axis.
func (l *laplacer) coordinates(w int, t Type) curve {
	rels := make([]rel, len(l.in[w]))
	if !slices.Equal(t.Shape, l.in[w]) {
		fine := Type{t.Dtype, l.in[w]}
		c := l.coordinates(w, fine)
		p := c.jac[0]
		n := &Node{Op: OpReshape, Attrs: &Attrs{Shape: t.Shape}, Type: t}
		for a, r := range p.rels {
			if r.axis >= 0 {
				to, ok := l.followReshape(n, fine.Shape, r, l.in[w][a])
				if !ok {
					throw(spec.Errorf(spec.InternalError, "laplacian: %v is not a reshape of %v", t.Shape, fine.Shape))
				}
				p.rels[a] = to
			}
		}
		p.j = l.Fill(Type{t.Dtype, cat([]int{1}, t.Shape)}, 1)
		return curve{[]block{p}, none}
	}
	for a, n := range t.Shape {
		rels[a] = rel{axis: a, stride: 1, at: none}.normal(n, n)
	}
	return curve{[]block{{w, rels, l.Fill(Type{t.Dtype, cat([]int{1}, t.Shape)}, 1)}}, none}
}
