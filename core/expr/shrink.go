package expr

import "slices"

// Shrink drops from scans what nobody reads: results, the carries that only they need, operands; carries that no step changes become consts.
func Shrink(p *Program) (q *Program, err error) {
	defer catch(&err)
	if !slices.ContainsFunc(p.Nodes, func(n Node) bool { return n.Op == OpScan }) {
		return p, nil
	}
	used := map[ID][]bool{} // results of scans
	live := make([]bool, len(p.Nodes))
	mark := func(x ID, k int) {
		live[x] = true
		if p.Nodes[x].Op == OpScan {
			if used[x] == nil {
				used[x] = make([]bool, p.Results(x)+1)
			}
			used[x][k] = true
		}
	}
	for _, o := range p.Outputs {
		mark(o, 0)
	}
	plans := map[ID]*smaller{}
	for i := len(p.Nodes) - 1; i >= p.Inputs; i-- {
		id, n := ID(i), &p.Nodes[i]
		if !live[i] {
			continue
		}
		switch {
		case n.Op == OpResult:
			mark(n.Args[0], n.Attrs.N)
			continue
		case n.Op != OpScan:
			for _, x := range n.Args {
				mark(x, 0)
			}
			continue
		}
		if plans[id], err = shrinkScan(n.Attrs, used[id]); err != nil {
			return nil, err
		}
		for k, x := range n.Args {
			if plans[id].reads[k] {
				mark(x, 0)
			}
		}
	}
	b := NewBuilder()
	b.reserve(len(p.Nodes))
	ids := make([]ID, len(p.Nodes))
	copy(ids, b.inputsOf(p))
	several := map[ID][]ID{}
	var args []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		if !live[i] {
			continue
		}
		if plan := plans[ID(i)]; plan != nil {
			var operands []ID
			for _, k := range plan.operands {
				operands = append(operands, ids[n.Args[k]])
			}
			y := b.resultsOf(b.emit(OpScan, plan.attrs, operands...))
			all := full32(len(plan.results), none)
			for k, r := range plan.results {
				switch {
				case r >= 0:
					all[k] = y[r]
				case plan.same[k]:
					all[k] = ids[n.Args[k]]
				}
			}
			several[ID(i)] = all
			ids[i] = all[0]
			continue
		}
		if n.Op == OpResult && several[n.Args[0]] != nil {
			ids[i] = several[n.Args[0]][n.Attrs.N]
			continue
		}
		args = mapped(args, n.Args, ids)
		ids[i] = b.copyNode(n, args)
	}
	return b.Finish(mapped(nil, p.Outputs, ids)...), nil
}

// smaller is a scan without what nobody reads.
type smaller struct {
	attrs    *Attrs
	operands []int  // of the old ones, in their new order
	reads    []bool // operands that are still read, also as results
	results  []int  // the new result for an old one, -1: none
	same     []bool // the result is the operand
}

func shrinkScan(a *Attrs, used []bool) (*smaller, error) {
	body, err := Shrink(a.body())
	if err != nil {
		return nil, err
	}
	K, S := a.Carries, a.Slices
	var test *Program
	if len(a.Rules) == 1 {
		test = a.Rules[0]
	}
	counted := 0
	if a.Counted {
		counted = 1
	}
	s := &smaller{attrs: &Attrs{Length: a.Length, Reverse: a.Reverse, Counted: a.Counted}, reads: make([]bool, body.Inputs+counted),
		results: full(len(body.Outputs)+1, -1), same: make([]bool, len(body.Outputs)+1)}
	constant := make([]bool, body.Inputs)
	for k := range K {
		constant[k] = body.Outputs[k] == ID(k)
		s.same[k] = constant[k]
	}
	read := make([]bool, body.Inputs) // inputs that steps or the condition need
	if test != nil {
		for i, l := range test.reads(nil) {
			if i >= K {
				i += S
			}
			read[i] = read[i] || l
		}
	}
	want := make([]bool, len(body.Outputs)) // outputs
	for k := range want {
		want[k] = used[k] && !(k < K && constant[k])
	}
	for again := true; again; {
		again = false
		for k := range K {
			if read[k] && !constant[k] && !want[k] {
				want[k], again = true, true
			}
		}
		for i, l := range body.reads(want) {
			if l && !read[i] {
				read[i], again = true, true
			}
		}
		for k := range K { // a carry that is wanted is an operand
			if want[k] && !read[k] {
				read[k], again = true, true
			}
		}
	}
	if !slices.Contains(want, true) {
		for k := range want {
			if !(k < K && constant[k]) || k == len(want)-1 {
				want[k] = true
				if k < K {
					constant[k], s.same[k] = false, false
				}
				for i, l := range body.reads(want) {
					read[i] = read[i] || l
				}
				if k < K {
					read[k] = true
				}
				break
			}
		}
	}
	nb, tb := NewBuilder(), NewBuilder()
	ids, tids := make([]ID, body.Inputs), make([]ID, body.Inputs)
	input := func(i int, forTest bool) {
		ids[i] = nb.Input(body.Nodes[i].Type)
		if forTest {
			tids[i] = tb.Input(body.Nodes[i].Type)
		}
		s.operands = append(s.operands, i)
	}
	for k := range K {
		if want[k] {
			input(k, true)
			s.attrs.Carries++
		}
	}
	for i := K; i < K+S; i++ {
		if read[i] {
			input(i, false)
			s.attrs.Slices++
		}
	}
	for i := range body.Inputs {
		if read[i] && (i >= K+S || i < K && !want[i]) {
			input(i, true)
		}
	}
	if a.Counted {
		s.operands = append(s.operands, body.Inputs)
	}
	for _, i := range s.operands {
		s.reads[i] = true
	}
	for k := range K {
		s.reads[k] = s.reads[k] || s.same[k] && used[k]
	}
	all := make([]ID, len(body.Nodes))
	copy(all, ids)
	var outs []ID
	for k, o := range body.Outputs {
		if want[k] {
			s.results[k] = len(outs)
			outs = append(outs, o)
		}
	}
	q := *body
	q.Outputs = outs
	s.attrs.Program = nb.Finish(nb.inline(Prune(&q), ids)...)
	if test != nil {
		s.results[len(body.Outputs)] = len(outs)
		var in []ID
		for i := range body.Inputs {
			switch {
			case i >= K && i < K+S:
			case read[i] || i < K && want[i]:
				in = append(in, tids[i])
			default:
				in = append(in, none)
			}
		}
		for i := range in { // which it does not read
			if in[i] == none {
				in[i] = tb.zeros(test.Nodes[i].Type)
			}
		}
		s.attrs.Rules = []*Program{tb.Finish(tb.inline(test, in)...)}
	}
	return s, nil
}

// reads tells which inputs the wanted outputs (nil: all) depend on.
func (p *Program) reads(want []bool) []bool {
	live := make([]bool, len(p.Nodes))
	for k, o := range p.Outputs {
		live[o] = live[o] || want == nil || want[k]
	}
	for i := len(p.Nodes) - 1; i >= p.Inputs; i-- {
		if live[i] {
			for _, x := range p.Nodes[i].Args {
				live[x] = true
			}
		}
	}
	return live[:p.Inputs]
}
