// Package engine runs array programs fast.
//
// # From program to stages
//
// [Compile] lowers and simplifies the program and cuts it into stages. A nest is a loop over tiles of some hundred elements that stay in the
// nearest cache: element-wise operations, one vector kernel per instruction and tile, with the loads that feed them and the reductions of rows
// at their end. On AVX-512, runs of arithmetic, comparisons, selections, some functions and folds become loops in machine code (package machine),
// whose numbers stay in registers. Slices, transposes, reversals, rolls, broadcasts and reshapes are no operations but ways of reading memory: a
// tile that lies in one piece is read where it is, rows that are rolled or repeated are read so by the loops (rows.go), others are copied row by
// row. What is cheap is computed again where it is read through such a view or by another nest (again.go); all else is stored. Axes of a few
// components come first (turn.go). Matrix products, gathers, scatters and the like are stages of their own; those
// without a kernel call the slow reference.
//
// Loops, branches and what is made again are stages that run executables of their own (scan.go); where all values are small they are tapes (tape.go,
// package tapes): machine code, or an interpreter, that goes number by number through whole loops, those inside them included.
//
// # Bits
//
// Results do not depend on the number of threads, the SIMD level, tiles or batch size: kernels work element by element, reductions fold
// in an order given by the number of folded elements alone (simd.Sum's), products sum over blocks of ascending terms (linalg). No product is fused into a
// sum, no expression is put in another order.
//
// # Memory
//
// Buffers are planned ahead by liveness in one arena per concurrent call; a call that finds one allocates nothing.
package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/machine"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/linalg/fourier"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Options of Compile.
type Options struct {
	Passes *expr.Passes // nil: all
	// InPlace are pairs of an input and an output of its type that the caller would give one memory, see [Executable.Step]. Known are the outputs that
	// are computed before any such input changes.
	InPlace [][2]int
	Known   []int
	inner   bool // a program in another one's stage

	asWritten bool // in tests: no axis is turned
}

// stage is a step of an executable: a nest, units of work that may be shared, or one call.
type stage struct {
	name          string
	nest          *nest
	reads, writes []int32
	run           func(c *call) error
	unit          func(f *frame, u int)
	units         int
	canonical     bool    // whatever the NaNs that it reads
	cost          float64 // ns, roughly
	keeps         bool    // it makes writes[0] a copy of reads[0]
	team          bool    // run shares some of its work
	text          string
}

// shared tells that a team is of use.
func (s *stage) shared() bool {
	return s.nest != nil && s.nest.parallel || s.unit != nil && s.units > 1 && s.cost > parallelCost || s.team
}

// Executable is a compiled program. It is immutable and may run in several goroutines at once.
type Executable struct {
	p       *expr.Program
	in, out []expr.Type
	bytes   [2][]int // of inputs and outputs
	stages  []stage
	mems    []memory
	subs    []sub
	slots   int
	binds   []bind // into the frame's scratch, the arena and literals
	moving  []bind // into inputs and outputs
	inputs  []int32
	outputs []int32
	same    []int32 // memories that are other ones, see reuse
	shares  []bool  // of pairs in place: whether they are
	commit  int     // stage from which on inputs may change
	arena   int     // bytes
	scratch int
	tape    *tape // in place of stages of its own
	room    int
	mu      sync.Mutex
	idle    []*call
}

// simplified is the program as it is planned.
func simplified(p *expr.Program, passes expr.Passes) (q *expr.Program, err error) {
	if p, err = expr.Lower(p); err != nil {
		return nil, err
	}
	if p, err = expr.ShareFactors(p); err != nil {
		return nil, err
	}
	if p, err = spell(p); err != nil {
		return nil, err
	}
	if p, err = expr.Shrink(p); err != nil {
		return nil, err
	}
	return expr.Optimize(p, passes)
}

