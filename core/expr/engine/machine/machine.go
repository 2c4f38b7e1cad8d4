// Package machine writes AVX-512 machine code for loops over tiles: a list of element-wise steps becomes one loop in which every number stays
// in a register between its load and its store. Each step gives the bits of the kernels of core/simd that the engine runs elsewhere.
//
// A loop runs over one row of any length, or over rows of a length known when it is written; then it reads rows that are rolled (two loads
// under masks where the row comes round), single elements repeated along a row, and folds rows.
//
// Code lies in memory of its own, written once and then executable but not writable. Where the system gives no such memory, or on other
// processors, there is no code and the engine keeps to its kernels.
package machine

import (
	"slices"
	"unsafe"
)

// Kind is what a step does.
type Kind uint8

// The steps. Less to Not make masks, which And, Or, Not, Select and Truth take; Store and the folds make nothing; all others
// make vectors.
const (
	Load      Kind = iota // of the row at a pointer, rolled
	Spread                // one element at a pointer, repeated along the row
	Broadcast             // one element at a pointer, the same in all rows
	Store                 // A to the row at a pointer
	Sum                   // of A over the row: one float64 at a pointer, folded as simd.Sum folds a leaf
	Most                  // the largest of A in the row, folded likewise by Max
	Least
	Add
	Sub
	Mul
	Div
	Max     // A if it is larger or NaN, else B
	Min     // A if it is smaller or NaN, else B
	MulZero // A B, but 0 where A is 0 and B infinite or NaN
	Neg
	Abs
	Sqrt
	Rsqrt // 1 / sqrt(A), rounded twice
	Floor
	Ceil
	Trunc
	Round // half to even
	Exp
	Log
	Tanh
	Expit
	Less
	LessEqual
	Equal
	NotEqual
	Greater
	GreaterEqual
	And // of masks
	Or
	Not
	Select     // B where mask A, else C
	Truth      // 1 where mask A, else 0
	minusTwice // -2 A
)

// Step takes results of earlier steps by their indices.
type Step struct {
	Kind    Kind
	A, B, C int32
	Pointer int32 // of loads, stores and folds: place in the table
	Roll    int   // of Load: element j of the row is (j - Roll) mod Row
	Watch   bool  // of Store: report NaNs
}

func (k Kind) operands() int {
	switch {
	case k <= Broadcast:
		return 0
	case k >= Store && k <= Least || k >= Neg && k <= Expit || k == Not || k >= Truth:
		return 1
	case k == Select:
		return 3
	}
	return 2
}

func (k Kind) mask() bool    { return k >= Less && k <= Not }
func (k Kind) nothing() bool { return k >= Store && k <= Least }
func (k Kind) folds() bool   { return k >= Sum && k <= Least }

// Loop is what Assemble writes.
type Loop struct {
	Steps []Step
	Wide  bool // float64, else float32
	Row   int  // elements of a row; 0: one row, its length told at the call
	Lanes bool // folds go on over the rows of several calls: they begin with the lanes at their pointers and leave them there; Row is a multiple of 8
}

// Pointers is the number of places that a loop can know.
const Pointers = 64

// Table is what a loop works on: places in the first row, and the distances to the next rows in bytes.
type Table struct {
	At   [Pointers]unsafe.Pointer
	Step [Pointers]int
	now  [Pointers]int // of places beyond the registers; no pointer may move past the end of its memory
	// Found is set where a Store that watches met a NaN, or perhaps infinities of both signs.
	Found bool
}

const now = int32(unsafe.Offsetof(Table{}.now) / 8)

