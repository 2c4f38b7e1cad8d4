package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
)

// follow carries r, on an axis of operand k of n, over to the result; false where n mixes along that axis, and for what it does not know.
// size is the length of the input's axis.
func (l *laplacer) follow(n *Node, k int, x []ID, r rel, size int) (rel, bool) {
	a, from, q := n.attrs(), l.Type(x[k]).Shape, r.axis
	to := func(axis int) (rel, bool) {
		r.axis = axis
		return r, true
	}
	// moved: index i of the result is index (i - low) / stride of the operand, in affine form.
	moved := func(low, length int) (rel, bool) {
		if low == 0 && length == from[q] {
			return r, true
		}
		if r.at != none {
			return r, false
		}
		r.start -= r.stride * low
		return r.normal(size, length), true
	}
	line := func(op Op, b *Attrs) (rel, bool) {
		r.at = l.emit(op, b, r.at)
		return r, true
	}
	switch op := n.Op; op {
	case OpBroadcastInDim:
		r.axis = a.Axes[q]
		return r, n.Type.Shape[r.axis] == from[q]
	case OpTranspose:
		return to(slices.Index(a.Axes, q))
	case OpReshape:
		return l.followReshape(n, from, r, size)
	case OpSlice:
		lo, step := a.Start[q], at1(a.Stride, q)
		if r.at != none {
			return line(OpSlice, &Attrs{Start: []int{lo}, Limit: []int{a.Limit[q]}, Stride: []int{step}})
		}
		r.start, r.stride = r.start+r.stride*lo, r.stride*step
		return r.normal(size, n.Type.Shape[q]), true
	case OpReverse:
		switch {
		case !slices.Contains(a.Axes, q):
			return r, true
		case r.at != none:
			return line(OpReverse, &Attrs{Axes: []int{0}})
		}
		r.start, r.stride = r.start+r.stride*(from[q]-1), -r.stride
		return r.normal(size, from[q]), true
	case OpRoll:
		at := slices.Index(a.Axes, q)
		if at < 0 {
			return r, true
		}
		if r.at == none && r.stride*from[q]%size != 0 {
			r.at = l.indices(r, size, from[q])
		}
		if r.at != none {
			return line(OpRoll, &Attrs{Axes: []int{0}, Shift: a.Shift[at : at+1]})
		}
		r.start -= r.stride * a.Shift[at]
		return r.normal(size, from[q]), true
	case OpPad:
		if at0(a.Interior, q) != 0 {
			return r, false
		}
		return moved(a.Low[q], n.Type.Shape[q])
	case OpConcatenate:
		if q != a.Axis {
			return r, true
		}
		low := 0
		for _, y := range x[:k] {
			low += l.Type(y).Shape[q]
		}
		return moved(low, n.Type.Shape[q])
	case OpSliceUpdate:
		if k == 0 {
			return r, true
		}
		if at1(a.Stride, q) != 1 && from[q] > 1 {
			return r, false
		}
		return moved(a.Start[q], n.Type.Shape[q])
	case OpGather:
		return l.followGather(n, x, r, size)
	case OpReduceSum, OpReduceProd, OpReduceMax, OpReduceMin, OpLogsumexp:
		low := 0
		for _, axis := range a.Axes {
			if axis < q {
				low++
			}
		}
		r.axis -= low
		return r, !slices.Contains(a.Axes, q)
	case OpCumsum, OpCumprod, OpCummax, OpCummin, OpCumlogsumexp, OpLinearRecurrence, OpSort, OpFft, OpIfft, OpRfft, OpIrfft:
		return r, q != a.Axis
	case OpCholesky, OpTriangularSolve, OpSolve, OpInv, OpSlogdet, OpEigh, OpQr, OpSvd:
		return r, q < len(from)-2
	}
	return r, n.Op.Elementwise()
}

