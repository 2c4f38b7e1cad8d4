package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
)

// Programs that run only if they are chosen, and programs that run again.
func init() {
	table[OpSwitch] = &def{arity: -1, attrs: "rules",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if len(a.Rules) == 0 || a.Program != nil {
				return Type{}, shapeErr("switch: expected rules, one for each branch")
			}
			if !t[0].Equal(Type{array.Int64, nil}) {
				return Type{}, shapeErr("switch: expected an int64 scalar as the index, got %v", t[0])
			}
			for _, r := range a.Rules[1:] {
				if err := sameTypes("switch: results of the branches", a.Rules[0].OutputTypes(), r.OutputTypes()); err != nil {
					return Type{}, err
				}
				if err := sameTypes("switch: operands of the branches", a.Rules[0].InputTypes(), r.InputTypes()); err != nil {
					return Type{}, err
				}
			}
			return signature(OpSwitch, a.Rules[0], t[1:])
		},
		results:    func(_ []Type, a *Attrs) []Type { return a.Rules[0].OutputTypes() },
		forward:    switchForward,
		transposes: switchTranspose,
		vmaps:      switchVmap,
		eval: func(x []*val, n *Node, out []*val) error {
			k := min(max(x[0].i[0], 0), int64(len(n.Attrs.Rules)-1))
			y, err := run(n.Attrs.Rules[k], x[1:])
			for i := range y {
				*out[i] = *y[i]
			}
			return err
		},
	}
	table[OpRemat] = &def{arity: -2, attrs: "program reverse",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if a.body() == nil || len(a.Rules) > 0 {
				return Type{}, shapeErr("remat: expected a program")
			}
			return signature(OpRemat, a.body(), t)
		},
		results:    func(_ []Type, a *Attrs) []Type { return a.body().OutputTypes() },
		forward:    rematForward,
		transposes: rematTranspose,
		vmaps: func(b *Builder, n *Node, x []ID, batched []bool, size int) ([]ID, []bool) {
			q, flags := vmapProgram(n.Attrs.body(), batched, size)
			return b.resultsOf(b.emit(OpRemat, &Attrs{Program: q, Reverse: n.Attrs.Reverse}, x...)), flags
		},
		eval: func(x []*val, n *Node, out []*val) error {
			y, err := run(n.Attrs.body(), x)
			for i := range y {
				*out[i] = *y[i]
			}
			return err
		},
	}
}

// jointProgram is p with tangents for the flagged inputs, behind the others: (x, t) -> (y, tangents of y that are not zero, at places from).
func jointProgram(p *Program, has, want []bool, split bool) (q *Program, from []int) {
	nb := &Builder{scalars: map[scalarKey]ID{}, split: split}
	in := nb.inputsOf(p)
	tan := full32(p.Inputs, none)
	for i, h := range has {
		if h {
			tan[i] = nb.Input(p.Nodes[i].Type)
		}
	}
	out, tout := nb.jvp(p, in, tan)
	from = make([]int, len(out))
	outs := slices.Clone(out)
	for k, t := range tout {
		if t != none || want != nil && want[k] {
			from[k] = len(outs)
			outs = append(outs, nb.instantiate(t, nb.Type(out[k])))
		}
	}
	return must1(nb.finish(outs)), from
}

func flagsOf(t []ID) []bool {
	has := make([]bool, len(t))
	for i := range t {
		has[i] = t[i] != none
	}
	return has
}

// joined are operands and the tangents that are not zero, and which of them are these.
func joined(x, t []ID) (all []ID, lin []bool) {
	all, lin = slices.Clone(x), make([]bool, len(x))
	for _, v := range t {
		if v != none {
			all, lin = append(all, v), append(lin, true)
		}
	}
	return all, lin
}

// tangentsAt cuts the results of a joint program.
func tangentsAt(all []ID, from []int) (y, ty []ID) {
	ty = full32(len(from), none)
	for k, at := range from {
		if at > 0 {
			ty[k] = all[at]
		}
	}
	return all[:len(from)], ty
}

