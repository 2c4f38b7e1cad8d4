package engine

import (
	"slices"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/simd"
)

// side is an operand of a product: lines x terms (or terms x lines) matrices, one per batch index, in the memory of v's root.
type side struct {
	v          *view // nil after packing
	pack       *view // to be copied into memory first, axes (batch, lines, terms)
	line, term int   // strides
	lines      int
	offset     int
	batch      []run
	mem        int32
	n          int // terms
}

// sideOf reads operand k of dot_general through its view, or asks for a packed copy where lines or terms have no single stride.
func (pl *planner) sideOf(n *expr.Node, k int) *side {
	x := n.Args[k]
	t := pl.node(x).Type
	batch, terms := n.Attrs.Batch[k], n.Attrs.Contract[k]
	var lines []int
	for d := range t.Shape {
		if !slices.Contains(batch, d) && !slices.Contains(terms, d) {
			lines = append(lines, d)
		}
	}
	v := pl.viewOf(x)
	if s := asSide(v, batch, lines, terms); s != nil {
		return s
	}
	turn := &expr.Node{Op: expr.OpTranspose, Attrs: &expr.Attrs{Axes: slices.Concat(batch, lines, terms)}}
	packed := v.of(turn)
	if packed == nil {
		pl.v[x].need = true
		packed = whole(x, t.Shape).of(turn)
	}
	shape := make([]int, len(packed.axes))
	for d, a := range packed.axes {
		shape[d] = a.n
	}
	b, l := len(batch), len(lines)
	s := asSide(whole(x, shape), upTo(0, b), upTo(b, b+l), upTo(b+l, len(shape)))
	s.v, s.pack = nil, packed
	return s
}

