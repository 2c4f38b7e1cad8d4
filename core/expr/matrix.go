package expr

import (
	"cmp"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/simd"
)

// mat is a small dense matrix of the slow reference.
type mat struct {
	n, m int
	a    []complex128
	real bool
}

func newMat(n, m int) mat { return mat{n: n, m: m, a: make([]complex128, n*m)} }

func (m mat) at(i, j int) complex128     { return m.a[i*m.m+j] }
func (m mat) put(i, j int, x complex128) { m.a[i*m.m+j] = x }
func (m mat) clone() mat                 { m.a = slices.Clone(m.a); return m }

func unit(n int) mat {
	e := newMat(n, n)
	for i := range n {
		e.put(i, i, 1)
	}
	return e
}

// matsOf are copies of the matrices of a batch.
func matsOf(x *val) []mat {
	r := x.Rank()
	n, m := x.Shape[r-2], x.Shape[r-1]
	out := make([]mat, count(x.Shape[:r-2]))
	for k := range out {
		out[k] = newMat(n, m)
		out[k].real = x.c == nil
		for i := range out[k].a {
			out[k].a[i] = x.get(k*n*m + i)
		}
	}
	return out
}

func (m mat) store(out *val, k int) {
	for i, x := range m.a {
		out.set(k*len(m.a)+i, x)
	}
}

// perMatrix is the evaluation of an operation from matrices to matrices.
func perMatrix(f func(x, out []mat, a *Attrs)) func(x []*val, n *Node, out []*val) error {
	return func(x []*val, n *Node, out []*val) error {
		in := make([][]mat, len(x))
		for i, v := range x {
			in[i] = matsOf(v)
		}
		for k := range in[0] {
			args, to := make([]mat, len(x)), make([]mat, len(out))
			for i := range args {
				args[i] = in[i][k]
			}
			for i, o := range out {
				to[i] = newMat(o.Shape[o.Rank()-2], o.Shape[o.Rank()-1])
			}
			f(args, to, n.attrs())
			for i, o := range out {
				to[i].store(o, k)
			}
		}
		return nil
	}
}

// mul and scale are products that no compiler fuses with a sum.
func mul(x, y complex128) complex128 { return special.Cmul(x, y) }

func scale(c float64, z complex128) complex128 {
	return complex(float64(c*real(z)), float64(c*imag(z)))
}

func conj(z complex128) complex128 { return complex(real(z), -imag(z)) }

func norm2(z complex128) float64 { return float64(real(z)*real(z)) + float64(imag(z)*imag(z)) }

// cholesky writes L with A = L L^H from the lower triangle of a; NaN where a is not positive definite.
func cholesky(a, l mat) {
	for j := range a.n {
		d := real(a.at(j, j))
		for k := range j {
			d -= norm2(l.at(j, k))
		}
		r := math.Sqrt(d)
		if !(d > 0) {
			r = math.NaN()
		}
		l.put(j, j, complex(r, 0))
		for i := j + 1; i < a.n; i++ {
			s := a.at(i, j)
			for k := range j {
				s -= mul(l.at(i, k), conj(l.at(j, k)))
			}
			l.put(i, j, complex(real(s)/r, imag(s)/r))
		}
	}
}

func triangularSolve(a, b, x mat, lower, trans, unitDiagonal bool) {
	at := func(i, j int) complex128 {
		if trans {
			return a.at(j, i)
		}
		return a.at(i, j)
	}
	for c := range b.m {
		for step := range a.n {
			i, from, to := step, 0, step
			if lower == trans {
				i = a.n - 1 - step
				from, to = i+1, a.n
			}
			s := b.at(i, c)
			for j := from; j < to; j++ {
				s -= mul(at(i, j), x.at(j, c))
			}
			if !unitDiagonal {
				s = divide(s, at(i, i))
			}
			x.put(i, c, s)
		}
	}
}

func divide(x, y complex128) complex128 {
	if imag(y) == 0 {
		return complex(real(x)/real(y), imag(x)/real(y))
	}
	return special.Cdiv(x, y)
}

