package field

import "github.com/ergodica/ergodica/core/lattice/measure"

// Flower follows S, of which it reports the density.
func (m *Phi4) Flower() (measure.Flower, error) {
	a, err := newAction(m)
	if err != nil {
		return nil, err
	}
	return measure.Downhill{
		Slope: func(z, g []float64) {
			a.at(z)
			copy(g, a.force)
		},
		Density: func(z []float64) float64 { return a.energy(z) / float64(len(z)) },
	}.For(m.Size()), nil
}
