package engine

import (
	"slices"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/spec"
)

// placesLen is the number of index tuples that are looked up at once.
const placesLen = 1 << 10

// places finds, for the index arrays of gather and scatter, where they point in x.
type places struct {
	indices []int32
	axes    []int
	shape   []int // of x
	st      []int
	wide    bool  // int64
	back    []int // what is added to negative indices
}

func (pl *planner) placesOf(n *expr.Node, indices []int32) *places {
	shape := pl.node(n.Args[0]).Type.Shape
	p := &places{indices, attrsOf(n).Axes, shape, strides(shape), pl.node(n.Args[1]).Type.Dtype == array.Int64, make([]int, len(indices))}
	for k := range indices {
		if pl.unwrapped(n, k+1) != n.Args[k+1] {
			p.back[k] = shape[p.axes[k]]
		}
	}
	return p
}

// unwrapped is operand k of a node as its stage reads it: of an index array with negative ones counted from the end, where(i < 0, i + n, i),
// a gather or scatter reads i.
func (pl *planner) unwrapped(n *expr.Node, k int) expr.ID {
	id := n.Args[k]
	if n.Op != expr.OpGather && n.Op != expr.OpScatter || k == 0 || k > len(attrsOf(n).Axes) {
		return id
	}
	which := pl.node(id)
	if which.Op != expr.OpSelect {
		return id
	}
	i := which.Args[2]
	less, add := pl.node(which.Args[0]), pl.node(which.Args[1])
	if less.Op != expr.OpLess || add.Op != expr.OpAdd || less.Args[0] != i || add.Args[0] != i || !pl.always(less.Args[1], 0) ||
		!pl.always(add.Args[1], pl.node(n.Args[0]).Type.Shape[attrsOf(n).Axes[k-1]]) {
		return id
	}
	return i
}

// always tells that an integer value is the literal k everywhere.
func (pl *planner) always(id expr.ID, k int) bool {
	n := pl.node(id)
	for n.Op == expr.OpBroadcastInDim {
		n = pl.node(n.Args[0])
	}
	if n.Op != expr.OpConst || n.Type.Len() != 1 {
		return false
	}
	data := unsafe.Pointer(unsafe.SliceData(n.Attrs.Value.Data))
	switch n.Type.Dtype {
	case array.Int64:
		return *(*int64)(data) == int64(k)
	case array.Int32:
		return int(*(*int32)(data)) == k
	}
	return false
}

// find gives the places of tuples from..from+n, at most placesLen, in scratch that lasts for the unit.
func (p *places) find(f *frame, from, n int) ([]int, error) {
	to := scratch[int](f, n)
	clear(to)
	for k, axis := range p.axes {
		var bad int64
		var ok bool
		if p.wide {
			bad, ok = addPlaces(to, elements[int64](f, p.indices[k], from, n), p.shape[axis], p.st[axis], p.back[k])
		} else {
			bad, ok = addPlaces(to, elements[int32](f, p.indices[k], from, n), p.shape[axis], p.st[axis], p.back[k])
		}
		if !ok {
			return nil, outside(bad, axis, p.shape[axis])
		}
	}
	return to, nil
}

// addPlaces adds step times each index, or gives the first that is outside; back is added to negative ones.
func addPlaces[T int64 | int32](to []int, at []T, length, step, back int) (bad int64, ok bool) {
	to = to[:len(at)]
	for i, v := range at {
		j := int64(v)
		if j += int64(back) & (j >> 63); uint64(j) >= uint64(length) {
			return j, false
		}
		to[i] += int(j) * step
	}
	return 0, true
}

func outside(j int64, axis, length int) error {
	return spec.Errorf(spec.SpecError, "index %d is out of bounds for axis %d of length %d", j, axis, length)
}

// rest is the block of x that one index names, as a move to a dense block.
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

func (pl *planner) gather(s *stage, n *expr.Node) {
	size := n.Type.Dtype.Size()
	block, length := rest(pl.node(n.Args[0]).Type.Shape, attrsOf(n).Axes)
	times := pl.node(n.Args[1]).Type.Len()
	p := pl.placesOf(n, s.reads[1:])
	do := moverOf(n.Type.Dtype, setting)
	x, out := s.reads[0], s.writes[0]
	units, per := divided(times, length)
	if per > placesLen {
		per = placesLen
		units = (times + per - 1) / per
	}
	s.cost = float64(2*times) + float64(0.3*float64(times*length))
	s.units = units
	line := size == 8 && len(p.shape) == 1 && p.wide
	s.unit = func(f *frame, u int) {
		from := u * per
		m := min(per, times-from)
		if line {
			bad, ok := pickLine(elements[uint64](f, out, from, m), elements[uint64](f, x, 0, p.shape[0]), elements[int64](f, p.indices[0], from, m), int64(p.back[0]))
			if !ok {
				f.call.fail(u, outside(bad, 0, p.shape[0]))
			}
			return
		}
		at, err := p.find(f, from, m)
		if err != nil {
			f.call.fail(u, err)
			return
		}
		px, po := f.ptr[x], unsafe.Add(f.ptr[out], from*length*size)
		switch {
		case length == 1 && size == 8:
			pick[uint64](po, px, at)
		case length == 1 && size == 4:
			pick[uint32](po, px, at)
		case length == 1 && size == 16:
			pick[[2]uint64](po, px, at)
		case block.dense():
			for k, base := range at {
				do(unsafe.Add(po, k*length*size), unsafe.Add(px, base*size), length, 1, 1)
			}
		default:
			l := len(block.n) - 1
			for k, base := range at {
				for i := range block.lines() {
					d, from := block.line(i)
					do(unsafe.Add(po, (k*length+d)*size), unsafe.Add(px, (base+from)*size), block.n[l], block.dst[l], block.src[l])
				}
			}
		}
	}
}

