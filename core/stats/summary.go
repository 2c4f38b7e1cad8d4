package stats

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
)

// Summary is what a run shows of each quantity in one call: mean, sd (the spread of one draw), se (the standard error of the mean), tau (integrated
// autocorrelation time, 1/2 for independent draws) and tau_err, ess_bulk, ess_tail, ess_mean and rhat (rank-normalised, folded), q5, q50 and q95 (quantiles), each
// of shape (quantities,), and warn, a sum of
//
//	 1  a chain is shorter than 50 tau: error bars may be too small
//	 2  R-hat is above 1.01: the chains disagree
//	 4  an effective sample size is below 100 per chain
//	 8  all values are the same: no error bar
//	16  a value is NaN or infinite: no statistics
//	32  fewer than 4 draws per chain: no autocorrelation
//
// Inputs have the shape (..., chains, draws); quantities are counted in C order, input after input. What cannot be told is NaN.
type Summary struct{}

// Row is the summary of one quantity.
type Row struct {
	Estimate
	ESSBulk, ESSTail, ESSMean, Rhat float64
	Quantiles                       [3]float64 // 5 %, 50 %, 95 %
}

// Summarize is the summary of one quantity.
func Summarize(x Chains) Row { return newDesk().summarize(x) }

func (d *desk) summarize(x Chains) Row {
	r := Row{Estimate: d.mean(x, defaultWindow)}
	r.ESSBulk, r.ESSTail, r.Rhat = d.diagnose(x)
	r.ESSMean, r.Quantiles = math.NaN(), [3]float64{math.NaN(), math.NaN(), math.NaN()}
	if r.Warn&NonFinite == 0 {
		order := d.sortedOrder(x)
		for k, p := range []float64{0.05, 0.5, 0.95} {
			r.Quantiles[k] = quantile(x, order, p)
		}
	}
	if r.Warn&(NonFinite|Constant|Tiny) == 0 {
		r.ESSMean = d.geyer(split(x))
	}
	if r.Rhat > 1.01 {
		r.Warn |= Unmixed
	}
	if few := 100 * float64(len(x)); r.ESSBulk < few || r.ESSTail < few {
		r.Warn |= Few
	}
	return r
}

func (*Summary) run(in []*array.Array, out Results) error {
	all, err := batch(in)
	if err != nil {
		return err
	}
	r := make([]Row, len(all))
	if err := each(all, func(d *desk, q int) { r[q] = d.summarize(all[q]) }); err != nil {
		return err
	}
	return table(out, len(all),
		column("mean", func(q int) float64 { return r[q].Mean }), column("sd", func(q int) float64 { return r[q].SD }),
		column("se", func(q int) float64 { return r[q].SE }), column("tau", func(q int) float64 { return r[q].Tau }),
		column("tau_err", func(q int) float64 { return r[q].TauErr }), column("ess_bulk", func(q int) float64 { return r[q].ESSBulk }),
		column("ess_tail", func(q int) float64 { return r[q].ESSTail }), column("rhat", func(q int) float64 { return r[q].Rhat }),
		column("ess_mean", func(q int) float64 { return r[q].ESSMean }), column("q5", func(q int) float64 { return r[q].Quantiles[0] }),
		column("q50", func(q int) float64 { return r[q].Quantiles[1] }), column("q95", func(q int) float64 { return r[q].Quantiles[2] }),
		counts("warn", func(q int) int64 { return int64(r[q].Warn) }))
}
