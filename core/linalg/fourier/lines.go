package fourier

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
)

// direction of a job.
type direction int

const (
	forward direction = iota
	inverse
	fromReal
	toReal
)

// job is the transform of all lines of an array of shape (outer, n, inner); half spectra have n/2+1 points.
type job[T Real] struct {
	*plan[T]
	direction
	dst, src     unsafe.Pointer
	outer, inner int
	scale        T

	size                   int // bytes of a part
	from, to               int // points of a line in src and dst
	fromElement, toElement int // bytes of a point there
	lanes, groups          int // groups of lines per outer index, or over all lines where inner is small
	lead                   int // lines of the first group per outer index, if fewer: the others begin on a cache line
	blocks                 int // of lines that go by lanes; the last lines go one by one
	single                 bool
	crossed                bool // lines go one by one between the arrays
	// a line in parts
	phase int
	line  part[T]
}

// part is one complex line that is transformed in two phases, in blocks of columns and of rows.
type part[T Real] struct {
	t               *tables[T]
	src, dst        unsafe.Pointer
	step, im, out   int // bytes between points, and between parts of a point of src
	swapIn, swapOut bool
	scale           T
	temp            unsafe.Pointer
	row             int // bytes
}

// Workspace is what transforms need between calls. It grows to the largest that it has seen and serves one transform at a time.
type Workspace struct {
	// Stop, if set, is asked between blocks of lines; the result is void once it has said yes.
	Stop func() bool

	team    *par.Team
	workers []*worker
	job64   job[float64]
	job32   job[float32]
	run64   func(worker int)
	run32   func(worker int)
}

// NewWorkspace is a workspace whose transforms are shared among the team's members; nil means the caller alone.
func NewWorkspace(team *par.Team) *Workspace {
	w := &Workspace{team: team}
	for range team.Size() {
		w.workers = append(w.workers, new(worker))
	}
	w.run64 = func(k int) { share(w, &w.job64, k) }
	w.run32 = func(k int) { share(w, &w.job32, k) }
	return w
}

func (w *Workspace) stopped() bool { return w.Stop != nil && w.Stop() }

const (
	mostBlock    = 3 << 19 // bytes of a block of whole lines; longer lines are transformed in parts
	worthPast    = 8 << 20 // bytes of results: more leave the caches before they are read, and need not be fetched to be written
	worthSharing = 20000   // points times log2 n
	leastParts   = 64      // points of a line that is worth transforming in parts
)

func jobOf[T Real](w *Workspace) (*job[T], func(int)) {
	if unsafe.Sizeof(*new(T)) == 8 {
		return any(&w.job64).(*job[T]), w.run64
	}
	return any(&w.job32).(*job[T]), w.run32
}

// transform runs a job whose plan, direction, memories, shape and scale are given.
func transform[T Real](w *Workspace, j *job[T], all func(int)) error {
	defer func() { j.plan, j.dst, j.src, j.line = nil, nil, nil, part[T]{} }()
	level := simd.Current()
	j.size = int(unsafe.Sizeof(*new(T)))
	m := j.tables.n
	j.from, j.to, j.fromElement, j.toElement = j.n, j.n, 2*j.size, 2*j.size
	switch j.direction {
	case fromReal:
		j.to, j.fromElement = j.n/2+1, j.size
	case toReal:
		j.from, j.toElement = j.n/2+1, j.size
	}
	log := kernelsOf[T](level).log
	j.lanes = 1 << log
	lines := j.outer * j.inner
	j.crossed = j.direction <= inverse && j.inner == 1 && kernelsOf[T](level).crosses(j.tables.node, j.size)
	j.single = log > 0 && !j.crossed && m >= leastParts && (lines <= j.lanes/4 || 2*max(m+1, j.tables.inner())*j.lanes*j.size > mostBlock)
	units := 0
	switch {
	case j.single:
		units = lines
	case j.inner >= j.lanes:
		j.lead = j.leading(level)
		j.groups = up(j.inner-j.lead, j.lanes) / j.lanes
		if j.lead > 0 {
			j.groups++
		}
		units = j.outer * j.groups
	default:
		j.groups = 0
		units = (lines + j.lanes - 1) / j.lanes
	}
	j.blocks = units
	for _, k := range w.workers {
		if j.single {
			prepareParts(k, j, level)
		} else {
			prepare[T](k, level, m+maxRadix, j.tables.room)
		}
	}
	bits := 1
	for 1<<bits < j.n {
		bits++
	}
	j.phase = 0
	if w.team.Size() > 1 && lines*j.n*bits > worthSharing {
		if j.single && lines < w.team.Size() && j.tables.kind == bySplit {
			return inPhases(w, j, all)
		}
		return w.team.Run(all)
	}
	for u := range units {
		if w.stopped() {
			break
		}
		w.workers[0].ending = u == units-1
		unit(w.workers[0], j, u)
	}
	return nil
}

