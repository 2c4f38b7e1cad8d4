package stats

import (
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

// gaussian is an autoregressive chain x' = a x + sqrt(1-a^2) noise in its stationary state: mean 0, variance 1, rho(t) = a^t,
// tau = (1+a)/(1-a)/2.
func gaussian(tau float64, chains, draws int, key rng.Key) Chains {
	a := (2*tau - 1) / (2*tau + 1)
	b := math.Sqrt(1 - a*a)
	x := make(Chains, chains)
	for c := range x {
		x[c] = make([]float64, draws)
		key.Fold(uint64(c)).Normals(x[c], 0, 0)
		for i := 1; i < draws; i++ {
			x[c][i] = a*x[c][i-1] + b*x[c][i]
		}
	}
	return x
}

// The error bar is right: over 3000 short runs of four chains, the mean of ((mean - exact)/SE)^2 is 1 with the standard deviation sqrt(2/3000) = 0.0258.
// The finite length of a run adds 0.005 (tau = 0.5) to 0.025 (the noise of SE, the part of tau beyond its window), measured once with
// 30000 runs. The bounds lie 4.9 standard deviations outside of that: a false alarm in one of 1e6. An SE 10 % too small or too large, which the
// test plants, is found with a probability of 0.995 or 0.92 by each tau alone. Catches also tau off by 20 %, and tau + 1/2.
func TestErrorBarsAreRight(t *testing.T) {
	const runs, low, high = 3000, 1.005 - 0.128, 1.025 + 0.131
	for _, c := range []struct {
		tau   float64
		draws int
	}{{0.5, 500}, {5, 750}, {50, 3750}} {
		square, tau := make([]float64, runs), make([]float64, runs)
		require.NoError(t, par.Do(t.Context(), 0, runs, func(i int) error {
			e := Mean(gaussian(c.tau, 4, c.draws, rng.New(7).Fold(uint64(i))), defaultWindow)
			square[i], tau[i] = (e.Mean/e.SE)*(e.Mean/e.SE), e.Tau
			return nil
		}))
		chi := simd.Sum(square) / runs
		require.True(t, low < chi && chi < high, "tau = %v: %v", c.tau, chi)
		require.Greater(t, chi/(0.9*0.9), high, "an SE 10 %% too small is found")
		require.Less(t, chi/(1.1*1.1), low, "an SE 10 %% too large is found")
		// bias of tau: at most 2 %, its noise is below 0.4 % of tau
		require.InEpsilon(t, c.tau, simd.Sum(tau)/runs, 0.025)
	}
}

// tau and its error for one long record each; within 5 of its errors.
func TestIntegratedTime(t *testing.T) {
	for _, tau := range []float64{0.5, 5, 50} {
		e := Mean(gaussian(tau, 1, 200000, rng.New(11)), defaultWindow)
		require.InDelta(t, tau, e.Tau, 5*e.TauErr)
		require.Less(t, e.TauErr, 0.1*tau)
		require.InDelta(t, 1, e.SD, 0.1)
		require.GreaterOrEqual(t, float64(e.Window), defaultWindow*0.9*tau)
		require.Zero(t, e.Warn)
	}
	e := Mean(gaussian(50, 4, 2000, rng.New(12)), defaultWindow)
	require.NotZero(t, e.Warn&Short)
}

// A drift, two chains that disagree, a record that never turns: flagged, and the error bar covers the truth that is known.
func TestHardRecords(t *testing.T) {
	drift, apart := make(Chains, 1), make(Chains, 2)
	drift[0] = make([]float64, 1000)
	for i := range drift[0] {
		drift[0][i] = float64(i)
	}
	e := Mean(drift, defaultWindow)
	require.NotZero(t, e.Warn&Short)
	require.Greater(t, e.Tau, 50.0)
	for c, series := range gaussian(0.5, 2, 1000, rng.New(13)) {
		apart[c] = series
		for i := range series {
			series[i] += 10 * float64(c)
		}
	}
	r := Summarize(apart)
	require.NotZero(t, r.Warn&Unmixed)
	require.NotZero(t, r.Warn&Short)
	require.Greater(t, r.Rhat, 1.5)
	require.Greater(t, r.SE, 1.0)
}

// Alternating draws: the mean is nearly exact, and no square root of a negative number is taken.
func TestAnticorrelated(t *testing.T) {
	x := gaussian(0.05, 2, 5000, rng.New(14))
	e := Mean(x, defaultWindow)
	require.Less(t, e.Tau, 0.2)
	require.GreaterOrEqual(t, e.Tau, 0.05-0.02)
	require.Greater(t, e.SE, 0.0)
	alternate := Chains{make([]float64, 100)}
	for i := range alternate[0] {
		alternate[0][i] = float64(i % 2)
	}
	e = Mean(alternate, defaultWindow)
	require.Greater(t, e.SE, 0.0)
	require.Greater(t, e.Tau, 0.0)
}

// What cannot be told is NaN, with a flag, and never infinite.
func TestHonestAnswers(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		x        Chains
		mean, sd float64
		warn     Warning
	}{
		{Chains{{3}}, 3, nan, Constant | Tiny},
		{Chains{{3, 4}}, 3.5, math.Sqrt(0.5), Tiny},
		{Chains{{3, 4, 5}}, 4, 1, Tiny},
		{Chains{{3, 3, 3}, {3, 3, 3}}, 3, 0, Constant | Tiny},
		{Chains{{3, 3, 3, 3, 3, 3, 3, 3}}, 3, 0, Constant},
		{Chains{{3, nan, 3, 3, 5, 3, 3, 3}}, nan, nan, NonFinite},
		{Chains{{3, 2, 3, 3, 5, -inf, 3, 3}}, nan, nan, NonFinite},
		{Chains{{nan}}, nan, nan, NonFinite | Tiny},
		{Chains{{1e308, 1e308, 1.5e308, 1e308}}, nan, nan, NonFinite},
	} {
		r := Summarize(c.x)
		require.Equal(t, c.warn, r.Warn, "%v", c.x)
		same := func(want, got float64) {
			require.True(t, want == got || math.IsNaN(want) && math.IsNaN(got) || math.Abs(want-got) < 1e-15, "%v: want %v, got %v", c.x, want, got)
		}
		same(c.mean, r.Mean)
		same(c.sd, r.SD)
		for _, v := range []float64{r.SE, r.Tau, r.TauErr, r.ESSBulk, r.ESSTail, r.Rhat} {
			same(nan, v)
		}
	}
}

func FuzzSummarize(f *testing.F) {
	f.Add(uint8(2), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Fuzz(func(t *testing.T, chains uint8, text []byte) {
		n := len(text) / (int(chains%4) + 1)
		if n == 0 {
			return
		}
		var x Chains
		for c := range int(chains%4) + 1 {
			x = append(x, make([]float64, n))
			for i := range n {
				x[c][i] = float64(int8(text[c*n+i]))
			}
		}
		r := Summarize(x)
		for _, v := range []float64{r.Mean, r.SD, r.SE, r.Tau, r.TauErr, r.ESSBulk, r.ESSTail} {
			require.False(t, math.IsInf(v, 0))
			require.False(t, v < 0 && v != r.Mean)
		}
		require.Equal(t, math.IsNaN(r.SE), r.Warn&(Constant|NonFinite|Tiny) != 0)
	})
}