// followReshape: an axis that stays one keeps its relation; one that is merged with others names its indices one by one.
func (l *laplacer) followReshape(n *Node, from []int, r rel, size int) (rel, bool) {
	to := n.Type.Shape
	if n.Type.Len() == 0 {
		return r, false
	}
	for i, k := 0, 0; i < len(from) && k < len(to); {
		i0, k0, left, right := i, k, from[i], to[k]
		for i, k = i+1, k+1; left != right; {
			if left < right {
				left *= from[i]
				i++
			} else {
				right *= to[k]
				k++
			}
		}
		if r.axis < i0 || r.axis >= i {
			continue
		}
		at := slices.IndexFunc(to[k0:k], func(m int) bool { return m != 1 })
		if at < 0 || to[k0+at] != left {
			return r, false
		}
		if from[r.axis] != left {
			at := l.Broadcast(l.indices(r, size, from[r.axis]), from[i0:i], []int{r.axis - i0})
			r.at, r.start, r.stride = l.Reshape(at, []int{left}), 0, 0
		}
		r.axis = k0 + at
		return r, true
	}
	return r, false
}

// followGather: an axis that is read at a list of indices names those.
func (l *laplacer) followGather(n *Node, x []ID, r rel, size int) (rel, bool) {
	axes, rank := n.attrs().Axes, l.Type(x[1]).Rank()
	at := slices.Index(axes, r.axis)
	if at < 0 {
		rest := others(l.Type(x[0]).Rank(), axes)
		r.axis = rank + slices.Index(rest, r.axis)
		return r, true
	}
	if rank != 1 {
		return r, false
	}
	m := l.Type(x[0]).Shape[r.axis]
	index := l.Convert(x[1+at], array.Int64)
	if !r.identity(size, m) {
		index = l.Gather(l.indices(r, size, m), []int{0}, index)
	}
	return rel{axis: 0, at: index}, true
}

// sum folds the blocks over the axes of a reduce_sum.
func (l *laplacer) sum(n *Node, c curve) curve {
	axes := slices.Sorted(slices.Values(n.attrs().Axes))
	out := curve{lap: none}
	for _, p := range c.jac {
		for i := len(axes) - 1; i >= 0; i-- {
			p = l.fold(p, axes[i])
		}
		out.jac = append(out.jac, p)
	}
	if c.lap != none {
		out.lap = l.emit(n.Op, n.Attrs, c.lap)
	}
	return out
}

// dot is the rule of dot_general: linear in each operand, and sum_u J_u(x) J_u(y) summed within the product.
func (l *laplacer) dot(n *Node, x []ID, c []curve) curve {
	out := curve{lap: none}
	for side := range 2 {
		for _, p := range c[side].jac {
			out.jac = append(out.jac, l.dotBlock(n, x, side, p))
		}
		if c[side].lap != none {
			in := slices.Clone(x)
			in[side] = c[side].lap
			out.lap = l.addTo(out.lap, l.emit(n.Op, n.Attrs, in...))
		}
	}
	if !l.second {
		return out
	}
	cross := none
	for _, p := range c[0].jac {
		for _, q := range c[1].jac {
			cross = l.addTo(cross, l.dotCross(n, x, p, q))
		}
	}
	if cross != none {
		out.lap = l.addTo(out.lap, l.Scale(cross, 2))
	}
	return out
}

// axesOf gives, for each axis of operand side, the axis of the result of a dot_general, or -1 for summed ones.
func (l *laplacer) axesOf(n *Node, x []ID, side int) []int {
	a, ranks := n.attrs(), [2]int{l.Type(x[0]).Rank(), l.Type(x[1]).Rank()}
	d := dims(a, ranks[0], ranks[1])
	out := full(ranks[side], -1)
	for i, q := range a.Batch[side] {
		out[q] = i
	}
	low := len(a.Batch[side])
	if side == 1 {
		low += len(d.free[0])
	}
	for i, q := range d.free[side] {
		out[q] = low + i
	}
	return out
}

