package over

import (
	"context"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// BenchmarkAnnealSpins anneals 2000 4x4 lattices.
func BenchmarkAnnealSpins(b *testing.B) {
	for range b.N {
		s, err := openAnnealing(schedule{sweeps: 1, cess: 0.9, ess: 0.5, center: array.Is(0), scale: array.Is(1)}, contract.Order{
			Walkers: []contract.Walker{{Params: contract.Params{KT: 1}, Key: rng.New(1)}}, Chains: 1, Draws: 2000,
			Inner: ising(b, square(b, 1, 0.15, 4, 4), "Metropolis")})
		require.NoError(b, err)
		for over := false; !over; {
			over, err = s.Stage(context.Background(), 1)
			require.NoError(b, err)
		}
	}
}
