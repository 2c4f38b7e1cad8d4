package sample

import (
	"math"

	"github.com/ergodica/ergodica/core/simd"
)

// eigen gives the eigenvalues and, in rows, eigenvectors of a symmetric matrix, which is overwritten, by Householder's
// reflections to a tridiagonal matrix and QL iterations with implicit shifts (J. H. Wilkinson, C. Reinsch, Linear Algebra, II/2 and II/4, 1971). Sums are those of simd.Dot, so
// that the bits depend on no library. Values are nil where the iterations do not end, as for NaN.
func eigen(a []float64, n int) (values, vectors []float64) {
	w := newEigenWork(n)
	if !w.run(a) {
		return nil, nil
	}
	return w.values, w.vectors
}

// eigenWork has the results, and room.
type eigenWork struct {
	n                           int
	values, vectors, e, beta, w []float64
}

func newEigenWork(n int) *eigenWork {
	row := func() []float64 { return make([]float64, n) }
	return &eigenWork{n, row(), make([]float64, n*n), row(), row(), row()}
}

func (r *eigenWork) run(a []float64) bool {
	n, d, e, beta, w := r.n, r.values, r.e, r.beta, r.w
	clear(e)
	clear(beta)
	for k := range n - 2 { // reflections; their vectors stay in the rows of a, right of the diagonal
		v := a[k*n+k+1 : (k+1)*n]
		length := math.Sqrt(simd.Dot(v, v))
		if length == 0 {
			continue
		}
		e[k] = -math.Copysign(length, v[0])
		v[0] -= e[k]
		beta[k] = 2 / simd.Dot(v, v)
		p := w[:len(v)]
		for i := range p {
			p[i] = beta[k] * simd.Dot(a[(k+1+i)*n+k+1:(k+2+i)*n], v)
		}
		f := 0.5 * beta[k] * simd.Dot(p, v)
		for i := range p {
			p[i] -= float64(f * v[i])
		}
		for i := range p {
			row := a[(k+1+i)*n+k+1 : (k+2+i)*n]
			x, y := v[i], p[i]
			for j := range row {
				row[j] -= float64(x*p[j]) + float64(y*v[j])
			}
		}
	}
	for k := range n {
		d[k] = a[k*n+k]
	}
	if n > 1 {
		e[n-2] = a[(n-2)*n+n-1]
	}
	vectors := r.vectors
	clear(vectors)
	for i := range n {
		vectors[i*n+i] = 1
	}
	if !tridiagonal(d, e, vectors) {
		return false
	}
	for k := n - 3; k >= 0; k-- {
		v := a[k*n+k+1 : (k+1)*n]
		for i := range n {
			row := vectors[i*n+k+1 : (i+1)*n]
			f := beta[k] * simd.Dot(row, v)
			for j, x := range v {
				row[j] -= float64(f * x)
			}
		}
	}
	return true
}

// tridiagonal turns the diagonal d into the eigenvalues and the rows of z along; e are the elements beside the diagonal.
func tridiagonal(d, e, z []float64) bool {
	n := len(d)
	for l := range n {
		for try := 0; ; try++ {
			m := l
			for ; m < n-1; m++ {
				if scale := math.Abs(d[m]) + math.Abs(d[m+1]); math.Abs(e[m]) <= 1e-16*scale {
					break
				}
			}
			if m == l {
				break
			}
			if try == 60 {
				return false
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			r := math.Sqrt(float64(g*g) + 1)
			g = d[m] - d[l] + e[l]/(g+math.Copysign(r, g))
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := float64(s*e[i]), float64(c*e[i])
				r = math.Sqrt(float64(f*f) + float64(g*g))
				e[i+1] = r
				if r == 0 {
					d[i+1] -= p
					e[m] = 0
					break
				}
				s, c = f/r, g/r
				g = d[i+1] - p
				r = float64((d[i]-g)*s) + float64(2*c*b)
				p = float64(s * r)
				d[i+1] = g + p
				g = float64(c*r) - b
				turn(z[i*n:(i+1)*n], z[(i+1)*n:(i+2)*n], c, s)
			}
			if r == 0 && i >= l {
				continue
			}
			d[l] -= p
			e[l], e[m] = g, 0
		}
	}
	return true
}

// turn is (x, y) := (c x - s y, s x + c y).
func turn(x, y []float64, c, s float64) {
	y = y[:len(x)]
	for i, a := range x {
		b := y[i]
		x[i] = float64(c*a) - float64(s*b)
		y[i] = float64(s*a) + float64(c*b)
	}
}

// gram is x x'/count + ridge for x (n, m).
func gram(x []float64, n, m int, count, ridge float64) []float64 {
	c := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			c[i*n+j] = simd.Dot(x[i*m:(i+1)*m], x[j*m:(j+1)*m]) / count
			c[j*n+i] = c[i*n+j]
		}
		c[i*n+i] += ridge
	}
	return c
}

// product is a b for (n, m) and (m, k).
func product(a, b []float64, n, m, k int) []float64 {
	c := make([]float64, n*k)
	for i := range n {
		row := c[i*k : (i+1)*k]
		for p := range m {
			x := a[i*m+p]
			for j, y := range b[p*k : (p+1)*k] {
				row[j] += float64(x * y)
			}
		}
	}
	return c
}

func transposed(a []float64, n, m int) []float64 {
	b := make([]float64, n*m)
	for i := range n {
		for j := range m {
			b[j*n+i] = a[i*m+j]
		}
	}
	return b
}

// between is the matrix S with S G S = X for positive X and G, of size n: the geometric mean of X and G^-1. With G = L L',
// S = L'^-1 (L' X L)^(1/2) L^-1. It is nil where G has no factor.
func between(x, g []float64, n int) []float64 {
	l := cholesky(g, n)
	if l == nil {
		return nil
	}
	lt := transposed(l, n, n)
	inner := product(lt, product(x, l, n, n, n), n, n, n)
	values, v := eigen(inner, n)
	if values == nil {
		return nil
	}
	// rows of v over sqrt(sqrt(value)): R with R'R = (L'XL)^(1/2); S = (R L^-1)' (R L^-1)
	for i, e := range values {
		f := math.Sqrt(math.Sqrt(max(e, 0)))
		for j := range n {
			v[i*n+j] *= f
		}
	}
	for i := range n { // solve y L = v, row by row, from the last column
		row := v[i*n : (i+1)*n]
		for j := n - 1; j >= 0; j-- {
			row[j] /= l[j*n+j]
			for p := range j {
				row[p] -= float64(row[j] * l[j*n+p])
			}
		}
	}
	w := transposed(v, n, n)
	return gram(w, n, n, 1, 0)
}
