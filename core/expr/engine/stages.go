package engine

import (
	"slices"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// stage adds the stage of a node that nests don't know. Its operands are in memory in C order.
func (pl *planner) stage(id expr.ID) error {
	n := pl.node(id)
	if n.Op == expr.OpDotGeneral && hasProducts(n.Type.Dtype) {
		pl.dot(id)
		return nil
	}
	results := []int32{pl.storage(id)}
	types := pl.p.ResultTypes(id)
	for k := 1; k < len(types); k++ {
		results = append(results, -1)
	}
	for _, i := range pl.results[id] {
		if k := pl.node(i).Attrs.N; results[k] < 0 {
			results[k] = pl.storage(i)
		} else {
			pl.v[i].mem = results[k]
		}
	}
	for k := range results {
		if results[k] < 0 {
			results[k] = pl.memory(memory{bytes: bytesOf(types[k])})
		}
	}
	s := stage{name: n.Op.String(), writes: results, cost: float64(n.Type.Len())}
	for _, x := range n.Args {
		s.reads = append(s.reads, pl.inputOf(x))
	}
	if n.Type.Len() > 0 || len(types) > 1 {
		pl.fillStage(&s, id)
	} else {
		s.run = func(*call) error { return nil }
	}
	at := pl.addStage(s)
	pl.v[id].stage = at
	for _, i := range pl.results[id] {
		pl.v[i].stage = at
	}
	return nil
}

func (pl *planner) fillStage(s *stage, id expr.ID) {
	n := pl.node(id)
	switch n.Op {
	case expr.OpConcatenate, expr.OpPad, expr.OpSliceUpdate:
		if pl.moves(s, n) {
			return
		}
	case expr.OpGather:
		if pl.gather(s, n) {
			return
		}
	case expr.OpScatter:
		if pl.scatter(s, n) {
			return
		}
	case expr.OpFft, expr.OpIfft, expr.OpRfft, expr.OpIrfft:
		pl.transform(s, n)
		return
	case expr.OpCholesky, expr.OpTriangularSolve, expr.OpSolve, expr.OpInv, expr.OpLu, expr.OpLuSolve, expr.OpSlogdet, expr.OpEigh, expr.OpQr, expr.OpSvd,
		expr.OpEig, expr.OpFunm, expr.OpFunmTangent:
		if pl.factor(s, id) {
			return
		}
	case expr.OpRandomBits, expr.OpRandomUniform, expr.OpRandomNormal, expr.OpRandomLoggamma, expr.OpRandomPoisson, expr.OpRandomVonMises:
		pl.random(s, n)
		return
	}
	s.name += " (reference)"
	s.cost *= 100
	types := pl.p.ResultTypes(id)
	reads, writes := s.reads, s.writes
	s.run = func(c *call) error {
		view := func(m int32, t expr.Type) *array.Array {
			return &array.Array{Dtype: t.Dtype, Shape: t.Shape, Data: bytesAt(c.ptr(m), bytesOf(t))}
		}
		x, out := make([]*array.Array, len(reads)), make([]*array.Array, len(writes))
		for k, m := range reads {
			x[k] = view(m, pl.p.Nodes[n.Args[k]].Type)
		}
		for k, m := range writes {
			out[k] = view(m, types[k])
		}
		return pl.p.Evaluate(id, x, out)
	}
}

func bytesAt(p unsafe.Pointer, n int) []byte {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}

// move copies a block between two arrays: elements at d + sum i_k dst_k from s + sum i_k src_k.
type move struct {
	d, s     int
	n        []int
	dst, src []int
}

// newMove is a block with axes of length 1 dropped and neighbours merged; the last axis is the fastest.
func newMove(d, s int, n, dst, src []int) *move {
	m := &move{d: d, s: s}
	for k := range n {
		if n[k] == 1 {
			continue
		}
		if l := len(m.n) - 1; l >= 0 && m.dst[l] == n[k]*dst[k] && m.src[l] == n[k]*src[k] {
			m.n[l], m.dst[l], m.src[l] = m.n[l]*n[k], dst[k], src[k]
			continue
		}
		m.n, m.dst, m.src = append(m.n, n[k]), append(m.dst, dst[k]), append(m.src, src[k])
	}
	if len(m.n) == 0 {
		m.n, m.dst, m.src = []int{count(n)}, []int{1}, []int{1}
	}
	return m
}

// lines calls f for each line along the last axis.
func (m *move) lines(f func(d, s, n, dstep, sstep int)) {
	k := len(m.n) - 1
	outer := count(m.n[:k])
	for i := range outer {
		d, s := m.d, m.s
		for l := k - 1; l >= 0; l-- {
			j := i % m.n[l]
			i /= m.n[l]
			d, s = d+j*m.dst[l], s+j*m.src[l]
		}
		f(d, s, m.n[k], m.dst[k], m.src[k])
	}
}

func copyMove[T any](m *move, dst, src unsafe.Pointer) {
	size := int(unsafe.Sizeof(*new(T)))
	m.lines(func(d, s, n, ds, ss int) {
		pd, ps := unsafe.Add(dst, d*size), unsafe.Add(src, s*size)
		if ds == 1 && ss == 1 {
			copy(unsafe.Slice((*T)(pd), n), unsafe.Slice((*T)(ps), n))
			return
		}
		for i := range n {
			*(*T)(unsafe.Add(pd, i*ds*size)) = *(*T)(unsafe.Add(ps, i*ss*size))
		}
	})
}

func addMove[T number](m *move, dst, src unsafe.Pointer) {
	size := int(unsafe.Sizeof(*new(T)))
	m.lines(func(d, s, n, ds, ss int) {
		pd, ps := unsafe.Add(dst, d*size), unsafe.Add(src, s*size)
		if ds == 1 && ss == 1 {
			switch x := any(unsafe.Slice((*T)(pd), n)).(type) {
			case []float64:
				simd.Add(x, x, unsafe.Slice((*float64)(ps), n))
				return
			case []float32:
				simd.Add(x, x, unsafe.Slice((*float32)(ps), n))
				return
			}
		}
		for i := range n {
			*(*T)(unsafe.Add(pd, i*ds*size)) += *(*T)(unsafe.Add(ps, i*ss*size))
		}
	})
}

type mover func(m *move, dst, src unsafe.Pointer)

func moverOf(size int) mover {
	switch size {
	case 1:
		return copyMove[uint8]
	case 4:
		return copyMove[uint32]
	case 8:
		return copyMove[uint64]
	}
	return copyMove[[2]uint64]
}

func adderOf(d array.Dtype) mover {
	switch d {
	case array.Float64:
		return addMove[float64]
	case array.Float32:
		return addMove[float32]
	case array.Complex128:
		return addMove[complex128]
	case array.Complex64:
		return addMove[complex64]
	case array.Int64:
		return addMove[int64]
	case array.Int32:
		return addMove[int32]
	}
	return nil
}

// moves makes concatenate, pad and slice_update: the result is filled, then blocks are copied into it.
func (pl *planner) moves(s *stage, n *expr.Node) bool {
	shape, a := n.Type.Shape, n.Attrs
	st := strides(shape)
	size := n.Type.Dtype.Size()
	type step struct {
		m    *move
		from int32
		do   mover
	}
	var steps []step
	zero := false
	out := s.writes[0]
	switch n.Op {
	case expr.OpConcatenate:
		at := 0
		for k, x := range n.Args {
			xs := pl.node(x).Type.Shape
			if count(xs) > 0 {
				steps = append(steps, step{newMove(at*st[a.Axis], 0, xs, st, strides(xs)), s.reads[k], moverOf(size)})
			}
			at += xs[a.Axis]
		}
	case expr.OpPad:
		zero = true
		xs := pl.node(n.Args[0]).Type.Shape
		sx := strides(xs)
		d, from := 0, 0
		lengths, dst := make([]int, len(xs)), make([]int, len(xs))
		for k, m := range xs {
			step := 1
			if a.Interior != nil {
				step += a.Interior[k]
			}
			lo := 0 // first index that stays
			if a.Low[k] < 0 {
				lo = (-a.Low[k] + step - 1) / step
			}
			hi := m // behind the last one
			if over := a.Low[k] + (m-1)*step - (shape[k] - 1); over > 0 {
				hi = m - (over+step-1)/step
			}
			lengths[k], dst[k] = max(hi-lo, 0), st[k]*step
			d, from = d+(a.Low[k]+lo*step)*st[k], from+lo*sx[k]
		}
		if count(lengths) > 0 {
			steps = append(steps, step{newMove(d, from, lengths, dst, sx), s.reads[0], moverOf(size)})
		}
	case expr.OpSliceUpdate:
		steps = append(steps, step{newMove(0, 0, []int{count(shape)}, []int{1}, []int{1}), s.reads[0], moverOf(size)})
		us := pl.node(n.Args[1]).Type.Shape
		d, dst := 0, make([]int, len(us))
		for k := range us {
			d += a.Start[k] * st[k]
			dst[k] = st[k]
			if a.Stride != nil {
				dst[k] *= a.Stride[k]
			}
		}
		do := moverOf(size)
		if a.Mode == "add" {
			do = adderOf(n.Type.Dtype)
		}
		if count(us) > 0 {
			steps = append(steps, step{newMove(d, 0, us, dst, strides(us)), s.reads[1], do})
		}
	}
	bytes := bytesOf(n.Type)
	s.cost = 0.2 * float64(n.Type.Len())
	s.run = func(c *call) error {
		if zero {
			clear(bytesAt(c.ptr(out), bytes))
		}
		for i := range steps {
			steps[i].do(steps[i].m, c.ptr(out), c.ptr(steps[i].from))
		}
		return nil
	}
	return true
}

// places gives, for the index arrays of gather and scatter, the offset of element k in x.
func (pl *planner) places(s *stage, n *expr.Node, indices []int32) func(c *call, k int) (int, error) {
	xs := pl.node(n.Args[0]).Type.Shape
	st := strides(xs)
	wide := pl.node(n.Args[1]).Type.Dtype == array.Int64
	axes := n.Attrs.Axes
	return func(c *call, k int) (base int, err error) {
		for i, axis := range axes {
			var j int
			if p := c.ptr(indices[i]); wide {
				j = int(*(*int64)(unsafe.Add(p, 8*k)))
			} else {
				j = int(*(*int32)(unsafe.Add(p, 4*k)))
			}
			if uint(j) >= uint(xs[axis]) {
				return 0, spec.Errorf(spec.SpecError, "index %d is out of bounds for axis %d of length %d", j, axis, xs[axis])
			}
			base += j * st[axis]
		}
		return base, nil
	}
}

// rest is the block of x that one index names, as a move to (or from) a dense block.
func rest(shape, axes []int) (block *move, length int) {
	var n, src []int
	st := strides(shape)
	for d, m := range shape {
		if !slices.Contains(axes, d) {
			n, src = append(n, m), append(src, st[d])
		}
	}
	return newMove(0, 0, n, strides(n), src), count(n)
}

func (pl *planner) gather(s *stage, n *expr.Node) bool {
	size := n.Type.Dtype.Size()
	block, length := rest(pl.node(n.Args[0]).Type.Shape, n.Attrs.Axes)
	times := pl.node(n.Args[1]).Type.Len()
	place := pl.places(s, n, s.reads[1:])
	do := moverOf(size)
	x, out := s.reads[0], s.writes[0]
	one := length == 1 && size == 8
	s.cost = float64(2*times) + float64(0.2*float64(times*length))
	s.run = func(c *call) error {
		px, po := c.ptr(x), c.ptr(out)
		for k := range times {
			base, err := place(c, k)
			if err != nil {
				return err
			}
			if one {
				*(*uint64)(unsafe.Add(po, 8*k)) = *(*uint64)(unsafe.Add(px, 8*base))
				continue
			}
			do(block, unsafe.Add(po, k*length*size), unsafe.Add(px, base*size))
		}
		return nil
	}
	return true
}

func (pl *planner) scatter(s *stage, n *expr.Node) bool {
	d := n.Type.Dtype
	size := d.Size()
	last := len(n.Args) - 1
	b, length := rest(n.Type.Shape, n.Attrs.Axes)
	block := &move{n: b.n, dst: b.src, src: b.dst}
	var do mover
	switch n.Attrs.Mode {
	case "set":
		do = moverOf(size)
	case "add":
		do = adderOf(d)
	default:
		return false
	}
	times := pl.node(n.Args[1]).Type.Len()
	place := pl.places(s, n, s.reads[1:last])
	x, u, out := s.reads[0], s.reads[last], s.writes[0]
	bytes := bytesOf(n.Type)
	s.cost = float64(3*times) + float64(0.2*float64(times*length)) + float64(0.1*float64(n.Type.Len()))
	one := length == 1 && n.Attrs.Mode == "add" && d == array.Float64
	s.run = func(c *call) error {
		po, pu := c.ptr(out), c.ptr(u)
		copy(bytesAt(po, bytes), bytesAt(c.ptr(x), bytes))
		if length == 0 {
			return nil
		}
		for k := range times {
			base, err := place(c, k)
			if err != nil {
				return err
			}
			if one {
				*(*float64)(unsafe.Add(po, 8*base)) += *(*float64)(unsafe.Add(pu, 8*k))
				continue
			}
			do(block, unsafe.Add(po, base*size), unsafe.Add(pu, k*length*size))
		}
		return nil
	}
	return true
}