// leading is the number of lines before the first that begins on a cache line in dst: a block in the middle of lines would touch one more for each point.
func (j *job[T]) leading(l simd.Level) int {
	const line, many = 64, 256
	row, off := j.inner*j.toElement, int(uintptr(j.dst)%line)
	if !kernelsOf[T](l).masked || j.direction > inverse || j.inner < many || row%line != 0 || off%j.toElement != 0 {
		return 0
	}
	return (line - off) % line / j.toElement
}

// share is a worker's part of the job's blocks, or of a phase of a line.
func share[T Real](w *Workspace, j *job[T], k int) {
	n, wk := len(w.workers), w.workers[k]
	units := j.blocks
	switch j.phase {
	case 1:
		units = (j.line.t.a.n + j.lanes - 1) / j.lanes
	case 2:
		units = (j.line.t.b.n + j.lanes - 1) / j.lanes
	}
	end := units * (k + 1) / n
	for u := units * k / n; u < end; u++ {
		if w.stopped() {
			return
		}
		wk.ending = u == end-1
		switch j.phase {
		case 1:
			columns(wk, &j.line, u)
		case 2:
			rows(wk, &j.line, u)
		default:
			unit(wk, j, u)
		}
	}
}

// inPhases shares each line.
func inPhases[T Real](w *Workspace, j *job[T], all func(int)) error {
	wk := w.workers[0]
	for l := range j.outer * j.inner {
		src, dst := j.at(l)
		j.line = begin(wk, j, src, dst)
		for j.phase = 1; j.phase <= 2; j.phase++ {
			if err := w.team.Run(all); err != nil {
				return err
			}
		}
		if w.stopped() {
			break
		}
		finish(wk, j, dst)
		for _, k := range w.workers[1:] {
			wk.motion.dirty |= k.motion.dirty
			k.motion.dirty = 0
		}
		j.clean(wk, dst)
	}
	return nil
}

// clean makes the NaNs of a line in parts one.
func (j *job[T]) clean(w *worker, dst unsafe.Pointer) {
	p := points{base: dst, lanes: 1, n: j.to, step: j.inner * j.toElement, im: j.toElement - j.size}
	w.offsets[0] = 0
	clean[T](w, p)
}

// at is where line l begins.
func (j *job[T]) at(l int) (src, dst unsafe.Pointer) {
	o, i := l/j.inner, l%j.inner
	return unsafe.Add(j.src, (o*j.from*j.inner+i)*j.fromElement), unsafe.Add(j.dst, (o*j.to*j.inner+i)*j.toElement)
}