// Compile makes a program executable.
func Compile(p *expr.Program, o Options) (ex *Executable, err error) {
	defer par.Guard(&err)
	passes := expr.AllPasses
	if o.Passes != nil {
		passes = *o.Passes
	}
	in, out := p.InputTypes(), p.OutputTypes()
	if p, err = simplified(p, passes); err != nil {
		return nil, err
	}
	if o.inner {
		if ex := newTape(p, passes); ex != nil {
			return ex, nil
		}
	}
	var turned map[expr.ID]bool
	if !o.asWritten {
		if p, turned, err = turn(p); err != nil {
			return nil, err
		}
	}
	pl := newPlanner(p)
	pl.turned = turned
	pl.passes = passes
	pl.classify()
	pl.demands()
	pl.halves()
	copies := pl.placeOutputs()
	pl.transformInPlace()
	if err := pl.build(o.Known); err != nil {
		return nil, err
	}
	pl.copyOutputs(copies)
	for i := range pl.stages { // what other nests read is stored
		if s := pl.stages[i].nest; s != nil {
			for k := range s.items {
				if id := s.items[k].id; s.items[k].kind == iCompute && id >= 0 && pl.v[id].need {
					pl.storage(id)
				}
			}
		}
	}
	ex = &Executable{p: p, in: in, out: out, bytes: [2][]int{sizesOf(in), sizesOf(out)}}
	pl.seen = map[int32]bool{}
	for i := range pl.stages {
		if pl.stages[i].canonical {
			continue
		}
		for _, m := range pl.stages[i].reads { // nests tell theirs only below
			pl.seen[m] = true
		}
	}
	slot := int32(len(pl.mems))
	for i := range pl.stages {
		if s := pl.stages[i].nest; s != nil {
			slot = s.finish(pl, slot)
			pl.stages[i].touches()
		}
	}
	pl.code.loops = machine.Make(pl.code.text)
	pl.code.text = nil
	ex.stages, ex.mems, ex.subs, ex.slots = pl.stages, pl.mems, pl.subs, int(slot)
	ex.room = max(columnRoom, pl.room)
	ex.inputs, ex.outputs = make([]int32, len(in)), make([]int32, len(out))
	for i := range ex.mems {
		switch m := &ex.mems[i]; m.place {
		case inInput:
			ex.inputs[m.index] = int32(i)
		case inOutput:
			ex.outputs[m.index] = int32(i)
		}
	}
	ex.commit = int(pl.floor)
	ex.hoist(0, ex.commit)
	ex.hoist(ex.commit, len(ex.stages))
	ex.share(o.InPlace)
	ex.lifetimes()
	ex.reuse()
	if err := ex.plan(); err != nil {
		return nil, err
	}
	for i := range ex.stages {
		if s := ex.stages[i].nest; s != nil {
			ex.scratch = max(ex.scratch, s.scratch)
			ex.room = max(ex.room, 16*s.tile)
			ex.stages[i].cost = s.cost
			for _, b := range s.binds {
				if b.mem >= 0 && (ex.mems[b.mem].place == inInput || ex.mems[b.mem].place == inOutput || ex.mems[b.mem].place == inSame) {
					ex.moving = append(ex.moving, b)
				} else {
					ex.binds = append(ex.binds, b)
				}
			}
			s.text = s.describe()
			s.memo, s.items = nil, nil
		}
	}
	return ex, nil
}

// call is the state of one run: pointers, arena, a frame per worker.
type call struct {
	ex         *Executable
	arena      []byte
	frames     []*frame
	products   *linalg.Workspace
	transforms *fourier.Workspace
	team       *par.Team
	done       <-chan struct{}
	halted     atomic.Bool
	now        *stage
	share      func(worker int)
	fault      fault
	spare      [][]byte // outputs that overlap inputs
	subs       []*call
	check      func() error // before inputs change
}

// fault is the error of the first unit of a stage that has one.
type fault struct {
	mu   sync.Mutex
	unit int
	err  error
}

// fail notes the error of unit u.
func (c *call) fail(u int, err error) {
	c.fault.mu.Lock()
	if c.fault.err == nil || u < c.fault.unit {
		c.fault.unit, c.fault.err = u, err
	}
	c.fault.mu.Unlock()
}

// failed takes the error of the units that have run.
func (c *call) failed() error {
	err := c.fault.err
	c.fault.err = nil
	return err
}

// frame is a worker's pointers and registers.
type frame struct {
	workers  int // in the team
	ptr      []unsafe.Pointer
	scratch  unsafe.Pointer
	room     []uint64
	stream   rng.Stream // of random operations
	start    int
	call     *call
	factors  linalg.Scratch
	products linalg.Workspace // of its own
	table    machine.Table    // of a loop in machine code
	place    [machine.Pointers]struct{ at, left int }
	lanes    [mostFolds][8]float64
}

func (f *frame) at(mem int32, offset int) unsafe.Pointer { return unsafe.Add(f.ptr[mem], offset) }

// follow sets the pointers that hang on inputs and outputs.
func (f *frame) follow(ex *Executable) {
	for _, m := range ex.same {
		f.ptr[m] = f.ptr[ex.mems[m].same]
	}
	for _, b := range ex.moving {
		f.ptr[b.slot] = f.at(b.mem, b.offset)
	}
}

func (c *call) ptr(mem int32) unsafe.Pointer { return c.frames[0].ptr[mem] }

