package stats

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// found collects results.
type found map[string]any

func (f found) Add(name string, dtype array.Dtype, shape []int, dims []string, data any) error {
	n, err := array.Count(shape)
	if err != nil {
		return err
	}
	switch x := data.(type) {
	case []float64:
		if dtype != array.Float64 || len(x) != n {
			return fmt.Errorf("%s: %s of shape %v holds %d float64", name, dtype, shape, len(x))
		}
	case []int64:
		if dtype != array.Int64 || len(x) != n {
			return fmt.Errorf("%s: %s of shape %v holds %d int64", name, dtype, shape, len(x))
		}
	default:
		return fmt.Errorf("%s is a %T", name, data)
	}
	if len(dims) != len(shape) {
		return fmt.Errorf("%s: dims %v", name, dims)
	}
	f[name] = data
	return nil
}

func (f found) floats(name string) []float64 { return f[name].([]float64) }

func attempt(method, params string, in ...*array.Array) (found, error) {
	for _, e := range Registry() {
		if e.Name == method {
			p, f := e.New(), found{}
			if err := spec.Decode(json.RawMessage(params), p, nil); err != nil {
				return nil, err
			}
			return f, e.Run(context.Background(), p, in, f)
		}
	}
	return nil, fmt.Errorf("no statistic %s", method)
}

func stacked(x Chains) *array.Array {
	var flat []float64
	for _, s := range x {
		flat = append(flat, s...)
	}
	return array.FromSlice(array.Float64, flat, len(x), x.Draws())
}

// Every statistic through its entry: shapes, several inputs, other dtypes, and what is refused.
func TestRegistry(t *testing.T) {
	x, y := gaussian(5, 4, 1000, rng.New(20)), gaussian(1, 4, 1000, rng.New(21))
	two := array.FromSlice(array.Float64, append(array.View[float64](stacked(x)), array.View[float64](stacked(y))...), 2, 4, 1000)
	for _, c := range []struct {
		method, params string
		results        int
	}{
		{"Summary", "{}", 13}, {"Autocorrelation", `{"lags":20}`, 3}, {"Autocorrelation", "{}", 3}, {"IntegratedTime", "{}", 7}, {"EffectiveSampleSize", "{}", 4},
		{"Rhat", "{}", 1}, {"Binning", "{}", 3}, {"BlockMeans", `{"blocks":40}`, 3}, {"Reweighting", `{"kT":2.0,"at":[2.0,2.1]}`, 6},
	} {
		f, err := attempt(c.method, c.params, stacked(x), stacked(y))
		require.NoError(t, err, c.method)
		require.Len(t, f, c.results, c.method)
		if c.method != "Reweighting" {
			g, err := attempt(c.method, c.params, two)
			require.NoError(t, err, c.method)
			require.Equal(t, f, g, c.method)
		}
		_, err = attempt(c.method, c.params)
		require.Error(t, err)
		_, err = attempt(c.method, c.params, array.FromSlice(array.Float64, []float64{}, 2, 0))
		require.ErrorContains(t, err, "at least one")
		_, err = attempt(c.method, c.params, array.FromSlice(array.Complex128, []complex128{1, 2}))
		require.ErrorContains(t, err, "real numbers")
		_, err = attempt(c.method, `{"what":1}`, stacked(x))
		require.Error(t, err)
		f, err = attempt(c.method, c.params, array.FromSlice(array.Int8, []int8{1}, 1, 1), array.FromSlice(array.Int8, []int8{1}, 1, 1))
		if c.method == "Summary" || c.method == "Rhat" {
			require.NoError(t, err)
		}
		_ = f
	}
	r := Summarize(x)
	f, err := attempt("Summary", "{}", stacked(y), stacked(x))
	require.NoError(t, err)
	require.Equal(t, []float64{r.Mean, r.SE, r.Tau, r.ESSBulk, r.Rhat},
		[]float64{f.floats("mean")[1], f.floats("se")[1], f.floats("tau")[1], f.floats("ess_bulk")[1], f.floats("rhat")[1]})
	_, err = attempt("Binning", "{}", stacked(x), stacked(gaussian(1, 4, 10, rng.New(1))))
	require.ErrorContains(t, err, "one shape")
	_, err = attempt("Autocorrelation", `{"lags":1000}`, stacked(x))
	require.ErrorContains(t, err, "fewer lags")
	_, err = attempt("BlockMeans", "{}", array.FromSlice(array.Float64, []float64{1}))
	require.ErrorContains(t, err, "two draws")
}

// The bits do not depend on the number of threads.
func TestThreads(t *testing.T) {
	in := []*array.Array{stacked(gaussian(30, 2, 3000, rng.New(22))), stacked(gaussian(2, 2, 3000, rng.New(23)))}
	defer par.SetThreads(0)
	par.SetThreads(1)
	one, err := attempt("Summary", "{}", in...)
	require.NoError(t, err)
	par.SetThreads(3)
	three, err := attempt("Summary", "{}", in...)
	require.NoError(t, err)
	require.Equal(t, one, three)
}

