//go:build goexperiment.simd && amd64

package functions

import (
	"math"
	"simd/archsimd"
	"unsafe"
)

// The 256-bit kernels of *256_amd64.go are *512_amd64.go with other widths; after a change run go test -run Test256IsGenerated -update.

// Constants are loaded from a table inside the loops: more of them would be spilled than kept in registers, and broadcasting a number there
// costs a legacy-SSE move. Groups with arguments outside a kernel's fast range go to the scalar functions as a whole.

type lanes512 [8]float64

type table512 struct {
	one, half, two, log2e, magic, ln2hi, ln2lo, minusLn2hi, minusLn2lo, expRange lanes512
	exp                                                                          [11]lanes512
	log                                                                          [7]lanes512
	smallest, largest, logBias, logExponent                                      lanes512
	twoOverPi, minusHalfPi1, minusHalfPi2, minusHalfPi3, sincosMax               lanes512
	four, minusQuarter, twoPi, turnsMax                                          lanes512
	sin, cos                                                                     [6]lanes512

	bias, shift52, abs, sign, shift62, bit, logShift, logRoot, mantissa [8]uint64
}

var k512 = func() *table512 {
	t := new(table512)
	fill := func(l *lanes512, x float64) {
		for i := range l {
			l[i] = x
		}
	}
	fillBits := func(l *[8]uint64, x uint64) {
		for i := range l {
			l[i] = x
		}
	}
	fill(&t.one, 1)
	fill(&t.half, 0.5)
	fill(&t.two, 2)
	fill(&t.log2e, log2e)
	fill(&t.magic, magic)
	fill(&t.ln2hi, ln2hi)
	fill(&t.ln2lo, ln2lo)
	fill(&t.minusLn2hi, -ln2hi)
	fill(&t.minusLn2lo, -ln2lo)
	fill(&t.expRange, 708)
	for i, x := range expPoly {
		fill(&t.exp[i], x)
	}
	for i, x := range logPoly {
		fill(&t.log[i], x)
	}
	for i := range sinPoly {
		fill(&t.sin[i], sinPoly[i])
		fill(&t.cos[i], cosPoly[i])
	}
	fill(&t.smallest, 0x1p-1022)
	fill(&t.largest, math.MaxFloat64)
	fill(&t.logBias, 0x1p52+1023)
	fill(&t.logExponent, 0x1p52)
	fill(&t.twoOverPi, twoOverPi)
	fill(&t.minusHalfPi1, -halfPi1)
	fill(&t.minusHalfPi2, -halfPi2)
	fill(&t.minusHalfPi3, -halfPi3)
	fill(&t.sincosMax, sincosMax)
	fill(&t.four, 4)
	fill(&t.minusQuarter, -0.25)
	fill(&t.twoPi, 4*halfPi1)
	fill(&t.turnsMax, turnsMax)
	fillBits(&t.bias, 1023)
	fillBits(&t.shift52, 52)
	fillBits(&t.abs, 1<<63-1)
	fillBits(&t.sign, 1<<63)
	fillBits(&t.shift62, 62)
	fillBits(&t.bit, 1)
	fillBits(&t.logShift, logShift)
	fillBits(&t.logRoot, logRoot)
	fillBits(&t.mantissa, mantissa)
	return t
}()

func (l *lanes512) load() archsimd.Float64x8 { return archsimd.LoadFloat64x8((*[8]float64)(l)) }

func loadBits512(l *[8]uint64) archsimd.Uint64x8 { return archsimd.LoadUint64x8(l) }

func at512(x []float64, i int) *[8]float64 { return (*[8]float64)(unsafe.Pointer(&x[i])) }

