package tapes

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/simd"
)

// Machine code of a tape: AVX instructions on single numbers, rdi the block. Between labels numbers stay in registers, from where the one that is
// needed last goes to memory when room is wanted. A bool in a register is all ones or all zeros. Places that a note elsewhere reads, or the
// caller does, are written at once; all others only if they lose their register.
type assembler struct {
	notes    []Note
	constant map[int32]bool
	global   map[int32]bool
	code     []byte
	starts   []int32 // of notes
	jumps    []jump
	fixes    []fixup
	holds    [registers]held
	where    map[int32]uint8
	uses     map[int32][]int // notes between the labels that read a place, from the current one on
	busy     uint32
}

const registers = 16

// held is what a register holds.
type held struct {
	place             int32
	full, mask, dirty bool
}

type jump struct{ at, note int }

type fixup struct {
	at   int
	bits uint64
}

// operand is a register, memory or a constant.
type operand struct {
	kind uint8
	reg  uint8 // or the base of memory
	disp int
	bits uint64
}

const (
	inRegister = iota
	inMemory
	inPool
)

// General registers.
const (
	rax = 0
	rcx = 1
	rdi = 7
)

// assemble is the code of notes, and where in it the code of each begins (-1: it is entered nowhere); nil where there is no such code.
func assemble(notes []Note, constant, pinned map[int32]bool) ([]byte, []int32) {
	if simd.Current() == simd.Scalar {
		return nil, nil
	}
	a := &assembler{notes: notes, constant: constant, global: map[int32]bool{}, starts: make([]int32, len(notes)+1), where: map[int32]uint8{}}
	for p := range pinned {
		a.global[p] = true
	}
	label := make([]bool, len(notes)+1)
	for k := range notes {
		switch n := &notes[k]; n.Kind {
		case Jump, JumpIfNot, Back:
			label[n.N] = true
		}
	}
	label[0] = true
	next := func(k int) int {
		for k++; k < len(notes) && !label[k]; k++ {
		}
		return k
	}
	for from := 0; from < len(notes); from = next(from) {
		a.exposed(from, next(from))
	}
	for from := 0; from < len(notes); from = next(from) {
		a.straight(from, next(from))
	}
	a.starts[len(notes)] = int32(len(a.code))
	a.leave(-1)
	for _, j := range a.jumps {
		binary.LittleEndian.PutUint32(a.code[j.at:], uint32(int(a.starts[j.note])-j.at-4))
	}
	a.pool()
	return a.code, a.starts
}

// known tells that a note gives its result in a register.
func (n *Note) known() bool {
	switch n.Kind {
	case Outside, Copy4, Copy16, AddWord, Point, PointRow, Read4, Read16:
		return false
	}
	return n.Kind < Write1
}

// inMemory tells that a note reads its operands, or the first, in memory.
func (n *Note) inMemory() bool {
	switch n.Kind {
	case Copy4, Copy16, AddWord, PointRow, Read1, Read4, Read8, Read16, Write4, Write16, WriteSingle:
		return true
	}
	return false
}

// exposed marks the places that are read between labels before they are written there, or in memory.
func (a *assembler) exposed(from, to int) {
	written := map[int32]bool{}
	for k := from; k < to; k++ {
		n := &a.notes[k]
		places, bytes, count := n.reads()
		for i, p := range places[:count] {
			if !written[p] || n.inMemory() || n.Kind >= Write1 && n.Kind <= WriteSingle && p == n.D {
				a.global[p] = true
				if bytes[i] == 16 {
					a.global[p+8] = true
				}
			}
		}
		if n.known() {
			written[n.D] = true
		}
	}
}

func (a *assembler) straight(from, to int) {
	a.holds, a.where, a.uses = [registers]held{}, map[int32]uint8{}, map[int32][]int{}
	for k := from; k < to; k++ {
		places, _, count := a.notes[k].reads()
		for i, p := range places[:count] {
			if !slices.Contains(places[:i], p) {
				a.uses[p] = append(a.uses[p], k)
			}
		}
	}
	for k := from; k < to; k++ {
		a.starts[k] = int32(len(a.code))
		a.busy = 0
		a.note(k)
	}
}

