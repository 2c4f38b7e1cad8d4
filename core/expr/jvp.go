package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/spec"
)

// copyNode appends node n of another program with the given operands; its type is known.
func (b *Builder) copyNode(n *Node, args []ID) ID {
	return b.append(Node{Op: n.Op, Args: b.keep(args), Attrs: n.Attrs, Type: n.Type})
}

// inline appends p with its inputs bound to in.
func (b *Builder) inline(p *Program, in []ID) []ID {
	b.reserve(len(p.Nodes))
	ids := make([]ID, len(p.Nodes))
	copy(ids, in)
	var args []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		args = mapped(args, n.Args, ids)
		ids[i] = b.copyNode(n, args)
	}
	return mapped(nil, p.Outputs, ids)
}

func mapped(dst, x, ids []ID) []ID {
	dst = dst[:0]
	for _, v := range x {
		dst = append(dst, ids[v])
	}
	return dst
}

// jvp appends p at the inputs in together with its tangents; a tangent may be none, an input's as well as an output's.
func (b *Builder) jvp(p *Program, in, tan []ID) (out, tout []ID) {
	b.reserve(3 * len(p.Nodes))
	ids, ts := make([]ID, len(p.Nodes)), make([]ID, len(p.Nodes))
	copy(ids, in)
	copy(ts, tan)
	type results struct{ y, t []ID }
	several := map[ID]results{}
	var args, targs []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		if n.Op == OpResult {
			r := several[n.Args[0]]
			ids[i], ts[i] = r.y[n.Attrs.N], r.t[n.Attrs.N]
			continue
		}
		args, targs = mapped(args, n.Args, ids), mapped(targs, n.Args, ts)
		d := table[n.Op]
		varies := len(targs) > 0 && slices.Max(targs) != none
		ts[i] = none
		if d.results == nil {
			ids[i] = b.copyNode(n, args)
			if varies {
				ts[i] = b.tangent(pushed{p, ids, ID(i)}, args, targs)
			}
			continue
		}
		r := results{t: full32(p.Results(ID(i)), none)}
		switch {
		case varies && d.forward != nil:
			r.y, r.t = d.forward(b, n, slices.Clone(args), slices.Clone(targs))
		default:
			r.y = full32(len(r.t), none)
			r.y[0] = b.copyNode(n, args)
			for k := 1; k < len(r.y); k++ {
				r.y[k] = b.Result(r.y[0], k)
			}
			if varies && d.jvps != nil {
				r.t = d.jvps(b, n, slices.Clone(args), r.y, targs)
			}
		}
		several[ID(i)] = r
		ids[i], ts[i] = r.y[0], r.t[0]
	}
	return mapped(nil, p.Outputs, ids), mapped(nil, p.Outputs, ts)
}

// pushed is a node of a program that is being differentiated: the ids of what stands before it are known.
type pushed struct {
	p   *Program
	ids []ID
	at  ID
}

// tangent applies the rule of a node with one result.
func (b *Builder) tangent(x pushed, args, targs []ID) ID {
	n := &x.p.Nodes[x.at]
	switch d := table[n.Op]; {
	case !n.Type.inexact():
	case d.within != nil:
		return d.within(b, x, args, targs)
	case d.jvp != nil:
		return d.jvp(b, n, args, x.ids[x.at], targs)
	}
	return none
}

// push is the tangent that operand to of the node has if that of operand from is z and all others' are zero.
func (b *Builder) push(x pushed, from int, z ID, to int) ID {
	first, last := x.p.Nodes[x.at].Args[from], x.p.Nodes[x.at].Args[to]
	if last < first {
		return none
	}
	ts := full32(int(last-first)+1, none)
	ts[0] = z
	several := map[ID][]ID{}
	var args, targs []ID
	for i := first + 1; i <= last; i++ {
		n := &x.p.Nodes[i]
		if n.Op == OpResult {
			if t := several[n.Args[0]]; t != nil {
				ts[i-first] = t[n.Attrs.N]
			}
			continue
		}
		varies := false
		targs = targs[:0]
		for _, a := range n.Args {
			t := none
			if a >= first {
				t = ts[a-first]
			}
			targs, varies = append(targs, t), varies || t != none
		}
		if !varies {
			continue
		}
		args = mapped(args, n.Args, x.ids)
		d := table[n.Op]
		switch {
		case d.results == nil:
			ts[i-first] = b.tangent(pushed{x.p, x.ids, i}, args, targs)
			continue
		case n.Op == OpCustomVjp:
			_, several[i] = b.customForward(n, args, targs)
		case d.jvps != nil:
			y := []ID{x.ids[i]}
			for k := 1; k < x.p.Results(i); k++ {
				y = append(y, b.Result(y[0], k))
			}
			several[i] = d.jvps(b, n, slices.Clone(args), y, targs)
		default:
			continue
		}
		ts[i-first] = several[i][0]
	}
	return ts[last-first]
}

