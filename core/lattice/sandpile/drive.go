package sandpile

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

const (
	blockGrains = 256
	patience    = 1 << 18 // topplings after which the context is looked at
)

// avalanche is what a grain did.
type avalanche struct{ Size, Area, Duration int64 }

// drive is a walker. Grain number k falls on the site that is number k mod 256 of block k / 256, drawn from the stream of that step.
type drive struct {
	m     *Sandpile
	pile  pile
	key   rng.Key
	probe *probe
	asked int64 // grains of the state that the probe was run for, plus one; 0 where it was not
	sites [blockGrains]int32
	rng   rng.Stream

	done, topplings int64 // grains whose avalanche has ended, and topplings of all
	falling         bool  // the avalanche of grain number done is under way
	last            avalanche
	clock           float64
	listing, told   bool // avalanches are listed, and the list was recorded
	lists           [3][]int64
}

func newDrive(m *Sandpile, w contract.Walker) *drive {
	k := &drive{m: m, key: w.Key}
	if grid := newGrid(m); grid != nil {
		k.pile = grid
	} else {
		k.pile = newNetwork(m)
	}
	k.draw()
	return k
}

func (k *drive) draw() {
	k.rng.Reset(k.key, uint64(k.done/blockGrains))
	for i := range k.sites {
		k.sites[i] = int32(k.rng.Below(k.m.graph.Sites))
	}
}

// AdvanceTo adds the grains of the times 1, 2, ... up to time.
func (k *drive) AdvanceTo(ctx context.Context, time float64) error {
	if k.told {
		k.told = false
		for i := range k.lists {
			k.lists[i] = k.lists[i][:0]
		}
	}
	for k.falling || k.done < int64(time) {
		if !k.falling {
			k.last = avalanche{}
			k.pile.add(k.sites[k.done%blockGrains])
			k.falling = true
		}
		for {
			before := k.last.Size
			ended := k.pile.relax(&k.last, patience)
			k.topplings += k.last.Size - before
			if ended {
				break
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		k.falling = false
		if k.listing {
			k.lists[0], k.lists[1], k.lists[2] = append(k.lists[0], k.last.Size), append(k.lists[1], k.last.Area), append(k.lists[2], k.last.Duration)
		}
		if k.done++; k.done%blockGrains == 0 {
			k.draw()
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	k.clock = max(k.clock, time)
	return nil
}

// listed are the sizes, areas or durations of the avalanches since the record before.
func (k *drive) listed(which int) []int64 {
	k.told = true
	return k.lists[which]
}

// respond is what a grain at each site would do, found once for a state.
func (k *drive) respond() *probe {
	if k.probe == nil {
		k.probe = newProbe(k.m)
	}
	if k.asked != k.done+1 {
		k.asked = k.done + 1
		k.pile.read(k.probe.z)
		k.probe.run()
	}
	return k.probe
}

// SweepTo takes a grain for a sweep.
func (k *drive) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.AdvanceTo(ctx, float64(target))
}

// Sweeps is the number of grains.
func (k *drive) Sweeps() int64 { return k.done }

// Read copies the grains.
func (k *drive) Read(dst []int32) { k.pile.read(dst) }

// Write replaces them.
func (k *drive) Write(src []int32) {
	k.pile.write(src)
	k.falling, k.last, k.asked = false, avalanche{}, 0
}

// Energy: there is none.
func (k *drive) Energy() float64 { return 0 }

// SetKT: there is no temperature.
func (k *drive) SetKT(float64) {}

// Warm changes nothing.
func (k *drive) Warm() {}

// Info counts.
func (k *drive) Info() map[string]float64 {
	return map[string]float64{"grains": float64(k.done), "topplings": float64(k.topplings)}
}

// Save writes everything, also in the midst of an avalanche.
func (k *drive) Save(w io.Writer) error {
	n := k.m.graph.Sites
	z, counts := make([]int32, n), make([]int32, n)
	k.pile.read(z)
	k.pile.counts(counts)
	unstable := k.pile.front()
	if err := saved.Put(w, k.done, k.topplings, k.falling, k.last, k.clock, k.told, z, counts, int64(len(unstable)), unstable); err != nil {
		return err
	}
	for _, l := range k.lists {
		if err := saved.Put(w, int64(len(l)), l); err != nil {
			return err
		}
	}
	return nil
}

// Load refuses what is no state.
func (k *drive) Load(r io.Reader) error {
	n := k.m.graph.Sites
	z, counts := make([]int32, n), make([]int32, n)
	var done, topplings, waiting int64
	var falling, told bool
	var last avalanche
	var clock float64
	if err := saved.Get(r, &done, &topplings, &falling, &last, &clock, &told, z, counts, &waiting); err != nil {
		return err
	}
	if done < 0 || topplings < 0 || waiting < 0 || waiting > int64(n) || !(clock >= 0) {
		return spec.Errorf(spec.CheckpointError, "Sandpile: expected counters in their range, the saved state has %d, %d, %d", done, topplings, waiting)
	}
	unstable := make([]int32, waiting)
	if err := saved.Get(r, unstable); err != nil {
		return err
	}
	for i := range z {
		if z[i] < 0 || z[i] >= 2*k.m.limit[i] || (!falling && z[i] >= k.m.limit[i]) || counts[i] < 0 {
			return spec.Errorf(spec.CheckpointError, "Sandpile: expected %s, the saved state has %d at %d", k.m.Values(), z[i], i)
		}
	}
	for _, i := range unstable {
		if i < 0 || int(i) >= n || z[i] < k.m.limit[i] {
			return spec.Errorf(spec.CheckpointError, "Sandpile: expected unstable sites below %d, the saved state has %d", n, i)
		}
	}
	var lists [3][]int64
	for i := range lists {
		var length int64
		if err := saved.Get(r, &length); err != nil {
			return err
		}
		if length < 0 || length > done {
			return spec.Errorf(spec.CheckpointError, "Sandpile: expected at most %d avalanches, the saved state lists %d", done, length)
		}
		lists[i] = make([]int64, length)
		if err := saved.Get(r, lists[i]); err != nil {
			return err
		}
	}
	k.done, k.topplings, k.falling, k.last, k.clock, k.told, k.lists = done, topplings, falling, last, clock, told, lists
	k.pile.write(z)
	k.pile.resume(counts, unstable)
	k.asked = 0
	k.draw()
	return nil
}

var _ walkers.Clocked = (*drive)(nil)
