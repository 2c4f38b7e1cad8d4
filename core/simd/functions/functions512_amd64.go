//go:build goexperiment.simd && amd64

package functions

import (
	"math"
	"simd/archsimd"
)

type more512 struct {
	zero, nan, tanhHigh, perLn2Hi, perLn2Lo, perLn10Hi, perLn10Lo, log10of2Hi, log10of2Lo, twoThirdsHi, twoThirdsLo lanes512
	exp2Range, ln2, powRange, wholeRange, erfSpan, erfcLow, erfcMiddle, erfcRange                                   lanes512
	pow                                                                                                             [8]lanes512
	erf                                                                                                             [12]lanes512
	erfTail                                                                                                         [18]lanes512
	erfc                                                                                                            [21]lanes512
	shift63                                                                                                         [8]uint64
}

var m512 = func() *more512 {
	t := new(more512)
	fill := func(l *lanes512, x float64) {
		for i := range l {
			l[i] = x
		}
	}
	table := func(l []lanes512, x []float64) {
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

func abs512(v archsimd.Float64x8) archsimd.Float64x8 {
	return v.AsUint64x8().And(loadBits512(&k512.abs)).AsFloat64x8()
}

func negative512(v archsimd.Float64x8) archsimd.Float64x8 {
	return v.AsUint64x8().Xor(loadBits512(&k512.sign)).AsFloat64x8()
}

func withSign512(v, sign archsimd.Float64x8) archsimd.Float64x8 {
	return v.AsUint64x8().Or(sign.AsUint64x8().And(loadBits512(&k512.sign))).AsFloat64x8()
}

// canonical512 is y where v is a number.
func canonical512(y, v archsimd.Float64x8) archsimd.Float64x8 {
	return y.Merge(m512.nan.load(), v.Equal(v))
}

func scale512(t archsimd.Float64x8) archsimd.Float64x8 {
	return t.AsUint64x8().Add(loadBits512(&k512.bias)).ShiftLeft(loadBits512(&k512.shift52)).AsFloat64x8()
}

func expTail512(r archsimd.Float64x8) archsimd.Float64x8 {
	k := k512
	z := r.Mul(r)
	even := k.exp[10].load().MulAdd(z, k.exp[8].load()).MulAdd(z, k.exp[6].load()).MulAdd(z, k.exp[4].load()).MulAdd(z, k.exp[2].load()).MulAdd(z, k.exp[0].load())
	odd := k.exp[9].load().MulAdd(z, k.exp[7].load()).MulAdd(z, k.exp[5].load()).MulAdd(z, k.exp[3].load()).MulAdd(z, k.exp[1].load())
	return z.MulAdd(odd.MulAdd(r, even), r)
}

// reduceExp512 is reduceExp, with 2^k in place of k. |x| <= 708.
func reduceExp512(x archsimd.Float64x8) (scale, p archsimd.Float64x8) {
	k := k512
	t := x.MulAdd(k.log2e.load(), k.magic.load())
	n := t.Sub(k.magic.load())
	r := n.MulAdd(k.minusLn2lo.load(), n.MulAdd(k.minusLn2hi.load(), x))
	z := r.Mul(r) // expTail512, here because a call would put the scale on the stack
	even := k.exp[10].load().MulAdd(z, k.exp[8].load()).MulAdd(z, k.exp[6].load()).MulAdd(z, k.exp[4].load()).MulAdd(z, k.exp[2].load()).MulAdd(z, k.exp[0].load())
	odd := k.exp[9].load().MulAdd(z, k.exp[7].load()).MulAdd(z, k.exp[5].load()).MulAdd(z, k.exp[3].load()).MulAdd(z, k.exp[1].load())
	return scale512(t), z.MulAdd(odd.MulAdd(r, even), r)
}

func splitLog512(v archsimd.Float64x8) (e, f archsimd.Float64x8) {
	k := k512
	b := v.AsUint64x8().Add(loadBits512(&k.logShift))
	e = b.ShiftRight(loadBits512(&k.shift52)).Or(k.logExponent.load().AsUint64x8()).AsFloat64x8().Sub(k.logBias.load())
	f = b.And(loadBits512(&k.mantissa)).Add(loadBits512(&k.logRoot)).AsFloat64x8().Sub(k.one.load())
	return e, f
}

func logReduced512(e, f, c archsimd.Float64x8) archsimd.Float64x8 {
	k := k512
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

func tanh512(dst, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		a := abs512(v).Min(m512.tanhHigh.load())
		scale, p := reduceExp512(a.Add(a))
		e := p.MulAdd(scale, scale.Sub(k.one.load()))
		v = archsimd.LoadFloat64x8(at512(x, i)) // cheaper than to keep it
		y := withSign512(e.Div(e.Add(k.two.load())), v)
		canonical512(y, v).Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sigmoid512(dst, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		a := abs512(v)
		if a.LessEqual(k.expRange.load()).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Sigmoid1)
			continue
		}
		scale, p := reduceExp512(negative512(a))
		e := p.Add(k.one.load()).Mul(scale)
		v = archsimd.LoadFloat64x8(at512(x, i))
		e.Merge(k.one.load(), v.Less(m512.zero.load())).Div(e.Add(k.one.load())).Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func expm1x512(dst, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		if abs512(v).LessEqual(k.expRange.load()).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Expm11)
			continue
		}
		scale, p := reduceExp512(v)
		v = archsimd.LoadFloat64x8(at512(x, i))
		v.Merge(p.MulAdd(scale, scale.Sub(k.one.load())), v.Equal(m512.zero.load())).Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func exp2x512(dst, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		if abs512(v).LessEqual(m512.exp2Range.load()).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Exp21)
			continue
		}
		t := v.Add(k.magic.load())
		p := expTail512(v.Sub(t.Sub(k.magic.load())).Mul(m512.ln2.load()))
		p.Add(k.one.load()).Mul(scale512(t)).Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func log1p512(dst, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		one, zero := k.one.load(), m512.zero.load()
		if v.Greater(negative512(one)).And(v.LessEqual(k.largest.load())).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Log1p1)
			continue
		}
		u := one.Add(v)
		e, f := splitLog512(u)
		near := e.Equal(zero)
		lost := one.Sub(u.Sub(v)).Merge(v.Sub(u.Sub(one)), v.Greater(one))
		c := zero.Merge(lost.Div(u), near)
		y := logReduced512(e, v.Merge(f, near), c)
		v.Merge(y, v.Equal(zero)).Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func logBase512(high, low, n, nLow archsimd.Float64x8, cHigh, cLow *lanes512) archsimd.Float64x8 {
	p := high.Mul(cHigh.load())
	pLow := high.MulAdd(cHigh.load(), negative512(p)).Add(high.MulAdd(cLow.load(), low.Mul(cHigh.load())))
	s := n.Add(p)
	return s.Add(n.Sub(s).Add(p).Add(pLow.Add(nLow)))
}