func full32(n int, v ID) []ID {
	out := make([]ID, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// transpose gives the cotangents of wrt for cotangents cts of outs. The nodes from wrt[0] on that depend on wrt are linear in it.
func (b *Builder) transpose(from ID, wrt, outs, cts []ID) []ID {
	end := ID(len(b.p.Nodes))
	b.reserve(int(end - from))
	lin := make([]bool, end-from)
	for _, w := range wrt {
		lin[w-from] = true
	}
	for i := from; i < end; i++ {
		for _, x := range b.p.Nodes[i].Args {
			if x >= from && lin[x-from] {
				lin[i-from] = true
				break
			}
		}
	}
	ct := full32(int(end-from), none)
	for k, o := range outs {
		if o >= from && lin[o-from] && cts[k] != none {
			ct[o-from] = b.addTo(ct[o-from], cts[k])
		}
	}
	several := map[ID][]ID{} // cotangents of all results
	var flags []bool
	for i := end - 1; i >= from; i-- {
		c := ct[i-from]
		n := b.p.Nodes[i]
		if n.Op == OpInput || !lin[i-from] || c == none && several[i] == nil {
			continue
		}
		var back []ID
		switch {
		case n.Op == OpResult:
			first := n.Args[0]
			if several[first] == nil {
				several[first] = full32(len(table[b.p.Nodes[first].Op].results(b.p.types(b.p.Nodes[first].Args), b.p.Nodes[first].attrs())), none)
			}
			several[first][n.Attrs.N] = c
			continue
		case n.Op == OpSlice && ct[n.Args[0]-from] != none: // add in place of padding with zeros to full size
			x := n.Args[0] - from
			ct[x] = b.emit(OpSliceUpdate, &Attrs{Start: n.Attrs.Start, Stride: n.Attrs.Stride, Mode: "add"}, ct[x], c)
			continue
		case n.Op == OpGather && ct[n.Args[0]-from] != none: // likewise
			x, index := n.Args[0]-from, n.Args[1:]
			ct[x] = b.Scatter("add", b.distinct(index), ct[x], c, n.attrs().Axes, index...)
			continue
		default:
			flags = flags[:0]
			for _, x := range n.Args {
				flags = append(flags, x >= from && lin[x-from])
			}
			switch d := table[n.Op]; {
			case d.transposes != nil:
				all := several[i]
				if all == nil {
					all = full32(len(d.results(b.p.types(n.Args), n.attrs())), none)
				}
				all[0] = c
				back = d.transposes(b, &n, all, flags)
			case d.transpose != nil:
				back = d.transpose(b, &n, c, flags)
			default:
				throw(spec.Errorf(spec.InternalError, "%s is not linear", n.Op))
			}
		}
		for k, x := range n.Args {
			if x >= from && lin[x-from] && back[k] != none {
				ct[x-from] = b.addTo(ct[x-from], back[k])
			}
		}
	}
	out := make([]ID, len(wrt))
	for k, w := range wrt {
		out[k] = ct[w-from]
	}
	return out
}

// vjp appends p at in, and the cotangents of the inputs wrt for those of the outputs that cts makes of them.
func (b *Builder) vjp(p *Program, in []ID, wrt []int, cts func(out []ID) []ID) (out, grads []ID) {
	from := ID(len(b.p.Nodes))
	b.split = true
	defer func() { b.split = false }()
	tan := full32(len(in), none)
	holes := make([]ID, len(wrt))
	for k, w := range wrt { // stand for tangents; nothing of them is left after the transposition
		holes[k] = b.append(Node{Op: OpInput, Type: b.Type(in[w])})
		tan[w] = holes[k]
	}
	out, tout := b.jvp(p, in, tan)
	grads = b.transpose(from, holes, tout, cts(out))
	for k, w := range wrt {
		grads[k] = b.instantiate(grads[k], b.Type(in[w]))
	}
	return out, grads
}

// vmap appends p at in, where batched inputs have an extra axis 0 of length size; so have the batched outputs.
func (b *Builder) vmap(p *Program, in []ID, batched []bool, size int) (out []ID, outBatched []bool) {
	b.reserve(len(p.Nodes) + len(p.Nodes)/2)
	ids, bs := make([]ID, len(p.Nodes)), make([]bool, len(p.Nodes))
	copy(ids, in)
	copy(bs, batched)
	type results struct {
		y       []ID
		batched []bool
	}
	several := map[ID]results{}
	var args []ID
	var flags []bool
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		args, flags = mapped(args, n.Args, ids), flags[:0]
		for _, x := range n.Args {
			flags = append(flags, bs[x])
			bs[i] = bs[i] || bs[x]
		}
		switch d := table[n.Op]; {
		case n.Op == OpResult:
			if r, apart := several[n.Args[0]]; apart {
				ids[i], bs[i] = r.y[n.Attrs.N], r.batched[n.Attrs.N]
			} else {
				ids[i] = b.Result(args[0], n.Attrs.N)
			}
		case bs[i] && d.vmaps != nil:
			y, yb := d.vmaps(b, n, slices.Clone(args), slices.Clone(flags), size)
			several[ID(i)] = results{y, yb}
			ids[i], bs[i] = y[0], yb[0]
		case !bs[i]:
			ids[i] = b.copyNode(n, args)
		case n.Op.Elementwise():
			ids[i] = b.emit(n.Op, n.Attrs, b.batchAll(args, flags, size)...)
		default:
			ids[i] = d.vmap(b, n, slices.Clone(args), flags, size)
		}
	}
	for _, o := range p.Outputs {
		outBatched = append(outBatched, bs[o])
	}
	return mapped(nil, p.Outputs, ids), outBatched
}

// alone is the program of one operation on operands like x.
func (b *Builder) alone(n *Node, x []ID) *Program {
	q := NewBuilder()
	y := q.emit(n.Op, n.Attrs, q.inputs(b.p.types(x))...)
	out := []ID{y}
	for k := 1; k < (&q.p).Results(y); k++ {
		out = append(out, q.Result(y, k))
	}
	return q.Finish(out...)
}

func (b *Builder) inputs(t []Type) []ID {
	ids := make([]ID, len(t))
	for i := range t {
		ids[i] = b.Input(t[i])
	}
	return ids
}

// tangentsOf is (x, tangents of the operands in set) -> tangents of the results of f that have one; which says of which results.
func tangentsOf(f *Program, set []bool) (g *Program, which []int) {
	b := NewBuilder()
	x := b.inputsOf(f)
	tan := full32(len(x), none)
	for k := range x {
		if set[k] {
			tan[k] = b.Input(b.Type(x[k]))
		}
	}
	_, tout := b.jvp(f, x, tan)
	return b.finishSome(tout)
}

// finishSome is Finish of those outputs that are not zero; which are their numbers.
func (b *Builder) finishSome(out []ID) (g *Program, which []int) {
	var live []ID
	for k, o := range out {
		if o != none {
			which, live = append(which, k), append(live, o)
		}
	}
	return b.Finish(live...), which
}

// secondOf differentiates g = tangentsOf(f, set) once more along the same tangents; which of the results of g have such a derivative.
func secondOf(f, g *Program, set []bool) (h *Program, which []int) {
	b := NewBuilder()
	x := b.inputsOf(g)
	tan := full32(len(x), none)
	next := f.Inputs
	for k, on := range set {
		if on {
			tan[k] = x[next]
			next++
		}
	}
	_, tout := b.jvp(g, x, tan)
	return b.finishSome(tout)
}

// slope is x -> df/dx_a of an element-wise f of one result, nil where that is zero.
func slope(f *Program, a int) *Program {
	b := NewBuilder()
	x := b.inputsOf(f)
	tan := full32(len(x), none)
	tan[a] = b.like(x[a], 1)
	_, tout := b.jvp(f, x, tan)
	if tout[0] == none {
		return nil
	}
	g, err := Optimize(b.Finish(tout[0]), AllPasses)
	if err != nil {
		throw(err)
	}
	return g
}
