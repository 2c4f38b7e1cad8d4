package expr

import "slices"

// Programs whose results are in part linear in tangents are cut in two here, so that the linear part can be transposed.

// depends tells which values of p depend on the flagged inputs.
func (p *Program) depends(flags []bool) []bool {
	d := make([]bool, len(p.Nodes))
	copy(d, flags)
	for i := p.Inputs; i < len(p.Nodes); i++ {
		for _, x := range p.Nodes[i].Args {
			d[i] = d[i] || d[x]
		}
	}
	return d
}

// cheapAgain are operations whose result is no cheaper to store than to make again from the operand: literals, and views that do not cut.
func cheapAgain(op Op) bool {
	switch op {
	case OpConst, OpIota, OpBroadcastInDim, OpReshape, OpTranspose, OpReverse, OpStopGradient:
		return true
	}
	return false
}

// residuals are the values that linear nodes of p take from the others: the roots of what is cheap to make again.
func (p *Program) residuals(lin []bool, outputs []ID) (roots []ID, again map[ID]bool) {
	again = map[ID]bool{}
	seen := map[ID]bool{}
	var stack []ID
	need := func(x ID) {
		if !lin[x] && !seen[x] {
			seen[x] = true
			stack = append(stack, x)
		}
	}
	for i := p.Inputs; i < len(p.Nodes); i++ {
		if lin[i] {
			for _, x := range p.Nodes[i].Args {
				need(x)
			}
		}
	}
	for _, o := range outputs {
		need(o)
	}
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n := &p.Nodes[x]; int(x) >= p.Inputs && cheapAgain(n.Op) {
			again[x] = true
			for _, y := range n.Args {
				need(y)
			}
			continue
		}
		roots = append(roots, x)
	}
	slices.Sort(roots)
	return roots, again
}

// copyInto appends the values of p that are flagged; ids has those of all others that they need.
func (b *Builder) copyInto(p *Program, ids []ID, flag func(i ID) bool) {
	var args []ID
	for i := ID(p.Inputs); int(i) < len(p.Nodes); i++ {
		if flag(i) {
			args = mapped(args, p.Nodes[i].Args, ids)
			ids[i] = b.copyNode(&p.Nodes[i], args)
		}
	}
}

