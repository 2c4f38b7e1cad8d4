package machine

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// The functions here are those of core/simd, operation by operation but for the bits of NaN; a twin test holds them together. They are those of
// float64, and tanh of float32; single.go has the others of float32.

const (
	log2e = 1.4426950408889634
	ln2hi = 0x1.62e42fefa3800p-1
	ln2lo = 0x1.ef35793c76730p-45
	magic = 0x1.8p52

	logShift = 0x3ff0000000000000 - logRoot
	logRoot  = 0x3fe6a09e667f3bcd
	mantissa = 1<<52 - 1
)

// Arithmetic in float64, whatever the loop's width.
func (a *assembler) add(d, x, y uint8) { a.arithmetic(true, 0x58, d, x, y) }
func (a *assembler) mul(d, x, y uint8) { a.arithmetic(true, 0x59, d, x, y) }
func (a *assembler) sub(d, x, y uint8) { a.arithmetic(true, 0x5c, d, x, y) }
func (a *assembler) div(d, x, y uint8) { a.arithmetic(true, 0x5e, d, x, y) }

func (a *assembler) addConst(d, x uint8, y float64) { a.with(true, 0x58, d, x, y) }
func (a *assembler) subConst(d, x uint8, y float64) { a.with(true, 0x5c, d, x, y) }

// atMost is d <- min(x, y), NaN where x is; t holds y. atLeast likewise.
func (a *assembler) atMost(d, x, t uint8, y float64) {
	a.fill(true, t, y, 0)
	a.arithmetic(true, 0x5d, d, t, x)
}

func (a *assembler) atLeast(d, x, t uint8, y float64) {
	a.fill(true, t, y, 0)
	a.arithmetic(true, 0x5f, d, t, x)
}

// horner is d <- d x + y.
func (a *assembler) horner(d, x, y uint8) {
	a.evex(op{m: 2, pp: 1, w: true, code: 0xa8, reg: d, v: x, rm: y})
}

func (a *assembler) hornerConst(d, x uint8, y float64) {
	a.evex(op{m: 2, pp: 1, w: true, code: 0xa8, reg: d, v: x, from: constant, bits: math.Float64bits(y)})
}

// more is d <- d + x y, less d - x y.
func (a *assembler) more(d, x uint8, y float64) {
	a.evex(op{m: 2, pp: 1, w: true, code: 0xb8, reg: d, v: x, from: constant, bits: math.Float64bits(y)})
}

func (a *assembler) less(d, x uint8, y float64) {
	a.evex(op{m: 2, pp: 1, w: true, code: 0xbc, reg: d, v: x, from: constant, bits: math.Float64bits(y)})
}

// power is d <- x 2^n.
func (a *assembler) power(d, x, n uint8) {
	a.evex(op{m: 2, pp: 1, w: true, code: 0x2c, reg: d, v: x, rm: n})
}

// integers of 64 bits: code is vpaddq or vpandq or vporq.
func (a *assembler) integer(code byte, d, x uint8, y uint64) {
	a.evex(op{m: 1, pp: 1, w: true, code: code, reg: d, v: x, from: constant, bits: y})
}

// withBits is a bit operation with a constant at the loop's width (wide or not): 0x54 and, 0x56 or.
func (a *assembler) withBits(wide bool, code byte, d, x uint8, bits uint64) {
	pp := uint8(0)
	if wide {
		pp = 1
	}
	a.evex(op{m: 1, pp: pp, w: wide, code: code, reg: d, v: x, from: constant, bits: bits})
}

func signBit(wide bool) uint64 {
	if wide {
		return 1 << 63
	}
	return 1 << 31
}

// withSign puts the sign of x on d, which has none.
func (a *assembler) withSign(d, x uint8) {
	a.evex(op{m: 3, pp: 1, w: a.wide, code: 0x25, reg: d, v: x, from: constant, bits: signBit(a.wide), hasImm: true, imm: 0xf8}) // vpternlog: d | x & sign
}

