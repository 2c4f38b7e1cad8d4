package vector

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// pull is one caller's access to f_i = sum_j J_ij s_j + h_i of all spins, held component by component: on periodic hypercubic lattices with one coupling by
// whole rows, else over the bonds of the graph.
type pull struct {
	*ON
	sites  int
	f      []float64
	fields []float64 // h of each site, component by component; nil where it is one for all
}

func newPull(m *ON) *pull {
	p := &pull{ON: m, sites: m.Lattice.Sites(), f: make([]float64, m.Size())}
	if m.each {
		p.fields = make([]float64, m.Size())
		p.split(p.fields, m.h)
	}
	return p
}

// split writes spins, (sites, n), as (n, sites); join is the way back.
func (p *pull) split(to, from []float64) {
	for c := range p.N {
		row := to[c*p.sites : (c+1)*p.sites]
		for i := range row {
			row[i] = from[i*p.N+c]
		}
	}
}

func (p *pull) join(to, from []float64) {
	for c := range p.N {
		for i, x := range from[c*p.sites : (c+1)*p.sites] {
			to[i*p.N+c] = x
		}
	}
}

// at fills f.
func (p *pull) at(s []float64) {
	rows := p.J.Uniform() && p.torus()
	for c := range p.N {
		f, own := p.f[c*p.sites:(c+1)*p.sites], s[c*p.sites:(c+1)*p.sites]
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

// Mover kicks along the spheres and drifts along great circles.
func (m *ON) Mover() (contract.Mover, error) {
	n, sites := m.Size(), m.Lattice.Sites()
	v := &onMover{pull: newPull(m), s: make([]float64, n), p: make([]float64, n)}
	for _, x := range []*[]float64{&v.one, &v.two, &v.sin, &v.cos} {
		*x = make([]float64, sites)
	}
	return v, nil
}

type onMover struct {
	*pull
	s, p               []float64 // component by component
	one, two, sin, cos []float64 // a number for each site
	over               float64   // 1/kT
}

func (v *onMover) Begin(kT float64, z, p []float64) {
	v.over = 1 / kT
	v.split(v.s, z)
	v.split(v.p, p)
}

func (v *onMover) of(x []float64, c int) []float64 { return x[c*v.sites : (c+1)*v.sites] }

// dots are the scalar products of the vectors of a and b.
func (v *onMover) dots(to, a, b []float64) {
	simd.Mul(to, v.of(a, 0), v.of(b, 0))
	for c := 1; c < v.N; c++ {
		simd.MulAdd(to, v.of(a, c), v.of(b, c), to)
	}
}

// straighten takes from p what is not tangent.
func (v *onMover) straighten() {
	v.dots(v.one, v.s, v.p)
	simd.Neg(v.one, v.one)
	for c := range v.N {
		simd.MulAdd(v.of(v.p, c), v.one, v.of(v.s, c), v.of(v.p, c))
	}
}

func (v *onMover) kick(b float64) {
	f := [1]float64{b * v.over}
	v.at(v.s)
	simd.MulAdd(v.p, f[:], v.f, v.p)
	v.straighten()
}

// drift turns s towards p/|p| by the angle a |p|; lengths and right angles are made exact.
func (v *onMover) drift(a float64) {
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
	for c := range v.N {
		s, p := v.of(v.s, c), v.of(v.p, c)
		simd.Mul(v.one, v.two, s)
		simd.Mul(s, s, v.cos)
		simd.MulAdd(s, v.sin, p, s)
		simd.MulAdd(p, v.cos, p, v.one)
	}
	v.dots(v.one, v.s, v.s)
	simd.Sqrt(v.one, v.one)
	simd.Div(v.one, one[:], v.one)
	for c := range v.N {
		simd.Mul(v.of(v.s, c), v.of(v.s, c), v.one)
	}
	v.straighten()
}

func (v *onMover) Step(b, a float64) {
	v.kick(b)
	v.drift(a)
}

func (v *onMover) End(b float64, z, p []float64) {
	v.kick(b)
	v.join(z, v.s)
	v.join(p, v.p)
}
