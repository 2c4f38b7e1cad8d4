package lanes

import "math"

// The kernels work on n vectors of lanes numbers; a, where there is one, is a single vector. Scalar code has one lane.

func dot1(n int, sign float64, to, x, y []float64, stride int) {
	s := to[0]
	for k := range n {
		s = math.FMA(sign*x[k], y[k*stride], s)
	}
	to[0] = s
}

func square1(n int, to, x []float64, stride int) {
	s := to[0]
	for k := range n {
		s = math.FMA(x[k*stride], x[k*stride], s)
	}
	to[0] = s
}

func add1(n int, y []float64, a float64, x []float64) {
	for k, v := range x[:n] {
		y[k] = math.FMA(a, v, y[k])
	}
}

// interleaveFrom and separateFrom do the numbers from first on, one by one.
func interleaveFrom(first, n int, x, a []float64, stride int) {
	for i := first; i < n; i++ {
		for k := range Width {
			x[i*Width+k] = a[k*stride+i]
		}
	}
}

func separateFrom(first, n int, a, x []float64, stride int) {
	for i := first; i < n; i++ {
		for k := range Width {
			a[k*stride+i] = x[i*Width+k]
		}
	}
}

func spoilt1(n int, x, off []float64) {
	for _, v := range x[:n] {
		off[0] += v - v
	}
}

func largest1(n int, x, most []float64) {
	for _, v := range x[:n] {
		most[0] = max(most[0], math.Abs(v))
	}
}

func times1(n int, y []float64, a float64, stride int) {
	for k := range n {
		y[k*stride] *= a
	}
}

func root1(x, inverse []float64) {
	r := math.Sqrt(x[0])
	x[0], inverse[0] = r, 1/r
}

func pivot1(n, j int, x, at, inverse []float64) {
	best, p := math.Abs(x[j*n+j]), j
	for i := j + 1; i < n; i++ {
		if v := math.Abs(x[i*n+j]); v > best {
			best, p = v, i
		}
	}
	at[0], inverse[0] = float64(p), 0
	if best != 0 {
		inverse[0] = 1 / x[p*n+j]
	}
}

func reflector1(alpha, sigma, tau, inverse []float64) {
	tau[0], inverse[0] = 0, 0
	if sigma[0] == 0 {
		return
	}
	a := alpha[0]
	beta := math.Sqrt(math.FMA(a, a, sigma[0]))
	if a >= 0 {
		beta = -beta
	}
	tau[0], inverse[0], alpha[0] = (beta-a)/beta, 1/(a-beta), beta
}

const (
	steps = 80 // QL steps for one eigenvalue; 2 are usual
	tiny  = 0x1p-100
	eps   = 0x1p-52
)

func diagonal1(n int, d, e, z []float64) bool {
	for l := range n {
		for step := 0; ; step++ {
			m := l
			for ; m < n-1; m++ {
				if v := math.Abs(e[m]); v <= float64(eps*(math.Abs(d[m])+math.Abs(d[m+1]))) || v <= tiny {
					break
				}
			}
			if m == l {
				break
			}
			if step == steps {
				return false
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			r := math.Sqrt(math.FMA(g, g, 1))
			if g < 0 {
				r = -r
			}
			g = (d[m] - d[l]) + e[l]/(g+r)
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := s*e[i], c*e[i]
				r = math.Sqrt(math.FMA(f, f, float64(g*g)))
				e[i+1] = r
				if r == 0 {
					d[i+1] -= p
					break
				}
				s, c = f/r, g/r
				g = d[i+1] - p
				r = math.FMA(d[i]-g, s, float64(2*float64(c*b)))
				p = float64(s * r)
				d[i+1] = g + p
				g = math.FMA(c, r, -b)
				if z != nil {
					x, y := z[i*n:(i+1)*n], z[(i+1)*n:(i+2)*n]
					for k, v := range x {
						w := y[k]
						y[k] = math.FMA(s, v, float64(c*w))
						x[k] = math.FMA(c, v, -float64(s*w))
					}
				}
			}
			if i < l {
				d[l] -= p
				e[l] = g
			}
			e[m] = 0
		}
	}
	return true
}
