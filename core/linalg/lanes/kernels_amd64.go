//go:build goexperiment.simd && amd64

package lanes

import (
	"simd/archsimd"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

func grouped() bool { return simd.Current() == simd.AVX512 }

type vector = archsimd.Float64x8

func at(x []float64, k int) *[8]float64 { return (*[8]float64)(unsafe.Pointer(&x[k*8])) }
func get(x []float64, k int) vector     { return archsimd.LoadFloat64x8(at(x, k)) }
func put(x []float64, k int, v vector)  { v.Store(at(x, k)) }

// here is x at k, and move further vectors of it; callers have checked the last one.
func here(x []float64, k int) unsafe.Pointer { return unsafe.Pointer(&x[k*8]) }
func read(p unsafe.Pointer, k int) vector {
	return archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(p, 64*k)))
}
func write(p unsafe.Pointer, k int, v vector) { v.Store((*[8]float64)(unsafe.Add(p, 64*k))) }

// all is a vector of one number.
func all(x float64) vector { return archsimd.BroadcastFloat64x8(x) }

func square(lanes, n int, to, x []float64, stride int) {
	if lanes == 1 {
		square1(n, to, x, stride)
		return
	}
	s := get(to, 0)
	for k := range n {
		v := get(x, k*stride)
		s = v.MulAdd(v, s)
	}
	put(to, 0, s)
}

func less(lanes, n int, y, a, x []float64) {
	if lanes == 1 {
		add1(n, y, -a[0], x)
		return
	}
	add(n, y, all(-1).Mul(get(a, 0)), x)
}

func add(n int, y []float64, a vector, x []float64) {
	if n == 0 {
		return
	}
	p, q := unsafe.Pointer(&y[:n*8][0]), unsafe.Pointer(&x[:n*8][0])
	for k := range n {
		to := (*[8]float64)(unsafe.Add(p, 64*k))
		a.MulAdd(archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(q, 64*k))), archsimd.LoadFloat64x8(to)).Store(to)
	}
}

func spoilt(lanes, n int, x, off []float64) {
	if lanes == 1 {
		spoilt1(n, x, off)
		return
	}
	s := get(off, 0)
	for k := range n {
		v := get(x, k)
		s = s.Add(v.Sub(v))
	}
	put(off, 0, s)
}

func largest(lanes, n int, x, most []float64) {
	if lanes == 1 {
		largest1(n, x, most)
		return
	}
	m := get(most, 0)
	for k := range n {
		m = m.Max(abs(get(x, k)))
	}
	put(most, 0, m)
}

func times(lanes, n int, y, a []float64, stride int) {
	if lanes == 1 {
		times1(n, y, a[0], stride)
		return
	}
	c := get(a, 0)
	for k := range n {
		put(y, k*stride, get(y, k*stride).Mul(c))
	}
}

func divide(lanes, n int, y, a []float64) {
	if lanes == 1 {
		for k := range y[:n] {
			y[k] /= a[0]
		}
		return
	}
	c := get(a, 0)
	for k := range n {
		put(y, k, get(y, k).Div(c))
	}
}

func root(lanes int, x, inverse []float64) {
	if lanes == 1 {
		root1(x, inverse)
		return
	}
	r := get(x, 0).Sqrt()
	put(x, 0, r)
	put(inverse, 0, all(1).Div(r))
}

func abs(x vector) vector { return x.Max(all(0).Sub(x)) }

func pivot(lanes, n, j int, x, place, inverse []float64) {
	if lanes == 1 {
		pivot1(n, j, x, place, inverse)
		return
	}
	value := get(x, j*n+j)
	best, p := abs(value), all(float64(j))
	for i := j + 1; i < n; i++ {
		w := get(x, i*n+j)
		v := abs(w)
		larger := v.Greater(best)
		best, p, value = v.Merge(best, larger), all(float64(i)).Merge(p, larger), w.Merge(value, larger)
	}
	put(place, 0, p)
	put(inverse, 0, all(1).Div(value).Masked(best.NotEqual(all(0))))
}

func reflector(lanes int, alpha, sigma, tau, inverse []float64) {
	if lanes == 1 {
		reflector1(alpha, sigma, tau, inverse)
		return
	}
	a, s, zero := get(alpha, 0), get(sigma, 0), all(0)
	on := s.Greater(all(lost))
	beta := a.MulAdd(a, s).Sqrt()
	beta = beta.Mul(all(-1)).Merge(beta, a.GreaterEqual(zero))
	put(tau, 0, beta.Sub(a).Div(beta).Masked(on))
	put(inverse, 0, all(1).Div(a.Sub(beta)).Masked(on))
	put(alpha, 0, beta.Merge(a, on))
}