// logBases512 is the logarithm to base 2 or 10.
func logBases512(dst, x []float64, ten bool, one func(float64) float64) int {
	k, m := k512, m512
	var high, low, near [logChunk]float64
	done := len(x) - len(x)%8
	for from := 0; from < done; from += logChunk {
		to := min(from+logChunk, done)
		for i := from; i < to; i += 8 { // between sqrt(1/2) and sqrt(2)
			_, f := splitLog512(archsimd.LoadFloat64x8(at512(x, i)))
			f.Add(k.one.load()).Store(at512(near[:], i-from))
		}
		logDoubles512(&high[0], &low[0], &near[0], (to-from)/8)
		for i := from; i < to; i += 8 {
			v := archsimd.LoadFloat64x8(at512(x, i))
			if v.GreaterEqual(k.smallest.load()).And(v.LessEqual(k.largest.load())).ToBits() != 1<<8-1 {
				apart512(dst, x, i, one)
				continue
			}
			e, _ := splitLog512(v)
			h, l := archsimd.LoadFloat64x8(at512(high[:], i-from)), archsimd.LoadFloat64x8(at512(low[:], i-from))
			if ten {
				logBase512(h, l, e.Mul(m.log10of2Hi.load()), e.Mul(m.log10of2Lo.load()), &m.perLn10Hi, &m.perLn10Lo).Store(at512(dst, i))
			} else {
				logBase512(h, l, e, m.zero.load(), &m.perLn2Hi, &m.perLn2Lo).Store(at512(dst, i))
			}
		}
	}
	archsimd.ClearAVXUpperBits()
	return done
}

