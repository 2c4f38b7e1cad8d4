package events

import (
	"context"
	"io"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

const blockEvents = 256

// Walker is one configuration in time. Its events come in blocks of 256 whose waiting times, channels and uniform numbers are those of step = number
// of the block, so that a run may stop and go on between any two.
type Walker[T walkers.Value] struct {
	Process Process[T]
	model   walkers.Model[T]
	x       []T
	key     rng.Key
	live    []Class   // those that fire
	first   []int     // number of their first channel
	upTo    []float64 // share of the total rate that classes 0 to c have
	rate    float64   // of all channels
	poisson bool

	clock   float64 // the time that has passed
	next    float64 // time of the next event
	done    int64   // events so far; the next one is number done mod 256 of its block
	changed int64

	wait, u, v, w [blockEvents]float64
	channel       [blockEvents]int32
	stream        rng.Stream
}

// NewWalker makes a walker; poisson tells whether waiting times are exponential.
func NewWalker[T walkers.Value](m walkers.Model[T], p Process[T], poisson bool, w contract.Walker) *Walker[T] {
	shape, _ := m.Layout()
	n := 1
	for _, l := range shape {
		n *= l
	}
	return &Walker[T]{Process: p, model: m, x: make([]T, n), key: w.Key, poisson: poisson}
}

// prepare counts the channels of a new configuration, and draws the block of the next event.
func (k *Walker[T]) prepare() {
	k.live, k.first, k.upTo, k.rate = k.live[:0], k.first[:0], k.upTo[:0], 0
	number := 0
	for _, c := range k.Process.Classes() {
		if rate := float64(float64(c.Count) * c.Rate); rate > 0 {
			k.rate += rate
			k.live, k.first, k.upTo = append(k.live, c), append(k.first, number), append(k.upTo, k.rate)
		}
		number += c.Count
	}
	for i := range k.upTo {
		k.upTo[i] /= k.rate
	}
	if k.rate > 0 {
		k.draw()
	}
}

// draw fills the block of the next event.
func (k *Walker[T]) draw() {
	block := uint64(k.done / blockEvents)
	k.key.Uniforms(k.u[:], block, blockEvents)
	if k.Process.Both() {
		k.key.Uniforms(k.v[:], block, 2*blockEvents)
	}
	if k.poisson {
		k.key.Uniforms(k.wait[:], block, 0)
		for i, u := range k.wait {
			k.wait[i] = 1 - u
		}
		functions.Log(k.wait[:], k.wait[:])
		for i, x := range k.wait {
			k.wait[i] = -x / k.rate
		}
	}
	k.stream.Reset(k.key, block)
	if len(k.live) == 1 {
		first, n := k.first[0], k.live[0].Count
		for i := range k.channel {
			k.channel[i] = int32(first + k.stream.Below(n))
		}
		return
	}
	k.key.Uniforms(k.w[:], block, 3*blockEvents)
	for i, w := range k.w {
		c := 0
		for c < len(k.live)-1 && w >= k.upTo[c] {
			c++
		}
		k.channel[i] = int32(k.first[c] + k.stream.Below(k.live[c].Count))
	}
}

// after is the time of the event that follows the one at time t.
func (k *Walker[T]) after(t float64) float64 {
	switch {
	case !(k.rate > 0):
		return math.Inf(1)
	case k.poisson:
		return t + k.wait[k.done%blockEvents]
	}
	return float64(k.done+1) / k.rate
}

// AdvanceTo lets every event up to and including time happen.
func (k *Walker[T]) AdvanceTo(ctx context.Context, time float64) error {
	for k.next <= time {
		e := int(k.done % blockEvents)
		if e == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if k.Process.Fire(k.x, int(k.channel[e]), k.u[e], k.v[e]) {
			k.changed++
		}
		if k.done++; e == blockEvents-1 {
			k.draw()
		}
		k.next = k.after(k.next)
	}
	k.clock = max(k.clock, time)
	return nil
}

// SweepTo takes a unit of time for a sweep.
func (k *Walker[T]) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.AdvanceTo(ctx, float64(target))
}

// Sweeps is the time that has passed.
func (k *Walker[T]) Sweeps() int64 { return int64(k.clock) }

// View is the configuration itself.
func (k *Walker[T]) View() []T { return k.x }

// Read copies the configuration.
func (k *Walker[T]) Read(dst []T) { copy(dst, k.x) }

// Write replaces it; the clock goes on.
func (k *Walker[T]) Write(src []T) {
	copy(k.x, src)
	k.Process.Begin(k.x)
	k.prepare()
	k.next = k.after(k.clock)
}

// Energy: there is none.
func (k *Walker[T]) Energy() float64 { return math.NaN() }

// SetKT: there is no temperature.
func (k *Walker[T]) SetKT(float64) {}

// Warm changes nothing.
func (k *Walker[T]) Warm() {}

// Info counts.
func (k *Walker[T]) Info() map[string]float64 {
	return map[string]float64{"attempts": float64(k.done), "changed": float64(k.changed) / float64(max(k.done, 1))}
}

// Save writes clock, configuration and what the process keeps beside.
func (k *Walker[T]) Save(w io.Writer) error {
	if err := saved.Put(w, k.done, k.changed, k.clock, k.next, k.x); err != nil {
		return err
	}
	return saved.Put(w, k.Process.State()...)
}

// Load refuses what is no configuration.
func (k *Walker[T]) Load(r io.Reader) error {
	var done, changed int64
	var clock, next float64
	x := make([]T, len(k.x))
	if err := saved.Get(r, &done, &changed, &clock, &next, x); err != nil {
		return err
	}
	if done < 0 || done > 1<<62 || !(clock >= 0 && next > clock) {
		return spec.Errorf(spec.CheckpointError, "expected an event after the clock, the saved state has %v after %v", next, clock)
	}
	if err := walkers.Admitted(k.model, x); err != nil {
		return err
	}
	k.done, k.changed, k.clock, k.next = done, changed, clock, next
	copy(k.x, x)
	k.Process.Begin(k.x)
	if err := saved.Get(r, k.Process.State()...); err != nil {
		return err
	}
	if c, ok := k.Process.(interface{ Sound() error }); ok {
		if err := c.Sound(); err != nil {
			return err
		}
	}
	k.prepare()
	return nil
}
