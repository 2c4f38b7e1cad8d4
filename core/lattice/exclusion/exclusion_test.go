package exclusion

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
)

// generator is that of the shipped process over all 2^n arrangements; state k has a particle at i where bit i is set.
func generator(t *testing.T, m *Exclusion) [][]float64 {
	require.NoError(t, m.Check())
	p, err := m.Process()
	require.NoError(t, err)
	n := m.Lattice.Sites()
	states := make([][]int8, 1<<n)
	for k := range states {
		states[k] = make([]int8, n)
		for i := range n {
			states[k][i] = int8(k >> i & 1)
		}
	}
	return events.Generator(p, states, func(x []int8) int {
		k := 0
		for i, s := range x {
			k |= int(s) << i
		}
		return k
	}, 16)
}

func ring(t *testing.T, n int, periodic bool) geometry.Lattice {
	l, err := geometry.NewHypercubic([]int{n}, periodic)
	require.NoError(t, err)
	return *l
}

// Every rate of the shipped process is the one of the definition, with hops, reservoirs at both ends, and on a graph.
func TestGenerator(t *testing.T) {
	kagome, err := geometry.NewCrystal(geometry.Crystal{Name: "kagome", Shape: []int{1, 2}, Shells: 1})
	require.NoError(t, err)
	for _, m := range []*Exclusion{
		{Lattice: ring(t, 5, true), Forward: 1.5, Backward: 0.5, Periodic: []bool{true}},
		{Lattice: ring(t, 5, false), Forward: 3, Backward: 1, Alpha: 0.5, Beta: 0.25, Gamma: 0.125, Delta: 2, Periodic: []bool{false}},
		{Lattice: ring(t, 1, false), Forward: 3, Backward: 1, Alpha: 0.5, Beta: 0.25, Gamma: 0.125, Delta: 2, Periodic: []bool{false}},
		{Lattice: *kagome, Forward: 1, Backward: 1},
	} {
		g := generator(t, m)
		graph, err := m.Lattice.Graph()
		require.NoError(t, err)
		n := graph.Sites
		want := make([][]float64, 1<<n)
		for a := range want {
			want[a] = make([]float64, 1<<n)
			add := func(b int, rate float64) {
				want[a][b] += rate
				want[a][a] -= rate
			}
			for _, e := range graph.Ends {
				i, j := 1<<e[0], 1<<e[1]
				if a&i != 0 && a&j == 0 {
					add(a^i^j, m.Forward)
				}
				if a&j != 0 && a&i == 0 {
					add(a^i^j, m.Backward)
				}
			}
			first, last := 1, 1<<(n-1)
			if a&first == 0 {
				add(a|first, m.Alpha)
			} else {
				add(a&^first, m.Gamma)
			}
			if a&last == 0 {
				add(a|last, m.Delta)
			} else {
				add(a&^last, m.Beta)
			}
		}
		for a := range g {
			require.InDeltaSlice(t, want[a], g[a], 1e-12, "state %b", a)
		}
	}
}

// The matrix product's current and densities of the open TASEP, from the stationary vector of the shipped generator: alpha = beta = 1, N = 4, has the
// current (N+2)/(2(2N+1)) = 1/3 and the density 2/3 + ... at the first site that Derrida et al. give; and any alpha, beta at N = 1.
func TestOpenChain(t *testing.T) {
	for n := 1; n <= 6; n++ {
		m := &Exclusion{Lattice: ring(t, n, false), Forward: 1, Alpha: 1, Beta: 1, Periodic: []bool{false}}
		pi := stationary(generator(t, m))
		in, out := 0.0, 0.0
		for a, p := range pi {
			if a&1 == 0 {
				in += p
			}
			if a>>(n-1)&1 == 1 {
				out += p
			}
		}
		require.InDelta(t, float64(n+2)/float64(2*(2*n+1)), in, 1e-10)
		require.InDelta(t, in, out, 1e-10)
	}
	pi := stationary(generator(t, &Exclusion{Lattice: ring(t, 1, false), Forward: 1, Alpha: 0.5, Beta: 0.25, Periodic: []bool{false}}))
	require.InDelta(t, 0.5/0.75, pi[1], 1e-12)
}

// stationary solves pi G = 0 by elimination.
func stationary(g [][]float64) []float64 {
	n := len(g)
	m := make([][]float64, n)
	for b := range m {
		m[b] = make([]float64, n+1)
		for a := range g {
			m[b][a] = g[a][b]
		}
	}
	for a := range m[n-1] {
		m[n-1][a] = 1
	}
	for k := range n {
		p := k
		for r := k; r < n; r++ {
			if math.Abs(m[r][k]) > math.Abs(m[p][k]) {
				p = r
			}
		}
		m[k], m[p] = m[p], m[k]
		for r := range n {
			if f := m[r][k] / m[k][k]; r != k && f != 0 {
				for c := k; c <= n; c++ {
					m[r][c] -= f * m[k][c]
				}
			}
		}
	}
	pi := make([]float64, n)
	for k := range n {
		pi[k] = m[k][n] / m[k][k]
	}
	return pi
}