// reduce: r <- r - n unit log 2 with n, the nearest whole number to r / (unit log 2), and z <- r^2. The unit is a power of 2.
func (a *assembler) reduce(r, n, z uint8, unit float64) {
	a.fill(true, n, magic, 0)
	a.more(n, r, log2e/unit)
	a.subConst(n, n, magic)
	a.less(r, n, ln2hi*unit)
	a.less(r, n, ln2lo*unit)
	a.mul(z, r, r)
}

// ratio: p <- r - z P(z) by the coefficients of P.
func (a *assembler) ratio(p, r, z uint8, c []float64) {
	top := len(c) - 1
	a.fill(true, p, c[top], 0)
	for k := top - 1; k >= 0; k-- {
		a.hornerConst(p, z, c[k])
	}
	a.evex(op{m: 2, pp: 1, w: true, code: 0xac, reg: p, v: z, rm: r})
}

// reduceExp: p <- exp(r - n log 2) - 1 with n, the nearest whole number to r / log 2. It takes z, even and r itself.
func (a *assembler) reduceExp(r, n, p, z, even uint8) {
	a.reduce(r, n, z, 1)
	c := functions.Coefficients.Exp
	top := len(c) - 1
	a.fill(true, even, c[top], 0)
	a.fill(true, p, c[top-1], 0)
	for k := top - 2; k > 0; k -= 2 {
		a.hornerConst(even, z, c[k])
		a.hornerConst(p, z, c[k-1])
	}
	a.hornerConst(even, z, c[0])
	a.horner(p, r, even)
	a.horner(p, z, r)
}

// temporaries are registers until give.
func (a *assembler) temporaries(r []uint8) bool {
	for i := range r {
		if len(a.free) == 0 {
			a.short = true
			return false
		}
		r[i], _ = a.take()
	}
	return true
}

func (a *assembler) exp(d, x uint8) {
	var t [4]uint8
	if !a.temporaries(t[:]) {
		return
	}
	defer func() { a.free = append(a.free, t[:]...) }()
	r, z, even, p := t[0], t[1], t[2], t[3]
	a.atLeast(r, x, z, -746)
	a.atMost(r, r, z, 710)
	a.reduceExp(r, d, p, z, even)
	a.addConst(p, p, 1)
	a.power(d, p, d)
}

func (a *assembler) tanh(d, x uint8) {
	var t [4]uint8
	if !a.temporaries(t[:]) {
		return
	}
	defer func() { a.free = append(a.free, t[:]...) }()
	h, z, p, e := t[0], t[1], t[2], t[3]
	a.withBits(true, 0x54, h, x, 1<<63-1)
	a.atMost(h, h, z, 22)
	a.reduce(h, d, z, 0.5)
	a.fill(true, e, 1, 0)
	a.power(e, e, d) // 2^k
	a.ratio(p, h, z, functions.Coefficients.Half)
	a.fill(true, z, 0.5, 0)
	a.evex(op{m: 2, pp: 1, w: true, code: 0xac, reg: p, v: z, rm: z}) // g = 1/2 - p/2
	a.mul(d, e, h)
	a.subConst(e, e, 1)
	a.evex(op{m: 2, pp: 1, w: true, code: 0xb8, reg: d, v: e, rm: p}) // n = d + e g
	a.fill(true, z, 2, 0)
	a.horner(p, z, d)
	a.op(0x5e, d, d, p)
	a.withSign(d, x)
}

func (a *assembler) expit(d, x uint8) { a.expits(x, d) }

// expits is d <- expit(x), and where a second register is given other <- expit(-x), which has the same exponential exp(-|x|) = n / e: one of them is
// n / (e + n), the other what that lacks to 1.
func (a *assembler) expits(x, d uint8, other ...uint8) {
	var t [4]uint8
	if !a.temporaries(t[:]) {
		return
	}
	defer func() { a.free = append(a.free, t[:]...) }()
	r, z, p, e := t[0], t[1], t[2], t[3]
	a.withBits(true, 0x56, r, x, 1<<63)
	a.atLeast(r, r, z, -746)
	a.reduce(r, d, z, 1)
	a.ratio(p, r, z, functions.Coefficients.Ratio)
	a.fill(true, e, 2, 0)
	a.sub(e, e, p)
	a.add(p, r, r)
	a.add(p, e, p)
	a.power(d, p, d)
	a.add(e, e, d)
	a.compareWith(moment, x, 0, isNotLess, 0)
	a.op(0x5e, d, d, e)
	a.fill(true, z, 1, 0)
	a.sub(z, z, d)
	for _, o := range other {
		a.choose(true, o, z, d)
	}
	a.move(true, d, z, moment, false)
}