func pow512(dst, x, y []float64) int {
	k, m := k512, m512
	var high, low [logChunk]float64
	done := len(x) - len(x)%8
	for from := 0; from < done; from += logChunk {
		to := min(from+logChunk, done)
		logDoubles512(&high[0], &low[0], &x[from], (to-from)/8)
		for i := from; i < to; i += 8 {
			v, w := archsimd.LoadFloat64x8(at512(x, i)), archsimd.LoadFloat64x8(at512(y, i))
			a := abs512(v)
			p := w.Mul(archsimd.LoadFloat64x8(at512(high[:], i-from)))
			ok := a.GreaterEqual(k.smallest.load()).And(a.LessEqual(k.largest.load())).And(abs512(p).LessEqual(m.powRange.load())).ToBits() == 1<<8-1
			below := v.Less(m.zero.load()).ToBits()
			if below != 0 { // whole exponents there
				whole := w.Add(k.magic.load()).Sub(k.magic.load()).Equal(w).And(abs512(w).LessEqual(m.wholeRange.load()))
				ok = ok && whole.ToBits()&below == below
			}
			if !ok {
				archsimd.ClearAVXUpperBits()
				for j := i; j < i+8; j++ {
					dst[j] = Pow1(x[j], y[j])
				}
				continue
			}
			l := w.MulAdd(archsimd.LoadFloat64x8(at512(low[:], i-from)), w.MulAdd(archsimd.LoadFloat64x8(at512(high[:], i-from)), negative512(p)))
			t := p.MulAdd(k.log2e.load(), k.magic.load())
			n := t.Sub(k.magic.load())
			r := n.MulAdd(k.minusLn2lo.load(), n.MulAdd(k.minusLn2hi.load(), p)).Add(l)
			z := r.Mul(r)
			even := k.exp[10].load().MulAdd(z, k.exp[8].load()).MulAdd(z, k.exp[6].load()).MulAdd(z, k.exp[4].load()).MulAdd(z, k.exp[2].load()).MulAdd(z, k.exp[0].load())
			odd := k.exp[9].load().MulAdd(z, k.exp[7].load()).MulAdd(z, k.exp[5].load()).MulAdd(z, k.exp[3].load()).MulAdd(z, k.exp[1].load())
			result := z.MulAdd(odd.MulAdd(r, even), r).Add(k.one.load()).Mul(scale512(t))
			if below != 0 { // the sign of odd exponents
				v, w = archsimd.LoadFloat64x8(at512(x, i)), archsimd.LoadFloat64x8(at512(y, i))
				odd := w.Add(k.magic.load()).AsUint64x8().ShiftLeft(loadBits512(&m.shift63)).And(v.AsUint64x8())
				result = withSign512(result, odd.AsFloat64x8())
			}
			result.Store(at512(dst, i))
		}
	}
	archsimd.ClearAVXUpperBits()
	return done
}

func erfNear512(v archsimd.Float64x8) archsimd.Float64x8 {
	c := &m512.erf
	w := v.Mul(v)
	z := w.Mul(w)
	return v.MulAdd(c[11].load().MulAdd(z, c[9].load()).MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(w, c[10].load().MulAdd(z, c[8].load()).MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load())), v)
}

func erfFar512(a archsimd.Float64x8) archsimd.Float64x8 {
	c := &m512.erfTail
	t := a.Sub(k512.one.load()).Min(m512.erfSpan.load())
	z := t.Mul(t)
	scale, p := reduceExp512(negative512(c[17].load().MulAdd(z, c[15].load()).MulAdd(z, c[13].load()).MulAdd(z, c[11].load()).MulAdd(z, c[9].load()).MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(t, c[16].load().MulAdd(z, c[14].load()).MulAdd(z, c[12].load()).MulAdd(z, c[10].load()).MulAdd(z, c[8].load()).MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load()))))
	return k512.one.load().Sub(p.Add(k512.one.load()).Mul(scale))
}

