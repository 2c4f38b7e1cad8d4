package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// load brings the elements of a layout, in C order, to the tile: where they follow each other in memory by pointing there, else by copying.
type load struct {
	layout
	src    int32 // memory
	own    int32 // slot of the register for copies
	size   int
	copies bool // always into the register
	copy   func(f *frame, l *load, dst unsafe.Pointer, n int)
}

// runLoad is the instruction.
func runLoad(f *frame, in *instr, n int) {
	l := in.load
	if !l.copies {
		if p := l.within(f, n); p != nil {
			f.ptr[in.d] = p
			return
		}
	}
	dst := f.ptr[l.own]
	f.ptr[in.d] = dst
	l.copy(f, l, dst, n)
}

// within is where the tile lies if it lies in one piece.
func (l *load) within(f *frame, n int) unsafe.Pointer {
	k := len(l.runs) - 1
	in := l.runs[k]
	if in.stride != 1 {
		return nil
	}
	at := f.start % in.n
	first, left := at-in.roll, in.n-at
	if first < 0 {
		first, left = first+in.n, in.roll-at
	}
	if n > left {
		return nil
	}
	return unsafe.Add(f.ptr[l.src], (l.row(f.start/in.n)+first)*l.size)
}

// row is the place of element 0 of the last run for row k of the outer ones.
func (l *layout) row(k int) int {
	at := l.offset
	for d := len(l.runs) - 2; d >= 0; d-- {
		r := &l.runs[d]
		i := k % r.n
		k /= r.n
		if i -= r.roll; i < 0 {
			i += r.n
		}
		at += i * r.stride
	}
	return at
}

func copierOf(size int) func(f *frame, l *load, dst unsafe.Pointer, n int) {
	switch size {
	case 1:
		return copyRuns[uint8]
	case 4:
		return copyRuns[uint32]
	case 8:
		return copyRuns[uint64]
	}
	return copyRuns[[2]uint64]
}

// copyRuns copies the tile row by row of the last run.
func copyRuns[T any](f *frame, l *load, dst unsafe.Pointer, n int) {
	k := len(l.runs) - 1
	in := &l.runs[k]
	d := unsafe.Slice((*T)(dst), n)
	base := f.ptr[l.src]
	row, at := f.start/in.n, f.start%in.n
	if in.stride == 1 && in.roll != 0 && k == 1 && l.runs[0].roll == 0 && l.runs[0].stride == in.n && at == 0 && n%in.n == 0 {
		copyRolled(d, unsafe.Slice((*T)(unsafe.Add(base, (l.row(row))*l.size)), n), in.n, in.roll)
		return
	}
	first, left := 0, 0 // place of the row, rows that follow at the same distance
	for len(d) > 0 {
		m := min(in.n-at, len(d))
		switch {
		case left > 0:
			first += l.runs[k-1].stride
			left--
		case k == 0:
			first = l.offset
		default:
			first = l.row(row)
			outer := &l.runs[k-1]
			if left = row % outer.n; left < outer.roll {
				left = outer.roll - left - 1
			} else {
				left = outer.n - left - 1
			}
		}
		p := (*T)(unsafe.Add(base, first*l.size))
		switch {
		case in.stride == 0:
			v := *p
			for i := range d[:m] {
				d[i] = v
			}
		case in.stride == 1 && in.roll == 0:
			copy(d[:m], unsafe.Slice((*T)(unsafe.Add(unsafe.Pointer(p), at*l.size)), m))
		case in.stride == 1:
			r := unsafe.Slice(p, in.n)
			first := wrap(at-in.roll, in.n)
			c := copy(d[:m], r[first:])
			copy(d[c:m], r)
		case in.roll == 0:
			copySteps(d[:m], p, at, in.stride)
		default:
			i := wrap(at-in.roll, in.n)
			c := min(m, in.n-i)
			copySteps(d[:c], p, i, in.stride)
			copySteps(d[c:m], p, 0, in.stride)
		}
		d = d[m:]
		row, at = row+1, 0
	}
}

// copySteps sets d[j] to the element at p + (first + j) stride.
func copySteps[T any](d []T, p *T, first, stride int) {
	size := int(unsafe.Sizeof(*p))
	at, step := first*stride*size, stride*size
	for j := range d {
		d[j] = *(*T)(unsafe.Add(unsafe.Pointer(p), at))
		at += step
	}
}

// copyRolled rolls the rows of x, of length n, into d: one move of everything, then the elements that came round.
func copyRolled[T any](d, x []T, n, roll int) {
	if roll <= n/2 {
		copy(d[roll:], x)
		if roll == 1 {
			for i := 0; i < len(d); i += n {
				d[i] = x[i+n-1]
			}
			return
		}
		for i := 0; i < len(d); i += n {
			copy(d[i:i+roll], x[i+n-roll:i+n])
		}
		return
	}
	back := n - roll
	copy(d, x[back:])
	if back == 1 {
		for i := n - 1; i < len(d); i += n {
			d[i] = x[i+1-n]
		}
		return
	}
	for i := 0; i < len(d); i += n {
		copy(d[i+roll:i+n], x[i:i+back])
	}
}

// runFill repeats one element.
func fillOf(size int) func(f *frame, in *instr, n int) {
	switch size {
	case 1:
		return runFill[uint8]
	case 4:
		return runFill[uint32]
	case 8:
		return runFill[uint64]
	}
	return runFill[[2]uint64]
}

func runFill[T any](f *frame, in *instr, n int) {
	d, v := vec[T](f, in.d, n), *(*T)(f.ptr[in.x[0]])
	for i := range d {
		d[i] = v
	}
}

// runCopy stores an item.
func copyOf(size int) func(f *frame, in *instr, n int) {
	return func(f *frame, in *instr, n int) {
		copy(vec[byte](f, in.d, n*size), vec[byte](f, in.x[0], n*size))
	}
}

func iotaKernel(n *expr.Node) func(f *frame, in *instr, m int) {
	switch n.Type.Dtype {
	case array.Float64:
		return iotaOf(n, func(i int) float64 { return float64(i) })
	case array.Float32:
		return iotaOf(n, func(i int) float32 { return float32(i) })
	case array.Complex128:
		return iotaOf(n, func(i int) complex128 { return complex(float64(i), 0) })
	case array.Complex64:
		return iotaOf(n, func(i int) complex64 { return complex(float32(i), 0) })
	case array.Int32:
		return iotaOf(n, func(i int) int32 { return int32(i) })
	}
	return iotaOf(n, func(i int) int64 { return int64(i) })
}

func iotaOf[T any](n *expr.Node, number func(i int) T) func(f *frame, in *instr, m int) {
	inner, length := count(n.Type.Shape[n.Attrs.Axis+1:]), n.Type.Shape[n.Attrs.Axis]
	return func(f *frame, in *instr, m int) {
		i, j := f.start/inner%length, f.start%inner
		d := vec[T](f, in.d, m)
		for k := range d {
			d[k] = number(i)
			if j++; j == inner {
				j = 0
				if i++; i == length {
					i = 0
				}
			}
		}
	}
}
