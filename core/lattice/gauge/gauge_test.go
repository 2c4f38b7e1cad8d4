package gauge

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/gauge/lanes"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

// model is a theory as the tests see it: matrices (of one number for U(1)) to and from coordinates.
type model struct {
	contract.Moving
	*links
	n, width int
	beta     float64
	matrix   func(x []float64) [][]complex128
	numbers  func(x []float64, m [][]complex128)
}

func lattice(t *testing.T, shape []int) geometry.Lattice {
	l, err := geometry.NewHypercubic(shape)
	require.NoError(t, err)
	return *l
}

func square(n int) [][]complex128 {
	m := make([][]complex128, n)
	for i := range m {
		m[i] = make([]complex128, n)
	}
	return m
}

// models are theories on lattices with even and odd sides, with eight sites in a block and with one.
func models(t *testing.T) map[string]model {
	all := map[string]model{}
	for _, shape := range [][]int{{4, 4}, {3, 5}, {2, 3}, {8, 4, 4}, {2, 4, 4, 2}, {4, 4, 4, 4}} {
		u := &U1{Lattice: lattice(t, shape), Beta: 1.3}
		require.NoError(t, u.Check())
		all[fmt.Sprint("U1", shape)] = model{u, u.links, 1, 1, 1.3,
			func(x []float64) [][]complex128 { return [][]complex128{{cmplx.Rect(1, x[0])}} },
			func(x []float64, m [][]complex128) { x[0] = cmplx.Phase(m[0][0]) }}
		two := &SU2{Lattice: lattice(t, shape), Beta: 2.1, Flow: []float64{0, 0.1}}
		require.NoError(t, two.Check())
		all[fmt.Sprint("SU2", shape)] = model{two, two.links, 2, 4, 2.1, func(x []float64) [][]complex128 {
			return [][]complex128{{complex(x[0], x[3]), complex(x[2], x[1])}, {complex(-x[2], x[1]), complex(x[0], -x[3])}}
		}, func(x []float64, m [][]complex128) {
			x[0], x[1], x[2], x[3] = real(m[0][0]), imag(m[0][1]), real(m[0][1]), imag(m[0][0])
		}}
		three := &SU3{Lattice: lattice(t, shape), Beta: 5, Flow: []float64{0, 0.1}}
		require.NoError(t, three.Check())
		all[fmt.Sprint("SU3", shape)] = model{three, three.links, 3, 18, 5, func(x []float64) [][]complex128 {
			m := square(3)
			for i := range 9 {
				m[i/3][i%3] = complex(x[i], x[9+i])
			}
			return m
		}, func(x []float64, m [][]complex128) {
			for i := range 9 {
				x[i], x[9+i] = real(m[i/3][i%3]), imag(m[i/3][i%3])
			}
		}}
	}
	return all
}

