package sample

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/rng"
)

// quartic is skewed and not Gaussian: u = sum z^4/4 + z_i^2 (1 + i/2) - z.
func quartic(t testing.TB, n int) contract.Target {
	return target(t, n, func(b *expr.Builder, z expr.ID) expr.ID {
		i := b.Add(b.Iota(array.Float64, []int{n}, 0), b.Fill(expr.Type{Dtype: array.Float64, Shape: []int{n}}, 2))
		q := b.Scale(b.Square(b.Square(z)), 0.25)
		return b.Sum(b.Sub(b.Add(q, b.Mul(b.Square(z), b.Scale(i, 0.5))), z), 0)
	})
}

func population(t testing.TB, d contract.Target, count int, share float64, build func(n int, warmup int64) (kernel, error)) *ensemble {
	t.Helper()
	var w []contract.Walker
	for c := range count {
		w = append(w, contract.Walker{Params: contract.Params{KT: 1, Reference: share}, Key: rng.New(5).Fold(uint64(c))})
	}
	e := must(open(d, w, contract.Start{Kind: "random"}, build))
	require.NoError(t, e.SetReference([]float64{0.5}, []float64{1.5}))
	s := rng.New(8).Stream(0)
	for c := range count {
		require.NoError(t, e.DrawReference(c, &s))
	}
	return e
}

// Chains that move as batches have the bits of chains that move alone; a population that was tuned and saved goes on alike; batches allocate nothing.
// Catches a row taken from another chain, a chain that goes on after it diverged, state that tuning leaves out of Save.
func TestBatches(t *testing.T) {
	for name, build := range builders {
		d := quartic(t, 3)
		one, many := population(t, d, 150, 0.3, build), population(t, d, 150, 0.3, build)
		for stage := range 4 {
			share := 0.3 - 0.1*float64(stage)
			for c := range one.chains {
				require.NoError(t, one.SetParams(c, contract.Params{KT: 1, Reference: max(share, 0)}))
				require.NoError(t, many.SetParams(c, contract.Params{KT: 1, Reference: max(share, 0)}))
			}
			one.Tune([2]int{0, 150}, [2]int{0, 50}, nil)
			many.Tune([2]int{0, 150}, [2]int{0, 50}, nil)
			for c := range one.chains {
				require.NoError(t, one.SweepTo(context.Background(), c, int64(3*stage+3), nil))
			}
			require.NoError(t, many.SweepBatch(context.Background(), 0, 150, int64(3*stage+3)))
			for c := range one.chains {
				require.Equal(t, one.chains[c].at, many.chains[c].at, "%s chain %d stage %d", name, c, stage)
			}
			require.Equal(t, one.Info(), many.Info(), name)
			if stage == 1 {
				var kept bytes.Buffer
				require.NoError(t, one.Save(&kept))
				one = population(t, d, 150, 0.3, build)
				require.NoError(t, one.Load(&kept))
			}
		}
		if many.Batch() > 0 {
			target := many.chains[0].ticks
			require.NoError(t, many.SweepBatch(context.Background(), 0, 64, target+1))
			require.Zero(t, testing.AllocsPerRun(20, func() {
				target++
				_ = many.SweepBatch(context.Background(), 0, 64, target+1)
			}), name)
		}
	}
}

// The same at temperatures of their own and through a warm-up, and what many weigh elsewhere. Catches a row at its neighbour's temperature, draws of an
// adaptation that a batch leaves out.
func TestMixedBatches(t *testing.T) {
	for name, build := range builders {
		open := func() *ensemble {
			var w []contract.Walker
			for c := range 20 {
				w = append(w, contract.Walker{Params: contract.Params{KT: 0.7 + 0.1*float64(c%7)}, Key: rng.New(6).Fold(uint64(c)), Warmup: 45})
			}
			return must(open(quartic(t, 3), w, contract.Start{Kind: "random"}, build))
		}
		one, many := open(), open()
		require.True(t, many.Mixes())
		for _, target := range []int64{1, 20, 60} {
			for c := range one.chains {
				require.NoError(t, one.SweepTo(context.Background(), c, target, nil))
			}
			require.NoError(t, many.SweepBatch(context.Background(), 0, 20, target))
			for c := range one.chains {
				require.Equal(t, one.chains[c].at, many.chains[c].at, "%s chain %d at %d", name, c, target)
			}
			require.Equal(t, one.Info()["step_size"], many.Info()["step_size"], name)
		}
		many.SwapWalkers(2, 3)
		one.SwapWalkers(2, 3)
		walkers, got, want := []int{0, 0, 2, 5, 7}, make([]float64, 5), make([]float64, 5)
		at := []contract.Params{{KT: 0.7}, {KT: 0.9}, {KT: 0.9}, {KT: 3}, {KT: 2, Reference: 0.25}}
		require.NoError(t, many.ReducedBatch(walkers, got, at))
		for i, w := range walkers {
			require.NoError(t, one.Reduced(w, want[i:i+1], at[i:i+1]))
		}
		require.Equal(t, want, got, name)
		require.Equal(t, one.Info()["evaluations"], many.Info()["evaluations"], name)
	}
}