// exp512 does the whole groups and returns how many elements those are; likewise the others.
func exp512(dst, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		if v.AsUint64x8().And(loadBits512(&k.abs)).AsFloat64x8().LessEqual(k.expRange.load()).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Exp1)
			continue
		}
		t := v.MulAdd(k.log2e.load(), k.magic.load())
		n := t.Sub(k.magic.load())
		r := n.MulAdd(k.minusLn2hi.load(), v)
		r = n.MulAdd(k.minusLn2lo.load(), r)
		z := r.Mul(r)
		even := k.exp[10].load().MulAdd(z, k.exp[8].load())
		odd := k.exp[9].load().MulAdd(z, k.exp[7].load())
		even = even.MulAdd(z, k.exp[6].load())
		odd = odd.MulAdd(z, k.exp[5].load())
		even = even.MulAdd(z, k.exp[4].load())
		odd = odd.MulAdd(z, k.exp[3].load())
		even = even.MulAdd(z, k.exp[2].load())
		odd = odd.MulAdd(z, k.exp[1].load())
		even = even.MulAdd(z, k.exp[0].load())
		p := z.MulAdd(odd.MulAdd(r, even), r)
		scale := t.AsUint64x8().Add(loadBits512(&k.bias)).ShiftLeft(loadBits512(&k.shift52)).AsFloat64x8()
		p.Add(k.one.load()).Mul(scale).Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func log512(dst, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		if v.GreaterEqual(k.smallest.load()).And(v.LessEqual(k.largest.load())).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Log1)
			continue
		}
		b := v.AsUint64x8().Add(loadBits512(&k.logShift))
		e := b.ShiftRight(loadBits512(&k.shift52)).Or(k.logExponent.load().AsUint64x8()).AsFloat64x8().Sub(k.logBias.load())
		f := b.And(loadBits512(&k.mantissa)).Add(loadBits512(&k.logRoot)).AsFloat64x8().Sub(k.one.load())
		s := f.Div(f.Add(k.two.load()))
		z := s.Mul(s)
		w := z.Mul(z)
		even := k.log[6].load().MulAdd(w, k.log[4].load()).MulAdd(w, k.log[2].load()).MulAdd(w, k.log[0].load())
		odd := k.log[5].load().MulAdd(w, k.log[3].load()).MulAdd(w, k.log[1].load())
		r := z.Mul(odd.MulAdd(z, even))
		square := k.half.load().Mul(f).Mul(f)
		low := s.MulAdd(square.Add(r), e.Mul(k.ln2lo.load()))
		e.MulAdd(k.ln2hi.load(), f.Sub(square.Sub(low))).Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sincosReduced512(r archsimd.Float64x8, q archsimd.Uint64x8) (sin, cos archsimd.Float64x8) {
	k := k512
	z := r.Mul(r)
	ps := k.sin[5].load().MulAdd(z, k.sin[4].load()).MulAdd(z, k.sin[3].load()).MulAdd(z, k.sin[2].load()).MulAdd(z, k.sin[1].load()).MulAdd(z, k.sin[0].load())
	pc := k.cos[5].load().MulAdd(z, k.cos[4].load()).MulAdd(z, k.cos[3].load()).MulAdd(z, k.cos[2].load()).MulAdd(z, k.cos[1].load()).MulAdd(z, k.cos[0].load())
	s := r.Mul(z).MulAdd(ps, r).AsUint64x8()
	h := k.half.load().Mul(z)
	w := k.one.load().Sub(h)
	c := w.Add(z.Mul(z).MulAdd(pc, k.one.load().Sub(w).Sub(h))).AsUint64x8()

	bit, sign, shift := loadBits512(&k.bit), loadBits512(&k.sign), loadBits512(&k.shift62)
	keep := q.And(bit).Sub(bit) // all ones where q is even
	swap := s.Xor(c).AndNot(keep)
	s = s.Xor(swap).Xor(q.ShiftLeft(shift).And(sign))
	c = c.Xor(swap).Xor(q.Add(bit).ShiftLeft(shift).And(sign))
	return s.AsFloat64x8(), c.AsFloat64x8()
}

func sincos512(sin, cos, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		a := v.AsUint64x8().And(loadBits512(&k.abs)).AsFloat64x8()
		if a.Less(k.sincosMax.load()).ToBits() != 1<<8-1 {
			apartPair512(sin, cos, x, i, Sincos1)
			continue
		}
		t := v.MulAdd(k.twoOverPi.load(), k.magic.load())
		n := t.Sub(k.magic.load())
		r := n.MulAdd(k.minusHalfPi1.load(), v)
		r = n.MulAdd(k.minusHalfPi2.load(), r)
		r = n.MulAdd(k.minusHalfPi3.load(), r)
		s, c := sincosReduced512(r, t.AsUint64x8())
		s = v.Merge(s, a.Equal(a.Sub(a)))
		s.Store(at512(sin, i))
		c.Store(at512(cos, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sincosTurns512(sin, cos, u []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(u); i += 8 {
		v := archsimd.LoadFloat64x8(at512(u, i))
		if v.AsUint64x8().And(loadBits512(&k.abs)).AsFloat64x8().Less(k.turnsMax.load()).ToBits() != 1<<8-1 {
			apartPair512(sin, cos, u, i, SincosTurns1)
			continue
		}
		t := v.MulAdd(k.four.load(), k.magic.load())
		n := t.Sub(k.magic.load())
		r := n.MulAdd(k.minusQuarter.load(), v).Mul(k.twoPi.load())
		s, c := sincosReduced512(r, t.AsUint64x8())
		s.Store(at512(sin, i))
		c.Store(at512(cos, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

//go:noinline
func apart512(dst, x []float64, i int, f func(float64) float64) {
	archsimd.ClearAVXUpperBits()
	for j := i; j < i+8; j++ {
		dst[j] = f(x[j])
	}
}

//go:noinline
func apartPair512(a, b, x []float64, i int, f func(float64) (float64, float64)) {
	archsimd.ClearAVXUpperBits()
	for j := i; j < i+8; j++ {
		a[j], b[j] = f(x[j])
	}
}
