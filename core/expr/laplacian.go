package expr

import (
	"slices"
)

// The forward Laplacian (R. Li, H. Ye, D. Jiang et al., "A computational framework for neural network-based variational Monte Carlo with
// Forward Laplacian", Nature Machine Intelligence 6, 209 (2024), arXiv:2307.08214). Every value y of the program carries its Jacobian J in the
// real coordinates u of the inputs and its Laplacian L = sum_u d2y/du2. Through an operation f of operands x_a
//
//	J'_u = sum_a df/dx_a J_u(x_a),    L' = sum_a df/dx_a L(x_a) + sum_u d2f [J_u, J_u].
//
// First and second derivatives of f are those that the op table's JVP gives. The Jacobian is kept as a sum of blocks, each of which names what
// is known to be zero in it (see block), so that features of one particle carry derivatives in that particle's coordinates only, and features
// of a pair those of two.

// curve is what a value carries: the blocks of its Jacobian and its Laplacian (none: zero).
type curve struct {
	jac []block
	lap ID
}

func (c *curve) zero() bool { return len(c.jac) == 0 && c.lap == none }

// laplacer propagates curves; in are the shapes of the inputs that are differentiated in, possibly split finer than they are.
type laplacer struct {
	*Builder
	in     [][]int
	second bool // Laplacians too, not only Jacobians
}

// propagate appends p at the inputs in, with the curves of its outputs.
func (b *Builder) propagate(p *Program, in []ID, wrt []int, second bool) (l *laplacer, out []ID, curves []curve) {
	l = &laplacer{b, make([][]int, len(wrt)), second}
	ids, cs := make([]ID, len(p.Nodes)), make([]curve, len(p.Nodes))
	copy(ids, in)
	for i := range cs {
		cs[i].lap = none
	}
	for k, w := range wrt {
		l.in[k] = p.split(ID(w))
		if t := p.Nodes[w].Type; t.Len() > 0 {
			cs[w] = l.coordinates(k, t)
		}
	}
	type results struct {
		y []ID
		c []curve
	}
	several := map[ID]results{}
	var args []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		if n.Op == OpResult {
			r := several[n.Args[0]]
			ids[i], cs[i] = r.y[n.Attrs.N], r.c[n.Attrs.N]
			continue
		}
		args = mapped(args, n.Args, ids)
		d := table[n.Op]
		ids[i] = b.copyNode(n, args)
		r := results{y: []ID{ids[i]}, c: []curve{{lap: none}}}
		if d.results != nil {
			for k := 1; k < p.Results(ID(i)); k++ {
				r.y, r.c = append(r.y, b.Result(ids[i], k)), append(r.c, curve{lap: none})
			}
		}
		c := make([]curve, len(args))
		varies := false
		for k, x := range n.Args {
			c[k] = cs[x]
			varies = varies || !c[k].zero()
		}
		k := -1
		if n.Op == OpReshape {
			k = slices.Index(wrt, int(n.Args[0]))
		}
		switch {
		case n.Op == OpCustomVjp && varies:
			throw(table[OpCustomLinear].eval(nil, nil, nil))
		case k >= 0 && varies && slices.Equal(n.Type.Shape, l.in[k]):
			r.c[0] = l.coordinates(k, n.Type)
		case varies && ((d.jvp != nil || d.within != nil) && n.Type.inexact() || d.jvps != nil || d.forward != nil):
			r.c = l.rule(n, slices.Clone(args), r.y, c)
		}
		for k := range r.c {
			r.c[k].jac = l.tidy(r.c[k].jac)
		}
		if d.results != nil {
			several[ID(i)] = r
		}
		cs[i] = r.c[0]
	}
	for _, o := range p.Outputs {
		curves = append(curves, cs[o])
	}
	return l, mapped(nil, p.Outputs, ids), curves
}

// rule applies n to values that carry curves.
func (l *laplacer) rule(n *Node, x, y []ID, c []curve) []curve {
	switch {
	case n.Op == OpDotGeneral:
		return []curve{l.dot(n, x, c)}
	case n.Op == OpReduceSum:
		return []curve{l.sum(n, c[0])}
	case n.Op == OpSlogdet:
		return l.slogdet(x[0], y, c[0])
	case n.Op.Elementwise() && !((n.Op == OpAbs || n.Op == OpSign) && l.Type(x[0]).complex()):
		if out, ok := l.pointwise(n, x, y[0], c); ok {
			return []curve{out}
		}
	}
	return l.general(n, x, y, c)
}

