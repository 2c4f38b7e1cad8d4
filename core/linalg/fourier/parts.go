package fourier

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// A line on its own fills the lanes with its parts: where its plan splits n = a b, a transforms of length b run side by side, then b of length a.
// The operations are those of the line in a block, so the bits are too.

// prepareParts makes room for lines in parts.
func prepareParts[T Real](w *worker, j *job[T], l simd.Level) {
	n, room, temp := 0, 0, 0
	for t := j.tables; t != nil; t = t.a {
		if t.kind == bySplit {
			lanes := 1 << kernelsOf[T](l).log
			n, room = max(up(t.a.n, lanes), t.b.n), max(t.a.room, t.b.room)
			temp = t.b.n*rowOf(t, lanes) + lanes*lanes
			break
		}
		n, room = max(n, t.n), max(room, t.room)
		if t.kind == byCodelet {
			break
		}
	}
	prepare[T](w, l, n, room)
	roomFor(&w.temp, temp*2*j.size)
	m := 0
	if j.tables.kind != bySplit {
		m = 2 * j.tables.a.n
	}
	roomFor(&w.line, (m+j.n)*2*j.size)
}

// rowOf is the length of a row of the intermediate matrix, not a power of two.
func rowOf[T Real](t *tables[T], lanes int) int {
	return (t.a.n+lanes-1)/lanes*lanes + 4
}

// begin makes the complex line of a job's line.
func begin[T Real](w *worker, j *job[T], src, dst unsafe.Pointer) part[T] {
	e := 2 * j.size
	step, out := j.inner*j.fromElement, j.inner*j.toElement
	p := part[T]{t: j.tables, src: src, dst: dst, step: step, im: j.size, out: out, scale: j.scale}
	line := roomFor(&w.line, 0)
	flat := &plainKernels[T]().codelets
	switch {
	case j.direction == inverse:
		p.swapIn, p.swapOut = true, true
	case j.direction == fromReal && j.mix != nil:
		p.step, p.im, p.scale = 2*step, step, 1
	case j.direction == fromReal:
		for k := range j.n {
			*(*[2]T)(unsafe.Add(line, k*e)) = [2]T{*(*T)(unsafe.Add(src, k*step))}
		}
		p.src, p.dst, p.step, p.out = line, line, e, e
	case j.direction == toReal:
		for k := range j.from {
			at := *(*[2]T)(unsafe.Add(src, k*step))
			*(*[2]T)(unsafe.Add(line, k*e)) = [2]T{at[1], at[0]}
		}
		(*(*[2]T)(line))[0] = 0
		p.src, p.step = line, e
		if j.mix != nil {
			m := j.n / 2
			(*(*[2]T)(unsafe.Add(line, m*e)))[0] = 0
			w.flat(flat.unmix, pass{src: line, dst: unsafe.Add(line, m*e), factors: address(j.mix), count: m/2 + 1, si: e, ti: e})
			// the parts of point k are points 2k and 2k+1
			p.dst, p.out, p.swapOut = dst, 2*out, true
			if j.inner > 1 {
				p.dst, p.out, p.swapOut = line, e, true
			}
			break
		}
		for k := 1; k < j.from; k++ {
			at := *(*[2]T)(unsafe.Add(line, k*e))
			*(*[2]T)(unsafe.Add(line, (j.n-k)*e)) = [2]T{-at[0], at[1]}
		}
		p.dst, p.out, p.swapOut = line, e, true
	}
	p.temp = roomFor(&w.temp, 0)
	if p.t.kind == bySplit {
		p.row = rowOf(p.t, 1<<w.log) * e
	}
	return p
}

