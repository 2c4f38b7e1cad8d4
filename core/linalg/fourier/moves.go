package fourier

import (
	"math"
	"unsafe"
)

// points says where the n points of the lanes of a block are in an array: lane l's point k has its real part at base + offsets[l] + k step and its
// imaginary part im bytes on (0: it has none). The lanes from lanes on are void, with the offset of the last one that is not. Swapped points have
// their parts in each other's place in the block.
type points struct {
	base     unsafe.Pointer
	lanes    int
	n        int
	step, im int
	swap     bool
	ahead    int  // bytes from a line to that of the next block
	past     bool // stored past the caches if possible
}

// follow tells whether the lanes are d bytes from one to the next, and all there if they have to be: void lanes of lines repeat the last one.
func (w *worker) follow(p *points, d int, all bool) bool {
	if all && p.lanes < 1<<w.log {
		return false
	}
	for l := 1; l < p.lanes; l++ {
		if w.offsets[l] != w.offsets[l-1]+d {
			return false
		}
	}
	return true
}

// onCacheLines tells whether all lanes are lines that begin on cache lines, and have a kernel for that.
func (w *worker) onCacheLines(p *points) bool {
	all := uintptr(p.base)
	for _, d := range w.offsets[:1<<w.log] {
		all |= uintptr(d)
	}
	return w.linesPast != nil && all%64 == 0
}

// masks are bits for the parts of lanes in two vectors.
func (w *worker) masks(lanes int) [2]int {
	width := 1 << w.log
	return [2]int{1<<min(2*lanes, width) - 1, 1<<max(2*lanes-width, 0) - 1}
}

func (w *worker) halves(block unsafe.Pointer, swap bool) (re, im unsafe.Pointer) {
	re, im = block, unsafe.Add(block, w.element/2)
	if swap {
		re, im = im, re
	}
	return re, im
}

// group is the number of points that the kernels for lines take at once.
func (w *worker) group(size int) int { return w.element / 16 / (size / 4) }

// moveIn takes points to a block.
func moveIn[T Real](w *worker, p points, block unsafe.Pointer) {
	size := int(unsafe.Sizeof(*new(T)))
	m, done := &w.motion, 0
	switch {
	case w.log == 0:
	case p.step == 2*size && p.im == size && p.n >= w.group(size):
		groups := p.n / w.group(size)
		done = groups * w.group(size)
		if size == 8 {
			re, im := w.halves(block, p.swap)
			*m = motion{base: p.base, offsets: unsafe.Pointer(&w.offsets), block1: re, block2: im, ahead: p.ahead, count: groups, dirty: m.dirty}
			w.linesIn(m)
			break
		}
		for h := range 2 {
			at := unsafe.Add(block, h*w.element/2)
			*m = motion{base: p.base, offsets: unsafe.Pointer(&w.offsets[h<<w.log/2]), block1: at, block2: unsafe.Add(at, w.element), ahead: p.ahead, count: groups, dirty: m.dirty}
			w.linesIn(m)
		}
		re, im := w.halves(block, p.swap)
		*m = motion{base: block, step: w.element, block1: re, block2: im, count: done, dirty: m.dirty, masks: w.masks(1 << w.log)}
		w.columnsIn(m)
	case p.im == size && w.follow(&p, 2*size, !w.masked || p.step == 2*size):
		re, im := w.halves(block, p.swap)
		*m = motion{base: unsafe.Add(p.base, w.offsets[0]), step: p.step, block1: re, block2: im, ahead: p.ahead, count: p.n, dirty: m.dirty, masks: w.masks(p.lanes)}
		w.columnsIn(m)
		return
	case p.im == 0 && p.step == size && p.n > 1:
		done = realsIn[T](w, p, block, w.y)
	case w.follow(&p, size, true):
		rowsIn[T](w, p, block)
		return
	}
	var large T
	lanes := 1 << w.log
	re, im := w.halves(block, p.swap)
	for l := range lanes {
		at := unsafe.Add(p.base, w.offsets[l]) // a void lane repeats the last one
		for k := done; k < p.n; k++ {
			from := unsafe.Add(at, k*p.step)
			to := k*w.element + l*size
			x, y := *(*T)(from), T(0)
			if p.im != 0 {
				y = *(*T)(unsafe.Add(from, p.im))
			}
			*(*T)(unsafe.Add(re, to)), *(*T)(unsafe.Add(im, to)) = x, y
			large = max(large, abs(x), abs(y))
		}
	}
	w.watch(float64(large), size)
}

func abs[T Real](x T) T {
	if x < 0 {
		return -x
	}
	return x
}

// watch notes numbers of which transforms may overflow, and what is not finite.
func (w *worker) watch(large float64, size int) {
	limit := 0x1p896
	if size == 4 {
		limit = 0x1p67
	}
	if !(large < limit) {
		w.motion.dirty = 1
	}
}

// move copies n vectors, times scale, whose places are step bytes apart on both sides.
func move[T Real](w *worker, dst unsafe.Pointer, to int, src unsafe.Pointer, from, n int, scale T) {
	w.motion = motion{base: src, step: from, block1: dst, ahead: to, count: n, scale: bitsOf(scale), dirty: w.motion.dirty}
	w.rows(&w.motion)
}

