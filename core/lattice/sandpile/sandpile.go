// Package sandpile holds the Abelian sandpile.
package sandpile

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Sandpile is the Abelian sandpile: z_i >= 0 grains on every site, which topples where z_i >= Delta_ii,
//
//	z_i -> z_i - Delta_ii,   z_j -> z_j + 1 for each bond (i, j),   Delta_ii = bonds of i inside the lattice and over its edge + loss_i.
//
// Grains over an open edge, and loss_i of them at each toppling, leave; so a hypercubic lattice of d dimensions has Delta_ii = 2 d everywhere. On a graph,
// which has no edge, loss says where grains leave. The final state does not depend on the order of topplings (D. Dhar).
//
// One unit of time adds a grain at a random site and lets topplings end. In the long run all recurrent states are equally likely, det Delta in number, and
// a grain at i makes site j topple (Delta^-1)_ij times on average.
//
// # Observables
//
//	configuration             grains, int32, in the shape of the lattice (or (sites,))
//	grains                    mean number of grains of a site
//	size, area, duration      of the last avalanche: topplings, sites that toppled, steps in which all unstable sites topple at once
//	sizes, areas, durations   of the avalanches of all grains since the record before, ragged; grains that move nothing have 0
//	topplings                 of each site in the last avalanche, int32
//	activity                  of each site j, int32: of the states that come from this one by a grain more, one for each site, in how many j topples
//	responses                 of each site i, int32: topplings in all if the next grain were added at i
//
// # Start
//
// "random" is a recurrent state, drawn uniformly: a spanning tree by D. B. Wilson's walks, burnt backwards (S. N. Majumdar, D. Dhar). "ordered" is the empty
// lattice. States that are given are stable.
//
// # Examples
//
//	>>> pile = erg.lattice.Sandpile((32, 32))
//	>>> run = erg.simulate(pile, time=1000.0, every=100.0, observe=["sizes", "grains"], seed=1)
//	>>> run["sizes"][0, 1].shape
//	(100,)
//	>>> print(round(float(run["grains"].mean()), 1))
//	2.1
//
// # References
//
// P. Bak, C. Tang, K. Wiesenfeld, Phys. Rev. Lett. 59, 381 (1987). D. Dhar, Phys. Rev. Lett. 64, 1613 (1990). S. N. Majumdar, D. Dhar, Physica A 185,
// 129 (1992). D. B. Wilson, STOC 1996, 296.
type Sandpile struct {
	events.Rates
	// Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8), periodic=False), or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// Grains that leave at each toppling, beside those over an edge: whole numbers, one for all or one for each site.
	Loss array.Field `spec:"loss" default:"0.0"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"false"`

	graph *geometry.Graph
	limit []int32 // Delta_ii
}

// SlowDrive adds one grain in each unit of time, at a random site, and waits until topplings end.
//
// # Info
//
//	grains      added so far
//	topplings   so far
type SlowDrive struct{}

// Registry lists the package's systems.
func Registry() []contract.Entry {
	return []contract.Entry{
		walkers.Clock("lattice.Sandpile", "SlowDrive", func(m *Sandpile, _ *SlowDrive) (walkers.Builder[int32], error) {
			return func(w contract.Walker) (walkers.Kernel[int32], error) { return newDrive(m, w), nil }, nil
		}, "D. Dhar, Phys. Rev. Lett. 64, 1613 (1990), doi:10.1103/PhysRevLett.64.1613"),
	}
}

// Check finds the thresholds, and refuses lattices from which grains cannot leave.
func (m *Sandpile) Check() (err error) {
	if err := m.Lattice.SetPeriodic(m.Periodic); err != nil {
		return err
	}
	if m.graph, err = m.Lattice.Graph(); err != nil {
		return err
	}
	n := m.graph.Sites
	if _, err := array.Plan(n, 64, fmt.Sprintf("a sandpile of %d sites", n)); err != nil {
		return err
	}
	if !m.Loss.Uniform() && len(m.Loss.Values) != n {
		return spec.Errorf(spec.ShapeError, "Sandpile.loss: expected a number or shape (%d,), one per site; got shape %v", n, m.Loss.Shape)
	}
	m.limit = make([]int32, n)
	for i := range m.limit {
		loss := m.Loss.At(i)
		if !(loss >= 0 && loss <= 1<<20 && loss == math.Trunc(loss)) {
			return spec.Expected("Sandpile.loss", "whole numbers from 0 to 2^20", loss)
		}
		m.limit[i] = int32(m.bulk(i)) + int32(loss)
	}
	return m.drained()
}

