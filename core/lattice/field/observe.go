package field

import (
	"context"
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd"
)

// quantity is one observable; fill writes its values.
type quantity struct {
	contract.Quantity
	fill func(r *recorder, z, to []float64)
}

func number(name string, f func(r *recorder, z []float64) float64) quantity {
	return quantity{contract.Quantity{Name: name, Dtype: array.Float64}, func(r *recorder, z, to []float64) { to[0] = f(r, z) }}
}

func (m *Phi4) quantities() []quantity {
	all := []quantity{
		{contract.Quantity{Name: "configuration", Dtype: array.Float64, Shape: m.Arrangement()}, func(_ *recorder, z, to []float64) { copy(to, z) }},
		number("energy", (*recorder).energy),
		number("action_density", func(r *recorder, z []float64) float64 { return r.energy(z) / float64(len(z)) }),
		number("magnetization", func(_ *recorder, z []float64) float64 { return mean(z) }),
		number("|magnetization|", func(_ *recorder, z []float64) float64 { return math.Abs(mean(z)) }),
		number("magnetization^2", func(_ *recorder, z []float64) float64 { x := mean(z); return x * x }),
		number("magnetization^4", func(_ *recorder, z []float64) float64 { x := mean(z); return x * x * x * x }),
		number("phi^2", func(_ *recorder, z []float64) float64 { return simd.Dot(z, z) / float64(len(z)) }),
		number("phi^4", (*recorder).fourth),
		number("kinetic", (*recorder).kinetic),
	}
	if m.Lattice.Shape != nil && m.Lattice.Periodic[0] {
		n := m.Lattice.Shape[0]
		all = append(all, quantity{contract.Quantity{Name: "correlator", Dtype: array.Float64, Shape: []int{n/2 + 1}}, (*recorder).correlator})
	}
	return all
}

// Quantities are listed at the type.
func (m *Phi4) Quantities() (all []contract.Quantity) {
	for _, q := range m.quantities() {
		all = append(all, q.Quantity)
	}
	return all
}

// Recorder computes quantities one by one.
func (m *Phi4) Recorder() (contract.Recorder, error) {
	a, err := newAction(m)
	if err != nil {
		return nil, err
	}
	r := &recorder{action: a, all: m.quantities()}
	for _, q := range r.all {
		n, err := array.Count(q.Shape)
		if err != nil {
			return nil, err
		}
		r.rows = append(r.rows, array.Bytes(make([]float64, n)))
	}
	if m.Lattice.Shape != nil {
		r.slices = make([]float64, m.Lattice.Shape[0])
	}
	return r, nil
}

type recorder struct {
	*action
	all    []quantity
	rows   [][]byte
	slices []float64
}

func (r *recorder) Record(ctx context.Context, z []float64) ([][]byte, error) {
	for k := range r.all {
		if err := r.Measure(ctx, z, k, r.rows[k]); err != nil {
			return nil, err
		}
	}
	return r.rows, nil
}

func (r *recorder) Measure(_ context.Context, z []float64, k int, row []byte) error {
	if k < 0 || k >= len(r.all) {
		return fmt.Errorf("field: no quantity %d", k)
	}
	r.all[k].fill(r, z, array.Cast[float64](row))
	return nil
}

func mean(z []float64) float64 { return simd.Sum(z) / float64(len(z)) }

func (r *recorder) energy(z []float64) float64 {
	r.at(z)
	return r.sum(z)
}

func (r *recorder) fourth(z []float64) float64 {
	simd.Square(r.terms, z)
	return simd.Dot(r.terms, r.terms) / float64(len(z))
}

// kinetic is what the potential leaves of the action.
func (r *recorder) kinetic(z []float64) float64 {
	m, n := r.model, float64(len(z))
	s := r.energy(z) / n
	return s - float64(0.5*m.Mass2*(simd.Dot(z, z)/n)) - float64(0.25*m.Lam*r.fourth(z)) + float64(m.H*mean(z))
}

func (r *recorder) correlator(z, to []float64) {
	T := len(r.slices)
	A := len(z) / T
	for t := range r.slices {
		r.slices[t] = mean(z[t*A : (t+1)*A])
	}
	for d := range to {
		sum := 0.0
		for t, f := range r.slices {
			sum += float64(f * r.slices[(t+d)%T])
		}
		to[d] = float64(A) * sum / float64(T)
	}
}
