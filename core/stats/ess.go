package stats

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// EffectiveSampleSize is the number of independent draws that are worth as much as the record, of each quantity (A. Vehtari, A. Gelman,
// D. Simpson, B. Carpenter, P.-C. Buerkner, Bayesian Analysis 16, 667 (2021)).
//
// Every chain is split in halves, and autocorrelations between and within them are summed up to Geyer's initial monotone sequence. Results, each of
// shape (quantities,): ess_bulk, for the rank-normalised values; ess_tail, the smaller of those for the indicators of the 5 % and 95 % quantiles;
// ess_mean, for the values as they are; ess_square, for the squares of their distances from the mean; and of shape (quantities, probabilities):
// quantile (of type 7, as in NumPy) and ess_quantile, for the indicators x <= quantile. NaN where a chain has fewer than 4 draws, a value is not
// finite, or all are the same; an indicator's also where the quantile is the largest value.
type EffectiveSampleSize struct {
	// Probabilities of the quantiles.
	Quantiles []float64 `spec:"quantiles" default:"[]" range:"[0,1]"`
}

func (p *EffectiveSampleSize) run(in []*array.Array, out Results) error {
	all, err := batch(in)
	if err != nil {
		return err
	}
	type sizes struct{ bulk, tail, mean, square float64 }
	e := make([]sizes, len(all))
	m := len(p.Quantiles)
	quantiles, local := make([]float64, len(all)*m), make([]float64, len(all)*m)
	err = each(all, func(d *desk, q int) {
		x := all[q]
		bulk, tail, _ := d.diagnose(x)
		e[q] = sizes{bulk, tail, math.NaN(), math.NaN()}
		own, at := local[q*m:(q+1)*m], quantiles[q*m:(q+1)*m]
		for k := range own {
			own[k], at[k] = math.NaN(), math.NaN()
		}
		mean, warn := centre(x)
		if warn != 0 {
			return
		}
		e[q].mean = d.geyer(split(x))
		other := make(Chains, len(x))
		for c, series := range x {
			other[c] = make([]float64, len(series))
			for i, v := range series {
				other[c][i] = (v - mean) * (v - mean)
			}
		}
		e[q].square = d.geyer(split(other))
		if m == 0 {
			return
		}
		order := d.sortedOrder(x)
		for k, probability := range p.Quantiles {
			at[k] = quantile(x, order, probability)
		}
		for k := range own {
			own[k] = d.geyer(split(indicator(other, x, at[k])))
		}
	})
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		x    []float64
	}{{"quantile", quantiles}, {"ess_quantile", local}} {
		if m > 0 {
			if err := out.Add(c.name, array.Float64, []int{len(all), m}, []string{"quantity", "probability"}, c.x); err != nil {
				return err
			}
		}
	}
	return table(out, len(all), column("ess_bulk", func(q int) float64 { return e[q].bulk }),
		column("ess_tail", func(q int) float64 { return e[q].tail }), column("ess_mean", func(q int) float64 { return e[q].mean }),
		column("ess_square", func(q int) float64 { return e[q].square }))
}

// quantile is of type 7, as in R and NumPy; order sorts x.
func quantile(x Chains, order []uint32, p float64) float64 {
	n := x.Draws()
	value := func(i uint32) float64 { return x[int(i)/n][int(i)%n] }
	at := float64(float64(len(order)-1) * p)
	k := int(at)
	low := value(order[k])
	if k+1 == len(order) {
		return low
	}
	high, part := value(order[k+1]), at-float64(k)
	if low == high {
		return low
	}
	return float64((1-part)*low) + float64(part*high)
}

// Rhat is the potential scale reduction of each quantity, the larger of the rank-normalised split R-hat and that of the folded values |x - median|
// (A. Vehtari et al., Bayesian Analysis 16, 667 (2021)): near 1 when the halves of all chains agree in location and spread; above 1.01 they
// have not mixed. Result: rhat (quantities,), NaN where a chain has fewer than 4 draws, a value is not finite, or all are the same. One
// chain is compared with itself, half with half.
type Rhat struct{}

func (*Rhat) run(in []*array.Array, out Results) error {
	all, err := batch(in)
	if err != nil {
		return err
	}
	r := make([]float64, len(all))
	if err := each(all, func(d *desk, q int) { _, _, r[q] = d.diagnose(all[q]) }); err != nil {
		return err
	}
	return table(out, len(all), column("rhat", func(q int) float64 { return r[q] }))
}

// Diagnose is the bulk and tail effective sample sizes and R-hat of a record, as in [EffectiveSampleSize] and [Rhat].
func Diagnose(x Chains) (essBulk, essTail, rhat float64) { return newDesk().diagnose(x) }