// finish makes the job's line of the complex one.
func finish[T Real](w *worker, j *job[T], dst unsafe.Pointer) {
	e := 2 * j.size
	out := j.inner * j.toElement
	line := roomFor(&w.line, 0)
	switch {
	case j.direction == fromReal && j.mix != nil:
		m := j.n / 2
		last := unsafe.Add(dst, m*out)
		*(*[2]T)(last) = *(*[2]T)(dst)
		w.flat(plainKernels[T]().mix, pass{src: dst, dst: last, factors: address(j.mix), count: m/2 + 1, si: out, ti: e})
		(*(*[2]T)(dst))[1], (*(*[2]T)(last))[1] = 0, 0
		for k := range m + 1 {
			at := (*[2]T)(unsafe.Add(dst, k*out))
			at[0], at[1] = scaled(at[0], j.scale/2), scaled(at[1], j.scale/2)
		}
	case j.direction == fromReal:
		for k := range j.to {
			*(*[2]T)(unsafe.Add(dst, k*out)) = *(*[2]T)(unsafe.Add(line, k*e))
		}
		(*(*[2]T)(dst))[1] = 0
	case j.direction == toReal && (j.mix == nil || j.inner > 1):
		for k := range j.n {
			x := *(*T)(unsafe.Add(line, k*e))
			if j.mix != nil {
				x = (*(*[2]T)(unsafe.Add(line, k/2*e)))[k%2]
			}
			*(*T)(unsafe.Add(dst, k*out)) = x
		}
	}
}

// whole transforms a line.
func whole[T Real](w *worker, p *part[T]) {
	switch p.t.kind {
	case bySplit:
		for u := range (p.t.a.n + 1<<w.log - 1) >> w.log {
			columns(w, p, u)
		}
		for u := range (p.t.b.n + 1<<w.log - 1) >> w.log {
			rows(w, p, u)
		}
	default:
		prime(w, p)
	}
}

// place sets the offsets of lanes first, first+1, ... of count, d bytes apart.
func (w *worker) place(first, count, d int) (lanes int) {
	lanes = min(1<<w.log, count-first)
	for l := range 1 << w.log {
		w.offsets[l] = (first + min(l, lanes-1)) * d
	}
	return lanes
}

// columns transforms points n_a + a n_b over n_b, for a block of n_a.
func columns[T Real](w *worker, p *part[T], u int) {
	a, b := p.t.a.n, p.t.b.n
	first := u << w.log
	lanes := w.place(first, a, p.step)
	moveIn[T](w, points{base: p.src, lanes: lanes, n: b, step: a * p.step, im: p.im, swap: p.swapIn}, w.x)
	if w.turn != nil {
		run(w, p.t.b, w.x, w.element, unsafe.Add(p.temp, u*b*w.element), w.element, w.scratch)
		return
	}
	run(w, p.t.b, w.x, w.element, w.y, w.element, w.scratch)
	e := w.factor()
	w.place(first, first+1<<w.log, e) // void lanes fill the ends of rows
	moveOut(w, points{base: p.temp, lanes: 1 << w.log, n: b, step: p.row, im: e / 2}, w.y, T(1))
}

// rows turns and transforms over n_a, for a block of k_b.
func rows[T Real](w *worker, p *part[T], u int) {
	a, b := p.t.a.n, p.t.b.n
	e := w.factor()
	first := u << w.log
	lanes := min(1<<w.log, b-first)
	factors := address(p.t.byLanes(w.log)[2*up(a, 1<<w.log)*first:])
	if w.turn != nil {
		w.motion = motion{base: unsafe.Add(p.temp, first*w.element), offsets: factors, block1: w.x, ahead: b * w.element, count: up(a, 1<<w.log) >> w.log, dirty: w.motion.dirty}
		w.turn(&w.motion)
	} else {
		w.place(first, b, p.row)
		moveIn[T](w, points{base: p.temp, lanes: lanes, n: a, step: e, im: e / 2}, w.x)
		one := unsafe.Add(w.x, w.element)
		w.pass = pass{src: one, dst: one, factors: unsafe.Add(factors, w.element), count: a - 1, si: w.element, di: w.element, ti: w.element, room: w.pass.room}
		w.scaleLanes(&w.pass)
	}
	run(w, p.t.a, w.x, w.element, w.y, w.element, w.scratch)
	w.place(first, b, p.out)
	moveOut(w, points{base: p.dst, lanes: lanes, n: a, step: b * p.out, im: e / 2, swap: p.swapOut}, w.y, p.scale)
}

// flat runs a codelet for one lane on complex numbers where they are.
func (w *worker) flat(f func(*pass), p pass) {
	p.room = w.pass.room
	w.pass = p
	f(&w.pass)
}

