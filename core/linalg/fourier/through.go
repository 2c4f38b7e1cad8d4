package fourier

import "unsafe"

// Columns whose plan begins and ends with codelets that take their points from an array and give them to it are spared two ways to the caches and back.

// manyColumns is the size of an array whose points, a multiple of a page apart, do not stay in the caches: the few places that they share there are
// too few for the inputs of a codelet from all over a column.
const manyColumns = 8 << 20

// goThrough tells whether a block of columns can go through t so.
func (w *worker) goThrough(t *node, in, out *points, size int) bool {
	return w.masked && t.kind == bySplit && in.lanes == 1<<w.log && in.im == size && out.im == size && w.follow(in, 2*size, true) &&
		t.a.kind == byCodelet && w.given[t.a.n][0] != nil && w.takes(t.b)
}

func (w *worker) takes(t *node) bool {
	if t.kind == byCodelet {
		return w.taken[t.n][0] != nil
	}
	return t.kind == bySplit && t.a.kind == byCodelet && w.takes(t.b)
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
		w.pass = pass{src: at, factors: address(u.factors), count: u.b.n, ss: u.b.n * e, si: e, ti: w.factor() * (u.a.n - 1), room: w.pass.room}
		w.turned[u.a.n](&w.pass)
	}
}
