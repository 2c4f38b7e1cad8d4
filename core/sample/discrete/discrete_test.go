package discrete

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
)

// Choices have the weights' law where exponentials would overflow; impossible moves are not made.
func TestChoice(t *testing.T) {
	c := NewChoice(3)
	c.Log = append(c.Log, math.Inf(-1), 800, 800+math.Ln2)
	c.Weigh()
	require.InDelta(t, 800+1.0986122886681098, c.Sum, 1e-12)
	got := map[int]float64{}
	require.NoError(t, rng.Enumerate(9, func(k rng.Key) { s := k.Stream(0); got[-1] = float64(c.Draw(&s)) }, func(p float64) { got[int(got[-1])] += p }))
	require.InDelta(t, 1.0/3, got[1], 1e-13)
	require.InDelta(t, 2.0/3, got[2], 1e-13)
	c.Log = append(c.Log[:0], math.Inf(-1))
	c.Weigh()
	require.Equal(t, math.Inf(-1), c.Sum)
	require.False(t, Sites{2}.Holds([]float64{2}))
	require.False(t, Sites{2}.Holds([]float64{0.5}))
	require.False(t, Sites{2}.Holds([]float64{math.NaN()}))
	require.Nil(t, New(contract.Blocks{{Kind: "real", Rows: 1}}))
}
