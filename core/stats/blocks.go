package stats

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// Binning is the standard error of each quantity from means over blocks of 1, 2, 4, ... draws (H. Flyvbjerg, H. G. Petersen, J. Chem. Phys. 91, 461
// (1989)). It grows with the block until blocks are much longer than correlations, and stays there; where no plateau is reached, the
// record is too short. Blocks lie within chains; deviations are from the mean over all. Results: block_length (levels,), up to the last of at
// least 8 blocks in all; se and se_err (quantities, levels), se_err = se / sqrt(2 (blocks - 1)).
type Binning struct{}

const fewestBlocks = 8

func (*Binning) run(in []*array.Array, out Results) error {
	all, err := batch(in)
	if err == nil {
		err = same(all)
	}
	if err != nil {
		return err
	}
	draws, chains := all[0].Draws(), len(all[0])
	var lengths []int64
	for length := 1; len(lengths) == 0 || draws/length*chains >= fewestBlocks && length <= draws; length *= 2 {
		lengths = append(lengths, int64(length))
	}
	levels := len(lengths)
	se, seErr := make([]float64, len(all)*levels), make([]float64, len(all)*levels)
	err = each(all, func(_ *desk, q int) {
		for k, length := range lengths {
			blocks := draws / int(length) * chains
			means := Blocks(all[q], draws/int(length))
			at := q*levels + k
			se[at] = math.Sqrt(squares(means, simd.Sum(means)/float64(blocks)) / (float64(blocks) * float64(blocks-1)))
			seErr[at] = se[at] / math.Sqrt(float64(2*(blocks-1)))
		}
	})
	if err != nil {
		return err
	}
	if err := out.Add("block_length", array.Int64, []int{levels}, []string{"level"}, lengths); err != nil {
		return err
	}
	shape, dims := []int{len(all), levels}, []string{"quantity", "level"}
	if err := out.Add("se", array.Float64, shape, dims, se); err != nil {
		return err
	}
	return out.Add("se_err", array.Float64, shape, dims, seErr)
}

// Blocks are the means of each chain over perChain blocks of equal length, chain after chain; what is left over is dropped from the chains' beginnings.
func Blocks(x Chains, perChain int) []float64 {
	length := x.Draws() / perChain
	means := make([]float64, 0, len(x)*perChain)
	for _, series := range x {
		series = series[len(series)-length*perChain:]
		for ; len(series) > 0; series = series[length:] {
			means = append(means, simd.Sum(series[:length])/float64(length))
		}
	}
	return means
}

// BlockMeans are means over equal blocks of draws, of which the jackknife and the bootstrap are made: blocks that are much longer than the correlations are
// independent. All quantities must have the same chains and draws, and are cut at the same places, so that functions of several means (a
// Binder cumulant, a heat capacity) keep their correlations. Blocks lie within chains; what is left over is dropped from the chains' beginnings.
// Results: block_means (quantities, blocks); block_length (), in draws; warn (quantities,), 1 where a block is shorter than 10 tau, so that
// blocks are not independent, 8 where all values are the same, 16 where a value is not finite.
type BlockMeans struct {
	// Number of blocks over all chains, rounded down to a multiple of the number of chains, at least one a chain.
	Blocks int `spec:"blocks" default:"64" range:"[2,inf)"`
}

// perChain is the number of blocks in each chain.
func perChain(blocks, chains, draws int) int { return min(max(blocks/chains, 1), draws) }

func (p *BlockMeans) run(in []*array.Array, out Results) error {
	all, err := batch(in)
	if err == nil {
		err = same(all)
	}
	if err != nil {
		return err
	}
	draws, chains := all[0].Draws(), len(all[0])
	n := perChain(p.Blocks, chains, draws)
	if n*chains < 2 {
		return tooFew(chains, draws)
	}
	length := draws / n
	means := make([]float64, len(all)*n*chains)
	warn := make([]Warning, len(all))
	err = each(all, func(d *desk, q int) {
		copy(means[q*n*chains:], Blocks(all[q], n))
		e := d.mean(all[q], defaultWindow)
		warn[q] = e.Warn & (Constant | NonFinite)
		if warn[q] == 0 && !(float64(length) >= 10*e.Tau) {
			warn[q] |= Short
		}
	})
	if err != nil {
		return err
	}
	if err := out.Add("block_means", array.Float64, []int{len(all), n * chains}, []string{"quantity", "block"}, means); err != nil {
		return err
	}
	if err := out.Add("block_length", array.Int64, nil, nil, []int64{int64(length)}); err != nil {
		return err
	}
	return table(out, len(all), counts("warn", func(q int) int64 { return int64(warn[q]) }))
}

func tooFew(chains, draws int) error {
	return spec.Expected("blocks", "a record of at least two draws", fmt.Sprintf("%d chain of %d", chains, draws))
}

// Jackknife is f of the means of several quantities, given by block (all of one length), corrected for the bias of order 1/blocks, and its standard
// error from leaving out one block at a time.
func Jackknife(blocks [][]float64, f func(means []float64) float64) (value, se float64) {
	n := len(blocks[0])
	all, left := make([]float64, len(blocks)), make([]float64, len(blocks))
	for q, b := range blocks {
		all[q] = simd.Sum(b)
		left[q] = all[q] / float64(n)
	}
	whole := f(left)
	without := make([]float64, n)
	for k := range n {
		for q, b := range blocks {
			left[q] = (all[q] - b[k]) / float64(n-1)
		}
		without[k] = f(left)
	}
	mean := simd.Sum(without) / float64(n)
	return whole + float64(float64(n-1)*(whole-mean)), math.Sqrt(squares(without, mean) * float64(n-1) / float64(n))
}
