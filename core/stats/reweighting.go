package stats

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Reweighting tells the means of a record at other temperatures than its own (A. M. Ferrenberg, R. H. Swendsen, Phys. Rev. Lett. 61, 2635 (1988)):
//
//	<O>(kT') = sum_i O_i w_i / sum_i w_i,   w_i = exp(-(1/kT' - 1/kT) E_i).
//
// The first input is the energy, the others are the observables (the energy may be one of them), all of shape (chains, draws). Results: mean and se
// (observables, temperatures), the mean corrected for its bias and both by the jackknife over blocks; log_z and log_z_se (temperatures,), log of
// Z(kT')/Z(kT); ess (temperatures,), the effective number of draws, (sum w)^2 / sum w^2 / (2 tau) with tau of the energy; and warn
// (temperatures,), a sum of
//
//	 1  blocks are shorter than 10 tau of the energy: error bars may be too small
//	 4  ess is below 100: a few draws decide
//	16  a value is NaN or infinite
//	64  the reweighted energy lies outside the central 98 % of the record, where its tails are all that is known
//
// Error bars cannot tell of states that the record never saw: heed the warnings.
type Reweighting struct {
	// Temperature of the record.
	KT float64 `spec:"kT" range:"(0,inf)" unit:"energy"`
	// Temperatures to tell of.
	At []float64 `spec:"at" range:"(0,inf)" unit:"energy"`
	// Number of blocks over all chains for the jackknife.
	Blocks int `spec:"blocks" default:"64" range:"[2,inf)"`
}

// Reweighted is what a record tells of one temperature.
type Reweighted struct {
	Mean, SE     []float64 // of each observable
	LogZ, LogZSE float64
	ESS          float64
	Warn         Warning
}

// Reweight tells the means of the observables at temperature to from a record at temperature from, with error bars from perChain blocks in each chain.
func Reweight(energy Chains, observables []Chains, from, to float64, perChain int) Reweighted {
	d := newDesk()
	e := d.mean(energy, defaultWindow)
	return reweight(energy, observables, from, to, perChain, e, central(d, energy, e.Warn))
}

// central is the range of the central 98 % of a record.
func central(d *desk, x Chains, warn Warning) [2]float64 {
	if warn&NonFinite != 0 {
		return [2]float64{math.NaN(), math.NaN()}
	}
	order := d.sortedOrder(x)
	cut := len(order) / 100
	n := x.Draws()
	value := func(i uint32) float64 { return x[int(i)/n][int(i)%n] }
	return [2]float64{value(order[cut]), value(order[len(order)-1-cut])}
}

func reweight(energy Chains, observables []Chains, from, to float64, perChain int, e Estimate, inner [2]float64) Reweighted {
	r := Reweighted{Mean: make([]float64, len(observables)), SE: make([]float64, len(observables))}
	slope := (from - to) / from / to // 1/to - 1/from
	lowest := math.Inf(1)
	weights := make(Chains, len(energy))
	for c, series := range energy {
		weights[c] = make([]float64, len(series))
		for i, v := range series {
			weights[c][i] = -slope * (v - e.Mean)
			lowest = min(lowest, -weights[c][i])
		}
	}
	sum, sum2 := 0.0, 0.0
	for _, w := range weights {
		for i := range w {
			w[i] += lowest
		}
		functions.Exp(w, w)
		sum += simd.Sum(w)
		sum2 += simd.Dot(w, w)
	}
	r.ESS = sum / sum2 * sum / max(2*e.Tau, 1)
	blocks := [][]float64{nil, Blocks(weights, perChain)}
	product := make(Chains, len(energy))
	for c := range product {
		product[c] = make([]float64, energy.Draws())
	}
	weighted := func(x Chains) []float64 {
		for c, series := range x {
			for i, v := range series {
				product[c][i] = v * weights[c][i]
			}
		}
		return Blocks(product, perChain)
	}
	ratio := func(m []float64) float64 { return m[0] / m[1] }
	for k, x := range observables {
		blocks[0] = weighted(x)
		r.Mean[k], r.SE[k] = Jackknife(blocks, ratio)
		if _, warn := centre(x); warn&NonFinite != 0 {
			r.Mean[k], r.SE[k] = math.NaN(), math.NaN()
			r.Warn |= NonFinite
		}
	}
	r.LogZ, r.LogZSE = Jackknife(blocks[1:], func(m []float64) float64 { return functions.Log1(m[0]) })
	r.LogZ -= lowest + float64(slope*e.Mean)

	blocks[0] = weighted(energy)
	mean := simd.Sum(blocks[0]) / simd.Sum(blocks[1])
	switch {
	case e.Warn&NonFinite != 0:
		r.Warn |= NonFinite
	case mean < inner[0] || mean > inner[1]:
		r.Warn |= Outside
	}
	if r.ESS < 100 {
		r.Warn |= Few
	}
	if float64(energy.Draws()/perChain) < 10*e.Tau {
		r.Warn |= Short
	}
	return r
}

func (p *Reweighting) run(in []*array.Array, out Results) error {
	all, err := batch(in)
	if err == nil {
		err = same(all)
	}
	if err != nil {
		return err
	}
	if len(all) < 2 {
		return spec.Errorf(spec.ShapeError, "Reweighting: expected the energy and at least one observable, each of shape (chains, draws), got one record")
	}
	if len(in[0].Shape) > 2 {
		return spec.Errorf(spec.ShapeError, "Reweighting: expected the energy of shape (chains, draws), got %v", in[0].Shape)
	}
	energy, observables := all[0], all[1:]
	n := perChain(p.Blocks, len(energy), energy.Draws())
	if n*len(energy) < 2 {
		return tooFew(len(energy), energy.Draws())
	}
	d := newDesk()
	e := d.mean(energy, defaultWindow)
	inner := central(d, energy, e.Warn)
	r := make([]Reweighted, len(p.At))
	at := make([]Chains, len(p.At))
	if err := each(at, func(_ *desk, k int) { r[k] = reweight(energy, observables, p.KT, p.At[k], n, e, inner) }); err != nil {
		return err
	}
	mean, se := make([]float64, 0, len(observables)*len(r)), make([]float64, 0, len(observables)*len(r))
	for k := range observables {
		for i := range r {
			mean, se = append(mean, r[i].Mean[k]), append(se, r[i].SE[k])
		}
	}
	shape, dims := []int{len(observables), len(r)}, []string{"quantity", "kT"}
	if err := out.Add("mean", array.Float64, shape, dims, mean); err != nil {
		return err
	}
	if err := out.Add("se", array.Float64, shape, dims, se); err != nil {
		return err
	}
	return along(out, "kT", len(r),
		column("log_z", func(k int) float64 { return r[k].LogZ }), column("log_z_se", func(k int) float64 { return r[k].LogZSE }),
		column("ess", func(k int) float64 { return r[k].ESS }), counts("warn", func(k int) int64 { return int64(r[k].Warn) }))
}
