package variate

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The slopes against derivatives of mpmath's distribution functions (testdata/make_slopes.py). Planted fault: psi(a) left out.
func TestSlopes(t *testing.T) {
	var table struct {
		Gamma, VonMises [][3]float64 // parameter, draw, slope
	}
	raw, err := os.ReadFile("testdata/slopes.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &table))
	for _, r := range table.Gamma {
		require.InEpsilon(t, r[2], LogGammaSlope(r[0], r[1]), 5e-12, "%v", r)
	}
	for _, r := range table.VonMises {
		require.InDelta(t, r[2], VonMisesSlope(r[0], r[1]), 1e-12*math.Abs(r[2])+1e-15, "%v", r)
	}
	for _, a := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		require.True(t, math.IsNaN(LogGammaSlope(a, 0.3)))
	}
	require.True(t, math.IsNaN(LogGammaSlope(1, math.NaN())) && math.IsNaN(VonMisesSlope(-1, 0)) && math.IsNaN(VonMisesSlope(1, math.NaN())))
}
