package field

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/field/stencil"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
)

// action is one caller's access to S and its gradient: on periodic hypercubic lattices by rows of the last axis, else over the bonds of the graph.
type action struct {
	model  *Phi4
	grid   *grid           // nil on graphs
	graph  *geometry.Graph // nil on grids
	padded []float64
	force  []float64
	terms  []float64
}

func newAction(m *Phi4) (*action, error) {
	n := m.Size()
	a := &action{model: m, force: make([]float64, n), terms: make([]float64, n)}
	if m.torus() {
		a.grid = newGrid(m.Lattice.Shape)
		a.padded = a.grid.buffer()
		return a, nil
	}
	var err error
	a.graph, err = m.Lattice.Graph()
	return a, err
}

// quartic is the force of a site with so many neighbours.
func (m *Phi4) quartic(neighbours int) stencil.Quartic {
	return stencil.Quartic{C: float64(neighbours) + m.Mass2, Lambda: m.Lam, H: m.H}
}

// grid is a hypercubic periodic lattice as rows of the last axis, each with a site more at both ends, which repeat those of the other.
type grid struct {
	axes, length, count, stride int
	rows                        *stencil.Rows
}

// margin keeps rows on cache lines.
const margin = 8

func newGrid(shape []int) *grid {
	d := len(shape) - 1
	g := &grid{axes: len(shape), length: shape[d], count: 1}
	g.stride = (g.length+7)/8*8 + 2*margin
	for _, n := range shape[:d] {
		g.count *= n
	}
	var rows []stencil.Row
	for r := range g.count {
		row := stencil.Row{At: g.place(r)}
		below := 1
		for axis := d - 1; axis >= 0; axis-- {
			n := shape[axis]
			at := r / below % n
			row.Others = append(row.Others, g.place(r+((at+1)%n-at)*below), g.place(r+((at+n-1)%n-at)*below))
			below *= n
		}
		rows = append(rows, row)
	}
	g.rows = stencil.NewRows(g.length, rows)
	return g
}

func (g *grid) place(row int) int { return row*g.stride + margin }

func (g *grid) buffer() []float64 { return make([]float64, g.count*g.stride) }

// load copies z to a buffer.
func (g *grid) load(to, z []float64) {
	for r, row := range g.rows.Rows {
		copy(to[row.At:], z[r*g.length:(r+1)*g.length])
		to[row.At-1], to[row.At+g.length] = to[row.At+g.length-1], to[row.At]
	}
}

// at fills the force at z.
func (a *action) at(z []float64) {
	if a.grid == nil {
		for i := range z {
			a.force[i] = a.site(z, i)
		}
		return
	}
	g, q := a.grid, a.model.quartic(2*a.grid.axes)
	g.load(a.padded, z)
	q.Force(a.force, a.padded, g.rows)
}

// site is the force at one site of a graph.
func (a *action) site(z []float64, i int) float64 {
	sum := a.model.H
	near := a.graph.To[a.graph.Start[i]:a.graph.Start[i+1]]
	for _, j := range near {
		sum += z[j]
	}
	q := a.model.quartic(len(near))
	return math.FMA(math.FMA(q.Lambda*z[i], z[i], q.C), z[i], 0-sum)
}

// sum is S, from the force F: each site's share is phi ((F - h)/2 - lam phi^3 / 4).
func (a *action) sum(z []float64) float64 {
	half, h, quarter, t := [1]float64{0.5}, [1]float64{a.model.H}, [1]float64{-0.25 * a.model.Lam}, a.terms
	simd.Square(t, z)
	simd.Mul(t, t, z)
	simd.Mul(t, t, quarter[:])
	simd.Sub(a.force, a.force, h[:])
	simd.MulAdd(t, a.force, half[:], t)
	simd.Add(a.force, a.force, h[:])
	return simd.Dot(t, z)
}

// Evaluator works row after row.
func (m *Phi4) Evaluator(rows int) (contract.Evaluator, error) {
	a, err := newAction(m)
	return &evaluator{a, rows}, err
}

type evaluator struct {
	*action
	rows int
}

func (e *evaluator) Gradient(_ context.Context, _ *par.Team, kT float64, z, u, g []float64) error {
	return e.each(kT, z, u, g)
}

func (e *evaluator) Value(_ context.Context, _ *par.Team, kT float64, z, u []float64) error {
	return e.each(kT, z, u, nil)
}

// each finishes also where it is cancelled: a kernel in the midst of a transition could not go on from there.
func (e *evaluator) each(kT float64, z, u, g []float64) error {
	n, over := len(e.terms), [1]float64{1 / kT}
	for r := range e.rows {
		row := z[r*n : (r+1)*n]
		e.at(row)
		u[r] = e.sum(row) / kT
		if g != nil {
			simd.Mul(g[r*n:(r+1)*n], e.force, over[:])
		}
	}
	return nil
}
