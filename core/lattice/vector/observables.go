package vector

import (
	"fmt"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec"
)

// Observables are beside energy and configuration.
func (m *ON) Observables() []walkers.Observable[float64] {
	return append(Means(m.N), []walkers.Observable[float64]{
		{Name: "structure_factor", Open: m.structureFactor},
		{Name: "helicity", Open: m.helicity},
		{Name: "vortices", Open: m.vortices},
	}...)
}

func (m *ON) structureFactor(e *ensemble) (contract.Observable, error) {
	shape := m.Lattice.Shape
	if shape == nil {
		return contract.Observable{}, spec.Mismatch("structure_factor", "a hypercubic lattice", fmt.Sprintf("a graph of %d sites", m.Lattice.Sites())).Try(`observe="configuration"`)
	}
	grids := make([]*walkers.Grid, e.Size())
	for w := range grids {
		grids[w] = walkers.NewGrid(shape)
	}
	return contract.Observable{Dtype: array.Float64, Shape: shape, Dims: walkers.AxisNames("k", len(shape)), Record: func(w int, row []byte) {
		s, dst := e.View(w), array.Cast[float64](row)
		clear(dst)
		for c := range m.N {
			grids[w].AddPower(dst, func(i int) float64 { return s[i*m.N+c] })
		}
	}}, nil
}

// helicity refuses what has no twist by an angle, and temperature 0, where it is no mean over states.
func (m *ON) helicity(e *ensemble) (contract.Observable, error) {
	l := &m.Lattice
	if l.Shape == nil || m.N > 3 || m.h != nil {
		return contract.Observable{}, spec.Mismatch("helicity", "a hypercubic lattice, n = 2 or 3 and no fields", fmt.Sprintf("n = %d", m.N)).Try(`observe="energy"`)
	}
	for d, periodic := range l.Periodic {
		if !periodic {
			return contract.Observable{}, spec.Mismatch("helicity", "periodic axes", fmt.Sprintf("axis %d open", d)).Try("periodic=True")
		}
	}
	axes := make([]int, len(m.graph.Ends)) // of the bonds
	for b, at := 0, 0; b < len(axes); at++ {
		for d, n := range l.Shape {
			if n > 1 {
				axes[b] = d
				b++
			}
		}
	}
	long := 0
	for _, n := range l.Shape {
		if n > 1 {
			long++
		}
	}
	return contract.Observable{Dtype: array.Float64, Record: func(w int, row []byte) {
		s, n := e.View(w), m.N
		var along float64
		twist := make([][3]float64, len(l.Shape))
		for b, ends := range m.graph.Ends {
			p, q := s[int(ends[0])*n:int(ends[0])*n+n], s[int(ends[1])*n:int(ends[1])*n+n]
			J := m.J.At(b)
			along += float64(J * dot(p, q))
			t := &twist[axes[b]]
			t[2] += float64(J * (float64(p[0]*q[1]) - float64(p[1]*q[0])))
			if n == 3 {
				t[0] += float64(J * (float64(p[1]*q[2]) - float64(p[2]*q[1])))
				t[1] += float64(J * (float64(p[2]*q[0]) - float64(p[0]*q[2])))
			}
		}
		squares := 0.0
		for _, t := range twist {
			squares += dot(t[:], t[:])
		}
		if n == 3 { // the mean over the three axes of rotation, of each of which two components take part
			along, squares = along*2/3, squares/3
		}
		array.Cast[float64](row)[0] = (along - squares/walkers.Temperature(e.Walkers[w].Params)) / float64(l.Sites()*long)
	}}, nil
}

// vortices counts plaquettes around which the angles turn once.
func (m *ON) vortices(e *ensemble) (contract.Observable, error) {
	l := &m.Lattice
	if len(l.Shape) != 2 || m.N != 2 {
		return contract.Observable{}, spec.Mismatch("vortices", "n = 2 on a hypercubic lattice of two dimensions", fmt.Sprintf("n = %d on %v", m.N, l.Shape)).Try(`observe="configuration"`)
	}
	return contract.Observable{Dtype: array.Float64, Record: func(w int, row []byte) {
		count, total := m.turns(e.View(w))
		array.Cast[float64](row)[0] = float64(count) / float64(max(total, 1))
	}}, nil
}

// turns counts the plaquettes with a winding, and all: a difference of angles in (-pi, pi] crosses the cut of the plane, the negative x axis, up or down
// where the signs of y differ and the chord passes left of the origin; the winding is the number of crossings.
func (m *ON) turns(s []float64) (count, total int) {
	rows, cols := m.Lattice.Shape[0], m.Lattice.Shape[1]
	crosses := func(i, j int) int {
		p, q := s[2*i:2*i+2], s[2*j:2*j+2]
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
	for r := range rows {
		for c := range cols {
			if r == rows-1 && !m.Lattice.Periodic[0] || c == cols-1 && !m.Lattice.Periodic[1] || rows == 1 || cols == 1 {
				continue
			}
			a, b, d, g := r*cols+c, r*cols+(c+1)%cols, (r+1)%rows*cols+(c+1)%cols, (r+1)%rows*cols+c
			total++
			if crosses(a, b)+crosses(b, d)+crosses(d, g)+crosses(g, a) != 0 {
				count++
			}
		}
	}
	return count, total
}