func (d *desk) diagnose(x Chains) (bulk, tail, rhat float64) {
	nan := math.NaN()
	if _, warn := centre(x); warn != 0 {
		return nan, nan, nan
	}
	halves := split(x)
	n, half := x.Draws(), halves.Draws()
	full := d.sortedOrder(x)
	low, high := quantile(x, full, 0.05), quantile(x, full, 0.95)

	order := full // of the halves laid end to end, without the middle draw of an odd chain
	if n%2 == 1 {
		order = order[:0]
		for _, i := range full {
			if c, at := int(i)/n, int(i)%n; at < half {
				order = append(order, uint32(2*c*half+at))
			} else if at > half {
				order = append(order, uint32((2*c+1)*half+at-half-1))
			}
		}
	}
	flat := fit(&d.flat, len(order))
	for c, series := range halves {
		copy(flat[c*half:], series)
	}
	of := func(i uint32) float64 { return flat[i] }
	z := fit(&d.z, len(order))
	scores := make(Chains, len(halves))
	for c := range scores {
		scores[c] = z[c*half : (c+1)*half]
	}
	normalScores(z, order, func(k int) float64 { return of(order[k]) })
	bulk, rhat = d.geyer(scores), reduction(scores)

	middle := len(order) / 2
	median := of(order[middle])
	if len(order)%2 == 0 {
		median = 0.5 * (of(order[middle-1]) + median)
	}
	folded, distance := d.fold(order, of, median)
	normalScores(z, folded, func(k int) float64 { return distance[k] })
	if spread := reduction(scores); spread > rhat { // NaN where all are equally far from the median
		rhat = spread
	}

	size := float64(len(order))
	lower, upper := d.geyer(indicator(scores, halves, low)), d.geyer(indicator(scores, halves, high))
	switch {
	case upper != upper:
		tail = min(lower, size)
	case lower != lower:
		tail = min(upper, size)
	default:
		tail = min(lower, upper)
	}
	return bulk, tail, rhat
}

// fold sorts by the distance from the median: the two sides are merged.
func (d *desk) fold(order []uint32, of func(uint32) float64, median float64) ([]uint32, []float64) {
	n := len(order)
	folded, distance := fit(&d.otherOrder, n), fit(&d.folded, n)
	up := 0
	for up < n && of(order[up]) < median {
		up++
	}
	down := up - 1
	for k := range folded {
		if up == n || (down >= 0 && median-of(order[down]) <= of(order[up])-median) {
			folded[k], distance[k] = order[down], median-of(order[down])
			down--
		} else {
			folded[k], distance[k] = order[up], of(order[up])-median
			up++
		}
	}
	return folded, distance
}

// indicator fills dst with 1 where x is at most q, else 0.
func indicator(dst, x Chains, q float64) Chains {
	for c, series := range x {
		for i, v := range series {
			dst[c][i] = 0
			if v <= q {
				dst[c][i] = 1
			}
		}
	}
	return dst
}

// split is the first and the last half of every chain.
func split(x Chains) Chains {
	half := x.Draws() / 2
	out := make(Chains, 0, 2*len(x))
	for _, series := range x {
		out = append(out, series[:half], series[len(series)-half:])
	}
	return out
}

// reduction is R-hat of chains as they are.
func reduction(x Chains) float64 {
	n := float64(x.Draws())
	means, within := make([]float64, len(x)), 0.0
	for c, series := range x {
		means[c] = simd.Sum(series) / n
		within += squares(series, means[c]) / (n - 1)
	}
	within /= float64(len(x))
	between := squares(means, simd.Sum(means)/float64(len(means))) / float64(len(means)-1)
	return math.Sqrt((float64(n*between)/within + n - 1) / n)
}

func squares(x []float64, about float64) float64 {
	sum := 0.0
	for _, v := range x {
		d := v - about
		sum += float64(d * d)
	}
	return sum
}

// geyer is the effective sample size of chains as they are, by Geyer's initial monotone sequence over all of them; at most n log10(n). The steps are
// those of Stan and ArviZ.
func (d *desk) geyer(x Chains) float64 {
	n, chains := x.Draws(), float64(len(x))
	means := make([]float64, len(x))
	for c, series := range x {
		means[c] = simd.Sum(series) / float64(n)
	}
	l := d.about(x, func(c int) float64 { return means[c] })
	covariance := func(t int) float64 { return l.at(t) / (float64(n) * chains) }
	within := covariance(0) * float64(n) / float64(n-1)
	total := covariance(0) + squares(means, simd.Sum(means)/chains)/(chains-1)
	if total == 0 {
		return math.NaN() // all are the same: the indicator of a quantile that is the largest value
	}
	rho := func(t int) float64 { return 1 - (within-covariance(t))/total }

	even, odd := 1.0, rho(1)
	pairs := []float64{even + odd} // rho(2k) + rho(2k+1)
	t := 1
	for t < n-3 && even+odd > 0 {
		even, odd = rho(t+1), rho(t+2)
		if even+odd >= 0 {
			pairs = append(pairs, even+odd)
		}
		t += 2
	}
	last := (t - 1) / 2 // pairs summed, without the last one that was tried
	for k := 1; k < min(last, len(pairs)); k++ {
		pairs[k] = min(pairs[k], pairs[k-1])
	}
	sum := 0.0
	for k := range min(last, len(pairs)) {
		sum += pairs[k]
	}
	size := float64(n) * chains
	two := float64(2*sum) - 1
	if even > 0 || even+odd >= 0 {
		two += even
	}
	return size / max(two, math.Ln10/functions.Log1(size))
}