func switchForward(b *Builder, n *Node, x, t []ID) (y, ty []ID) {
	has := flagsOf(t[1:])
	want := make([]bool, len(n.Attrs.Rules[0].Outputs))
	for _, r := range n.Attrs.Rules {
		_, from := jointProgram(r, has, nil, b.split)
		for k := range want {
			want[k] = want[k] || from[k] > 0
		}
	}
	a := &Attrs{}
	var from []int
	for _, r := range n.Attrs.Rules {
		var q *Program
		q, from = jointProgram(r, has, want, b.split)
		a.Rules = append(a.Rules, q)
	}
	operands, lin := joined(x, t)
	if b.split {
		return tangentsAt(b.splitSwitch(a, operands, lin, linearAt(a.Rules[0], from)), from)
	}
	return tangentsAt(b.resultsOf(b.emit(OpSwitch, a, operands...)), from)
}

func linearAt(p *Program, from []int) []bool {
	is := make([]bool, len(p.Outputs))
	for _, k := range from {
		is[k] = is[k] || k > 0
	}
	return is
}

// splitSwitch emits a switch as two, of which the second is linear in the flagged operands and gives the results that isLin says. The residuals
// of the branches stand behind each other; those of branches that did not run are zeros.
func (b *Builder) splitSwitch(a *Attrs, x []ID, lin, isLin []bool) []ID {
	values, tangents := &Attrs{}, &Attrs{}
	var residuals []Type
	type parts struct {
		value, tangent *Program
		at, n          int
	}
	var all []parts
	plain := 0
	for _, l := range isLin {
		if !l {
			plain++
		}
	}
	for _, r := range a.Rules {
		v, t := splitProgram(r, lin[1:], isLin)
		all = append(all, parts{v, t, len(residuals), len(v.Outputs) - plain})
		residuals = append(residuals, v.OutputTypes()[plain:]...)
	}
	var xs, ts []ID
	for i := 1; i < len(x); i++ {
		if lin[i] {
			ts = append(ts, x[i])
		} else {
			xs = append(xs, x[i])
		}
	}
	for _, p := range all {
		mine := func(k int) bool { return k >= p.at && k < p.at+p.n }
		vb := NewBuilder()
		out := vb.inline(p.value, vb.inputsOf(p.value))
		whole := slices.Clone(out[:plain])
		tb := NewBuilder()
		var in []ID
		for k, t := range residuals {
			id := tb.Input(t)
			if mine(k) {
				whole, in = append(whole, out[plain+k-p.at]), append(in, id)
			} else {
				whole = append(whole, vb.zeros(t))
			}
		}
		values.Rules = append(values.Rules, vb.Finish(whole...))
		for i := p.n; i < p.tangent.Inputs; i++ {
			in = append(in, tb.Input(p.tangent.Nodes[i].Type))
		}
		tangents.Rules = append(tangents.Rules, tb.Finish(tb.inline(p.tangent, in)...))
	}
	var primal, linear []ID
	if plain+len(residuals) > 0 {
		primal = b.resultsOf(b.emit(OpSwitch, values, append([]ID{x[0]}, xs...)...))
	}
	if plain < len(isLin) {
		linear = b.resultsOf(b.emit(OpSwitch, tangents, slices.Concat([]ID{x[0]}, primal[plain:], xs, ts)...))
	}
	return interleave(isLin, primal, linear)
}

// interleave puts the results of both halves of a cut in their places.
func interleave(isLin []bool, primal, linear []ID) []ID {
	out := make([]ID, len(isLin))
	for k, l := range isLin {
		if l {
			out[k], linear = linear[0], linear[1:]
		} else {
			out[k], primal = primal[0], primal[1:]
		}
	}
	return out
}

// transposed is the transpose of a program that is linear in the flagged inputs: (other inputs, cotangents that are not none) -> cotangents of
// the flagged inputs.
func transposed(p *Program, lin []bool, cts []ID) *Program {
	nb := NewBuilder()
	in, outCts := full32(p.Inputs, none), full32(len(cts), none)
	for i := range in {
		if !lin[i] {
			in[i] = nb.Input(p.Nodes[i].Type)
		}
	}
	for k, c := range cts {
		if c != none {
			outCts[k] = nb.Input(p.Type(p.Outputs[k]))
		}
	}
	grads := nb.transposeProgram(p, in, outCts)
	var outs []ID
	for i, l := range lin {
		if l {
			outs = append(outs, nb.instantiate(grads[i], p.Nodes[i].Type))
		}
	}
	return must1(nb.finish(outs))
}

