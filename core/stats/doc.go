// Package stats is error bars: what a finite, correlated record says about a mean, and how much to believe it.
//
// One convention throughout: the integrated autocorrelation time of a stationary series with normalised autocorrelation rho(t) is
//
//	tau = 1/2 + sum_(t>0) rho(t),
//
// in units of one draw: 1/2 for independent draws. The mean of n draws then has the variance 2 tau var / n.
//
// Nothing is hidden: a constant record, one of fewer than four draws, or one with a NaN has no error bar, and NaN is returned with a
// warning; a record too short for its own correlations is flagged.
package stats

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Results keeps what a statistic finds: values of exactly this shape, with named dimensions.
type Results interface {
	Add(name string, dtype array.Dtype, shape []int, dims []string, data any) error
}

// Entry is one statistic: New makes the struct that its parameters decode into, Run computes it from arrays of shape (..., chains, draws);
// (draws,) is one chain.
type Entry struct {
	Name string
	New  func() any
	Run  func(ctx context.Context, params any, in []*array.Array, out Results) error
}

// Registry lists the statistics.
func Registry() []Entry {
	return []Entry{
		entry("Summary", (*Summary).run),
		entry("Autocorrelation", (*Autocorrelation).run),
		entry("IntegratedTime", (*IntegratedTime).run),
		entry("EffectiveSampleSize", (*EffectiveSampleSize).run),
		entry("Rhat", (*Rhat).run),
		entry("Binning", (*Binning).run),
		entry("BlockMeans", (*BlockMeans).run),
		entry("Reweighting", (*Reweighting).run),
		long("PairForms", (*PairForms).run),
		long("Sinkhorn", (*Sinkhorn).run),
		long("MBAR", (*MBAR).run),
		long("MBARProducts", (*MBARProducts).run),
		long("MBARCombinations", (*MBARCombinations).run),
	}
}

func entry[P any](name string, run func(p *P, in []*array.Array, out Results) error) Entry {
	return Entry{
		Name: name,
		New:  func() any { return new(P) },
		Run: func(_ context.Context, params any, in []*array.Array, out Results) error {
			return run(params.(*P), in, out)
		},
	}
}

// long is a statistic whose work may take seconds: it stops with ctx.Err().
func long[P any](name string, run func(p *P, ctx context.Context, in []*array.Array, out Results) error) Entry {
	return Entry{
		Name: name,
		New:  func() any { return new(P) },
		Run: func(ctx context.Context, params any, in []*array.Array, out Results) error {
			return run(params.(*P), ctx, in, out)
		},
	}
}

// Warning tells what is wrong with a record; several may be set.
type Warning int64

const (
	Short     Warning = 1 << iota // a chain is shorter than 50 tau: tau and every error bar may be too small
	Unmixed                       // R-hat is above 1.01: the chains disagree
	Few                           // an effective sample size is below 100 per chain, for reweighting below 100
	Constant                      // every value is the same: no error bar
	NonFinite                     // a value is NaN or infinite: no statistics
	Tiny                          // fewer than 4 draws per chain: no autocorrelation
	Outside                       // reweighted to where the record has hardly been: its mean energy lies outside the central 98 % of the record
)

// Chains is the record of one quantity: independent chains of equal length.
type Chains [][]float64

// Draws is the length of a chain.
func (c Chains) Draws() int {
	if len(c) == 0 {
		return 0
	}
	return len(c[0])
}

// batch is quantities recorded over the same chains and draws.
func batch(in []*array.Array) ([]Chains, error) {
	var all []Chains
	for _, a := range in {
		if len(a.Shape) == 0 {
			return nil, spec.Errorf(spec.ShapeError, "%s: expected shape (draws,), (chains, draws) or (..., chains, draws), got a scalar", label(a))
		}
		draws, chains, quantities := a.Shape[len(a.Shape)-1], 1, 1
		if len(a.Shape) > 1 {
			chains = a.Shape[len(a.Shape)-2]
			for _, n := range a.Shape[:len(a.Shape)-2] {
				quantities *= n
			}
		}
		if chains == 0 || draws == 0 {
			return nil, spec.Errorf(spec.ShapeError, "%s: expected at least one chain and one draw, got shape %v", label(a), a.Shape)
		}
		x := array.View[float64](a)
		if a.Dtype != array.Float64 {
			var err error
			if x, err = a.Float64s(); err != nil {
				return nil, err
			}
		}
		for q := range quantities {
			c := make(Chains, chains)
			for k := range c {
				at := (q*chains + k) * draws
				c[k] = x[at : at+draws : at+draws]
			}
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil, spec.Errorf(spec.ShapeError, "expected at least one array of shape (..., chains, draws)")
	}
	return all, nil
}

func label(a *array.Array) string {
	if a.Name == "" {
		return "input"
	}
	return a.Name
}

// same refuses quantities whose chains or draws differ.
func same(all []Chains) error {
	for _, c := range all[1:] {
		if len(c) != len(all[0]) || c.Draws() != all[0].Draws() {
			return spec.Errorf(spec.ShapeError, "expected records of one shape, got (%d, %d) and (%d, %d)", len(all[0]), all[0].Draws(), len(c), c.Draws())
		}
	}
	return nil
}