func (c *call) stopped() bool {
	if c.done == nil {
		return false
	}
	select {
	case <-c.done:
		c.halted.Store(true)
		return true
	default:
		return c.halted.Load()
	}
}

func aligned(bytes int) unsafe.Pointer {
	b := make([]byte, bytes+line)
	p := unsafe.Pointer(&b[0])
	return unsafe.Add(p, -uintptr(p)&(line-1))
}

func (ex *Executable) newFrame(arena unsafe.Pointer) *frame {
	f := &frame{ptr: make([]unsafe.Pointer, ex.slots), scratch: aligned(ex.scratch), room: make([]uint64, ex.room/8+8)}
	if ex.tape != nil {
		copy(unsafe.Slice((*byte)(f.scratch), ex.scratch), ex.tape.image)
	}
	for i := range ex.mems {
		switch m := &ex.mems[i]; m.place {
		case inArena:
			f.ptr[i] = unsafe.Add(arena, m.offset)
		case inScratch:
			f.ptr[i] = unsafe.Add(f.scratch, m.offset)
		case inConst:
			f.ptr[i] = unsafe.Pointer(unsafe.SliceData(m.data))
		}
	}
	for _, b := range ex.binds {
		if b.mem < 0 {
			f.ptr[b.slot] = unsafe.Add(f.scratch, b.offset)
		} else {
			f.ptr[b.slot] = f.at(b.mem, b.offset)
		}
	}
	return f
}

func (ex *Executable) open(team *par.Team) *call {
	ex.mu.Lock()
	var c *call
	if k := len(ex.idle) - 1; k >= 0 {
		c, ex.idle = ex.idle[k], ex.idle[:k]
	}
	ex.mu.Unlock()
	if c == nil {
		c = ex.newCall(aligned(ex.arena))
	}
	c.join(team)
	return c
}

func (ex *Executable) newCall(arena unsafe.Pointer) *call {
	c := &call{ex: ex, frames: []*frame{ex.newFrame(arena)}, arena: unsafe.Slice((*byte)(arena), ex.arena), spare: make([][]byte, len(ex.out))}
	c.share = c.work
	c.frames[0].call = c
	for _, s := range ex.subs {
		c.subs = append(c.subs, s.ex.newCall(c.ptr(s.arena)))
	}
	return c
}

// join makes room for a team.
func (c *call) join(team *par.Team) {
	for len(c.frames) < team.Size() { // once for a larger team
		f := c.ex.newFrame(unsafe.Pointer(unsafe.SliceData(c.arena)))
		f.call = c
		c.frames = append(c.frames, f)
	}
	if c.products == nil || c.team != team {
		c.products, c.transforms, c.team = linalg.NewWorkspace(team), fourier.NewWorkspace(team), team
		c.transforms.Stop = c.stopped
	}
	for _, f := range c.frames {
		f.workers = team.Size()
	}
	for _, s := range c.subs {
		s.join(team)
	}
}

// reset forgets that the call was stopped.
func (c *call) reset() {
	c.done, c.check = nil, nil
	c.halted.Store(false)
	for _, s := range c.subs {
		s.reset()
	}
}

func (ex *Executable) close(c *call) {
	c.reset()
	ex.mu.Lock()
	ex.idle = append(ex.idle, c)
	ex.mu.Unlock()
}

// Run computes the outputs, whose memory is there, from the inputs. Large stages are shared among the team (nil: the caller alone). It stops
// soon after ctx is done; the outputs are then undefined. Outputs may overlap inputs, not each other.
func (ex *Executable) Run(ctx context.Context, team *par.Team, inputs, outputs []*array.Array) error {
	return ex.run(ctx, team, inputs, outputs, nil)
}

func (ex *Executable) fits(inputs, outputs []*array.Array) error {
	if fit(ex.in, ex.bytes[0], inputs) && fit(ex.out, ex.bytes[1], outputs) {
		return nil
	}
	if err := check("input", ex.in, inputs); err != nil {
		return err
	}
	return check("output", ex.out, outputs)
}