func times(a, b [][]complex128) [][]complex128 {
	c := square(len(a))
	for i := range c {
		for j := range c {
			for k := range c {
				c[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return c
}

func dagger(a [][]complex128) [][]complex128 {
	c := square(len(a))
	for i := range c {
		for j := range c {
			c[i][j] = cmplx.Conj(a[j][i])
		}
	}
	return c
}

func trace(a [][]complex128) (sum complex128) {
	for i := range a {
		sum += a[i][i]
	}
	return sum
}

func (m model) link(z []float64, mu, x int) [][]complex128 {
	return m.matrix(z[(mu*m.sites+x)*m.width:][:m.width])
}

// rectangle is the product around sides of r and s links.
func (m model) rectangle(z []float64, x, mu, nu, r, s int) [][]complex128 {
	p := square(m.n)
	for i := range p {
		p[i][i] = 1
	}
	for range r {
		p = times(p, m.link(z, mu, x))
		x = int(m.up[mu][x])
	}
	for range s {
		p = times(p, m.link(z, nu, x))
		x = int(m.up[nu][x])
	}
	for range r {
		x = int(m.down[mu][x])
		p = times(p, dagger(m.link(z, mu, x)))
	}
	for range s {
		x = int(m.down[nu][x])
		p = times(p, dagger(m.link(z, nu, x)))
	}
	return p
}

// slow is S by its definition.
func (m model) slow(z []float64) float64 {
	s := 0.0
	for x := range m.sites {
		for mu := range m.d {
			for nu := mu + 1; nu < m.d; nu++ {
				s += m.beta * (1 - real(trace(m.rectangle(z, x, mu, nu, 1, 1)))/float64(m.n))
			}
		}
	}
	return s
}

// random is a configuration that is not special.
func (m model) random(seed uint64) []float64 {
	z := make([]float64, m.Size())
	rng.New(seed).Normals(z, 0, 0)
	if m.n == 1 {
		return z
	}
	l := lanes.New(m.shape)
	c := lanes.NewLinks(l, lanes.Group(m.n))
	c.Load(z)
	c.Unitary()
	c.Store(z)
	return z
}

// S against its definition; the gradient, as derivatives in the numbers of the matrices, against differences of S; the same bits on every level.
func TestAction(t *testing.T) {
	for name, m := range models(t) {
		if m.Size() > 3000 {
			continue
		}
		z := m.random(1)
		g, u := make([]float64, m.Size()), make([]float64, 1)
		var first []float64
		twin.OnLevels(t, func(t *testing.T) {
			e, err := m.Evaluator(1)
			require.NoError(t, err)
			require.NoError(t, e.Gradient(context.Background(), nil, 0.7, z, u, g))
			if first == nil {
				first = append(slices.Clone(g), u[0])
			}
			require.Equal(t, first, append(slices.Clone(g), u[0]), name)
			require.NoError(t, e.Value(context.Background(), nil, 0.7, z, u))
			require.Equal(t, first[m.Size()], u[0])
		})
		require.InDelta(t, m.slow(z)/0.7, u[0], 1e-11*(1+u[0]), name)
		e, err := m.Evaluator(1)
		require.NoError(t, err)
		value := func() float64 {
			require.NoError(t, e.Value(context.Background(), nil, 0.7, z, u))
			return u[0]
		}
		for k := 0; k < len(z); k += 1 + len(z)/60 {
			const h = 1e-4
			x := z[k]
			z[k] = x + h
			up := value()
			z[k] = x - h
			require.InDelta(t, (up-value())/(2*h), first[k], 1e-6, "%s %d", name, k)
			z[k] = x
		}
	}
}

// Gauge transformations U_mu(x) -> g(x) U_mu(x) g(x+mu)* leave all observables; loops are what their definition says.
func TestGaugeInvariance(t *testing.T) {
	for name, m := range models(t) {
		if m.d > 2 && m.Size() > 20000 {
			continue
		}
		z, other := m.random(2), m.random(3)
		turned := slices.Clone(z)
		for mu := range m.d {
			for x := range m.sites {
				g, h := m.link(other, 0, x), m.link(other, 0, int(m.up[mu][x]))
				m.numbers(turned[(mu*m.sites+x)*m.width:][:m.width], times(times(g, m.link(z, mu, x)), dagger(h)))
			}
		}
		r, err := m.Recorder()
		require.NoError(t, err)
		for k, q := range m.Quantities() {
			if q.Name == "configuration" {
				continue
			}
			size, err := array.Count(q.Shape)
			require.NoError(t, err)
			a, b := make([]float64, size), make([]float64, size)
			require.NoError(t, r.(contract.Meter).Measure(context.Background(), 1, z, k, array.Bytes(a)))
			require.NoError(t, r.(contract.Meter).Measure(context.Background(), 1, turned, k, array.Bytes(b)))
			for i := range a {
				require.InDelta(t, a[i], b[i], 1e-9*(1+math.Abs(a[i])), "%s %s", name, q.Name)
			}
			switch q.Name {
			case "wilson_loops":
				n := m.longest()
				for i := range a {
					sum := 0.0
					for mu := range m.d {
						for nu := range m.d {
							for x := range m.sites {
								if mu != nu {
									sum += real(trace(m.rectangle(z, x, mu, nu, i/n+1, i%n+1)))
								}
							}
						}
					}
					require.InDelta(t, sum/float64(m.n*m.sites*m.d*(m.d-1)), a[i], 1e-12, name)
				}
			case "polyakov":
				sum := complex128(0)
				for x := range m.sites {
					p := m.link(z, 0, x)
					for y := int(m.up[0][x]); y != x; y = int(m.up[0][y]) {
						p = times(p, m.link(z, 0, y))
					}
					sum += trace(p) / complex(float64(m.n*m.sites), 0)
				}
				require.InDelta(t, real(sum), a[0], 1e-12, name)
				if len(a) > 1 {
					require.InDelta(t, imag(sum), a[1], 1e-12, name)
				}
			}
		}
	}
}

// Trajectories can be turned back to 1e-10, stay in the group, and have the same bits on every level; a kick is the tangent part of the gradient.
func TestMover(t *testing.T) {
	for name, m := range models(t) {
		if m.Size() > 5000 {
			continue
		}
		var first []float64
		twin.OnLevels(t, func(t *testing.T) {
			v, err := m.Mover()
			require.NoError(t, err)
			z, p := m.random(4), make([]float64, m.Size())
			rng.New(5).Normals(p, 0, 0)
			v.Begin(0.7, z, p)
			v.End(0, z, p) // p made tangent
			from, with := slices.Clone(z), slices.Clone(p)
			e, err := m.Evaluator(1)
			require.NoError(t, err)
			g, u := make([]float64, m.Size()), make([]float64, 1)
			require.NoError(t, e.Gradient(context.Background(), nil, 0.7, z, u, g))
			kicked := slices.Clone(p)
			v.Begin(0.7, z, p)
			v.End(0.3, z, kicked)
			v.Begin(0.7, z, g)
			v.End(0, z, g) // its tangent part
			for k := range kicked {
				require.InDelta(t, p[k]-0.3*g[k], kicked[k], 1e-11, name)
			}
			run := func() {
				v.Begin(0.7, z, p)
				v.Step(0.05, 0.1)
				for range 9 {
					v.Step(0.1, 0.1)
				}
				v.End(0.05, z, p)
			}
			run()
			if first == nil {
				first = append(slices.Clone(z), p...)
			}
			require.Equal(t, first, append(slices.Clone(z), p...))
			for k := range p {
				p[k] = -p[k]
			}
			run()
			for k := range z {
				require.InDelta(t, from[k], z[k], 1e-10, name)
				require.InDelta(t, -with[k], p[k], 1e-10, name)
			}
		})
	}
}

// The charge of constant fluxes through two planes, which is abelian: Q = 2 n m (sin f / f)(sin g / g) with the angles f, g of a plaquette.
func TestCharge(t *testing.T) {
	for _, n := range []int{2, 3} {
		m := models(t)[fmt.Sprintf("SU%d[4 4 4 4]", n)]
		z := make([]float64, m.Size())
		f, g := 2*math.Pi/16, -2*math.Pi*3/16
		for x := range m.sites {
			at := array.Unravel(x, m.shape)
			angle := [4]float64{0, f * float64(at[0]), 0, g * float64(at[2])}
			if at[0] == 3 {
				angle[0] = -f * 4 * float64(at[1])
			}
			if at[2] == 3 {
				angle[2] = -g * 4 * float64(at[3])
			}
			for mu, a := range angle {
				u := square(n)
				u[0][0], u[1][1] = cmplx.Rect(1, a), cmplx.Rect(1, -a)
				if n == 3 {
					u[2][2] = 1
				}
				m.numbers(z[(mu*m.sites+x)*m.width:][:m.width], u)
			}
		}
		want := 2 * 256 * math.Sin(f) * math.Sin(g) / (4 * math.Pi * math.Pi)
		r, err := m.Recorder()
		require.NoError(t, err)
		k := slices.IndexFunc(m.Quantities(), func(q contract.Quantity) bool { return q.Name == "topological_charge" })
		q := make([]float64, 1)
		require.NoError(t, r.(contract.Meter).Measure(context.Background(), 1, z, k, array.Bytes(q)))
		require.InDelta(t, want, q[0], 1e-10)
	}
}

// The gradient flow has order 3, lowers the action at the rate of the square of its slope, and stays in the group.
func TestFlow(t *testing.T) {
	for _, g := range []lanes.Group{2, 3} {
		layout := lanes.New([]int{4, 4, 2})
		at := func(steps int) (*lanes.Links, []float64) {
			c := lanes.NewLinks(layout, g)
			rng.New(7).Normals(c.U, 0, 0)
			c.Unitary()
			flow := lanes.NewFlow(c)
			for range steps {
				flow.Step(0.08/float64(steps), false)
			}
			return c, slices.Clone(c.U)
		}
		_, exact := at(64)
		size := func(steps int) float64 {
			_, x := at(steps)
			worst := 0.0
			for k := range x {
				worst = max(worst, math.Abs(x[k]-exact[k]))
			}
			return worst
		}
		require.InDelta(t, 3, math.Log2(size(2)/size(4)), 0.3)
		c, before := at(0)
		w := make([]float64, len(c.U)/g.Numbers()*g.Algebra())
		c.Tangents(w, 1)
		c.Exponentials(w, 1e-4)
		up := c.Plaquettes(nil)
		copy(c.U, before)
		c.Exponentials(w, -1e-4)
		slope, sum := (up-c.Plaquettes(nil))/2e-4*c.Trace(), 0.0
		for k, x := range w {
			if k%lanes.Width >= layout.Lanes {
				continue
			}
			double := 2.0
			if g == 2 || k/lanes.Width%9 < 3 {
				double = 1
			}
			sum += double * x * x
		}
		require.InDelta(t, sum, slope, 1e-6*sum)
	}
}
