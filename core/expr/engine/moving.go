package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
)

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

// dense tells that the block is one piece on both sides.
func (m *move) dense() bool { return len(m.n) == 1 && m.dst[0] == 1 && m.src[0] == 1 }

// lines is the number of lines along the last axis.
func (m *move) lines() int { return count(m.n[:len(m.n)-1]) }

// line is where line i starts on both sides.
func (m *move) line(i int) (d, s int) {
	d, s = m.d, m.s
	for l := len(m.n) - 2; l >= 0; l-- {
		j := i % m.n[l]
		i /= m.n[l]
		d, s = d+j*m.dst[l], s+j*m.src[l]
	}
	return d, s
}

// combining is what a move or a scatter does with the elements on both sides.
type combining uint8

const (
	setting combining = iota
	adding
	multiplying
	maximum
	minimum
)

var combinings = map[string]combining{"set": setting, "add": adding, "mul": multiplying, "max": maximum, "min": minimum}

// mover treats n elements of dst and src at distances of ds and ss.
type mover func(dst, src unsafe.Pointer, n, ds, ss int)

func moverOf(d array.Dtype, how combining) mover {
	if how == setting {
		switch d.Size() {
		case 1:
			return copyLine[uint8]
		case 4:
			return copyLine[uint32]
		case 8:
			return copyLine[uint64]
		}
		return copyLine[[2]uint64]
	}
	switch d {
	case array.Float64:
		return vectorLine[float64](how)
	case array.Float32:
		return vectorLine[float32](how)
	case array.Complex128:
		return complexLine[complex128](how)
	case array.Complex64:
		return complexLine[complex64](how)
	case array.Int64:
		return plainLine[int64](how)
	}
	return plainLine[int32](how)
}

func copyLine[T any](dst, src unsafe.Pointer, n, ds, ss int) {
	if ds == 1 && ss == 1 {
		copy(unsafe.Slice((*T)(dst), n), unsafe.Slice((*T)(src), n))
		return
	}
	size := int(unsafe.Sizeof(*new(T)))
	for i := range n {
		*(*T)(unsafe.Add(dst, i*ds*size)) = *(*T)(unsafe.Add(src, i*ss*size))
	}
}

func vectorLine[T simd.Real](how combining) mover {
	f := [...]func(dst, a, b []T){adding: simd.Add[T], multiplying: simd.Mul[T], maximum: simd.Max[T], minimum: simd.Min[T]}[how]
	plain := plainLine[T](how)
	return func(dst, src unsafe.Pointer, n, ds, ss int) {
		if ds == 1 && ss == 1 && n > few {
			x := unsafe.Slice((*T)(dst), n)
			f(x, x, unsafe.Slice((*T)(src), n))
			return
		}
		plain(dst, src, n, ds, ss)
	}
}

func plainLine[T float64 | float32 | int64 | int32](how combining) mover {
	size := int(unsafe.Sizeof(*new(T)))
	return func(dst, src unsafe.Pointer, n, ds, ss int) {
		for i := range n {
			x, y := (*T)(unsafe.Add(dst, i*ds*size)), *(*T)(unsafe.Add(src, i*ss*size))
			switch how {
			case adding:
				*x += y
			case multiplying:
				*x *= y
			case maximum:
				*x = larger(*x, y)
			case minimum:
				*x = smaller(*x, y)
			}
		}
	}
}

func complexLine[T complexes](how combining) mover {
	size := int(unsafe.Sizeof(*new(T)))
	return func(dst, src unsafe.Pointer, n, ds, ss int) {
		for i := range n {
			x, y := (*T)(unsafe.Add(dst, i*ds*size)), *(*T)(unsafe.Add(src, i*ss*size))
			if how == adding {
				*x += y
			} else {
				*x = mulComplex(*x, y)
			}
		}
	}
}

// step is a move from a memory, in pieces of lines.
type step struct {
	m           *move
	from        int32
	do          mover
	first, last int // units
	pieces, per int // of a line, or lines in a unit where pieces is 0
}