// luFactor is P A = L U with partial pivoting; row i of P A is row perm[i] of A. A vanishing pivot is NaN.
func luFactor(a mat) (mat, []int) {
	a = a.clone()
	perm := span(0, a.n)
	for k := range a.n {
		p := k
		for i := k + 1; i < a.n; i++ {
			if special.Cabs(a.at(i, k)) > special.Cabs(a.at(p, k)) {
				p = i
			}
		}
		if p != k {
			perm[k], perm[p] = perm[p], perm[k]
			for j := range a.n {
				x, y := a.at(k, j), a.at(p, j)
				a.put(k, j, y)
				a.put(p, j, x)
			}
		}
		if a.at(k, k) == 0 {
			continue
		}
		for i := k + 1; i < a.n; i++ {
			f := divide(a.at(i, k), a.at(k, k))
			a.put(i, k, f)
			for j := k + 1; j < a.n; j++ {
				a.put(i, j, a.at(i, j)-mul(f, a.at(k, j)))
			}
		}
	}
	return a, perm
}

func luSolve(lu mat, perm []int, b, x mat, trans bool) {
	y, z := newMat(b.n, b.m), newMat(b.n, b.m)
	singular := false
	for i := range lu.n {
		singular = singular || lu.at(i, i) == 0
	}
	switch {
	case singular:
		for i := range x.a {
			x.a[i] = complex(math.NaN(), 0)
			if !b.real {
				x.a[i] = complex(math.NaN(), math.NaN())
			}
		}
	case trans: // A^T x = b: U^T L^T P x = b
		triangularSolve(lu, b, y, false, true, false)
		triangularSolve(lu, y, z, true, true, true)
		for i, p := range perm {
			copy(x.a[p*x.m:(p+1)*x.m], z.a[i*x.m:(i+1)*x.m])
		}
	default:
		for i, p := range perm {
			copy(y.a[i*x.m:(i+1)*x.m], b.a[p*x.m:(p+1)*x.m])
		}
		triangularSolve(lu, y, z, true, false, true)
		triangularSolve(lu, z, x, false, false, false)
	}
}

// slogdet is log|det a| and det a / |det a|; -inf and 0 for a singular matrix, 0 and 1 for an empty one.
func slogdet(a mat) (float64, complex128) {
	lu, perm := luFactor(a)
	logdet, sign := 0.0, complex(1, 0)
	for i := range a.n {
		d := lu.at(i, i)
		logdet += simd.Log1(special.Cabs(d))
		sign = mul(sign, special.Csign(d))
		for perm[i] != i { // count transpositions
			j := perm[i]
			perm[i], perm[j] = perm[j], perm[i]
			sign = -sign
		}
	}
	if sign == 0 {
		return math.Inf(-1), 0
	}
	return logdet, sign
}

// jacobi diagonalises the Hermitian matrix whose lower triangle is that of a: ascending eigenvalues, eigenvectors in columns.
func jacobi(a mat) ([]float64, mat) {
	n := a.n
	a = a.clone()
	for i := range n {
		a.put(i, i, complex(real(a.at(i, i)), 0))
		for j := range i {
			a.put(j, i, conj(a.at(i, j)))
		}
	}
	v := unit(n)
	for range 60 {
		off, all := 0.0, 0.0
		for i := range n {
			for j := range n {
				all += norm2(a.at(i, j))
				if i != j {
					off += norm2(a.at(i, j))
				}
			}
		}
		if !(off > all*1e-34) {
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				rotate(a, v, p, q)
			}
		}
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = real(a.at(i, i))
	}
	order := span(0, n)
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(w[i], w[j]) })
	sorted, vs := make([]float64, n), newMat(n, n)
	for k, i := range order {
		sorted[k] = w[i]
		for j := range n {
			vs.put(j, k, v.at(j, i))
		}
	}
	return sorted, vs
}

// rotate makes a[p][q] zero by a unitary rotation of rows and columns p and q, kept in v.
func rotate(a, v mat, p, q int) {
	z := a.at(p, q)
	r := special.Cabs(z)
	if r == 0 {
		return
	}
	phase := complex(real(z)/r, imag(z)/r)
	theta := (real(a.at(q, q)) - real(a.at(p, p))) / (2 * r)
	t := 1 / (math.Abs(theta) + math.Sqrt(float64(theta*theta)+1))
	if theta < 0 {
		t = -t
	}
	c := 1 / math.Sqrt(float64(t*t)+1)
	s := t * c
	mix := func(m mat, col bool) {
		for k := range m.n {
			if col {
				x, y := m.at(k, p), m.at(k, q)
				m.put(k, p, scale(c, x)-mul(scale(s, conj(phase)), y))
				m.put(k, q, mul(scale(s, phase), x)+scale(c, y))
			} else {
				x, y := m.at(p, k), m.at(q, k)
				m.put(p, k, scale(c, x)-mul(scale(s, phase), y))
				m.put(q, k, mul(scale(s, conj(phase)), x)+scale(c, y))
			}
		}
	}
	mix(a, true)
	mix(a, false)
	mix(v, true)
	a.put(p, q, 0)
	a.put(q, p, 0)
}