// pointwise is the rule of an element-wise operation with second derivatives; false where it has none.
func (l *laplacer) pointwise(n *Node, x []ID, y ID, c []curve) (out curve, ok bool) {
	f := l.alone(n, x)
	var at []int
	var g []*Program
	var h [][]*Program // h[i][j], j <= i: derivative of g[i] in operand at[j]
	for a := range x {
		if c[a].zero() {
			continue
		}
		d := slope(f, a)
		if d == nil {
			continue
		}
		at, g = append(at, a), append(g, d)
		row := make([]*Program, len(at))
		for j, a := range at {
			row[j] = slope(d, a)
			ok = ok || row[j] != nil
		}
		h = append(h, row)
	}
	if !ok {
		return out, false
	}
	out.lap = none
	value := func(d *Program) ID { return l.inlineAround(d, n, x, y) }
	for i, a := range at {
		d := value(g[i])
		for _, p := range c[a].jac {
			out.jac = append(out.jac, block{p.w, p.rels, l.scaled(p.j, d)})
		}
		if !l.second {
			continue
		}
		if c[a].lap != none {
			out.lap = l.addTo(out.lap, l.mulz(c[a].lap, d))
		}
		for j := range i + 1 {
			if h[i][j] == nil {
				continue
			}
			if q := l.crossAll(c[a].jac, c[at[j]].jac, i == j); q != none {
				out.lap = l.addTo(out.lap, l.mulz(q, value(h[i][j])))
			}
		}
	}
	return out, true
}

// inlineAround is inline of a program with one output that may hold operation n on its inputs, whose value y is there already.
func (l *laplacer) inlineAround(d *Program, n *Node, x []ID, y ID) ID {
	ids := make([]ID, len(d.Nodes))
	copy(ids, x)
	own := span32(0, len(x))
	var args []ID
	for i := d.Inputs; i < len(d.Nodes); i++ {
		m := &d.Nodes[i]
		if m.Op == n.Op && slices.Equal(m.Args, own) && m.Attrs == n.Attrs {
			ids[i] = y
			continue
		}
		args = mapped(args, m.Args, ids)
		ids[i] = l.copyNode(m, args)
	}
	return ids[d.Outputs[0]]
}

// scaled is the array j of a block times d at each element of the value.
func (l *laplacer) scaled(j, d ID) ID { return l.mulz(j, l.BroadcastTo(d, l.Type(j).Shape)) }

// general is the rule of any operation: its JVP along each coordinate, and the JVP of that.
func (l *laplacer) general(n *Node, x, y []ID, c []curve) []curve {
	f := l.alone(n, x)
	varies := make([]bool, len(x))
	for k := range c {
		varies[k] = len(c[k].jac) > 0
	}
	first, _ := tangentsOf(f, varies)
	second, _ := secondOf(f, first, varies)
	groups := l.group(n, x, c, false)
	if len(second.Outputs) > 0 && len(groups) > 1 { // d2f couples the blocks
		groups = l.group(n, x, c, true)
	}
	out := make([]curve, len(y))
	for k := range out {
		out[k].lap = none
	}
	for _, g := range groups {
		set, in, flags := make([]bool, len(x)), slices.Clone(x), make([]bool, len(x))
		for k, t := range g.t {
			if set[k] = t != none; set[k] {
				in, flags = append(in, t), append(flags, true)
			}
		}
		size := l.coordinatesOf(g.w, g.rels)
		over := func(q *Program) []ID {
			o, batched := l.vmap(q, in, flags, size)
			return l.batchAll(o, batched, size)
		}
		first, which := tangentsOf(f, set)
		for i, j := range over(first) {
			out[which[i]].jac = append(out[which[i]].jac, block{g.w, g.rels, j})
		}
		if !l.second {
			continue
		}
		second, of := secondOf(f, first, set)
		if len(of) == 0 {
			continue
		}
		for i, j := range over(second) {
			k := which[of[i]]
			out[k].lap = l.addTo(out[k].lap, l.Sum(j, 0))
		}
	}
	set, in := make([]bool, len(x)), slices.Clone(x)
	for k := range c {
		if set[k] = c[k].lap != none; set[k] {
			in = append(in, c[k].lap)
		}
	}
	if slices.Contains(set, true) {
		g, which := tangentsOf(f, set)
		for i, t := range l.inline(g, in) {
			out[which[i]].lap = l.addTo(out[which[i]].lap, t)
		}
	}
	return out
}

// group are blocks of several operands that are one block of the result: t holds their arrays, none where an operand has none.
type group struct {
	w    int
	rels []rel
	t    []ID
}

// group carries the blocks of the operands over to the results of n, dense throughout or as sparse as n leaves them.
func (l *laplacer) group(n *Node, x []ID, c []curve, throughout bool) (groups []group) {
	for k := range c {
		for _, p := range c[k].jac {
			rels := slices.Clone(p.rels)
			for a, r := range p.rels {
				to, ok := r, true
				if r.axis >= 0 {
					to, ok = l.follow(n, k, x, r, l.in[p.w][a])
				}
				if !ok || throughout {
					p = l.densify(p, a)
					to = rel{axis: dense, at: none}
				}
				rels[a] = to
			}
			at := slices.IndexFunc(groups, func(g group) bool { return g.w == p.w && slices.Equal(g.rels, rels) })
			if at < 0 {
				at = len(groups)
				groups = append(groups, group{p.w, rels, full32(len(x), none)})
			}
			groups[at].t[k] = l.addTo(groups[at].t[k], p.j)
		}
	}
	return groups
}