// assembler writes one loop.
type assembler struct {
	Loop
	wide     bool
	code     []byte
	fixes    []fixup
	last     []int32  // step that uses a result last
	place    []uint8  // register that holds it
	free     []uint8  // vector registers
	masks    []uint8  // mask registers that are free
	home     []int32  // pointers in general registers, by their order in general
	rest     []int32  // pointers that stay in the table
	rolls    []int    // bits of mask registers 3, 4, ...
	watch    uint8    // register that adds up what is watched: NaN where any of it is
	short    bool     // there were too few registers
	later    []func() // code behind the loop, for elements that are rare
	suspects []int32  // steps that are NaN where a MulZero may be; none: each of those looks for itself
	effects  int      // the first step that stores or folds, where there are suspects
	asks     bool     // products are written that look for themselves
	numbers
	shared int     // registers that hold what all vectors read
	own    uint8   // registers of a vector where two are worked on at once; 0: they are not
	turn   int     // vectors that operations are written for
	twin   []int32 // of an Expit the later one of its operand's negative, or that this is one (beside), or that there is none (alone)
}

// Registers that hold constants for the whole loop, and the mask for a moment.
const (
	signRegister = 31
	zeroRegister = 30
	vectors      = 30
	moment       = 2
)

// general registers for pointers: rax rbx rsi r8-r14. rcx counts elements, rdx rows (or is the end), rdi is the table, r15 for a moment.
var general = [...]uint8{0, 3, 6, 8, 9, 10, 11, 12, 13, 14}

// mostSegments bounds the pieces that rolls cut a row into.
const mostSegments = 8

// assemble writes the code; false if it needs more registers than there are.
func (a *assembler) assemble() bool {
	watched := false
	for i := range a.Steps {
		s := &a.Steps[i]
		a.last[i] = int32(i)
		for k, x := range [3]int32{s.A, s.B, s.C} {
			if k < s.Kind.operands() {
				a.last[x] = int32(i)
			}
		}
		watched = watched || s.Watch
		if s.Kind <= Least && s.Kind != Broadcast && !slices.Contains(a.home, s.Pointer) && !slices.Contains(a.rest, s.Pointer) {
			if len(a.home) < len(general) {
				a.home = append(a.home, s.Pointer)
			} else {
				a.rest = append(a.rest, s.Pointer)
			}
		}
	}
	a.twins()
	segments := a.segments()
	if len(segments) > mostSegments {
		return false
	}
	for r := uint8(2*a.own + min(a.own, 1)); r < uint8(vectors-len(a.kept)); r++ {
		a.free = append(a.free, r)
	}
	for i := range a.Steps {
		if k := a.Steps[i].Kind; k == Broadcast || k == Spread || k.folds() {
			r, have := a.take()
			if !have {
				return false
			}
			a.place[i] = r
			if k == Broadcast {
				a.movePointer(scratch, a.Steps[i].Pointer)
				a.broadcast(r, scratch)
			}
		}
	}
	if watched {
		a.watch, _ = a.take()
		a.clear(a.watch)
	}
	a.shared = vectors - len(a.free)
	for r := uint8(1); r <= a.own; r++ {
		a.free = append(a.free[:r-1], r)
	}
	a.keepNumbers()
	a.constants()
	for k, p := range a.home {
		a.movePointer(general[k], p)
	}
	for _, p := range a.rest {
		a.movePointer(scratch, p)
		a.storePointer(scratch, now+p)
	}
	if a.Row == 0 {
		a.singles()
		a.beginFolds()
		a.flat()
		a.endFolds()
	} else {
		if a.Lanes {
			a.beginFolds()
		}
		if rest := a.Row % a.lanes(); rest != 0 {
			a.setMask(1, 1<<rest-1)
		}
		a.rollMasks()
		top := len(a.code)
		a.singles()
		if !a.Lanes {
			a.beginFolds()
		}
		for _, s := range segments {
			a.segment(s)
		}
		if !a.Lanes {
			a.endFolds()
		}
		stays := func(p int32) bool { return a.Lanes && a.folded(p) }
		for k, p := range a.home {
			if !stays(p) {
				a.addPointer(general[k], Pointers+p)
			}
		}
		for _, p := range a.rest {
			if !stays(p) {
				a.movePointer(scratch, now+p)
				a.addPointer(scratch, Pointers+p)
				a.storePointer(scratch, now+p)
			}
		}
		a.bytes(0x48, 0xff, 0xca) // dec rdx
		a.back(a.jump(ifNotZero), top)
		if a.Lanes {
			a.endFolds()
		}
	}
	if watched {
		a.report()
	}
	a.bytes(0xc5, 0xf8, 0x77, 0xc3) // vzeroupper; ret
	asked := slices.Clone(a.times)
	for i := 0; i < len(a.later); i++ { // which may grow
		a.later[i]()
	}
	copy(a.times, asked) // what is rare does not count
	a.pool()
	return !a.short
}

