//go:build goexperiment.simd && amd64

package functions

import (
	"math"
	"simd/archsimd"
	"unsafe"
)

type single512 struct {
	ln2, expLow, expHigh, tanhHigh, erfHigh, minusHalf, largest lanes512
	exp                                                         [5]lanes512
	log                                                         [3]lanes512
	sin                                                         [4]lanes512
	cos                                                         [3]lanes512
	erf                                                         [10]lanes512
}

var s512 = func() *single512 {
	t := new(single512)
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
	fill(&t.ln2, -math.Ln2)
	fill(&t.expLow, expLow32)
	fill(&t.expHigh, expHigh32)
	fill(&t.tanhHigh, tanhHigh32)
	fill(&t.erfHigh, erfHigh32)
	fill(&t.minusHalf, -0.5)
	fill(&t.largest, math.MaxFloat32)
	table(t.exp[:], expPoly32[:])
	table(t.log[:], logPoly32[:])
	table(t.sin[:], sinPoly32[:])
	table(t.cos[:], cosPoly32[:])
	table(t.erf[:], erfPoly32[:])
	return t
}()

func at32x512(x []float32, i int) *[8]float32 { return (*[8]float32)(unsafe.Pointer(&x[i])) }

func widened512(x []float32, i int) archsimd.Float64x8 {
	return archsimd.LoadFloat32x8(at32x512(x, i)).ConvertToFloat64()
}

//go:noinline
func apart32x512(dst, x []float32, i int, f func(float32) float32) {
	archsimd.ClearAVXUpperBits()
	for j := i; j < i+8; j++ {
		dst[j] = f(x[j])
	}
}

func reduceExp32x512(x archsimd.Float64x8) (scale, p archsimd.Float64x8) {
	k, c := k512, &s512.exp
	t := x.MulAdd(k.log2e.load(), k.magic.load())
	n := t.Sub(k.magic.load())
	r := n.MulAdd(s512.ln2.load(), x)
	z := r.Mul(r)
	even := c[4].load().MulAdd(z, c[2].load()).MulAdd(z, c[0].load())
	odd := c[3].load().MulAdd(z, c[1].load())
	return scale512(t), z.MulAdd(odd.MulAdd(r, even), r)
}

func exp32x512(dst, x []float32) int {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := widened512(x, i)
		scale, p := reduceExp32x512(v.Max(s512.expLow.load()).Min(s512.expHigh.load()))
		canonical512(p.Add(k512.one.load()).Mul(scale), v).ConvertToFloat32().Store(at32x512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func log32x512(dst, x []float32) int {
	c := &s512.log
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := widened512(x, i)
		if v.Greater(m512.zero.load()).And(v.LessEqual(s512.largest.load())).ToBits() != 1<<8-1 {
			apart32x512(dst, x, i, log32)
			continue
		}
		e, f := splitLog512(v)
		s := f.Div(f.Add(k512.two.load()))
		z := s.Mul(s)
		r := c[2].load().MulAdd(z, c[1].load()).MulAdd(z, c[0].load()).MulAdd(z, k512.two.load())
		s.MulAdd(r, e.Mul(m512.ln2.load())).ConvertToFloat32().Store(at32x512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func tanh32x512(dst, x []float32) int {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := widened512(x, i)
		a := abs512(v).Min(s512.tanhHigh.load())
		scale, p := reduceExp32x512(a.Add(a))
		e := p.MulAdd(scale, scale.Sub(k512.one.load()))
		v = widened512(x, i) // cheaper than to keep it
		high, low := canonical512(withSign512(e, v), v).ConvertToFloat32(), e.Add(k512.two.load()).ConvertToFloat32()
		high.Div(low).Store(at32x512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sigmoid32x512(dst, x []float32) int {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := widened512(x, i)
		scale, p := reduceExp32x512(negative512(abs512(v)).Max(s512.expLow.load()))
		one := k512.one.load()
		e := p.Add(one).Mul(scale)
		v = widened512(x, i)
		high := canonical512(e.Merge(one, v.Less(m512.zero.load())), v)
		high.ConvertToFloat32().Div(e.Add(one).ConvertToFloat32()).Store(at32x512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sincos32x512(v archsimd.Float64x8) (sin, cos archsimd.Float64x8) {
	k, c := k512, s512
	t := v.MulAdd(k.twoOverPi.load(), k.magic.load())
	n := t.Sub(k.magic.load())
	r := n.MulAdd(k.minusHalfPi2.load(), n.MulAdd(k.minusHalfPi1.load(), v))
	z := r.Mul(r)
	ps := c.sin[3].load().MulAdd(z, c.sin[2].load()).MulAdd(z, c.sin[1].load()).MulAdd(z, c.sin[0].load())
	pc := c.cos[2].load().MulAdd(z, c.cos[1].load()).MulAdd(z, c.cos[0].load())
	y := r.Mul(z.MulAdd(ps, k.one.load())).AsUint64x8()
	w := z.Mul(z).MulAdd(pc, z.MulAdd(c.minusHalf.load(), k.one.load())).AsUint64x8()
	bit, sign, shift := loadBits512(&k.bit), loadBits512(&k.sign), loadBits512(&k.shift62)
	q := t.AsUint64x8()
	keep := q.And(bit).Sub(bit) // all ones where q is even
	swap := y.Xor(w).AndNot(keep)
	y = y.Xor(swap).Xor(q.ShiftLeft(shift).And(sign))
	w = w.Xor(swap).Xor(q.Add(bit).ShiftLeft(shift).And(sign))
	return y.AsFloat64x8(), w.AsFloat64x8()
}

func sin32x512(dst, x []float32) int {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := widened512(x, i)
		if abs512(v).Less(k512.sincosMax.load()).ToBits() != 1<<8-1 {
			apart32x512(dst, x, i, sin32)
			continue
		}
		s, _ := sincos32x512(v)
		s.ConvertToFloat32().Store(at32x512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func cos32x512(dst, x []float32) int {
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := widened512(x, i)
		if abs512(v).Less(k512.sincosMax.load()).ToBits() != 1<<8-1 {
			apart32x512(dst, x, i, cos32)
			continue
		}
		_, c := sincos32x512(v)
		c.ConvertToFloat32().Store(at32x512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func erf32x512(dst, x []float32) int {
	c := &s512.erf
	i := 0
	for ; i+8 <= len(x); i += 8 {
		v := widened512(x, i)
		a := abs512(v).Min(s512.erfHigh.load())
		z := a.Mul(a)
		scale, p := reduceExp32x512(negative512(a.Mul(c[9].load().MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(a, c[8].load().MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load())))))
		y := negative512(p).MulAdd(scale, k512.one.load().Sub(scale))
		canonical512(withSign512(y, v), v).ConvertToFloat32().Store(at32x512(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}
