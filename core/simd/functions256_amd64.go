//go:build goexperiment.simd && amd64

package simd

import (
	"math"
	"simd/archsimd"
)

// Code generated from functions512_amd64.go by TestVector256IsGenerated; DO NOT EDIT.

type more256 struct {
	zero, nan, tanhHigh, perLn2Hi, perLn2Lo, perLn10Hi, perLn10Lo, log10of2Hi, log10of2Lo, twoThirdsHi, twoThirdsLo lanes256
	exp2Range, ln2, powRange, wholeRange, erfSpan, erfcLow, erfcMiddle, erfcRange                                   lanes256
	pow                                                                                                             [8]lanes256
	erf                                                                                                             [12]lanes256
	erfTail                                                                                                         [18]lanes256
	erfc                                                                                                            [21]lanes256
	shift63                                                                                                         [4]uint64
}

var m256 = func() *more256 {
	t := new(more256)
	fill := func(l *lanes256, x float64) {
		for i := range l {
			l[i] = x
		}
	}
	table := func(l []lanes256, x []float64) {
		for i := range x {
			fill(&l[i], x[i])
		}
	}
	fill(&t.nan, math.NaN())
	fill(&t.tanhHigh, tanhHigh)
	fill(&t.perLn2Hi, perLn2Hi)
	fill(&t.perLn2Lo, perLn2Lo)
	fill(&t.perLn10Hi, perLn10Hi)
	fill(&t.perLn10Lo, perLn10Lo)
	fill(&t.log10of2Hi, log10of2Hi)
	fill(&t.log10of2Lo, log10of2Lo)
	fill(&t.twoThirdsHi, twoThirdsHi)
	fill(&t.twoThirdsLo, twoThirdsLo)
	fill(&t.exp2Range, 1022)
	fill(&t.ln2, math.Ln2)
	fill(&t.powRange, 708)
	fill(&t.wholeRange, 0x1p51)
	fill(&t.erfSpan, erfSpan)
	fill(&t.erfcLow, 0.5)
	fill(&t.erfcMiddle, erfcMiddle)
	fill(&t.erfcRange, 26)
	table(t.pow[:], powPoly[:])
	table(t.erf[:], erfPoly[:])
	table(t.erfTail[:], erfTailPoly[:])
	table(t.erfc[:], erfcPoly[:])
	for i := range t.shift63 {
		t.shift63[i] = 63
	}
	return t
}()

func abs256(v archsimd.Float64x4) archsimd.Float64x4 {
	return v.AsUint64x4().And(loadBits256(&k256.abs)).AsFloat64x4()
}

func negative256(v archsimd.Float64x4) archsimd.Float64x4 {
	return v.AsUint64x4().Xor(loadBits256(&k256.sign)).AsFloat64x4()
}

func withSign256(v, sign archsimd.Float64x4) archsimd.Float64x4 {
	return v.AsUint64x4().Or(sign.AsUint64x4().And(loadBits256(&k256.sign))).AsFloat64x4()
}

// canonical256 is y where v is a number.
func canonical256(y, v archsimd.Float64x4) archsimd.Float64x4 {
	return y.Merge(m256.nan.load(), v.Equal(v))
}

func scale256(t archsimd.Float64x4) archsimd.Float64x4 {
	return t.AsUint64x4().Add(loadBits256(&k256.bias)).ShiftLeft(loadBits256(&k256.shift52)).AsFloat64x4()
}

func expTail256(r archsimd.Float64x4) archsimd.Float64x4 {
	k := k256
	z := r.Mul(r)
	even := k.exp[10].load().MulAdd(z, k.exp[8].load()).MulAdd(z, k.exp[6].load()).MulAdd(z, k.exp[4].load()).MulAdd(z, k.exp[2].load()).MulAdd(z, k.exp[0].load())
	odd := k.exp[9].load().MulAdd(z, k.exp[7].load()).MulAdd(z, k.exp[5].load()).MulAdd(z, k.exp[3].load()).MulAdd(z, k.exp[1].load())
	return z.MulAdd(odd.MulAdd(r, even), r)
}

