package engine

import (
	"fmt"
	"math"
	"strings"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/tapes"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// Programs in programs (loops, branches, what is made again) are executables of their own, whose arena is a buffer of the outer one for the time
// of their stage. Their inputs and outputs are pointers: slices of stacked arrays are read and written where they stand, and a carry goes to and
// fro between the result's memory and a second buffer.

// sub is an executable that a stage runs.
type sub struct {
	ex    *Executable
	arena int32 // memory
}

// carry is a value that goes from step to step.
type carry struct {
	from, result, spare int32
	bytes               int
	stays               bool // steps change it where it is, from the second on
}

// sliced is an array that is read or written slice by slice.
type sliced struct {
	mem   int32
	bytes int
}

type scan struct {
	body, test int // subs; -1: no condition
	carries    []carry
	xs, ys     []sliced
	consts     []int32
	count      int32 // operand; -1: none
	steps      int32 // result; -1: none
	more       int32 // what the condition says
	length     int
	reverse    bool
	every      int // steps between two looks at the clock
}

// child compiles a program that the stage runs, the first of whose inputs are carries.
func (pl *planner) child(s *stage, p *expr.Program, carries int) (int, error) {
	var same [][2]int
	for k := range carries {
		same = append(same, [2]int{k, k})
	}
	ex, err := Compile(p, Options{Passes: &pl.passes, InPlace: same, inner: true})
	if err != nil {
		return 0, err
	}
	arena := pl.memory(memory{bytes: ex.arena})
	s.writes = append(s.writes, arena)
	pl.subs = append(pl.subs, sub{ex, arena})
	for i := range ex.stages {
		s.team = s.team || ex.stages[i].shared()
	}
	return len(pl.subs) - 1, nil
}

func (pl *planner) cost(k int) (ns float64) {
	for i := range pl.subs[k].ex.stages {
		ns += pl.subs[k].ex.stages[i].cost + 20
	}
	return ns
}

// forever is the guess for a loop whose length nobody knows: long enough that its caller stays interruptible.
const forever = 1e7

func (pl *planner) scan(s *stage, id expr.ID) (err error) {
	n := pl.node(id)
	a := n.Attrs
	l := &scan{test: -1, count: -1, steps: -1, length: a.Length, reverse: a.Reverse}
	s.name = fmt.Sprintf("scan of %d steps", a.Length)
	if len(a.Rules) == 1 {
		s.name = "while"
	}
	results, reads := s.writes, s.reads
	if ex := pl.loopTape(id); ex != nil {
		pl.tape(s, ex)
		return nil
	}
	types := pl.p.ResultTypes(id)
	if l.body, err = pl.child(s, a.Body(), a.Carries); err != nil {
		return err
	}
	buffer := func(bytes int) int32 {
		m := pl.memory(memory{bytes: bytes})
		s.writes = append(s.writes, m)
		return m
	}
	for k := range a.Carries {
		bytes := bytesOf(types[k])
		at := carry{reads[k], results[k], results[k], bytes, pl.subs[l.body].ex.changes(k)}
		if !at.stays {
			at.spare = buffer(bytes)
		}
		l.carries = append(l.carries, at)
	}
	outs := len(a.Body().Outputs)
	for k := a.Carries; k < outs; k++ {
		l.ys = append(l.ys, sliced{results[k], bytesOf(pl.subs[l.body].ex.out[k])})
	}
	for i := range a.Slices {
		l.xs = append(l.xs, sliced{reads[a.Carries+i], bytesOf(pl.subs[l.body].ex.in[a.Carries+i])})
	}
	l.consts = reads[a.Carries+a.Slices:]
	if a.Counted {
		last := len(l.consts) - 1
		l.count, l.consts = l.consts[last], l.consts[:last]
	}
	step := pl.cost(l.body)
	if len(a.Rules) == 1 {
		if l.test, err = pl.child(s, a.Rules[0], 0); err != nil {
			return err
		}
		l.steps, l.more = results[outs], buffer(1)
		step += pl.cost(l.test)
	}
	if s.cost = forever; l.length >= 0 {
		s.cost = float64(l.length) * (step + 50)
	}
	l.every = max(1, min(256, int(1e5/step)))
	s.text = pl.subs[l.body].ex.summary()
	s.run = l.run
	return nil
}

// tape lets a stage run a tape on its memories.
func (pl *planner) tape(s *stage, ex *Executable) {
	k := len(pl.subs)
	pl.subs = append(pl.subs, sub{ex, pl.memory(memory{})})
	s.writes = append(s.writes, pl.subs[k].arena)
	s.cost, s.text = ex.stages[0].cost, ex.stages[0].text
	results, reads := s.writes, s.reads
	s.run = func(c *call) error {
		body := c.subs[k]
		body.done = c.done
		for i, m := range reads {
			body.feed(i, c.ptr(m))
		}
		for i := range body.ex.out {
			body.yield(i, c.ptr(results[i]))
		}
		err := body.ex.tape.play(body)
		if body.halted.Load() {
			c.halted.Store(true)
		}
		return err
	}
}

// feed points an input of the executable at memory.
func (c *call) feed(k int, p unsafe.Pointer) {
	m := c.ex.inputs[k]
	for _, f := range c.frames[:c.team.Size()] {
		f.ptr[m] = p
	}
}

// yield points an output of the executable at memory.
func (c *call) yield(k int, p unsafe.Pointer) {
	m := c.ex.outputs[k]
	for _, f := range c.frames[:c.team.Size()] {
		f.ptr[m] = p
	}
}

// again runs the stages of the executable once more.
func (c *call) again() error {
	for _, f := range c.frames[:c.team.Size()] {
		f.follow(c.ex)
	}
	return c.stages(nil)
}

func (l *scan) run(c *call) error {
	body := c.subs[l.body]
	body.done = c.done
	steps := l.length
	if l.count >= 0 {
		n := *(*int64)(c.ptr(l.count))
		if n < 0 || n > int64(l.length) {
			return spec.Errorf(spec.SpecError, "scan: %d steps are outside [0, %d]", n, l.length)
		}
		steps = int(n)
	}
	K, S := len(l.carries), len(l.xs)
	for i, m := range l.consts {
		body.feed(K+S+i, c.ptr(m))
	}
	var test *call
	if l.test >= 0 {
		test = c.subs[l.test]
		test.done = c.done
		for i, m := range l.consts {
			test.feed(K+i, c.ptr(m))
		}
		test.yield(0, c.ptr(l.more))
	}
	home := steps&1 == 1 || steps < 0 // the next step writes into the results
	k := 0
	for ; steps < 0 || k < steps; k++ {
		for i := range l.carries { // where the last step left it
			at := &l.carries[i]
			p := c.ptr(at.from)
			if k > 0 {
				p = c.ptr(at.spare)
				if !home || at.stays {
					p = c.ptr(at.result)
				}
			}
			body.feed(i, p)
			if test != nil {
				test.feed(i, p)
			}
		}
		if test != nil {
			if err := test.again(); err != nil {
				return err
			}
			if *(*byte)(c.ptr(l.more)) == 0 {
				break
			}
		}
		for i := range l.carries {
			at := &l.carries[i]
			if home || at.stays {
				body.yield(i, c.ptr(at.result))
			} else {
				body.yield(i, c.ptr(at.spare))
			}
		}
		row := k
		if l.reverse {
			row = steps - 1 - k
		}
		for i := range l.xs {
			body.feed(K+i, unsafe.Add(c.ptr(l.xs[i].mem), row*l.xs[i].bytes))
		}
		for i := range l.ys {
			body.yield(K+i, unsafe.Add(c.ptr(l.ys[i].mem), row*l.ys[i].bytes))
		}
		if err := body.again(); err != nil {
			return err
		}
		home = !home
		if k%l.every == 0 && c.stopped() || body.halted.Load() {
			c.halted.Store(true)
			return nil
		}
	}
	for i := range l.carries {
		at := &l.carries[i]
		last := at.result
		if k == 0 {
			last = at.from
		} else if home && !at.stays {
			last = at.spare
		}
		if last != at.result {
			copy(bytesAt(c.ptr(at.result), at.bytes), bytesAt(c.ptr(last), at.bytes))
		}
	}
	if l.steps >= 0 {
		*(*int64)(c.ptr(l.steps)) = int64(k)
	}
	return nil
}

// branches is a switch (remat: of one branch).
func (pl *planner) branches(s *stage, programs []*expr.Program, name string) error {
	results, reads := s.writes, s.reads
	var subs []int
	first := 0
	if name == "switch" {
		first = 1
	}
	s.cost = 0
	for _, p := range programs {
		k, err := pl.child(s, p, 0)
		if err != nil {
			return err
		}
		subs = append(subs, k)
		s.cost = max(s.cost, pl.cost(k))
		s.text = strings.TrimPrefix(s.text+" | "+pl.subs[k].ex.summary(), " | ")
	}
	s.name = name
	s.run = func(c *call) error {
		k := 0
		if first == 1 {
			k = int(min(max(*(*int64)(c.ptr(reads[0])), 0), int64(len(subs)-1)))
		}
		body := c.subs[subs[k]]
		body.done = c.done
		for i, m := range reads[first:] {
			body.feed(i, c.ptr(m))
		}
		for i := range body.ex.out {
			body.yield(i, c.ptr(results[i]))
		}
		err := body.again()
		if body.halted.Load() {
			c.halted.Store(true)
		}
		return err
	}
	return nil
}

// summary names the stages in a few words.
func (ex *Executable) summary() string {
	var parts []string
	for i := range ex.stages {
		switch s := &ex.stages[i]; {
		case s.nest != nil:
			parts = append(parts, "nest")
		case s.text != "":
			parts = append(parts, s.name+" ("+s.text+")")
		default:
			parts = append(parts, s.name)
		}
	}
	if len(parts) > 24 {
		parts = append(parts[:24], fmt.Sprintf("... %d more", len(parts)-24))
	}
	return fmt.Sprintf("%s; %d bytes", strings.Join(parts, ", "), ex.arena)
}

// play runs the tape.
func (t *tape) play(c *call) error {
	f := c.frames[0]
	base := f.scratch
	for i := range t.load {
		l := &t.load[i]
		from, to := f.ptr[l.mem], unsafe.Add(base, l.at[0])
		if l.size == 8 {
			for j := range l.at {
				*(*uint64)(unsafe.Add(to, 8*j)) = *(*uint64)(unsafe.Add(from, 8*j))
			}
			continue
		}
		copy(unsafe.Slice((*byte)(to), l.size*len(l.at)), unsafe.Slice((*byte)(from), l.size*len(l.at)))
	}
	for i := range t.points {
		*(*uintptr)(unsafe.Add(base, t.points[i].at[0])) = uintptr(f.ptr[t.points[i].mem])
	}
	fuel := (*int64)(unsafe.Add(base, tapes.Fuel))
	*fuel = tapeFuel
	for k := t.run.Run(base, 0); k >= 0; {
		n := t.run.Note(k)
		if n.Kind == tapes.Back {
			if c.stopped() {
				return nil
			}
			*fuel = tapeFuel
			k = t.run.Run(base, n.N)
			continue
		}
		o := &t.calls[n.N]
		switch {
		case o.one != nil:
			*(*float64)(unsafe.Add(base, o.kernel.d)) = o.one(*(*float64)(unsafe.Add(base, o.kernel.x[0])))
		case o.two != nil:
			*(*float64)(unsafe.Add(base, o.kernel.d)) = o.two(*(*float64)(unsafe.Add(base, o.kernel.x[0])), *(*float64)(unsafe.Add(base, o.kernel.x[1])))
		case o.fold != nil:
			d, x := unsafe.Add(base, o.kernel.d), unsafe.Add(base, o.kernel.x[0])
			if o.part < 0 {
				o.fold.leaf(d, x, o.n)
			} else {
				part := unsafe.Add(base, o.part)
				o.fold.leaf(part, x, o.n)
				o.fold.tree(d, part, 1)
			}
		case o.fails != nil:
			return o.fails(base)
		default:
			o.kernel.run(f, o.kernel, o.n)
		}
		k = t.run.Run(base, k+1)
	}
	for i := range t.store {
		o := &t.store[i]
		to := f.ptr[o.mem]
		switch {
		case o.floats == array.Float64:
			for j, at := range o.at {
				x := *(*float64)(unsafe.Add(base, at))
				if x != x {
					x = math.NaN()
				}
				*(*float64)(unsafe.Add(to, 8*j)) = x
			}
		case o.floats == array.Float32:
			for j, at := range o.at {
				one := unsafe.Slice((*float32)(unsafe.Add(to, 4*j)), 1)
				one[0] = *(*float32)(unsafe.Add(base, at))
				simd.Canonical(one, one)
			}
		default:
			for j, at := range o.at {
				copy(unsafe.Slice((*byte)(unsafe.Add(to, o.size*j)), o.size), unsafe.Slice((*byte)(unsafe.Add(base, at)), o.size))
			}
		}
	}
	return nil
}
