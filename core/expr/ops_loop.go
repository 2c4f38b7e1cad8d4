package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// scan applies a program again and again: (carries, slices, consts) -> (carries, ys). With a condition, a program (carries, consts) -> bool, it
// goes on while that is true and has its number of steps as a further result; with counted the last operand is that number.
//
// In reverse mode a scan becomes two: one that stores what the derivative of a step needs (what differs from step to step and is no view of
// something smaller), and one over these that is linear in the tangents; its transpose runs the other way. A scan with a condition keeps every
// 1/sqrt(length)-th state alone and repeats the steps between two of them when it comes back.
func init() {
	table[OpScan] = &def{arity: -2, attrs: "program rules length carries slices counted reverse",
		infer: inferScan, results: scanResults, forward: scanForward, transposes: scanTranspose, vmaps: scanVmap, eval: evalScan}
}

// Loop appends a scan; see the attributes. The operands are carries, slices, consts and, if counted, the number of steps.
func (b *Builder) Loop(a *Attrs, in ...ID) (ID, error) { return b.Emit(OpScan, a, in...) }

// scanParts cuts the operands of a scan.
func scanParts[T any](a *Attrs, x []T) (carries, xs, consts, count []T) {
	end := len(x)
	if a.Counted {
		end--
	}
	k := a.Carries
	return x[:k:k], x[k : k+a.Slices : k+a.Slices], x[k+a.Slices : end : end], x[end:]
}

func inferScan(t []Type, a *Attrs) (Type, error) {
	body := a.body()
	if body == nil || len(a.Rules) > 1 {
		return Type{}, shapeErr("scan: expected a program and at most one rule, the condition")
	}
	least := a.Carries + a.Slices
	if a.Counted {
		least++
	}
	if a.Carries < 0 || a.Slices < 0 || a.Carries > len(t) || a.Slices > len(t) || least > len(t) {
		return Type{}, shapeErr("scan: %d operands for %d carries and %d slices", len(t), a.Carries, a.Slices)
	}
	if a.Length < -1 || a.Length > most {
		return Type{}, shapeErr("scan: length %d is outside [-1, 2^46]", a.Length)
	}
	whole := len(a.Rules) == 1
	if a.Length < 0 && (!whole || a.Slices > 0 || len(body.Outputs) > a.Carries) {
		return Type{}, shapeErr("scan: without length it needs a condition, and has neither slices nor stacked results")
	}
	if whole && (a.Counted || a.Reverse) {
		return Type{}, shapeErr("scan: with a condition it is neither counted nor reverse")
	}
	carries, xs, consts, count := scanParts(a, t)
	if len(count) > 0 && !count[0].Equal(Type{array.Int64, nil}) {
		return Type{}, shapeErr("scan: expected an int64 scalar as the number of steps, got %v", count[0])
	}
	want := slices.Clone(carries)
	for i, x := range xs {
		if x.Rank() == 0 || x.Shape[0] != a.Length {
			return Type{}, shapeErr("scan: expected an axis 0 of length %d of slices %d, got %v", a.Length, i, x)
		}
		want = append(want, Type{x.Dtype, x.Shape[1:]})
	}
	if err := sameTypes("scan: inputs of the program", append(want, consts...), body.InputTypes()); err != nil {
		return Type{}, err
	}
	if len(body.Outputs) < a.Carries || len(body.Outputs) == 0 {
		return Type{}, shapeErr("scan: the program gives %d results for %d carries", len(body.Outputs), a.Carries)
	}
	if err := sameTypes("scan: carries that the program gives", carries, body.OutputTypes()[:a.Carries]); err != nil {
		return Type{}, err
	}
	if whole {
		if err := sameTypes("scan: inputs of the condition", slices.Concat(carries, consts), a.Rules[0].InputTypes()); err != nil {
			return Type{}, err
		}
		if err := sameTypes("scan: the condition", []Type{{array.Bool, nil}}, a.Rules[0].OutputTypes()); err != nil {
			return Type{}, err
		}
	}
	out := scanResults(t, a)
	for _, u := range out {
		if err := u.check(); err != nil {
			return Type{}, err
		}
	}
	return out[0], nil
}

