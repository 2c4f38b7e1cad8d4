package lattice

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

const blockEvents = 1024

// glauber is a walker of HeatBath in continuous time. Its events come in blocks of 1024 whose waiting times, sites and uniforms are those of
// step = number of the block, so that a run may stop and go on between any two.
type glauber struct {
	graphWalker
	clock float64 // the time that has passed
	next  float64 // time of the next event
	done  int64   // events so far; the next one is number done mod 1024 of its block

	u, wait [blockEvents]float64
	site    [blockEvents]int32
	stream  rng.Stream
}

func newGlauber(l *local, w contract.Walker) (*glauber, error) {
	k := &glauber{graphWalker: newGraphWalker(l, w)}
	k.draw()
	k.next = k.wait[0]
	return k, nil
}

// draw fills the block of the next event.
func (k *glauber) draw() {
	block := uint64(k.done / blockEvents)
	k.key.Uniforms(k.wait[:], block, 0)
	k.key.Uniforms(k.u[:], block, blockEvents)
	for i, u := range k.wait {
		k.wait[i] = 1 - u
	}
	functions.Log(k.wait[:], k.wait[:])
	n := float64(len(k.spins))
	k.stream.Reset(k.key, block)
	for i, x := range k.wait {
		k.wait[i] = -x / n
		k.site[i] = int32(k.stream.Below(len(k.spins)))
	}
}

// advanceTo lets every event up to and including time happen.
func (k *glauber) AdvanceTo(ctx context.Context, time float64) error {
	for k.next <= time {
		e := int(k.done % blockEvents)
		if e == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		i := int(k.site[e])
		s := int8(-1)
		if k.u[e] < k.at(k.spins, i, k.table, k.kT).P() {
			s = 1
		}
		if s != k.spins[i] {
			k.spins[i] = s
			k.hits++
		}
		k.updates++
		k.done++
		if e++; e == blockEvents {
			e = 0
			k.draw()
		}
		k.next += k.wait[e]
	}
	k.clock = max(k.clock, time)
	return nil
}

func (k *glauber) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.AdvanceTo(ctx, float64(target))
}

func (k *glauber) Sweeps() int64 { return int64(k.clock) }

func (k *glauber) Info() map[string]float64 {
	all := k.graphWalker.Info()
	all["events"] = float64(k.done)
	return all
}

func (k *glauber) Save(w io.Writer) error {
	return saved.Put(w, k.done, k.clock, k.next, k.updates, k.hits, k.spins)
}

func (k *glauber) Load(r io.Reader) error {
	var done, updates, hits int64
	var clock, next float64
	spins := make([]int8, len(k.spins))
	if err := saved.Get(r, &done, &clock, &next, &updates, &hits, spins); err != nil {
		return err
	}
	if err := walkers.Place(done, 1<<62); err != nil {
		return err
	}
	if !(clock >= 0 && next > clock) {
		return spec.Errorf(spec.CheckpointError, "expected an event after the clock, the saved state has %v after %v", next, clock)
	}
	if err := signs(spins); err != nil {
		return err
	}
	k.done, k.clock, k.next, k.updates, k.hits, k.spins = done, clock, next, updates, hits, spins
	k.draw()
	return nil
}
