package machine

// Encoding of the few instructions that the loops need; Intel's manual, volume 2, has the fields.

const rcx = 1

func (a *assembler) bytes(b ...byte) { a.code = append(a.code, b...) }

func (a *assembler) word(x int) { a.bytes(byte(x), byte(x>>8), byte(x>>16), byte(x>>24)) }

// patch lets the jump whose distance is at position i land here.
func (a *assembler) patch(i int) {
	x := len(a.code) - i - 4
	copy(a.code[i:], []byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24)})
}

func (a *assembler) lanes() byte {
	if a.wide {
		return 8
	}
	return 16
}

// pp is the prefix of arithmetic.
func (a *assembler) pp() uint8 {
	if a.wide {
		return 1
	}
	return 0
}

// movePointer is mov r, [rdi + 8 p].
func (a *assembler) movePointer(r uint8, p int32) {
	a.bytes(0x48|r>>3<<2, 0x8b, 0x80|r&7<<3|7)
	a.word(int(8 * p))
}

// op is an EVEX instruction on 512 bits: reg <- v, rm.
type operation struct {
	m, pp       uint8 // opcode map and prefix
	w           bool
	code        uint8
	reg, v, rm  uint8
	mask        uint8
	clear       bool // zero what the mask leaves out
	hasImm      bool
	imm         uint8
	base, index uint8 // of memory operands
	indexed     bool  // [base + index * size]
	plain       bool  // [base]
	scale       uint8
}

type op = operation

func not(x uint8, bit uint) uint8 { return ^x >> bit & 1 }

func (a *assembler) evex(o op) {
	b, x := not(o.rm, 3), not(o.rm, 4)
	if o.indexed || o.plain {
		b, x = not(o.base, 3), 1
		if o.indexed {
			x = not(o.index, 3)
		}
	}
	w, z := uint8(0), uint8(0)
	if o.w {
		w = 1
	}
	if o.clear {
		z = 1
	}
	a.bytes(0x62, not(o.reg, 3)<<7|x<<6|b<<5|not(o.reg, 4)<<4|o.m, w<<7|^o.v&15<<3|1<<2|o.pp, z<<7|2<<5|not(o.v, 4)<<3|o.mask, o.code)
	switch {
	case o.indexed: // always with a displacement byte, as r13 needs one
		a.bytes(1<<6|o.reg&7<<3|4, o.scale<<6|o.index&7<<3|o.base&7, 0)
	case o.plain:
		a.bytes(1<<6|o.reg&7<<3|o.base&7, 0)
	default:
		a.bytes(3<<6 | o.reg&7<<3 | o.rm&7)
	}
	if o.hasImm {
		a.bytes(o.imm)
	}
}

// op is arithmetic d <- x, y.
func (a *assembler) op(code byte, d, x, y uint8) {
	a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: code, reg: d, v: x, rm: y})
}

// memory loads or stores the vector at base + rcx.
func (a *assembler) memory(code byte, r, base, mask uint8, clear bool) {
	scale := uint8(2)
	if a.wide {
		scale = 3
	}
	a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: code, reg: r, base: base, index: rcx, indexed: true, scale: scale, mask: mask, clear: clear})
}

// compare sets mask k to x relation y.
func (a *assembler) compare(k, x, y, relation uint8) {
	a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: 0xc2, reg: k, v: x, rm: y, hasImm: true, imm: relation})
}

// broadcast repeats the element at rcx.
func (a *assembler) broadcast(r uint8) {
	code := byte(0x18)
	if a.wide {
		code = 0x19
	}
	a.evex(op{m: 2, pp: 1, w: a.wide, code: code, reg: r, base: rcx, plain: true})
}

// constants fills the registers that the steps need: all ones, shifted.
func (a *assembler) constants() {
	shift := func(left bool, r, by uint8) {
		code, field := byte(0x72), uint8(2) // vpsrld
		if a.wide {
			code = 0x73
		}
		if left {
			field = 6
		}
		a.evex(op{m: 1, pp: 1, w: a.wide, code: code, reg: field, v: r, rm: r, hasImm: true, imm: by})
	}
	ones := func(r uint8) {
		a.evex(op{m: 3, pp: 1, w: a.wide, code: 0x25, reg: r, v: r, rm: r, hasImm: true, imm: 0xff}) // vpternlog
	}
	bits, mantissa, exponent := uint8(32), uint8(23), uint8(25)
	if a.wide {
		bits, mantissa, exponent = 64, 52, 54
	}
	if a.sign {
		ones(signRegister)
		shift(true, signRegister, bits-1)
	}
	if a.one {
		ones(oneRegister)
		shift(false, oneRegister, exponent)
		shift(true, oneRegister, mantissa)
	}
	if a.zero {
		a.evex(op{m: 1, pp: 1, w: a.wide, code: 0xef, reg: zeroRegister, v: zeroRegister, rm: zeroRegister}) // vpxor
	}
}
