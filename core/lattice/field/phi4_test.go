package field

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

// models are fields on lattices of every kind that the code tells apart: odd sides, sides of 1 and 2, open axes, one dimension to four.
func models(t *testing.T) map[string]*Phi4 {
	made := map[string]*Phi4{}
	for _, c := range []struct {
		shape    []int
		periodic []bool
	}{{[]int{8, 16}, nil}, {[]int{5, 7}, nil}, {[]int{1, 2}, nil}, {[]int{13}, nil}, {[]int{3, 4, 9}, nil}, {[]int{2, 3, 2, 11}, nil},
		{[]int{4, 6}, []bool{true, false}}, {[]int{4}, []bool{false}}} {
		l, err := geometry.NewHypercubic(c.shape)
		require.NoError(t, err)
		m := &Phi4{Lattice: *l, Mass2: -0.7, Lam: 0.9, H: 0.3, Periodic: c.periodic}
		require.NoError(t, m.Check())
		made[fmt.Sprint(c.shape, c.periodic)] = m
	}
	l, err := geometry.NewNetwork(4, [][2]int32{{0, 1}, {1, 2}, {0, 1}})
	require.NoError(t, err)
	made["graph"] = &Phi4{Lattice: *l, Mass2: 0.5, Lam: 2, H: -0.1}
	return made
}

// slow is S by its definition, bond by bond.
func slow(t *testing.T, m *Phi4, z []float64) float64 {
	g, err := m.Lattice.Graph()
	require.NoError(t, err)
	s := 0.0
	for _, e := range g.Ends {
		d := z[e[0]] - z[e[1]]
		s += d * d / 2
	}
	for _, x := range z {
		s += m.Mass2*x*x/2 + m.Lam*x*x*x*x/4 - m.H*x
	}
	return s
}

func draw(n int, seed uint64) []float64 {
	z := make([]float64, n)
	rng.New(seed).Normals(z, 0, 0)
	return z
}

// S against its definition, its gradient against differences of that, on every level with the same bits.
func TestAction(t *testing.T) {
	for name, m := range models(t) {
		n := m.Size()
		z, g, u := draw(2*n, 5), make([]float64, 2*n), make([]float64, 2)
		var first []float64
		twin.OnLevels(t, func(t *testing.T) {
			e, err := m.Evaluator(2)
			require.NoError(t, err)
			require.NoError(t, e.Gradient(context.Background(), nil, 0.7, z, u, g))
			both := append(slices.Clone(g), u...)
			if first == nil {
				first = both
			}
			require.Equal(t, first, both, name)
			require.NoError(t, e.Value(context.Background(), nil, 0.7, z, u))
			require.Equal(t, first[2*n:], u)
		})
		for r := range 2 {
			row := slices.Clone(z[r*n : (r+1)*n])
			require.InDelta(t, slow(t, m, row)/0.7, u[r], 1e-11*(1+math.Abs(u[r])), name)
			for i := range row {
				x := row[i]
				const h = 1e-4
				row[i] = x + h
				up := slow(t, m, row)
				row[i] = x - h
				require.InDelta(t, (up-slow(t, m, row))/(2*h*0.7), first[r*n+i], 1e-5, name)
				row[i] = x
			}
		}
	}
}

// The fused pass against kicks and drifts by the gradient, on every level with the same bits, and back again to 1e-10.
func TestMover(t *testing.T) {
	for name, m := range models(t) {
		n := m.Size()
		var first []float64
		twin.OnLevels(t, func(t *testing.T) {
			v, err := m.Mover()
			require.NoError(t, err)
			e, err := m.Evaluator(1)
			require.NoError(t, err)
			z, p := draw(n, 1), draw(n, 2)
			w, q, u, g := slices.Clone(z), slices.Clone(p), make([]float64, 1), make([]float64, n)
			kick := func(b float64) {
				require.NoError(t, e.Gradient(context.Background(), nil, 0.7, w, u, g))
				for i := range q {
					q[i] -= b * g[i]
				}
			}
			trajectory := func() {
				v.Begin(0.7, z, p)
				for range 7 {
					v.Step(0.03, 0.05)
				}
				v.End(0.02, z, p)
			}
			trajectory()
			for range 7 {
				kick(0.03)
				for i := range w {
					w[i] += 0.05 * q[i]
				}
			}
			kick(0.02)
			for i := range z {
				require.InDelta(t, w[i], z[i], 1e-12, name)
				require.InDelta(t, q[i], p[i], 1e-12, name)
			}
			if first == nil {
				first = append(slices.Clone(z), p...)
			}
			require.Equal(t, first, append(slices.Clone(z), p...))
		})
	}
}

// Observables against their definitions; one by one and all at once.
func TestObservables(t *testing.T) {
	for name, m := range models(t) {
		z := draw(m.Size(), 3)
		r, err := m.Recorder()
		require.NoError(t, err)
		all, err := r.Record(context.Background(), z)
		require.NoError(t, err)
		found := map[string][]float64{}
		for k, q := range m.Quantities() {
			row := make([]byte, len(all[k]))
			require.NoError(t, r.(contract.Meter).Measure(context.Background(), 1, z, k, row))
			require.Equal(t, all[k], row)
			found[q.Name] = floats(row)
		}
		N, sum, fourth := float64(len(z)), 0.0, 0.0
		for _, x := range z {
			sum += x
			fourth += x * x * x * x
		}
		g, err := m.Lattice.Graph()
		require.NoError(t, err)
		kinetic := 0.0
		for _, e := range g.Ends {
			kinetic += (z[e[0]] - z[e[1]]) * (z[e[0]] - z[e[1]]) / 2
		}
		require.InDelta(t, slow(t, m, z), found["energy"][0], 1e-11*N, name)
		require.InDelta(t, sum/N, found["magnetization"][0], 1e-13, name)
		require.InDelta(t, fourth/N, found["phi^4"][0], 1e-12, name)
		require.InDelta(t, kinetic/N, found["kinetic"][0], 1e-12, name)
		if c, ok := found["correlator"]; ok {
			T := m.Lattice.Shape[0]
			A := len(z) / T
			for d := range c {
				want := 0.0
				for t := range T {
					for x := range A {
						for y := range A {
							want += z[t*A+x] * z[(t+d)%T*A+y]
						}
					}
				}
				require.InDelta(t, want/N, c[d], 1e-11, name)
			}
		}
	}
}

func floats(b []byte) []float64 { return append([]float64{}, array.Cast[float64](b)...) }