// past forgets the uses of place p by the current note and frees its register after the last.
func (a *assembler) past(k int, places []int32) {
	for _, p := range places {
		if u := a.uses[p]; len(u) > 0 && u[0] == k {
			a.uses[p] = u[1:]
		}
		if r, ok := a.where[p]; ok && len(a.uses[p]) == 0 {
			delete(a.where, p)
			a.holds[r] = held{}
		}
	}
}

func (a *assembler) forget(p int32) {
	if r, ok := a.where[p]; ok {
		delete(a.where, p)
		a.holds[r] = held{}
	}
}

// spill stores what a register holds if memory does not have it.
func (a *assembler) spill(r uint8) {
	if h := &a.holds[r]; h.dirty {
		a.store(r, h.place, h.mask)
		h.dirty = false
	}
}

func (a *assembler) store(r uint8, p int32, mask bool) {
	if mask {
		a.fromVector(r)
		a.bytes(0x83, 0xe0, 1, 0x88, 0x80|rdi) // and eax, 1; mov [rdi + p], al
		a.word(int(p))
		return
	}
	a.vex(3, 1, 0, 0x11, r, 0, memory(rdi, int(p)))
}

// take is a free register.
func (a *assembler) take() uint8 {
	best, far := uint8(0), -1
	for r := range uint8(registers) {
		if a.busy>>r&1 != 0 {
			continue
		}
		if !a.holds[r].full {
			a.busy |= 1 << r
			return r
		}
		if u := a.uses[a.holds[r].place]; len(u) == 0 || u[0] > far {
			best, far = r, math.MaxInt
			if len(u) > 0 {
				far = u[0]
			}
		}
	}
	a.spill(best)
	delete(a.where, a.holds[best].place)
	a.holds[best] = held{}
	a.busy |= 1 << best
	return best
}

// get has the value of a place in a register.
func (a *assembler) get(p int32, mask bool) uint8 {
	if r, ok := a.where[p]; ok {
		a.busy |= 1 << r
		return r
	}
	r := a.take()
	a.load(r, memory(rdi, int(p)), mask)
	if !a.constant[p] || mask {
		a.holds[r] = held{place: p, full: true, mask: mask}
		a.where[p] = r
	}
	return r
}

func (a *assembler) load(r uint8, from operand, mask bool) {
	if mask {
		a.bytes(0x0f, 0xb6, 0x80|from.reg) // movzx eax, byte
		a.word(from.disp)
		a.bytes(0x48, 0xf7, 0xd8) // neg rax
		a.toVector(r)
		return
	}
	a.vex(3, 1, 0, 0x10, r, 0, from)
}

// source is a float64 in a register, or in memory where it is read this once.
func (a *assembler) source(p int32) operand {
	if _, ok := a.where[p]; !ok {
		if u := a.uses[p]; a.constant[p] || len(u) < 2 {
			return memory(rdi, int(p))
		}
	}
	return operand{reg: a.get(p, false)}
}

// put says that register r now has the value of place p.
func (a *assembler) put(p int32, r uint8, mask bool) {
	a.forget(p)
	if a.global[p] {
		a.store(r, p, mask)
	}
	if len(a.uses[p]) > 0 {
		a.holds[r] = held{p, true, mask, !a.global[p]}
		a.where[p] = r
	}
}

// leave returns k to the caller.
func (a *assembler) leave(k int) {
	a.bytes(0x48, 0xc7, 0xc0) // mov rax, k; ret
	a.word(k)
	a.bytes(0xc3)
}

var arithmetic = map[Kind]uint8{Add: 0x58, Mul: 0x59, Sub: 0x5c, Div: 0x5e}

var relation = map[Kind]uint8{Less: 17, LessEqual: 18, Equal: 0, NotEqual: 4}

