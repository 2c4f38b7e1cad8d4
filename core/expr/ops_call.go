package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/spec"
)

// Programs in programs: call with transformations, and functions with derivative rules of their own.
func init() {
	callee := func(a *Attrs) *Program { return a.expanded }
	table[OpCall] = &def{arity: -1, attrs: "program transforms",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if a.expanded == nil || a.Rules != nil {
				return Type{}, shapeErr("call: expected a program")
			}
			return signature(OpCall, callee(a), t)
		},
		results: func(_ []Type, a *Attrs) []Type { return callee(a).OutputTypes() },
	}
	table[OpCustomJvp] = &def{arity: -1, attrs: "program rules",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if a.Program == nil || len(a.Rules) != 1 {
				return Type{}, shapeErr("custom_jvp: expected a program and one rule")
			}
			p := a.Program
			want := slices.Concat(p.InputTypes(), smoothOf(p.InputTypes()))
			if a.takesResults() {
				want = slices.Concat(p.InputTypes(), p.OutputTypes(), smoothOf(p.InputTypes()))
			}
			if err := sameTypes("custom_jvp: operands of the rule", want, a.Rules[0].InputTypes()); err != nil {
				return Type{}, err
			}
			if err := sameTypes("custom_jvp: results of the rule", smoothOf(p.OutputTypes()), a.Rules[0].OutputTypes()); err != nil {
				return Type{}, err
			}
			return signature(OpCustomJvp, p, t)
		},
		results: func(_ []Type, a *Attrs) []Type { return a.Program.OutputTypes() },
		jvps: func(b *Builder, n *Node, x, y, t []ID) []ID {
			in := slices.Clone(x)
			if n.Attrs.takesResults() {
				in = append(in, y...)
			}
			lin := make([]bool, len(in))
			for i, v := range x {
				if b.Type(v).inexact() {
					in, lin = append(in, b.instantiate(t[i], b.Type(v))), append(lin, true)
				}
			}
			if b.split {
				return spreadOver(b, y, b.inlineApart(n.Attrs.Rules[0], in, lin))
			}
			return spreadOver(b, y, b.inline(n.Attrs.Rules[0], in))
		},
		vmap: vmapPrograms,
		eval: evalProgram,
	}
	table[OpCustomVjp] = &def{arity: -1, attrs: "program rules",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if a.Program == nil || len(a.Rules) != 2 && len(a.Rules) != 3 {
				return Type{}, shapeErr("custom_vjp: expected a program and two rules, forward and backward, or a third, the jvp")
			}
			p, fwd, bwd := a.Program, a.Rules[0], a.Rules[1]
			outs := p.OutputTypes()
			got := fwd.OutputTypes()
			if err := sameTypes("custom_vjp: operands of forward", p.InputTypes(), fwd.InputTypes()); err != nil {
				return Type{}, err
			}
			if len(got) < len(outs) {
				return Type{}, shapeErr("custom_vjp: forward gives %d results for %d outputs", len(got), len(outs))
			}
			if err := sameTypes("custom_vjp: results of forward", outs, got[:len(outs)]); err != nil {
				return Type{}, err
			}
			want := slices.Concat(got[len(outs):], smoothOf(outs))
			if err := sameTypes("custom_vjp: operands of backward", want, bwd.InputTypes()); err != nil {
				return Type{}, err
			}
			if err := sameTypes("custom_vjp: results of backward", smoothOf(p.InputTypes()), bwd.OutputTypes()); err != nil {
				return Type{}, err
			}
			if len(a.Rules) == 3 {
				want := slices.Concat(p.InputTypes(), smoothOf(p.InputTypes()))
				if err := sameTypes("custom_vjp: operands of the jvp", want, a.Rules[2].InputTypes()); err != nil {
					return Type{}, err
				}
				if err := sameTypes("custom_vjp: results of the jvp", smoothOf(outs), a.Rules[2].OutputTypes()); err != nil {
					return Type{}, err
				}
			}
			return signature(OpCustomVjp, p, t)
		},
		results: func(_ []Type, a *Attrs) []Type { return a.Program.OutputTypes() },
		forward: (*Builder).customForward,
		vmap:    vmapPrograms,
		eval:    evalProgram,
	}
	// custom_linear(residuals, inputs, tangents) stands for the tangents of a custom_vjp until it is transposed; without a jvp rule, where they are
	// not known, it has no inputs. N residuals and inputs.
	linearResults := func(t []Type, a *Attrs) []Type { return a.Rules[0].InputTypes()[a.residuals(len(t)):] }
	table[OpCustomLinear] = &def{arity: -1, attrs: "n rules",
		infer:   func(t []Type, a *Attrs) (Type, error) { return linearResults(t, a)[0], nil },
		results: linearResults,
		vmap:    vmapPrograms,

		transposes: (*Builder).customBackward,
		jvps: func(_ *Builder, n *Node, _, _, _ []ID) []ID {
			if len(n.Attrs.Rules) == 2 {
				throw(spec.Errorf(spec.SpecError, "a function with a custom vjp has a forward derivative of first order alone").Try("custom_derivative with a jvp rule alone"))
			}
			throw(spec.Errorf(spec.SpecError, "a function with a custom vjp has no forward derivative").Try("custom_derivative with a jvp rule"))
			return nil
		},
		eval: func(x []*val, n *Node, out []*val) error {
			if n != nil && len(n.Attrs.Rules) == 2 {
				y, err := run(n.Attrs.Rules[1], x[n.Attrs.residuals(len(x)):])
				for k := range y {
					*out[k] = *y[k]
				}
				return err
			}
			return spec.Errorf(spec.SpecError, "a function with a custom vjp has no forward derivative").Try("custom_derivative with a jvp rule")
		},
	}
}

