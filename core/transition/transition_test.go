package transition

import (
	"testing"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// heights are three states on a line; a step proposes a neighbour and accepts it with min(1, w_b/w_a).
var weight = []float64{1, 2, 0.5}

func walk(at *int, bug float64) func(k rng.Key) {
	return func(k rng.Key) {
		s := k.Stream(0)
		to := *at + 2*s.Below(2) - 1
		if to < 0 || to >= len(weight) {
			return
		}
		if s.Bernoulli(rng.NewThreshold(bug * weight[to] / weight[*at])) {
			*at = to
		}
	}
}

// The referee itself: exact elements, invariance and detailed balance of a walk written here, and of its planted error (acceptance 1 % too
// small in one direction) that it must see.
func TestMatrixOfAWalk(t *testing.T) {
	at := 0
	put, get := func(a int) { at = a }, func() int { return at }
	p, err := Matrix(3, put, get, walk(&at, 1))
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{0.5, 0.5, 0}, p[0], 1e-15)
	require.InDeltaSlice(t, []float64{0.25, 0.625, 0.125}, p[1], 1e-15)
	require.InDeltaSlice(t, []float64{0, 0.5, 0.5}, p[2], 1e-15)
	pi := []float64{1 / 3.5, 2 / 3.5, 0.5 / 3.5}
	require.Less(t, p.Drift(pi), 1e-15)
	require.Less(t, p.Current(pi), 1e-15)
	require.NoError(t, p.Mixing(pi))
	require.Less(t, p.Then(p).Drift(pi), 1e-15)

	wrong, err := Matrix(3, put, get, walk(&at, 0.99))
	require.NoError(t, err)
	require.Greater(t, wrong.Drift(pi), 1e-3)
	require.Greater(t, wrong.Current(pi), 1e-3)
	require.Greater(t, wrong.Distance(p), 1e-3)
}

// A walk that always moves on a ring of even length is periodic; one that stays put never arrives.
func TestMixingSeesPeriodsAndTraps(t *testing.T) {
	flip := P{{0, 1}, {1, 0}}
	require.Error(t, flip.Mixing([]float64{0.5, 0.5}))
	still := P{{1, 0}, {0, 1}}
	require.Error(t, still.Mixing([]float64{0.5, 0.5}))
	require.NoError(t, still.Mixing([]float64{0, 0}))
}

// Raw numbers cannot be enumerated; a step that forgets to start from the same state is found out.
func TestMatrixRefuses(t *testing.T) {
	_, err := Matrix(2, func(int) {}, func() int { return 0 }, func(k rng.Key) { s := k.Stream(0); s.Float64() })
	require.Error(t, err)
	calls := 0
	_, err = Matrix(2, func(int) {}, func() int { return 0 }, func(k rng.Key) {
		s := k.Stream(0)
		calls++
		s.Below(2 + calls)
	})
	require.Error(t, err)
}

func TestBoltzmannAtZero(t *testing.T) {
	energy := func(a int) float64 { return []float64{-1, 3, -1}[a] }
	require.Equal(t, []float64{0.5, 0, 0.5}, Boltzmann(3, energy, 0))
	require.InDelta(t, 1.0, Boltzmann(3, energy, 2)[0]/Boltzmann(3, energy, 2)[1]/7.38905609893065, 1e-14)
}
