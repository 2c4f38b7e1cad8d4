package ranged

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/vector"
)

// theory is of all pairs; a spin's own images are a constant where they are alike.
func (m *LongRangeON) theory() (factors.Theory, error) {
	if err := refuseQuadratic(m, "MeanField"); err != nil {
		return nil, err
	}
	n, size := m.N, m.Size()
	if err := factors.TooMany(float64(size) * float64(size)); err != nil {
		return nil, err
	}
	g, err := m.neighbours(&m.Lattice)
	if err != nil {
		return nil, err
	}
	J, own := m.pairs(), 0.0
	for i := range m.sites {
		own += float64(0.5 * m.self[i%m.width*n*n])
	}
	row := func(x []float64, k int) (sum float64) {
		for q, v := range J[k*size : (k+1)*size] {
			sum += float64(v * x[q])
		}
		return sum
	}
	return vector.NewTheory(n, g, m.h, func(x []float64) float64 {
		e := own
		for k, v := range x {
			e += float64(0.5 * row(x, k) * v)
			if m.h != nil {
				e += float64(m.outer(k / n)[k%n] * v)
			}
		}
		return 0 - e
	}, func(dst, x []float64, i int) {
		for p := range dst {
			dst[p] = row(x, i*n+p)
		}
		for p, h := range m.outer(i) {
			dst[p] += h
		}
	}), nil
}

// pairs is the matrix of all couplings, (sites, n, sites, n), without those of sites with their own images.
func (m *LongRangeON) pairs() []float64 {
	n, size := m.N, m.Size()
	J := make([]float64, size*size)
	for i := range m.sites {
		from := array.Unravel(i/m.width, m.cells)
		for j := range m.sites {
			if i == j {
				continue
			}
			dis := 0
			for k, x := range array.Unravel(j/m.width, m.cells) {
				dis = dis*m.extent[k] + (x-from[k]+m.extent[k])%m.extent[k]
			}
			for p := range n {
				for q := range n {
					J[(i*n+p)*size+j*n+q] = m.at(m.Couplings.Values, dis, i%m.width, j%m.width, p, q)
				}
			}
		}
	}
	return J
}