// run is Run that adds the time of each stage to times, unless that is nil.
func (ex *Executable) run(ctx context.Context, team *par.Team, inputs, outputs []*array.Array, times []time.Duration) (err error) {
	if err := ex.fits(inputs, outputs); err != nil {
		return err
	}
	defer par.Guard(&err)
	c := ex.open(team)
	c.done = ctx.Done()
	shared := overlap(inputs, outputs)
	for _, f := range c.frames[:team.Size()] {
		for i, m := range ex.inputs {
			f.ptr[m] = unsafe.Pointer(unsafe.SliceData(inputs[i].Data))
		}
		for i, m := range ex.outputs {
			if shared {
				if c.spare[i] == nil {
					c.spare[i] = make([]byte, len(outputs[i].Data))
				}
				f.ptr[m] = unsafe.Pointer(unsafe.SliceData(c.spare[i]))
			} else {
				f.ptr[m] = unsafe.Pointer(unsafe.SliceData(outputs[i].Data))
			}
		}
		f.follow(ex)
	}
	err = c.stages(times)
	if err == nil && c.halted.Load() {
		err = ctx.Err()
	}
	if err == nil && shared {
		for i := range outputs {
			copy(outputs[i].Data, c.spare[i])
		}
	}
	ex.close(c)
	return err
}

func (c *call) stages(times []time.Duration) error {
	f := c.frames[0]
	var begin time.Time
	for i := range c.ex.stages {
		s := &c.ex.stages[i]
		if i > 0 && i == c.ex.commit && c.check != nil {
			if err := c.committed(); err != nil || c.halted.Load() {
				return err
			}
		}
		if times != nil {
			begin = time.Now()
		}
		switch {
		case s.nest != nil:
			if s.nest.parallel && c.team.Size() > 1 {
				if err := c.together(s); err != nil {
					return err
				}
			} else {
				s.nest.run(c, f, 0, s.nest.tiles)
			}
			for _, r := range s.nest.reductions {
				r.finish(f)
			}
		case s.unit != nil:
			if s.shared() && c.team.Size() > 1 {
				if err := c.together(s); err != nil {
					return err
				}
			} else {
				c.units(s, f, 0, s.units)
			}
			if err := c.failed(); err != nil {
				return err
			}
		default:
			if err := s.run(c); err != nil {
				return err
			}
		}
		if times != nil {
			times[i] += time.Since(begin)
		}
		if i&31 == 31 && c.stopped() || c.halted.Load() {
			return nil
		}
	}
	return nil
}

func (c *call) together(s *stage) error {
	c.now = s
	return c.team.Run(c.share)
}

// work is a worker's part of the current stage.
func (c *call) work(worker int) {
	s, f, n := c.now, c.frames[worker], c.team.Size()
	if s.nest != nil {
		s.nest.run(c, f, s.nest.tiles*worker/n, s.nest.tiles*(worker+1)/n)
		return
	}
	c.units(s, f, s.units*worker/n, s.units*(worker+1)/n)
}

// longStage is the cost in ns from which on a stage looks between its units whether it should stop.
const longStage = 1e6

func (c *call) units(s *stage, f *frame, from, to int) {
	for u := from; u < to; u++ {
		if s.cost > longStage && c.stopped() {
			return
		}
		s.unit(f, u)
	}
}

// fit tells whether arrays are of their types; small programs have little time for it.
func fit(want []expr.Type, bytes []int, got []*array.Array) bool {
	if len(want) != len(got) || len(bytes) != len(want) {
		return false
	}
	for i, a := range got {
		t := &want[i]
		if a.Dtype != t.Dtype || len(a.Data) < bytes[i] || len(a.Shape) != len(t.Shape) {
			return false
		}
		for k, n := range t.Shape {
			if a.Shape[k] != n {
				return false
			}
		}
	}
	return true
}

func sizesOf(types []expr.Type) (bytes []int) {
	for _, t := range types {
		bytes = append(bytes, bytesOf(t))
	}
	return bytes
}

func check(what string, want []expr.Type, got []*array.Array) error {
	if len(want) != len(got) {
		return spec.Errorf(spec.ShapeError, "expected %d %ss, got %d", len(want), what, len(got))
	}
	for i, a := range got {
		if t := (expr.Type{Dtype: a.Dtype, Shape: a.Shape}); !t.Equal(want[i]) {
			return spec.Errorf(spec.ShapeError, "%s %d: expected %v, got %v", what, i, want[i], t)
		}
		if need := bytesOf(want[i]); len(a.Data) < need {
			return spec.Errorf(spec.ShapeError, "%s %d: expected %d bytes, got %d", what, i, need, len(a.Data))
		}
	}
	return nil
}

// overlap tells whether an output has bytes of an input.
func overlap(inputs, outputs []*array.Array) bool {
	for _, o := range outputs {
		from := uintptr(unsafe.Pointer(unsafe.SliceData(o.Data)))
		to := from + uintptr(len(o.Data))
		for _, i := range inputs {
			at := uintptr(unsafe.Pointer(unsafe.SliceData(i.Data)))
			if at < to && from < at+uintptr(len(i.Data)) {
				return true
			}
		}
	}
	return false
}
