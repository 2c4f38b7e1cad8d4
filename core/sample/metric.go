package sample

import (
	"cmp"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// metric is the inverse mass matrix, an estimate of the covariance, with what it is estimated from: 1; a diagonal D; a dense matrix; or
//
//	D^(1/2) (1 + V' (e^L - 1) V) D^(1/2)
//
// with a few orthonormal rows V (rank, n) and numbers L, "low_rank".
type metric struct {
	n         int
	diagonal  []float64 // nil: ones or dense
	root      []float64 // its square root, of low_rank
	dense     []float64 // (n, n)
	factor    []float64 // its lower Cholesky factor
	Rank      []int64   // one number
	rows, log []float64 // V and L, with room for the largest rank
	columns   []float64 // V' (n, rank)
	short     []float64 // (rank)
	long      []float64 // (n)
	spreads   [2]spread // of positions since the last but one change of the metric, and since the last
	trail     *trail
	whole     []float64 // low_rank as one matrix, where that is cheaper
	products  *linalg.Workspace
}

const (
	mostDense = 1 << 13
	mostWhole = 512
	mostRank  = 128
)

// newMetric is 1 at first. One that will not learn has no room to.
func newMetric(kind string, n int, learns bool) (*metric, error) {
	m := &metric{n: n}
	switch {
	case kind == "dense" && n > mostDense:
		return nil, spec.Expected("metric", "diagonal, low_rank or unit for more than 8192 dimensions", n)
	case kind == "low_rank" && !learns:
		kind = "diagonal"
	}
	switch kind {
	case "diagonal":
		m.diagonal = ones(n)
		if learns {
			m.spreads = [2]spread{newSpread(n), newSpread(n)}
		}
	case "dense":
		m.products = linalg.NewWorkspace(nil)
		m.dense, m.factor = identity(n), identity(n)
		if learns {
			m.trail = newTrail(n, min(max(256, 2*n), 1<<22/n))
		}
	case "low_rank":
		m.products = linalg.NewWorkspace(nil)
		m.diagonal, m.root = ones(n), ones(n)
		m.spreads = [2]spread{newSpread(n), newSpread(n)}
		if m.trail = newTrail(n, 256); n > 256 {
			m.trail = newTrail(n, 64)
		}
		most := min(n, mostRank)
		m.Rank, m.rows, m.log, m.short, m.long = []int64{0}, make([]float64, most*n), make([]float64, most), make([]float64, most), make([]float64, n)
		m.columns = make([]float64, most*n)
		if n <= mostWhole {
			m.whole = make([]float64, n*n)
		}
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
		m.times(y, x, m.dense)
	case m.isWhole():
		m.times(y, x, m.whole)
	case m.rank() > 0:
		simd.Mul(y, m.root, x)
		m.bend(y, 1)
		simd.Mul(y, y, m.root)
	case m.diagonal != nil:
		simd.Mul(y, m.diagonal, x)
	default:
		copy(y, x)
	}
}

func (m *metric) rank() int {
	if m.Rank == nil {
		return 0
	}
	return int(m.Rank[0])
}

// isWhole: two products with V cost more than one with the matrix.
func (m *metric) isWhole() bool { return m.whole != nil && 2*m.rank() >= m.n }

// bend adds V' (e^(L f) - 1) V y to y.
func (m *metric) bend(y []float64, f float64) {
	k := m.rank()
	c := m.short[:k]
	m.times(c, y, m.columns[:k*m.n])
	for i := range c {
		c[i] *= functions.Expm11(f * m.log[i])
	}
	m.times(m.long, c, m.rows[:k*m.n])
	simd.Add(y, y, m.long)
}

// times is y = x A, which reads A as it lies; a symmetric A from the left has the same bits.
func (m *metric) times(y, x, a []float64) {
	if err := linalg.Multiply(linalg.Dense(y, 1, len(y)), linalg.Dense(x, 1, len(x)), linalg.Dense(a, len(x), len(y)), false, m.products); err != nil {
		panic(err) // the shapes are ours
	}
}

func dot(x, y []float64) float64 { return simd.Dot(x, y) }

// momentum draws p of the covariance M.
func (m *metric) momentum(p []float64, s *rng.Stream) {
	s.Normals(p)
	m.shape(p)
}

// shape turns standard normals into a momentum.
func (m *metric) shape(p []float64) {
	switch {
	case m.dense != nil: // M^-1 = L L': p = L'^-1 z
		for i := m.n - 1; i >= 0; i-- {
			x := p[i]
			for j := i + 1; j < m.n; j++ {
				x -= float64(m.factor[j*m.n+i] * p[j])
			}
			p[i] = x / m.factor[i*m.n+i]
		}
	case m.root != nil:
		if m.rank() > 0 {
			m.bend(p, -0.5)
		}
		simd.Div(p, p, m.root)
	case m.diagonal != nil:
		for i := range p {
			p[i] /= math.Sqrt(m.diagonal[i])
		}
	}
}

// learn takes a position and its gradient.
func (m *metric) learn(z, g []float64) {
	if m.diagonal != nil {
		m.spreads[0].learn(z, g)
		m.spreads[1].learn(z, g)
	}
	if m.trail != nil {
		m.trail.learn(z, g)
	}
}

// close changes the metric to what the last two windows say, and forgets the older of them.
func (m *metric) close() {
	if m.diagonal != nil {
		m.spreads[0].scale(m.diagonal)
		m.spreads[0], m.spreads[1] = m.spreads[1], m.spreads[0]
		m.spreads[1].clear()
	}
	if m.trail == nil {
		return
	}
	if m.dense != nil {
		m.covariance()
	} else {
		for i, d := range m.diagonal {
			m.root[i] = math.Sqrt(d)
		}
		m.spectrum()
	}
	m.trail.turn()
}

// covariance makes the dense metric that of the trail, its correlations drawn a little towards 0.
func (m *metric) covariance() {
	t := m.trail
	rows := int(t.Rows[held])
	if rows < 3 {
		return
	}
	c := gram(t.centred(t.x, ones(m.n)), m.n, rows, float64(rows-1), 0)
	keep := float64(rows) / float64(rows+5)
	for i := range m.n {
		if !(c[i*m.n+i] > 0) {
			c[i*m.n+i] = m.dense[i*m.n+i]
		}
		for j := range m.n {
			if i != j {
				c[i*m.n+j] *= keep
			}
		}
	}
	if l := cholesky(c, m.n); l != nil {
		copy(m.dense, c)
		copy(m.factor, l)
	}
}

// spectrum finds V and L: of the positions X and gradients G of the trail, over and times D^(1/2), the matrix S with S cov(G) S = cov(X) is nearest
// to the inverse mass matrix in Fisher's divergence; exactly the covariance for a Gaussian, once there are more rows than dimensions. Eigenvalues
// within a factor of 2 of 1 are taken as 1. In many dimensions S is found in the space that X and G span.
func (m *metric) spectrum() {
	t, n := m.trail, m.n
	rows := int(t.Rows[held])
	m.Rank[0] = 0
	if rows < 20 || rows < min(n, 100)/4 {
		return
	}
	inverse := make([]float64, n)
	for i, r := range m.root {
		inverse[i] = 1 / r
	}
	x, g := t.centred(t.x, m.root), t.centred(t.g, inverse)
	for _, v := range [2][]float64{x, g} {
		for _, a := range v {
			if !(math.Abs(a) < 1e100) {
				return
			}
		}
	}
	var basis []float64 // (size, n), nil: all of space
	size := n
	if n > 2*rows {
		basis = span(x, g, n, rows)
		size = len(basis) / n
		x, g = product(basis, x, size, n, rows), product(basis, g, size, n, rows)
	}
	const ridge = 1e-5
	s := between(gram(x, size, rows, float64(rows), ridge), gram(g, size, rows, float64(rows), ridge), size)
	if s == nil {
		return
	}
	values, vectors := eigen(s, size)
	if values == nil {
		return
	}
	order := make([]int, size)
	for i := range order {
		order[i] = i
		values[i] = functions.Log1(max(values[i], 1e-300))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(values[b]), math.Abs(values[a])) })
	k := 0
	for _, i := range order {
		if !(math.Abs(values[i]) > math.Ln2) || k == len(m.log) {
			break
		}
		v := vectors[i*size : (i+1)*size]
		if basis != nil {
			v = product(v, basis, 1, size, n)
		}
		copy(m.rows[k*n:], v)
		m.log[k] = values[i]
		k++
	}
	m.Rank[0] = int64(k)
	copy(m.columns, transposed(m.rows, k, n))
	m.assemble()
}

