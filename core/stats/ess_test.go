package stats

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// Effective sample sizes and R-hat are those of ArviZ (testdata/fixtures.py).
func TestDiagnoseAgainstArviZ(t *testing.T) {
	text, err := os.ReadFile("testdata/arviz.json")
	require.NoError(t, err)
	var file struct {
		Cases map[string]struct {
			Shape []int
			X     []float64
			Bulk  float64  `json:"ess_bulk"`
			Tail  float64  `json:"ess_tail"`
			Mean  float64  `json:"ess_mean"`
			Rhat  *float64 `json:"rhat"`
		}
	}
	require.NoError(t, json.Unmarshal(text, &file))
	require.Len(t, file.Cases, 12)
	for name, c := range file.Cases {
		x := make(Chains, c.Shape[0])
		for k := range x {
			x[k] = c.X[k*c.Shape[1] : (k+1)*c.Shape[1]]
		}
		bulk, tail, rhat := Diagnose(x)
		require.InEpsilon(t, c.Bulk, bulk, 1e-10, name)
		require.InEpsilon(t, c.Tail, tail, 1e-10, name)
		require.InEpsilon(t, c.Mean, newDesk().geyer(split(x)), 1e-10, name)
		if c.Rhat != nil {
			require.InEpsilon(t, *c.Rhat, rhat, 1e-12, name)
		}
	}
}

// Long correlations need the Fourier transform; it must go on where the sums end.
func TestLaggedTransform(t *testing.T) {
	for _, n := range []int{65, 100, 1000, 4097} {
		x := gaussian(20, 2, n, rng.New(3))
		l := newDesk().about(x, func(int) float64 { return 0.1 })
		for _, lag := range []int{0, 1, 63, 64, n / 2, n - 1} {
			want := 0.0
			for _, s := range x {
				for i := range n - lag {
					want += (s[i] - 0.1) * (s[i+lag] - 0.1)
				}
			}
			require.InDelta(t, want, l.at(lag), 1e-11*float64(n), "n = %d, lag %d", n, lag)
		}
	}
}

func TestSortedOrder(t *testing.T) {
	x := gaussian(1, 3, 700, rng.New(5))
	x[0][3], x[1][5], x[2][7], x[2][8], x[0][9] = 0, math.Copysign(0, -1), x[0][0], 1e300, -1e-310
	flat := slices.Concat(x...)
	order := newDesk().sortedOrder(x)
	for k := 1; k < len(order); k++ {
		a, b := flat[order[k-1]], flat[order[k]]
		require.True(t, a < b || (a == b && order[k-1] < order[k]), "%v %v", a, b)
	}
}

// Roots of the normal distribution function in mpmath.
func TestNormalQuantile(t *testing.T) {
	for p, want := range map[float64]float64{
		1e-300:   -37.047096299361199,
		1e-20:    -9.2623400897984076,
		1e-9:     -5.9978070150076869,
		0.001:    -3.0902323061678135,
		0.0749:   -1.4402382675279637,
		0.0751:   -1.43882539275254,
		0.1:      -1.2815515655446004,
		0.3:      -0.52440051270804082,
		0.49:     -0.025068908258711058,
		0.6:      0.25334710313579974,
		0.924:    1.4325027208258119,
		0.93:     1.4757910281791711,
		0.999999: 4.7534243088170878,
	} {
		require.InEpsilon(t, want, normalQuantile(p), 2e-15, "p = %v", p)
	}
	require.Zero(t, normalQuantile(0.5))
}

func BenchmarkSummary(b *testing.B) {
	for _, tau := range []float64{0.5, 5, 200} {
		x := gaussian(tau, 4, 50000, rng.New(1))
		all := []Chains{x, x, x, x, x}
		b.Run("", func(b *testing.B) {
			for b.Loop() {
				_ = each(all, func(d *desk, q int) { d.summarize(all[q]) })
			}
			b.ReportMetric(1e6*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mnumbers/s")
		})
	}
}