// residuals is how many of its operands a custom_linear has for the backward rule.
func (a *Attrs) residuals(operands int) int {
	if len(a.Rules) == 2 {
		return a.N - (a.Rules[1].Inputs - (operands - a.N))
	}
	return a.N
}

// takesResults tells that the rule of a custom_jvp has the results among its operands: (inputs, outputs, tangents). They are the node's own, so
// that a rule may use them and still be differentiated.
func (a *Attrs) takesResults() bool {
	p := a.Program
	return a.Rules[0].Inputs == p.Inputs+len(p.Outputs)+len(smoothOf(p.InputTypes()))
}

// custom_solve(consts, b) is the x with matvec(consts, x) = b. N consts. It is linear in b; its tangent solves the same system again, its
// transpose the transposed one.
func init() {
	sizes := func(a *Attrs) (consts, b []Type) {
		t := a.Rules[0].InputTypes()
		return t[:a.N], t[a.N:]
	}
	results := func(_ []Type, a *Attrs) []Type { return a.Rules[0].OutputTypes() }
	table[OpCustomSolve] = &def{arity: -1, attrs: "n rules",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if len(a.Rules) != 3 || a.Program != nil || a.N < 0 || a.N > len(t) || a.N > a.Rules[0].Inputs {
				return Type{}, shapeErr("custom_solve: expected rules for solve, transposed solve and product, and n consts")
			}
			consts, b := sizes(a)
			x := results(t, a)
			if len(x) == 0 || len(smoothOf(x)) < len(x) || len(smoothOf(b)) < len(b) {
				return Type{}, shapeErr("custom_solve: expected float or complex arrays, got %v for %v", x, b)
			}
			for k, want := range [][2][]Type{{b, x}, {x, b}, {x, b}} {
				what := [...]string{"solve", "the transposed solve", "the product"}[k]
				if err := sameTypes("custom_solve: operands of "+what, slices.Concat(consts, want[0]), a.Rules[k].InputTypes()); err != nil {
					return Type{}, err
				}
				if err := sameTypes("custom_solve: results of "+what, want[1], a.Rules[k].OutputTypes()); err != nil {
					return Type{}, err
				}
			}
			return signature(OpCustomSolve, a.Rules[0], t)
		},
		results: results,
		jvps: func(b *Builder, n *Node, x, y, t []ID) []ID {
			a := n.Attrs
			rhs := slices.Clone(t[a.N:])
			if slices.Max(t[:a.N]) != none {
				matvec := a.Rules[2]
				tan := append(slices.Clone(t[:a.N]), full32(len(y), none)...)
				_, moved := b.jvp(matvec, slices.Concat(x[:a.N], y), tan)
				for k, m := range moved {
					if m != none {
						rhs[k] = b.addTo(rhs[k], b.Neg(m))
					}
				}
			}
			if slices.Max(rhs) == none {
				return full32(len(y), none)
			}
			for k := range rhs {
				rhs[k] = b.instantiate(rhs[k], b.Type(x[a.N+k]))
			}
			return b.resultsOf(b.emit(OpCustomSolve, a, slices.Concat(x[:a.N], rhs)...))
		},
		transposes: func(b *Builder, n *Node, cts []ID, _ []bool) []ID {
			a := n.Attrs
			r := &Attrs{N: a.N}
			in := slices.Clone(n.Args[:a.N])
			nb := NewBuilder()
			ids := full32(a.Rules[2].Inputs, none)
			for i := range a.N {
				ids[i] = nb.Input(a.Rules[2].Nodes[i].Type)
			}
			var given []ID
			for k, t := range results(nil, a) {
				in = append(in, b.instantiate(cts[k], t))
			}
			for _, t := range a.Rules[2].OutputTypes() {
				given = append(given, nb.Input(t))
			}
			grads := nb.transposeProgram(a.Rules[2], ids, given)[a.N:]
			for k := range grads {
				grads[k] = nb.instantiate(grads[k], a.Rules[2].Nodes[a.N+k].Type)
			}
			r.Rules = []*Program{a.Rules[1], a.Rules[0], must1(nb.finish(grads))}
			return append(full32(a.N, none), b.resultsOf(b.emit(OpCustomSolve, r, in...))...)
		},
		vmap: vmapPrograms,
		eval: func(x []*val, n *Node, out []*val) error {
			y, err := run(n.Attrs.Rules[0], x)
			for i := range y {
				*out[i] = *y[i]
			}
			return err
		},
	}
}

