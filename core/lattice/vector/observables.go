package vector

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec"
)

// Observables are beside energy and configuration.
func (m *ON) Observables() []walkers.Observable[float64] {
	all := Means(m.N)
	for k, find := range m.some() {
		all = append(all, walkers.Observable[float64]{Name: []string{"structure_factor", "helicity", "vortices"}[k], Open: func(e *ensemble) (contract.Observable, error) {
			each := make([]measure.Quantity, e.Size()) // with scratch memory of their own
			for w := range each {
				var err error
				if each[w], err = find(); err != nil {
					return contract.Observable{}, err
				}
			}
			return contract.Observable{Dtype: array.Float64, Shape: each[0].Shape, Dims: each[0].Dims, Record: func(w int, row []byte) {
				each[w].Of(walkers.Temperature(e.Walkers[w].Params), e.View(w), array.Cast[float64](row))
			}}, nil
		}})
	}
	return all
}

// quantities are the same for methods over targets.
func (m *ON) quantities() []measure.Quantity {
	shape, dims := m.Layout()
	all := Quantities(m.N, shape, dims, m.energy)
	for _, find := range m.some() {
		if q, err := find(); err == nil {
			all = append(all, q)
		}
	}
	return all
}

// some are for some lattices.
func (m *ON) some() []func() (measure.Quantity, error) {
	return []func() (measure.Quantity, error){m.structureFactor, m.helicity, m.vortices}
}

func (m *ON) structureFactor() (measure.Quantity, error) {
	shape := m.Lattice.Shape
	if shape == nil {
		return measure.Quantity{}, spec.Mismatch("structure_factor", "a hypercubic lattice", fmt.Sprintf("a graph of %d sites", m.Lattice.Sites())).Try(`observe="configuration"`)
	}
	var grid *walkers.Grid
	return measure.Quantity{Name: "structure_factor", Shape: shape, Dims: walkers.AxisNames("k", len(shape)), Fill: func(s, to []float64) {
		if grid == nil {
			grid = walkers.NewGrid(shape)
		}
		clear(to)
		for c := range m.N {
			grid.AddPower(to, func(i int) float64 { return s[i*m.N+c] })
		}
	}}, nil
}

// helicity refuses what has no twist by an angle.
func (m *ON) helicity() (measure.Quantity, error) {
	if m.Lattice.Shape == nil || m.N > 3 || m.h != nil {
		return measure.Quantity{}, spec.Mismatch("helicity", "a hypercubic lattice, n = 2 or 3 and no fields", fmt.Sprintf("n = %d", m.N)).Try(`observe="energy"`)
	}
	n := m.N
	return measure.Helicity(&m.Lattice, m.graph, func(s []float64, b int, i, j int32, axis []float64) (along float64) {
		p, q, J := s[int(i)*n:int(i)*n+n], s[int(j)*n:int(j)*n+n], m.J.At(b)
		axis[2] += float64(J * (float64(p[0]*q[1]) - float64(p[1]*q[0])))
		if n == 3 { // the mean over the three axes of rotation, of each of which two components take part
			axis[0] += float64(J * (float64(p[1]*q[2]) - float64(p[2]*q[1])))
			axis[1] += float64(J * (float64(p[2]*q[0]) - float64(p[0]*q[2])))
			return float64(J*dot(p, q)) * 2
		}
		return float64(J * dot(p, q))
	}, []float64{1, 3}[n-2])
}

// vortices counts plaquettes around which the angles turn once.
func (m *ON) vortices() (measure.Quantity, error) {
	l := &m.Lattice
	if len(l.Shape) != 2 || m.N != 2 {
		return measure.Quantity{}, spec.Mismatch("vortices", "n = 2 on a hypercubic lattice of two dimensions", fmt.Sprintf("n = %d on %v", m.N, l.Shape)).Try(`observe="configuration"`)
	}
	return measure.Number("vortices", func(s []float64) float64 {
		return measure.Vortices(l, func(i, j int) int { return crosses(s[2*i:2*i+2], s[2*j:2*j+2]) })
	}), nil
}

// crosses tells whether a difference of angles in (-pi, pi] crosses the cut of the plane, the negative x axis, up (1) or down (-1): the signs of y differ
// and the chord passes left of the origin. The winding around a plaquette is the number of crossings.
func crosses(p, q []float64) int {
	if (p[1] < 0) == (q[1] < 0) {
		return 0
	}
	side := float64(p[0]*q[1]) - float64(p[1]*q[0])
	switch {
	case p[1] >= 0 && side > 0:
		return 1
	case p[1] < 0 && side < 0:
		return -1
	}
	return 0
}

// Quantities of unit vectors are the configuration, its energy, their mean and powers of its length.
func Quantities(n int, shape []int, dims []string, energy func(s []float64) float64) []measure.Quantity {
	second := func(s []float64) float64 {
		var room [64]float64
		mean(room[:n], s)
		return dot(room[:n], room[:n])
	}
	return []measure.Quantity{
		{Name: "configuration", Shape: shape, Dims: dims, Fill: func(s, to []float64) { copy(to, s) }},
		measure.Number("energy", energy),
		{Name: "magnetization", Shape: []int{n}, Dims: []string{"component"}, Fill: func(s, to []float64) { mean(to, s) }},
		measure.Number("|magnetization|", func(s []float64) float64 { return math.Sqrt(second(s)) }),
		measure.Number("magnetization^2", second),
		measure.Number("magnetization^4", func(s []float64) float64 { x := second(s); return x * x }),
	}
}
