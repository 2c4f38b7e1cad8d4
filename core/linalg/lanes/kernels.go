package lanes

import "math"

// The kernels work on n vectors of lanes numbers; a, where there is one, is a single vector. Scalar code has one lane.

// products1 sets to to the products of rows of n numbers with x.
func products1(rows, n int, to, a []float64, stride int, x []float64) {
	for i := range rows {
		s, row := 0.0, a[i*stride:]
		for k, v := range x[:n] {
			s = math.FMA(row[k], v, s)
		}
		to[i] = s
	}
}

// reflectRows1 multiplies rows of n numbers by 1 - tau v v^T from the right.
func reflectRows1(rows, n int, y []float64, stride int, v []float64, tau float64) {
	var t [1]float64
	for i := range rows {
		row := y[i*stride:]
		products1(1, n, t[:], row, 0, v)
		add1(n, row, -float64(t[0]*tau), v)
	}
}

// reflect1 multiplies y (rows, cols) by 1 - tau v v^T from the left; v is 1, then the elements at v with distance apart.
func reflect1(rows, cols int, y []float64, stride int, v []float64, apart int, tau float64) {
	var room [Most]float64
	w := room[:cols]
	copy(w, y)
	for i := 1; i < rows; i++ {
		add1(cols, w, v[(i-1)*apart], y[i*stride:])
	}
	times1(cols, w, tau, 1)
	for c, x := range w {
		y[c] -= x
	}
	for i := 1; i < rows; i++ {
		add1(cols, y[i*stride:], -v[(i-1)*apart], w)
	}
}

// twice1 takes v w^T and w v^T from a (n, n).
func twice1(n int, a []float64, stride int, v, w []float64) {
	for i := range n {
		row, x, y := a[i*stride:], -v[i], -w[i]
		for k := range n {
			row[k] = math.FMA(y, v[k], math.FMA(x, w[k], row[k]))
		}
	}
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

// lost is the sum of squares from which on so many bits of it are lost that a reflection would not be orthogonal; it is left out.
const lost = 0x1p-960

func reflector1(alpha, sigma, tau, inverse []float64) {
	tau[0], inverse[0] = 0, 0
	if sigma[0] <= lost {
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

func diagonal1(n int, d, e, z, cs, sn []float64) bool {
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
				h := math.FMA(f, f, float64(g*g))
				if h <= vanishing {
					d[i+1] -= p
					e[i+1] = 0
					break
				}
				r = math.Sqrt(h)
				e[i+1] = r
				inverse := 1 / r
				s, c = float64(f*inverse), float64(g*inverse)
				g = d[i+1] - p
				r = math.FMA(d[i]-g, s, float64(2*float64(c*b)))
				p = float64(s * r)
				d[i+1] = g + p
				g = math.FMA(c, r, -b)
				cs[m-1-i], sn[m-1-i] = c, s
			}
			if z != nil {
				turns1(m-1-i, n, z, m, -1, cs, sn)
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
