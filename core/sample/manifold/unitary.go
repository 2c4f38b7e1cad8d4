package manifold

import "math"

// unitary is SU(n) with the metric Re tr(v* v): the geodesic from x with the velocity x w, w antihermitian and traceless, is x exp(t w). A point is
// held as (re, im), worked on as complex.
type unitary struct {
	n                    int
	x, v, w, turn, after []complex128
	term, next           []complex128
}

func newUnitary(n int) *unitary {
	m := func() []complex128 { return make([]complex128, n*n) }
	return &unitary{n, m(), m(), m(), m(), m(), m(), m()}
}

func (k *unitary) dim() int { return k.n*k.n - 1 }

func (k *unitary) read(to []complex128, from []float64) {
	im := from[k.n*k.n:]
	for i := range to {
		to[i] = complex(from[i], im[i])
	}
}

func (k *unitary) write(to []float64, from []complex128) {
	im := to[k.n*k.n:]
	for i, z := range from {
		to[i], im[i] = real(z), imag(z)
	}
}

// times is c = a b, or a* b.
func (k *unitary) times(c, a, b []complex128, adjoint bool) {
	n := k.n
	for i := range n {
		for j := range n {
			var re, im float64
			for l := range n {
				x, y := complex128(0), b[l*n+j]
				if adjoint {
					x = a[l*n+i]
					x = complex(real(x), -imag(x))
				} else {
					x = a[i*n+l]
				}
				re += float64(real(x)*real(y)) - float64(imag(x)*imag(y))
				im += float64(real(x)*imag(y)) + float64(imag(x)*real(y))
			}
			c[i*n+j] = complex(re, im)
		}
	}
}

// generator makes w the antihermitian traceless part of x* v.
func (k *unitary) generator() {
	n := k.n
	k.times(k.w, k.x, k.v, true)
	trace := 0.0
	for i := range n {
		for j := range i {
			a, b := k.w[i*n+j], k.w[j*n+i]
			re, im := 0.5*(real(a)-real(b)), 0.5*(imag(a)+imag(b))
			k.w[i*n+j], k.w[j*n+i] = complex(re, im), complex(-re, im)
		}
		trace += imag(k.w[i*n+i])
	}
	for i := range n {
		k.w[i*n+i] = complex(0, imag(k.w[i*n+i])-trace/float64(n))
	}
}

func (k *unitary) project(x, v []float64) {
	k.read(k.x, x)
	k.read(k.v, v)
	k.generator()
	k.times(k.after, k.x, k.w, false)
	k.write(v, k.after)
}

func (k *unitary) flow(x, v []float64, t float64) {
	k.read(k.x, x)
	k.read(k.v, v)
	k.generator()
	k.exponential(t)
	k.times(k.after, k.x, k.turn, false)
	k.polish()
	k.write(x, k.x)
	k.times(k.after, k.x, k.w, false)
	k.write(v, k.after)
}

// exponential makes turn = exp(t w), as the real one does.
func (k *unitary) exponential(t float64) {
	n, norm := k.n, 0.0
	for i := range n {
		row := 0.0
		for j := range n {
			row += math.Abs(real(k.w[i*n+j])) + math.Abs(imag(k.w[i*n+j]))
		}
		norm = max(norm, row*math.Abs(t))
	}
	halvings := 0
	for ; norm > 0.5 && halvings < 60; halvings++ {
		norm *= 0.5
		t *= 0.5
	}
	clear(k.turn)
	clear(k.term)
	for i := range n {
		k.turn[i*n+i], k.term[i*n+i] = 1, 1
	}
	for d := range degree {
		k.times(k.next, k.term, k.w, false)
		f := t / float64(d+1)
		for i, z := range k.next {
			k.term[i] = complex(f*real(z), f*imag(z))
			k.turn[i] += k.term[i]
		}
	}
	for range halvings {
		k.times(k.next, k.turn, k.turn, false)
		k.turn, k.next = k.next, k.turn
	}
}

// polish makes x of after: a step of Newton and Schulz, and the phase of the determinant, which is nearly 1, shared out.
func (k *unitary) polish() {
	n := k.n
	k.times(k.turn, k.after, k.after, true)
	for i, z := range k.turn {
		k.turn[i] = complex(-0.5*real(z), -0.5*imag(z))
		if i%(n+1) == 0 {
			k.turn[i] += 1.5
		}
	}
	k.times(k.x, k.after, k.turn, false)
	copy(k.turn, k.x)
	_, im := k.determinant(k.turn)
	im /= -float64(n)
	for i, z := range k.x {
		k.x[i] = complex(real(z)-float64(im*imag(z)), imag(z)+float64(im*real(z)))
	}
}

// determinant is that of a, which it overwrites.
func (k *unitary) determinant(a []complex128) (re, im float64) {
	n := k.n
	det := complex128(1)
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if square(a[r*n+c]) > square(a[pivot*n+c]) {
				pivot = r
			}
		}
		if pivot != c {
			for j := range n {
				a[c*n+j], a[pivot*n+j] = a[pivot*n+j], a[c*n+j]
			}
			det = -det
		}
		det = multiplied(det, a[c*n+c])
		inverse := complex(real(a[c*n+c])/square(a[c*n+c]), -imag(a[c*n+c])/square(a[c*n+c]))
		for r := c + 1; r < n; r++ {
			f := multiplied(a[r*n+c], inverse)
			for j := c; j < n; j++ {
				a[r*n+j] -= multiplied(f, a[c*n+j])
			}
		}
	}
	return real(det), imag(det)
}

func square(z complex128) float64 { return float64(real(z)*real(z)) + float64(imag(z)*imag(z)) }

func multiplied(a, b complex128) complex128 {
	return complex(float64(real(a)*real(b))-float64(imag(a)*imag(b)), float64(real(a)*imag(b))+float64(imag(a)*real(b)))
}

// settle is Gram and Schmidt's on columns, of which the last takes the phase of the determinant.
func (k *unitary) settle(x []float64) {
	n := k.n
	k.read(k.x, x)
	for range 2 {
		for c := range n {
			for b := range c {
				along := complex128(0)
				for i := range n {
					q := k.x[i*n+b]
					along += multiplied(complex(real(q), -imag(q)), k.x[i*n+c])
				}
				for i := range n {
					k.x[i*n+c] -= multiplied(along, k.x[i*n+b])
				}
			}
			length := 0.0
			for i := range n {
				length += square(k.x[i*n+c])
			}
			length = math.Sqrt(length)
			for i := range n {
				z := k.x[i*n+c]
				k.x[i*n+c] = complex(real(z)/length, imag(z)/length)
			}
		}
	}
	copy(k.turn, k.x)
	re, im := k.determinant(k.turn)
	length := math.Sqrt(float64(re*re) + float64(im*im))
	for i := range n {
		k.x[i*n+n-1] = multiplied(k.x[i*n+n-1], complex(re/length, -im/length))
	}
	k.write(x, k.x)
}

func (*unitary) logVolume() float64 { return 0 }

func (k *unitary) origin(x []float64) {
	clear(x)
	for i := range k.n {
		x[i*k.n+i] = 1
	}
}
