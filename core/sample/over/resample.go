package over

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// weights are those of a population: logarithms, and normalised.
type weights struct {
	log, share []float64
}

func newWeights(n int) weights { return weights{make([]float64, n), make([]float64, n)} }

// normalise fills the shares and gives log of the mean weight; -inf where all are zero, and the shares are then equal.
func (w weights) normalise() float64 {
	top := math.Inf(-1)
	for _, x := range w.log {
		top = max(top, x)
	}
	n := float64(len(w.log))
	if math.IsInf(top, -1) {
		for i := range w.share {
			w.share[i] = 1 / n
		}
		return top
	}
	for i, x := range w.log {
		w.share[i] = x - top
	}
	functions.Exp(w.share, w.share)
	sum := 0.0
	for _, x := range w.share {
		sum += x
	}
	for i := range w.share {
		w.share[i] /= sum
	}
	return top + functions.Log1(sum/n)
}

// size is the effective number, 1 / sum share^2.
func (w weights) size() float64 {
	squares := 0.0
	for _, x := range w.share {
		squares += float64(x * x)
	}
	return 1 / squares
}

// systematic gives each of n places the particle that a comb of n teeth with a random offset finds, so that particle i has floor(n W_i) or one more
// offspring, n W_i in the mean; survivors keep their places. source[k] is the particle that place k gets.
func systematic(source []int, share []float64, u float64) {
	n := len(share)
	count := make([]int, n)
	sum, tooth := 0.0, 0
	for i, x := range share {
		sum += x
		for tooth < n && float64(tooth)+u < float64(sum*float64(n)) {
			count[i]++
			tooth++
		}
	}
	for i := n - 1; tooth < n && i >= 0; i-- { // rounding of the sum: the last with weight
		if share[i] > 0 {
			count[i] += n - tooth
			tooth = n
		}
	}
	free := 0
	for i := range source {
		if count[i] > 0 {
			source[i] = i
		} else {
			source[i] = -1
		}
	}
	for i, c := range count {
		for ; c > 1; c-- {
			for source[free] >= 0 {
				free++
			}
			source[free] = i
		}
	}
}

// resample replaces walkers first, first+1, ... by their shares, families with them.
func resample(e contract.Ensemble, first int, w weights, family []int32, s *rng.Stream) {
	w.resample(make([]int, len(w.share)), s.Float64(), family, func(to, from int) { e.CopyWalker(first+to, first+from) })
}

// resample replaces particles by their shares, families with them, and makes the weights equal.
func (w weights) resample(source []int, u float64, family []int32, replace func(to, from int)) {
	systematic(source, w.share, u)
	for k, i := range source {
		if i != k {
			replace(k, i)
			family[k] = family[i]
		}
	}
	clear(w.log)
	for i := range w.share {
		w.share[i] = 1 / float64(len(w.share))
	}
}

// lineages are the families of a population with their weights: how many there are, and sum_f W_f^2. The relative variance of the evidence is about
// sum_f W_f^2 - 1/n (A. Lee, N. Whiteley, Biometrika 105, 609 (2018)), an upper bound for systematic resampling; rho_t = n sum_f W_f^2.
func lineages(share []float64, family []int32) (count, squares float64) {
	sums := make([]float64, len(share))
	for i, f := range family {
		sums[f] += share[i]
	}
	for _, x := range sums {
		if x > 0 {
			count++
			squares += float64(x * x)
		}
	}
	return count, squares
}