func upTo(from, to int) (out []int) {
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

func asSide(v *view, batch, lines, terms []int) *side {
	if v.flat {
		return nil
	}
	st := strides(v.shape)
	stride := func(d int) run {
		a := v.axes[d]
		if a.src < 0 || a.n == 1 {
			return run{n: a.n}
		}
		return run{n: a.n, stride: a.step * st[a.src], roll: a.roll}
	}
	s := &side{v: v}
	for a, x := range v.start {
		s.offset += x * st[a]
	}
	for _, d := range batch {
		s.batch = append(s.batch, stride(d))
	}
	one := func(axes []int) (r run, ok bool) {
		r = run{n: 1}
		for _, d := range axes {
			x := stride(d)
			switch {
			case x.roll != 0 || x.stride < 0:
				return r, false
			case x.n == 1:
			case r.n == 1:
				r = x
			case r.stride == x.n*x.stride:
				r = run{n: r.n * x.n, stride: x.stride}
			default:
				return r, false
			}
		}
		return r, true
	}
	for _, r := range s.batch {
		if r.roll != 0 || r.stride < 0 {
			return nil
		}
	}
	l, ok := one(lines)
	t, ok2 := one(terms)
	if !ok || !ok2 {
		return nil
	}
	s.line, s.lines, s.term, s.n = l.stride, l.n, t.stride, t.n
	if l.n == 1 { // a row or column lies as the kernels like it
		s.line = 1
	}
	return s
}

func (pl *planner) demandDot(n *expr.Node) {
	for k := range 2 {
		if s := pl.sideOf(n, k); s.pack != nil {
			pl.demand(s.pack)
		} else {
			pl.v[s.v.root].need = true
		}
	}
}

// longProduct is the work in flops after which a product looks whether it should stop.
const longProduct = 1 << 32

// product is a checked dot_general: batches outer x inner of (rows, terms) (terms, cols).
type product struct {
	x, y              *side
	out               int32
	rows, cols, terms int
	row, col          int        // strides of the result
	outer             []batchRun // further batch axes
	inner             batchRun
	sizes             [3]int // elements of out, x, y from their offsets
}

type batchRun struct{ n, x, y, out int }

// placed tells where the rows, columns and batches of a product lie whose only reader is transpose id of it: it is written as that reads it,
// unless neither rows nor columns would be in one piece. Nil where id is no such transpose.
func (pl *planner) placed(id expr.ID) *side {
	t := pl.node(id)
	n := pl.node(t.Args[0])
	if n.Op != expr.OpDotGeneral || n.Type.Dtype != array.Float64 && n.Type.Dtype != array.Float32 || n.Type.Len() == 0 {
		return nil
	}
	back := make([]int, len(t.Attrs.Axes))
	for k, d := range t.Attrs.Axes {
		back[d] = k
	}
	v := whole(id, t.Type.Shape).of(&expr.Node{Op: expr.OpTranspose, Attrs: &expr.Attrs{Axes: back}})
	b := len(n.Attrs.Batch[0])
	l := b + len(pl.node(n.Args[0]).Type.Shape) - b - len(n.Attrs.Contract[0])
	s := asSide(v, upTo(0, b), upTo(b, l), upTo(l, len(back)))
	if s == nil || s.line != 1 && s.term != 1 && s.n != 1 {
		return nil
	}
	return s
}

// dot adds the stage of a product, or of a transpose of one that is its only reader.
func (pl *planner) dot(id expr.ID) {
	n := pl.node(id)
	var at *side
	if n.Op == expr.OpTranspose {
		at = pl.placed(id)
		n = pl.node(n.Args[0])
	}
	p := &product{x: pl.sideOf(n, 0), y: pl.sideOf(n, 1), out: pl.storage(id)}
	size := n.Type.Dtype.Size()
	for k, s := range []*side{p.x, p.y} {
		t := pl.node(n.Args[k]).Type
		elements := t.Len()
		if s.pack == nil {
			s.mem = pl.storage(s.v.root)
			elements = pl.node(s.v.root).Type.Len()
		} else {
			s.mem = pl.memory(memory{bytes: t.Len() * size})
			if t.Len() > 0 {
				nest, item := pl.read(s.pack, 0)
				nest.store(pl, item, s.mem, t.Dtype)
			}
		}
		p.sizes[k+1] = elements - s.offset
	}
	p.rows, p.cols, p.terms = p.x.lines, p.y.lines, p.x.n
	p.sizes[0] = n.Type.Len()
	p.row, p.col = p.cols, 1
	if at != nil {
		p.row, p.col = at.line, at.term
		if p.cols == 1 {
			p.col = 1
		}
	}
	stride := p.rows * p.cols
	var runs []batchRun
	for k := len(p.x.batch) - 1; k >= 0; k-- { // innermost first, merged where all allow it
		x, y := p.x.batch[k], p.y.batch[k]
		if x.n == 1 {
			continue
		}
		r := batchRun{x.n, x.stride, y.stride, stride}
		if at != nil {
			r.out = at.batch[k].stride
		}
		stride *= x.n
		if last := len(runs) - 1; last >= 0 && r.x == runs[last].n*runs[last].x && r.y == runs[last].n*runs[last].y && r.out == runs[last].n*runs[last].out {
			runs[last].n *= r.n
			continue
		}
		runs = append(runs, r)
	}
	p.inner = batchRun{n: 1}
	if len(runs) > 0 {
		p.inner, p.outer = runs[0], runs[1:]
	}
	v := &pl.v[id]
	flops := 2 * float64(n.Type.Len()) * float64(p.terms)
	s := stage{name: "dot_general", canonical: true, reads: []int32{p.x.mem, p.y.mem}, writes: []int32{p.out}, cost: flops / 30}
	switch n.Type.Dtype {
	case array.Float64:
		s.run = func(c *call) error { return multiply[float64](c, p, linalg.MultiplyBatch[float64]) }
	case array.Float32:
		s.run = func(c *call) error { return multiply[float32](c, p, linalg.MultiplyBatch[float32]) }
	case array.Complex128:
		s.run = func(c *call) error { return multiply[complex128](c, p, linalg.MultiplyComplexBatch[complex128]) }
	case array.Complex64:
		s.run = func(c *call) error { return multiply[complex64](c, p, linalg.MultiplyComplexBatch[complex64]) }
	case array.Int64:
		integerProduct[int64](&s, p)
	case array.Int32:
		integerProduct[int32](&s, p)
	}
	if n.Type.Len() == 0 {
		s.unit, s.run = nil, func(*call) error { return nil }
	}
	v.stage = pl.addStage(s)
}

func multiply[T linalg.Real | linalg.Complex](c *call, p *product, f func(n int, c, a, b linalg.Matrix[T], sc, sa, sb int, onto bool, w *linalg.Workspace) error) error {
	out := unsafe.Slice((*T)(c.ptr(p.out)), p.sizes[0])
	var x, y []T
	if p.sizes[1] > 0 {
		x = unsafe.Slice((*T)(c.ptr(p.x.mem)), p.x.offset+p.sizes[1])[p.x.offset:]
	}
	if p.sizes[2] > 0 {
		y = unsafe.Slice((*T)(c.ptr(p.y.mem)), p.y.offset+p.sizes[2])[p.y.offset:]
	}
	batches := 1
	for _, r := range p.outer {
		batches *= r.n
	}
	step, items := p.rows, p.inner.n
	most, least := longProduct, 192 // rows: fewer would pack too often
	if simd.Current() == simd.Scalar {
		most, least = most/64, 4
	}
	work := 2 * p.rows * p.cols * p.terms
	if work > most {
		step = max(least, most/(2*p.cols*p.terms)&^63)
	}
	items = min(items, max(most/max(work, 1), 1))
	for k := range batches {
		ox, oy, oc := 0, 0, 0
		for i := k; len(p.outer) > 0; {
			for _, r := range p.outer {
				ox, oy, oc = ox+i%r.n*r.x, oy+i%r.n*r.y, oc+i%r.n*r.out
				i /= r.n
			}
			break
		}
		for first := 0; first < p.inner.n; first += items {
			for from := 0; from < p.rows; from += step {
				rows := min(step, p.rows-from)
				a := linalg.Matrix[T]{Data: part(x, ox+first*p.inner.x+from*p.x.line), Rows: rows, Cols: p.terms, Row: p.x.line, Col: p.x.term}
				b := linalg.Matrix[T]{Data: part(y, oy+first*p.inner.y), Rows: p.terms, Cols: p.cols, Row: p.y.term, Col: p.y.line}
				m := linalg.Matrix[T]{Data: out[oc+first*p.inner.out+from*p.row:], Rows: rows, Cols: p.cols, Row: p.row, Col: p.col}
				if err := f(min(items, p.inner.n-first), m, a, b, p.inner.out, p.inner.x, p.inner.y, false, c.products); err != nil {
					return err
				}
				if c.stopped() {
					return nil
				}
			}
		}
	}
	return nil
}

func part[T any](x []T, from int) []T { return x[min(from, len(x)):] }