func (a *assembler) note(k int) {
	n := &a.notes[k]
	places, _, count := n.reads()
	binary := func(f func(d, x uint8, y operand)) {
		x := a.get(n.A, false)
		y := a.source(n.B)
		a.past(k, places[:count])
		d := a.take()
		f(d, x, y)
		a.put(n.D, d, false)
	}
	switch n.Kind {
	case Outside, WriteSingle:
		a.past(k, places[:count])
		for r := range uint8(registers) {
			if a.holds[r].full {
				a.spill(r)
			}
		}
		a.holds, a.where = [registers]held{}, map[int32]uint8{}
		a.leave(k)
		return
	case Add, Mul, Sub, Div:
		x, y := n.A, n.B
		if _, ok := a.where[x]; !ok && (n.Kind == Add || n.Kind == Mul) { // the one in memory comes last
			x, y = y, x
		}
		u := a.get(x, false)
		v := a.source(y)
		a.past(k, places[:count])
		d := a.take()
		a.vex(3, 1, 0, arithmetic[n.Kind], d, u, v)
		a.put(n.D, d, false)
	case Max, Min:
		binary(func(d, x uint8, y operand) {
			t := a.take()
			a.vex(3, 1, 0, 0x5f-2*uint8(n.Kind-Max), d, x, y)
			a.compare(t, x, operand{reg: x}, 3)
			a.blend(d, d, operand{reg: x}, t)
		})
	case MulZero:
		binary(func(d, x uint8, y operand) {
			t := a.take()
			a.vex(3, 1, 0, 0x59, d, x, y)
			u := a.take()
			a.compare(t, x, operand{kind: inPool}, 4)
			a.compare(u, d, operand{reg: d}, 7)
			a.vex(1, 1, 0, 0x56, t, t, operand{reg: u}) // where x is not 0 or d is a number
			a.vex(1, 1, 0, 0x54, d, d, operand{reg: t})
		})
	case Neg, Abs, Sqrt, FloatOfInt, FloatOfTruth, IntOfTruth, Not:
		mask := n.Kind == Not
		x := a.get(n.A, mask || n.Kind == FloatOfTruth || n.Kind == IntOfTruth)
		a.past(k, places[:count])
		d := a.take()
		switch n.Kind {
		case Neg:
			a.vex(1, 1, 0, 0x57, d, x, pooled(1<<63))
		case Abs:
			a.vex(1, 1, 0, 0x54, d, x, pooled(1<<63-1))
		case Sqrt:
			a.vex(3, 1, 0, 0x51, d, x, operand{reg: x})
		case FloatOfInt: // vcvtsi2sd
			a.fromVector(x)
			a.vex(1, 1, 0, 0x57, d, d, operand{reg: d})
			a.vex(3, 1, 1, 0x2a, d, d, operand{reg: rax})
		case FloatOfTruth:
			a.vex(1, 1, 0, 0x54, d, x, pooled(math.Float64bits(1)))
		case IntOfTruth: // vpsrlq
			a.vex(1, 1, 0, 0x73, 2, d, operand{reg: x})
			a.bytes(63)
		case Not:
			a.vex(1, 1, 0, 0x57, d, x, pooled(math.MaxUint64))
		}
		a.put(n.D, d, mask)
	case Less, LessEqual, Equal, NotEqual:
		x := a.get(n.A, false)
		y := a.source(n.B)
		a.past(k, places[:count])
		d := a.take()
		a.compare(d, x, y, relation[n.Kind])
		a.put(n.D, d, true)
	case LessInt, LessEqualInt, EqualInt, NotEqualInt:
		x, y := a.get(n.A, false), operand{reg: a.get(n.B, false)}
		a.past(k, places[:count])
		d := a.take()
		switch n.Kind {
		case LessInt:
			a.vex(1, 2, 0, 0x37, d, y.reg, operand{reg: x}) // vpcmpgtq
		case LessEqualInt:
			a.vex(1, 2, 0, 0x37, d, x, y)
		default:
			a.vex(1, 2, 0, 0x29, d, x, y) // vpcmpeqq
		}
		if n.Kind == LessEqualInt || n.Kind == NotEqualInt {
			a.vex(1, 1, 0, 0x57, d, d, pooled(math.MaxUint64))
		}
		a.put(n.D, d, true)
	case AddInt, SubInt:
		x, y := a.get(n.A, false), a.get(n.B, false)
		a.past(k, places[:count])
		d := a.take()
		code := uint8(0xd4)
		if n.Kind == SubInt {
			code = 0xfb
		}
		a.vex(1, 1, 0, code, d, x, operand{reg: y})
		a.put(n.D, d, false)
	case And, Or:
		x, y := a.get(n.A, true), a.get(n.B, true)
		a.past(k, places[:count])
		d := a.take()
		a.vex(1, 1, 0, 0x54+2*uint8(n.Kind-And), d, x, operand{reg: y})
		a.put(n.D, d, true)
	case Select1, Select8:
		mask := n.Kind == Select1
		m, x, y := a.get(n.A, true), a.get(n.B, mask), a.get(n.C, mask)
		a.past(k, places[:count])
		d := a.take()
		a.blend(d, y, operand{reg: x}, m)
		a.put(n.D, d, mask)
	case Copy1, Copy8:
		mask := n.Kind == Copy1
		x := a.get(n.A, mask)
		a.past(k, places[:count])
		d := a.take()
		a.vex(1, 1, 0, 0x28, d, 0, operand{reg: x})
		a.put(n.D, d, mask)
	case Copy4, Copy16:
		a.past(k, places[:count])
		a.move(n.Kind == Copy16, memory(rdi, int(n.A)), memory(rdi, int(n.D)))
	case Read4, Read16:
		a.past(k, places[:count])
		a.pointer(n.A)
		a.move(n.Kind == Read16, memory(rcx, n.N), memory(rdi, int(n.D)))
	case Write4, Write16:
		a.past(k, places[:count])
		a.pointer(n.D)
		a.move(n.Kind == Write16, memory(rdi, int(n.A)), memory(rcx, n.N))
	case Read1, Read8:
		a.past(k, places[:count])
		a.pointer(n.A)
		d := a.take()
		a.load(d, memory(rcx, n.N), n.Kind == Read1)
		a.put(n.D, d, n.Kind == Read1)
	case Write1:
		x := a.get(n.A, true)
		a.past(k, places[:count])
		a.pointer(n.D)
		a.fromVector(x)
		a.bytes(0x83, 0xe0, 1, 0x88, 0x80|rcx) // and eax, 1; mov [rcx + N], al
		a.word(n.N)
	case Write8, WriteFloat:
		x := a.get(n.A, false)
		if n.Kind == WriteFloat {
			t := a.take()
			a.compare(t, x, operand{reg: x}, 3)
			a.blend(t, x, pooled(math.Float64bits(math.NaN())), t)
			x = t
		}
		a.past(k, places[:count])
		a.pointer(n.D)
		a.vex(3, 1, 0, 0x11, x, 0, memory(rcx, n.N))
	case AddWord:
		a.past(k, places[:count])
		a.general(0x8b, rax, n.A)
		a.bytes(0x48, 0x05) // add rax, N
		a.word(n.N)
		a.general(0x89, rax, n.D)
	case Point:
		a.general(0x8d, rax, n.A)
		a.general(0x89, rax, n.D)
	case PointRow:
		a.past(k, places[:count])
		a.general(0x8b, rax, n.B)
		a.bytes(0x48, 0x69, 0xc0) // imul rax, rax, N
		a.word(n.N)
		a.general(0x03, rax, n.A)
		a.general(0x89, rax, n.D)
	case Jump:
		a.bytes(0xe9)
		a.jump(n.N)
	case JumpIfNot:
		if r, ok := a.where[n.A]; ok {
			a.fromVector(r)
			a.bytes(0x48, 0x85, 0xc0) // test rax, rax
		} else {
			a.bytes(0x80, 0xb8|rdi) // cmp byte [rdi + A], 0
			a.word(int(n.A))
			a.bytes(0)
		}
		a.past(k, places[:count])
		a.bytes(0x0f, 0x84) // jz
		a.jump(n.N)
	case Back:
		a.bytes(0x48, 0x81, 0xa8|rdi) // sub qword [rdi + Fuel], D
		a.word(Fuel)
		a.word(int(n.D))
		a.bytes(0x0f, 0x8f) // jg
		a.jump(n.N)
		a.leave(k)
	}
	if !n.known() && n.Kind < Write1 {
		a.forget(n.D)
		if n.Kind == Copy16 || n.Kind == Read16 {
			a.forget(n.D + 8)
		}
	}
}

