package linalg

import (
	"cmp"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// plainComplex is the textbook for complex matrices.
type plainComplex struct{}

// square is a view of complex numbers as rows of length m.
type square struct {
	n, m int
	a    []complex128
}

func (s square) at(i, j int) complex128     { return s.a[i*s.m+j] }
func (s square) put(i, j int, x complex128) { s.a[i*s.m+j] = x }

func unitMatrix(n int) square {
	e := square{n, n, make([]complex128, n*n)}
	for i := range n {
		e.put(i, i, 1)
	}
	return e
}

func modulus(z complex128) float64 { return functions.Hypot1(real(z), imag(z)) }

// cmul is x y, each product rounded before the sum: the bits do not depend on the compiler.
func cmul(x, y complex128) complex128 {
	a, b, c, d := real(x), imag(x), real(y), imag(y)
	return complex(float64(a*c)-float64(b*d), float64(a*d)+float64(b*c))
}

// cdiv is x / y by Smith's method.
func cdiv(x, y complex128) complex128 {
	a, b, c, d := real(x), imag(x), real(y), imag(y)
	switch {
	case d == 0:
		return complex(a/c, b/c)
	case math.Abs(c) >= math.Abs(d):
		r := d / c
		s := c + float64(d*r)
		return complex((a+float64(b*r))/s, (b-float64(a*r))/s)
	}
	r := c / d
	s := float64(c*r) + d
	return complex((float64(a*r)+b)/s, (float64(b*r)-a)/s)
}

func scale(c float64, z complex128) complex128 {
	return complex(float64(c*real(z)), float64(c*imag(z)))
}

func conj(z complex128) complex128 { return complex(real(z), -imag(z)) }

func norm2(z complex128) float64 { return float64(real(z)*real(z)) + float64(imag(z)*imag(z)) }

// exponent is that of the largest number, 0 where all are 0 or one is not finite.
func exponent[E float64 | complex128](a []E) int {
	most := 0.0
	for _, x := range numbers(a) {
		most = max(most, math.Abs(x))
	}
	_, e := math.Frexp(most)
	return e
}

// tame scales by a power of 2 so that squares neither overflow nor vanish, and gives the exponent that was taken out.
func tame[E float64 | complex128](a []E) int {
	e := exponent(a)
	raise(numbers(a), -e)
	return e
}

func raise(x []float64, e int) {
	if e == 0 {
		return
	}
	for i := range x {
		x[i] = math.Ldexp(x[i], e)
	}
}

func (plainComplex) Cholesky(n int, a []complex128, _ *Scratch) Status {
	l := square{n, n, a}
	for j := range n {
		d := real(l.at(j, j))
		for k := range j {
			d -= norm2(l.at(j, k))
		}
		if !(d > 0) {
			return NotPositiveDefinite
		}
		r := math.Sqrt(d)
		l.put(j, j, complex(r, 0))
		for i := j + 1; i < n; i++ {
			s := l.at(i, j)
			for k := range j {
				s -= cmul(l.at(i, k), conj(l.at(j, k)))
			}
			l.put(i, j, complex(real(s)/r, imag(s)/r))
		}
	}
	return OK
}

func (plainComplex) TriangularSolve(n, m int, f, b []complex128, lower, trans, unit bool, _ *Scratch) {
	a, x := square{n, n, f}, square{n, m, b}
	for c := range m {
		for step := range n {
			i, from, to := step, 0, step
			if lower == trans {
				i = n - 1 - step
				from, to = i+1, n
			}
			s := x.at(i, c)
			for j := from; j < to; j++ {
				e := a.at(i, j)
				if trans {
					e = a.at(j, i)
				}
				s -= cmul(e, x.at(j, c))
			}
			if !unit {
				s = cdiv(s, a.at(i, i))
			}
			x.put(i, c, s)
		}
	}
}

func (plainComplex) LU(n int, f []complex128, perm []int64, _ *Scratch) Status {
	a := square{n, n, f}
	for i := range perm {
		perm[i] = int64(i)
	}
	size := func(z complex128) float64 { return math.Abs(real(z)) + math.Abs(imag(z)) }
	for k := range n {
		p := k
		for i := k + 1; i < n; i++ {
			if size(a.at(i, k)) > size(a.at(p, k)) {
				p = i
			}
		}
		if p != k {
			perm[k], perm[p] = perm[p], perm[k]
			for j := range n {
				x, y := a.at(k, j), a.at(p, j)
				a.put(k, j, y)
				a.put(p, j, x)
			}
		}
		if a.at(k, k) == 0 {
			continue
		}
		for i := k + 1; i < n; i++ {
			f := cdiv(a.at(i, k), a.at(k, k))
			a.put(i, k, f)
			for j := k + 1; j < n; j++ {
				a.put(i, j, a.at(i, j)-cmul(f, a.at(k, j)))
			}
		}
	}
	return zeroOnDiagonal(n, f)
}

func (r plainComplex) LUSolve(n, m int, lu []complex128, perm []int64, b []complex128, trans bool, w *Scratch) {
	SolveByLU[complex128](r, n, m, lu, perm, b, trans, w)
}

const (
	rounds    = 60    // of rotations over all pairs; 6 to 10 are usual
	converged = 1e-15 // what is left over, relative
	tolerated = 1e-11
)

// Eigh by Jacobi's rotations.
func (plainComplex) Eigh(n int, f []complex128, values []float64, vectors bool, _ *Scratch) Status {
	a := square{n, n, f}
	for i := range n {
		a.put(i, i, complex(real(a.at(i, i)), 0))
		for j := range i {
			a.put(j, i, conj(a.at(i, j)))
		}
	}
	e := tame(f)
	v := unitMatrix(n)
	left := 0.0
	for range rounds {
		off, all := 0.0, 0.0
		for i := range n {
			for j := range n {
				all += norm2(a.at(i, j))
				if i != j {
					off += norm2(a.at(i, j))
				}
			}
		}
		left = math.Sqrt(off)
		if left <= math.Sqrt(all)*converged*0.01 {
			left = 0
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				diagonalise(a, v, p, q)
			}
		}
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = real(a.at(i, i))
	}
	order := ascending(w)
	for k, i := range order {
		values[k] = math.Ldexp(w[i], e)
		for j := range n {
			a.put(j, k, v.at(j, i))
		}
	}
	if left > tolerated {
		return NotConverged
	}
	return OK
}