// Call appends p transformed; in holds its inputs. Its outputs are Result 0, 1, ... of the node.
func (b *Builder) Call(p *Program, transforms []Transform, in ...ID) (ID, error) {
	q, err := expand(p, transforms)
	if err != nil {
		return none, err
	}
	return b.Emit(OpCall, &Attrs{Program: p, Transforms: transforms, expanded: q}, in...)
}

// Custom appends p with derivative rules of its own: one rule is a JVP, two are the forward and backward half of a VJP (see custom_jvp,
// custom_vjp).
func (b *Builder) Custom(p *Program, rules []*Program, in ...ID) (ID, error) {
	a := &Attrs{Rules: make([]*Program, len(rules))}
	var err error
	if a.Program, err = Inline(p); err != nil {
		return none, err
	}
	for i, r := range rules {
		if a.Rules[i], err = Inline(r); err != nil {
			return none, err
		}
	}
	op := OpCustomJvp
	if len(rules) == 2 {
		op = OpCustomVjp
	}
	return b.Emit(op, a, in...)
}

func expand(p *Program, transforms []Transform) (*Program, error) {
	if len(transforms) > 0 {
		if q := transforms[0].inForward(p, false); q != nil {
			p, transforms = q, transforms[1:]
		}
	}
	p, err := Inline(p)
	for _, t := range transforms {
		if err != nil {
			return nil, err
		}
		p, err = t.Apply(p)
	}
	return p, err
}

// Inline expands every call node. What remains has no OpCall.
func Inline(p *Program) (*Program, error) { return rewriteCalls(p, false) }

// Lower is Inline that also replaces functions with rules of their own by their programs: for execution, after all derivatives.
func Lower(p *Program) (*Program, error) { return rewriteCalls(p, true) }

func rewriteCalls(p *Program, all bool) (q *Program, err error) {
	defer catch(&err)
	found := false
	for i := range p.Nodes {
		op := p.Nodes[i].Op
		if op == OpCustomLinear && all && len(p.Nodes[i].Attrs.Rules) == 1 {
			return nil, table[op].eval(nil, nil, nil)
		}
		found = found || op == OpCall || op == OpCustomLinear && all || all && (op == OpCustomJvp || op == OpCustomVjp || op == OpCustomSolve || op == OpRemat && !p.Nodes[i].Attrs.Reverse)
	}
	if !found {
		return p, nil
	}
	b := NewBuilder()
	ids := make([]ID, len(p.Nodes))
	copy(ids, b.inputsOf(p))
	several := map[ID][]ID{}
	lowered := map[*Program]*Program{}
	var args []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		args = mapped(args, n.Args, ids)
		var sub *Program
		switch {
		case n.Op == OpCall:
			sub = n.Attrs.expanded
		case all && (n.Op == OpCustomJvp || n.Op == OpCustomVjp || n.Op == OpRemat && !n.Attrs.Reverse):
			sub = n.Attrs.body()
		case all && n.Op == OpCustomSolve:
			sub = n.Attrs.Rules[0]
		case all && n.Op == OpCustomLinear:
			sub, args = n.Attrs.Rules[1], args[n.Attrs.residuals(len(args)):]
		case n.Op == OpResult && several[n.Args[0]] != nil:
			ids[i] = several[n.Args[0]][n.Attrs.N]
			continue
		default:
			ids[i] = b.copyNode(n, args)
			continue
		}
		if lowered[sub] == nil {
			if lowered[sub], err = rewriteCalls(sub, all); err != nil {
				return nil, err
			}
		}
		out := b.inline(lowered[sub], args)
		several[ID(i)] = out
		ids[i] = out[0]
	}
	return b.Finish(mapped(nil, p.Outputs, ids)...), nil
}

