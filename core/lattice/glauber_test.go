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

// Free spins relax as <s(t)> = s(0) exp(-t) (to tanh(h/kT) in a field); in pairs with a coupling, g = tanh(J/kT), a start with all spins up
// gives <s_1 s_2> = g + (1-g) exp(-2 t) and <s> = exp(-(1-g) t). 400000 spins, 5.5 standard errors, 12 comparisons: false alarm 5e-7. Catches a
// rate off by 5 % (tried: 9 standard errors at t = 0.3).
func TestGlauberRelaxation(t *testing.T) {
	const n = 400000
	ends := make([][2]int32, n/2)
	for i := range ends {
		ends[i] = [2]int32{int32(2 * i), int32(2*i + 1)}
	}
	for _, c := range []struct{ J, h float64 }{{0, 0}, {0, 0.6}, {0.9, 0}} {
		m := networkOf(t, n, ends, array.Is(c.J), array.Is(c.h))
		l, err := newLocal(m, heatBath, "random")
		require.NoError(t, err)
		k, err := newGlauber(l, contract.Walker{Params: contract.Params{KT: 1.3}, Key: rng.New(8)})
		require.NoError(t, err)
		s := make([]int8, n)
		for i := range s {
			s[i] = 1
		}
		k.Write(s)
		g, rest := math.Tanh(c.J/1.3), math.Tanh(c.h/1.3)
		for _, time := range []float64{0.3, 1, 2.5} {
			require.NoError(t, k.AdvanceTo(context.Background(), time))
			mean := rest + (1-rest)*math.Exp(-(1-g)*time)
			pair := g + (1-g)*math.Exp(-2*time)
			variance := 1 - mean*mean
			if c.J != 0 {
				variance = 1 + pair - 2*mean*mean
				require.InDelta(t, pair, -k.Energy()/c.J/(n/2), 5.5*math.Sqrt((1-pair*pair)/(n/2)), "%v, t = %v", c, time)
			}
			require.InDelta(t, mean, k.magnetization()/n, 5.5*math.Sqrt(variance/n), "%v, t = %v", c, time)
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
		k.Write(spread(35))
		for i := 1; float64(i)*every < 97; i++ {
			require.NoError(t, k.AdvanceTo(context.Background(), float64(i)*every))
		}
		require.NoError(t, k.AdvanceTo(context.Background(), 97))
		if want == nil {
			want = append(want, k.spins...)
		}
		require.Equal(t, want, k.spins, fmt.Sprint(every))
	}
}
