package linalg

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Function is a function of square matrices.
type Function uint8

const (
	Exp  Function = iota
	Log           // principal: imaginary parts of its eigenvalues within (-pi, pi]
	Root          // principal square root: real parts of its eigenvalues at least 0
)

// MatrixFunction gives f(a) (n, n), or, unless e is nil, its derivative at a in the direction e (n, n): the upper right block of f [[a, e], [0, a]].
//
// exp is scaling, a Padé approximation of degree 3 to 13 and squaring (N. J. Higham, SIAM J. Matrix Anal. Appl. 26, 1179 (2005)). Log and Root start
// from the Schur form z t z^H: the root of t follows by substitution (Å. Björck and S. Hammarling, Linear Algebra Appl. 52, 127 (1983)), the
// logarithm is 2^k that of the 2^k-th root, by Gauss-Legendre quadrature of 8 points of log(1 + x) = int_0^1 x / (1 + s x) ds.
//
// NaN where there is none: a logarithm of a singular matrix; of real matrices also, for both, where it is not real (a negative eigenvalue).
func MatrixFunction[T Real | Complex](f Function, count, n int, y, a, e []T, w *Scratch) Outcome {
	if complexNumbers[T]() {
		return matrixFunction[complex128](f, count, n, y, a, e, w)
	}
	return matrixFunction[float64](f, count, n, y, a, e, w)
}

func matrixFunction[E float64 | complex128, T Real | Complex](f Function, count, n int, y, a, e []T, w *Scratch) (o Outcome) {
	w, c, r := begin[E](w, max(n, threadedFrom))
	defer c.end()
	m := n
	if e != nil {
		m = 2 * n
	}
	x, in, out := Room[E](w, m*m), Room[E](w, n*n), Room[E](w, n*n)
	for k := range count {
		load(in, a, k)
		turn := 0 // e is scaled to the size of a
		for i := range n {
			copy(x[i*m:], in[i*n:(i+1)*n])
		}
		if e != nil {
			for i := range n {
				clear(x[i*m+n : (i+1)*m])
				clear(x[(n+i)*m : (n+i)*m+n])
				copy(x[(n+i)*m+n:], in[i*n:(i+1)*n])
			}
			load(in, e, k)
			turn = exponent(in) - exponent(x)
			raise(numbers(in), -turn)
			for i := range n {
				copy(x[i*m+n:], in[i*n:(i+1)*n])
			}
		}
		s := NonFinite
		if finite(x) {
			if f == Exp {
				s = exponential(r, m, x, w)
			} else {
				s = bySchur(f, m, x, w)
			}
		}
		for i := range n {
			copy(out[i*n:(i+1)*n], x[i*m+m-n:])
		}
		raise(numbers(out), turn)
		if !o.add(k, s) {
			spoil(out)
		}
		save(y, k, out)
	}
	return o
}

// product is c = a b of square matrices.
func product[E float64 | complex128](n int, c, a, b []E, w *Scratch) {
	var err error
	switch c := any(c).(type) {
	case []float64:
		err = Multiply(Dense(c, n, n), Dense(as[float64](a), n, n), Dense(as[float64](b), n, n), false, &w.products)
	case []complex128:
		err = MultiplyComplex(Dense(c, n, n), Dense(as[complex128](a), n, n), Dense(as[complex128](b), n, n), false, &w.products)
	}
	if err != nil {
		panic(err)
	}
}

// addTo is y + c x, of the numbers.
func addTo[E float64 | complex128](y []E, c float64, x []E) {
	to := numbers(y)
	for i, v := range numbers(x) {
		to[i] = math.FMA(c, v, to[i])
	}
}

// norm1 is the largest sum of a column's sizes.
func norm1[E float64 | complex128](n int, a []E) float64 {
	most := 0.0
	for j := range n {
		sum := 0.0
		for i := range n {
			sum += modulus(number(a[i*n+j]))
		}
		most = max(most, sum)
	}
	return most
}

// pade are the degrees, the norms up to which they are exact to rounding, and the coefficients.
var pade = []struct {
	upTo float64
	b    []float64
}{
	{1.495585217958292e-2, []float64{120, 60, 12, 1}},
	{2.539398330063230e-1, []float64{30240, 15120, 3360, 420, 30, 1}},
	{9.504178996162932e-1, []float64{17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1}},
	{2.097847961257068, []float64{17643225600, 8821612800, 2075673600, 302702400, 30270240, 2162160, 110880, 3960, 90, 1}},
	{5.371920351148152, []float64{64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
		670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1}},
}