// assemble makes low_rank one matrix where that is cheaper.
func (m *metric) assemble() {
	if !m.isWhole() {
		return
	}
	n, k := m.n, m.rank()
	half := make([]float64, k*n)
	for i := range k {
		e := functions.Expm11(m.log[i])
		for j := range n {
			half[i*n+j] = e * m.rows[i*n+j]
		}
	}
	s := product(transposed(m.rows, k, n), half, n, k, n)
	for i := range n {
		s[i*n+i]++
		for j := range n {
			m.whole[i*n+j] = s[i*n+j] * (m.root[i] * m.root[j])
		}
	}
	for i := range n {
		for j := range i {
			m.whole[i*n+j] = m.whole[j*n+i]
		}
	}
}

// span is an orthonormal basis, in rows, of what the columns of x and g (n, rows) span.
func span(x, g []float64, n, rows int) []float64 {
	a := append(transposed(x, n, rows), transposed(g, n, rows)...) // (2 rows, n)
	values, vectors := eigen(gram(a, 2*rows, n, 1, 0), 2*rows)
	k, largest := 0, 0.0
	for _, v := range values {
		largest = max(largest, v)
	}
	for i, v := range values {
		if v > 1e-10*largest {
			f := 1 / math.Sqrt(v)
			for j, w := range vectors[i*2*rows : (i+1)*2*rows] {
				vectors[k*2*rows+j] = f * w
			}
			k++
		}
	}
	return product(vectors[:k*2*rows], a, k, 2*rows, n)
}

// state is what a saved metric needs.
func (m *metric) state() (all []any) {
	rows := [][]float64{m.diagonal, m.root, m.dense, m.factor, m.rows, m.columns, m.log, m.whole}
	if m.spreads[0].Count != nil {
		rows = append(append(rows, m.spreads[0].all()...), m.spreads[1].all()...)
	}
	if m.trail != nil {
		rows = append(rows, m.trail.x, m.trail.g)
		all = append(all, m.trail.Rows, m.trail.at)
	}
	if m.Rank != nil {
		all = append(all, m.Rank)
	}
	for _, x := range rows {
		if x != nil {
			all = append(all, x)
		}
	}
	return all
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