func scanResults(_ []Type, a *Attrs) []Type {
	out := a.body().OutputTypes()
	for k := a.Carries; k < len(out); k++ {
		out[k].Shape = cat([]int{a.Length}, out[k].Shape)
	}
	if len(a.Rules) == 1 {
		out = append(out, Type{array.Int64, []int{}})
	}
	return out
}

func evalScan(x []*val, n *Node, out []*val) error {
	a := n.Attrs
	body := a.body()
	carries, xs, consts, count := scanParts(a, x)
	steps := a.Length
	if a.Counted {
		if c := count[0].i[0]; c >= 0 && c <= int64(steps) {
			steps = int(c)
		} else {
			return countErr(c, a.Length)
		}
	}
	k := 0
	for ; steps < 0 || k < steps; k++ {
		if len(a.Rules) == 1 {
			more, err := run(a.Rules[0], slices.Concat(carries, consts))
			if err != nil {
				return err
			}
			if more[0].i[0] == 0 {
				break
			}
		}
		at := k
		if a.Reverse {
			at = steps - 1 - k
		}
		in := slices.Clone(carries)
		for i, v := range xs {
			row := newVal(body.Nodes[a.Carries+i].Type)
			for j := range row.Len() {
				row.copyFrom(j, v, at*row.Len()+j)
			}
			in = append(in, row)
		}
		y, err := run(body, append(in, consts...))
		if err != nil {
			return err
		}
		carries = y[:a.Carries]
		for i, v := range y[a.Carries:] {
			for j := range v.Len() {
				out[a.Carries+i].copyFrom(at*v.Len()+j, v, j)
			}
		}
	}
	for i, v := range carries {
		*out[i] = *v
	}
	if len(a.Rules) == 1 {
		out[len(out)-1].i[0] = int64(k)
	}
	return nil
}

func countErr(c int64, length int) error {
	return spec.Errorf(spec.SpecError, "scan: %d steps are outside [0, %d]", c, length)
}

// scanForward is the scan with its tangents: jointly, or apart where they will be transposed.
func scanForward(b *Builder, n *Node, x, t []ID) (y, ty []ID) {
	a := n.Attrs
	if b.split && len(a.Rules) == 1 {
		if a.Length < 0 {
			throw(spec.Errorf(spec.SpecError, "a while loop without bound has no reverse derivative, since it would have to keep every step").
				Try("while_loop(..., max_steps=n), or jvp"))
		}
		if a.Length > 16 && a.Mode == "" && len(a.body().Outputs) == a.Carries {
			return b.checkpointed(a, x, t)
		}
	}
	return b.scanForward(a, x, t)
}