// unit transforms a block of lines, or a line in parts.
func unit[T Real](w *worker, j *job[T], u int) {
	if j.single {
		src, dst := j.at(u)
		p := begin(w, j, src, dst)
		whole(w, &p)
		finish(w, j, dst)
		j.clean(w, dst)
		return
	}
	first, lanes := u*j.lanes, 0
	if j.groups > 0 {
		i := u % j.groups * j.lanes
		lanes = j.lanes
		switch {
		case j.lead > 0 && i == 0:
			lanes = j.lead
		case j.lead > 0:
			i += j.lead - j.lanes
		}
		lanes = min(lanes, j.inner-i)
		first = u/j.groups*j.inner + i
	} else {
		lanes = min(j.lanes, j.outer*j.inner-first)
	}
	in := points{base: j.src, lanes: lanes, n: j.from, step: j.inner * j.fromElement, im: j.size, swap: j.direction == inverse || j.direction == toReal}
	out := points{base: j.dst, lanes: lanes, n: j.to, step: j.inner * j.toElement, im: j.size, swap: in.swap}
	even := j.mix != nil
	switch {
	case j.direction == fromReal && even:
		in.n, in.im = j.n/2, in.step
		in.step *= 2
	case j.direction == fromReal:
		in.im = 0
	case j.direction == toReal && even:
		out.n, out.im = j.n/2, out.step
		out.step *= 2
	case j.direction == toReal:
		out.im = 0
	}
	out.past = j.inner == 1 && j.dst != j.src && j.outer*j.to*j.toElement >= worthPast
	place := func(points, element int) { // offsets of the lines
		at, i, row := (first/j.inner*points*j.inner+first%j.inner)*element, first%j.inner, (points-1)*j.inner*element
		for l := range 1 << w.log {
			w.offsets[l] = at
			if l < lanes-1 {
				at += element
				if i++; i == j.inner {
					at, i = at+row, 0
				}
			}
		}
	}
	place(j.from, j.fromElement)
	if j.inner == 1 && first+2*j.lanes <= j.outer {
		in.ahead, out.ahead = j.lanes*j.from*j.fromElement, j.lanes*j.to*j.toElement
	} else if j.inner > 1 {
		in.ahead, out.ahead = j.lanes*j.fromElement, j.lanes*j.toElement
	}
	if j.direction <= inverse {
		src, dst := unsafe.Add(in.base, w.offsets[0]), unsafe.Add(out.base, w.offsets[0])
		columns := !j.crossed && w.goThrough(j.tables.node, &in, &out, j.size)
		switch {
		case columns:
			through(w, j.tables, in, out, src, dst, j.scale)
		case j.crossed:
			cross(w, j.tables, in, out, src, dst, j.scale)
		}
		if columns || j.crossed {
			clean[T](w, out)
			return
		}
	}
	moveIn[T](w, in, w.x)
	e, m := w.element, j.tables.n
	scale := j.scale
	switch {
	case j.direction == toReal && even:
		w.clear(w.x, 0, true)
		w.clear(w.x, m, true)
		w.mirror(w.unmix, w.x, e, m, address(j.mix))
	case j.direction == toReal:
		w.clear(w.x, 0, true)
		for k := 1; k < j.from; k++ { // conjugates, in swapped points
			w.copy(unsafe.Add(w.x, (m-k)*e), unsafe.Add(w.x, k*e))
			negate[T](unsafe.Add(w.x, (m-k)*e), 1<<w.log)
		}
	}
	if row := j.apart(e); row > 0 {
		place(j.to, j.toElement)
		inRows(w, j.tables, row, out, scale)
		return
	}
	run(w, j.tables, w.x, e, w.y, e, w.scratch)
	if j.direction == fromReal && even {
		w.copy(unsafe.Add(w.y, m*e), w.y)
		w.mirror(w.mix, w.y, e, m, address(j.mix))
		w.clear(w.y, 0, false)
		w.clear(w.y, m, false)
		scale /= 2
	} else if j.direction == fromReal {
		w.clear(w.y, 0, false)
	}
	place(j.to, j.toElement)
	moveOut(w, out, w.y, scale)
	clean[T](w, out)
}

// apart is how far the transforms before the last codelets of a block are from each other (inRows) where they would share their places in the nearest cache,
// too many for it; 0 where they do not.
func (j *job[T]) apart(element int) int {
	const way, ways = 4096, 8
	t := j.tables
	if j.direction > inverse || t.kind != bySplit || t.a.kind != byCodelet || t.b.kind == byCodelet || t.a.n <= ways || t.b.n*element%way != 0 {
		return 0
	}
	return (t.b.n + 1) * element
}

// toRows does all of t but its last codelets, from x to rows in y.
func toRows[T Real](w *worker, t *tables[T], row int) {
	for k := range t.a.n {
		run(w, t.b, unsafe.Add(w.x, k*w.element), t.a.n*w.element, unsafe.Add(w.y, k*row), w.element, w.scratch)
	}
}

// inRows runs t from x to rows in y, and takes them to points out.
func inRows[T Real](w *worker, t *tables[T], row int, out points, scale T) {
	e, a, b := w.element, t.a.n, t.b.n
	toRows(w, t, row)
	w.pass = pass{src: w.y, factors: address(t.factors), count: b, ss: row, si: e, ti: w.factor() * (a - 1), room: w.pass.room}
	w.turned[a](&w.pass)
	part := out
	part.n = b
	for k := range a {
		moveOut(w, part, unsafe.Add(w.y, k*row), scale)
		part.base = unsafe.Add(part.base, b*part.step)
	}
	clean[T](w, out)
}

// mirror runs mix or unmix over the pairs k, m-k of points a step apart.
func (w *worker) mirror(f func(*pass), at unsafe.Pointer, step, m int, factors unsafe.Pointer) {
	w.pass = pass{src: at, dst: unsafe.Add(at, m*step), factors: factors, count: m/2 + 1, si: step, ti: w.factor(), room: w.pass.room}
	f(&w.pass)
}

// clear makes the imaginary parts of element k zero.
func (w *worker) clear(block unsafe.Pointer, k int, swapped bool) {
	at := k*w.element + w.element/2
	if swapped {
		at = k * w.element
	}
	clear(unsafe.Slice((*byte)(unsafe.Add(block, at)), w.element/2))
}

func negate[T Real](at unsafe.Pointer, n int) {
	x := unsafe.Slice((*T)(at), n)
	for k := range x {
		x[k] = -x[k]
	}
}