// reduceExp256 is reduceExp, with 2^k in place of k. |x| <= 708.
func reduceExp256(x archsimd.Float64x4) (scale, p archsimd.Float64x4) {
	k := k256
	t := x.MulAdd(k.log2e.load(), k.magic.load())
	n := t.Sub(k.magic.load())
	r := n.MulAdd(k.minusLn2lo.load(), n.MulAdd(k.minusLn2hi.load(), x))
	return scale256(t), expTail256(r)
}

func splitLog256(v archsimd.Float64x4) (e, f archsimd.Float64x4) {
	k := k256
	b := v.AsUint64x4().Add(loadBits256(&k.logShift))
	e = b.ShiftRight(loadBits256(&k.shift52)).Or(k.logExponent.load().AsUint64x4()).AsFloat64x4().Sub(k.logBias.load())
	f = b.And(loadBits256(&k.mantissa)).Add(loadBits256(&k.logRoot)).AsFloat64x4().Sub(k.one.load())
	return e, f
}

func logReduced256(e, f, c archsimd.Float64x4) archsimd.Float64x4 {
	k := k256
	s := f.Div(f.Add(k.two.load()))
	z := s.Mul(s)
	w := z.Mul(z)
	even := k.log[6].load().MulAdd(w, k.log[4].load()).MulAdd(w, k.log[2].load()).MulAdd(w, k.log[0].load())
	odd := k.log[5].load().MulAdd(w, k.log[3].load()).MulAdd(w, k.log[1].load())
	r := z.Mul(odd.MulAdd(z, even))
	square := k.half.load().Mul(f).Mul(f)
	low := s.MulAdd(square.Add(r), e.MulAdd(k.ln2lo.load(), c))
	return e.MulAdd(k.ln2hi.load(), f.Sub(square.Sub(low)))
}

func logDouble256(e, f archsimd.Float64x4) (high, low archsimd.Float64x4) {
	k, m := k256, m256
	t := f.Add(k.two.load())
	inverse := k.one.load().Div(t)
	s := f.Mul(inverse)
	sLow := s.MulAdd(t.Sub(k.two.load()).Sub(f), s.MulAdd(negative256(t), f)).Mul(inverse)
	z := s.Mul(s)
	zLow := s.Add(s).MulAdd(sLow, s.MulAdd(s, negative256(z)))
	w := z.Mul(z)
	even := m.pow[6].load().MulAdd(w, m.pow[4].load()).MulAdd(w, m.pow[2].load()).MulAdd(w, m.pow[0].load())
	odd := m.pow[7].load().MulAdd(w, m.pow[5].load()).MulAdd(w, m.pow[3].load()).MulAdd(w, m.pow[1].load())
	u := z.Mul(m.twoThirdsHi.load())
	uLow := zLow.MulAdd(m.twoThirdsHi.load(), z.MulAdd(m.twoThirdsLo.load(), z.MulAdd(m.twoThirdsHi.load(), negative256(u))))
	uLow = w.MulAdd(odd.MulAdd(z, even), uLow)
	v := s.Mul(u)
	vLow := sLow.MulAdd(u, s.MulAdd(uLow, s.MulAdd(u, negative256(v))))
	a := e.Mul(k.ln2hi.load())
	b := s.Add(s)
	h := a.Add(b)
	high = h.Add(v)
	low = a.Sub(h).Add(b).Add(h.Sub(high).Add(v).Add(e.MulAdd(k.ln2lo.load(), sLow.Add(sLow).Add(vLow))))
	return high, low
}

