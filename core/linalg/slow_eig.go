package linalg

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Eig by the QR algorithm: a = z t z^H with t upper triangular, eigenvectors of t by substitution (G. H. Golub, C. F. Van Loan, "Matrix
// Computations", 7.4 to 7.6).
func (plainComplex) Eig(n int, f, values, vectors []complex128, _ *Scratch) Status {
	t, z := square{n, n, f}, unitMatrix(n)
	if s := schurForm(t, z); s != OK {
		return s
	}
	for i := range n {
		values[i] = t.at(i, i)
	}
	if vectors != nil {
		triangularVectors(t, z, square{n, n, vectors})
	}
	return OK
}

func schurForm(t, z square) Status {
	hessenberg(t, z)
	s := schur(t, z)
	for i := range t.n {
		clear(t.a[i*t.n : i*t.n+i])
	}
	return s
}

// Schur by the same algorithm.
func (Plain) Schur(n int, a, z []complex128, _ *Scratch) Status {
	clear(z)
	for i := range n {
		z[i*n+i] = 1
	}
	return schurForm(square{n, n, a}, square{n, n, z})
}

// hessenberg makes t zero below the first subdiagonal.
func hessenberg(t, z square) {
	n := t.n
	for k := 0; k < n-2; k++ {
		alpha, rest := t.at(k+1, k), 0.0
		for i := k + 2; i < n; i++ {
			rest += norm2(t.at(i, k))
		}
		if rest == 0 {
			continue
		}
		beta := complex(-math.Copysign(math.Sqrt(norm2(alpha)+rest), real(alpha)), 0)
		tau := cdiv(beta-alpha, beta)
		v := make([]complex128, n)
		v[k+1] = 1
		for i := k + 2; i < n; i++ {
			v[i] = cdiv(t.at(i, k), alpha-beta)
		}
		reflect(t, v, conj(tau), k+1)
		for _, m := range []square{t, z} {
			for i := range n {
				var s complex128
				for j := k + 1; j < n; j++ {
					s += cmul(m.at(i, j), v[j])
				}
				for j := k + 1; j < n; j++ {
					m.put(i, j, m.at(i, j)-cmul(cmul(tau, s), conj(v[j])))
				}
			}
		}
		for i := k + 2; i < n; i++ {
			t.put(i, k, 0)
		}
	}
}

// schur makes a Hessenberg t triangular by steps with Wilkinson's shift.
func schur(t, z square) Status {
	const eps = 0x1p-52
	steps := 0
	for hi := t.n - 1; hi > 0; {
		lo := hi
		for lo > 0 {
			near := modulus(t.at(lo, lo)) + modulus(t.at(lo-1, lo-1))
			if modulus(t.at(lo, lo-1)) <= max(eps*near, 0x1p-1000) {
				t.put(lo, lo-1, 0)
				break
			}
			lo--
		}
		if lo == hi {
			hi--
			steps = 0
			continue
		}
		if steps++; steps > 100 {
			return NotConverged
		}
		shift := wilkinson(t, hi)
		if steps%10 == 0 {
			shift += complex(modulus(t.at(hi, hi-1)), 0)
		}
		step(t, z, lo, hi, shift)
	}
	return OK
}

// wilkinson is the eigenvalue of the last 2 x 2 block up to hi that is nearer to its last element.
func wilkinson(t square, hi int) complex128 {
	a, b, c, d := t.at(hi-1, hi-1), t.at(hi-1, hi), t.at(hi, hi-1), t.at(hi, hi)
	half := scale(0.5, a-d)
	root := csqrt(cmul(half, half) + cmul(b, c))
	if real(cmul(conj(half), root)) < 0 {
		root = -root
	}
	if half+root == 0 {
		return d
	}
	return d - cdiv(cmul(b, c), half+root)
}

func csqrt(z complex128) complex128 {
	r := modulus(z)
	if r == 0 {
		return 0
	}
	x := math.Sqrt((r + math.Abs(real(z))) / 2)
	y := imag(z) / (2 * x)
	if real(z) < 0 {
		return complex(math.Abs(y), math.Copysign(x, imag(z)))
	}
	return complex(x, y)
}

// step is t - shift = q r, t <- r q + shift on rows and columns lo to hi, by rotations.
func step(t, z square, lo, hi int, shift complex128) {
	n := t.n
	for i := lo; i <= hi; i++ {
		t.put(i, i, t.at(i, i)-shift)
	}
	type rotation struct{ c, s complex128 }
	turns := make([]rotation, hi-lo)
	for i := lo; i < hi; i++ {
		x, y := t.at(i, i), t.at(i+1, i)
		r := functions.Hypot1(modulus(x), modulus(y))
		c, s := complex(1, 0), complex(0, 0)
		if r > 0 {
			c, s = complex(real(x)/r, imag(x)/r), complex(real(y)/r, imag(y)/r)
		}
		turns[i-lo] = rotation{c, s}
		for j := i; j < n; j++ {
			x, y := t.at(i, j), t.at(i+1, j)
			t.put(i, j, cmul(conj(c), x)+cmul(conj(s), y))
			t.put(i+1, j, cmul(c, y)-cmul(s, x))
		}
	}
	for i := lo; i < hi; i++ {
		c, s := turns[i-lo].c, turns[i-lo].s
		for _, m := range []square{t, z} {
			for j := range n {
				x, y := m.at(j, i), m.at(j, i+1)
				m.put(j, i, cmul(c, x)+cmul(s, y))
				m.put(j, i+1, cmul(conj(c), y)-cmul(conj(s), x))
			}
		}
	}
	for i := lo; i <= hi; i++ {
		t.put(i, i, t.at(i, i)+shift)
	}
}

// triangularVectors are the eigenvectors of z t z^H, of length 1. Where eigenvalues coincide the difference is replaced by a rounding error.
func triangularVectors(t, z, vectors square) {
	n := t.n
	most := 0.0
	for _, x := range t.a {
		most = max(most, modulus(x))
	}
	least := complex(max(most*0x1p-52, 0x1p-1000), 0)
	x := make([]complex128, n)
	for k := range n {
		clear(x)
		x[k] = 1
		for i := k - 1; i >= 0; i-- {
			var s complex128
			for j := i + 1; j <= k; j++ {
				s += cmul(t.at(i, j), x[j])
			}
			d := t.at(k, k) - t.at(i, i)
			if modulus(d) < real(least) {
				d = least
			}
			x[i] = cdiv(s, d)
			if modulus(x[i]) > 0x1p300 {
				raise(numbers(x), -300)
			}
		}
		tame(x)
		size := 0.0
		for i := range n {
			var s complex128
			for j := range k + 1 {
				s += cmul(z.at(i, j), x[j])
			}
			vectors.put(i, k, s)
			size += norm2(s)
		}
		for i := range n {
			vectors.put(i, k, scale(1/math.Sqrt(size), vectors.at(i, k)))
		}
	}
}
