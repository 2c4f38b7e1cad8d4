package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
)

// scanVmap maps the program; carries become batched where a step makes them so. Elements with numbers of steps of their own run until the last
// has ended, and keep their carries once they have.
func scanVmap(b *Builder, n *Node, x []ID, batched []bool, size int) (y []ID, yBatched []bool) {
	a := n.Attrs
	body := a.body()
	for i := a.Carries; i < a.Carries+a.Slices; i++ {
		if batched[i] {
			x[i] = b.moveAxis(x[i], 0, 1)
		}
	}
	flags := slices.Clone(batched[:body.Inputs])
	q, outs := vmapFlags(body, flags, a.Carries, size)
	if len(a.Rules) == 1 {
		carries, _, consts, _ := scanParts(a, flags)
		if _, more := vmapProgram(a.Rules[0], slices.Concat(carries, consts), size); more[0] {
			return b.scanEach(a, x, batched, size)
		}
	} else if a.Counted && batched[len(x)-1] {
		return b.scanEach(a, x, batched, size)
	}
	m := *a
	m.expanded = nil
	m.Program = q
	if len(a.Rules) == 1 { // what it reads is unbatched; the other carries change their shape
		carries, _, consts, _ := scanParts(a, flags)
		m.Rules = []*Program{first(vmapProgram(a.Rules[0], slices.Concat(carries, consts), size))}
	}
	for i := range a.Carries {
		if flags[i] && !batched[i] {
			x[i] = b.BroadcastTo(x[i], cat([]int{size}, b.Type(x[i]).Shape))
		}
	}
	y = b.resultsOf(b.emit(OpScan, &m, x...))
	yBatched = make([]bool, len(y))
	copy(yBatched, outs)
	for k := a.Carries; k < len(outs); k++ {
		if outs[k] {
			y[k] = b.moveAxis(y[k], 1, 0)
		}
	}
	return y, yBatched
}

func first(p *Program, _ []bool) *Program { return p }

// vmapProgram maps a program over axis 0 of the flagged inputs; it says which outputs are batched.
func vmapProgram(p *Program, flags []bool, size int) (*Program, []bool) {
	nb := NewBuilder()
	in := make([]ID, p.Inputs)
	for i := range in {
		t := p.Nodes[i].Type
		if flags[i] {
			t.Shape = cat([]int{size}, t.Shape)
		}
		in[i] = nb.Input(t)
	}
	out, batched := nb.vmap(p, in, flags, size)
	return must1(nb.finish(out)), batched
}

// vmapFlags is vmapProgram where the first carries outputs have the flags of the inputs, which it raises until that is so.
func vmapFlags(p *Program, flags []bool, carries, size int) (*Program, []bool) {
	for {
		q, out := vmapProgram(p, flags, size)
		again, fill := false, false
		for k := range carries {
			again = again || out[k] && !flags[k]
			fill = fill || flags[k] && !out[k]
			flags[k] = flags[k] || out[k]
		}
		if again {
			continue
		}
		if fill { // a carry that loses its dependence keeps its axis
			nb := NewBuilder()
			outs := nb.inline(q, nb.inputsOf(q))
			for k := range carries {
				if flags[k] && !out[k] {
					outs[k], out[k] = nb.BroadcastTo(outs[k], cat([]int{size}, nb.Type(outs[k]).Shape)), true
				}
			}
			q = nb.Finish(outs...)
		}
		return q, out
	}
}

