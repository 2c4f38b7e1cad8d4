package measure

import (
	"math"

	"github.com/ergodica/ergodica/core/simd"
)

// Flowing is a system whose configurations follow the gradient of their action downhill.
type Flowing interface {
	// Size is the number of values of a configuration.
	Size() int
	Flower() (Flower, error) // one caller's access
}

// Flower follows dz/dt = -dS/dz of one configuration.
type Flower interface {
	Begin(z []float64)
	// Step goes on for a time eps by a Runge-Kutta step of order 3, and tells by how much any number of a result of order 2 differs from it, if asked.
	Step(eps float64, compare bool) (off float64)
	Back() // undoes the last step
	At(z []float64)
	// Energy is the density of action that the system reports of flows, Charge the topological one, where there is one.
	Energy() float64
	Charge() (q float64, has bool)
}

// Downhill is the flow of numbers, or of unit vectors of so many components side by side, by the scheme of M. Luescher, JHEP 08, 071 (2010), in flat space:
//
//	w1 = w0 + Z0/4,   w2 = w1 + 8/9 Z1 - 17/36 Z0,   w3 = w2 + 3/4 Z2 - 8/9 Z1 + 17/36 Z0,   Zk = eps f(wk),
//
// and w0 - Z0 + 2 Z1 of order 2 beside it (P. Fritzsch, A. Ramos, JHEP 10, 008 (2013)). Slopes of unit vectors are made tangent, lengths 1 after a step.
type Downhill struct {
	Slope      func(z, g []float64) // fills the gradient
	Density    func(z []float64) float64
	Topology   func(z []float64) float64 // nil where there is none
	Components int                       // 0 for numbers

	z, before, first, second, coarse []float64
}

// For has room for n numbers.
func (d Downhill) For(n int) *Downhill {
	for _, x := range []*[]float64{&d.z, &d.before, &d.first, &d.second, &d.coarse} {
		*x = make([]float64, n)
	}
	return &d
}

// Begin takes a configuration.
func (d *Downhill) Begin(z []float64) { copy(d.z, z) }

// At writes it.
func (d *Downhill) At(z []float64) { copy(z, d.z) }

// Back undoes a step.
func (d *Downhill) Back() { copy(d.z, d.before) }

// Energy is Density.
func (d *Downhill) Energy() float64 { return d.Density(d.z) }

// Charge is Topology.
func (d *Downhill) Charge() (q float64, has bool) {
	if d.Topology == nil {
		return 0, false
	}
	return d.Topology(d.z), true
}

// down fills the gradient, tangent.
func (d *Downhill) down(g []float64) {
	d.Slope(d.z, g)
	n := d.Components
	for i := 0; n > 0 && i < len(g); i += n {
		s, v := d.z[i:i+n], g[i:i+n]
		along, square := 0.0, 0.0
		for c, x := range s {
			along += float64(x * v[c])
			square += float64(x * x)
		}
		along /= square
		for c, x := range s {
			v[c] -= float64(along * x)
		}
	}
}

// unit makes lengths 1.
func (d *Downhill) unit(z []float64) {
	n := d.Components
	for i := 0; n > 0 && i < len(z); i += n {
		square := 0.0
		for _, x := range z[i : i+n] {
			square += float64(x * x)
		}
		for c := range n {
			z[i+c] /= math.Sqrt(square)
		}
	}
}

// Step is that of the type's comment.
func (d *Downhill) Step(eps float64, compare bool) (off float64) {
	add := func(f float64, g []float64) {
		by := [1]float64{-f * eps}
		simd.MulAdd(d.z, by[:], g, d.z)
	}
	copy(d.before, d.z)
	d.down(d.first)
	add(0.25, d.first)
	d.down(d.second)
	if compare {
		one, two := [1]float64{eps}, [1]float64{-2 * eps}
		simd.MulAdd(d.coarse, one[:], d.first, d.before)
		simd.MulAdd(d.coarse, two[:], d.second, d.coarse)
		d.unit(d.coarse)
	}
	for k, x := range d.first { // 8/9 Z1 - 17/36 Z0
		d.first[k] = float64(8.0/9*d.second[k]) - float64(17.0/36*x)
	}
	add(1, d.first)
	d.down(d.second)
	add(0.75, d.second)
	add(-1, d.first)
	d.unit(d.z)
	if compare {
		for k, x := range d.coarse {
			if e := math.Abs(x - d.z[k]); !(e <= off) {
				off = e
			}
		}
	}
	return off
}
