package transport

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
)

// Every rate of the shipped zero-range process is that of the definition, and the product law is stationary on a ring. The thresholds of the
// condensing law are (1 + b/n)/(1 + b), multiples of 1/12 for b = 2 and n = 1, 2, 4.
func TestZeroRange(t *testing.T) {
	for _, law := range []string{"constant", "linear", "condensing"} {
		for _, n := range []int{2, 3} {
			l, err := geometry.NewHypercubic([]int{n})
			require.NoError(t, err)
			const particles = 4
			m := &ZeroRange{Lattice: *l, Law: law, Forward: 0.75, Backward: 0.25, Density: particles / float64(n), Periodic: []bool{true}}
			if law == "condensing" {
				m.B = 2
			}
			require.NoError(t, m.Check())
			p, err := m.Process()
			require.NoError(t, err)
			var states [][]int32
			at := map[string]int{}
			for k := range 125 {
				x := []int32{int32(k % 5), int32(k / 5 % 5), int32(k / 25)}[:n]
				total := int32(0)
				for _, y := range x {
					total += y
				}
				if _, seen := at[fmt.Sprint(x)]; total == particles && !seen {
					at[fmt.Sprint(x)] = len(states)
					states = append(states, x)
				}
			}
			grid := 72 // n = 3 has the threshold 5/9
			g := events.Generator(p, states, func(x []int32) int {
				if k, ok := at[fmt.Sprint(x)]; ok {
					return k
				}
				return -1
			}, grid)
			u := func(k int32) float64 {
				switch {
				case k == 0:
					return 0
				case law == "linear":
					return float64(k)
				case law == "condensing":
					return 1 + 2/float64(k)
				}
				return 1
			}
			graph, err := l.Graph()
			require.NoError(t, err)
			weight := make([]float64, len(states))
			for a, x := range states {
				want := make([]float64, len(states))
				for _, e := range graph.Ends {
					for side, rate := range []float64{0.75, 0.25} {
						if i, j := e[side], e[1-side]; x[i] > 0 {
							y := append([]int32(nil), x...)
							y[i]--
							y[j]++
							want[at[fmt.Sprint(y)]] += rate * u(x[i])
							want[a] -= rate * u(x[i])
						}
					}
				}
				require.InDeltaSlice(t, want, g[a], 1e-10, "%s: %v", law, x)
				weight[a] = 1
				for _, k := range x {
					for j := int32(1); j <= k; j++ {
						weight[a] /= u(j)
					}
				}
			}
			for b := range states {
				flow := 0.0
				for a := range states {
					flow += weight[a] * g[a][b]
				}
				require.InDelta(t, 0, flow, 1e-10)
			}
		}
	}
}

// The mean change of the products m_i m_j in one event, averaged over the uniform numbers, closes as the rules say, on a graph with a double bond.
func TestMassTransport(t *testing.T) {
	l, err := geometry.NewNetwork(4, [][2]int32{{0, 1}, {0, 1}, {1, 2}, {2, 3}})
	require.NoError(t, err)
	x := []float64{0.5, 2, 0, 3.5}
	for _, m := range []*MassTransport{{Lattice: *l, Rule: "transfer", Eps: 0.3}, {Lattice: *l, Rule: "random", Eps: 0.5}, {Lattice: *l, Rule: "kmp", Eps: 0.5}} {
		require.NoError(t, m.Check())
		p, err := m.Process()
		require.NoError(t, err)
		const grid = 600
		n := 1
		if p.Both() {
			n = grid
		}
		mean, square := make([]float64, 4), make([]float64, 4)
		c := p.Classes()[0]
		for channel := range c.Count {
			for i := range grid {
				for j := range n {
					y := append([]float64(nil), x...)
					p.Fire(y, channel, (float64(i)+0.5)/grid, (float64(j)+0.5)/float64(n))
					total := 0.0
					for k := range y {
						mean[k] += (y[k] - x[k]) / float64(grid*n)
						square[k] += (y[k]*y[k] - x[k]*x[k]) / float64(grid*n)
						total += y[k]
					}
					require.InDelta(t, 6, total, 1e-12)
				}
			}
		}
		want, want2 := make([]float64, 4), make([]float64, 4)
		if m.Rule == "kmp" {
			for _, e := range [][2]int{{0, 1}, {0, 1}, {1, 2}, {2, 3}} {
				s := x[e[0]] + x[e[1]]
				for _, k := range e {
					want[k] += s/2 - x[k]
					want2[k] += s*s/3 - x[k]*x[k]
				}
			}
		} else {
			e1, e2 := 0.5, 1./3 // moments of what stays
			if m.Rule == "transfer" {
				e1, e2 = m.Eps, m.Eps*m.Eps
			}
			to := [][]int{{1, 1}, {0, 0, 2}, {1, 3}, {2}}
			for i, all := range to {
				want[i] += (e1 - 1) * x[i]
				want2[i] += (e2 - 1) * x[i] * x[i]
				for _, j := range all {
					want[j] += (1 - e1) * x[i] / float64(len(all))
					want2[j] += (2*x[j]*x[i]*(1-e1) + x[i]*x[i]*(1-2*e1+e2)) / float64(len(all))
				}
			}
		}
		require.InDeltaSlice(t, want, mean, 1e-9, m.Rule)
		require.InDeltaSlice(t, want2, square, 2e-5, m.Rule)
	}
}

func TestStarts(t *testing.T) {
	l, err := geometry.NewHypercubic([]int{7})
	require.NoError(t, err)
	z := &ZeroRange{Lattice: *l, Density: 1.5}
	x := make([]int32, 7)
	z.Ordered(x)
	require.Equal(t, []int32{2, 2, 2, 1, 1, 1, 1}, x, "round(10.5) to even")
	_, ok := z.Admits([]int32{1, -1})
	require.False(t, ok)
	require.Error(t, (&ZeroRange{Lattice: *l, Law: "linear", B: 1}).Check())
	require.Error(t, (&ZeroRange{Lattice: *l, Density: 1e9}).Check())
	m := &MassTransport{Lattice: *l}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		_, ok := m.Admits([]float64{0, bad})
		require.False(t, ok)
	}
}
