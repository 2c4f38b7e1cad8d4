package villain

import (
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/referee"
	"github.com/stretchr/testify/require"
)

// Both forms of the sum against 600 terms on each side, and each other where they meet.
func TestWeight(t *testing.T) {
	for _, K := range []float64{0.02, 0.1, 1 / (2 * math.Pi) * (1 - 1e-15), 1 / (2 * math.Pi), 0.3, 1, 40} {
		for _, x := range []float64{0, 0.3, -1.7, 3, math.Pi, 7.2, -100.5} {
			y, sum := math.Remainder(x, 2*math.Pi), 0.0
			for n := -600; n <= 600; n++ {
				d := y - 2*math.Pi*float64(n)
				sum += math.Exp(-K / 2 * (d*d - y*y))
			}
			require.InDelta(t, math.Log(sum)-K*y*y/2, logWeight(K, x), 2e-14*(1+K*y*y), "K = %v, x = %v", K, x)
		}
	}
}

func TestInterruptSaveContinue(t *testing.T) {
	referee.Resumes[float64](t, Registry(), map[string][]string{"HeatBath": {`{"order":"random"}`}}, func(string) any {
		l, err := geometry.NewHypercubic([]int{40, 30})
		require.NoError(t, err)
		return &Villain{Lattice: *l, K: array.Is(0.9)}
	}, 1, 6)
}

func TestRefuses(t *testing.T) {
	l, err := geometry.NewHypercubic([]int{3, 4})
	require.NoError(t, err)
	require.ErrorContains(t, (&Villain{Lattice: *l, K: array.Is(0)}).Check(), "above 0")
	require.ErrorContains(t, (&Villain{Lattice: *l, K: array.Each([]float64{1, 2})}).Check(), "(24,)")
}
