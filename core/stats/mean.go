package stats

import (
	"context"
	"math"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Estimate is a mean with its error bar.
type Estimate struct {
	Mean, SD float64 // SD is the spread of one draw, from the sum of squares over n - 1
	SE       float64 // standard error of the mean, sqrt(2 tau var / n), n the draws of all chains
	Tau      float64 // integrated autocorrelation time, 1/2 for independent draws
	TauErr   float64
	Window   int // lags that were summed
	Warn     Warning
}

const (
	defaultWindow = 5.0
	shortest      = 4    // draws of a chain, below which there is no autocorrelation
	enoughTaus    = 50.0 // draws of a chain per tau, below which it is short
)

// Mean is the mean over all draws of all chains with its standard error.
//
// The autocovariance G(t) is the mean over chains and time of products of deviations from the mean over all chains (chains that disagree
// raise it, as they should). It is summed up to the smallest window W with
//
//	W >= window tau(W),   tau(W) = 1/2 + sum_(t=1..W) G(t)/G(0)
//
// (A. Sokal, in Functional Integration, 1997; window is 5), which leaves out about exp(-5) of tau where correlations decay exponentially, and corrected for the
// bias of order 1/n that comes from subtracting the measured mean (U. Wolff, Comput. Phys. Commun. 156, 143 (2004), equation 49). The error of
// tau is tau sqrt(2 (2 W + 1)/n) (N. Madras, A. Sokal, J. Stat. Phys. 50, 109 (1988)). Where no window fits, tau is the largest
// tau(W), a lower bound, and the record is flagged Short. Anticorrelated draws never count as more than 2 log10(n) times their number.
func Mean(x Chains, window float64) Estimate { return newDesk().mean(x, window) }

func (d *desk) mean(x Chains, window float64) Estimate {
	nan := math.NaN()
	e := Estimate{Mean: nan, SD: nan, SE: nan, Tau: nan, TauErr: nan}
	e.Mean, e.Warn = centre(x)
	if e.Warn&NonFinite != 0 {
		return e
	}
	draws := x.Draws()
	n := float64(draws * len(x))
	if e.Warn&Constant != 0 {
		if n > 1 {
			e.SD = 0
		}
		return e
	}
	l := d.about(x, func(int) float64 { return e.Mean })
	e.SD = math.Sqrt(l.at(0) / (n - 1))
	if e.Warn&Tiny != 0 {
		return e
	}
	var g0, tail float64
	g0, tail, e.Window, e.Warn = l.window(window, e.Warn)
	floor := 0.5 * math.Ln10 / functions.Log1(n)
	variance := g0 * max(1+2*tail/g0, 2*floor) // n times that of the mean
	if draws > 2*e.Window+1 {
		variance *= 1 + float64(2*e.Window+1)/n
	}
	tau := variance / (2 * (g0 + variance/n))
	e.Tau = tau
	e.TauErr = tau * math.Sqrt(2*float64(2*e.Window+1)/n)
	e.SE = math.Sqrt(variance / n)
	if float64(draws) < enoughTaus*tau {
		e.Warn |= Short
	}
	return e
}

// window is the automatic window: G(0), the sum of G(1..W), W.
func (l *lagged) window(c float64, warn Warning) (g0, tail float64, w int, _ Warning) {
	draws, chains := l.draws(), len(l.x)
	covariance := func(t int) float64 { return l.at(t) / float64((draws-t)*chains) }
	g0 = covariance(0)
	largest, at := 0.0, 0
	for w = 1; w < draws; w++ {
		tail += covariance(w)
		if float64(w) >= float64(c*(0.5+tail/g0)) {
			return g0, tail, w, warn
		}
		if tail > largest {
			largest, at = tail, w
		}
	}
	return g0, largest, at, warn | Short
}

// centre is the mean of all draws, NaN if one is not finite, and what is wrong with the record as such.
func centre(x Chains) (float64, Warning) {
	warn := Warning(0)
	if x.Draws() < shortest {
		warn |= Tiny
	}
	first, constant := x[0][0], true
	sum, n := 0.0, 0
	for _, series := range x {
		for _, v := range series {
			if v-v != 0 {
				return math.NaN(), warn | NonFinite
			}
			constant = constant && v == first
		}
		n += len(series)
	}
	if constant {
		return first, warn | Constant
	}
	for _, series := range x {
		sum += simd.Sum(series)
	}
	mean := sum / float64(n)
	if mean-mean != 0 { // the sum overflowed
		return math.NaN(), warn | NonFinite
	}
	return mean, warn
}

// IntegratedTime is the integrated autocorrelation time tau = 1/2 + sum over t > 0 of rho(t), in draws, of each quantity, with the mean and its
// standard error.
//
// tau is summed up to the smallest lag W that is at least window times tau(W) (A. Sokal); its error is that of N. Madras and A. Sokal, J. Stat. Phys.
// 50, 109 (1988). Results, each of shape (quantities,): tau, tau_err, window (the W that was used), mean, sd, se, and warn, a sum of 1 (a chain is
// shorter than 50 tau: tau may be too small), 8 (constant), 16 (NaN or infinite values), 32 (fewer than 4 draws a chain).
type IntegratedTime struct {
	// Window of the sum in units of tau.
	Window float64 `spec:"window" default:"5.0" range:"[1,inf)"`
}

func (p *IntegratedTime) run(in []*array.Array, out Results) error {
	all, err := batch(in)
	if err != nil {
		return err
	}
	e := make([]Estimate, len(all))
	if err := each(all, func(d *desk, q int) { e[q] = d.mean(all[q], p.Window) }); err != nil {
		return err
	}
	return table(out, len(all),
		column("tau", func(q int) float64 { return e[q].Tau }), column("tau_err", func(q int) float64 { return e[q].TauErr }),
		counts("window", func(q int) int64 { return int64(e[q].Window) }),
		column("mean", func(q int) float64 { return e[q].Mean }), column("sd", func(q int) float64 { return e[q].SD }),
		column("se", func(q int) float64 { return e[q].SE }), counts("warn", func(q int) int64 { return int64(e[q].Warn) }))
}

var desks = sync.Pool{New: func() any { return newDesk() }}

// each runs fn for every quantity, in parallel.
func each(all []Chains, fn func(d *desk, q int)) error {
	return par.Do(context.Background(), 0, len(all), func(q int) error {
		d := desks.Get().(*desk)
		defer desks.Put(d)
		fn(d, q)
		return nil
	})
}