// choose is d <- y where mask moment, else x: vblendm.
func (a *assembler) choose(wide bool, d, x, y uint8) {
	a.evex(op{m: 2, pp: 1, w: wide, code: 0x65, reg: d, v: x, rm: y, mask: moment})
}

// twins finds pairs of expit(x) and expit(-x), which the first of them computes.
func (a *assembler) twins() {
	a.twin = make([]int32, len(a.Steps))
	for i := range a.Steps {
		a.twin[i] = alone
		s := &a.Steps[i]
		for j := range i {
			if o := &a.Steps[j]; s.Kind == Expit && o.Kind == Expit && a.twin[j] == alone && (a.negates(s.A, o.A) || a.negates(o.A, s.A)) {
				a.twin[i], a.twin[j] = beside, int32(i)
				break
			}
		}
	}
}

const (
	alone  = -1
	beside = -2
)

// negates tells that step x is -y.
func (a *assembler) negates(x, y int32) bool { return a.Steps[x].Kind == Neg && a.Steps[x].A == y }

// log of positive normal numbers in line, all others after a jump.
func (a *assembler) log(d, x uint8) {
	var t [8]uint8
	if !a.temporaries(t[:]) {
		return
	}
	defer func() { a.free = append(a.free, t[:]...) }()
	e, f, s, z, even, odd, u, w := t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]
	value := func(x, d, lost uint8, scaled bool) {
		a.integer(0xd4, f, x, logShift)
		a.evex(op{m: 1, pp: 1, w: true, code: 0x73, reg: 2, v: e, rm: f, hasImm: true, imm: 52}) // vpsrlq
		a.integer(0xeb, e, e, 0x4330000000000000)
		a.subConst(e, e, 0x1p52+1023)
		if scaled {
			a.sub(e, e, lost)
		}
		a.integer(0xdb, f, f, mantissa)
		a.integer(0xd4, f, f, logRoot)
		a.subConst(f, f, 1)
		a.addConst(s, f, 2)
		a.div(s, f, s)
		a.mul(z, s, s)
		c := functions.Coefficients.Log
		a.mul(even, z, z) // w
		a.fill(true, odd, c[5], 0)
		a.hornerConst(odd, even, c[3])
		a.hornerConst(odd, even, c[1])
		a.fill(true, d, c[6], 0)
		a.hornerConst(d, even, c[4])
		a.hornerConst(d, even, c[2])
		a.hornerConst(d, even, c[0])
		a.horner(odd, z, d)
		a.mul(odd, odd, z)               // r
		a.with(true, 0x59, even, f, 0.5) // square
		a.mul(even, even, f)
		a.add(odd, even, odd)
		a.with(true, 0x59, d, e, ln2lo)
		a.horner(s, odd, d) // low
		a.sub(even, even, s)
		a.sub(d, f, even)
		a.more(d, e, ln2hi)
	}
	const smallest, largest = 0x1p-1022, math.MaxFloat64
	a.compareWith(moment, x, smallest, isAtLeast, 0)
	a.compareWith(moment, x, largest, isAtMost, moment)
	a.testMask(moment)
	special := a.jump(ifNotCarry)
	value(x, d, 0, false)
	end := a.jump(0)
	a.patch(special)
	a.compareWith(moment, x, smallest, isLess, 0)
	a.move(true, u, x, 0, false)
	a.evex(op{m: 1, pp: 1, w: true, code: 0x59, reg: u, v: x, from: constant, bits: math.Float64bits(0x1p54), mask: moment})
	a.clear(w)
	a.fill(true, w, 54, moment)
	value(u, d, w, true)
	a.compareWith(moment, x, 0, isEqual, 0)
	a.fill(true, d, math.Inf(-1), moment)
	a.compareWith(moment, x, 0, isNotLeast, 0)
	a.fill(true, d, math.NaN(), moment)
	a.compareWith(moment, x, largest, isMore, 0)
	a.move(true, d, x, moment, false)
	a.patch(end)
}

