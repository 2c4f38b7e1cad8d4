package vector

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// metropolis proposes to turn a spin a little and accepts with probability min(1, exp(-dE/kT)).
type metropolis struct {
	*ON
	kT    float64
	step  float64
	fixed bool
}

// SetKT sets the temperature.
func (k *metropolis) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed.
func (k *metropolis) Name() string { return "acceptance" }

// Visit tries the sites given.
func (k *metropolis) Visit(s []float64, sites []int32, u *rng.Stream) (changed int64) {
	var room [64]float64
	n := k.N
	next := room[:n]
	for _, i := range sites {
		dE := k.propose(next, s, int(i), k.step, u)
		if dE <= 0 || k.kT > 0 && u.Float64() < functions.Exp1(-dE/k.kT) {
			copy(s[int(i)*n:], next)
			changed++
		}
	}
	return changed
}

// Adapt moves the logarithm of the step by ever smaller amounts.
func (k *metropolis) Adapt(sweep int64, share float64) {
	if !k.fixed {
		k.step = min(max(float64(k.step*functions.Exp1((share-0.5)*4/math.Sqrt(float64(sweep)+4))), 1e-8), 20)
	}
}

// Learnt is the step.
func (k *metropolis) Learnt() *float64 { return &k.step }

// Width of a site.
func (k *metropolis) Width() int { return k.N }

// Propose turns a spin.
func (k *metropolis) Propose(dst, s []float64, i int, u *rng.Stream) float64 {
	return k.propose(dst, s, i, k.step, u)
}

func prepareMetropolis(m *ON, method *moves.Metropolis) (builder, error) {
	o := walkers.NewOrder(m.graph, method.Order)
	return func(w contract.Walker) (kernel, error) {
		k := &metropolis{ON: m, step: method.Step, fixed: method.Step > 0}
		if !k.fixed {
			k.step = 0.7
		}
		return walkers.NewSingle(m, m.energy, o, w, k), nil
	}, nil
}
