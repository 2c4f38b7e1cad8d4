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
