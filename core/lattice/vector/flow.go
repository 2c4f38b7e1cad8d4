package vector

import (
	"context"

	"github.com/ergodica/ergodica/core/lattice/measure"
)

// Flower follows E on the spheres, of which it reports the density.
func (m *ON) Flower() (measure.Flower, error) {
	made, err := m.Evaluator(1)
	if err != nil {
		return nil, err
	}
	e, u := made.(*evaluator), make([]float64, 1)
	return measure.Downhill{
		Slope:      func(z, g []float64) { _ = e.Gradient(context.Background(), nil, 1, z, u, g) },
		Density:    func(z []float64) float64 { return m.energy(z) / float64(m.Lattice.Sites()) },
		Components: m.N,
	}.For(m.Size()), nil
}