func bitsOf[T Real](x T) uint64 {
	if unsafe.Sizeof(x) == 4 {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(float64(x))
}

// rowsIn is moveIn where the lanes' parts lie side by side.
func rowsIn[T Real](w *worker, p points, block unsafe.Pointer) {
	re, im := w.halves(block, p.swap)
	at := unsafe.Add(p.base, w.offsets[0])
	move(w, re, w.element, at, p.step, p.n, T(1))
	if p.im != 0 {
		move(w, im, w.element, unsafe.Add(at, p.im), p.step, p.n, T(1))
		return
	}
	w.zero(im, p.n)
}

// zero clears a half of n elements.
func (w *worker) zero(at unsafe.Pointer, n int) {
	for k := range n {
		clear(unsafe.Slice((*byte)(unsafe.Add(at, k*w.element)), w.element/2))
	}
}

// realsIn is moveIn for lines of reals, by pairs of them that are taken for complex numbers; y is room for a block. It returns the points that it moved.
func realsIn[T Real](w *worker, p points, block, y unsafe.Pointer) int {
	n, e := p.n/2, w.element
	size := int(unsafe.Sizeof(*new(T)))
	re, im := w.halves(block, p.swap)
	w.zero(im, p.n)
	p.n, p.step, p.im, p.swap = n, 2*size, size, false
	moveIn[T](w, p, y)
	move(w, re, 2*e, y, e, n, T(1))
	move(w, unsafe.Add(re, e), 2*e, unsafe.Add(y, e/2), e, n, T(1))
	return 2 * n
}

// realsOut is the way back, with x for room.
func realsOut[T Real](w *worker, p points, block, x unsafe.Pointer, scale T) int {
	n, e := p.n/2, w.element
	size := int(unsafe.Sizeof(*new(T)))
	re, _ := w.halves(block, p.swap)
	move(w, x, e, re, 2*e, n, T(1))
	move(w, unsafe.Add(x, e/2), e, unsafe.Add(re, e), 2*e, n, T(1))
	p.n, p.step, p.im, p.swap = n, 2*size, size, false
	moveOut(w, p, x, scale)
	return 2 * n
}

// moveOut takes a block, times scale, to points. NaNs are not made one here: see clean.
func moveOut[T Real](w *worker, p points, block unsafe.Pointer, scale T) {
	size := int(unsafe.Sizeof(*new(T)))
	bits := bitsOf(scale)
	m, done := &w.motion, 0
	switch {
	case w.log == 0:
	case p.step == 2*size && p.im == size && p.n >= w.group(size):
		groups := p.n / w.group(size)
		done = groups * w.group(size)
		re, im := w.halves(block, p.swap)
		linesOut := w.linesOut
		if p.past && w.onCacheLines(&p) {
			linesOut = w.linesPast
		}
		if size == 8 {
			*m = motion{base: p.base, offsets: unsafe.Pointer(&w.offsets), block1: re, block2: im, ahead: p.ahead, count: groups, scale: bits, dirty: m.dirty}
			linesOut(m)
			break
		}
		*m = motion{base: block, step: w.element, block1: re, block2: im, count: done, scale: bits, dirty: m.dirty, masks: w.masks(1 << w.log)}
		w.columnsOut(m)
		for h := range 2 {
			at := unsafe.Add(block, h*w.element/2)
			*m = motion{base: p.base, offsets: unsafe.Pointer(&w.offsets[h<<w.log/2]), block1: at, block2: unsafe.Add(at, w.element), ahead: p.ahead, count: groups, dirty: m.dirty}
			linesOut(m)
		}
	case p.im == size && w.follow(&p, 2*size, !w.masked || p.step == 2*size):
		re, im := w.halves(block, p.swap)
		*m = motion{base: unsafe.Add(p.base, w.offsets[0]), step: p.step, block1: re, block2: im, ahead: p.ahead, count: p.n, scale: bits, dirty: m.dirty, masks: w.masks(p.lanes)}
		w.columnsOut(m)
		return
	case p.im == 0 && p.step == size && p.n > 1:
		done = realsOut(w, p, block, w.x, scale)
	case w.follow(&p, size, true):
		re, im := w.halves(block, p.swap)
		at := unsafe.Add(p.base, w.offsets[0])
		move(w, at, p.step, re, w.element, p.n, scale)
		if p.im != 0 {
			move(w, unsafe.Add(at, p.im), p.step, im, w.element, p.n, scale)
		}
		return
	}
	re, im := w.halves(block, p.swap)
	for l := range p.lanes {
		at := unsafe.Add(p.base, w.offsets[l])
		for k := done; k < p.n; k++ {
			from := k*w.element + l*size
			to := unsafe.Add(at, k*p.step)
			*(*T)(to) = scaled(*(*T)(unsafe.Add(re, from)), scale)
			if p.im != 0 {
				*(*T)(unsafe.Add(to, p.im)) = scaled(*(*T)(unsafe.Add(im, from)), scale)
			}
		}
	}
}

func scaled[T Real](x, scale T) T {
	y := x * scale
	if y != y {
		return T(math.NaN())
	}
	return y
}

// clean makes the NaNs among the points of lanes the one of Go, where something was watched.
func clean[T Real](w *worker, p points) {
	if w.motion.dirty == 0 {
		return
	}
	w.motion.dirty = 0
	for l := range p.lanes {
		at := unsafe.Add(p.base, w.offsets[l])
		for k := range p.n {
			re := (*T)(unsafe.Add(at, k*p.step))
			*re = scaled(*re, 1)
			if p.im != 0 {
				im := (*T)(unsafe.Add(at, k*p.step+p.im))
				*im = scaled(*im, 1)
			}
		}
	}
}