// move goes from memory to memory.
func (a *assembler) move(wide bool, from, to operand) {
	t := a.take()
	if wide { // vmovupd
		a.vex(1, 1, 0, 0x10, t, 0, from)
		a.vex(1, 1, 0, 0x11, t, 0, to)
	} else { // vmovss
		a.vex(2, 1, 0, 0x10, t, 0, from)
		a.vex(2, 1, 0, 0x11, t, 0, to)
	}
}

// compare sets d to ones where x relates to y.
func (a *assembler) compare(d, x uint8, y operand, relation uint8) {
	a.vexWith(3, 1, 0, 0xc2, d, x, y, int(relation))
}

// blend is y where the mask is set, else x.
func (a *assembler) blend(d, x uint8, y operand, mask uint8) {
	a.vexWith(1, 3, 0, 0x4b, d, x, y, int(mask)<<4)
}

func (a *assembler) fromVector(x uint8) { a.vex(1, 1, 1, 0x7e, x, 0, operand{reg: rax}) }
func (a *assembler) toVector(d uint8)   { a.vex(1, 1, 1, 0x6e, d, 0, operand{reg: rax}) }

// general is an instruction on a general register and the eight bytes of a place.
func (a *assembler) general(code, r uint8, p int32) {
	a.bytes(0x48, code, 0x80|r<<3|rdi)
	a.word(int(p))
}

