package vector

import (
	"math"

	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// theory is the mean-field theory of unit vectors: x are the mean spins.
type theory struct {
	*ON
	colour []int
	kinds  int
}

func (m *ON) theory() *theory {
	t := &theory{ON: m, colour: make([]int, m.graph.Sites)}
	sites, start := m.graph.Colour()
	for t.kinds = range len(start) - 1 {
		for _, i := range sites[start[t.kinds]:start[t.kinds+1]] {
			t.colour[i] = t.kinds
		}
	}
	t.kinds++
	return t
}

func (t *theory) Size() (sites, width int) { return t.graph.Sites, t.N }

func (t *theory) Energy(x []float64) float64 { return t.energy(x) }

func (t *theory) Field(dst, x []float64, i int) { t.field(dst, x, i) }

func (t *theory) Respond(dst, _, v []float64, i int) {
	t.field(dst, v, i)
	h := t.h
	if t.each {
		h = h[i*t.N : (i+1)*t.N]
	}
	for c, x := range h {
		dst[c] -= x
	}
}

// Mean is A_n(r) along theta, r its length.
func (t *theory) Mean(x, theta []float64) (entropy float64) {
	r := math.Sqrt(dot(theta, theta))
	A, logs := Langevin(t.N, r)
	for c, v := range theta {
		if x[c] = 0; r > 0 {
			x[c] = A * v / r
		}
	}
	return LogSphere(t.N) + logs - float64(r*A)
}

// Spread is the root of A' along theta and A/r across it.
func (t *theory) Spread(dst, _, theta, v []float64, _ bool) {
	r := math.Sqrt(dot(theta, theta))
	if r < 1e-7 {
		for c := range dst {
			dst[c] = v[c] / math.Sqrt(float64(t.N))
		}
		return
	}
	A, _ := Langevin(t.N, r)
	across := A / r
	along := math.Sqrt(max(0, 1-float64(A*A)-float64(float64(t.N-1)*across)))
	across = math.Sqrt(across)
	part := dot(theta, v) / (r * r) * (along - across)
	for c := range dst {
		dst[c] = float64(across*v[c]) + float64(part*theta[c])
	}
}

// Start is along component 0 (or the field), without order, and with an angle for each colour of the graph.
func (t *theory) Start(x []float64, k int) bool {
	clear(x)
	for i := range t.graph.Sites {
		s := x[i*t.N : (i+1)*t.N]
		switch k {
		case 0:
			s[0] = 0.9
			if t.h != nil && !t.each {
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
	Directions(x, t.N, u)
	for c := range x {
		x[c] *= 0.9
	}
}

func (t *theory) Along() []float64 {
	along := make([]float64, t.N)
	along[0] = 1
	return along
}

func (t *theory) Shown() []factors.Shown {
	total := func(x []float64) []float64 {
		m := make([]float64, t.N)
		mean(m, x)
		return m
	}
	return []factors.Shown{
		{Name: "magnetization", Shape: []int{t.N}, Dims: []string{"component"}, Of: total},
		{Name: "|magnetization|", Of: func(x []float64) []float64 { m := total(x); return []float64{math.Sqrt(dot(m, m))} }},
		{Name: "local_magnetization", Shape: []int{t.graph.Sites, t.N}, Dims: []string{"site", "component"}, Of: func(x []float64) []float64 { return x }},
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
