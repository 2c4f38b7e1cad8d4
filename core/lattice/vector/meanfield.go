package vector

import (
	"math"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// theory is the mean-field theory of unit vectors: x are the mean spins.
type theory struct {
	n, sites int
	h        []float64 // (sites, n) or (n); nil where it is 0
	colour   []int
	kinds    int
	energy   func(x []float64) float64
	field    func(dst, x []float64, i int)
}

func (m *ON) theory() factors.Theory {
	return NewTheory(m.N, m.graph, m.h, m.energy, m.field)
}

// NewTheory is that of an energy of means, -dE/dx_i of which is the field of site i, in which h is that from outside; the graph tells which sites may stand otherwise than others.
func NewTheory(n int, g *geometry.Graph, h []float64, energy func(x []float64) float64, field func(dst, x []float64, i int)) factors.Theory {
	t := &theory{n: n, sites: g.Sites, h: h, energy: energy, field: field}
	t.colour, t.kinds = g.Colours()
	return t
}

func (t *theory) Size() (sites, width int) { return t.sites, t.n }

func (t *theory) Energy(x []float64) float64 { return t.energy(x) }

func (t *theory) Field(dst, x []float64, i int) { t.field(dst, x, i) }

func (t *theory) Respond(dst, _, v []float64, i int) {
	t.field(dst, v, i)
	h := t.h
	if len(h) > t.n {
		h = h[i*t.n : (i+1)*t.n]
	}
	for c, x := range h {
		dst[c] -= x
	}
}

// Mean is A_n(r) along theta, r its length.
func (t *theory) Mean(x, theta []float64) (entropy float64) {
	r := math.Sqrt(dot(theta, theta))
	A, logs := Langevin(t.n, r)
	for c, v := range theta {
		if x[c] = 0; r > 0 {
			x[c] = A * v / r
		}
	}
	return LogSphere(t.n) + logs - float64(r*A)
}

// Spread is the root of A' along theta and A/r across it.
func (t *theory) Spread(dst, _, theta, v []float64, _ bool) {
	r := math.Sqrt(dot(theta, theta))
	if r < 1e-7 {
		for c := range dst {
			dst[c] = v[c] / math.Sqrt(float64(t.n))
		}
		return
	}
	A, _ := Langevin(t.n, r)
	across := A / r
	along := math.Sqrt(max(0, 1-float64(A*A)-float64(float64(t.n-1)*across)))
	across = math.Sqrt(across)
	part := dot(theta, v) / (r * r) * (along - across)
	for c := range dst {
		dst[c] = float64(across*v[c]) + float64(part*theta[c])
	}
}

// Start is along component 0 (or the field), without order, and with an angle for each colour of the graph.
func (t *theory) Start(x []float64, k int) bool {
	clear(x)
	for i := range t.sites {
		s := x[i*t.n : (i+1)*t.n]
		switch k {
		case 0:
			s[0] = 0.9
			if len(t.h) == t.n {
				r := math.Sqrt(dot(t.h, t.h))
				for c, h := range t.h {
					s[c] = 0.9 * h / r
				}
			}
		case 2:
			sin, cos := functions.SincosTurns1(float64(t.colour[i]) / float64(t.kinds))
			s[0], s[1] = 0.9*cos, 0.9*sin
		}
	}
	return k < 3
}

func (t *theory) Random(x []float64, u *rng.Stream) {
	Directions(x, t.n, u)
	for c := range x {
		x[c] *= 0.9
	}
}

func (t *theory) Along() []float64 {
	along := make([]float64, t.n)
	along[0] = 1
	return along
}

func (t *theory) Shown() []factors.Shown {
	total := func(x []float64) []float64 {
		m := make([]float64, t.n)
		mean(m, x)
		return m
	}
	return []factors.Shown{
		{Name: "magnetization", Shape: []int{t.n}, Dims: []string{"component"}, Of: total},
		{Name: "|magnetization|", Of: func(x []float64) []float64 { m := total(x); return []float64{math.Sqrt(dot(m, m))} }},
		{Name: "local_magnetization", Shape: []int{t.sites, t.n}, Dims: []string{"site", "component"}, Of: func(x []float64) []float64 { return x }},
	}
}

// Langevin is A = I_(n/2)(r) / I_(n/2-1)(r), the mean of cos over the sphere with the weight exp(r cos), and the logarithm of that weight's mean: by backward
// recurrence and the power series, for large r by Hankel's expansion.
func Langevin(n int, r float64) (A, logs float64) {
	nu := float64(0.5*float64(n)) - 1
	if r > max(100, float64(2*n*n)) {
		low, high := hankel(nu, r), hankel(nu+1, r)
		logs = r - float64(0.5*functions.Log1(2*math.Pi*r)) + functions.Log1(low) + functions.Lgamma1(nu+1) + float64(nu*functions.Log1(2/r))
		return high / low, logs
	}
	for k := int(r) + 60; k >= 1; k-- {
		A = r / (2*(nu+float64(k)) + float64(r*A))
	}
	q := 0.25 * r * r
	term, sum, scale := 1.0, 1.0, 0.0
	for k := 1.0; term > 1e-18*sum; k++ {
		term = float64(term * (q / (k * (nu + k))))
		sum += term
		if sum > 1e200 {
			term, sum, scale = term*1e-200, sum*1e-200, scale+float64(200*math.Ln10)
		}
	}
	return A, scale + functions.Log1(sum)
}

// hankel is I_nu(r) sqrt(2 pi r) exp(-r).
func hankel(nu, r float64) float64 {
	term, sum, four := 1.0, 1.0, float64(4*nu*nu)
	for k := 1.0; k < 40 && math.Abs(term) > 1e-18; k++ {
		odd := 2*k - 1
		next := -term * (four - float64(odd*odd)) / (8 * k * r)
		if math.Abs(next) > math.Abs(term) {
			break
		}
		term = next
		sum += term
	}
	return sum
}
