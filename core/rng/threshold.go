package rng

import "math"

// Threshold is a probability as an integer multiple of 2^-53, 0 to 2^53, so that u < p is decided exactly and bit by bit.
type Threshold uint64

const one = 1 << 53

// NewThreshold rounds p to the nearest multiple of 2^-53. p <= 0 and NaN never happen, p >= 1 always does.
func NewThreshold(p float64) Threshold {
	switch {
	case !(p > 0):
		return 0
	case p >= 1:
		return one
	}
	return Threshold(math.RoundToEven(p * one))
}

// P is the probability that t stands for.
func (t Threshold) P() float64 { return float64(t) / one }
