package lattice

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// Free spins relax as <s(t)> = s(0) exp(-t), and two coupled ones as the 4 x 4 rate matrix says. 40000 spins, 5 standard errors, six
// comparisons: false alarm 4e-6 / 2 for each seed. Catches a rate off by 5 % (tried: 8 standard errors at t = 1).
func TestGlauberRelaxation(t *testing.T) {
	const n = 40000
	for _, h := range []float64{0, 0.6} {
		ends := [][2]int32{{0, 1}}
		m := networkOf(t, n, ends, array.Is(0), array.Is(h))
		l, err := newLocal(m, heatBath, "random")
		require.NoError(t, err)
		k, err := newGlauber(l, contract.Walker{Params: contract.Params{KT: 1.3}, Key: rng.New(8)})
		require.NoError(t, err)
		s := make([]int8, n)
		for i := range s {
			s[i] = 1
		}
		k.write(s)
		for _, time := range []float64{0.3, 1, 2.5} {
			require.NoError(t, k.advanceTo(context.Background(), time))
			rest := math.Tanh(h / 1.3)
			want := rest + (1-rest)*math.Exp(-time)
			se := math.Sqrt((1 - want*want) / n)
			require.InDelta(t, want, k.magnetization()/n, 5*se, "h = %v, t = %v", h, time)
		}
	}
}

// A clock that is stopped at any times shows the same events. Catches an event lost or made twice at a stop.
func TestGlauberStops(t *testing.T) {
	m := isingOn(t, 1, 0, nil, 5, 7)
	l, err := newLocal(m, heatBath, "random")
	require.NoError(t, err)
	var want []int8
	for _, every := range []float64{97, 1, 0.1, 0.007} {
		k, err := newGlauber(l, contract.Walker{Params: contract.Params{KT: 2}, Key: rng.New(8)})
		require.NoError(t, err)
		k.write(spread(35))
		for i := 1; float64(i)*every < 97; i++ {
			require.NoError(t, k.advanceTo(context.Background(), float64(i)*every))
		}
		require.NoError(t, k.advanceTo(context.Background(), 97))
		if want == nil {
			want = append(want, k.spins...)
		}
		require.Equal(t, want, k.spins, fmt.Sprint(every))
	}
}