func tanh256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		a := abs256(v).Min(m256.tanhHigh.load())
		scale, p := reduceExp256(a.Add(a))
		e := p.MulAdd(scale, scale.Sub(k.one.load()))
		y := withSign256(e.Div(e.Add(k.two.load())), v)
		canonical256(y, v).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sigmoid256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		a := abs256(v)
		if a.LessEqual(k.expRange.load()).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Sigmoid1)
			continue
		}
		scale, p := reduceExp256(negative256(a))
		e := p.Add(k.one.load()).Mul(scale)
		e.Merge(k.one.load(), v.Less(m256.zero.load())).Div(e.Add(k.one.load())).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func expm1x256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		if abs256(v).LessEqual(k.expRange.load()).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Expm11)
			continue
		}
		scale, p := reduceExp256(v)
		v.Merge(p.MulAdd(scale, scale.Sub(k.one.load())), v.Equal(m256.zero.load())).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func exp2x256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		if abs256(v).LessEqual(m256.exp2Range.load()).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Exp21)
			continue
		}
		t := v.Add(k.magic.load())
		p := expTail256(v.Sub(t.Sub(k.magic.load())).Mul(m256.ln2.load()))
		p.Add(k.one.load()).Mul(scale256(t)).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func log1p256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		one, zero := k.one.load(), m256.zero.load()
		if v.Greater(negative256(one)).And(v.LessEqual(k.largest.load())).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Log1p1)
			continue
		}
		u := one.Add(v)
		e, f := splitLog256(u)
		near := e.Equal(zero)
		lost := one.Sub(u.Sub(v)).Merge(v.Sub(u.Sub(one)), v.Greater(one))
		c := zero.Merge(lost.Div(u), near)
		y := logReduced256(e, v.Merge(f, near), c)
		v.Merge(y, v.Equal(zero)).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func logBase256(f, n, nLow archsimd.Float64x4, cHigh, cLow *lanes256) archsimd.Float64x4 {
	high, low := logDouble256(m256.zero.load(), f)
	p := high.Mul(cHigh.load())
	pLow := high.MulAdd(cHigh.load(), negative256(p)).Add(high.MulAdd(cLow.load(), low.Mul(cHigh.load())))
	s := n.Add(p)
	return s.Add(n.Sub(s).Add(p).Add(pLow.Add(nLow)))
}

func log2x256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		if v.GreaterEqual(k.smallest.load()).And(v.LessEqual(k.largest.load())).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Log21)
			continue
		}
		e, f := splitLog256(v)
		logBase256(f, e, m256.zero.load(), &m256.perLn2Hi, &m256.perLn2Lo).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func log10x256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		if v.GreaterEqual(k.smallest.load()).And(v.LessEqual(k.largest.load())).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Log101)
			continue
		}
		e, f := splitLog256(v)
		logBase256(f, e.Mul(m256.log10of2Hi.load()), e.Mul(m256.log10of2Lo.load()), &m256.perLn10Hi, &m256.perLn10Lo).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func pow256(dst, x, y []float64) int {
	k, m := k256, m256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v, w := archsimd.LoadFloat64x4(at256(x, i)), archsimd.LoadFloat64x4(at256(y, i))
		a := abs256(v)
		sign := m.zero.load()
		ok := a.GreaterEqual(k.smallest.load()).And(a.LessEqual(k.largest.load())).ToBits() == 1<<4-1
		if below := v.Less(sign).ToBits(); below != 0 && ok { // whole exponents there, and the sign of odd ones
			t := w.Add(k.magic.load())
			whole := t.Sub(k.magic.load()).Equal(w).And(abs256(w).LessEqual(m.wholeRange.load()))
			ok = whole.ToBits()&below == below
			sign = t.AsUint64x4().ShiftLeft(loadBits256(&m.shift63)).And(v.AsUint64x4()).AsFloat64x4()
		}
		high, low := logDouble256(splitLog256(a))
		p := w.Mul(high)
		if !ok || abs256(p).LessEqual(m.powRange.load()).ToBits() != 1<<4-1 {
			archsimd.ClearAVXUpperBits()
			for j := i; j < i+4; j++ {
				dst[j] = Pow1(x[j], y[j])
			}
			continue
		}
		low = w.MulAdd(low, w.MulAdd(high, negative256(p)))
		t := p.MulAdd(k.log2e.load(), k.magic.load())
		n := t.Sub(k.magic.load())
		r := n.MulAdd(k.minusLn2lo.load(), n.MulAdd(k.minusLn2hi.load(), p)).Add(low)
		withSign256(expTail256(r).Add(k.one.load()).Mul(scale256(t)), sign).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func erfNear256(v archsimd.Float64x4) archsimd.Float64x4 {
	c := &m256.erf
	w := v.Mul(v)
	z := w.Mul(w)
	return v.MulAdd(c[11].load().MulAdd(z, c[9].load()).MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(w, c[10].load().MulAdd(z, c[8].load()).MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load())), v)
}