// u on the path and its gradient, by differences, and Reduced is what the kernels follow. Catches a share on the wrong side, a scale not squared.
func TestPath(t *testing.T) {
	e := population(t, quartic(t, 3), 2, 0.3, builders["HMC"])
	require.NoError(t, e.SetReference([]float64{0.5, -1, 2}, []float64{1.5, 0.5, 3}))
	c := e.chains[0]
	for _, share := range []float64{0, 0.3, 1} {
		p := contract.Params{KT: 1, Reference: share}
		require.NoError(t, e.SetParams(0, p))
		c.stale = true
		require.NoError(t, c.fresh(context.Background()))
		u := []float64{0, 0, 0}
		require.NoError(t, e.Reduced(0, u, []contract.Params{p, {KT: 1}, {KT: 1, Reference: 1}}))
		require.InDelta(t, c.at.u, u[0], 1e-12)
		want := 0.0
		for i, z := range c.at.z {
			d := (z - []float64{0.5, -1, 2}[i]) / []float64{1.5, 0.5, 3}[i]
			want += d * d / 2
		}
		require.InDelta(t, want, u[2], 1e-12)
		require.InDelta(t, float64((1-share)*u[1])+float64(share*u[2]), u[0], 1e-12)
		for i := range 3 {
			x := [2]point{newPoint(3), newPoint(3)}
			for k, h := range []float64{-1e-5, 1e-5} {
				copy(x[k].z, c.at.z)
				x[k].z[i] += h
				require.NoError(t, c.eval.valueAt(context.Background(), &x[k]))
			}
			require.InDelta(t, (x[1].u-x[0].u)/2e-5, c.at.g[i], 1e-7)
		}
	}
	require.InDelta(t, 1.5*math.Log(2*math.Pi)+math.Log(1.5*0.5*3), e.LogReference(), 1e-12)
	require.Error(t, e.SetReference([]float64{0, 1}, []float64{1}))
	require.Error(t, e.SetReference([]float64{0}, []float64{0}))
}

// Every kernel keeps exp(-u + f(x)) for a bias on a recorded element that its slope does not know: P(x_0 < 0) becomes what quadrature says. Catches a
// bias of the wrong sign, and one that an accepted move leaves behind.
func TestBiasOnElement(t *testing.T) {
	for name, build := range builders {
		e := chains(t, scaled(t, 2), 1, 200, build)
		err := e.SetBias(0, &contract.Bias{Observable: "x[0]", LogWeight: func(x float64) float64 { return 1.5*x - 0.5*x*x }})
		if name == "MCLMC" {
			require.ErrorContains(t, err, "rejects nothing")
			continue
		}
		require.NoError(t, err)
		sweep(t, e, 200, 200)
		sum, squares, n := 0.0, 0.0, 40 // N(0.75, 1/2): batches of 100 draws
		for k := range n {
			mean := 0.0
			for i := range 100 {
				sweep(t, e, int64(200+100*k+i+1), 200)
				mean += e.chains[0].at.z[0] / 100
			}
			sum += mean
			squares += mean * mean
		}
		mean := sum / float64(n)
		se := math.Sqrt((squares/float64(n) - mean*mean) / float64(n-1))
		require.Less(t, se, 0.08, name)
		require.InDelta(t, 0.75, mean, 6*se, "%s: %v", name, se) // t of 39 degrees: false alarm below 1e-6
		require.Error(t, e.SetBias(0, &contract.Bias{Observable: "x"}))
		require.Error(t, e.SetBias(0, &contract.Bias{Observable: "x[2]"}))
	}
}

// coupled is sum (z^2-1)^2 + 0.3 sum z_i z_i+1 + 0.1 sum z.
func coupled(t testing.TB, n int) contract.Target {
	return target(t, n, func(b *expr.Builder, z expr.ID) expr.ID {
		one := b.Fill(expr.Type{Dtype: array.Float64, Shape: []int{n}}, 1)
		e := b.Sum(b.Square(b.Sub(b.Square(z), one)), 0)
		part := func(from, to int) expr.ID { return b.SliceAxis(z, 0, from, to) }
		c := b.Sum(b.Mul(part(1, n), part(0, n-1)), 0)
		return b.Add(e, b.Add(b.Scale(c, 0.3), b.Scale(b.Sum(z, 0), 0.1)))
	})
}

