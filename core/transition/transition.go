// Package transition assembles the transition matrix of a shipped kernel on a tiny system, by running it from every state over every
// outcome of its random choices ([rng.Enumerate]), and measures how far the matrix is from what was promised. It serves tests: what is
// checked is the code that users run, to the rounding of float64.
package transition

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// pathLimit bounds the sequences of outcomes from one state.
const pathLimit = 1 << 26

// P is a transition matrix: P[a][b] is the probability that a step from state a ends in state b. Rows sum to 1.
type P [][]float64

// Matrix runs step from each of the states 0, ..., states-1 over all outcomes of its choices. put makes the system stand in a state, get
// tells where it stands; whatever else the next step depends on (counters, caches) must be restored by put.
func Matrix(states int, put func(state int), get func() int, step func(k rng.Key)) (P, error) {
	p := make(P, states)
	for a := range p {
		row := make([]float64, states)
		err := rng.Enumerate(pathLimit,
			func(k rng.Key) {
				put(a)
				step(k)
			},
			func(probability float64) { row[get()] += probability })
		if err != nil {
			return nil, spec.Of(err).With("state", a)
		}
		total := 0.0
		for _, x := range row {
			total += x
		}
		if !(math.Abs(total-1) < 1e-12) {
			return nil, spec.Errorf(spec.InternalError, "the outcomes from state %d: expected probabilities that sum to 1, got %v", a, total)
		}
		p[a] = row
	}
	return p, nil
}

// Boltzmann is the distribution with weights exp(-energy/kT), normalised; kT = 0 shares the weight among the lowest energies, which must
// then be equal to the last bit.
func Boltzmann(states int, energy func(state int) float64, kT float64) []float64 {
	pi, least := make([]float64, states), math.Inf(1)
	for a := range pi {
		pi[a] = energy(a)
		least = min(least, pi[a])
	}
	total := 0.0
	for a, e := range pi {
		switch {
		case e == least:
			pi[a] = 1
		case kT == 0:
			pi[a] = 0
		default:
			pi[a] = functions.Exp1(-(e - least) / kT)
		}
		total += pi[a]
	}
	for a := range pi {
		pi[a] /= total
	}
	return pi
}

// Drift is the largest |sum_a pi_a P_ab - pi_b|: zero when P leaves pi invariant.
func (p P) Drift(pi []float64) float64 {
	worst := 0.0
	for b := range p {
		flow := -pi[b]
		for a := range p {
			flow += float64(pi[a] * p[a][b])
		}
		worst = math.Max(worst, math.Abs(flow))
	}
	return worst
}

// Current is the largest |pi_a P_ab - pi_b P_ba|: zero under detailed balance.
func (p P) Current(pi []float64) float64 {
	worst := 0.0
	for a := range p {
		for b := range a {
			worst = math.Max(worst, math.Abs(float64(pi[a]*p[a][b])-float64(pi[b]*p[b][a])))
		}
	}
	return worst
}

// Distance is the largest difference of two matrices' elements.
func (p P) Distance(q P) float64 {
	if len(p) != len(q) {
		return math.Inf(1)
	}
	worst := 0.0
	for a := range p {
		for b := range p[a] {
			worst = math.Max(worst, math.Abs(p[a][b]-q[a][b]))
		}
	}
	return worst
}

// Then is the matrix of p followed by q.
func (p P) Then(q P) P {
	out := make(P, len(p))
	for a := range p {
		out[a] = make([]float64, len(p))
		for m, x := range p[a] {
			if x == 0 {
				continue
			}
			for b, y := range q[m] {
				out[a][b] += float64(x * y)
			}
		}
	}
	return out
}

// Mixing tells whether from every state every state of support (pi > 0) is reached with positive probability after one and the same number
// of steps, at most twice the number of states: then the chain is irreducible and aperiodic, and its law converges to pi. If not, it
// returns a pair that shows it.
func (p P) Mixing(pi []float64) error {
	n := len(p)
	reach := make([][]bool, n)
	for a := range reach {
		reach[a] = make([]bool, n)
		reach[a][a] = true
	}
	from, to := 0, 0
	for range 2*n + 1 {
		next := make([][]bool, n)
		for a := range next {
			next[a] = make([]bool, n)
			for m, ok := range reach[a] {
				if !ok {
					continue
				}
				for b, x := range p[m] {
					next[a][b] = next[a][b] || x > 0
				}
			}
		}
		reach = next
		all := true
		for a := range reach {
			for b, ok := range reach[a] {
				if !ok && pi[b] > 0 {
					all, from, to = false, a, b
				}
			}
		}
		if all {
			return nil
		}
	}
	return fmt.Errorf("state %d is not reached from state %d", to, from)
}