// householder is the reduced QR with LAPACK's signs: R has a real diagonal, -sign(Re) of the pivot.
func householder(a, q, r mat) {
	k := min(a.n, a.m)
	w := a.clone()
	vs := make([][]complex128, k)
	taus := make([]complex128, k)
	for j := range k {
		alpha, rest := w.at(j, j), 0.0
		for i := j + 1; i < a.n; i++ {
			rest += norm2(w.at(i, j))
		}
		v := make([]complex128, a.n)
		v[j] = 1
		if rest != 0 || imag(alpha) != 0 {
			beta := -math.Copysign(math.Sqrt(norm2(alpha)+rest), real(alpha))
			taus[j] = (complex(beta, 0) - alpha) / complex(beta, 0)
			for i := j + 1; i < a.n; i++ {
				v[i] = w.at(i, j) / (alpha - complex(beta, 0))
			}
		}
		vs[j] = v
		mirror(w, v, conj(taus[j]), j)
	}
	for i := range k {
		for j := i; j < a.m; j++ {
			r.put(i, j, w.at(i, j))
		}
		q.put(i, i, 1)
	}
	for j := k - 1; j >= 0; j-- {
		mirror(q, vs[j], taus[j], j)
	}
}

// mirror applies 1 - tau v v^H from the left.
func mirror(w mat, v []complex128, tau complex128, from int) {
	for c := range w.m {
		var s complex128
		for i := from; i < w.n; i++ {
			s += mul(conj(v[i]), w.at(i, c))
		}
		for i := from; i < w.n; i++ {
			w.put(i, c, w.at(i, c)-mul(mul(tau, s), v[i]))
		}
	}
}

// jacobiSvd is the reduced decomposition by one-sided rotations of the columns (Hestenes), singular values descending.
func jacobiSvd(a mat) (u mat, s []float64, vh mat) {
	if a.n < a.m {
		ut, st, vt := jacobiSvd(adjointOf(a))
		return adjointOf(vt), st, adjointOf(ut)
	}
	n := a.m
	w, v := a.clone(), unit(n)
	for range 60 {
		worst := 0.0
		for p := range n {
			for q := p + 1; q < n; q++ {
				var z complex128
				x, y := 0.0, 0.0
				for i := range a.n {
					z += mul(conj(w.at(i, p)), w.at(i, q))
					x += norm2(w.at(i, p))
					y += norm2(w.at(i, q))
				}
				r := special.Cabs(z)
				if r == 0 || x == 0 || y == 0 {
					continue
				}
				worst = max(worst, r/math.Sqrt(x*y))
				phase := complex(real(z)/r, imag(z)/r)
				theta := (y - x) / (2 * r)
				t := 1 / (math.Abs(theta) + math.Sqrt(float64(theta*theta)+1))
				if theta < 0 {
					t = -t
				}
				c := 1 / math.Sqrt(float64(t*t)+1)
				for _, m := range []mat{w, v} {
					for i := range m.n {
						e, f := m.at(i, p), m.at(i, q)
						m.put(i, p, scale(c, e)-mul(scale(t*c, conj(phase)), f))
						m.put(i, q, mul(scale(t*c, phase), e)+scale(c, f))
					}
				}
			}
		}
		if !(worst > 1e-16) {
			break
		}
	}
	s = make([]float64, n)
	for j := range n {
		for i := range a.n {
			s[j] += norm2(w.at(i, j))
		}
		s[j] = math.Sqrt(s[j])
	}
	order := span(0, n)
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(s[j], s[i]) })
	u, vh = newMat(a.n, n), newMat(n, n)
	sorted := make([]float64, n)
	for k, j := range order {
		sorted[k] = s[j]
		for i := range a.n {
			u.put(i, k, divide(w.at(i, j), complex(s[j], 0)))
		}
		for i := range n {
			vh.put(k, i, conj(v.at(i, j)))
		}
	}
	return u, sorted, vh
}

func adjointOf(a mat) mat {
	t := newMat(a.m, a.n)
	for i := range a.n {
		for j := range a.m {
			t.put(j, i, conj(a.at(i, j)))
		}
	}
	return t
}