// erfAll512 takes one of the two ways, or both where a group needs both.
func erfAll512(x *[8]float64) archsimd.Float64x8 {
	v := archsimd.LoadFloat64x8(x)
	switch abs512(v).Less(k512.one.load()).ToBits() {
	case 1<<8 - 1:
		return erfNear512(v)
	case 0:
		y := erfFar512(abs512(v))
		v = archsimd.LoadFloat64x8(x) // cheaper than to keep it
		return canonical512(withSign512(y, v), v)
	}
	y := erfFar512(abs512(v))
	v = archsimd.LoadFloat64x8(x)
	c := &m512.erf
	w := v.Mul(v)
	z := w.Mul(w)
	near := v.MulAdd(c[11].load().MulAdd(z, c[9].load()).MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(w, c[10].load().MulAdd(z, c[8].load()).MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load())), v)
	return canonical512(near.Merge(withSign512(y, v), abs512(v).Less(k512.one.load())), v)
}

func erfcFar512(v archsimd.Float64x8) archsimd.Float64x8 {
	k, c := k512, &m512.erfc
	square := v.Mul(v)
	scale, p := reduceExp512(negative512(square))
	p = negative512(v.MulAdd(v, negative512(square))).MulAdd(p.Add(k.one.load()), p)
	d := v.Add(m512.erfcMiddle.load())
	t := v.Sub(m512.erfcMiddle.load()).Div(d)
	z := t.Mul(t)
	q := c[19].load().MulAdd(z, c[17].load()).MulAdd(z, c[15].load()).MulAdd(z, c[13].load()).MulAdd(z, c[11].load()).MulAdd(z, c[9].load()).MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(t, c[20].load().MulAdd(z, c[18].load()).MulAdd(z, c[16].load()).MulAdd(z, c[14].load()).MulAdd(z, c[12].load()).MulAdd(z, c[10].load()).MulAdd(z, c[8].load()).MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load()))
	return q.MulAdd(p, q).Div(d).Mul(scale)
}

func erfc512(dst, x []float64) int {
	var room [8]float64
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		if v.LessEqual(m512.erfcRange.load()).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Erfc1)
			continue
		}
		near := v.Less(m512.erfcLow.load())
		var y archsimd.Float64x8
		switch near.ToBits() {
		case 1<<8 - 1:
			y = k512.one.load().Sub(erfAll512(at512(x, i)))
		case 0:
			y = erfcFar512(v)
		default:
			far := erfcFar512(v)
			far.Store(&room)
			y = k512.one.load().Sub(erfAll512(at512(x, i)))
			y = y.Merge(archsimd.LoadFloat64x8(&room), archsimd.LoadFloat64x8(at512(x, i)).Less(m512.erfcLow.load()))
		}
		y.Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sin512(dst, x []float64) int {
	k := k512
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		a := abs512(v)
		if a.Less(k.sincosMax.load()).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Sin1)
			continue
		}
		r, q := reduceTurn512(v)
		s, _ := sincosReduced512(r, q)
		v = archsimd.LoadFloat64x8(at512(x, i))
		v.Merge(s, v.Equal(m512.zero.load())).Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func cos512(dst, x []float64) int {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := archsimd.LoadFloat64x8(at512(x, i))
		if abs512(v).Less(k512.sincosMax.load()).ToBits() != 1<<8-1 {
			apart512(dst, x, i, Cos1)
			continue
		}
		_, c := sincosReduced512(reduceTurn512(v))
		c.Store(at512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func reduceTurn512(v archsimd.Float64x8) (r archsimd.Float64x8, q archsimd.Uint64x8) {
	k := k512
	t := v.MulAdd(k.twoOverPi.load(), k.magic.load())
	n := t.Sub(k.magic.load())
	r = n.MulAdd(k.minusHalfPi1.load(), v)
	r = n.MulAdd(k.minusHalfPi2.load(), r)
	return n.MulAdd(k.minusHalfPi3.load(), r), t.AsUint64x8()
}