// ascending are the places of w's elements in their order.
func ascending(w []float64) []int {
	order := make([]int, len(w))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(w[i], w[j]) })
	return order
}

// angle is the rotation (c, s) that diagonalises [[x, r], [r, y]].
func angle(x, y, r float64) (c, s float64) {
	theta := (y - x) / (2 * r)
	t := 1 / (math.Abs(theta) + math.Sqrt(float64(theta*theta)+1))
	if theta < 0 {
		t = -t
	}
	c = 1 / math.Sqrt(float64(t*t)+1)
	return c, t * c
}

// columns mixes columns p and q of m by the rotation and a phase.
func (s square) columns(p, q int, c, sine float64, phase complex128) {
	for k := range s.n {
		x, y := s.at(k, p), s.at(k, q)
		s.put(k, p, scale(c, x)-cmul(scale(sine, conj(phase)), y))
		s.put(k, q, cmul(scale(sine, phase), x)+scale(c, y))
	}
}

// diagonalise makes a[p][q] zero by a unitary rotation of rows and columns p and q, kept in v.
func diagonalise(a, v square, p, q int) {
	z := a.at(p, q)
	r := modulus(z)
	if r == 0 {
		return
	}
	phase := complex(real(z)/r, imag(z)/r)
	c, s := angle(real(a.at(p, p)), real(a.at(q, q)), r)
	a.columns(p, q, c, s, phase)
	for k := range a.n {
		x, y := a.at(p, k), a.at(q, k)
		a.put(p, k, scale(c, x)-cmul(scale(s, phase), y))
		a.put(q, k, cmul(scale(s, conj(phase)), x)+scale(c, y))
	}
	v.columns(p, q, c, s, phase)
	a.put(p, q, 0)
	a.put(q, p, 0)
}

// QR by Householder's reflections 1 - tau v v^H.
func (plainComplex) QR(rows, cols int, f, qs, rs []complex128, _ *Scratch) {
	k := min(rows, cols)
	width := len(qs) / max(rows, 1)
	w, q, r := square{rows, cols, f}, square{rows, width, qs}, square{k, cols, rs[:k*cols]}
	e := tame(f)
	vs := make([][]complex128, k)
	taus := make([]complex128, k)
	for j := range k {
		alpha, rest := w.at(j, j), 0.0
		for i := j + 1; i < rows; i++ {
			rest += norm2(w.at(i, j))
		}
		v := make([]complex128, rows)
		v[j] = 1
		if rest != 0 || imag(alpha) != 0 {
			beta := -math.Copysign(math.Sqrt(norm2(alpha)+rest), real(alpha))
			taus[j] = cdiv(complex(beta, 0)-alpha, complex(beta, 0))
			for i := j + 1; i < rows; i++ {
				v[i] = cdiv(w.at(i, j), alpha-complex(beta, 0))
			}
		}
		vs[j] = v
		reflect(w, v, conj(taus[j]), j)
	}
	clear(qs)
	clear(rs)
	for i := range k {
		for j := i; j < cols; j++ {
			r.put(i, j, w.at(i, j))
		}
		r.put(i, i, complex(real(r.at(i, i)), 0))
	}
	for i := range width {
		q.put(i, i, 1)
	}
	raise(numbers(rs), e)
	for j := k - 1; j >= 0; j-- {
		reflect(q, vs[j], taus[j], j)
	}
}

