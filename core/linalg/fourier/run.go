package fourier

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// kernels are those of a level: codelets, the moves between arrays and blocks, and products of complex numbers where they are (nil: plain Go).
type kernels struct {
	codelets
	log                                                  int // of the number of lanes
	linesIn, linesOut, columnsIn, columnsOut, rows, turn func(*motion)
	products                                             func(*pass)
	linesPast                                            func(*motion) // linesOut past the caches, to lines that begin on cache lines (nil: none)
	masked                                               bool          // columns take fewer lanes
}

// worker is what one goroutine needs: a block is an array of elements, each lanes real parts and as many imaginary ones.
type worker struct {
	pass    pass
	motion  motion
	spill   []byte
	memory  []byte
	offsets [16]int
	*kernels
	element int // bytes
	// places in memory
	x, y, scratch unsafe.Pointer
	temp          []byte // of a line in parts
	line          []byte
	ending        bool // the block of lines is the last of this worker's
}

func address[T any](x []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(x)) }

// roomFor is a 64-byte aligned part of b, which grows.
func roomFor(b *[]byte, n int) unsafe.Pointer {
	if len(*b) < n+64 {
		*b = make([]byte, n+64)
	}
	p := address(*b)
	return unsafe.Add(p, -uintptr(p)&63)
}

func workerFor[T Real](l simd.Level, nd *node) *worker {
	w := new(worker)
	prepare[T](w, l, nd.n, nd.room)
	return w
}

// prepare makes room for two blocks of n elements, and scratch memory.
func prepare[T Real](w *worker, l simd.Level, n, room int) {
	w.kernels = kernelsOf[T](l)
	w.element = int(unsafe.Sizeof(*new(T))) << w.log * 2
	w.pass.room = roomFor(&w.spill, 64*(spillRoom+1+2*maxRadix))
	const gap = 192 // blocks of a power of two would share their places in the caches
	w.x = roomFor(&w.memory, (2*n+room)*w.element+2*gap)
	w.y = unsafe.Add(w.x, n*w.element+gap)
	w.scratch = unsafe.Add(w.y, n*w.element+gap)
}

// run transforms points at src, ss bytes apart, to dst, ds bytes apart; these memories are not the same.
func run[T Real](w *worker, t *tables[T], src unsafe.Pointer, ss int, dst unsafe.Pointer, ds int, scratch unsafe.Pointer) {
	p := &w.pass
	switch t.kind {
	case byCodelet:
		*p = pass{src: src, dst: dst, count: 1, ss: ss, ds: ds, room: p.room}
		w.plain[t.n](p)
	case bySplit:
		a, b := t.a.n, t.b.n
		if t.b.kind == byCodelet {
			*p = pass{src: src, dst: dst, count: a, ss: a * ss, ds: ds, si: ss, di: b * ds, room: p.room}
			w.plain[b](p)
		} else {
			for j := range a {
				run(w, t.b, unsafe.Add(src, j*ss), a*ss, unsafe.Add(dst, j*b*ds), ds, scratch)
			}
		}
		if t.a.kind == byCodelet {
			*p = pass{src: dst, factors: address(t.factors), count: b, ss: b * ds, si: ds, ti: w.factor() * (a - 1), room: p.room}
			w.turned[a](p)
			return
		}
		for k := range b {
			at := unsafe.Add(dst, k*ds)
			*p = pass{src: at, dst: scratch, count: 1, room: p.room}
			w.plain[1](p)
			*p = pass{src: unsafe.Add(at, b*ds), dst: unsafe.Add(scratch, w.element), factors: address(t.factors[2*k*(a-1):]), count: a - 1, si: b * ds, di: w.element, ti: w.factor(), room: p.room}
			w.scale(p)
			run(w, t.a, scratch, w.element, at, b*ds, unsafe.Add(scratch, a*w.element))
		}
	case byRader:
		m, e := t.a.n, w.element
		one, two := scratch, unsafe.Add(scratch, m*e)
		rest := unsafe.Add(scratch, 2*m*e)
		if t.a.room == 0 {
			rest = nil
		}
		for k, q := range t.perm {
			w.copy(unsafe.Add(one, k*e), unsafe.Add(src, int(q)*ss))
		}
		run(w, t.a, one, e, two, e, rest)
		sum[T](w, dst, src, two)
		w.times(two, two, address(t.kernel), m, e)
		sum[T](w, two, src, two)
		run(w, t.a, two, e, one, e, rest)
		for k, q := range t.perm { // the second transform is forward as well: it gives the convolution at -q, that is y at g^q
			w.copy(unsafe.Add(dst, int(q)*ds), unsafe.Add(one, k*e))
		}
	case byBluestein:
		m, e := t.a.n, w.element
		one, two := scratch, unsafe.Add(scratch, m*e)
		rest := unsafe.Add(scratch, 2*m*e)
		if t.a.room == 0 {
			rest = nil
		}
		w.times(one, src, address(t.chirp), t.n, ss)
		clear(unsafe.Slice((*byte)(unsafe.Add(one, t.n*e)), (m-t.n)*e))
		run(w, t.a, one, e, two, e, rest)
		w.times(two, two, address(t.kernel), m, e)
		run(w, t.a, two, e, one, e, rest)
		*p = pass{src: one, dst: dst, factors: address(t.chirp), count: 1, room: p.room}
		w.scale(p)
		*p = pass{src: unsafe.Add(one, (m-1)*e), dst: unsafe.Add(dst, ds), factors: address(t.chirp[2:]), count: t.n - 1, si: -e, di: ds, ti: w.factor(), room: p.room}
		w.scale(p)
	}
}

// factor is the size of a factor for all lanes.
func (w *worker) factor() int { return w.element >> w.log }

// times puts n elements of src, si bytes apart, times factors at dst.
func (w *worker) times(dst, src, factors unsafe.Pointer, n, si int) {
	w.pass = pass{src: src, dst: dst, factors: factors, count: n, si: si, di: w.element, ti: w.factor(), room: w.pass.room}
	w.scale(&w.pass)
}

func (w *worker) copy(dst, src unsafe.Pointer) {
	switch w.element {
	case 128:
		*(*[16]uint64)(dst) = *(*[16]uint64)(src)
	case 64:
		*(*[8]uint64)(dst) = *(*[8]uint64)(src)
	case 16:
		*(*[2]uint64)(dst) = *(*[2]uint64)(src)
	default:
		*(*uint64)(dst) = *(*uint64)(src)
	}
}

// sum is dst = x + y for elements.
func sum[T Real](w *worker, dst, x, y unsafe.Pointer) {
	n := 2 << w.log
	d, a, b := unsafe.Slice((*T)(dst), n), unsafe.Slice((*T)(x), n), unsafe.Slice((*T)(y), n)
	for k := range d {
		d[k] = a[k] + b[k]
	}
}
