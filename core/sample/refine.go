package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
)

// coarse is the change of the energy within a step of a trajectory from which on the step is halved.
const coarse = 2

// mostAccept is the acceptance up to which warm-up raises its target.
const mostAccept = 0.95

// stride extends a trajectory by one step of length e. Where the energy changes by more than coarse within it, the step is made of 2, 4, ... shorter
// ones, the fewest among which the energy stays within coarse (N. Bou-Rabee, B. Carpenter, T. S. Kleppe, S. Liu, arXiv:2506.18746, without their draw of the
// number). The way back takes the same path if from its end no fewer do; where fewer would, the trajectory ends (false), so that it is the same
// trajectory from any of its points. It diverges where 2^halvings are too few. The acceptance is that of the undivided step, from which the
// step size learns as if none were divided.
func (k *nuts) stride(ctx context.Context, eval *evaluator, a *phase, e float64) (energy float64, goes bool, err error) {
	k.mark.set(a)
	if err = k.leapfrog(ctx, eval, a, e); err != nil {
		return 0, false, err
	}
	energy = a.energy
	if k.Halvings[0] == 0 || math.Abs(energy-k.mark.energy) <= coarse {
		return energy, true, nil
	}
	k.Tries[0]++
	outside, nonfinite, where := eval.outside, eval.nonfinite, eval.where
	defer func() { eval.outside, eval.nonfinite, eval.where = outside, nonfinite, where }() // the undivided step has been counted
	for l := 1; l <= int(k.Halvings[0]); l++ {
		a.set(&k.mark)
		fine, err := k.divided(ctx, eval, a, e, l)
		if err != nil {
			return energy, false, err
		}
		if !fine {
			continue
		}
		k.Tries[1]++
		for j := l - 1; j >= 0; j-- {
			k.probe.set(a)
			if fewer, err := k.divided(ctx, eval, &k.probe, -e, j); fewer || err != nil {
				return energy, false, err
			}
		}
		return energy, true, nil
	}
	k.diverged = true
	return energy, false, nil
}

// divided makes 2^l steps of length e/2^l, for as long as the energy stays within coarse.
func (k *nuts) divided(ctx context.Context, eval *evaluator, a *phase, e float64, l int) (bool, error) {
	low, high := a.energy, a.energy
	step := math.Ldexp(e, -l)
	for range 1 << l {
		if err := k.leapfrog(ctx, eval, a, step); err != nil {
			return false, err
		}
		k.leaves++
		low, high = min(low, a.energy), max(high, a.energy)
		if !(high-low <= coarse) {
			return false, nil
		}
	}
	return true, nil
}

// adapt gives up halving, at the end of the last window, where it has seldom helped: at walls and jumps no step is short enough. Where half the trajectories of a
// window had a step to halve, half as much is to be lost as before: those that end at one go too short a way.
func (k *nuts) adapt(ctx context.Context, c *chain, s *rng.Stream, accept float64) error {
	k.Tries[2]++
	if _, closes := k.window.inside(c.ticks); closes {
		tried, helped, all := k.Tries[0], k.Tries[1], k.Tries[2]
		switch {
		case 4*helped < tried && c.ticks+1 == k.window[len(k.window)-1]:
			k.Halvings[0] = 0
		case 2*tried > all && 4*helped >= tried && all >= 50 && k.steps.Target < mostAccept:
			k.steps.Target = min(mostAccept, 0.5+float64(0.5*k.steps.Target))
		}
		clear(k.Tries)
	}
	k.divides = k.Halvings[0] > 0
	return k.hamiltonian.adapt(ctx, c, s, accept)
}

func (k *nuts) state() []any { return append(k.hamiltonian.state(), k.Tries, k.Halvings) }