// scanEach is a scan whose elements have numbers of steps of their own: further carries are, for each element, whether it goes on (with a
// condition) and the number of its steps, or (counted) the step alone.
func (b *Builder) scanEach(a *Attrs, x []ID, batched []bool, size int) (y []ID, yBatched []bool) {
	body := a.body()
	K := a.Carries
	whole := len(a.Rules) == 1
	nb := NewBuilder()
	var go1, k ID
	var in []ID
	if whole {
		go1 = nb.Input(Type{array.Bool, []int{}})
	}
	k = nb.Input(Type{array.Int64, []int{}})
	for i := range body.Inputs {
		in = append(in, nb.Input(body.Nodes[i].Type))
	}
	if !whole {
		go1 = nb.Less(k, nb.Input(Type{array.Int64, []int{}}))
	}
	step := nb.Scalar(array.Int64, 1)
	if a.Reverse {
		step = nb.Scalar(array.Int64, -1)
	}
	out := nb.inline(body, in)
	for i := range out {
		t := nb.Type(out[i])
		old := nb.zeros(t)
		if i < K {
			old = in[i]
		}
		out[i] = nb.Select(nb.BroadcastTo(go1, t.Shape), out[i], old)
	}
	extra := []ID{nb.Add(k, step)}
	if whole {
		_, _, consts, _ := scanParts(a, in)
		more := nb.inline(a.Rules[0], slices.Concat(out[:K], consts))[0]
		extra = []ID{nb.Apply(OpAnd, go1, more), nb.Add(k, nb.Convert(go1, array.Int64))}
	}
	one1 := nb.Finish(append(extra, out...)...)

	m := &Attrs{Length: a.Length, Reverse: a.Reverse, Counted: a.Counted, Carries: K + len(extra), Slices: a.Slices}
	flags := append(make([]bool, len(extra)), batched...)
	carries, _, consts, _ := scanParts(a, x)
	operands := slices.Clone(x)
	if whole {
		cf, _, kf, _ := scanParts(a, batched)
		more, mb := b.vmap(a.Rules[0], slices.Concat(carries, consts), slices.Concat(cf, kf), size)
		start := b.batchAll(more, mb, size)[0]
		zeros := b.zeros(Type{array.Int64, []int{size}})
		operands = slices.Concat([]ID{start, zeros}, operands)
		flags[0], flags[1] = true, true
	} else { // the steps of the longest
		last := len(x) - 1
		longest := b.Scalar(array.Int64, 0)
		if size > 0 {
			longest = b.Reduce(OpReduceMax, x[last], 0)
		}
		start := b.Scalar(array.Int64, 0)
		if a.Reverse {
			start = b.Sub(longest, b.Scalar(array.Int64, 1))
		}
		operands = slices.Concat([]ID{start}, x, []ID{longest})
	}
	for i := range K { // every carry may stop
		at := len(extra) + i
		if !flags[at] {
			flags[at] = true
			operands[at] = b.BroadcastTo(operands[at], cat([]int{size}, b.Type(operands[at]).Shape))
		}
	}
	var outs []bool
	m.Program, outs = vmapFlags(one1, flags, m.Carries, size)
	if whole {
		cb := NewBuilder()
		var goes ID
		for i := range m.Program.Inputs {
			if i >= m.Carries && i < m.Carries+m.Slices {
				continue
			}
			id := cb.Input(m.Program.Nodes[i].Type)
			if i == 0 {
				goes = id
			}
		}
		m.Rules = []*Program{cb.Finish(cb.Reduce(OpReduceAny, goes, 0))}
	}
	all := b.resultsOf(b.emit(OpScan, m, operands...))
	for k := m.Carries; k < len(outs); k++ {
		if outs[k] {
			all[k] = b.moveAxis(all[k], 1, 0)
		}
	}
	y, yBatched = all[len(extra):len(outs)], outs[len(extra):]
	if whole {
		y, yBatched = append(slices.Clone(y), all[1]), append(slices.Clone(yBatched), true)
	}
	return y, yBatched
}

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
			var y []ID
			if plan.attrs != nil {
				y = b.resultsOf(b.emit(OpScan, plan.attrs, operands...))
			}
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
	attrs    *Attrs // nil: there is none left
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
	if !slices.Contains(want, true) && test == nil { // no step changes what is read
		for k := range K {
			s.reads[k] = s.same[k] && used[k]
		}
		s.attrs = nil
		return s, nil
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