// splitScan emits a scan as two, of which the second is linear in the operands that are flagged; it gives the results of both in the order of
// the one.
func (b *Builder) splitScan(a *Attrs, x []ID, lin []bool) []ID {
	body := a.body()
	K, S := a.Carries, a.Slices
	dep := body.depends(lin)
	varies := make([]bool, body.Inputs)
	for i := range K + S {
		varies[i] = true
	}
	varying := body.depends(varies)
	var linOut, outs []ID // outputs
	for k, o := range body.Outputs {
		if linear := dep[o] || k < K && lin[k]; linear {
			linOut = append(linOut, o)
		} else {
			outs = append(outs, o)
		}
	}
	roots, again := body.residuals(dep, linOut)
	var rows, hoisted []ID
	rereadSlice, reread := make([]bool, body.Inputs), make([]bool, body.Inputs)
	for _, r := range roots {
		switch {
		case int(r) >= K+S && int(r) < body.Inputs:
			reread[r] = true
		case int(r) >= K && int(r) < K+S:
			rereadSlice[r] = true
		case !varying[r]:
			hoisted = append(hoisted, r)
		default:
			rows = append(rows, r)
		}
	}

	// values
	pb := NewBuilder()
	ids := make([]ID, len(body.Nodes))
	p := &Attrs{Length: a.Length, Reverse: a.Reverse, Counted: a.Counted, Rules: a.Rules}
	var operands []ID
	var condFlags []bool
	for i := range body.Inputs {
		if i < K || i >= K+S {
			condFlags = append(condFlags, lin[i])
		}
		if lin[i] {
			continue
		}
		ids[i] = pb.Input(body.Nodes[i].Type)
		operands = append(operands, x[i])
		switch {
		case i < K:
			p.Carries++
		case i < K+S:
			p.Slices++
		}
	}
	operands = append(operands, x[body.Inputs:]...)
	pb.copyInto(body, ids, func(i ID) bool { return !dep[i] })
	var primal []ID // results
	count := x[body.Inputs:]
	if len(outs)+len(rows) > 0 {
		p.Program = pb.Finish(mapped(nil, slices.Concat(outs, rows), ids)...)
		if len(p.Rules) == 1 {
			cb := NewBuilder()
			var in []ID
			for i, t := range a.Rules[0].InputTypes() {
				if condFlags[i] {
					in = append(in, none)
				} else {
					in = append(in, cb.Input(t))
				}
			}
			for i := range in {
				if in[i] == none { // which the condition does not read
					in[i] = cb.zeros(a.Rules[0].Nodes[i].Type)
				}
			}
			p.Rules = []*Program{cb.Finish(cb.inline(a.Rules[0], in)...)}
		}
		primal = b.resultsOf(b.emit(OpScan, p, operands...))
		if len(p.Rules) == 1 {
			count = primal[len(primal)-1:]
		}
	}
	stored := primal[len(outs):]

	// tangents
	lb := NewBuilder()
	l := &Attrs{Length: a.Length, Reverse: a.Reverse, Counted: len(count) > 0}
	operands = nil
	input := func(i int) {
		ids[i] = lb.Input(body.Nodes[i].Type)
		operands = append(operands, x[i])
	}
	for i := range K {
		if lin[i] {
			input(i)
		}
	}
	l.Carries = len(operands)
	for k, r := range rows {
		ids[r] = lb.Input(body.Nodes[r].Type)
		operands = append(operands, stored[k])
	}
	for i := K; i < K+S; i++ {
		if lin[i] || rereadSlice[i] {
			input(i)
		}
	}
	l.Slices = len(operands) - l.Carries
	for i := K + S; i < body.Inputs; i++ {
		if lin[i] || reread[i] {
			input(i)
		}
	}
	outer := b.hoist(body, hoisted, x)
	for k, r := range hoisted {
		ids[r] = lb.Input(body.Nodes[r].Type)
		operands = append(operands, outer[k])
	}
	lb.copyInto(body, ids, func(i ID) bool { return dep[i] || again[i] })
	var linear []ID
	if len(linOut) > 0 {
		l.Program = lb.Finish(mapped(nil, linOut, ids)...)
		linear = b.resultsOf(b.emit(OpScan, l, append(operands, count...)...))
	}

	all := make([]ID, 0, len(body.Outputs)+1)
	for k, o := range body.Outputs {
		if dep[o] || k < K && lin[k] {
			all, linear = append(all, linear[0]), linear[1:]
		} else {
			all, primal = append(all, primal[0]), primal[1:]
		}
	}
	if len(a.Rules) == 1 {
		all = append(all, count...)
	}
	return all
}

// hoist appends the values of p at its inputs in.
func (b *Builder) hoist(p *Program, values, in []ID) []ID {
	if len(values) == 0 {
		return nil
	}
	q := *p
	q.Outputs = values
	small := Prune(&q)
	return b.inline(small, in[:p.Inputs])
}

// splitProgram cuts p at the flagged inputs, in which the outputs that isLin says are linear: value gives the others and the residuals, tangent
// the linear ones from residuals, other inputs and flagged inputs.
func splitProgram(p *Program, lin, isLin []bool) (value, tangent *Program) {
	dep := p.depends(lin)
	var outs, tout []ID
	for k, o := range p.Outputs {
		if isLin[k] {
			tout = append(tout, o)
		} else {
			outs = append(outs, o)
		}
	}
	roots, again := p.residuals(dep, tout)
	roots = slices.DeleteFunc(roots, func(r ID) bool { return int(r) < p.Inputs })
	vb, tb := NewBuilder(), NewBuilder()
	ids, to := make([]ID, len(p.Nodes)), make([]ID, len(p.Nodes))
	for i := range p.Inputs {
		if !lin[i] {
			ids[i] = vb.Input(p.Nodes[i].Type)
		}
	}
	vb.copyInto(p, ids, func(i ID) bool { return !dep[i] })
	for _, r := range roots {
		to[r] = tb.Input(p.Nodes[r].Type)
	}
	for _, flagged := range []bool{false, true} {
		for i := range p.Inputs {
			if lin[i] == flagged {
				to[i] = tb.Input(p.Nodes[i].Type)
			}
		}
	}
	tb.copyInto(p, to, func(i ID) bool { return dep[i] || again[i] })
	return vb.Finish(mapped(nil, slices.Concat(outs, roots), ids)...), tb.Finish(mapped(nil, tout, to)...)
}

