package ranged

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/vector"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// What methods over targets ask of a LongRangeON: it is a density on a product of spheres, whose gradient is summed by Fourier transforms.

// Size is the number of coordinates.
func (m *LongRangeON) Size() int { return m.sites * m.N }

// Shape: spheres.
func (m *LongRangeON) Shape() contract.Blocks {
	return contract.Blocks{{Kind: "sphere", Count: m.sites, Rows: m.N, Cols: 1}}
}

// Arrangement is that of a configuration.
func (m *LongRangeON) Arrangement() []int {
	shape, _ := m.Layout()
	return shape
}

// Belongs refuses what is not on the spheres.
func (m *LongRangeON) Belongs(s []float64) error {
	if at, ok := m.Admits(s); !ok {
		return spec.Errorf(spec.SpecError, "start: expected %s, got %v at site %d", m.Values(), s[at:at+m.N], at/m.N)
	}
	return nil
}

func (m *LongRangeON) quantities() []measure.Quantity {
	shape, dims := m.Layout()
	var k *spins // of one caller, made when it is needed
	return vector.Quantities(m.N, shape, dims, func(s []float64) float64 {
		if k == nil {
			k = &spins{LongRangeON: m, f: newFields(&m.couplings, false)}
		}
		k.Sum(s)
		return k.energy(s)
	})
}

// Quantities are listed at the type.
func (m *LongRangeON) Quantities() []contract.Quantity { return measure.Names(m.quantities()) }

// Recorder computes quantities one by one.
func (m *LongRangeON) Recorder() (contract.Recorder, error) { return measure.New(m.quantities()) }

// Evaluator works row after row.
func (m *LongRangeON) Evaluator(rows int) (contract.Evaluator, error) {
	return vector.NewEvaluator(m.N, m.sites, rows, m.newPull()), nil
}

// Mover kicks along the spheres and drifts along great circles.
func (m *LongRangeON) Mover() (contract.Mover, error) {
	return vector.NewMover(m.N, m.sites, m.newPull()), nil
}

// pull is f_i = sum_j J_ij s_j + h_i + 2 D_i (axes_i . s_i) axes_i, images of a spin's own among the J.
type pull struct {
	*LongRangeON
	f *fields
	h []float64 // component by component
}

func (m *LongRangeON) newPull() *pull {
	p := &pull{LongRangeON: m, f: newFields(&m.couplings, false), h: make([]float64, m.Size())}
	for i := range m.sites {
		for c, h := range m.outer(i) {
			p.h[c*m.sites+i] = h
		}
	}
	return p
}

// At is of vector.Pull.
func (p *pull) At(f, s []float64) {
	n, sites, each := p.N, p.sites, len(p.f.x)/p.N
	p.f.anew(func(k int) float64 { return s[k%n*sites+k/n] })
	for i := range sites {
		self, axis, along := p.self[i%p.width*n*n:], p.axis[i*n:(i+1)*n], 0.0
		for c, a := range axis {
			along += float64(a * s[c*sites+i])
		}
		along *= float64(2 * p.D.At(i))
		for c, a := range axis {
			x := p.f.x[c*each+int(p.slot[i])] + float64(along*a)
			for q := range n {
				x += float64(self[c*n+q] * s[q*sites+i])
			}
			f[c*sites+i] = x
		}
	}
	simd.Add(f, f, p.h)
}

// Along is of vector.Pull.
func (p *pull) Along(s []float64) float64 { return simd.Dot(s, p.h) }
