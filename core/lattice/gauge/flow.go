package gauge

import (
	"github.com/ergodica/ergodica/core/lattice/gauge/lanes"
	"github.com/ergodica/ergodica/core/lattice/measure"
)

// flower is the flow of matrices.
type flower struct {
	*meter
	*lanes.Flow
}

// Flower follows Wilson's action.
func (t *theory) Flower() (measure.Flower, error) {
	m := t.meter()
	return &flower{m, lanes.NewFlow(m.at)}, nil
}

// Begin takes links.
func (f *flower) Begin(z []float64) { f.Load(z) }

// At writes them, back on the group.
func (f *flower) At(z []float64) {
	f.Unitary()
	f.Store(z)
}

// Energy is 2 sum_p Re tr(1 - U_p) / N.
func (f *flower) Energy() float64 { return f.density() }

// Charge is that of the clovers.
func (f *flower) Charge() (q float64, has bool) {
	if f.meter.d != 4 {
		return 0, false
	}
	return f.Flow.Charge(f.algebras), true
}

func (m *meter) density() float64 {
	return float64(2*int(m.Group)) * m.sum(m.at, nil) / float64(m.sites)
}

// Flower follows sum_p (1 - cos P), which is also its energy, a site.
func (m *U1) Flower() (measure.Flower, error) {
	a := newAngles(m.links)
	flow := measure.Downhill{
		Slope:   func(z, g []float64) { a.sum(z, g, 1) },
		Density: func(z []float64) float64 { return a.sum(z, nil, 0) / float64(a.sites) },
	}
	if a.d == 2 {
		flow.Topology = a.charge
	}
	return flow.For(m.Size()), nil
}