// multiply puts complex numbers times as many factors at dst.
func multiply[T Real](w *worker, dst, at unsafe.Pointer, factors []T) {
	size := int(unsafe.Sizeof(*new(T)))
	n, done := len(factors)/2, 0
	if groups := 2 * n * size / (w.element / 2); w.products != nil && groups > 0 {
		done = groups * (w.element / 2) / (2 * size)
		w.flat(w.products, pass{src: at, dst: dst, factors: address(factors), count: groups})
	}
	if done < n {
		dst, at = unsafe.Add(dst, done*2*size), unsafe.Add(at, done*2*size)
		w.flat(plainKernels[T]().scale, pass{src: at, dst: dst, factors: address(factors[2*done:]), count: n - done, si: 2 * size, di: 2 * size, ti: 2 * size})
	}
}

// prime convolves by two transforms of a length that splits.
func prime[T Real](w *worker, p *part[T]) {
	t := p.t
	e, m := w.factor(), t.a.n
	one := unsafe.Add(roomFor(&w.line, 0), t.n*e)
	two := unsafe.Add(one, m*e)
	get := func(k int) (x [2]T) {
		at := unsafe.Add(p.src, k*p.step)
		x[0], x[1] = *(*T)(at), *(*T)(unsafe.Add(at, p.im))
		if p.swapIn {
			x[0], x[1] = x[1], x[0]
		}
		return x
	}
	put := func(k int, x [2]T) {
		if p.swapOut {
			x[0], x[1] = x[1], x[0]
		}
		*(*[2]T)(unsafe.Add(p.dst, k*p.out)) = [2]T{scaled(x[0], p.scale), scaled(x[1], p.scale)}
	}
	at := func(base unsafe.Pointer, k int) *[2]T { return (*[2]T)(unsafe.Add(base, k*e)) }
	inner := part[T]{t: t.a, src: one, dst: two, step: e, im: e / 2, out: e, scale: 1, temp: p.temp}
	if inner.t.kind == bySplit {
		inner.row = rowOf(inner.t, 1<<w.log) * e
	}
	x0 := get(0)
	if t.kind == byRader {
		for k, q := range t.perm {
			*at(one, k) = get(int(q))
		}
	} else {
		from := one
		if p.step == e && p.im == e/2 && !p.swapIn {
			from = p.src
		} else {
			for k := range t.n {
				*at(one, k) = get(k)
			}
		}
		multiply(w, one, from, t.chirp)
		clear(unsafe.Slice((*byte)(unsafe.Add(one, t.n*e)), (m-t.n)*e))
	}
	line(w, &inner)
	y0 := [2]T{x0[0] + at(two, 0)[0], x0[1] + at(two, 0)[1]}
	multiply(w, two, two, t.kernel)
	if t.kind == byRader {
		*at(two, 0) = [2]T{x0[0] + at(two, 0)[0], x0[1] + at(two, 0)[1]}
	}
	inner.src, inner.dst = two, one
	line(w, &inner)
	if t.kind == byRader {
		put(0, y0)
		for k, q := range t.perm {
			put(int(q), *at(one, k))
		}
		return
	}
	multiply(w, one, one, t.chirp[:2])
	put(0, *at(one, 0))
	behind := unsafe.Add(one, (m-t.n+1)*e)
	multiply(w, behind, behind, t.back)
	for k := 1; k < t.n; k++ {
		put(k, *at(one, m-k))
	}
}

// line is whole for any plan: a codelet or a prime within goes through a block.
func line[T Real](w *worker, p *part[T]) {
	if p.t.kind == bySplit {
		whole(w, p)
		return
	}
	w.place(0, 1, 0)
	moveIn[T](w, points{base: p.src, lanes: 1, n: p.t.n, step: p.step, im: p.im}, w.x)
	run(w, p.t, w.x, w.element, w.y, w.element, w.scratch)
	w.place(0, 1, 0)
	moveOut(w, points{base: p.dst, lanes: 1, n: p.t.n, step: p.out, im: p.im}, w.y, p.scale)
}