// dotBlock is the product with block p in place of operand side. A summed axis on which p depends index by index is not summed: the terms
// are the derivatives in different coordinates.
func (l *laplacer) dotBlock(n *Node, x []ID, side int, p block) block {
	a, to := n.attrs(), l.axesOf(n, x, side)
	var moved []int // axes of the input, made dense by the product
	for i, q := range a.Contract[side] {
		var axis int
		if p, axis = l.only(p, q); axis < 0 {
			continue
		}
		if other := a.Contract[1-side][i]; p.rels[axis].identity(l.in[p.w][axis], l.Type(x[1-side]).Shape[other]) {
			moved = append(moved, axis)
		} else {
			p = l.densify(p, axis)
		}
	}
	slices.Sort(moved)
	var c Attrs
	for s := range 2 {
		k := 0
		if s == side {
			k = 1
		}
		c.Batch[s] = shifted(a.Batch[s], k)
		for i, q := range a.Contract[s] {
			if !slices.ContainsFunc(moved, func(axis int) bool { return p.rels[axis].axis == a.Contract[side][i] }) {
				c.Contract[s] = append(c.Contract[s], q+k)
			}
		}
		for _, axis := range moved {
			i := slices.Index(a.Contract[side], p.rels[axis].axis)
			c.Batch[s] = append(c.Batch[s], a.Contract[s][i]+k)
		}
	}
	in := slices.Clone(x)
	in[side] = p.j
	y := l.emit(OpDotGeneral, &c, in...)
	// axes of y: batch, moved, free of the left, free of the right; those of p.j begin with the coordinates
	nb, at := len(a.Batch[0]), len(c.Batch[0])
	if side == 1 {
		at += l.Type(x[0]).Rank() - len(a.Batch[0]) - len(a.Contract[0])
	}
	y = l.moveAxis(y, at, 0)
	rels := slices.Clone(p.rels)
	for _, axis := range moved { // from the outermost on, into its place among the dense ones
		q := block{p.w, rels, none}
		before, after := l.around(q, axis)
		s := l.Type(y).Shape
		y = l.moveAxis(l.Reshape(y, cat([]int{before, after}, s[1:])), 2+nb, 1)
		m := l.in[p.w][axis]
		y = l.Reshape(y, cat([]int{before * m * after}, without(s[1:], []int{nb})))
		rels[axis] = rel{axis: dense, at: none}
	}
	for i, r := range rels {
		if r.axis >= 0 {
			rels[i].axis = to[r.axis]
		}
	}
	return block{p.w, rels, y}
}

// dotCross is sum_u of the product of p_u and q_u, none where they have no coordinate in common.
func (l *laplacer) dotCross(n *Node, x []ID, p, q block) ID {
	if p.w != q.w {
		return none
	}
	a, left, right := n.attrs(), l.axesOf(n, x, 0), l.axesOf(n, x, 1)
	hit := none
	for axis := range p.rels {
		r, s, size := p.rels[axis], q.rels[axis], l.in[p.w][axis]
		if r.axis == dense && s.axis == dense {
			continue
		}
		if r.axis >= 0 && s.axis >= 0 && left[r.axis] < 0 && right[s.axis] < 0 {
			t := r
			t.axis = s.axis
			if t == s && slices.Index(a.Contract[0], r.axis) == slices.Index(a.Contract[1], s.axis) {
				continue // the same terms
			}
		}
		if r.axis == dense || s.axis == dense || r.axis >= 0 && left[r.axis] < 0 || s.axis >= 0 && right[s.axis] < 0 {
			p, q = l.densify(p, axis), l.densify(q, axis)
			continue
		}
		if r.axis >= 0 {
			r.axis = left[r.axis]
		}
		if s.axis >= 0 {
			s.axis = right[s.axis]
		}
		switch {
		case r == s:
		case l.disjoint(r, s):
			return none
		default:
			shape := n.Type.Shape
			hit = l.and(hit, l.Equal(l.indexOver(r, size, shape), l.indexOver(s, size, shape)))
		}
	}
	var c Attrs
	for s := range 2 {
		c.Contract[s] = append([]int{0}, shifted(a.Contract[s], 1)...)
		c.Batch[s] = shifted(a.Batch[s], 1)
	}
	y := l.emit(OpDotGeneral, &c, p.j, q.j)
	if hit != none {
		y = l.Select(hit, y, l.like(y, 0))
	}
	return y
}