// constants fills the registers that the steps need.
func (a *assembler) constants() {
	for i := range a.Steps {
		switch a.Steps[i].Kind {
		case Neg, Abs:
			code := byte(0x18)
			if a.wide {
				code = 0x19
			}
			a.evex(op{m: 2, pp: 1, w: a.wide, code: code, reg: signRegister, from: constant, bits: signBit(a.wide)})
		}
	}
	if slices.ContainsFunc(a.Steps, func(s Step) bool { return s.Kind == MulZero }) {
		a.clear(zeroRegister)
	}
}

func (a *assembler) clear(r uint8) {
	a.evex(op{m: 1, pp: 1, w: true, code: 0xef, reg: r, v: r, rm: r}) // vpxor
}

// singles loads the elements that are repeated along a row.
func (a *assembler) singles() {
	for i := range a.Steps {
		if s := &a.Steps[i]; s.Kind == Spread {
			a.broadcast(a.place[i], a.pointer(s.Pointer))
		}
	}
}

func (a *assembler) beginFolds() {
	for i := range a.Steps {
		switch s := &a.Steps[i]; {
		case s.Kind.folds() && a.Lanes: // vmovupd
			a.evex(op{m: 1, pp: 1, w: true, code: 0x10, reg: a.place[i], from: plain, base: a.pointer(s.Pointer)})
		case s.Kind.folds():
			a.begin(s.Kind, a.place[i])
		}
	}
}

func (a *assembler) endFolds() {
	for i := range a.Steps {
		switch s := &a.Steps[i]; {
		case s.Kind.folds() && a.Lanes:
			a.evex(op{m: 1, pp: 1, w: true, code: 0x11, reg: a.place[i], from: plain, base: a.pointer(s.Pointer)})
		case s.Kind.folds():
			a.finish(s.Kind, a.place[i], a.pointer(s.Pointer))
		}
	}
}

// folded tells that a fold goes to pointer p.
func (a *assembler) folded(p int32) bool {
	return slices.ContainsFunc(a.Steps, func(s Step) bool { return s.Kind.folds() && s.Pointer == p })
}

// report tells the table if what was stored may hold NaNs.
func (a *assembler) report() {
	a.compare(moment, a.watch, a.watch, isUnordered, 0)
	a.testMask(moment)
	none := a.jump(ifZero)
	a.bytes(0xc6, 0x80|rdi) // mov byte [rdi + found], 1
	a.word(int(unsafe.Offsetof(Table{}.Found)))
	a.bytes(1)
	a.patch(none)
}

// pointer is the general register that holds a pointer.
func (a *assembler) pointer(p int32) uint8 {
	if k := slices.Index(a.home, p); k >= 0 {
		return general[k]
	}
	a.movePointer(scratch, now+p)
	return scratch
}

