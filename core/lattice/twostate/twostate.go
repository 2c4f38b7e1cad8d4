// Package twostate moves pairwise spins of two values as the Ising spins that they are: whoever writes an energy of +1 and -1, or of empty and occupied
// sites, gets the packed kernels of lattice.Ising.
package twostate

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/potts"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// Registry lists the single-site methods of Pairwise; more than two values are potts'.
func Registry() []contract.Entry {
	return []contract.Entry{
		walkers.Sampler("lattice.Pairwise", "HeatBath", func(m *potts.Pairwise, method *moves.HeatBath) (walkers.Builder[uint8], error) {
			if x, shift, ok := ising(m); ok {
				return dressed(shift)(lattice.PrepareHeatBath(x, method))
			}
			return potts.PreparePairwiseHeatBath(m, method)
		}, moves.HeatBathCite),
		walkers.Sampler("lattice.Pairwise", "Metropolis", func(m *potts.Pairwise, method *moves.Metropolis) (walkers.Builder[uint8], error) {
			if x, shift, ok := ising(m); ok {
				return dressed(shift)(lattice.PrepareMetropolis(x, method))
			}
			return potts.PreparePairwiseMetropolis(m, method)
		}, moves.MetropolisCite),
	}
}

// ising is the model of +1 (value 1) and -1 (value 0) with the energies of m less a constant.
func ising(m *potts.Pairwise) (x *lattice.Ising, shift float64, ok bool) {
	J, h, shift, ok := m.AsIsing()
	if !ok {
		return nil, 0, false
	}
	x = &lattice.Ising{Lattice: m.Lattice, J: J, H: h, Periodic: m.Periodic}
	return x, shift, x.Check() == nil
}

// dressed makes kernels of values of kernels of spins.
func dressed(shift float64) func(walkers.Builder[int8], error) (walkers.Builder[uint8], error) {
	return func(build walkers.Builder[int8], err error) (walkers.Builder[uint8], error) {
		if err != nil {
			return nil, err
		}
		return func(w contract.Walker) (walkers.Kernel[uint8], error) {
			inner, err := build(w)
			if err != nil {
				return nil, err
			}
			return &kernel{inner: inner, shift: shift}, nil
		}, nil
	}
}

// kernel is a walker of Ising spins, seen as values 0 and 1.
type kernel struct {
	inner walkers.Kernel[int8]
	shift float64
	spins []int8
}

func (k *kernel) SweepTo(ctx context.Context, target int64, team *par.Team) error {
	return k.inner.SweepTo(ctx, target, team)
}

func (k *kernel) Sweeps() int64            { return k.inner.Sweeps() }
func (k *kernel) Energy() float64          { return k.inner.Energy() + k.shift }
func (k *kernel) SetKT(kT float64)         { k.inner.SetKT(kT) }
func (k *kernel) Warm()                    { k.inner.Warm() }
func (k *kernel) Info() map[string]float64 { return k.inner.Info() }
func (k *kernel) Save(w io.Writer) error   { return k.inner.Save(w) }
func (k *kernel) Load(r io.Reader) error   { return k.inner.Load(r) }

func (k *kernel) room(n int) []int8 {
	if len(k.spins) != n {
		k.spins = make([]int8, n)
	}
	return k.spins
}

// Read writes values.
func (k *kernel) Read(dst []uint8) {
	s := k.room(len(dst))
	k.inner.Read(s)
	for i, x := range s {
		dst[i] = uint8(x+1) >> 1
	}
}

// Write takes values.
func (k *kernel) Write(src []uint8) {
	s := k.room(len(src))
	for i, a := range src {
		s[i] = int8(a)<<1 - 1
	}
	k.inner.Write(s)
}

// WithBias is the spins' on the energy, which lacks a constant there.
func (k *kernel) WithBias(w contract.Walker, kT float64, b *contract.Bias) (walkers.Kernel[uint8], error) {
	inner := b
	if b != nil {
		shift := k.shift
		switch b.Observable {
		case "energy":
		case contract.Excess:
			shift /= w.Params.KT
		default:
			return nil, spec.Expected("observable", "energy for a bias on Pairwise", b.Observable).With("argument", "observable")
		}
		inner = &contract.Bias{Observable: b.Observable, LogWeight: func(x float64) float64 { return b.LogWeight(x + shift) }}
		if b.Visit != nil {
			inner.Visit = func(x float64) { b.Visit(x + shift) }
		}
	}
	made, err := k.inner.(walkers.Biased[int8]).WithBias(w, kT, inner)
	if err != nil {
		return nil, err
	}
	return &kernel{inner: made, shift: k.shift}, nil
}

// CopyFrom copies packed spins.
func (k *kernel) CopyFrom(other walkers.Kernel[uint8]) bool {
	o, ok := other.(*kernel)
	p, pairs := k.inner.(walkers.Paired[int8])
	return ok && pairs && p.CopyFrom(o.inner)
}

// SwapWith exchanges packed spins.
func (k *kernel) SwapWith(other walkers.Kernel[uint8]) bool {
	o, ok := other.(*kernel)
	p, pairs := k.inner.(walkers.Paired[int8])
	return ok && pairs && p.SwapWith(o.inner)
}