// slogdet: with M = A^-1 and D_u = dA/du, d log det A = tr M D_u, and the second derivative along u adds -tr M D_u M D_u. Where D_u is one
// row (an orbital matrix of particles) or one column, that is -(tr M D_u)^2.
func (l *laplacer) slogdet(x ID, y []ID, c curve) []curve {
	r := l.Type(x).Rank()
	m := l.swapLast(l.emit(OpInv, nil, x)) // M^T: tr M D is the sum of M^T o D
	out := curve{lap: none}
	var blocks []block
	for w := range l.in {
		var own []block
		for _, p := range c.jac {
			if p.w == w {
				own = append(own, p)
			}
		}
		if len(own) > 1 { // M D_u M D_u couples them
			for i := range own {
				own[i] = l.densifyAll(own[i])
			}
			own = l.merged(own)
		}
		blocks = append(blocks, own...)
	}
	for _, p := range blocks {
		line := -1 // row (r-2) or column (r-1) that the coordinate picks
		for a, s := range p.rels {
			n := l.in[p.w][a]
			switch {
			case s.axis < r-2:
			case line < 0 && s.at == none && s.stride == 1%n && l.Type(x).Shape[r-1] <= n:
				line = s.axis
			default:
				p = l.densify(p, a)
			}
		}
		terms := l.mulz(p.j, l.BroadcastTo(m, l.Type(p.j).Shape))
		if line >= 0 {
			g := l.Sum(terms, 1+2*r-3-line) // over the other axis
			q := block{p.w, slices.Clone(p.rels), g}
			for a, s := range q.rels {
				if s.axis >= r-2 {
					q.rels[a].axis = r - 2
				}
			}
			if l.second {
				out.lap = l.addTo(out.lap, l.Neg(l.Sum(l.sumOfProducts(g, g), r-2)))
			}
			out.jac = append(out.jac, l.fold(q, r-2))
			continue
		}
		out.jac = append(out.jac, block{p.w, p.rels, l.Sum(terms, r-1, r)})
		if l.second {
			md := l.Dot(m, p.j, [2][]int{{r - 2}, {r - 1}}, [2][]int{span(0, r-2), span(1, r-1)}) // lead, column of M, k, column of D
			md = l.moveAxis(md, r-1, 0)
			out.lap = l.addTo(out.lap, l.Neg(l.Sum(l.Mul(md, l.swapLast(md)), 0, r-1, r)))
		}
	}
	if c.lap != none {
		out.lap = l.addTo(out.lap, l.Sum(l.mulz(c.lap, m), r-2, r-1))
	}
	if !l.Type(x).complex() {
		return []curve{out, {lap: none}}
	}
	// log det = log|det| + i theta; the sign is s = exp(i theta): s' = i theta' s, s'' = (i theta'' - theta'^2) s
	size, sign := curve{lap: none}, curve{lap: none}
	for _, p := range out.jac {
		re, im := l.Real(p.j), l.Imag(p.j)
		size.jac = append(size.jac, block{p.w, p.rels, re})
		sign.jac = append(sign.jac, block{p.w, p.rels, im})
	}
	if out.lap != none {
		size.lap, sign.lap = l.Real(out.lap), l.Imag(out.lap)
	}
	if l.second {
		square := l.instantiate(l.crossAll(sign.jac, sign.jac, true), l.Type(y[0]))
		sign.lap = l.Mul(l.Complex(l.Neg(square), l.instantiate(sign.lap, l.Type(y[0]))), y[1])
	}
	for i, p := range sign.jac {
		sign.jac[i].j = l.times(p.j, y[1])
	}
	return []curve{size, sign}
}

// times is i j s for real j.
func (l *laplacer) times(j, s ID) ID {
	return l.Mul(l.Complex(l.like(j, 0), j), l.BroadcastTo(s, l.Type(j).Shape))
}