// tanh32 is tanh of float32.
func (a *assembler) tanh32(d, x uint8) {
	var t [14]uint8
	if !a.temporaries(t[:]) {
		return
	}
	defer func() { a.free = append(a.free, t[:]...) }()
	y, k, n, first, r, z, even, q, p, rest, scale, one, e, u := t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10], t[11], t[12], t[13]
	const magic, log2e, ln2hi, ln2lo = 0x1.8p23, 0x1.715476p0, 0x1.62e4p-1, 0x1.7f7d1cp-20
	add := func(d, x, y uint8) { a.op(0x58, d, x, y) }
	sub := func(d, x, y uint8) { a.op(0x5c, d, x, y) }
	fused := func(code, d, x, y uint8) { a.evex(op{m: 2, pp: 1, code: code, reg: d, v: x, rm: y}) }
	fusedWith := func(code, d, x uint8, y float64) {
		a.evex(op{m: 2, pp: 1, code: code, reg: d, v: x, from: constant, bits: float(false, y)})
	}
	const horner, more, less = 0xa8, 0xb8, 0xbc // d x + y, d + x y, d - x y
	copied := func(d, x uint8) { a.move(false, d, x, 0, false) }
	c := func(k int) float64 { return float64(functions.Coefficients.Exp32[k]) }

	a.withBits(false, 0x54, y, x, 1<<31-1)
	a.fill(false, z, 10, 0)
	a.op(0x5d, y, z, y)
	add(y, y, y)
	a.fill(false, k, magic, 0)
	fusedWith(more, k, y, log2e)
	a.with(false, 0x5c, n, k, magic)
	copied(first, y)
	fusedWith(less, first, n, ln2hi)
	copied(r, first)
	fusedWith(less, r, n, ln2lo)
	a.op(0x59, z, r, r)
	a.fill(false, even, c(4), 0)
	a.fill(false, q, c(3), 0)
	fusedWith(horner, even, z, c(2))
	fusedWith(horner, q, z, c(1))
	fusedWith(horner, even, z, c(0))
	fused(horner, q, r, even)
	copied(p, q)
	fused(horner, p, z, r)
	sub(rest, r, p)
	fused(horner, q, z, rest)
	sub(rest, first, r)
	fusedWith(less, rest, n, ln2lo)
	add(rest, q, rest)
	a.evex(op{m: 1, pp: 1, code: 0xfe, reg: scale, v: k, from: constant, bits: 127})        // vpaddd
	a.evex(op{m: 1, pp: 1, code: 0x72, reg: 6, v: scale, rm: scale, hasImm: true, imm: 23}) // vpslld
	a.with(false, 0x5c, one, scale, 1)
	copied(e, p)
	fused(horner, e, scale, one)
	sub(u, one, e)
	fused(horner, p, scale, u)
	sub(u, scale, one)
	a.with(false, 0x5c, u, u, 1)
	add(u, p, u)
	fused(horner, rest, scale, u) // what e lacks
	low, sum, lost, inverse := rest, one, scale, k
	a.with(false, 0x58, sum, e, 2)
	a.with(false, 0x5c, lost, sum, 2)
	sub(lost, e, lost)
	add(lost, lost, low)
	a.fill(false, inverse, 1, 0)
	a.op(0x5e, inverse, inverse, sum)
	a.op(0x59, y, e, inverse)
	copied(d, e)
	fused(less, d, y, sum)
	add(d, d, low)
	fused(less, d, y, lost)
	fused(horner, d, inverse, y)
	a.withSign(d, x)
}
