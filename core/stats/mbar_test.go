package stats

import (
	"context"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

// oscillators are reduced energies of draws of the first sampled of n states of growing stiffness, with offsets that no exponential holds.
func oscillators(n, sampled, each int, shift float64) (*array.Array, *array.Array) {
	x := normals(sampled*each, 1, 11)
	u, counts := make([]float64, n*sampled*each), make([]float64, n)
	for k := range n {
		for i, v := range x {
			stiff := float64(1 + i/each)
			d := (v-2)/math.Sqrt(stiff) - float64(k)*shift
			if i/each < sampled {
				d += float64(i/each) * shift
			}
			u[k*len(x)+i] = 0.5*float64(1+k)*d*d + 2000*float64(k)
		}
		if k < sampled {
			counts[k] = float64(each)
		}
	}
	return array.FromSlice(array.Float64, u, n, len(x)), array.FromSlice(array.Float64, counts)
}

// The equations hold, also where overlap is so poor that Newton's first steps go astray; weights, their products and combinations are what they say;
// the same bits for all SIMD levels and numbers of workers.
func TestMBAR(t *testing.T) {
	defer par.SetThreads(0)
	for _, shift := range []float64{0.3, 3.5} {
		const k, n = 4, 3 * 700
		u, counts := oscillators(k, 3, 700, shift)
		var first found
		twin.OnLevels(t, func(t *testing.T) {
			for _, threads := range []int{1, 3} {
				par.SetThreads(threads)
				f := found{}
				require.NoError(t, (&MBAR{Tolerance: 1e-12, Iterations: 10000}).run(context.Background(), []*array.Array{u, counts}, f))
				if first == nil {
					first = f
				}
				require.Equal(t, first, f)
			}
		})
		free, denominator := first.floats("f"), first.floats("log_denominator")
		require.Zero(t, free[0])
		x, w := array.View[float64](u), make([]float64, k*n)
		for i := range n {
			sum := 0.0
			for j := range 3 {
				sum += functions.Exp1(functions.Log1(700) + free[j] - x[j*n+i] - denominator[i])
			}
			require.InDelta(t, 1, sum, 1e-11)
			for j := range k {
				w[j*n+i] = functions.Exp1(free[j] - x[j*n+i] - denominator[i])
			}
		}
		in := []*array.Array{u, array.FromSlice(array.Float64, denominator), array.FromSlice(array.Float64, free)}
		products, combined := found{}, found{}
		require.NoError(t, (&MBARProducts{}).run(context.Background(), append(in, array.FromSlice(array.Float64, w[:2*n], 2, n)), products))
		require.NoError(t, (&MBARCombinations{}).run(context.Background(), append(in, array.FromSlice(array.Float64, []float64{1, 2, 3, 4}, 1, k)), combined))
		for a := range k {
			sum := 0.0
			for i := range n {
				sum += w[a*n+i]
			}
			require.InDelta(t, 1, sum, 1e-11)
			for b := range k {
				dot := 0.0
				for i := range n {
					dot += w[a*n+i] * w[b*n+i]
				}
				require.InDelta(t, dot, first.floats("gram")[a*k+b], 1e-12) // energies of 6000 keep 12 digits
				if b < 2 {
					require.InDelta(t, dot, products.floats("products")[b*k+a], 1e-12)
				}
			}
		}
		require.InDelta(t, w[5]+2*w[n+5]+3*w[2*n+5]+4*w[3*n+5], combined.floats("combinations")[5], 1e-14)
	}
}

func TestMBARRefuses(t *testing.T) {
	u, counts := oscillators(3, 3, 10, 0.1)
	bad := func(match string, in ...*array.Array) {
		require.ErrorContains(t, (&MBAR{Tolerance: 1e-12, Iterations: 5}).run(context.Background(), in, found{}), match)
	}
	bad("got 1 arrays", u)
	bad("(states, draws)", counts, counts)
	bad("numbers of draws", u, array.FromSlice(array.Float64, []float64{1, 2, 3}))
	require.Error(t, (&MBARProducts{}).run(context.Background(), []*array.Array{u}, found{}))
	require.Error(t, (&MBARCombinations{}).run(context.Background(), []*array.Array{u, counts, counts, counts}, found{}))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, (&MBAR{Tolerance: 1e-12, Iterations: 5}).run(ctx, []*array.Array{u, counts}, found{}), context.Canceled)
}
