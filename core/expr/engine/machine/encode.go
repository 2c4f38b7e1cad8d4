package machine

import "math"

// Encoding of the few instructions that the loops need; Intel's manual, volume 2, has the fields.

const (
	rcx     = 1
	rdx     = 2
	rdi     = 7
	scratch = 15 // general register for a moment
)

func (a *assembler) bytes(b ...byte) { a.code = append(a.code, b...) }

func (a *assembler) word(x int) { a.bytes(byte(x), byte(x>>8), byte(x>>16), byte(x>>24)) }

// patch lets the jump whose distance is at position i land here.
func (a *assembler) patch(i int) { a.put(i, len(a.code)-i-4) }

func (a *assembler) put(i, x int) {
	copy(a.code[i:], []byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24)})
}

// jump writes a jump (its opcode's second byte; 0: always) and returns where its distance is.
func (a *assembler) jump(condition byte) int {
	if condition == 0 {
		a.bytes(0xe9)
	} else {
		a.bytes(0x0f, condition)
	}
	a.word(0)
	return len(a.code) - 4
}

// back lets the jump at position i go to an earlier place.
func (a *assembler) back(i, to int) { a.put(i, to-i-4) }

const (
	ifZero     = 0x84
	ifNotZero  = 0x85
	ifBelow    = 0x82 // or carry
	ifNotCarry = 0x83
)

func (a *assembler) lanes() int {
	if a.wide {
		return 8
	}
	return 16
}

func (a *assembler) size() int { return 64 / a.lanes() }

// movePointer is mov r, [rdi + 8 p].
func (a *assembler) movePointer(r uint8, p int32) {
	a.bytes(0x48|r>>3<<2, 0x8b, 0x80|r&7<<3|rdi)
	a.word(int(8 * p))
}

// addPointer is add r, [rdi + 8 p].
func (a *assembler) addPointer(r uint8, p int32) {
	a.bytes(0x48|r>>3<<2, 0x03, 0x80|r&7<<3|rdi)
	a.word(int(8 * p))
}

// storePointer is mov [rdi + 8 p], r.
func (a *assembler) storePointer(r uint8, p int32) {
	a.bytes(0x48|r>>3<<2, 0x89, 0x80|r&7<<3|rdi)
	a.word(int(8 * p))
}

// count is mov ecx, n.
func (a *assembler) count(n int) {
	a.bytes(0xb8 | rcx)
	a.word(n)
}

// setMask is mov r15d, bits; kmovw k, r15d.
func (a *assembler) setMask(k uint8, bits int) {
	a.bytes(0x41, 0xb8|scratch&7)
	a.word(bits)
	a.bytes(0xc4, 0xc1, 0x78, 0x92, 0xc0|k<<3|scratch&7)
}

// shiftMask is kshiftrw to, from, 8.
func (a *assembler) shiftMask(to, from uint8) { a.bytes(0xc4, 0xe3, 0xf9, 0x30, 0xc0|to<<3|from, 8) }

// testMask sets zero and carry by mask k; carry: it is all ones.
func (a *assembler) testMask(k uint8) {
	k = a.maskOf(a.turn, k)
	a.testEither(k, k)
}

// testMasks sets zero where the masks for a moment of the vectors whose turn it is are empty.
func (a *assembler) testMasks() {
	k := uint8(moment)
	if a.turn == both {
		k = momentSecond
	}
	a.testEither(moment, k)
}

// testEither sets zero and carry by k or l: kortestb, kortestw.
func (a *assembler) testEither(k, l uint8) {
	prefix := byte(0xf8)
	if a.wide {
		prefix++
	}
	a.bytes(0xc5, prefix, 0x98, 0xc0|k<<3|l)
}

// operation is an EVEX instruction on 512 bits: reg <- v, rm.
type operation struct {
	m, pp      uint8 // opcode map and prefix
	w          bool
	code       uint8
	reg, v, rm uint8
	mask       uint8
	clear      bool // zero what the mask leaves out
	hasImm     bool
	imm        uint8
	from       source
	base       uint8
	offset     int    // of memory: bytes
	bits       uint64 // of a constant
}

// source is where the last operand is.
type source uint8

const (
	register source = iota
	indexed         // [base + rcx * element + offset]
	plain           // [base]
	constant        // one element of the pool, repeated
)

type op = operation

func not(x uint8, bit uint) uint8 { return ^x >> bit & 1 }

// write is one instruction.
func (a *assembler) write(o op) {
	if o.from == constant {
		if r, kept := a.ask(number{o.w, o.bits}); kept {
			o.from, o.rm = register, r
			if o.broadcasts() {
				o = op{m: 1, pp: ppOf(o.w), w: o.w, code: 0x28, reg: o.reg, rm: r, mask: o.mask, clear: o.clear}
			}
		}
	}
	b, x, repeat := not(o.rm, 3), not(o.rm, 4), uint8(0)
	switch o.from {
	case indexed, plain:
		b, x = not(o.base, 3), 1
	case constant:
		b, x, repeat = 1, 1, 1
		if o.broadcasts() {
			repeat = 0
		}
	}
	w, z := uint8(0), uint8(0)
	if o.w {
		w = 1
	}
	if o.clear {
		z = 1
	}
	a.bytes(0x62, not(o.reg, 3)<<7|x<<6|b<<5|not(o.reg, 4)<<4|o.m, w<<7|^o.v&15<<3|1<<2|o.pp, z<<7|2<<5|repeat<<4|not(o.v, 4)<<3|o.mask, o.code)
	fix := -1
	switch o.from {
	case register:
		a.bytes(3<<6 | o.reg&7<<3 | o.rm&7)
	case indexed:
		scale := uint8(2)
		if a.wide {
			scale = 3
		}
		a.bytes(2<<6|o.reg&7<<3|4, scale<<6|rcx<<3|o.base&7)
		a.word(o.offset)
	case plain: // without an index; with a displacement byte, as r13 needs one
		a.bytes(1<<6|o.reg&7<<3|4, 4<<3|o.base&7, 0)
	case constant:
		a.bytes(o.reg&7<<3 | 5)
		fix = len(a.code)
		a.word(0)
	}
	if o.hasImm {
		a.bytes(o.imm)
	}
	if fix >= 0 {
		a.fixes = append(a.fixes, fixup{fix, len(a.code), o.bits})
	}
}