// inlineApart is inline for a program that is linear in the flagged operands: nodes that are linear in part are cut.
func (b *Builder) inlineApart(p *Program, in []ID, lin []bool) []ID {
	ids, dep := make([]ID, len(p.Nodes)), make([]bool, len(p.Nodes))
	copy(ids, in)
	copy(dep, lin)
	type results struct {
		y   []ID
		lin []bool
	}
	several := map[ID]results{}
	var args []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		args = mapped(args, n.Args, ids)
		if n.Op == OpResult {
			if r, cut := several[n.Args[0]]; cut {
				ids[i], dep[i] = r.y[n.Attrs.N], r.lin[n.Attrs.N]
				continue
			}
		}
		var flags []bool
		for _, x := range n.Args {
			flags = append(flags, dep[x])
			dep[i] = dep[i] || dep[x]
		}
		cut := apart[n.Op]
		if !dep[i] || cut == nil {
			ids[i] = b.copyNode(n, args)
			continue
		}
		y, l := cut(b, n.Attrs, slices.Clone(args), flags)
		several[ID(i)] = results{y, l}
		ids[i], dep[i] = y[0], l[0]
	}
	return mapped(nil, p.Outputs, ids)
}

// apart are the cuts of operations with programs: all results, and which are linear. Filled late, since they use it.
var apart map[Op]func(b *Builder, a *Attrs, x []ID, lin []bool) ([]ID, []bool)

func init() {
	apart = map[Op]func(b *Builder, a *Attrs, x []ID, lin []bool) ([]ID, []bool){
		OpScan: (*Builder).cutScan, OpSwitch: (*Builder).cutSwitch, OpRemat: (*Builder).cutRemat}
}

// cutInside cuts the nodes of a program that is linear in part, and tells which outputs are.
func cutInside(p *Program, flags []bool) (*Program, []bool) {
	nb := &Builder{scalars: map[scalarKey]ID{}, split: true}
	q := must1(nb.finish(nb.inlineApart(p, nb.inputsOf(p), flags)))
	dep := q.depends(flags)
	lin := make([]bool, len(q.Outputs))
	for k, o := range q.Outputs {
		lin[k] = dep[o]
	}
	return q, lin
}

// cutScan is splitScan of a scan that a user's rule has made: carries become linear on the way, and what stands in it is cut as well.
func (b *Builder) cutScan(a *Attrs, x []ID, lin []bool) ([]ID, []bool) {
	flags := slices.Clone(lin[:a.body().Inputs])
	c := *a
	c.expanded = nil
	var isLin []bool
	for again := true; again; {
		again = false
		c.Program, isLin = cutInside(a.body(), flags)
		for k := range a.Carries {
			again = again || isLin[k] && !flags[k]
			flags[k] = flags[k] || isLin[k]
			isLin[k] = flags[k]
		}
	}
	if len(a.Rules) == 1 {
		isLin = append(isLin, false)
	}
	return b.splitScan(&c, x, flags), isLin
}

// cutSwitch is splitSwitch of a switch that a user's rule has made.
func (b *Builder) cutSwitch(a *Attrs, x []ID, lin []bool) ([]ID, []bool) {
	c := &Attrs{}
	isLin := make([]bool, len(a.Rules[0].Outputs))
	for _, r := range a.Rules {
		q, l := cutInside(r, lin[1:])
		c.Rules = append(c.Rules, q)
		for k := range l {
			isLin[k] = isLin[k] || l[k]
		}
	}
	return b.splitSwitch(c, x, lin, isLin), isLin
}

// cutRemat cuts a remat that a user's rule has made: the linear half makes again what it needs of the other.
func (b *Builder) cutRemat(a *Attrs, x []ID, lin []bool) ([]ID, []bool) {
	q, isLin := cutInside(a.body(), lin)
	linear := *q
	linear.Outputs = nil
	for k, o := range q.Outputs {
		if isLin[k] {
			linear.Outputs = append(linear.Outputs, o)
		}
	}
	v, _ := splitProgram(q, lin, isLin)
	value := *v
	value.Outputs = v.Outputs[:len(q.Outputs)-len(linear.Outputs)]
	var xs, primal, tangents []ID
	for i := range x {
		if !lin[i] {
			xs = append(xs, x[i])
		}
	}
	if len(value.Outputs) > 0 {
		primal = b.resultsOf(b.emit(OpRemat, &Attrs{Program: Prune(&value), Reverse: a.Reverse}, xs...))
	}
	if len(linear.Outputs) > 0 {
		tangents = b.resultsOf(b.emit(OpRemat, &Attrs{Program: Prune(&linear), Reverse: true}, x...))
	}
	return interleave(isLin, primal, tangents), isLin
}