// load reads a vector of a row whose first vector of this kind begins at element at.
func (a *assembler) load(d uint8, s *Step, k uint8, at int) {
	p := a.pointer(s.Pointer)
	if s.Roll == 0 {
		a.memory(0x10, d, p, 0, k, k != 0)
		return
	}
	size, lanes := a.size(), min(a.lanes(), a.Row-at)
	before, after := (a.Row-s.Roll)*size, -s.Roll*size
	switch {
	case at+lanes <= s.Roll:
		a.memory(0x10, d, p, before, k, k != 0)
	case at >= s.Roll:
		a.memory(0x10, d, p, after, k, k != 0)
	default:
		first := 1<<(s.Roll-at) - 1
		k := a.rollMask(first, &p, s)
		a.memory(0x10, d, p, before, k, true)
		k = a.rollMask((1<<lanes-1)&^first, &p, s)
		a.memory(0x10, d, p, after, k, false)
	}
}

// rollMasks keeps the masks of all places where a row comes round, if no comparison needs their registers.
func (a *assembler) rollMasks() {
	if slices.ContainsFunc(a.Steps, func(s Step) bool { return s.Kind.mask() }) {
		return
	}
	for i := range a.Steps {
		r, lanes := a.Steps[i].Roll, a.lanes()
		if at := r / lanes * lanes; r > at {
			first := 1<<(r-at) - 1
			for _, bits := range []int{first, (1<<min(lanes, a.Row-at) - 1) &^ first} {
				if !slices.Contains(a.rolls, bits) && len(a.rolls) < 5 {
					a.setMask(uint8(3+len(a.rolls)), bits)
					a.rolls = append(a.rolls, bits)
				}
			}
		}
	}
}

// rollMask is a mask register with the bits; where that takes the register of pointer p, p is loaded again.
func (a *assembler) rollMask(bits int, p *uint8, s *Step) uint8 {
	if k := slices.Index(a.rolls, bits); k >= 0 {
		return uint8(3 + k)
	}
	a.setMask(moment, bits)
	*p = a.pointer(s.Pointer)
	return moment
}

func (a *assembler) take() (r uint8, ok bool) {
	if len(a.free) == 0 {
		a.short = true
		return 0, false
	}
	r = a.free[0] // the one free for longest
	a.free = a.free[1:]
	a.least = min(a.least, len(a.free))
	return r, true
}

// body writes the steps once, loads and stores under mask k (0: none); at is the element of the row where the first vector of this body begins.
func (a *assembler) body(k uint8, at int) {
	a.masks = append(a.masks[:0], []uint8{3, 4, 5, 6, 7}[len(a.rolls):]...)
	if len(a.suspects) == 0 {
		a.steps(0, len(a.Steps), slices.Clone(a.last), k, at)
		return
	}
	free, last := slices.Clone(a.free), slices.Clone(a.last)
	a.asks = false
	a.steps(0, a.effects, last, k, at)
	found := a.look()
	a.steps(a.effects, len(a.Steps), last, k, at)
	a.again(found, free, k, at)
}

