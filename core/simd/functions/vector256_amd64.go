//go:build goexperiment.simd && amd64

package functions

import (
	"math"
	"simd/archsimd"
	"unsafe"
)

// Code generated from vector512_amd64.go by Test256IsGenerated; DO NOT EDIT.

// Constants are loaded from a table inside the loops: more of them would be spilled than kept in registers, and broadcasting a number there
// costs a legacy-SSE move. Groups with arguments outside a kernel's fast range go to the scalar functions as a whole.

type lanes256 [4]float64

type table256 struct {
	one, half, two, log2e, magic, ln2hi, ln2lo, minusLn2hi, minusLn2lo, expRange lanes256
	exp                                                                          [11]lanes256
	log                                                                          [7]lanes256
	smallest, largest, logBias, logExponent                                      lanes256
	twoOverPi, minusHalfPi1, minusHalfPi2, minusHalfPi3, sincosMax               lanes256
	four, minusQuarter, twoPi, turnsMax                                          lanes256
	sin, cos                                                                     [6]lanes256

	bias, shift52, abs, sign, shift62, bit, logShift, logRoot, mantissa [4]uint64
}

var k256 = func() *table256 {
	t := new(table256)
	fill := func(l *lanes256, x float64) {
		for i := range l {
			l[i] = x
		}
	}
	fillBits := func(l *[4]uint64, x uint64) {
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

func (l *lanes256) load() archsimd.Float64x4 { return archsimd.LoadFloat64x4((*[4]float64)(l)) }

func loadBits256(l *[4]uint64) archsimd.Uint64x4 { return archsimd.LoadUint64x4(l) }

func at256(x []float64, i int) *[4]float64 { return (*[4]float64)(unsafe.Pointer(&x[i])) }

// exp256 does the whole groups and returns how many elements those are; likewise the others.
func exp256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		if v.AsUint64x4().And(loadBits256(&k.abs)).AsFloat64x4().LessEqual(k.expRange.load()).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Exp1)
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
		scale := t.AsUint64x4().Add(loadBits256(&k.bias)).ShiftLeft(loadBits256(&k.shift52)).AsFloat64x4()
		p.Add(k.one.load()).Mul(scale).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func log256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		if v.GreaterEqual(k.smallest.load()).And(v.LessEqual(k.largest.load())).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Log1)
			continue
		}
		b := v.AsUint64x4().Add(loadBits256(&k.logShift))
		e := b.ShiftRight(loadBits256(&k.shift52)).Or(k.logExponent.load().AsUint64x4()).AsFloat64x4().Sub(k.logBias.load())
		f := b.And(loadBits256(&k.mantissa)).Add(loadBits256(&k.logRoot)).AsFloat64x4().Sub(k.one.load())
		s := f.Div(f.Add(k.two.load()))
		z := s.Mul(s)
		w := z.Mul(z)
		even := k.log[6].load().MulAdd(w, k.log[4].load()).MulAdd(w, k.log[2].load()).MulAdd(w, k.log[0].load())
		odd := k.log[5].load().MulAdd(w, k.log[3].load()).MulAdd(w, k.log[1].load())
		r := z.Mul(odd.MulAdd(z, even))
		square := k.half.load().Mul(f).Mul(f)
		low := s.MulAdd(square.Add(r), e.Mul(k.ln2lo.load()))
		e.MulAdd(k.ln2hi.load(), f.Sub(square.Sub(low))).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sincosReduced256(r archsimd.Float64x4, q archsimd.Uint64x4) (sin, cos archsimd.Float64x4) {
	k := k256
	z := r.Mul(r)
	ps := k.sin[5].load().MulAdd(z, k.sin[4].load()).MulAdd(z, k.sin[3].load()).MulAdd(z, k.sin[2].load()).MulAdd(z, k.sin[1].load()).MulAdd(z, k.sin[0].load())
	pc := k.cos[5].load().MulAdd(z, k.cos[4].load()).MulAdd(z, k.cos[3].load()).MulAdd(z, k.cos[2].load()).MulAdd(z, k.cos[1].load()).MulAdd(z, k.cos[0].load())
	s := r.Mul(z).MulAdd(ps, r).AsUint64x4()
	h := k.half.load().Mul(z)
	w := k.one.load().Sub(h)
	c := w.Add(z.Mul(z).MulAdd(pc, k.one.load().Sub(w).Sub(h))).AsUint64x4()

	bit, sign, shift := loadBits256(&k.bit), loadBits256(&k.sign), loadBits256(&k.shift62)
	keep := q.And(bit).Sub(bit) // all ones where q is even
	swap := s.Xor(c).AndNot(keep)
	s = s.Xor(swap).Xor(q.ShiftLeft(shift).And(sign))
	c = c.Xor(swap).Xor(q.Add(bit).ShiftLeft(shift).And(sign))
	return s.AsFloat64x4(), c.AsFloat64x4()
}

func sincos256(sin, cos, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		a := v.AsUint64x4().And(loadBits256(&k.abs)).AsFloat64x4()
		if a.Less(k.sincosMax.load()).ToBits() != 1<<4-1 {
			apartPair256(sin, cos, x, i, Sincos1)
			continue
		}
		t := v.MulAdd(k.twoOverPi.load(), k.magic.load())
		n := t.Sub(k.magic.load())
		r := n.MulAdd(k.minusHalfPi1.load(), v)
		r = n.MulAdd(k.minusHalfPi2.load(), r)
		r = n.MulAdd(k.minusHalfPi3.load(), r)
		s, c := sincosReduced256(r, t.AsUint64x4())
		s = v.Merge(s, a.Equal(a.Sub(a)))
		s.Store(at256(sin, i))
		c.Store(at256(cos, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sincosTurns256(sin, cos, u []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(u); i += 4 {
		v := archsimd.LoadFloat64x4(at256(u, i))
		if v.AsUint64x4().And(loadBits256(&k.abs)).AsFloat64x4().Less(k.turnsMax.load()).ToBits() != 1<<4-1 {
			apartPair256(sin, cos, u, i, SincosTurns1)
			continue
		}
		t := v.MulAdd(k.four.load(), k.magic.load())
		n := t.Sub(k.magic.load())
		r := n.MulAdd(k.minusQuarter.load(), v).Mul(k.twoPi.load())
		s, c := sincosReduced256(r, t.AsUint64x4())
		s.Store(at256(sin, i))
		c.Store(at256(cos, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

//go:noinline
func apart256(dst, x []float64, i int, f func(float64) float64) {
	archsimd.ClearAVXUpperBits()
	for j := i; j < i+4; j++ {
		dst[j] = f(x[j])
	}
}

//go:noinline
func apartPair256(a, b, x []float64, i int, f func(float64) (float64, float64)) {
	archsimd.ClearAVXUpperBits()
	for j := i; j < i+4; j++ {
		a[j], b[j] = f(x[j])
	}
}
