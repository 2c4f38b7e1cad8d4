package fourier

import "unsafe"

// Lines whose plan begins and ends with codelets that take their points from an array and give them to it are spared two ways to the caches and back.

// manyColumns is the size of an array whose points, a multiple of a page apart, do not stay in the caches: the few places that they share there are
// too few for the inputs of a codelet from all over a column.
const manyColumns = 8 << 20

// goThrough tells whether a block of columns can go through t so.
func (w *worker) goThrough(t *node, in, out *points, size int) bool {
	return w.masked && t.kind == bySplit && in.lanes == 1<<w.log && in.im == size && out.im == size && w.follow(in, 2*size, true) &&
		t.a.kind == byCodelet && w.given[t.a.n][0] != nil && w.takes(t.b)
}

func (k *kernels) takes(t *node) bool {
	if t.kind == byCodelet {
		return k.taken[t.n][0] != nil
	}
	return t.kind == bySplit && t.a.kind == byCodelet && k.takes(t.b)
}

// through runs t from columns to columns, whose first points are at src and dst.
func through[T Real](w *worker, t *tables[T], in, out points, src, dst unsafe.Pointer, scale T) {
	const page = 4096
	e, a, b := w.element, t.a.n, t.b.n
	row := (b + 1) * e // rows of a power of two would share their places in the nearest cache
	swap := 0
	if in.swap {
		swap = 1
	}
	if in.step%page == 0 && in.n*in.step >= manyColumns {
		w.pass = pass{src: src, dst: w.x, count: in.n, si: in.step, di: e, room: w.pass.room, ahead: in.ahead}
		w.taken[1][swap](&w.pass)
		toRows(w, t, row)
	} else {
		take(w, t, swap, src, in.step, w.y, row, in.ahead)
	}
	*(*T)(unsafe.Add(w.pass.room, 64*spillRoom)) = scale
	w.pass = pass{src: w.y, dst: dst, factors: address(t.factors), count: b, ss: row, ds: b * out.step, si: e, di: out.step, ti: w.factor() * (a - 1), room: w.pass.room}
	w.given[a][swap](&w.pass)
	w.motion.dirty |= w.pass.dirty
}

// take does all of t but its last codelets, for points step apart, to rows in dst.
func take[T Real](w *worker, t *tables[T], swap int, src unsafe.Pointer, step int, dst unsafe.Pointer, row, ahead int) {
	a, e, u := t.a.n, w.element, t.b
	if u.kind == byCodelet {
		w.pass = pass{src: src, dst: dst, count: a, ss: a * step, ds: e, si: step, di: row, room: w.pass.room, ahead: ahead}
		w.taken[u.n][swap](&w.pass)
		return
	}
	for j := range a {
		at := unsafe.Add(dst, j*row)
		take(w, u, swap, unsafe.Add(src, j*step), a*step, at, u.b.n*e, ahead)
		last(w, u, at)
	}
}

// crosses tells whether lines of complex numbers can go through t one by one.
func (k *kernels) crosses(t *node, size int) bool {
	return t.kind == bySplit && t.a.kind == byCodelet && size == 8 && k.crossed[t.a.n][0] != nil && t.b.n%8 == 0 && k.takes(t.b)
}

// cross runs t from lines to lines, which follow each other: eight neighbours of n_a fill the lanes of the transforms over n_b, eight of k_b those over n_a.
func cross[T Real](w *worker, t *tables[T], in, out points, src, dst unsafe.Pointer, scale T) {
	const soon = 8192
	e, a, b, u := w.element, t.a.n, t.b.n, t.b
	step := in.step
	line := t.n * step
	ahead := up(soon, line)
	factors := address(t.crossing())
	*(*T)(unsafe.Add(w.pass.room, 64*spillRoom)) = scale
	swap, lines := 0, 1
	if in.swap {
		swap = 1
	}
	if u.kind == byCodelet && a == 8 {
		lines = in.lanes
	}
	crossed := w.crossed[a][swap]
	past := out.past && w.onCacheLines(&out)
	if past {
		crossed = w.crossed[a][swap+2]
	}
	for k := 0; k < in.lanes; k += lines {
		if u.kind == byCodelet {
			w.pass = pass{src: src, dst: w.x, count: a / 8 * lines, ss: a * step, ds: e, si: 8 * step, di: b * e, room: w.pass.room, ahead: ahead}
			if lines > 1 {
				w.pass.si = line
			}
			w.taken[b][swap](&w.pass)
		} else {
			for k := 0; k < a; k += 8 {
				at := unsafe.Add(w.x, k/8*b*e)
				take(w, u, swap, unsafe.Add(src, k*step), a*step, at, u.b.n*e, ahead)
				last(w, u, at)
			}
		}
		w.pass = pass{src: w.x, dst: dst, factors: factors, count: b / 8, ss: b * e, ds: b * step, si: 8 * e, di: 8 * step, ti: 2 * (a - 1) * 64, room: w.pass.room}
		if past && w.ending && k == in.lanes-lines {
			w.pass.ahead = 1
		}
		if b == 8 && lines > 1 {
			w.pass.count, w.pass.di, w.pass.ti = lines, line, 0
			crossed(&w.pass)
		} else {
			for l := range lines {
				w.pass.src, w.pass.dst, w.pass.factors, w.pass.count = unsafe.Add(w.x, l*b*e), unsafe.Add(dst, l*line), factors, b/8
				crossed(&w.pass)
			}
		}
		w.motion.dirty |= w.pass.dirty
		src, dst = unsafe.Add(src, lines*line), unsafe.Add(dst, lines*line)
	}
}

// last does the last codelets of t where the points are.
func last[T Real](w *worker, t *tables[T], at unsafe.Pointer) {
	a, b, e := t.a.n, t.b.n, w.element
	w.pass = pass{src: at, factors: address(t.factors), count: b, ss: b * e, si: e, ti: w.factor() * (a - 1), room: w.pass.room}
	w.turned[a](&w.pass)
}
