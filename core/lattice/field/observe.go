package field

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/simd"
)

// Quantities are listed at the type.
func (m *Phi4) Quantities() []contract.Quantity { return measure.Names(m.quantities(nil)) }

// Recorder computes quantities one by one.
func (m *Phi4) Recorder() (contract.Recorder, error) {
	a, err := newAction(m)
	if err != nil {
		return nil, err
	}
	return measure.New(m.quantities(a))
}

// quantities are computed with an action; nil is for their names.
func (m *Phi4) quantities(a *action) []measure.Quantity {
	all := []measure.Quantity{
		{Name: "configuration", Shape: m.Arrangement(), Fill: func(z, to []float64) { copy(to, z) }},
		measure.Number("energy", a.energy),
		measure.Number("action_density", func(z []float64) float64 { return a.energy(z) / float64(len(z)) }),
		measure.Number("magnetization", mean),
		measure.Number("|magnetization|", func(z []float64) float64 { return math.Abs(mean(z)) }),
		measure.Number("magnetization^2", func(z []float64) float64 { x := mean(z); return x * x }),
		measure.Number("magnetization^4", func(z []float64) float64 { x := mean(z); return x * x * x * x }),
		measure.Number("phi^2", func(z []float64) float64 { return simd.Dot(z, z) / float64(len(z)) }),
		measure.Number("phi^4", a.fourth),
		measure.Number("kinetic", a.kinetic),
	}
	if l := m.Lattice.Shape; l != nil && m.Lattice.Periodic[0] {
		all = append(all, measure.Quantity{Name: "correlator", Shape: []int{l[0]/2 + 1}, Fill: correlator(l[0])})
	}
	return all
}

func mean(z []float64) float64 { return simd.Sum(z) / float64(len(z)) }

func (a *action) energy(z []float64) float64 {
	a.at(z)
	return a.sum(z)
}

func (a *action) fourth(z []float64) float64 {
	simd.Square(a.terms, z)
	return simd.Dot(a.terms, a.terms) / float64(len(z))
}

// kinetic is what the potential leaves of the action.
func (a *action) kinetic(z []float64) float64 {
	m, n := a.model, float64(len(z))
	s := a.energy(z) / n
	return s - float64(0.5*m.Mass2*(simd.Dot(z, z)/n)) - float64(0.25*m.Lam*a.fourth(z)) + float64(m.H*mean(z))
}

// correlator is that of T slices.
func correlator(T int) func(z, to []float64) {
	slices := make([]float64, T)
	return func(z, to []float64) {
		A := len(z) / T
		for t := range slices {
			slices[t] = mean(z[t*A : (t+1)*A])
		}
		for d := range to {
			sum := 0.0
			for t, f := range slices {
				sum += float64(f * slices[(t+d)%T])
			}
			to[d] = float64(A) * sum / float64(T)
		}
	}
}
