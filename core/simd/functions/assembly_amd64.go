//go:build goexperiment.simd && amd64

package functions

import (
	"simd/archsimd"
	"unsafe"
)

// logChunk is how many logarithms stand between the two halves of a power.
const logChunk = 64

//go:noescape
func logDoubles512(high, low, x *float64, groups int)

func logDoubles256(high, low, x *float64, groups int) {
	for i := range groups {
		h, l := logDouble256(splitLog256(abs256(archsimd.LoadFloat64x4(next256(x, i)))))
		h.Store(next256(high, i))
		l.Store(next256(low, i))
	}
}

func next256(x *float64, group int) *[4]float64 {
	return (*[4]float64)(unsafe.Add(unsafe.Pointer(x), 32*group))
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

//go:noescape
func erfs512(dst, x *float64, groups int)

func erf512(dst, x []float64) int {
	groups := len(x) / 8
	if groups > 0 {
		erfs512(&dst[0], &x[0], groups)
	}
	return 8 * groups
}

func erf256(dst, x []float64) int {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		erfAll256(at256(x, i)).Store(at256(dst, i))
	}
	archsimd.ClearAVXUpperBits()
	return i
}
