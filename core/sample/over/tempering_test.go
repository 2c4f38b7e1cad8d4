package over

import (
	"context"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/transition"
	"github.com/stretchr/testify/require"
)

// ising opens walkers of a method of the lattice room.
func ising(t testing.TB, m *lattice.Ising, method string) contract.Opener {
	t.Helper()
	require.NoError(t, m.Check())
	for _, e := range lattice.Registry() {
		if e.Verb == "sample" && e.Method == method {
			return func(w []contract.Walker, s contract.Start) (contract.Ensemble, error) {
				return e.Open(m, e.NewMethod(), w, s)
			}
		}
	}
	t.Fatal(method)
	return nil
}

func square(t testing.TB, J, h float64, shape ...int) *lattice.Ising {
	t.Helper()
	l, err := geometry.NewHypercubic(shape)
	require.NoError(t, err)
	return &lattice.Ising{Lattice: *l, J: array.Is(J), H: array.Is(h)}
}

// A swap of three rungs, by every outcome of its choices, obeys detailed balance with the product of their distributions, the parity given. Catches an
// exponent of the wrong sign, a pair that is weighed at one temperature, a swap of the wrong pair.
func TestSwapBalance(t *testing.T) {
	const sites, rungs = 3, 3
	m := square(t, 0.8, 0.3, sites)
	kT := []float64{0.9, 1.7, 3.1}
	for parity := range 2 {
		var l *ladder
		states := 1 << (sites * rungs)
		put, spins := 0, make([]int8, sites)
		p, err := transition.Matrix(states, func(s int) { put = s }, func() int {
			state := 0
			for r := range rungs {
				l.e.Configuration(r, array.FromSlice(array.Int8, spins).Data)
				for i, s := range spins {
					state |= int(s+1) >> 1 << (r*sites + i)
				}
			}
			return state
		}, func(k rng.Key) {
			start := make([]int8, sites*rungs)
			for i := range start {
				start[i] = int8(put>>i&1)*2 - 1
			}
			var w []contract.Walker
			for _, T := range kT {
				w = append(w, contract.Walker{Params: contract.Params{KT: T}})
			}
			e, err := ising(t, m, "Metropolis")(w, contract.Start{Values: array.FromSlice(array.Int8, start, rungs, sites)})
			require.NoError(t, err)
			l = newLadder(e, &ParallelTempering{SwapEvery: 1}, k, []int{0, 1, 2}, kT)
			l.stream, l.parity = k.Stream(0), parity
			require.NoError(t, l.weigh())
			l.swap(l.u)
		})
		require.NoError(t, err)
		pi, sum := make([]float64, states), 0.0
		for state := range pi {
			pi[state] = 1
			for r := range rungs {
				for i := range spins {
					spins[i] = int8(state>>(r*sites+i)&1)*2 - 1
				}
				e, err := m.Energy(spins)
				require.NoError(t, err)
				pi[state] *= math.Exp(-e / kT[r])
			}
			sum += pi[state]
		}
		for state := range pi {
			pi[state] /= sum
		}
		require.Less(t, p.Current(pi), 1e-14)
		require.Greater(t, p.Distance(identity(states)), 0.1)
	}
}

func identity(n int) transition.P {
	p := make(transition.P, n)
	for i := range p {
		p[i] = make([]float64, n)
		p[i][i] = 1
	}
	return p
}

// The pilot makes neighbours swap equally often, from a ladder that is far from it. Catches temperatures placed by the wrong end's rejections.
func TestLadderIsPlaced(t *testing.T) {
	m := square(t, 1, 0, 8, 8)
	var w []contract.Walker
	for _, T := range []float64{1.5, 1.6, 1.7, 1.8, 2, 8} {
		w = append(w, contract.Walker{Params: contract.Params{KT: T}, Key: rng.New(7), Warmup: 20000})
	}
	e, err := openLadders(&ParallelTempering{SwapEvery: 1, Swaps: "deterministic", Adapt: true},
		contract.Order{Walkers: w, Chains: 1, Inner: ising(t, m, "Metropolis"), Key: rng.New(4)})
	require.NoError(t, err)
	ls := e.(*ladders)
	require.NoError(t, ls.AllTo(context.Background(), 20000, 1))
	ls.Warm(0)
	require.NoError(t, ls.AllTo(context.Background(), 30000, 2))
	a := ls.Info()["swap_acceptance"]
	for r := range 5 {
		require.InDelta(t, a[2], a[r], 0.08, "%v at %v", a, ls.Info()["kT"])
	}
	require.Equal(t, 8.0, ls.Info()["kT"][5])
	require.Greater(t, ls.Info()["round_trips"][0], 5.0)
	require.Equal(t, []float64{0, 1}, []float64{ls.Info()["flow"][0], ls.Info()["flow"][5]})
}
