package stats

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Autocorrelation is the normalised autocorrelation function of each quantity,
//
//	rho(t) = G(t)/G(0),   G(t) = mean over chains and i of (x_i - mean)(x_(i+t) - mean),
//
// with the mean over all chains and an average over the draws - t products that there are (short lags by sums, all others by a
// fast Fourier transform). Results: autocorrelation (quantities, lags + 1), and tau, tau_err (quantities,) as in IntegratedTime. The function is NaN where
// a value is not finite or all are the same. Its noise does not decay: beyond the window of tau it is hardly more than noise.
type Autocorrelation struct {
	// Largest lag; -1 takes all up to half of a chain.
	Lags int `spec:"lags" default:"-1" range:"[-1,inf)"`
}

// Correlation is rho(0..lags) of one quantity.
func Correlation(x Chains, lags int) []float64 { return newDesk().correlation(x, lags) }

func (d *desk) correlation(x Chains, lags int) []float64 {
	rho := make([]float64, lags+1)
	mean, warn := centre(x)
	if warn&(NonFinite|Constant) != 0 {
		for t := range rho {
			rho[t] = math.NaN()
		}
		return rho
	}
	l := d.about(x, func(int) float64 { return mean })
	n := float64(x.Draws())
	for t := range rho {
		rho[t] = l.at(t) / l.at(0) * (n / (n - float64(t)))
	}
	return rho
}

func (p *Autocorrelation) run(in []*array.Array, out Results) error {
	all, err := batch(in)
	if err == nil {
		err = same(all)
	}
	if err != nil {
		return err
	}
	draws := all[0].Draws()
	lags := p.Lags
	if lags < 0 {
		lags = draws / 2
	}
	if lags >= draws {
		return spec.Expected("Autocorrelation.lags", "fewer lags than draws", lags).Try("lags=-1").With("draws", draws)
	}
	if _, err := array.Plan(len(all)*(lags+1), 8, "autocorrelation functions"); err != nil {
		return err
	}
	rho := make([]float64, len(all)*(lags+1))
	e := make([]Estimate, len(all))
	err = each(all, func(d *desk, q int) {
		copy(rho[q*(lags+1):], d.correlation(all[q], lags))
		e[q] = d.mean(all[q], defaultWindow)
	})
	if err != nil {
		return err
	}
	if err := out.Add("autocorrelation", array.Float64, []int{len(all), lags + 1}, []string{"quantity", "lag"}, rho); err != nil {
		return err
	}
	return table(out, len(all), column("tau", func(q int) float64 { return e[q].Tau }), column("tau_err", func(q int) float64 { return e[q].TauErr }))
}