// signature checks operands against a program's inputs; the type is that of its first output.
func signature(op Op, p *Program, t []Type) (Type, error) {
	if len(p.Outputs) == 0 {
		return Type{}, shapeErr("%s: the program has no output", op)
	}
	return p.Nodes[p.Outputs[0]].Type, sameTypes(op.String()+": operands", p.InputTypes(), t)
}

func sameTypes(what string, want, got []Type) error {
	if len(want) != len(got) {
		return shapeErr("%s: expected %d, got %d", what, len(want), len(got))
	}
	for i := range want {
		if !want[i].Equal(got[i]) {
			return shapeErr("%s: expected %v at %d, got %v", what, want[i], i, got[i])
		}
	}
	return nil
}

func smoothOf(t []Type) (out []Type) {
	for _, u := range t {
		if u.inexact() {
			out = append(out, u)
		}
	}
	return out
}

// spreadOver gives the values one by one to the float and complex ones of y, none to the others.
func spreadOver(b *Builder, y, values []ID) []ID {
	out := full32(len(y), none)
	for i, v := range y {
		if b.Type(v).inexact() {
			out[i], values = values[0], values[1:]
		}
	}
	return out
}

// customForward runs the forward rule of a custom_vjp and leaves its tangents as a custom_linear.
func (b *Builder) customForward(n *Node, x, t []ID) (y, ty []ID) {
	fwd, bwd := n.Attrs.Rules[0], n.Attrs.Rules[1]
	outputs := len(n.Attrs.Program.Outputs)
	all := b.inline(fwd, x)
	y = all[:outputs]
	args := slices.Clone(all[outputs:])
	residuals := len(args)
	for i, v := range x {
		if b.Type(v).inexact() {
			args = append(args, b.instantiate(t[i], b.Type(v)))
		}
	}
	if bwd.Inputs == residuals { // no output has a derivative
		return y, full32(outputs, none)
	}
	a := &Attrs{N: residuals, Rules: []*Program{bwd}}
	if len(n.Attrs.Rules) == 3 {
		a.N, a.Rules = residuals+len(x), append(a.Rules, n.Attrs.Rules[2])
		args = slices.Insert(args, residuals, x...)
	}
	first := b.emit(OpCustomLinear, a, args...)
	values := make([]ID, bwd.Inputs-residuals)
	for k := range values {
		values[k] = b.Result(first, k)
	}
	return y, spreadOver(b, y, values)
}

// customBackward transposes a custom_linear: the backward rule at its residuals.
func (b *Builder) customBackward(n *Node, cts []ID, _ []bool) []ID {
	bwd, residuals := n.Attrs.Rules[0], n.Attrs.residuals(len(n.Args))
	in := slices.Clone(n.Args[:residuals])
	for k, t := range bwd.InputTypes()[residuals:] {
		in = append(in, b.instantiate(cts[k], t))
	}
	return slices.Concat(full32(n.Attrs.N, none), b.inline(bwd, in))
}

// vmapPrograms maps the programs of the node over axis 0 of everything.
func vmapPrograms(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
	a := *n.Attrs
	over := func(p *Program) *Program {
		q, err := Vmap(p, make([]int, p.Inputs), nil, size)
		if err != nil {
			throw(err)
		}
		return q
	}
	if a.Program != nil {
		a.Program = over(a.Program)
	}
	rules := make([]*Program, len(a.Rules))
	for i, r := range a.Rules {
		rules[i] = over(r)
	}
	a.Rules = rules
	return b.emit(n.Op, &a, b.batchAll(x, batched, size)...)
}

func evalProgram(x []*val, n *Node, out []*val) error {
	y, err := run(n.Attrs.Program, x)
	for i := range y {
		*out[i] = *y[i]
	}
	return err
}
