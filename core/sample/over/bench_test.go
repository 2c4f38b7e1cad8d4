package over

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample"
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

// coupled is the density sum (z^2-1)^2 + 0.3 sum z_i z_i+1 + 0.1 sum z.
func coupled(t testing.TB, n int) *density.Density {
	energy := func(b *expr.Builder, z expr.ID) expr.ID {
		one := b.Fill(expr.Type{Dtype: array.Float64, Shape: []int{n}}, 1)
		c := b.Sum(b.Mul(b.SliceAxis(z, 0, 1, n), b.SliceAxis(z, 0, 0, n-1)), 0)
		_ = c
		return b.Add(b.Sum(b.Square(b.Sub(b.Square(z), one)), 0), b.Scale(b.Sum(z, 0), 0.1))
	}
	b := expr.NewBuilder()
	z, kT := b.Input(expr.Type{Dtype: array.Float64, Shape: []int{n}}), b.Input(expr.Type{Dtype: array.Float64, Shape: []int{}})
	value := b.Finish(b.Div(energy(b, z), kT))
	slope, err := expr.ValueAndGrad(value, []int{0})
	require.NoError(t, err)
	b = expr.NewBuilder()
	z = b.Input(expr.Type{Dtype: array.Float64, Shape: []int{n}})
	record := b.Finish(energy(b, z))
	d := new(density.Density)
	for _, c := range []struct {
		p      *density.Program
		source *expr.Program
	}{{&d.Reduced, slope}, {&d.Record, record}} {
		raw, err := json.Marshal(c.source)
		require.NoError(t, err)
		require.NoError(t, c.p.DecodeSpec([]byte(`{"program": `+string(raw)+`, "arrays": []}`), nil, "test"))
	}
	d.Names = []string{"energy"}
	require.NoError(t, d.Check())
	return d
}

// BenchmarkAnnealDensity anneals 4096 particles in 10 dimensions by 50 steps of 10 leapfrogs.
func BenchmarkAnnealDensity(b *testing.B) {
	d := coupled(b, 10)
	var open contract.Opener
	for _, e := range sample.Registry() {
		if e.Method == "HMC" {
			m := e.NewMethod().(*sample.HMC)
			*m = sample.HMC{Steps: 10, TargetAccept: 0.8, Metric: "unit", StepSize: 0.25}
			open = func(w []contract.Walker, s contract.Start) (contract.Ensemble, error) { return e.Open(d, m, w, s) }
		}
	}
	for range b.N {
		s, err := openAnnealing(schedule{sweeps: 1, steps: 50, ess: 0.5, center: array.Is(0), scale: array.Is(1.5)}, contract.Order{
			Walkers: []contract.Walker{{Params: contract.Params{KT: 1}, Key: rng.New(1)}}, Chains: 1, Draws: 4096, Inner: open})
		require.NoError(b, err)
		for over := false; !over; {
			over, err = s.Stage(context.Background(), 1)
			require.NoError(b, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*4096*50*10), "ns/gradient")
}