// rho(t) = a^t; 40 chains of 5000 draws know it within 0.01 (5 standard errors, Bartlett's formula).
func TestCorrelation(t *testing.T) {
	rho := Correlation(gaussian(5, 40, 5000, rng.New(24)), 100)
	for lag, r := range rho {
		require.InDelta(t, math.Pow(9.0/11, float64(lag)), r, 0.035, "lag %d", lag)
	}
	require.Equal(t, 1.0, rho[0])
}

// The standard error by blocks reaches sqrt(2 tau/n), and is sqrt(1/n) for single draws.
func TestBinning(t *testing.T) {
	f, err := attempt("Binning", "{}", stacked(gaussian(5, 4, 1<<15, rng.New(25))))
	require.NoError(t, err)
	n := 4.0 * (1 << 15)
	se, seErr, length := f.floats("se"), f.floats("se_err"), f["block_length"].([]int64)
	require.InEpsilon(t, math.Sqrt(1/n), se[0], 0.05)
	require.Equal(t, []int64{1, 2, 4}, length[:3])
	require.EqualValues(t, 1<<14, length[len(length)-1])
	k := 8 // blocks of 256, 50 tau
	require.InDelta(t, math.Sqrt(10/n), se[k], 5*seErr[k])
}

func TestBlocks(t *testing.T) {
	require.Equal(t, []float64{2.5, 4.5, 7.5, 9.5}, Blocks(Chains{{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}}, 2))
	f, err := attempt("BlockMeans", `{"blocks":64}`, stacked(gaussian(50, 2, 1000, rng.New(1))))
	require.NoError(t, err)
	require.Equal(t, []int64{31}, f["block_length"])
	require.Equal(t, []int64{int64(Short)}, f["warn"])
}

// The jackknife is exact for the mean, and takes the bias of order 1/n off a square.
func TestJackknife(t *testing.T) {
	b := []float64{1, 4, 2, 8, 5, 7}
	value, se := Jackknife([][]float64{b}, func(m []float64) float64 { return m[0] })
	require.InDelta(t, 4.5, value, 1e-14)
	require.InDelta(t, math.Sqrt(squares(b, 4.5)/30), se, 1e-14)
	value, _ = Jackknife([][]float64{b}, func(m []float64) float64 { return m[0] * m[0] })
	require.InDelta(t, 4.5*4.5-squares(b, 4.5)/30, value, 1e-13)
}

// A Gaussian energy of variance v moves to mean - v db at 1/kT' = 1/kT + db, and log Z'/Z = -db mean + v db^2/2. Over 1000 runs the mean of
// ((mean - exact)/SE)^2 is 1 with standard deviation 0.045; the bounds lie 5 of them outside of 1 and of what 64 blocks add (1/31) and of
// weights that vary (measured 1.05): a false alarm in 1e6. Catches the sign of db (z of hundreds), unweighted errors, blocks shorter than tau.
func TestReweighting(t *testing.T) {
	const runs, kT, to, mean = 1000, 2.0, 1.6, -3.0
	db := 1/to - 1/kT
	z, zLog := make([]float64, runs), make([]float64, runs)
	require.NoError(t, par.Do(t.Context(), 0, runs, func(i int) error {
		e := gaussian(2, 4, 2500, rng.New(30).Fold(uint64(i)))
		for _, s := range e {
			for k := range s {
				s[k] = mean + 3*s[k]
			}
		}
		r := Reweight(e, []Chains{e}, kT, to, 16)
		if r.Warn != 0 || r.ESS < 500 {
			return fmt.Errorf("%+v", r)
		}
		z[i] = (r.Mean[0] - (mean - 9*db)) / r.SE[0]
		zLog[i] = (r.LogZ - (-db*mean + 4.5*db*db)) / r.LogZSE
		return nil
	}))
	for _, z := range [][]float64{z, zLog} {
		chi := simd.Dot(z, z) / runs
		require.Less(t, 0.79, chi)
		require.Less(t, chi, 1.31)
	}
}

// Far away, the record knows nothing, and that is said; an energy that is not a number gives none.
func TestReweightingWarns(t *testing.T) {
	e := gaussian(2, 2, 2000, rng.New(31))
	r := Reweight(e, []Chains{e}, 1, 0.1, 32)
	require.NotZero(t, r.Warn&Few)
	require.NotZero(t, r.Warn&Outside)
	same := Reweight(e, []Chains{e}, 1, 1, 32)
	require.InDelta(t, Mean(e, 5).Mean, same.Mean[0], 0.02)
	require.Zero(t, same.LogZ)
	slow := gaussian(200, 2, 2000, rng.New(32))
	require.NotZero(t, Reweight(slow, []Chains{slow}, 1, 1.01, 32).Warn&Short)
	e[0][3] = math.NaN()
	r = Reweight(e, []Chains{e}, 1, 0.9, 32)
	require.NotZero(t, r.Warn&NonFinite)
	require.True(t, math.IsNaN(r.Mean[0]) && math.IsNaN(r.SE[0]) && math.IsNaN(r.LogZ) && math.IsNaN(r.ESS))
}