func (b *Builder) scanForward(a *Attrs, x, t []ID) (y, ty []ID) {
	body := a.body()
	parts := [][2]int{{0, a.Carries}, {a.Carries, a.Carries + a.Slices}, {a.Carries + a.Slices, body.Inputs}}
	has := make([]bool, body.Inputs)
	for i := range has {
		has[i] = t[i] != none
	}
	var nb *Builder
	var in, out, tout []ID
	for again := true; again; { // until no further carry gets a tangent
		again = false
		nb = &Builder{scalars: map[scalarKey]ID{}, split: b.split}
		in = make([]ID, body.Inputs)
		tan := full32(body.Inputs, none)
		for _, part := range parts {
			for i := part[0]; i < part[1]; i++ {
				in[i] = nb.Input(body.Nodes[i].Type)
			}
			for i := part[0]; i < part[1]; i++ {
				if has[i] {
					tan[i] = nb.Input(body.Nodes[i].Type)
				}
			}
		}
		out, tout = nb.jvp(body, in, tan)
		for k := range a.Carries {
			if tout[k] != none && !has[k] {
				has[k], again = true, true
			}
		}
	}
	j := &Attrs{Length: a.Length, Reverse: a.Reverse, Counted: a.Counted, Mode: a.Mode}
	var operands, outs []ID
	var lin []bool
	for p, part := range parts {
		operands = append(operands, x[part[0]:part[1]]...)
		lin = append(lin, make([]bool, part[1]-part[0])...)
		for i := part[0]; i < part[1]; i++ {
			if has[i] {
				operands, lin = append(operands, b.instantiate(t[i], b.Type(x[i]))), append(lin, true)
			}
		}
		switch p {
		case 0:
			j.Carries = len(operands)
		case 1:
			j.Slices = len(operands) - j.Carries
		}
	}
	operands = append(operands, x[body.Inputs:]...)
	from := make([]int, len(body.Outputs)) // result that is the tangent
	outs = append(outs, out[:a.Carries]...)
	for k := range a.Carries {
		if has[k] {
			from[k] = len(outs)
			outs = append(outs, nb.instantiate(tout[k], nb.Type(out[k])))
		}
	}
	ys := len(outs)
	outs = append(outs, out[a.Carries:]...)
	for k := a.Carries; k < len(out); k++ {
		if tout[k] != none {
			from[k] = len(outs)
			outs = append(outs, tout[k])
		}
	}
	j.Program = must1(nb.finish(outs))
	if len(a.Rules) == 1 {
		cb := NewBuilder()
		var ids []ID
		for p, part := range parts {
			if p == 1 {
				continue
			}
			for i := part[0]; i < part[1]; i++ {
				ids = append(ids, cb.Input(body.Nodes[i].Type))
			}
			for i := part[0]; i < part[1]; i++ {
				if has[i] {
					cb.Input(body.Nodes[i].Type)
				}
			}
		}
		j.Rules = []*Program{cb.Finish(cb.inline(a.Rules[0], ids)...)}
	}
	var all []ID
	if b.split {
		all = b.splitScan(j, operands, lin)
	} else {
		all = b.resultsOf(b.emit(OpScan, j, operands...))
	}
	ty = full32(len(body.Outputs), none)
	for k := range ty {
		at := k
		if k >= a.Carries {
			at = ys + k - a.Carries
		}
		y = append(y, all[at])
		if from[k] > 0 {
			ty[k] = all[from[k]]
		}
	}
	if len(a.Rules) == 1 {
		y, ty = append(y, all[len(all)-1]), append(ty, none)
	}
	return y, ty
}

func must1(p *Program, err error) *Program {
	if err != nil {
		throw(err)
	}
	return p
}

// resultsOf are all results of a node.
func (b *Builder) resultsOf(x ID) []ID {
	out := full32(b.p.Results(x), x)
	for k := 1; k < len(out); k++ {
		out[k] = b.Result(x, k)
	}
	return out
}

// checkpointed is a scan with a condition as one over segments of sqrt(length) steps that are run again for the derivative.
func (b *Builder) checkpointed(a *Attrs, x, t []ID) (y, ty []ID) {
	segment := 1
	for segment*segment < a.Length {
		segment++
	}
	body, K := a.body(), a.Carries
	count := Type{array.Int64, []int{}}
	inputs := func(nb *Builder) (carries, consts []ID, k ID) {
		for i := range K {
			carries = append(carries, nb.Input(body.Nodes[i].Type))
		}
		k = nb.Input(count)
		for i := K; i < body.Inputs; i++ {
			consts = append(consts, nb.Input(body.Nodes[i].Type))
		}
		return carries, consts, k
	}
	step := NewBuilder()
	carries, consts, k := inputs(step)
	next := step.inline(body, slices.Concat(carries, consts))
	one := step.Finish(append(next, step.Add(k, step.Scalar(array.Int64, 1)))...)
	test := NewBuilder()
	carries, consts, k = inputs(test)
	more := test.inline(a.Rules[0], slices.Concat(carries, consts))
	cond := test.Finish(test.Apply(OpAnd, more[0], test.Less(k, test.Scalar(array.Int64, complex(float64(a.Length), 0)))))
	inner := &Attrs{Program: one, Rules: []*Program{cond}, Length: segment, Carries: K + 1, Mode: "kept"}
	part := NewBuilder()
	carries, consts, k = inputs(part)
	loop := part.emit(OpScan, inner, slices.Concat(carries, []ID{k}, consts)...)
	kept := &Attrs{Program: part.Finish(part.resultsOf(loop)[:K+1]...)}
	outer := NewBuilder()
	carries, consts, k = inputs(outer)
	again := outer.emit(OpRemat, kept, slices.Concat(carries, []ID{k}, consts)...)
	whole := &Attrs{Program: outer.Finish(outer.resultsOf(again)...), Rules: []*Program{cond}, Length: (a.Length + segment - 1) / segment, Carries: K + 1}
	zero := b.Scalar(array.Int64, 0)
	y, ty = b.scanForward(whole, slices.Insert(x, K, zero), slices.Insert(t, K, none))
	return y[:K+1], append(ty[:K:K], none)
}