// newStep cuts the move into units from first on.
func newStep(m *move, from int32, do mover, first int) step {
	s := step{m: m, from: from, do: do, first: first}
	n := m.n[len(m.n)-1]
	if n >= 2*unitLen {
		s.pieces = n / unitLen
		s.last = first + m.lines()*s.pieces
		return s
	}
	var units int
	units, s.per = divided(m.lines(), n)
	s.last = first + units
	return s
}

func (s *step) run(dst, src unsafe.Pointer, size, u int) {
	m := s.m
	l := len(m.n) - 1
	if s.pieces > 0 {
		d, from := m.line(u / s.pieces)
		k := u % s.pieces
		lo, hi := m.n[l]*k/s.pieces, m.n[l]*(k+1)/s.pieces
		s.do(unsafe.Add(dst, (d+lo*m.dst[l])*size), unsafe.Add(src, (from+lo*m.src[l])*size), hi-lo, m.dst[l], m.src[l])
		return
	}
	for i := u * s.per; i < min((u+1)*s.per, m.lines()); i++ {
		d, from := m.line(i)
		s.do(unsafe.Add(dst, d*size), unsafe.Add(src, from*size), m.n[l], m.dst[l], m.src[l])
	}
}

// start adds the stage that makes out a copy of x (x < 0: zeros) before parts of it are changed. Where x is not needed afterwards the two are
// the same memory, see Executable.reuse.
func (pl *planner) start(name string, out, x int32, bytes int) {
	units := max(1, bytes/(8*unitLen))
	s := stage{name: name, writes: []int32{out}, cost: 0.02 * float64(bytes), units: units}
	if x >= 0 {
		s.reads, s.keeps = []int32{x}, true
	}
	s.unit = func(f *frame, u int) {
		lo, hi := bytes*u/units, bytes*(u+1)/units
		to := unsafe.Slice((*byte)(f.ptr[out]), bytes)[lo:hi]
		if x < 0 {
			clear(to)
		} else if f.ptr[x] != f.ptr[out] {
			copy(to, unsafe.Slice((*byte)(f.ptr[x]), bytes)[lo:hi])
		}
	}
	pl.addStage(s)
}

// moves makes concatenate, pad and slice_update: the result is filled, then blocks are moved into it.
func (pl *planner) moves(s *stage, n *expr.Node) {
	shape, a := n.Type.Shape, attrsOf(n)
	st := strides(shape)
	size := n.Type.Dtype.Size()
	out := s.writes[0]
	var steps []step
	add := func(m *move, from int32, how combining) {
		first := 0
		if len(steps) > 0 {
			first = steps[len(steps)-1].last
		}
		steps = append(steps, newStep(m, from, moverOf(n.Type.Dtype, how), first))
	}
	moved := 0
	switch n.Op {
	case expr.OpConcatenate:
		at := 0
		for k, x := range n.Args {
			xs := pl.node(x).Type.Shape
			if count(xs) > 0 {
				add(newMove(at*st[a.Axis], 0, xs, st, strides(xs)), s.reads[k], setting)
			}
			at += xs[a.Axis]
		}
		moved = count(shape)
	case expr.OpPad:
		pl.start("zeros", out, -1, bytesOf(n.Type))
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
		if moved = count(lengths); moved > 0 {
			add(newMove(d, from, lengths, dst, sx), s.reads[0], setting)
		}
	case expr.OpSliceUpdate:
		pl.start("copy", out, s.reads[0], bytesOf(n.Type))
		us := pl.node(n.Args[1]).Type.Shape
		d, dst := 0, make([]int, len(us))
		for k := range us {
			d += a.Start[k] * st[k]
			dst[k] = st[k]
			if a.Stride != nil {
				dst[k] *= a.Stride[k]
			}
		}
		if moved = count(us); moved > 0 {
			add(newMove(d, 0, us, dst, strides(us)), s.reads[1], combinings[a.Mode])
		}
		s.reads = append(s.reads[1:], out)
	}
	s.cost = 0.2 * float64(moved)
	if len(steps) > 0 {
		s.units = steps[len(steps)-1].last
	}
	s.unit = func(f *frame, u int) {
		for i := range steps {
			if t := &steps[i]; u < t.last {
				t.run(f.ptr[out], f.ptr[t.from], size, u-t.first)
				return
			}
		}
	}
}