// exponential replaces a by exp a.
func exponential[E float64 | complex128](r Routines[E], n int, a []E, w *Scratch) Status {
	defer w.Free(w.Mark())
	room := func() []E { return Room[E](w, n*n) }
	norm := norm1(n, a)
	p := pade[len(pade)-1]
	for _, q := range pade {
		if norm <= q.upTo {
			p = q
			break
		}
	}
	squarings := 0
	if norm > p.upTo {
		_, squarings = math.Frexp(norm / p.upTo)
		raise(numbers(a), -squarings)
	}
	u, v, t := room(), room(), room()
	powers := [4][]E{nil, room(), room(), room()} // of a^2
	product(n, powers[1], a, a, w)
	product(n, powers[2], powers[1], powers[1], w)
	product(n, powers[3], powers[1], powers[2], w)
	one := func(x []E, c float64) {
		for i := range n {
			numbers(x[i*n+i : i*n+i+1])[0] += c
		}
	}
	// odd and even are sums of b[2k+1] and b[2k] times a^2k
	sum := func(x []E, first int) {
		clear(x)
		if len(p.b) > 10 { // a^6 (...) + ...
			for k := 1; k <= 3; k++ {
				addTo(x, p.b[first+6+2*k], powers[k])
			}
			product(n, t, powers[3], x, w)
			copy(x, t)
		}
		for k := 1; k <= 3 && first+2*k < len(p.b); k++ {
			addTo(x, p.b[first+2*k], powers[k])
		}
		if len(p.b) == 10 { // degree 9: a^8
			product(n, t, powers[2], powers[2], w)
			addTo(x, p.b[first+8], t)
		}
		one(x, p.b[first])
	}
	sum(u, 1)
	product(n, v, a, u, w)
	copy(u, v)
	sum(v, 0)
	copy(t, v)
	addTo(v, 1, u)  // v + u
	addTo(t, -1, u) // v - u
	perm := Room[int64](w, n)
	if s := r.LU(n, t, perm, w); s != OK {
		return s
	}
	r.LUSolve(n, n, t, perm, v, false, w)
	for range squarings {
		product(n, t, v, v, w)
		v, t = t, v
	}
	copy(a, v)
	return OK
}

// bySchur replaces a by its logarithm or square root.
func bySchur[E float64 | complex128](f Function, n int, a []E, w *Scratch) Status {
	defer w.Free(w.Mark())
	t, z, x := Room[complex128](w, n*n), Room[complex128](w, n*n), Room[complex128](w, n*n)
	for i, v := range a {
		t[i] = number(v)
	}
	e := tame(t)
	if e&1 != 0 { // the root of the scale is a power of 2
		e--
		raise(numbers(t), 1)
	}
	if s := w.library().Schur(n, t, z, w); s != OK {
		return s
	}
	shift := 0.0
	if f == Root {
		root(n, t)
		raise(numbers(t), e/2)
	} else {
		shift = float64(float64(e) * math.Ln2)
		if s := logarithm(n, t, w); s != OK {
			return s
		}
	}
	product(n, x, z, t, w)
	for i := range n { // t = x z^H
		for j := range i + 1 {
			z[i*n+j], z[j*n+i] = conj(z[j*n+i]), conj(z[i*n+j])
		}
	}
	product(n, t, x, z, w)
	for i := range n {
		t[i*n+i] += complex(shift, 0)
	}
	if !complexNumbers[E]() {
		size, off := 0.0, 0.0
		for _, v := range t {
			size, off = max(size, math.Abs(real(v))), max(off, math.Abs(imag(v)))
		}
		if off > 1e-6*size {
			return NotConverged
		}
	}
	if !finite(t) {
		return Singular
	}
	for i := range a {
		setNumber(&a[i], t[i])
	}
	return OK
}

// root replaces an upper triangular t by its square root.
func root(n int, t []complex128) {
	for j := range n {
		t[j*n+j] = csqrt(t[j*n+j])
		for i := j - 1; i >= 0; i-- {
			s := t[i*n+j]
			for k := i + 1; k < j; k++ {
				s -= cmul(t[i*n+k], t[k*n+j])
			}
			if s != 0 {
				s = cdiv(s, t[i*n+i]+t[j*n+j])
			}
			t[i*n+j] = s
		}
	}
}

// gauss are the points and weights of Gauss and Legendre on (0, 1).
var gauss = [8][2]float64{
	{0.019855071751231884, 0.050614268145188130}, {0.10166676129318664, 0.11119051722668724}, {0.23723379504183550, 0.15685332293894364},
	{0.40828267875217510, 0.18134189168918100}, {0.59171732124782490, 0.18134189168918100}, {0.76276620495816450, 0.15685332293894364},
	{0.89833323870681336, 0.11119051722668724}, {0.98014492824876812, 0.050614268145188130},
}

// logarithm replaces an upper triangular t by its logarithm. The eigenvalues' are taken one by one.
func logarithm(n int, t []complex128, w *Scratch) Status {
	defer w.Free(w.Mark())
	values, x, y := Room[complex128](w, n), Room[complex128](w, n*n), Room[complex128](w, n*n)
	for i := range n {
		z := t[i*n+i]
		if z == 0 {
			return Singular
		}
		values[i] = complex(functions.Log1(modulus(z)), functions.Atan21(imag(z), real(z)))
	}
	roots := 0
	far := func() float64 {
		copy(x, t)
		for i := range n {
			x[i*n+i] -= 1
		}
		return norm1(n, x)
	}
	for ; far() > 0.25; roots++ {
		if roots > 100 {
			return NotConverged
		}
		root(n, t)
	}
	clear(t)
	for _, g := range gauss { // weight (1 + s x)^-1 x, by substitution
		copy(y, x)
		for j := range n {
			for i := j; i >= 0; i-- {
				s := y[i*n+j]
				for k := i + 1; k <= j; k++ {
					s -= cmul(scale(g[0], x[i*n+k]), y[k*n+j])
				}
				y[i*n+j] = cdiv(s, 1+scale(g[0], x[i*n+i]))
			}
		}
		addTo(t, g[1], y)
	}
	raise(numbers(t), roots)
	for i := range n {
		t[i*n+i] = values[i]
	}
	return OK
}