// reflect applies 1 - tau v v^H from the left.
func reflect(w square, v []complex128, tau complex128, from int) {
	for c := range w.m {
		var s complex128
		for i := from; i < w.n; i++ {
			s += cmul(conj(v[i]), w.at(i, c))
		}
		for i := from; i < w.n; i++ {
			w.put(i, c, w.at(i, c)-cmul(cmul(tau, s), v[i]))
		}
	}
}

// SVD by one-sided rotations of the columns (M. R. Hestenes, J. SIAM 6, 51 (1958)).
func (plainComplex) SVD(rows, cols int, f, us []complex128, s []float64, vhs []complex128, _ *Scratch) Status {
	a, vectors := square{rows, cols, f}, us != nil
	e := tame(f)
	turned := rows < cols
	if turned {
		a = adjoint(a)
	}
	n := a.m
	v := unitMatrix(n)
	worst := 0.0
	for range rounds {
		worst = 0
		for p := range n {
			for q := p + 1; q < n; q++ {
				worst = max(worst, straighten(a, v, p, q))
			}
		}
		if worst <= converged {
			break
		}
	}
	lengths := make([]float64, n)
	for j := range n {
		for i := range a.n {
			lengths[j] += norm2(a.at(i, j))
		}
		lengths[j] = -math.Sqrt(lengths[j])
	}
	order := ascending(lengths)
	u, vh := square{a.n, n, make([]complex128, a.n*n)}, square{n, n, make([]complex128, n*n)}
	for k, j := range order {
		s[k] = -lengths[j]
		for i := range a.n {
			if s[k] > 0 {
				x := a.at(i, j)
				u.put(i, k, complex(real(x)/s[k], imag(x)/s[k]))
			}
		}
		if s[k] == 0 {
			u.complete(k)
		}
		for i := range n {
			vh.put(k, i, conj(v.at(i, j)))
		}
		s[k] = math.Ldexp(s[k], e)
	}
	switch {
	case vectors && turned:
		copy(us, adjoint(vh).a)
		copy(vhs, adjoint(u.widened(len(vhs)/max(cols, 1))).a)
	case vectors:
		copy(us, u.widened(len(us)/max(rows, 1)).a)
		copy(vhs, vh.a)
	}
	if worst > tolerated {
		return NotConverged
	}
	return OK
}

// widened is s with further orthonormal columns.
func (s square) widened(m int) square {
	x := square{s.n, m, make([]complex128, s.n*m)}
	for i := range s.n {
		copy(x.a[i*m:], s.a[i*s.m:(i+1)*s.m])
	}
	for k := s.m; k < m; k++ {
		x.complete(k)
	}
	return x
}

// straighten makes columns p and q of a orthogonal and gives the cosine that there was between them.
func straighten(a, v square, p, q int) float64 {
	var z complex128
	x, y := 0.0, 0.0
	for i := range a.n {
		z += cmul(conj(a.at(i, p)), a.at(i, q))
		x += norm2(a.at(i, p))
		y += norm2(a.at(i, q))
	}
	r := modulus(z)
	if r == 0 || x == 0 || y == 0 {
		return 0
	}
	c, s := angle(x, y, r)
	phase := complex(real(z)/r, imag(z)/r)
	a.columns(p, q, c, s, phase)
	v.columns(p, q, c, s, phase)
	return r / math.Sqrt(x) / math.Sqrt(y)
}

// complete makes column k a unit vector that is orthogonal to those before it.
func (s square) complete(k int) {
	for axis := range s.n {
		x := make([]complex128, s.n)
		x[axis] = 1
		size := 0.0
		for range 2 { // twice is enough
			for j := range k {
				var z complex128
				for i := range s.n {
					z += cmul(conj(s.at(i, j)), x[i])
				}
				for i := range s.n {
					x[i] -= cmul(z, s.at(i, j))
				}
			}
			size = 0
			for i := range s.n {
				size += norm2(x[i])
			}
		}
		if size*float64(2*s.n) > 1 { // some axis has at least 1/n of its square outside
			for i := range s.n {
				s.put(i, k, scale(1/math.Sqrt(size), x[i]))
			}
			return
		}
	}
}

func adjoint(a square) square {
	t := square{a.m, a.n, make([]complex128, len(a.a))}
	for i := range a.n {
		for j := range a.m {
			t.put(j, i, conj(a.at(i, j)))
		}
	}
	return t
}
