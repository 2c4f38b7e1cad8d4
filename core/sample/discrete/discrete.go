// Package discrete holds what samplers of integers have in common: the values that each coordinate can take, and choices among weighted moves.
package discrete

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Sites are the numbers of values of the coordinates: z_i is one of 0, ..., sites[i]-1. 0 is a real number.
type Sites []int

// New is nil where not all blocks are integers.
func New(blocks contract.Blocks) Sites {
	if blocks.Mixed() {
		return nil
	}
	return Among(blocks)
}

// Among is nil where no block is of integers.
func Among(blocks contract.Blocks) (s Sites) {
	found := false
	for _, b := range blocks {
		values := 0
		if b.Discrete() {
			values, found = b.Cols, true
		}
		for range b.Size() {
			s = append(s, values)
		}
	}
	if !found {
		return nil
	}
	if s == nil {
		return Sites{}
	}
	return s
}

// Draw makes z uniform.
func (s Sites) Draw(z []float64, r *rng.Stream) {
	for i, values := range s {
		if values > 0 {
			z[i] = float64(r.Below(values))
		}
	}
}

// Holds tells whether z is a point of the space.
func (s Sites) Holds(z []float64) bool {
	for i, values := range s {
		if values > 0 && !(z[i] >= 0 && z[i] < float64(values) && z[i] == math.Trunc(z[i])) {
			return false
		}
	}
	return true
}

// Most is the largest number of values, at least 1.
func (s Sites) Most() int {
	most := 1
	for _, values := range s {
		most = max(most, values)
	}
	return most
}

// Others is the number of points that differ at one site.
func (s Sites) Others() (total int) {
	for _, values := range s {
		total += values - 1
	}
	return total
}

// Choice is a law on moves, each of a weight exp(Log).
type Choice struct {
	Log  []float64
	Sum  float64   // log of the sum of the weights; -inf where there is none
	w    []float64 // weights, of which the largest is 1
	tail []float64 // sums of weights from each to the last
}

// NewChoice has room for n moves.
func NewChoice(n int) *Choice {
	return &Choice{Log: make([]float64, 0, n), w: make([]float64, n), tail: make([]float64, n)}
}

// Weigh computes the sum.
func (c *Choice) Weigh() {
	most, sum := math.Inf(-1), 0.0
	for _, x := range c.Log {
		most = max(most, x)
	}
	if math.IsInf(most, -1) {
		c.Sum = most
		return
	}
	for i := len(c.Log) - 1; i >= 0; i-- {
		c.w[i] = functions.Exp1(c.Log[i] - most)
		sum += c.w[i]
		c.tail[i] = sum
	}
	c.Sum = most + functions.Log1(sum)
}

// Draw is a move, by one decision after the other whether it is the next one. There must be one.
func (c *Choice) Draw(r *rng.Stream) int {
	last := len(c.Log) - 1
	for i := range last {
		if c.w[i] > 0 && (c.w[i] == c.tail[i] || r.Bernoulli(rng.NewThreshold(c.w[i]/c.tail[i]))) {
			return i
		}
	}
	return last
}