// scanTranspose runs the other way: carries are cotangents of carries and the sums of those of consts, slices the residuals and cotangents of ys.
func scanTranspose(b *Builder, n *Node, cts []ID, lin []bool) []ID {
	a := n.Attrs
	body := a.body()
	K, S := a.Carries, a.Slices
	ys := len(body.Outputs) - K
	nb := NewBuilder()
	r := &Attrs{Length: a.Length, Reverse: !a.Reverse, Counted: a.Counted}
	in, outCts := full32(body.Inputs, none), full32(K+ys, none)
	var operands, sums []ID
	for k := range K {
		t := body.Nodes[k].Type
		outCts[k] = nb.Input(t)
		operands = append(operands, b.instantiate(cts[k], t))
	}
	for i := K + S; i < body.Inputs; i++ {
		if t := body.Nodes[i].Type; lin[i] {
			sums = append(sums, nb.Input(t))
			operands = append(operands, b.zeros(t))
		}
	}
	r.Carries = len(operands)
	for i := K; i < K+S; i++ {
		if !lin[i] {
			in[i] = nb.Input(body.Nodes[i].Type)
			operands = append(operands, n.Args[i])
		}
	}
	for k := K; k < K+ys; k++ {
		if cts[k] != none {
			outCts[k] = nb.Input(body.Type(body.Outputs[k]))
			operands = append(operands, cts[k])
		}
	}
	r.Slices = len(operands) - r.Carries
	for i := K + S; i < body.Inputs; i++ {
		if !lin[i] {
			in[i] = nb.Input(body.Nodes[i].Type)
			operands = append(operands, n.Args[i])
		}
	}
	operands = append(operands, n.Args[body.Inputs:]...)
	grads := nb.transposeProgram(body, in, outCts)
	outs := make([]ID, 0, len(grads))
	for k := range K {
		outs = append(outs, nb.instantiate(grads[k], body.Nodes[k].Type))
	}
	for i := K + S; i < body.Inputs; i++ {
		if lin[i] {
			outs = append(outs, nb.addTo(sums[0], grads[i]))
			sums = sums[1:]
		}
	}
	for i := K; i < K+S; i++ {
		if lin[i] && grads[i] != none {
			outs = append(outs, grads[i])
		}
	}
	back := full32(len(n.Args), none)
	r.Program = must1(nb.finish(outs))
	all := b.resultsOf(b.emit(OpScan, r, operands...))
	copy(back, all[:K])
	all = all[K:]
	for i := K + S; i < body.Inputs; i++ {
		if lin[i] {
			back[i], all = all[0], all[1:]
		}
	}
	for i := K; i < K+S; i++ {
		if lin[i] && grads[i] != none {
			back[i], all = all[0], all[1:]
		}
	}
	return back
}

// transposeProgram appends the transpose of p, which is linear in the inputs for which in has none: their cotangents (or none) for those of the
// outputs.
func (b *Builder) transposeProgram(p *Program, in, cts []ID) []ID {
	from := ID(len(b.p.Nodes))
	ids := slices.Clone(in)
	var holes []ID
	for i := range ids {
		if ids[i] == none {
			ids[i] = b.append(Node{Op: OpInput, Type: p.Nodes[i].Type})
			holes = append(holes, ids[i])
		}
	}
	found := b.transpose(from, holes, b.inline(p, ids), cts)
	grads := full32(len(in), none)
	for i := range in {
		if in[i] == none {
			grads[i], found = found[0], found[1:]
		}
	}
	return grads
}
