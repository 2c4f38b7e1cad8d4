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
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

const visitOfEvent = 0x7669736974

// driven is a walker of Driven. Waiting times and sites of a block of 1024 visits are those of the stream of step = number of the block; what visit e
// decides comes from the stream of step e of another key.
type driven[T walkers.Value] struct {
	body[T]
	visits
	*protocol
	attempts bool
	key, own rng.Key
	kT       float64 // of the run
	account
	wait   [looks]float64
	site   [looks]int32
	stream rng.Stream
}

// account is what is followed from visit to visit, up to the latest.
type account struct {
	Event, Changed    int64
	Clock, Next       float64
	At                factors // at the latest visit
	Couplings, Fields float64 // energies without their factors
	Work, Heat        float64
	Reduced, Flow     float64
}

func (m *Spins[T]) driven(method *moves.Driven) (walkers.Builder[T], error) {
	p, err := newProtocol(method)
	if err != nil {
		return nil, err
	}
	return func(w contract.Walker) (walkers.Kernel[T], error) {
		k := &driven[T]{
			body: newBody(m), visits: newVisits(m.Q, method.Rates), protocol: p, attempts: method.Clock == "attempts",
			key: w.Key, own: w.Key.Fold(visitOfEvent), kT: w.Params.KT,
		}
		k.draw()
		k.Next = k.wait[0]
		return k, nil
	}, nil
}

// draw fills the block of the next visit.
func (k *driven[T]) draw() {
	k.stream.Reset(k.key, uint64(k.Event/looks))
	n := k.sites()
	for e := range k.site {
		k.site[e] = int32(k.stream.Below(n))
	}
	for e := range k.wait {
		if k.wait[e] = 1 / float64(n); !k.attempts {
			k.wait[e] = k.stream.Exponential() / float64(n)
		}
	}
}

// energyAt is E under the factors.
func (a *account) energyAt(f factors) float64 {
	return float64(f.J*a.Couplings) + float64(f.H*a.Fields)
}

// pay counts what the factors do to the energy from the latest visit to a time.
func (k *driven[T]) pay(t float64) (a account, now factors) {
	a = k.account
	before, now := a.At, k.when(t)
	a.Work += float64((now.J-before.J)*a.Couplings) + float64((now.H-before.H)*a.Fields)
	switch {
	case before.KT*k.kT == 0 || now.KT*k.kT == 0:
		a.Reduced = math.NaN()
	case before.KT == now.KT:
		a.Reduced += (float64((now.J-before.J)*a.Couplings) + float64((now.H-before.H)*a.Fields)) / (now.KT * k.kT)
	default:
		a.Reduced += a.energyAt(now)/(now.KT*k.kT) - a.energyAt(before)/(before.KT*k.kT)
	}
	a.At = now
	return a, now
}

// visit is one of site i.
func (k *driven[T]) visit(i int, f factors, u *rng.Stream) {
	kT, old := f.KT*k.kT, k.x[i]
	cost := func(v int) (d, c, h float64) {
		c, h = k.Cost(k.x, i, k.Other(old, v))
		return exact(float64(f.J*c)+float64(f.H*h), float64(f.J*c), float64(f.H*h)), c, h
	}
	v := 1
	if k.metropolis || k.Q == 2 {
		if k.Q > 2 {
			v += u.Below(k.Q - 1)
		}
		d, _, _ := cost(v)
		if u.Less(rng.NewThreshold(probability(k.metropolis, d, kT))) == 0 {
			return
		}
	} else {
		for w := 1; w < k.Q; w++ {
			k.d[w-1], _, _ = cost(w)
		}
		leave := k.to(kT)
		if u.Less(rng.NewThreshold(leave)) == 0 {
			return
		}
		v += u.Pick(k.d)
	}
	d, c, h := cost(v)
	k.Set(k.x, i, k.Other(old, v))
	k.Changed++
	k.Couplings += c
	k.Fields += h
	k.Heat += d
	k.Flow -= d / kT
	if kT == 0 {
		k.Flow = math.NaN()
	}
}

// AdvanceTo lets every visit up to and including time happen.
func (k *driven[T]) AdvanceTo(ctx context.Context, time float64) error {
	for k.next() <= time {
		e := k.Event % looks
		if e == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			k.Couplings, k.Fields = k.Parts(k.x) // against rounding
		}
		var f factors
		k.account, f = k.pay(k.next())
		k.stream.Reset(k.own, uint64(k.Event))
		k.visit(int(k.site[e]), f, &k.stream)
		k.Event++
		if e++; e == looks {
			e = 0
			k.draw()
		}
		k.Next += k.wait[e]
	}
	k.Clock = max(k.Clock, time)
	return nil
}

// next is the time of the next visit; attempts are at whole multiples of 1/N.
func (k *driven[T]) next() float64 {
	if k.attempts {
		return float64(k.Event+1) / float64(k.sites())
	}
	return k.Next
}

// SweepTo lets one unit of time pass for each sweep.
func (k *driven[T]) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.AdvanceTo(ctx, float64(target))
}

// Sweeps are units of time.
func (k *driven[T]) Sweeps() int64 { return int64(k.Clock) }

// Energy is that under the factors of now.
func (k *driven[T]) Energy() float64 { return k.energyAt(k.when(k.Clock)) }

// Write replaces the configuration; work and heat begin again.
func (k *driven[T]) Write(src []T) {
	k.write(src)
	k.Couplings, k.Fields = k.Parts(k.x)
	k.At, k.Work, k.Heat, k.Reduced, k.Flow = k.begin(k.Clock), 0, 0, 0, 0
}

// SetKT is that of the run.
func (k *driven[T]) SetKT(kT float64) { k.kT = kT }

// Quantities are the account at the time that has passed.
func (k *driven[T]) Quantities() []walkers.Quantity {
	of := func(name string, f func(a account) float64) walkers.Quantity {
		return walkers.Quantity{Name: name, Value: func() float64 {
			a, _ := k.pay(k.Clock)
			return f(a)
		}}
	}
	return []walkers.Quantity{
		of("work", func(a account) float64 { return a.Work }),
		of("heat", func(a account) float64 { return a.Heat }),
		of("reduced_work", func(a account) float64 { return a.Reduced }),
		of("entropy_flow", func(a account) float64 { return a.Flow }),
	}
}

// Info counts.
func (k *driven[T]) Info() map[string]float64 {
	return map[string]float64{"changed": float64(k.Changed) / float64(max(k.Event, 1)), "events": float64(k.Event)}
}

// Save writes the account beside.
func (k *driven[T]) Save(w io.Writer) error {
	if err := saved.Put(w, &k.account); err != nil {
		return err
	}
	return k.save(w)
}

// Load refuses clocks that do not go on.
func (k *driven[T]) Load(r io.Reader) error {
	var a account
	if err := saved.Get(r, &a); err != nil {
		return err
	}
	if !(a.Event >= 0 && a.Changed >= 0 && a.Clock >= 0 && a.Next >= 0) {
		return spec.Errorf(spec.CheckpointError, "expected counters and times that go on, the saved state has %+v", a)
	}
	if err := k.load(r); err != nil {
		return err
	}
	k.account = a
	k.draw()
	return nil
}