func erfFar256(a archsimd.Float64x4) archsimd.Float64x4 {
	c := &m256.erfTail
	t := a.Sub(k256.one.load()).Min(m256.erfSpan.load())
	z := t.Mul(t)
	scale, p := reduceExp256(negative256(c[17].load().MulAdd(z, c[15].load()).MulAdd(z, c[13].load()).MulAdd(z, c[11].load()).MulAdd(z, c[9].load()).MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(t, c[16].load().MulAdd(z, c[14].load()).MulAdd(z, c[12].load()).MulAdd(z, c[10].load()).MulAdd(z, c[8].load()).MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load()))))
	return k256.one.load().Sub(p.Add(k256.one.load()).Mul(scale))
}

// erfAll256 takes one of the two ways, or both where a group needs both.
func erfAll256(v archsimd.Float64x4) archsimd.Float64x4 {
	a := abs256(v)
	near := a.Less(k256.one.load())
	switch near.ToBits() {
	case 1<<4 - 1:
		return erfNear256(v)
	case 0:
		return canonical256(withSign256(erfFar256(a), v), v)
	}
	return canonical256(erfNear256(v).Merge(withSign256(erfFar256(a), v), near), v)
}

func erf256(dst, x []float64) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		erfAll256(archsimd.LoadFloat64x4(at256(x, i))).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func erfcFar256(v archsimd.Float64x4) archsimd.Float64x4 {
	k, c := k256, &m256.erfc
	square := v.Mul(v)
	scale, p := reduceExp256(negative256(square))
	p = negative256(v.MulAdd(v, negative256(square))).MulAdd(p.Add(k.one.load()), p)
	d := v.Add(m256.erfcMiddle.load())
	t := v.Sub(m256.erfcMiddle.load()).Div(d)
	z := t.Mul(t)
	q := c[19].load().MulAdd(z, c[17].load()).MulAdd(z, c[15].load()).MulAdd(z, c[13].load()).MulAdd(z, c[11].load()).MulAdd(z, c[9].load()).MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(t, c[20].load().MulAdd(z, c[18].load()).MulAdd(z, c[16].load()).MulAdd(z, c[14].load()).MulAdd(z, c[12].load()).MulAdd(z, c[10].load()).MulAdd(z, c[8].load()).MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load()))
	return q.MulAdd(p, q).Div(d).Mul(scale)
}

func erfc256(dst, x []float64) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		if v.LessEqual(m256.erfcRange.load()).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Erfc1)
			continue
		}
		near := v.Less(m256.erfcLow.load())
		var y archsimd.Float64x4
		switch near.ToBits() {
		case 1<<4 - 1:
			y = k256.one.load().Sub(erfAll256(v))
		case 0:
			y = erfcFar256(v)
		default:
			y = k256.one.load().Sub(erfAll256(v)).Merge(erfcFar256(v), near)
		}
		y.Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sin256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		a := abs256(v)
		if a.Less(k.sincosMax.load()).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Sin1)
			continue
		}
		r, q := reduceTurn256(v)
		s, _ := sincosReduced256(r, q)
		v.Merge(s, a.Equal(m256.zero.load())).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func cos256(dst, x []float64) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		if abs256(v).Less(k256.sincosMax.load()).ToBits() != 1<<4-1 {
			apart256(dst, x, i, Cos1)
			continue
		}
		_, c := sincosReduced256(reduceTurn256(v))
		c.Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func reduceTurn256(v archsimd.Float64x4) (r archsimd.Float64x4, q archsimd.Uint64x4) {
	k := k256
	t := v.MulAdd(k.twoOverPi.load(), k.magic.load())
	n := t.Sub(k.magic.load())
	r = n.MulAdd(k.minusHalfPi1.load(), v)
	r = n.MulAdd(k.minusHalfPi2.load(), r)
	return n.MulAdd(k.minusHalfPi3.load(), r), t.AsUint64x4()
}
