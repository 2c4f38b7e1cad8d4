package vector

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// metropolis proposes to turn a spin a little and accepts with probability min(1, exp(-dE/kT)).
type metropolis struct {
	*ON
	walkers.Stride
	kT float64
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
		dE := k.propose(next, s, int(i), k.Step, u)
		if dE <= 0 || k.kT > 0 && u.Float64() < functions.Exp1(-dE/k.kT) {
			copy(s[int(i)*n:], next)
			changed++
		}
	}
	return changed
}

// Width of a site.
func (k *metropolis) Width() int { return k.N }

// Propose turns a spin.
func (k *metropolis) Propose(dst, s []float64, i int, u *rng.Stream) float64 {
	return k.propose(dst, s, i, k.Step, u)
}

func prepareMetropolis(m *ON, method *moves.Metropolis) (builder, error) {
	o := walkers.NewOrder(m.graph, method.Order)
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewSingle(m, m.energy, o, w, &metropolis{ON: m, Stride: walkers.NewStride(method.Step)}), nil
	}, nil
}