// BenchmarkBatch is a transition of 256 chains of 10 leapfrogs in 10 dimensions, together and alone, and the gradients in it.
func BenchmarkBatch(b *testing.B) {
	const rows = 256
	build := func(n int, w int64) (kernel, error) {
		return newHMC(&HMC{Steps: 10, TargetAccept: 0.8, Metric: "unit", StepSize: 0.25}, n, w)
	}
	for _, name := range []string{"together", "alone", "gradients"} {
		b.Run(name, func(b *testing.B) {
			e := population(b, coupled(b, 10), rows, 0.3, build)
			e.Tune([2]int{0, rows}, [2]int{0, rows}, nil)
			eval := must(e.target.Evaluator(rows))
			z, u, g := make([]float64, rows*10), make([]float64, rows), make([]float64, rows*10)
			b.ReportAllocs()
			for k := range int64(b.N) {
				switch name {
				case "together":
					_ = e.SweepBatch(context.Background(), 0, rows, k+1)
				case "gradients":
					for range 10 {
						_ = eval.Gradient(context.Background(), nil, 1, z, u, g)
					}
				default:
					for c := range e.chains {
						_ = e.SweepTo(context.Background(), c, k+1, nil)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows*10), "ns/gradient")
		})
	}
}

// Populations that begin from a prior of the target, here skewed, have the bits of chains that are drawn, moved and weighed alone; a step of many
// allocates nothing. Catches a row told of another's prior, a prior that stays told after its point is left.
func TestBatchesFromAPrior(t *testing.T) {
	d := quartic(t, 3).(*density.Density)
	vector := expr.Type{Dtype: array.Float64, Shape: []int{3}}
	before := func(b *expr.Builder, z expr.ID) expr.ID {
		return b.Sum(b.Add(b.Exp(b.Scale(z, -0.5)), b.Scale(b.Square(z), 0.3)), 0)
	}
	b := expr.NewBuilder()
	slope := must(expr.ValueAndGrad(b.Finish(before(b, b.Input(vector))), []int{0}))
	b = expr.NewBuilder()
	key := b.Input(expr.Type{Dtype: array.Int64, Shape: []int{}})
	z := must(b.Emit(expr.OpRandomNormal, &expr.Attrs{Dtype: array.Float64, Shape: []int{3}}, key))
	draw := b.Finish(z, before(b, z))
	for _, c := range []struct {
		p      *density.Program
		source *expr.Program
	}{{&d.Before, slope}, {&d.Draw, draw}} {
		require.NoError(t, c.p.DecodeSpec([]byte(`{"program": `+string(must(json.Marshal(c.source)))+`, "arrays": []}`), nil, "test"))
	}
	require.NoError(t, d.Check())
	for name, build := range builders {
		open := func() *ensemble {
			e := population(t, d, 90, 0.4, build)
			used, err := e.UsePrior()
			require.True(t, used && err == nil)
			return e
		}
		one, many := open(), open()
		streams := make([]rng.Stream, 90)
		for c := range streams {
			streams[c] = rng.New(7).Fold(uint64(c)).Stream(0)
			s := streams[c]
			require.NoError(t, one.DrawReference(c, &s))
		}
		require.NoError(t, many.DrawReferenceBatch(0, streams))
		for target := int64(1); target < 4; target++ {
			for c := range one.chains {
				require.NoError(t, one.SweepTo(context.Background(), c, target, nil))
			}
			require.NoError(t, many.SweepBatch(context.Background(), 0, 90, target))
			for c := range one.chains {
				require.Equal(t, one.chains[c].at, many.chains[c].at, "%s chain %d at %d", name, c, target)
				require.NoError(t, one.SetParams(c, contract.Params{KT: 1, Reference: 0.1}))
				require.NoError(t, many.SetParams(c, contract.Params{KT: 1, Reference: 0.1}))
			}
			walkers, got, want := []int{0, 80, 3, 80, 7}, make([]float64, 5), make([]float64, 5)
			at := []contract.Params{{KT: 1}, {KT: 1, Reference: 1}, {KT: 0.9}, {KT: 1, Reference: 0.5}, {KT: 2, Reference: 0.25}}
			require.NoError(t, many.ReducedBatch(walkers, got, at))
			for i, w := range walkers {
				require.NoError(t, one.Reduced(w, want[i:i+1], at[i:i+1]))
			}
			require.Equal(t, want, got, name)
		}
		if many.Batch() > 0 {
			target := many.chains[0].ticks
			require.Zero(t, testing.AllocsPerRun(20, func() {
				target++
				_ = many.SweepBatch(context.Background(), 0, 64, target)
			}), name)
		}
	}
}