// pickLine is to[i] = x[at[i]], or gives the first index that is outside.
func pickLine(to, x []uint64, at []int64, back int64) (bad int64, ok bool) {
	to = to[:len(at)]
	for i, j := range at {
		if j += back & (j >> 63); uint64(j) >= uint64(len(x)) {
			return j, false
		}
		to[i] = x[j]
	}
	return 0, true
}

func pick[T any](out, x unsafe.Pointer, at []int) {
	to := unsafe.Slice((*T)(out), len(at))
	for k, base := range at {
		to[k] = *ref[T](x, base)
	}
}

// sharedScatter is the number of parts of x, or of its blocks, among which a scatter is shared.
const sharedScatter = 64

// scatter changes a copy of x in the order of the indices, wherever it is shared: by parts of the blocks, or by parts of x, of which each
// worker takes those of its own.
func (pl *planner) scatter(s *stage, n *expr.Node) {
	d, a := n.Type.Dtype, attrsOf(n)
	size := d.Size()
	last := len(n.Args) - 1
	b, length := rest(n.Type.Shape, a.Axes)
	block := &move{n: b.n, dst: b.src, src: b.dst}
	how := combinings[a.Mode]
	do := moverOf(d, how)
	times := pl.node(n.Args[1]).Type.Len()
	p := pl.placesOf(n, s.reads[1:last])
	x, u, out := s.reads[0], s.reads[last], s.writes[0]
	pl.start("copy", out, x, bytesOf(n.Type))
	s.reads = append(s.reads[1:], out)
	s.cost = float64(3*times) + float64(0.3*float64(times*length))
	total := n.Type.Len()
	l := len(block.n) - 1
	columns := 0 // parts of a block
	if length >= 256 {
		columns = min((length+255)/256, sharedScatter)
	}
	single := singles(d, how)
	if s.units = sharedScatter; s.cost <= parallelCost || length == 0 {
		s.units = 1
	}
	s.unit = func(f *frame, unit int) {
		n := f.workers
		if n = min(n, s.units); columns > 0 {
			n = min(n, columns)
		}
		w := (unit*n + s.units - 1) / s.units
		if s.units*w/n != unit || length == 0 {
			return
		}
		lo, hi := total*w/n, total*(w+1)/n
		po, pu := f.ptr[out], f.ptr[u]
		for from := 0; from < times; from += placesLen {
			m := min(placesLen, times-from)
			at, err := p.find(f, from, m)
			if err != nil {
				f.call.fail(from, err)
				return
			}
			if s.cost > longStage && f.call.stopped() {
				return
			}
			if length == 1 {
				single(po, unsafe.Add(pu, from*size), at, lo, hi)
				continue
			}
			for k, base := range at {
				src := unsafe.Add(pu, (from+k)*length*size)
				if columns == 0 {
					if base < lo || base >= hi {
						continue
					}
					for i := range block.lines() {
						d, s := block.line(i)
						do(unsafe.Add(po, (base+d)*size), unsafe.Add(src, s*size), block.n[l], block.dst[l], block.src[l])
					}
					continue
				}
				if lines := block.lines(); lines >= n { // whole lines each, or a part of the only ones
					for i := lines * w / n; i < lines*(w+1)/n; i++ {
						d, s := block.line(i)
						do(unsafe.Add(po, (base+d)*size), unsafe.Add(src, s*size), block.n[l], block.dst[l], block.src[l])
					}
				} else {
					c, e := block.n[l]*w/n, block.n[l]*(w+1)/n
					for i := range lines {
						d, s := block.line(i)
						do(unsafe.Add(po, (base+d+c*block.dst[l])*size), unsafe.Add(src, (s+c*block.src[l])*size), e-c, block.dst[l], block.src[l])
					}
				}
			}
		}
	}
}

// singles combines single elements at the places within [lo, hi).
func singles(d array.Dtype, how combining) func(out, u unsafe.Pointer, at []int, lo, hi int) {
	switch {
	case how == setting && d.Size() == 8:
		return setSingles[uint64]
	case how == adding && d == array.Float64:
		return addSingles[float64]
	case how == adding && d == array.Float32:
		return addSingles[float32]
	case how == adding && d == array.Int64:
		return addSingles[int64]
	case how == adding && d == array.Complex128:
		return addSingles[complex128]
	}
	do, size := moverOf(d, how), d.Size()
	return func(out, u unsafe.Pointer, at []int, lo, hi int) {
		for k, base := range at {
			if base >= lo && base < hi {
				do(unsafe.Add(out, base*size), unsafe.Add(u, k*size), 1, 1, 1)
			}
		}
	}
}

func setSingles[T any](out, u unsafe.Pointer, at []int, lo, hi int) {
	from := unsafe.Slice((*T)(u), len(at))
	for k, base := range at {
		if base >= lo && base < hi {
			*ref[T](out, base) = from[k]
		}
	}
}

// addSingles keeps the sum of a place in a register while the next index names it again.
func addSingles[T float64 | float32 | int64 | complex128](out, u unsafe.Pointer, at []int, lo, hi int) {
	from := unsafe.Slice((*T)(u), len(at))
	here := -1
	var sum T
	for k, base := range at {
		if base < lo || base >= hi {
			continue
		}
		if base == here {
			sum += from[k]
			continue
		}
		if here >= 0 {
			*ref[T](out, here) = sum
		}
		here, sum = base, *ref[T](out, base)+from[k]
	}
	if here >= 0 {
		*ref[T](out, here) = sum
	}
}
