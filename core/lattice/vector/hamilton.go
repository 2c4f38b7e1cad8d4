package vector

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Pull is one caller's access to what pulls at all spins of an energy of second degree, E = -(1/2) sum_i s_i . (f_i + h_i).
type Pull interface {
	// At writes f_i = -dE/ds_i; spins and f are held component by component.
	At(f, s []float64)
	// Along is sum_i s_i . h_i.
	Along(s []float64) float64
}

// planes are vectors of n components at so many sites.
type planes struct{ n, sites int }

// split writes spins, (sites, n), as (n, sites); join is the way back.
func (p planes) split(to, from []float64) {
	for c := range p.n {
		row := to[c*p.sites : (c+1)*p.sites]
		for i := range row {
			row[i] = from[i*p.n+c]
		}
	}
}

func (p planes) join(to, from []float64) {
	for c := range p.n {
		for i, x := range from[c*p.sites : (c+1)*p.sites] {
			to[i*p.n+c] = x
		}
	}
}

// pull has f_i = sum_j J_ij s_j + h_i: on periodic hypercubic lattices with one coupling by whole rows, else over the bonds of the graph.
type pull struct {
	*ON
	sites  int
	fields []float64 // h of each site, component by component; nil where it is one for all
}

func newPull(m *ON) *pull {
	p := &pull{ON: m, sites: m.Lattice.Sites()}
	if m.each {
		p.fields = make([]float64, m.Size())
		planes{m.N, p.sites}.split(p.fields, m.h)
	}
	return p
}

// At is of Pull.
func (p *pull) At(all, s []float64) {
	rows := p.J.Uniform() && p.torus()
	for c := range p.N {
		f, own := all[c*p.sites:(c+1)*p.sites], s[c*p.sites:(c+1)*p.sites]
		if rows {
			p.roll(f, own)
		} else {
			p.gather(f, own)
		}
		switch {
		case p.fields != nil:
			simd.Add(f, f, p.fields[c*p.sites:(c+1)*p.sites])
		case p.h != nil && p.h[c] != 0:
			simd.Add(f, f, p.h[c:c+1])
		}
	}
}

// torus tells whether the lattice is hypercubic and periodic.
func (m *ON) torus() bool {
	for _, p := range m.Lattice.Periodic {
		if !p {
			return false
		}
	}
	return m.Lattice.Shape != nil
}

// roll adds the neighbours along one axis after the other, from behind and before.
func (p *pull) roll(f, s []float64) {
	clear(f)
	below := 1
	for axis := len(p.Lattice.Shape) - 1; axis >= 0; axis-- {
		n := p.Lattice.Shape[axis]
		for from := 0; n > 1 && from < len(s); from += n * below {
			x, y, last := f[from:from+n*below], s[from:from+n*below], (n-1)*below
			simd.Add(x[:last], x[:last], y[below:])
			simd.Add(x[last:], x[last:], y[:below])
			simd.Add(x[below:], x[below:], y[:last])
			simd.Add(x[:below], x[:below], y[last:])
		}
		below *= n
	}
	if J := [1]float64{p.J.Scalar}; J[0] != 1 {
		simd.Mul(f, f, J[:])
	}
}

func (p *pull) gather(f, s []float64) {
	g := p.graph
	for i := range f {
		sum := 0.0
		for k := g.Start[i]; k < g.Start[i+1]; k++ {
			sum += float64(p.J.At(int(g.Bond[k])) * s[g.To[k]])
		}
		f[i] = sum
	}
}

// Mover is of Moving.
func (m *ON) Mover() (contract.Mover, error) {
	return NewMover(m.N, m.Lattice.Sites(), newPull(m)), nil
}

// NewMover kicks along the spheres of n dimensions and drifts along great circles.
func NewMover(n, sites int, pull Pull) contract.Mover {
	v := &carrier{planes: planes{n, sites}, pull: pull}
	for _, x := range []*[]float64{&v.s, &v.p, &v.f} {
		*x = make([]float64, n*sites)
	}
	for _, x := range []*[]float64{&v.one, &v.two, &v.sin, &v.cos} {
		*x = make([]float64, sites)
	}
	return v
}

type carrier struct {
	planes
	pull               Pull
	s, p, f            []float64 // component by component
	one, two, sin, cos []float64 // a number for each site
	over               float64   // 1/kT
}

func (v *carrier) Begin(kT float64, z, p []float64) {
	v.over = 1 / kT
	v.split(v.s, z)
	v.split(v.p, p)
}

func (v *carrier) of(x []float64, c int) []float64 { return x[c*v.sites : (c+1)*v.sites] }

// dots are the scalar products of the vectors of a and b.
func (v *carrier) dots(to, a, b []float64) {
	simd.Mul(to, v.of(a, 0), v.of(b, 0))
	for c := 1; c < v.n; c++ {
		simd.MulAdd(to, v.of(a, c), v.of(b, c), to)
	}
}

// straighten takes from p what is not tangent.
func (v *carrier) straighten() {
	v.dots(v.one, v.s, v.p)
	simd.Neg(v.one, v.one)
	for c := range v.n {
		simd.MulAdd(v.of(v.p, c), v.one, v.of(v.s, c), v.of(v.p, c))
	}
}

func (v *carrier) kick(b float64) {
	f := [1]float64{b * v.over}
	v.pull.At(v.f, v.s)
	simd.MulAdd(v.p, f[:], v.f, v.p)
	v.straighten()
}

// drift turns s towards p/|p| by the angle a |p|; lengths and right angles are made exact.
func (v *carrier) drift(a float64) {
	time, one := [1]float64{a}, [1]float64{1}
	v.dots(v.one, v.p, v.p)
	simd.Sqrt(v.one, v.one) // the speed
	simd.Mul(v.two, v.one, time[:])
	functions.Sincos(v.sin, v.cos, v.two)
	for i, speed := range v.one { // sin/speed, and -sin speed
		sin := v.sin[i]
		v.two[i] = float64(-sin * speed)
		if speed > 0 {
			v.sin[i] = sin / speed
		}
	}
	for c := range v.n {
		s, p := v.of(v.s, c), v.of(v.p, c)
		simd.Mul(v.one, v.two, s)
		simd.Mul(s, s, v.cos)
		simd.MulAdd(s, v.sin, p, s)
		simd.MulAdd(p, v.cos, p, v.one)
	}
	v.dots(v.one, v.s, v.s)
	simd.Sqrt(v.one, v.one)
	simd.Div(v.one, one[:], v.one)
	for c := range v.n {
		simd.Mul(v.of(v.s, c), v.of(v.s, c), v.one)
	}
	v.straighten()
}

func (v *carrier) Step(b, a float64) {
	v.kick(b)
	v.drift(a)
}

func (v *carrier) End(b float64, z, p []float64) {
	v.kick(b)
	v.join(z, v.s)
	v.join(p, v.p)
}
