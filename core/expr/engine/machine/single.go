package machine

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// The functions of float32, computed in float32 as core/simd has them; where one does not hold for an element of a vector, that element is that of
// float64, rounded.

const (
	magic32 = 0x1.8p23
	log2e32 = 0x1.715476p0
	ln2hi32 = 0x1.62e4p-1
	ln2lo32 = 0x1.7f7d1cp-20

	logRoot32  = 0x3f3504f3
	logShift32 = 0x3f800000 - logRoot32
)

// Arithmetic in float32.
func (a *assembler) add32(d, x, y uint8) { a.arithmetic(false, 0x58, d, x, y) }
func (a *assembler) sub32(d, x, y uint8) { a.arithmetic(false, 0x5c, d, x, y) }
func (a *assembler) mul32(d, x, y uint8) { a.arithmetic(false, 0x59, d, x, y) }

// The three kinds of fused operations.
const (
	horner32 = 0xa8 // d x + y
	more32   = 0xb8 // d + x y
	less32   = 0xbc // d - x y
)

func (a *assembler) fused32(code, d, x, y uint8) {
	a.evex(op{m: 2, pp: 1, code: code, reg: d, v: x, rm: y})
}

func (a *assembler) fusedWith32(code, d, x uint8, y float64) {
	a.evex(op{m: 2, pp: 1, code: code, reg: d, v: x, from: constant, bits: float(false, y)})
}

// integer32 is a bit operation or sum of 32-bit integers: vpaddd, vpandd, vpord.
func (a *assembler) integer32(code byte, d, x uint8, y uint64) {
	a.evex(op{m: 1, pp: 1, code: code, reg: d, v: x, from: constant, bits: y})
}

func (a *assembler) copy32(d, x uint8) { a.move(false, d, x, 0, false) }

// power32 is d <- 2^(k - magic32).
func (a *assembler) power32(d, k uint8) {
	a.integer32(0xfe, d, k, 127)
	a.evex(op{m: 1, pp: 1, code: 0x72, reg: 6, v: d, rm: d, hasImm: true, imm: 23}) // vpslld
}

// reduce32: k stands for n, the nearest whole number to x / log 2; r <- x - n log 2, z <- r^2 and q <- (exp(r) - 1 - r) / z. It takes even.
func (a *assembler) reduce32(x, k, r, z, q, even uint8) {
	a.fill(false, k, magic32, 0)
	a.fusedWith32(more32, k, x, log2e32)
	a.with(false, 0x5c, z, k, magic32)
	a.copy32(r, x)
	a.fusedWith32(less32, r, z, ln2hi32)
	a.fusedWith32(less32, r, z, ln2lo32)
	a.mul32(z, r, r)
	c := functions.Coefficients.Exp32
	a.fill(false, even, float64(c[4]), 0)
	a.fill(false, q, float64(c[3]), 0)
	a.fusedWith32(horner32, even, z, float64(c[2]))
	a.fusedWith32(horner32, q, z, float64(c[1]))
	a.fusedWith32(horner32, even, z, float64(c[0]))
	a.fused32(horner32, q, r, even)
}

// within sets mask moment where |x| <= most; t is taken.
func (a *assembler) within(x, t uint8, most float64) {
	a.withBits(false, 0x54, t, x, 1<<31-1)
	a.compareWith(moment, t, most, isAtMost, 0)
}

// elsewhere has the elements of d that test leaves out of mask moment, if there are any, from function wide of float64.
func (a *assembler) elsewhere(d, x uint8, test func(t uint8), wide func(d, x uint8)) {
	var t [4]uint8
	if !a.temporaries(t[:]) {
		return
	}
	defer func() { a.free = append(a.free, t[:]...) }()
	w, y, low, high := t[0], t[1], t[2], t[3]
	free := slices.Clone(a.free)
	test(w)
	turn := a.turn
	for vector := first; vector < both; vector++ {
		if turn != both && turn != vector {
			continue
		}
		a.testMask(a.maskOf(vector, moment))
		special := a.jump(ifNotCarry)
		rest := len(a.code)
		a.later = append(a.later, func() {
			a.patch(special)
			a.free, free = free, a.free
			a.turn = vector
			for half, to := range []uint8{low, high} {
				if a.widened(w, x); half == 1 {
					a.upper(w, x)
					a.widened(w, w)
				}
				a.wide = true
				wide(y, w)
				a.wide = false
				a.evex(op{m: 1, pp: 1, w: true, code: 0x5a, reg: to, rm: y}) // vcvtpd2ps
			}
			a.evex(op{m: 3, pp: 1, w: true, code: 0x1a, reg: low, v: low, rm: high, hasImm: true, imm: 1}) // vinsertf64x4
			test(w)
			k := a.maskOf(vector, moment)
			a.bytes(0xc5, 0xf8, 0x44, 0xc0|k<<3|k) // knotw
			a.move(false, d, low, moment, false)
			a.back(a.jump(0), rest)
			a.turn = first
			a.free, free = free, a.free
		})
	}
}

