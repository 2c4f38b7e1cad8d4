package walkers

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

const blockEvents = 1024

// Events is a walker in continuous time: every site is visited by a rule at the events of a Poisson process of its own, of rate 1. Waiting times and
// sites of a block of 1024 events are those of step = number of the block; the rule's draws of event e come from the stream of step e of another key,
// so that a run may stop and go on between any two.
type Events[T Value] struct {
	*Single[T]
	inner rng.Key
	clock float64 // the time that has passed
	next  float64 // time of the next event
	event int64   // events so far

	wait   [blockEvents]float64
	site   [blockEvents]int32
	stream rng.Stream
}

const ruleOfEvent = 0x72756c65

// NewEvents makes a walker; its order of visits has no meaning.
func NewEvents[T Value](m Model[T], energy func(x []T) float64, o *Order, w contract.Walker, rule Rule[T]) *Events[T] {
	k := &Events[T]{Single: NewSingle(m, energy, o, w, rule), inner: w.Key.Fold(ruleOfEvent)}
	k.draw()
	k.next = k.wait[0]
	return k
}

// draw fills the block of the next event.
func (k *Events[T]) draw() {
	block := uint64(k.event / blockEvents)
	k.key.Uniforms(k.wait[:], block, 0)
	for i, u := range k.wait {
		k.wait[i] = 1 - u
	}
	functions.Log(k.wait[:], k.wait[:])
	k.stream.Reset(k.key, block)
	for i, x := range k.wait {
		k.wait[i] = -x / float64(k.order.n)
		k.site[i] = int32(k.stream.Below(k.order.n))
	}
}

// AdvanceTo lets every event up to and including time happen.
func (k *Events[T]) AdvanceTo(ctx context.Context, time float64) error {
	for k.next <= time {
		e := int(k.event % blockEvents)
		if e == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		k.stream.Reset(k.inner, uint64(k.event))
		k.counts[0].Changed += k.rules[0].Visit(k.x, k.site[e:e+1], &k.stream)
		k.counts[0].Updates++
		k.event++
		if e++; e == blockEvents {
			e = 0
			k.draw()
		}
		k.next += k.wait[e]
	}
	k.clock = max(k.clock, time)
	return nil
}

// SweepTo lets one unit of time pass for each sweep.
func (k *Events[T]) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.AdvanceTo(ctx, float64(target))
}

// Sweeps are units of time.
func (k *Events[T]) Sweeps() int64 { return int64(k.clock) }

// Info has the number of events beside.
func (k *Events[T]) Info() map[string]float64 {
	all := k.Single.Info()
	all["events"] = float64(k.event)
	return all
}

// CopyFrom and SwapWith leave the clocks.
func (k *Events[T]) CopyFrom(other Kernel[T]) bool {
	o, same := other.(*Events[T])
	return same && k.Single.CopyFrom(o.Single)
}

// SwapWith exchanges configurations.
func (k *Events[T]) SwapWith(other Kernel[T]) bool {
	o, same := other.(*Events[T])
	return same && k.Single.SwapWith(o.Single)
}

// Save writes the clock beside.
func (k *Events[T]) Save(w io.Writer) error {
	if err := saved.Put(w, k.event, k.clock, k.next); err != nil {
		return err
	}
	return k.Single.Save(w)
}

// Load refuses clocks that do not go on.
func (k *Events[T]) Load(r io.Reader) error {
	var event int64
	var clock, next float64
	if err := saved.Get(r, &event, &clock, &next); err != nil {
		return err
	}
	if err := Place(event, 1<<62); err != nil {
		return err
	}
	if !(clock >= 0 && next > clock) {
		return spec.Errorf(spec.CheckpointError, "expected an event after the clock, the saved state has %v after %v", next, clock)
	}
	if err := k.Single.Load(r); err != nil {
		return err
	}
	k.event, k.clock, k.next = event, clock, next
	k.draw()
	return nil
}