// bulk is the number of bonds of a site, with those over an edge.
func (m *Sandpile) bulk(i int) int {
	switch l := &m.Lattice; {
	case l.Crystal != nil:
		return l.Crystal.Coordination[i%len(l.Crystal.Coordination)]
	case l.Shape != nil:
		z := 0
		for d, n := range l.Shape {
			if n > 1 || !l.Periodic[d] {
				z += 2
			}
		}
		return z
	}
	return m.graph.Degree(i)
}

// drained refuses parts of the lattice from which no grain can leave.
func (m *Sandpile) drained() error {
	g := m.graph
	seen := make([]bool, g.Sites)
	var queue []int32
	for i := range g.Sites {
		if int(m.limit[i]) > g.Degree(i) {
			seen[i] = true
			queue = append(queue, int32(i))
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, j := range g.To[g.Start[queue[0]]:g.Start[queue[0]+1]] {
			if !seen[j] {
				seen[j] = true
				queue = append(queue, j)
			}
		}
	}
	for i, ok := range seen {
		if !ok {
			return spec.Errorf(spec.SpecError, "Sandpile: grains cannot leave from site %d: expected an open edge or a loss in each connected part", i).
				Try("periodic=False, or loss=1")
		}
	}
	return nil
}

// Name in messages.
func (m *Sandpile) Name() string { return "Sandpile" }

// Layout is the lattice's shape, or (sites).
func (m *Sandpile) Layout() ([]int, []string) { return events.Layout(&m.Lattice) }

// Sites: a unit of time is a grain.
func (m *Sandpile) Sites() int { return 1 }

// Unit of the work.
func (m *Sandpile) Unit() string { return "grains" }

// Draw is a recurrent state.
func (m *Sandpile) Draw(x []int32, u *rng.Stream) { m.recurrent(x, u) }

// Ordered is the empty lattice.
func (m *Sandpile) Ordered(x []int32) { clear(x) }

// Admits stable states.
func (m *Sandpile) Admits(x []int32) (int, bool) {
	for i, z := range x {
		if z < 0 || z >= m.limit[i] {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *Sandpile) Values() string { return "a stable state, from 0 grains to one less than topple" }

// Observables beside the configuration.
func (m *Sandpile) Observables() []walkers.Observable[int32] {
	shape, dims := m.Layout()
	of := func(name string, value func(k *drive) float64) walkers.Observable[int32] {
		return walkers.Observable[int32]{Name: name, Scalar: func(e *walkers.Ensemble[int32], w int) float64 { return value(e.Kernels[w].(*drive)) }}
	}
	field := func(name string, fill func(k *drive, dst []int32)) walkers.Observable[int32] {
		return walkers.Observable[int32]{Name: name, Open: func(e *walkers.Ensemble[int32]) (contract.Observable, error) {
			return contract.Observable{Dtype: array.Int32, Shape: shape, Dims: dims, Record: func(w int, row []byte) {
				fill(e.Kernels[w].(*drive), array.Cast[int32](row))
			}}, nil
		}}
	}
	list := func(name string, which int) walkers.Observable[int32] {
		return walkers.Observable[int32]{Name: name, Open: func(e *walkers.Ensemble[int32]) (contract.Observable, error) {
			for _, k := range e.Kernels {
				k.(*drive).listing = true
			}
			return contract.Observable{Dtype: array.Int64, Ragged: func(w int) []byte { return array.Bytes(e.Kernels[w].(*drive).listed(which)) }}, nil
		}}
	}
	return []walkers.Observable[int32]{
		{Name: "grains", Scalar: func(e *walkers.Ensemble[int32], w int) float64 {
			total := 0
			for _, z := range e.Read(w, w) {
				total += int(z)
			}
			return float64(total) / float64(m.graph.Sites)
		}},
		of("size", func(k *drive) float64 { return float64(k.last.Size) }),
		of("area", func(k *drive) float64 { return float64(k.last.Area) }),
		of("duration", func(k *drive) float64 { return float64(k.last.Duration) }),
		list("sizes", 0), list("areas", 1), list("durations", 2),
		field("topplings", func(k *drive, dst []int32) { k.pile.counts(dst) }),
		field("activity", func(k *drive, dst []int32) { copy(dst, k.respond().active) }),
		field("responses", func(k *drive, dst []int32) { copy(dst, k.respond().sizes) }),
	}
}