func (o op) broadcasts() bool { return o.m == 2 && (o.code == 0x18 || o.code == 0x19) }

// fixup is a place that wants the distance from end to a constant.
type fixup struct {
	at, end int
	bits    uint64
}

// pool writes the constants behind the code.
func (a *assembler) pool() {
	for len(a.code)%8 != 0 {
		a.bytes(0xcc)
	}
	place := map[uint64]int{}
	for _, f := range a.fixes {
		at, known := place[f.bits]
		if !known {
			at = len(a.code)
			place[f.bits] = at
			a.word(int(uint32(f.bits)))
			a.word(int(uint32(f.bits >> 32)))
		}
		a.put(f.at, at-f.end)
	}
}

// op is arithmetic d <- x, y.
func (a *assembler) op(code byte, d, x, y uint8) { a.arithmetic(a.wide, code, d, x, y) }

func (a *assembler) arithmetic(wide bool, code byte, d, x, y uint8) {
	pp := uint8(0)
	if wide {
		pp = 1
	}
	a.evex(op{m: 1, pp: pp, w: wide, code: code, reg: d, v: x, rm: y})
}

// float is the bits of a constant of the width.
func float(wide bool, x float64) uint64 {
	if wide {
		return math.Float64bits(x)
	}
	return uint64(math.Float32bits(float32(x)))
}

// with is arithmetic d <- x, constant.
func (a *assembler) with(wide bool, code byte, d, x uint8, y float64) {
	pp := uint8(0)
	if wide {
		pp = 1
	}
	a.evex(op{m: 1, pp: pp, w: wide, code: code, reg: d, v: x, from: constant, bits: float(wide, y)})
}

// memory loads or stores the vector at base + rcx + offset.
func (a *assembler) memory(code byte, r, base uint8, offset int, mask uint8, clear bool) {
	a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: code, reg: r, from: indexed, base: base, offset: offset, mask: mask, clear: clear})
}

// pp is the prefix of arithmetic.
func (a *assembler) pp() uint8 { return ppOf(a.wide) }

func ppOf(wide bool) uint8 {
	if wide {
		return 1
	}
	return 0
}

// compare sets mask k to x relation y.
func (a *assembler) compare(k, x, y, relation, mask uint8) {
	a.compareAt(a.wide, k, x, y, relation, mask)
}

func (a *assembler) compareAt(wide bool, k, x, y, relation, mask uint8) {
	pp := uint8(0)
	if wide {
		pp = 1
	}
	a.evex(op{m: 1, pp: pp, w: wide, code: 0xc2, reg: k, v: x, rm: y, hasImm: true, imm: relation, mask: mask})
}

// compareWith sets mask k to x relation a constant.
func (a *assembler) compareWith(k, x uint8, y float64, relation, mask uint8) {
	a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: 0xc2, reg: k, v: x, from: constant, bits: float(a.wide, y), hasImm: true, imm: relation, mask: mask})
}

// Relations of comparisons.
const (
	isEqual     = 0
	isUnordered = 3
	isLess      = 17
	isAtMost    = 18
	isNotLeast  = 25 // not >=
	isAtLeast   = 29
	isMore      = 30
	isNotLess   = 21
	isNotMore   = 26
)

// broadcast repeats the element at base.
func (a *assembler) broadcast(r, base uint8) {
	code := byte(0x18)
	if a.wide {
		code = 0x19
	}
	a.evex(op{m: 2, pp: 1, w: a.wide, code: code, reg: r, from: plain, base: base})
}

// fill repeats a constant, where the mask is set.
func (a *assembler) fill(wide bool, r uint8, x float64, mask uint8) {
	code := byte(0x18)
	if wide {
		code = 0x19
	}
	a.evex(op{m: 2, pp: 1, w: wide, code: code, reg: r, from: constant, bits: float(wide, x), mask: mask})
}

// move is a copy where the mask is set.
func (a *assembler) move(wide bool, d, x, mask uint8, clear bool) {
	pp := uint8(0)
	if wide {
		pp = 1
	}
	a.evex(op{m: 1, pp: pp, w: wide, code: 0x28, reg: d, rm: x, mask: mask, clear: clear})
}

// upper is the upper half of x.
func (a *assembler) upper(d, x uint8) {
	a.evex(op{m: 3, pp: 1, w: true, code: 0x1b, reg: x, rm: d, hasImm: true, imm: 1}) // vextractf64x4
}

// widened is the lower half in float64.
func (a *assembler) widened(d, x uint8) { a.evex(op{m: 1, pp: 0, code: 0x5a, reg: d, rm: x}) }
