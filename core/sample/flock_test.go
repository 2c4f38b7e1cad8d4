package sample

import (
	"bytes"
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// logGamma is the density of the logarithms of two Gamma(2) numbers, skewed to the left.
func logGamma(t testing.TB) contract.Target {
	return target(t, 2, func(b *expr.Builder, z expr.ID) expr.ID {
		return b.Sum(b.Sub(b.Apply(expr.OpExp, z), b.Scale(z, 2)), 0)
	})
}

func newFlock(t testing.TB, d contract.Target, p proposal, seed uint64, z []float64) *flock {
	t.Helper()
	var w []contract.Walker
	for c := range len(z) / 2 {
		w = append(w, contract.Walker{Params: contract.Params{KT: 1}, Key: rng.New(seed).Fold(uint64(c)), Warmup: 0})
	}
	e, err := openFlock(d, p, 2, w, contract.Start{Values: array.FromSlice(array.Float64, z, len(z)/2, 2)})
	require.NoError(t, err)
	return e.(*flock)
}

func exact(s *rng.Stream, z []float64) {
	for i := range z {
		z[i] = functions.Log1(s.Exponential() + s.Exponential())
	}
}

// Flocks of four that begin with exact draws keep their law: mean, variance and third moment of log Gamma(2) after six moves, at 4.9 standard errors between
// flocks. Catches s^d in place of s^(d-1), s uniform, partners from the walker's own half, both halves moved at once.
func TestFlocksKeepTheLaw(t *testing.T) {
	d := logGamma(t)
	for name, p := range map[string]proposal{"stretch": (&StretchMove{Scale: 2}).proposal(), "evolution": (&DifferentialEvolution{Noise: 0.01, Jump: 0.2}).proposal()} {
		const flocks, mean = 3000, 0.42278433509846714
		var sums, squares [3]float64
		s := rng.New(8).Stream(0)
		for k := range flocks {
			z := make([]float64, 8)
			exact(&s, z)
			f := newFlock(t, d, p, uint64(k), z)
			require.NoError(t, f.AllTo(context.Background(), 3, 1))
			var m [3]float64
			for _, c := range f.chains {
				for _, x := range c.at.z {
					x -= mean
					m[0] += x / 8
					m[1] += x * x / 8
					m[2] += x * x * x / 8
				}
			}
			for q, x := range m {
				sums[q] += x / flocks
				squares[q] += x * x / flocks
			}
		}
		for q, want := range []float64{0, 0.6449340668482264, -0.4041138063191885} { // the polygamma functions at 2
			error := math.Sqrt((squares[q] - sums[q]*sums[q]) / flocks)
			require.InDelta(t, want, sums[q], 4.9*error, "%s, moment %d", name, q+1)
		}
	}
}

// A flock goes on from where it was saved, and has the same bits for any number of workers.
func TestFlockGoesOn(t *testing.T) {
	d, p := logGamma(t), (&StretchMove{Scale: 2}).proposal()
	z := make([]float64, 20)
	s := rng.New(2).Stream(0)
	exact(&s, z)
	whole := newFlock(t, d, p, 1, z)
	require.NoError(t, whole.AllTo(context.Background(), 30, 1))
	first := newFlock(t, d, p, 1, z)
	require.NoError(t, first.AllTo(context.Background(), 11, 3))
	var kept bytes.Buffer
	require.NoError(t, first.Save(&kept))
	rest := newFlock(t, d, p, 1, z)
	require.NoError(t, rest.Load(bytes.NewReader(kept.Bytes())))
	require.NoError(t, rest.AllTo(context.Background(), 30, 2))
	for w := range whole.chains {
		require.Equal(t, whole.chains[w].at.z, rest.chains[w].at.z)
	}
	require.Equal(t, whole.Info(), rest.Info())
}