// steps writes some of them, after which registers are free by last.
func (a *assembler) steps(from, to int, last []int32, k uint8, at int) {
	release := func(i int32, at int) {
		kind := a.Steps[i].Kind
		if last[i] != int32(at) || kind == Broadcast || kind == Spread || kind.nothing() {
			return
		}
		last[i] = -1 // once, though it be two operands
		if kind.mask() {
			a.masks = append(a.masks, a.place[i])
		} else {
			a.free = append(a.free, a.place[i])
		}
	}
	for i := from; i < to; i++ {
		s := &a.Steps[i]
		var x [3]uint8
		for k, o := range [3]int32{s.A, s.B, s.C} {
			if k < s.Kind.operands() {
				x[k] = a.place[o]
			}
		}
		switch {
		case s.Kind == Broadcast || s.Kind == Spread:
			continue
		case s.Kind == Expit && a.twin[i] == beside:
		case s.Kind == Store:
			if s.Watch {
				a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: 0x58, reg: a.watch, v: a.watch, rm: x[0], mask: k})
			}
			a.memory(0x11, x[0], a.pointer(s.Pointer), 0, k, false)
		case s.Kind.folds():
			a.fold(s.Kind, a.place[i], x[0], k)
		case s.Kind.mask():
			if len(a.masks) == 0 {
				a.short = true
				return
			}
			a.place[i], a.masks = a.masks[0], a.masks[1:]
			switch s.Kind {
			case And, Or: // kandw, korw
				a.bytes(0xc5, 0x80|^x[0]&15<<3|4, 0x41+4*byte(s.Kind-And), 0xc0|a.place[i]<<3|x[1])
			case Not: // knotw
				a.bytes(0xc5, 0xf8, 0x44, 0xc0|a.place[i]<<3|x[0])
			default:
				a.compare(a.place[i], x[0], x[1], [...]uint8{isLess, isAtMost, isEqual, 4, isMore, isAtLeast}[s.Kind-Less], 0)
			}
		case s.Kind == Load:
			d, _ := a.take()
			a.place[i] = d
			a.load(d, s, k, at)
		default:
			d, _ := a.take()
			a.place[i] = d
			if s.Kind == Expit && a.twin[i] >= 0 {
				other, _ := a.take()
				a.place[a.twin[i]] = other
				if a.wide {
					a.expits(x[0], d, other)
				} else {
					a.expits32(x[0], d, other)
				}
				break
			}
			a.compute(s, d, x)
		}
		if a.short {
			return
		}
		for k, o := range [3]int32{s.A, s.B, s.C} {
			if k < s.Kind.operands() {
				release(o, i)
			}
		}
		release(int32(i), i)
	}
}

// compute writes one step; d is none of its operands' registers.
func (a *assembler) compute(s *Step, d uint8, x [3]uint8) {
	switch s.Kind {
	case Add:
		a.op(0x58, d, x[0], x[1])
	case Mul:
		a.op(0x59, d, x[0], x[1])
	case Sub:
		a.op(0x5c, d, x[0], x[1])
	case Div:
		a.op(0x5e, d, x[0], x[1])
	case Max, Min:
		a.compare(moment, x[0], x[0], isEqual, 0)
		a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: 0x5f - 2*uint8(s.Kind-Max), reg: d, v: x[0], rm: x[1]})
		a.evex(op{m: 2, pp: 1, w: a.wide, code: 0x65, reg: d, v: x[0], rm: d, mask: moment}) // vblendm: d where x is a number, else x
	case MulZero:
		a.product(d, x[0], x[1])
	case Neg:
		a.op(0x57, d, x[0], signRegister)
	case Abs:
		a.op(0x55, d, signRegister, x[0]) // not sign, and x
	case Sqrt:
		a.op(0x51, d, 0, x[0])
	case Rsqrt:
		a.op(0x51, d, 0, x[0])
		t, _ := a.take()
		a.fill(a.wide, t, 1, 0)
		a.op(0x5e, d, t, d)
		a.free = append(a.free, t)
	case Floor, Ceil, Trunc, Round: // vrndscale
		code := uint8(0x08)
		if a.wide {
			code = 0x09
		}
		a.evex(op{m: 3, pp: 1, w: a.wide, code: code, reg: d, rm: x[0], hasImm: true, imm: [...]uint8{9, 10, 11, 8}[s.Kind-Floor]})
	case Exp, Log, Tanh, Expit:
		f := [...]func(d, x uint8){a.exp32, a.log32, a.tanh32, a.expit32}
		if a.wide {
			f = [...]func(d, x uint8){a.exp, a.log, a.tanh, a.expit}
		}
		f[s.Kind-Exp](d, x[0])
	case Truth:
		code := byte(0x18)
		if a.wide {
			code = 0x19
		}
		a.evex(op{m: 2, pp: 1, w: a.wide, code: code, reg: d, from: constant, bits: float(a.wide, 1), mask: x[0], clear: true})
	case Select:
		a.evex(op{m: 2, pp: 1, w: a.wide, code: 0x65, reg: d, v: x[2], rm: x[1], mask: x[0]})
	case minusTwice:
		a.with(a.wide, 0x59, d, x[0], -2)
	}
}