// pointer has the pointer at place p in rcx.
func (a *assembler) pointer(p int32) { a.general(0x8b, rcx, p) }

func (a *assembler) jump(note int) {
	a.jumps = append(a.jumps, jump{len(a.code), note})
	a.word(0)
}

func (a *assembler) bytes(b ...byte) { a.code = append(a.code, b...) }

func (a *assembler) word(x int) { a.code = binary.LittleEndian.AppendUint32(a.code, uint32(x)) }

func memory(base uint8, disp int) operand { return operand{kind: inMemory, reg: base, disp: disp} }

// pooled is a constant, twice.
func pooled(bits uint64) operand { return operand{kind: inPool, bits: bits} }

func (a *assembler) vex(pp, m, w, code, reg, v uint8, y operand) {
	a.vexWith(pp, m, w, code, reg, v, y, -1)
}

// vexWith is an instruction reg <- v, y with a byte behind it (-1: none); Intel's manual, volume 2, 2.3.
func (a *assembler) vexWith(pp, m, w, code, reg, v uint8, y operand, last int) {
	b := uint8(1)
	if y.kind == inRegister {
		b = ^y.reg >> 3 & 1
	}
	a.bytes(0xc4, ^reg>>3&1<<7|1<<6|b<<5|m, w<<7|^v&15<<3|pp, code)
	fix := -1
	switch y.kind {
	case inRegister:
		a.bytes(0xc0 | reg&7<<3 | y.reg&7)
	case inMemory:
		a.bytes(0x80 | reg&7<<3 | y.reg)
		a.word(y.disp)
	case inPool:
		a.bytes(reg&7<<3 | 5)
		fix = len(a.code)
		a.word(0)
	}
	if last >= 0 {
		a.bytes(byte(last))
	}
	if fix >= 0 { // the distance counts from the end of the instruction
		binary.LittleEndian.PutUint32(a.code[fix:], uint32(fix-len(a.code)))
		a.fixes = append(a.fixes, fixup{fix, y.bits})
	}
}

// pool writes the constants behind the code.
func (a *assembler) pool() {
	for len(a.code)%16 != 0 {
		a.bytes(0xcc)
	}
	place := map[uint64]int{}
	for _, f := range a.fixes {
		at, known := place[f.bits]
		if !known {
			at = len(a.code)
			place[f.bits] = at
			a.code = binary.LittleEndian.AppendUint64(a.code, f.bits)
			a.code = binary.LittleEndian.AppendUint64(a.code, f.bits)
		}
		distance := int(int32(binary.LittleEndian.Uint32(a.code[f.at:]))) + at - f.at
		binary.LittleEndian.PutUint32(a.code[f.at:], uint32(distance))
	}
}
