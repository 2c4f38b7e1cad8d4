package vector

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// What methods over targets ask of an ON: it is a density on a product of spheres.

// Size is the number of coordinates.
func (m *ON) Size() int { return m.Lattice.Sites() * m.N }

// Shape: spheres.
func (m *ON) Shape() contract.Blocks {
	return contract.Blocks{{Kind: "sphere", Count: m.Lattice.Sites(), Rows: m.N, Cols: 1}}
}

// Arrangement is that of a configuration.
func (m *ON) Arrangement() []int {
	shape, _ := m.Layout()
	return shape
}

// Belongs refuses what is not on the spheres.
func (m *ON) Belongs(s []float64) error {
	if at, ok := m.Admits(s); !ok {
		return spec.Errorf(spec.SpecError, "start: expected %s, got %v at site %d", m.Values(), s[at:at+m.N], at/m.N)
	}
	return nil
}

// Quantities are listed at the type.
func (m *ON) Quantities() []contract.Quantity { return measure.Names(m.quantities()) }

// Recorder computes quantities one by one.
func (m *ON) Recorder() (contract.Recorder, error) { return measure.New(m.quantities()) }

// Evaluator works row after row.
func (m *ON) Evaluator(rows int) (contract.Evaluator, error) {
	return NewEvaluator(m.N, m.Lattice.Sites(), rows, newPull(m)), nil
}

// NewEvaluator is one of an energy of second degree.
func NewEvaluator(n, sites, rows int, pull Pull) contract.Evaluator {
	return &evaluator{planes{n, sites}, pull, make([]float64, n*sites), make([]float64, n*sites), rows}
}

type evaluator struct {
	planes
	pull Pull
	s, f []float64 // component by component
	rows int
}

func (e *evaluator) Gradient(_ context.Context, _ *par.Team, kT float64, z, u, g []float64) error {
	return e.each(kT, z, u, g)
}

func (e *evaluator) Value(_ context.Context, _ *par.Team, kT float64, z, u []float64) error {
	return e.each(kT, z, u, nil)
}

// each is u = -sum_i s_i . (f_i + h_i) / 2 kT, f the whole pull on a spin, and its gradient -f/kT.
func (e *evaluator) each(kT float64, z, u, g []float64) error {
	n, minus := len(e.s), [1]float64{-1 / kT}
	for r := range e.rows {
		e.split(e.s, z[r*n:(r+1)*n])
		e.pull.At(e.f, e.s)
		u[r] = -0.5 * (simd.Dot(e.s, e.f) + e.pull.Along(e.s)) / kT
		if g != nil {
			simd.Mul(e.f, e.f, minus[:])
			e.join(g[r*n:(r+1)*n], e.f)
		}
	}
	return nil
}

// Along is of Pull.
func (p *pull) Along(s []float64) float64 {
	sum, n := 0.0, p.sites
	for c := range p.N {
		switch {
		case p.h == nil:
			return 0
		case p.fields != nil:
			sum += simd.Dot(s[c*n:(c+1)*n], p.fields[c*n:(c+1)*n])
		case p.h[c] != 0:
			sum += float64(p.h[c] * simd.Sum(s[c*n:(c+1)*n]))
		}
	}
	return sum
}
