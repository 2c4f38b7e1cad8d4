package walkers

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Stride is the scale of the proposals of a rule, which warm-up sets so that half of them are accepted.
type Stride struct {
	Step  float64
	fixed bool
}

// NewStride is a given step, or where that is 0 one that adapts.
func NewStride(step float64) Stride {
	if step > 0 {
		return Stride{step, true}
	}
	return Stride{0.7, false}
}

// Adapt moves the logarithm of the step by ever smaller amounts.
func (s *Stride) Adapt(sweep int64, share float64) {
	if !s.fixed {
		s.Step = min(max(float64(s.Step*functions.Exp1((share-0.5)*4/math.Sqrt(float64(sweep)+4))), 1e-8), 20)
	}
}

// Learnt is the step.
func (s *Stride) Learnt() *float64 { return &s.Step }
