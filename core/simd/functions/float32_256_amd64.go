//go:build goexperiment.simd && amd64

package functions

import (
	"math"
	"simd/archsimd"
	"unsafe"
)

// Code generated from float32_512_amd64.go by Test256IsGenerated; DO NOT EDIT.

type single256 struct {
	ln2, expLow, expHigh, tanhHigh, erfHigh, minusHalf, largest lanes256
	exp                                                         [5]lanes256
	log                                                         [3]lanes256
	sin                                                         [4]lanes256
	cos                                                         [3]lanes256
	erf                                                         [10]lanes256
}

var s256 = func() *single256 {
	t := new(single256)
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

func at32x256(x []float32, i int) *[4]float32 { return (*[4]float32)(unsafe.Pointer(&x[i])) }

func widened256(x []float32, i int) archsimd.Float64x4 {
	return archsimd.LoadFloat32x4(at32x256(x, i)).ConvertToFloat64()
}

//go:noinline
func apart32x256(dst, x []float32, i int, f func(float32) float32) {
	archsimd.ClearAVXUpperBits()
	for j := i; j < i+4; j++ {
		dst[j] = f(x[j])
	}
}

func reduceExp32x256(x archsimd.Float64x4) (scale, p archsimd.Float64x4) {
	k, c := k256, &s256.exp
	t := x.MulAdd(k.log2e.load(), k.magic.load())
	n := t.Sub(k.magic.load())
	r := n.MulAdd(s256.ln2.load(), x)
	z := r.Mul(r)
	even := c[4].load().MulAdd(z, c[2].load()).MulAdd(z, c[0].load())
	odd := c[3].load().MulAdd(z, c[1].load())
	return scale256(t), z.MulAdd(odd.MulAdd(r, even), r)
}

func exp32x256(dst, x []float32) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := widened256(x, i)
		scale, p := reduceExp32x256(v.Max(s256.expLow.load()).Min(s256.expHigh.load()))
		canonical256(p.Add(k256.one.load()).Mul(scale), v).ConvertToFloat32().Store(at32x256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func log32x256(dst, x []float32) int {
	c := &s256.log
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := widened256(x, i)
		if v.Greater(m256.zero.load()).And(v.LessEqual(s256.largest.load())).ToBits() != 1<<4-1 {
			apart32x256(dst, x, i, log32)
			continue
		}
		e, f := splitLog256(v)
		s := f.Div(f.Add(k256.two.load()))
		z := s.Mul(s)
		r := c[2].load().MulAdd(z, c[1].load()).MulAdd(z, c[0].load()).MulAdd(z, k256.two.load())
		s.MulAdd(r, e.Mul(m256.ln2.load())).ConvertToFloat32().Store(at32x256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func tanh32x256(dst, x []float32) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := widened256(x, i)
		a := abs256(v).Min(s256.tanhHigh.load())
		scale, p := reduceExp32x256(a.Add(a))
		e := p.MulAdd(scale, scale.Sub(k256.one.load()))
		v = widened256(x, i) // cheaper than to keep it
		high, low := canonical256(withSign256(e, v), v).ConvertToFloat32(), e.Add(k256.two.load()).ConvertToFloat32()
		high.Div(low).Store(at32x256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sigmoid32x256(dst, x []float32) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := widened256(x, i)
		scale, p := reduceExp32x256(negative256(abs256(v)).Max(s256.expLow.load()))
		one := k256.one.load()
		e := p.Add(one).Mul(scale)
		v = widened256(x, i)
		high := canonical256(e.Merge(one, v.Less(m256.zero.load())), v)
		high.ConvertToFloat32().Div(e.Add(one).ConvertToFloat32()).Store(at32x256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func sincos32x256(v archsimd.Float64x4) (sin, cos archsimd.Float64x4) {
	k, c := k256, s256
	t := v.MulAdd(k.twoOverPi.load(), k.magic.load())
	n := t.Sub(k.magic.load())
	r := n.MulAdd(k.minusHalfPi2.load(), n.MulAdd(k.minusHalfPi1.load(), v))
	z := r.Mul(r)
	ps := c.sin[3].load().MulAdd(z, c.sin[2].load()).MulAdd(z, c.sin[1].load()).MulAdd(z, c.sin[0].load())
	pc := c.cos[2].load().MulAdd(z, c.cos[1].load()).MulAdd(z, c.cos[0].load())
	y := r.Mul(z.MulAdd(ps, k.one.load())).AsUint64x4()
	w := z.Mul(z).MulAdd(pc, z.MulAdd(c.minusHalf.load(), k.one.load())).AsUint64x4()
	bit, sign, shift := loadBits256(&k.bit), loadBits256(&k.sign), loadBits256(&k.shift62)
	q := t.AsUint64x4()
	keep := q.And(bit).Sub(bit) // all ones where q is even
	swap := y.Xor(w).AndNot(keep)
	y = y.Xor(swap).Xor(q.ShiftLeft(shift).And(sign))
	w = w.Xor(swap).Xor(q.Add(bit).ShiftLeft(shift).And(sign))
	return y.AsFloat64x4(), w.AsFloat64x4()
}

func sin32x256(dst, x []float32) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := widened256(x, i)
		if abs256(v).Less(k256.sincosMax.load()).ToBits() != 1<<4-1 {
			apart32x256(dst, x, i, sin32)
			continue
		}
		s, _ := sincos32x256(v)
		s.ConvertToFloat32().Store(at32x256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func cos32x256(dst, x []float32) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := widened256(x, i)
		if abs256(v).Less(k256.sincosMax.load()).ToBits() != 1<<4-1 {
			apart32x256(dst, x, i, cos32)
			continue
		}
		_, c := sincos32x256(v)
		c.ConvertToFloat32().Store(at32x256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func erf32x256(dst, x []float32) int {
	c := &s256.erf
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := widened256(x, i)
		a := abs256(v).Min(s256.erfHigh.load())
		z := a.Mul(a)
		scale, p := reduceExp32x256(negative256(a.Mul(c[9].load().MulAdd(z, c[7].load()).MulAdd(z, c[5].load()).MulAdd(z, c[3].load()).MulAdd(z, c[1].load()).MulAdd(a, c[8].load().MulAdd(z, c[6].load()).MulAdd(z, c[4].load()).MulAdd(z, c[2].load()).MulAdd(z, c[0].load())))))
		y := negative256(p).MulAdd(scale, k256.one.load().Sub(scale))
		canonical256(withSign256(y, v), v).ConvertToFloat32().Store(at32x256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}
