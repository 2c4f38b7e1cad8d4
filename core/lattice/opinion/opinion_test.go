package opinion

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
)

// Every rate of the two models on a graph with a triangle, a tail and a double bond is that of the definition.
func TestGenerators(t *testing.T) {
	ends := [][2]int32{{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}, {3, 4}}
	l, err := geometry.NewNetwork(6, ends) // site 5 has no bond
	require.NoError(t, err)
	near := [][]int{{1, 2}, {0, 2}, {1, 0, 3}, {2, 4, 4}, {3, 3}, {}}
	voter := &Voter{Lattice: *l, Noise: 0.25}
	vote := &MajorityVote{Lattice: *l, Noise: 0.25}
	states := make([][]int8, 64)
	for k := range states {
		states[k] = make([]int8, 6)
		for i := range states[k] {
			states[k][i] = int8(k>>i&1)<<1 - 1
		}
	}
	index := func(s []int8) (k int) {
		for i, x := range s {
			k |= int(x+1) / 2 << i
		}
		return k
	}
	for name, c := range map[string]struct {
		process func() (events.Process[int8], error)
		up      func(plus, all int, now int8) float64 // rate of an update to +1
		total   float64                               // rate of updates
	}{
		"voter": {voter.Process, func(plus, all int, now int8) float64 {
			if all == 0 {
				return 0.125 + float64(now+1)/2
			}
			return float64(plus)/float64(all) + 0.125
		}, 1.25},
		"majority": {vote.Process, func(plus, all int, _ int8) float64 {
			switch {
			case 2*plus > all:
				return 0.75
			case 2*plus < all:
				return 0.25
			}
			return 0.5
		}, 1},
	} {
		p, err := c.process()
		require.NoError(t, err)
		g := events.Generator(p, states, index, 12)
		for a, s := range states {
			want := make([]float64, 64)
			for i := range s {
				plus := 0
				for _, j := range near[i] {
					plus += int(s[j]+1) / 2
				}
				rate := c.up(plus, len(near[i]), s[i])
				if s[i] > 0 {
					rate = c.total - rate
				}
				want[a^1<<i] += rate
				want[a] -= rate
			}
			require.InDeltaSlice(t, want, g[a], 1e-12, "%s, state %b", name, a)
		}
	}
}