func (a *assembler) exp32(d, x uint8) {
	var t [5]uint8
	if !a.temporaries(t[:]) {
		return
	}
	k, r, z, q, u := t[0], t[1], t[2], t[3], t[4]
	a.reduce32(x, k, r, z, q, u)
	a.with(false, 0x58, u, r, 1)
	a.fill(false, d, 1, 0)
	a.sub32(d, d, u)
	a.add32(d, d, r)
	a.fused32(more32, d, z, q)
	a.add32(d, u, d)
	a.power32(k, k)
	a.mul32(d, d, k)
	a.free = append(a.free, t[:]...)
	a.elsewhere(d, x, func(t uint8) { a.within(x, t, 87) }, a.exp)
}

func (a *assembler) expit32(d, x uint8) { a.expits32(x, d) }

// expits32 is expits of float32.
func (a *assembler) expits32(x, d uint8, other ...uint8) {
	var t [9]uint8
	if !a.temporaries(t[:]) {
		return
	}
	k, r, z, q, p, u, low, y, n := t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8]
	a.withBits(false, 0x56, y, x, 1<<31)
	a.reduce32(y, k, r, z, q, u)
	a.copy32(p, q)
	a.fused32(horner32, p, z, r)
	a.power32(k, k)
	a.with(false, 0x58, u, p, 1)
	a.sub32(low, r, p)
	a.fused32(more32, low, z, q)
	a.with(false, 0x5c, z, u, 1)
	a.sub32(z, p, z)
	a.add32(low, low, z)
	a.mul32(low, low, k)
	a.mul32(u, u, k) // e
	sum, lost := p, q
	a.with(false, 0x58, sum, u, 1)
	a.with(false, 0x5c, lost, sum, 1)
	a.sub32(lost, u, lost)
	a.add32(lost, lost, low)
	a.fill(false, z, 1, 0)
	a.arithmetic(false, 0x5e, z, z, sum) // 1 / sum
	// quotient is d <- top / (sum + lost) with what the last place of top lacks
	quotient := func(d, top uint8, far bool) {
		a.mul32(d, top, z)
		a.copy32(y, top)
		a.fused32(less32, y, d, sum)
		if far {
			a.add32(y, y, low)
		}
		a.fused32(less32, y, d, lost)
		a.fused32(horner32, y, z, d)
	}
	small := func(t uint8) { a.within(x, t, 87) }
	if len(other) == 0 {
		a.compareWith(moment, x, 0, isNotLess, 0)
		a.fill(false, u, 1, moment)
		a.compareWith(moment, x, 0, isAtLeast, 0)
		a.fill(false, low, 0, moment)
		quotient(d, u, true)
		a.copy32(d, y)
		a.free = append(a.free, t[:]...)
		a.elsewhere(d, x, small, a.expit)
		return
	}
	quotient(d, u, true)
	a.copy32(n, y)
	a.fill(false, u, 1, 0)
	quotient(d, u, false)
	a.compareWith(moment, x, 0, isNotLess, 0)
	for _, o := range other {
		a.choose(false, d, n, y)
		a.choose(false, o, y, n)
	}
	a.free = append(a.free, t[:]...)
	a.elsewhere(d, x, small, a.expit)
	for _, o := range other {
		a.elsewhere(o, x, small, func(d, x uint8) {
			a.withBits(true, 0x57, x, x, 1<<63)
			a.expit(d, x)
		})
	}
}

func (a *assembler) log32(d, x uint8) {
	var t [6]uint8
	if !a.temporaries(t[:]) {
		return
	}
	k, f, s, z, low, square := t[0], t[1], t[2], t[3], t[4], t[5]
	a.integer32(0xfe, f, x, logShift32)
	a.evex(op{m: 1, pp: 1, code: 0x72, reg: 2, v: k, rm: f, hasImm: true, imm: 23}) // vpsrld
	a.integer32(0xeb, k, k, 0x4b000000)
	a.with(false, 0x5c, k, k, 0x1p23+127)
	a.integer32(0xdb, f, f, 1<<23-1)
	a.integer32(0xfe, f, f, logRoot32)
	a.with(false, 0x5c, f, f, 1)
	a.with(false, 0x58, s, f, 2)
	a.arithmetic(false, 0x5e, s, f, s)
	a.mul32(z, s, s)
	a.with(false, 0x59, square, f, 0.5)
	a.mul32(square, square, f)
	c := functions.Coefficients.Log32
	a.fill(false, low, float64(c[2]), 0)
	a.fusedWith32(horner32, low, z, float64(c[1]))
	a.fusedWith32(horner32, low, z, float64(c[0]))
	a.fused32(horner32, low, z, square)
	a.mul32(low, s, low)
	a.with(false, 0x59, d, k, ln2lo32)
	a.add32(d, d, low)
	a.sub32(d, square, d)
	a.sub32(d, f, d)
	a.fusedWith32(more32, d, k, ln2hi32)
	a.free = append(a.free, t[:]...)
	normal := func(uint8) {
		a.compareWith(moment, x, 0x1p-126, isAtLeast, 0)
		a.compareWith(moment, x, math.MaxFloat32, isAtMost, moment)
	}
	a.elsewhere(d, x, normal, a.log)
}