// transposeOperands are the operands of a transposed program, and where its results belong.
func transposeOperands(args, cts []ID, lin []bool) (operands []ID, places []int) {
	for i, x := range args {
		if lin[i] {
			places = append(places, i)
		} else {
			operands = append(operands, x)
		}
	}
	for _, c := range cts {
		if c != none {
			operands = append(operands, c)
		}
	}
	return operands, places
}

func placed(n int, places []int, values []ID) []ID {
	back := full32(n, none)
	for k, i := range places {
		back[i] = values[k]
	}
	return back
}

func switchTranspose(b *Builder, n *Node, cts []ID, lin []bool) []ID {
	operands, places := transposeOperands(n.Args, cts, lin)
	a := &Attrs{}
	for _, r := range n.Attrs.Rules {
		a.Rules = append(a.Rules, transposed(r, lin[1:], cts))
	}
	return placed(len(n.Args), places, b.resultsOf(b.emit(OpSwitch, a, operands...)))
}

// switchVmap maps the branches; where the index differs from element to element all of them run, and the result is selected.
func switchVmap(b *Builder, n *Node, x []ID, batched []bool, size int) (y []ID, yBatched []bool) {
	rules := n.Attrs.Rules
	a := &Attrs{}
	yBatched = make([]bool, len(rules[0].Outputs))
	var flags [][]bool
	for _, r := range rules {
		q, f := vmapProgram(r, batched[1:], size)
		a.Rules, flags = append(a.Rules, q), append(flags, f)
		for k := range f {
			yBatched[k] = yBatched[k] || f[k] || batched[0]
		}
	}
	for i, q := range a.Rules {
		nb := NewBuilder()
		out := nb.inline(q, nb.inputsOf(q))
		for k := range out {
			if yBatched[k] && !flags[i][k] {
				out[k] = nb.BroadcastTo(out[k], cat([]int{size}, nb.Type(out[k]).Shape))
			}
		}
		a.Rules[i] = nb.Finish(out...)
	}
	if !batched[0] {
		return b.resultsOf(b.emit(OpSwitch, a, x...)), yBatched
	}
	for i, q := range a.Rules {
		out := b.inline(q, x[1:])
		if i == 0 {
			y = out
			continue
		}
		for k := range out { // an index beyond the last takes the last
			chosen := b.Apply(OpGreaterEqual, x[0], b.like(x[0], float64(i)))
			s := b.Type(out[k]).Shape
			y[k] = b.Select(b.Broadcast(chosen, s, []int{0}), out[k], y[k])
		}
	}
	return y, yBatched
}

// rematForward: the tangents' program makes again what it needs of the values.
func rematForward(b *Builder, n *Node, x, t []ID) (y, ty []ID) {
	body := n.Attrs.body()
	q, from := jointProgram(body, flagsOf(t), nil, b.split)
	operands, _ := joined(x, t)
	if !b.split {
		return tangentsAt(b.resultsOf(b.emit(OpRemat, &Attrs{Program: q, Reverse: n.Attrs.Reverse}, operands...)), from)
	}
	y = b.resultsOf(b.emit(OpRemat, n.Attrs, x...))
	ty = full32(len(y), none)
	linear := *q
	linear.Outputs = q.Outputs[len(y):]
	if len(linear.Outputs) > 0 {
		all := b.resultsOf(b.emit(OpRemat, &Attrs{Program: Prune(&linear), Reverse: true}, operands...))
		for k, at := range from {
			if at > 0 {
				ty[k] = all[at-len(y)]
			}
		}
	}
	return y, ty
}

func rematTranspose(b *Builder, n *Node, cts []ID, lin []bool) []ID {
	operands, places := transposeOperands(n.Args, cts, lin)
	a := &Attrs{Program: transposed(n.Attrs.body(), lin, cts), Reverse: true}
	return placed(len(n.Args), places, b.resultsOf(b.emit(OpRemat, a, operands...)))
}
