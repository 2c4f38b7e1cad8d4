package sample

import (
	"math"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// metric is the inverse mass matrix: 1, a diagonal, or a dense matrix (an estimate of the covariance), with the moments of the present window.
type metric struct {
	n          int
	diagonal   []float64 // nil: ones or dense
	dense      []float64 // (n, n)
	factor     []float64 // its lower Cholesky factor
	count      float64
	mean, wave []float64 // Welford: sum of squares, (n) or (n, n)
	products   *linalg.Workspace
}

func newMetric(kind string, n int) (*metric, error) {
	m := &metric{n: n, products: linalg.NewWorkspace(nil)}
	switch kind {
	case "unit":
	case "diagonal":
		m.diagonal = ones(n)
		m.mean, m.wave = make([]float64, n), make([]float64, n)
	case "dense":
		if n > 1<<13 {
			return nil, spec.Expected("metric", "diagonal or unit for more than 8192 dimensions", n)
		}
		m.dense, m.factor = identity(n), identity(n)
		m.mean, m.wave = make([]float64, n), make([]float64, n*n)
	}
	return m, nil
}

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

func identity(n int) []float64 {
	x := make([]float64, n*n)
	for i := range n {
		x[i*n+i] = 1
	}
	return x
}

// apply is y = M^-1 x.
func (m *metric) apply(y, x []float64) {
	switch {
	case m.dense != nil:
		column := func(v []float64) linalg.Matrix[float64] {
			return linalg.Matrix[float64]{Data: v, Rows: m.n, Cols: 1, Row: 1, Col: 1}
		}
		a := linalg.Matrix[float64]{Data: m.dense, Rows: m.n, Cols: m.n, Row: m.n, Col: 1}
		if err := linalg.Multiply(column(y), a, column(x), false, m.products); err != nil {
			panic(err) // the shapes are ours
		}
	case m.diagonal != nil:
		simd.Mul(y, m.diagonal, x)
	default:
		copy(y, x)
	}
}

// dot sums over four lanes.
func dot(x, y []float64) float64 {
	var s0, s1, s2, s3 float64
	n := len(x) &^ 3
	y = y[:len(x)]
	for i := 0; i < n; i += 4 {
		s0 += float64(x[i] * y[i])
		s1 += float64(x[i+1] * y[i+1])
		s2 += float64(x[i+2] * y[i+2])
		s3 += float64(x[i+3] * y[i+3])
	}
	for i := n; i < len(x); i++ {
		s0 += float64(x[i] * y[i])
	}
	return (s0 + s1) + (s2 + s3)
}

// momentum draws p of the covariance M.
func (m *metric) momentum(p []float64, s *rng.Stream) {
	for i := range p {
		p[i] = s.Normal()
	}
	switch {
	case m.dense != nil: // M^-1 = L L': p = L'^-1 z
		for i := m.n - 1; i >= 0; i-- {
			x := p[i]
			for j := i + 1; j < m.n; j++ {
				x -= float64(m.factor[j*m.n+i] * p[j])
			}
			p[i] = x / m.factor[i*m.n+i]
		}
	case m.diagonal != nil:
		for i := range p {
			p[i] /= math.Sqrt(m.diagonal[i])
		}
	}
}

// learn takes a position into the window's moments.
func (m *metric) learn(z []float64) {
	if m.mean == nil {
		return
	}
	m.count++
	dense := m.dense != nil
	for i, x := range z {
		d := x - m.mean[i]
		if !dense {
			m.mean[i] += d / m.count
			m.wave[i] += float64(d * (x - m.mean[i]))
			continue
		}
		f := (m.count - 1) / m.count
		for j := range i + 1 {
			m.wave[i*m.n+j] += float64(f * d * (z[j] - m.mean[j]))
		}
	}
	if dense {
		for i, x := range z {
			m.mean[i] += (x - m.mean[i]) / m.count
		}
	}
}

// close makes the metric the window's covariance, drawn a little towards 1e-3, and empties the window.
func (m *metric) close() {
	if m.mean == nil || m.count < 2 {
		return
	}
	keep, add := m.count/(m.count+5)/(m.count-1), 1e-3*5/(m.count+5)
	if m.dense == nil {
		for i, w := range m.wave {
			m.diagonal[i] = float64(keep*w) + add
		}
	} else {
		next := make([]float64, len(m.dense))
		for i := range m.n {
			for j := range i + 1 {
				next[i*m.n+j] = keep * m.wave[i*m.n+j]
				next[j*m.n+i] = next[i*m.n+j]
			}
			next[i*m.n+i] += add
		}
		if l := cholesky(next, m.n); l != nil {
			m.dense, m.factor = next, l
		}
	}
	m.count = 0
	clear(m.mean)
	clear(m.wave)
}

// cholesky is the lower factor, nil where there is none.
func cholesky(a []float64, n int) []float64 {
	l := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			x := a[i*n+j] - dot(l[i*n:i*n+j], l[j*n:j*n+j])
			if i == j {
				if !(x > 0) {
					return nil
				}
				l[i*n+i] = math.Sqrt(x)
			} else {
				l[i*n+j] = x / l[j*n+j]
			}
		}
	}
	return l
}
