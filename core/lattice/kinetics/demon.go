package kinetics

import (
	"context"
	"io"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

const purseOfDemon = 0x707572736521

// demon is a walker of CreutzDemon, which counts in quanta. The sites and proposals of block b of 1024 visits are those of the stream of step b.
type demon[T walkers.Value] struct {
	body[T]
	key     rng.Key
	quantum float64
	kT      float64
	purse   int64 // D / quantum

	visits  int64 // so far
	changed int64
	sum     float64 // of purses after visits: whole numbers
	site    [looks]int32
	value   [looks]uint8
}

func (m *Spins[T]) demon(*moves.CreutzDemon) (walkers.Builder[T], error) {
	var found measure
	if m.Steps != nil {
		m.Steps(found.add)
	}
	quantum := found.found()
	if quantum == 0 {
		return nil, spec.Mismatch("CreutzDemon", "energies that change by multiples of one number", m.Model.Name()+" whose changes have no common measure").
			Try("HeatBath()")
	}
	return func(w contract.Walker) (walkers.Kernel[T], error) {
		return &demon[T]{body: newBody(m), key: w.Key, quantum: quantum, kT: w.Params.KT}, nil
	}, nil
}

// measure is the largest number of which all that it was shown are multiples, to 1e-9 of the largest.
type measure struct{ most, all float64 }

func (m *measure) add(x float64) {
	x = math.Abs(x)
	m.most = max(m.most, x)
	for small := 1e-9 * m.most; m.all > small; {
		x, m.all = m.all, math.Abs(x-float64(math.RoundToEven(x/m.all)*m.all))
	}
	m.all = x
}

// found is 0 where there is none that is at least 1e-6 of the largest.
func (m *measure) found() float64 {
	if m.all < float64(1e-6*m.most) {
		return 0
	}
	return m.all
}

// fill draws the purse of the start.
func (k *demon[T]) fill() {
	k.purse = 0
	if k.kT > 0 {
		u := k.key.Fold(purseOfDemon).Stream(0)
		k.purse = int64(min(u.Exponential()*(k.kT/k.quantum), 1e15))
	}
}

// draw fills the block of the next visit.
func (k *demon[T]) draw() {
	u := k.key.Stream(uint64(k.visits / looks))
	for e := range k.site {
		k.site[e], k.value[e] = int32(u.Below(k.sites())), 1
		if k.Q > 2 {
			k.value[e] = uint8(1 + u.Below(k.Q-1))
		}
	}
}

// visit proposes another value of a site.
func (k *demon[T]) visit(i, value int) {
	to := k.Other(k.x[i], value)
	c, f := k.Cost(k.x, i, to)
	if d := int64(math.RoundToEven((c + f) / k.quantum)); d <= k.purse {
		k.Set(k.x, i, to)
		k.purse -= d
		k.changed++
	}
	k.visits++
	k.sum += float64(k.purse)
}

// AdvanceTo makes as many visits as there are up to and including time.
func (k *demon[T]) AdvanceTo(ctx context.Context, time float64) error {
	for target := int64(time * float64(k.sites())); k.visits < target; {
		e := k.visits % looks
		if e == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			k.draw()
		}
		k.visit(int(k.site[e]), int(k.value[e]))
	}
	return nil
}

// SweepTo makes whole sweeps.
func (k *demon[T]) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.AdvanceTo(ctx, float64(target))
}

// Sweeps are units of time.
func (k *demon[T]) Sweeps() int64 { return k.visits / int64(k.sites()) }

// Write replaces the configuration; the purse is filled anew.
func (k *demon[T]) Write(src []T) {
	k.write(src)
	k.fill()
}

// SetKT fills the purse anew.
func (k *demon[T]) SetKT(kT float64) {
	k.kT = kT
	k.fill()
}

// Quantities are the demon's.
func (k *demon[T]) Quantities() []walkers.Quantity {
	return []walkers.Quantity{{Name: "demon", Value: func() float64 { return float64(float64(k.purse) * k.quantum) }}}
}

// Info has its temperature.
func (k *demon[T]) Info() map[string]float64 {
	n := float64(max(k.visits, 1))
	return map[string]float64{
		"acceptance": float64(k.changed) / n, "demon": k.quantum * (k.sum / n), "quantum": k.quantum,
		"temperature": k.quantum / functions.Log1p1(n/k.sum),
	}
}

// Save writes purse and counters beside.
func (k *demon[T]) Save(w io.Writer) error {
	if err := saved.Put(w, k.purse, k.visits, k.changed, k.sum); err != nil {
		return err
	}
	return k.save(w)
}

// Load refuses purses below 0.
func (k *demon[T]) Load(r io.Reader) error {
	var purse, visits, changed int64
	var sum float64
	if err := saved.Get(r, &purse, &visits, &changed, &sum); err != nil {
		return err
	}
	if !(purse >= 0 && visits >= 0 && changed >= 0 && sum >= 0) {
		return spec.Errorf(spec.CheckpointError, "expected counters of at least 0, the saved state has %d, %d, %d, %v", purse, visits, changed, sum)
	}
	if err := k.load(r); err != nil {
		return err
	}
	k.purse, k.visits, k.changed, k.sum = purse, visits, changed, sum
	k.draw()
	return nil
}
