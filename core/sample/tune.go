package sample

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// tuned is a kernel that a population sets: fresh ones begin from its moments alone, later ones look at what was accepted, too.
type tuned interface {
	dense() bool // whether it uses covariances
	tune(m *moments, accept float64, fresh bool)
}

// moments are those of a population: variances, and where they are wanted and positive definite the covariance with its lower factor.
type moments struct {
	n                        int
	variance, matrix, factor []float64
	metric                   *metric // shared by all kernels that are set
}

// Tune gives kernels the scales and the step size of a population.
func (e *ensemble) Tune(of, by [2]int, weights []float64) {
	first, ok := e.chains[of[0]].kernel.(tuned)
	if !ok {
		return
	}
	accept, count := 0.0, 0.0
	for _, c := range e.chains[by[0]:by[1]] {
		accept += c.total.Accept
		count += c.total.Count
		c.total = totals{}
	}
	if f, ok := first.(interface{ set() bool }); ok && f.set() { // there is nothing to learn
		for _, c := range e.chains[of[0]:of[1]] {
			c.total, c.begun = totals{}, true
		}
		return
	}
	m := newMoments(e.chains[by[0]:by[1]], weights, e.target.Size(), first.dense())
	if m == nil {
		return
	}
	for _, c := range e.chains[of[0]:of[1]] {
		c.total = totals{}
		c.kernel.(tuned).tune(m, accept/max(count, 1), count == 0)
		c.begun = true
	}
}

// newMoments is nil where a population has no spread.
func newMoments(chains []*chain, weights []float64, n int, dense bool) *moments {
	m := &moments{n: n, variance: make([]float64, n)}
	mean, total, squares := make([]float64, n), 0.0, 0.0
	for w, c := range chains {
		x := 1.0
		if weights != nil {
			x = weights[w]
		}
		total += x
		squares += float64(x * x)
		for i, z := range c.at.z {
			mean[i] += float64(x * z)
		}
	}
	if !(total > 0) || float64(total*total) < 1.5*squares { // one particle has all the weight
		return nil
	}
	for i := range mean {
		mean[i] /= total
	}
	effective := float64(total*total) / squares
	if dense && effective > float64(2*n) {
		m.matrix = make([]float64, n*n)
	}
	for w, c := range chains {
		x := 1 / total
		if weights != nil {
			x *= weights[w]
		}
		for i, z := range c.at.z {
			d := z - mean[i]
			m.variance[i] += float64(x * d * d)
			if m.matrix != nil {
				for j := range i {
					m.matrix[i*n+j] += float64(x * d * (c.at.z[j] - mean[j]))
				}
			}
		}
	}
	largest := 0.0
	for _, v := range m.variance {
		largest = max(largest, v)
	}
	if !(largest > 0) || math.IsInf(largest, 0) {
		return nil
	}
	for i, v := range m.variance {
		m.variance[i] = max(v, 1e-12*largest)
	}
	if m.matrix != nil {
		keep := effective / (effective + 5) // correlations of few particles are too large
		for i := range n {
			for j := range i {
				m.matrix[i*n+j] *= keep
				m.matrix[j*n+i] = m.matrix[i*n+j]
			}
			m.matrix[i*n+i] = m.variance[i]
		}
		m.factor = cholesky(m.matrix, n)
	}
	return m
}

// stepped changes a step size by what was accepted with it.
func stepped(step, accept, target float64) float64 {
	return min(step*functions.Exp1(max(-1, min(1, 2*(accept-target)))), largest)
}

// set: the step is the user's and masses are 1.
func (h *hamiltonian) set() bool {
	return h.fixed && h.metric.diagonal == nil && h.metric.dense == nil
}

func (h *hamiltonian) dense() bool { return h.metric.dense != nil }

func (h *hamiltonian) tune(m *moments, accept float64, fresh bool) {
	if m.metric == nil {
		m.metric = &metric{n: m.n, products: h.metric.products}
		switch {
		case h.metric.dense != nil && m.factor != nil:
			m.metric.dense, m.metric.factor = m.matrix, m.factor
		case h.metric.dense != nil:
			m.metric.dense, m.metric.factor = identity(m.n), identity(m.n)
			for i, v := range m.variance {
				m.metric.dense[i*m.n+i], m.metric.factor[i*m.n+i] = v, math.Sqrt(v)
			}
		case h.metric.diagonal != nil:
			m.metric.diagonal = m.variance
		}
	}
	own := h.metric
	own.diagonal, own.dense, own.factor = m.metric.diagonal, m.metric.dense, m.metric.factor
	own.root, own.Rank = nil, nil
	h.limit()
	switch {
	case h.fixed:
	case !fresh:
		h.steps.Step = stepped(h.steps.Step, accept, h.steps.Target)
	default:
		h.steps.Step = 1 / math.Sqrt(math.Sqrt(float64(m.n)))
		if own.diagonal == nil && own.dense == nil {
			least := math.Inf(1)
			for _, v := range m.variance {
				least = min(least, v)
			}
			h.steps.Step *= math.Sqrt(least)
		}
	}
}

func (k *randomWalk) dense() bool { return true }

func (k *randomWalk) tune(m *moments, accept float64, fresh bool) {
	if k.scale = stepped(k.scale, accept, k.target); fresh {
		k.scale = 2.38 / math.Sqrt(float64(m.n))
	}
	clear(k.shape)
	for i, v := range m.variance {
		if m.factor == nil {
			k.shape[i*k.n+i] = k.scale * math.Sqrt(v)
			continue
		}
		for j := range i + 1 {
			k.shape[i*k.n+j] = k.scale * m.factor[i*k.n+j]
		}
	}
}
