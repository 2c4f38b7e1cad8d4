package engine

import (
	"context"
	"math"
	"slices"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

func (pl *planner) addStage(s stage) int32 {
	pl.stages = append(pl.stages, s)
	return int32(len(pl.stages) - 1)
}

// placeOutputs lets the values that outputs want be computed in the outputs' memory. It returns the outputs that have to be copied.
func (pl *planner) placeOutputs() (copies []int) {
	for i, o := range pl.p.Outputs {
		id := o
		if v := &pl.v[o]; v.kind == kView && v.same && !v.need {
			id = v.view.root
		}
		v := &pl.v[id]
		mine := v.mem < 0 && (v.kind == kElement || v.kind == kReduce || v.kind == kStage || v.kind == kResult || v.kind == kView && v.need)
		m := pl.memory(memory{bytes: bytesOf(pl.node(o).Type), place: inOutput, index: i})
		if mine {
			v.mem = m
		} else {
			copies = append(copies, i, int(m))
		}
	}
	return copies
}

// copyOutputs adds stages for (output, memory) pairs.
func (pl *planner) copyOutputs(pairs []int) {
	for k := 0; k < len(pairs); k += 2 {
		o, m := pl.p.Outputs[pairs[k]], int32(pairs[k+1])
		t := pl.node(o).Type
		if t.Len() == 0 {
			continue
		}
		s, item := pl.read(pl.viewOf(o), 0)
		s.store(pl, item, m, t.Dtype)
	}
}

// touches lists the memories that a nest reads and writes.
func (s *stage) touches() {
	for i := range s.nest.items {
		it := &s.nest.items[i]
		if it.kind == iLoad {
			s.reads = append(s.reads, it.src)
		}
		if it.mem >= 0 {
			s.writes = append(s.writes, it.mem)
		}
		if it.red != nil {
			s.writes = append(s.writes, it.red.parts, it.red.out)
		}
	}
	for _, o := range s.nest.ones {
		s.reads = append(s.reads, o.mem)
	}
}

// lifetimes finds the stages between which buffers are in use.
func (ex *Executable) lifetimes() {
	for i := range ex.stages {
		s := &ex.stages[i]
		for _, list := range [][]int32{s.reads, s.writes} {
			for _, m := range list {
				b := &ex.mems[m]
				if b.first < 0 {
					b.first = i
				}
				b.last = i
			}
		}
	}
}

// reuse lets a copy that is made to be changed, of a buffer that is not read again, be that buffer: the loop that sets one element after the
// other does not copy the array each time.
func (ex *Executable) reuse() {
	for i := len(ex.stages) - 1; i >= 0; i-- {
		s := &ex.stages[i]
		if !s.keeps {
			continue
		}
		x, out := &ex.mems[s.reads[0]], &ex.mems[s.writes[0]]
		if x.place != inArena || x.last != i || out.first != i || x.bytes != out.bytes {
			continue
		}
		x.same = s.writes[0]
		if out.same >= 0 {
			x.same = out.same
		}
		root := &ex.mems[x.same]
		root.first = x.first
		if root.place == inOutput {
			x.place = inSame
			ex.same = append(ex.same, s.reads[0])
		}
	}
}

// hoist runs what reads an array before the stage that makes a copy of it to be changed, where it can, so that the copy may be the array. It looks
// at stages from to to-1.
func (ex *Executable) hoist(from, to int) {
	for i := from; i < to; i++ {
		if !ex.stages[i].keeps {
			continue
		}
		x := ex.stages[i].reads[0]
		at := i
		for j := i + 1; j < to; j++ {
			if slices.Contains(ex.stages[j].reads, x) && !ex.depends(j, at) {
				s := ex.stages[j]
				copy(ex.stages[at+1:j+1], ex.stages[at:j])
				ex.stages[at] = s
				at++
			}
		}
		i = at
	}
}

// depends tells that stage j may not run before stage i < j.
func (ex *Executable) depends(j, i int) bool {
	s := &ex.stages[j]
	for k := i; k < j; k++ {
		t := &ex.stages[k]
		for _, m := range t.writes {
			if slices.Contains(s.reads, m) || slices.Contains(s.writes, m) {
				return true
			}
		}
		for _, m := range t.reads {
			if slices.Contains(s.writes, m) {
				return true
			}
		}
	}
	return false
}

// changes tells that output k may be where input k is: they share memory, or it begins as a copy of it, after which nobody reads the input.
func (ex *Executable) changes(k int) bool {
	if ex.tape != nil {
		return false
	}
	if ex.shares[k] {
		return true
	}
	x, out := ex.inputs[k], ex.outputs[k]
	root := func(m int32) int32 {
		if ex.mems[m].same >= 0 {
			return ex.mems[m].same
		}
		return m
	}
	for i := range ex.stages {
		s := &ex.stages[i]
		if s.keeps && s.reads[0] == x && root(s.writes[0]) == out {
			return ex.mems[x].last == i
		}
		for _, list := range [][]int32{s.reads, s.writes} {
			for _, m := range list {
				if root(m) == out {
					return false
				}
			}
		}
	}
	return false
}

// share finds the pairs of an input and an output that may have one memory: the output is written by one nest behind the commit, element by element where
// the input's element is read last. After the commit nothing may take long, as it is not stopped.
func (ex *Executable) share(pairs [][2]int) {
	ex.shares = make([]bool, len(pairs))
	const longest = 5e7 // ns
	rest := 0.0
	for i := ex.commit; i < len(ex.stages); i++ {
		s := &ex.stages[i]
		if rest += s.cost; s.nest != nil {
			rest += s.nest.cost
		}
	}
	if ex.commit > 0 && rest > longest {
		return
	}
	type use struct{ writes, reads int } // the stage that writes an output, the last one that reads an input
	uses := map[int32]*use{}
	for _, p := range pairs {
		uses[ex.inputs[p[0]]], uses[ex.outputs[p[1]]] = &use{-1, -1}, &use{-1, -1}
	}
	for i := range ex.stages {
		for _, m := range ex.stages[i].reads {
			if u := uses[m]; u != nil {
				u.reads = i
			}
		}
		for _, m := range ex.stages[i].writes {
			switch u := uses[m]; {
			case u == nil:
			case u.writes >= 0 && u.writes != i:
				u.writes = len(ex.stages)
			default:
				u.writes = i
			}
		}
	}
	for k, p := range pairs {
		x, out := ex.inputs[p[0]], ex.outputs[p[1]]
		w, r := uses[out].writes, uses[x].reads
		if w < ex.commit || w >= len(ex.stages) || r > w || ex.stages[w].nest == nil || !ex.in[p[0]].Equal(ex.out[p[1]]) {
			continue
		}
		ex.shares[k] = r < w || ex.stages[w].nest.follows(x, out)
	}
}

// follows tells that the nest reads memory x element by element, and each before it writes that of memory out.
func (s *nest) follows(x, out int32) bool {
	for _, o := range s.ones {
		if o.mem == x {
			return false
		}
	}
	for i := range s.items {
		it := &s.items[i]
		if it.kind == iLoad && it.src == x && !(it.lay.dense() && it.lay.offset == 0 && it.lay.n == s.n) {
			return false
		}
	}
	written := false
	for i := range s.items {
		it := &s.items[i]
		if written && it.kind == iLoad && it.src == x && it.mem >= 0 {
			return false
		}
		for _, a := range it.args {
			if written && a >= 0 && s.items[a].kind == iLoad && s.items[a].src == x {
				return false
			}
		}
		written = written || it.mem == out
	}
	return true
}

// Shared tells which of the pairs in place may have one memory.
func (ex *Executable) Shared() []bool { return ex.shares }

// Step is Run for a caller that gives pairs in place one memory, and lets no other outputs overlap inputs. When the outputs that were to be known are
// there, and before an input changes, it calls check (at the end, where none were to be known): an error ends the run. From there on nothing stops it.
func (ex *Executable) Step(ctx context.Context, team *par.Team, inputs, outputs []*array.Array, check func() error) (err error) {
	if err := ex.fits(inputs, outputs); err != nil {
		return err
	}
	defer par.Guard(&err)
	c := ex.open(team)
	c.done, c.check = ctx.Done(), check
	for _, f := range c.frames[:team.Size()] {
		for i, m := range ex.inputs {
			f.ptr[m] = unsafe.Pointer(unsafe.SliceData(inputs[i].Data))
		}
		for i, m := range ex.outputs {
			f.ptr[m] = unsafe.Pointer(unsafe.SliceData(outputs[i].Data))
		}
		f.follow(ex)
	}
	switch err = c.stages(nil); {
	case err != nil:
	case c.halted.Load():
		err = ctx.Err()
	case ex.commit == 0 || ex.commit == len(ex.stages):
		err = check()
	}
	ex.close(c)
	return err
}

// committed asks whether inputs may change, after which the call is not stopped.
func (c *call) committed() error {
	if c.stopped() {
		return nil
	}
	c.done = nil
	return c.check()
}

// page is the distance at which addresses compete for one set of the nearest cache.
const page = 4096

// plan gives the buffers places in the arena: a buffer's place is free again after the last stage that reads it. What a nest writes takes the place of
// what it reads last, element by element, so that the cache moves one array less. Large buffers begin at different places of a page, since nests go
// through many of them in step.
func (ex *Executable) plan() error {
	begin, end := make([][]int32, len(ex.stages)), make([][]int32, len(ex.stages))
	for i := range ex.mems {
		if m := &ex.mems[i]; m.place == inArena && m.first >= 0 && m.same < 0 {
			begin[m.first], end[m.last] = append(begin[m.first], int32(i)), append(end[m.last], int32(i))
		}
	}
	free := map[int][]int{} // offsets by rounded size
	total := 0
	for i := range ex.stages {
		for _, k := range begin[i] {
			m := &ex.mems[k]
			size := rounded(m.bytes)
			if at := slices.IndexFunc(end[i], func(x int32) bool { return ex.replaces(i, x, k) }); at >= 0 {
				m.offset = ex.mems[end[i][at]].offset
				end[i] = slices.Delete(end[i], at, at+1)
				continue
			}
			if list := free[size]; len(list) > 0 {
				m.offset, free[size] = list[len(list)-1], list[:len(list)-1]
				continue
			}
			m.offset = total
			total += size
			if size >= page {
				total += 5 * line
			}
		}
		for _, k := range end[i] {
			size := rounded(ex.mems[k].bytes)
			free[size] = append(free[size], ex.mems[k].offset)
		}
	}
	for i := range ex.mems {
		if m := &ex.mems[i]; m.place == inArena && m.same >= 0 {
			m.offset = ex.mems[m.same].offset
		}
	}
	ex.arena = total
	_, err := array.Plan(total, 1, "the buffers of a program")
	if e, ok := err.(*spec.Error); ok {
		e.Suggest = "Give it fewer rows at a time, or raise erg.config.memory."
	}
	return err
}

// replaces tells that nest i may write memory out where memory x is.
func (ex *Executable) replaces(i int, x, out int32) bool {
	s := ex.stages[i].nest
	return s != nil && ex.mems[x].first < i && ex.mems[x].bytes == ex.mems[out].bytes &&
		slices.ContainsFunc(s.items, func(it item) bool { return it.mem == out && it.red == nil }) && s.follows(x, out)
}

// rounded is a size class: one of eight steps between powers of two, at least a cache line.
func rounded(bytes int) int {
	step := line
	for step*16 < bytes {
		step *= 2
	}
	return max((bytes+step-1)/step*step, line)
}

// spell writes operations by others that have kernels: logsumexp is max, exp, sum and log, cumlogsumexp the same with a linear recurrence; a product of
// one term is element-wise.
func spell(p *expr.Program) (*expr.Program, error) {
	found := false
	for i := range p.Nodes {
		found = found || spelled(p, &p.Nodes[i])
	}
	if !found {
		return p, nil
	}
	b := expr.NewBuilder()
	ids := make([]expr.ID, len(p.Nodes))
	var args []expr.ID
	for i := range p.Nodes {
		n := &p.Nodes[i]
		args = args[:0]
		for _, x := range n.Args {
			args = append(args, ids[x])
		}
		var err error
		switch {
		case i < p.Inputs:
			ids[i] = b.Input(n.Type)
		case spelled(p, n):
			switch n.Op {
			case expr.OpCumlogsumexp:
				ids[i] = cumlogsumexp(b, args[0], n)
			case expr.OpLogsumexp:
				ids[i] = logsumexp(b, args[0], n)
			case expr.OpLogaddexp:
				ids[i] = logaddexp(b, args[0], args[1])
			case expr.OpDotGeneral:
				ids[i] = outer(b, args[0], args[1], n)
			case expr.OpLogExpit:
				ids[i] = b.Sub(b.Apply(expr.OpMin, args[0], b.Fill(n.Type, 0)), log1pExp(b, args[0]))
			default:
				ids[i] = b.Scale(b.Apply(expr.OpErfc, b.Neg(b.Scale(args[0], 1/math.Sqrt2))), 0.5)
			}
		default:
			ids[i], err = b.Emit(n.Op, n.Attrs, args...)
		}
		if err != nil {
			return nil, err
		}
	}
	out := make([]expr.ID, len(p.Outputs))
	for k, o := range p.Outputs {
		out[k] = ids[o]
	}
	return b.Finish(out...), nil
}

func spelled(p *expr.Program, n *expr.Node) bool {
	switch n.Op {
	case expr.OpDotGeneral:
		return isOuter(p, n)
	case expr.OpLogsumexp, expr.OpCumlogsumexp, expr.OpLogaddexp, expr.OpLogExpit, expr.OpNdtr:
		return p.Nodes[n.Args[0]].Type.Len() > 0 && n.Type.Len() > 0
	}
	return false
}

// isOuter: a product of one term with rows of some length, which what reads it may then make itself.
func isOuter(p *expr.Program, n *expr.Node) bool {
	const leastRow = 16
	terms := 1
	for _, d := range n.Attrs.Contract[0] {
		terms *= p.Nodes[n.Args[0]].Type.Shape[d]
	}
	s := n.Type.Shape
	for k := range 2 {
		for i, d := range n.Attrs.Batch[k] {
			if d != i {
				return false
			}
		}
	}
	return terms == 1 && hasColumns(n.Type.Dtype) && n.Type.Len() >= leastAgain && s[len(s)-1] >= leastRow
}

// outer is x_i y_j + 0: the sum of one term, as products have it, is no -0.
func outer(b *expr.Builder, x, y expr.ID, n *expr.Node) expr.ID {
	batch := len(n.Attrs.Batch[0])
	at := batch
	spread := func(x expr.ID, terms []int) expr.ID {
		lines, axes := []int{}, []int{}
		for d, m := range b.Type(x).Shape {
			switch {
			case slices.Contains(terms, d):
				continue
			case d < batch:
				axes = append(axes, d)
			default:
				axes = append(axes, at)
				at++
			}
			lines = append(lines, m)
		}
		return b.Broadcast(b.Reshape(x, lines), n.Type.Shape, axes)
	}
	left := spread(x, n.Attrs.Contract[0])
	return b.Add(b.Mul(left, spread(y, n.Attrs.Contract[1])), b.Fill(n.Type, 0))
}

// log1pExp is log(1 + exp(-|x|)).
func log1pExp(b *expr.Builder, x expr.ID) expr.ID {
	return b.Apply(expr.OpLog1p, b.Exp(b.Neg(b.Apply(expr.OpAbs, x))))
}

func logaddexp(b *expr.Builder, x, y expr.ID) expr.ID {
	same := b.Add(x, b.Fill(b.Type(x), math.Ln2)) // infinities of one sign, too
	return b.Select(b.Equal(x, y), same, b.Add(b.Apply(expr.OpMax, x, y), log1pExp(b, b.Sub(x, y))))
}

func logsumexp(b *expr.Builder, x expr.ID, n *expr.Node) expr.ID {
	shape, axes := b.Type(x).Shape, n.Attrs.Axes
	var keep []int
	for d := range shape {
		reduced := false
		for _, a := range axes {
			reduced = reduced || a == d
		}
		if !reduced {
			keep = append(keep, d)
		}
	}
	m := b.Reduce(expr.OpReduceMax, x, axes...)
	is := b.Apply(expr.OpIsFinite, m)
	zero := b.Fill(n.Type, 0)
	base := b.Select(is, m, zero)
	s := b.Sum(b.Exp(b.Sub(x, b.Broadcast(base, shape, keep))), axes...)
	return b.Select(is, b.Add(m, b.Log(s)), m)
}

// cumlogsumexp is m + log(s) with the running maximum m and s_k = s_(k-1) exp(m_(k-1) - m_k) + exp(x_k - m_k).
func cumlogsumexp(b *expr.Builder, x expr.ID, n *expr.Node) expr.ID {
	a := attrsOf(n)
	t := n.Type
	m := emit(b, expr.OpCummax, a, x)
	is := b.Apply(expr.OpIsFinite, m)
	base := b.Select(is, m, b.Fill(t, 0))
	delay := 1
	if a.Reverse {
		delay = -1
	}
	before := b.Roll(base, []int{a.Axis}, []int{delay}) // the recurrence does not look at its first factor
	shrink := b.Exp(b.Apply(expr.OpMin, b.Sub(before, base), b.Fill(t, 0)))
	s := emit(b, expr.OpLinearRecurrence, a, shrink, b.Exp(b.Sub(x, base)))
	return b.Select(is, b.Add(base, b.Log(s)), m)
}

// emit is Emit of what fits.
func emit(b *expr.Builder, op expr.Op, a *expr.Attrs, x ...expr.ID) expr.ID {
	id, err := b.Emit(op, a, x...)
	if err != nil {
		panic(err)
	}
	return id
}
