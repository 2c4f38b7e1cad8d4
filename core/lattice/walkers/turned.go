package walkers

import "github.com/ergodica/ergodica/core/simd/functions"

// Turned is the probability that a spin turns over where that costs d: the heat bath's, or Metropolis' (half: an order that visits every site once
// takes d = 0 with probability 1/2, so that the chain stays irreducible).
func Turned(d, kT float64, bath, half bool) float64 {
	switch {
	case d == 0 && (bath || half):
		return 0.5
	case kT == 0 && d > 0:
		return 0
	case kT == 0:
		return 1
	case bath:
		return 1 / (1 + functions.Exp1(d/kT))
	case d <= 0:
		return 1
	}
	return functions.Exp1(-d / kT)
}
