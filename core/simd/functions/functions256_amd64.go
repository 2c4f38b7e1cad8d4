//go:build goexperiment.simd && amd64

package functions

import (
	"math"
	"simd/archsimd"
)

// Code generated from functions512_amd64.go by Test256IsGenerated; DO NOT EDIT.

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
	z := r.Mul(r) // expTail256, here because a call would put the scale on the stack
	even := k.exp[10].load().MulAdd(z, k.exp[8].load()).MulAdd(z, k.exp[6].load()).MulAdd(z, k.exp[4].load()).MulAdd(z, k.exp[2].load()).MulAdd(z, k.exp[0].load())
	odd := k.exp[9].load().MulAdd(z, k.exp[7].load()).MulAdd(z, k.exp[5].load()).MulAdd(z, k.exp[3].load()).MulAdd(z, k.exp[1].load())
	return scale256(t), z.MulAdd(odd.MulAdd(r, even), r)
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

func tanh256(dst, x []float64) int {
	k := k256
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := archsimd.LoadFloat64x4(at256(x, i))
		a := abs256(v).Min(m256.tanhHigh.load())
		scale, p := reduceExp256(a.Add(a))
		e := p.MulAdd(scale, scale.Sub(k.one.load()))
		v = archsimd.LoadFloat64x4(at256(x, i)) // cheaper than to keep it
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
		v = archsimd.LoadFloat64x4(at256(x, i))
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
		v = archsimd.LoadFloat64x4(at256(x, i))
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

func logBase256(high, low, n, nLow archsimd.Float64x4, cHigh, cLow *lanes256) archsimd.Float64x4 {
	p := high.Mul(cHigh.load())
	pLow := high.MulAdd(cHigh.load(), negative256(p)).Add(high.MulAdd(cLow.load(), low.Mul(cHigh.load())))
	s := n.Add(p)
	return s.Add(n.Sub(s).Add(p).Add(pLow.Add(nLow)))
}

// logBases256 is the logarithm to base 2 or 10.
func logBases256(dst, x []float64, ten bool, one func(float64) float64) int {
	k, m := k256, m256
	var high, low, near [logChunk]float64
	done := len(x) - len(x)%4
	for from := 0; from < done; from += logChunk {
		to := min(from+logChunk, done)
		for i := from; i < to; i += 4 { // between sqrt(1/2) and sqrt(2)
			_, f := splitLog256(archsimd.LoadFloat64x4(at256(x, i)))
			f.Add(k.one.load()).Store(at256(near[:], i-from))
		}
		logDoubles256(&high[0], &low[0], &near[0], (to-from)/4)
		for i := from; i < to; i += 4 {
			v := archsimd.LoadFloat64x4(at256(x, i))
			if v.GreaterEqual(k.smallest.load()).And(v.LessEqual(k.largest.load())).ToBits() != 1<<4-1 {
				apart256(dst, x, i, one)
				continue
			}
			e, _ := splitLog256(v)
			h, l := archsimd.LoadFloat64x4(at256(high[:], i-from)), archsimd.LoadFloat64x4(at256(low[:], i-from))
			if ten {
				logBase256(h, l, e.Mul(m.log10of2Hi.load()), e.Mul(m.log10of2Lo.load()), &m.perLn10Hi, &m.perLn10Lo).Store(at256(dst, i))
			} else {
				logBase256(h, l, e, m.zero.load(), &m.perLn2Hi, &m.perLn2Lo).Store(at256(dst, i))
			}
		}
	}
	archsimd.ClearAVXUpperBits()
	return done
}

func pow256(dst, x, y []float64) int {
	k, m := k256, m256
	var high, low [logChunk]float64
	done := len(x) - len(x)%4
	for from := 0; from < done; from += logChunk {
		to := min(from+logChunk, done)
		logDoubles256(&high[0], &low[0], &x[from], (to-from)/4)
		for i := from; i < to; i += 4 {
			v, w := archsimd.LoadFloat64x4(at256(x, i)), archsimd.LoadFloat64x4(at256(y, i))
			a := abs256(v)
			p := w.Mul(archsimd.LoadFloat64x4(at256(high[:], i-from)))
			ok := a.GreaterEqual(k.smallest.load()).And(a.LessEqual(k.largest.load())).And(abs256(p).LessEqual(m.powRange.load())).ToBits() == 1<<4-1
			below := v.Less(m.zero.load()).ToBits()
			if below != 0 { // whole exponents there
				whole := w.Add(k.magic.load()).Sub(k.magic.load()).Equal(w).And(abs256(w).LessEqual(m.wholeRange.load()))
				ok = ok && whole.ToBits()&below == below
			}
			if !ok {
				archsimd.ClearAVXUpperBits()
				for j := i; j < i+4; j++ {
					dst[j] = Pow1(x[j], y[j])
				}
				continue
			}
			l := w.MulAdd(archsimd.LoadFloat64x4(at256(low[:], i-from)), w.MulAdd(archsimd.LoadFloat64x4(at256(high[:], i-from)), negative256(p)))
			t := p.MulAdd(k.log2e.load(), k.magic.load())
			n := t.Sub(k.magic.load())
			r := n.MulAdd(k.minusLn2lo.load(), n.MulAdd(k.minusLn2hi.load(), p)).Add(l)
			z := r.Mul(r)
			even := k.exp[10].load().MulAdd(z, k.exp[8].load()).MulAdd(z, k.exp[6].load()).MulAdd(z, k.exp[4].load()).MulAdd(z, k.exp[2].load()).MulAdd(z, k.exp[0].load())
			odd := k.exp[9].load().MulAdd(z, k.exp[7].load()).MulAdd(z, k.exp[5].load()).MulAdd(z, k.exp[3].load()).MulAdd(z, k.exp[1].load())
			result := z.MulAdd(odd.MulAdd(r, even), r).Add(k.one.load()).Mul(scale256(t))
			if below != 0 { // the sign of odd exponents
				v, w = archsimd.LoadFloat64x4(at256(x, i)), archsimd.LoadFloat64x4(at256(y, i))
				odd := w.Add(k.magic.load()).AsUint64x4().ShiftLeft(loadBits256(&m.shift63)).And(v.AsUint64x4())
				result = withSign256(result, odd.AsFloat64x4())
			}
			result.Store(at256(dst, i))
		}
	}
	archsimd.ClearAVXUpperBits()
	return done
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
func erfAll256(x *[4]float64) archsimd.Float64x4 {
	v := archsimd.LoadFloat64x4(x)
	switch abs256(v).Less(k256.one.load()).ToBits() {
	case 1<<4 - 1:
		return erfNear256(v)
	case 0:
		y := erfFar256(abs256(v))
		v = archsimd.LoadFloat64x4(x) // cheaper than to keep it
		return canonical256(withSign256(y, v), v)
	}
	y := erfFar256(abs256(v))
	v = archsimd.LoadFloat64x4(x)
	c := &m256.erf
	w := v.Mul(v)
	z := w.Mul(w)
	near := v.MulAdd(c[11].load().MulAdd(z, c[9].load()).MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(w, c[10].load().MulAdd(z, c[8].load()).MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load())), v)
	return canonical256(near.Merge(withSign256(y, v), abs256(v).Less(k256.one.load())), v)
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
	var room [4]float64
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
			y = k256.one.load().Sub(erfAll256(at256(x, i)))
		case 0:
			y = erfcFar256(v)
		default:
			far := erfcFar256(v)
			far.Store(&room)
			y = k256.one.load().Sub(erfAll256(at256(x, i)))
			y = y.Merge(archsimd.LoadFloat64x4(&room), archsimd.LoadFloat64x4(at256(x, i)).Less(m256.erfcLow.load()))
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
		v = archsimd.LoadFloat64x4(at256(x, i))
		v.Merge(s, v.Equal(m256.zero.load())).Store(at256(dst, i))
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
