package lattice

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/bitslice"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec/saved"
)

const (
	chunkGroups = 32      // are sorted and decided together, in the first-level cache
	stripGroups = 1 << 15 // after so many groups a sweep may be interrupted
	teamGroups  = 256     // below, one worker does it all
	shortPeriod = 1 << 12 // bits; neighbours across longer ones are copied stretch by stretch
)

// packed is a walker of single-site updates on the planes of a packing. Group g of 512 sites of colour c draws the lanes of group g at
// step 2 t + c of sweep t, so that it does not matter who works on it.
type packed struct {
	*packing
	planes     [2][]bitslice.Group
	kT         float64
	key        rng.Key
	sorter     bitslice.Classes
	thresholds []rng.Threshold
	done       int64 // sweeps
	cursor     int   // the next group of the sweep, colour 0 before colour 1

	sum    float64 // the energy, where summed says that nothing has moved since
	summed bool

	updates, hits int64 // since the warm-up
	from, to      int   // the groups that the workers are at
	colour        int
	benches       []*bench
	team          *par.Team
	phase         func(worker int)
}

// bench is what one worker works on.
type bench struct {
	surroundings
	mask []bitslice.Group
	rest [chunkGroups]bitslice.Group
	hit  [chunkGroups]bitslice.Group
	hits int64
	x, p []float64          // fields and probabilities of lanes, where each has its own
	met  [][]bitslice.Group // all neighbours, and those of some groups
	near [][]bitslice.Group
	_    [64]byte
}

func newPacked(p *packing, w contract.Walker) (*packed, error) {
	k := &packed{packing: p, key: w.Key}
	for c := range k.planes {
		k.planes[c] = make([]bitslice.Group, p.groups)
	}
	k.phase = k.work
	k.SetKT(w.Params.KT)
	return k, nil
}

func (k *packed) SetKT(kT float64) {
	k.kT = kT
	d := k.at(kT)
	k.sorter, k.thresholds = d.sorter, d.thresholds
	k.seat(1)
}

// seat makes room for n workers.
func (k *packed) seat(n int) {
	for len(k.benches) < n {
		size := min(chunkGroups, k.groups)
		k.benches = append(k.benches, &bench{surroundings: *newSurroundings(k.packing, size)})
	}
	for _, b := range k.benches {
		if need := chunkGroups * len(k.thresholds); len(b.mask) < need {
			b.mask = make([]bitslice.Group, need)
		}
		if k.real != nil && b.x == nil {
			b.x, b.p = make([]float64, 512*weighed), make([]float64, 512*weighed)
		}
	}
}

func (k *packed) SweepTo(ctx context.Context, target int64, team *par.Team) error {
	return walkers.StepTo(ctx, &k.done, target, team, k.step)
}

// step finishes one strip of one colour.
func (k *packed) step(team *par.Team) error {
	k.summed = false
	k.colour = k.cursor / k.groups
	k.from = k.cursor % k.groups
	k.to = min(k.from+stripGroups, k.groups)
	if k.to-k.from < teamGroups {
		team = nil
	}
	k.seat(team.Size())
	if k.team = team; team == nil {
		k.work(0)
	} else if err := team.Run(k.phase); err != nil {
		return err
	}
	for _, b := range k.benches {
		k.hits += b.hits
		b.hits = 0
	}
	k.cursor += k.to - k.from
	if k.cursor == 2*k.groups {
		k.cursor = 0
		k.done++
		k.updates += int64(k.sites)
	}
	return nil
}

// work is a worker's share of a strip.
func (k *packed) work(worker int) {
	b, n, size := k.benches[worker], k.to-k.from, k.team.Size()
	end := k.from + n*(worker+1)/size
	for g := k.from + n*worker/size; g < end; g += chunkGroups {
		if to := min(g+chunkGroups, end); k.real != nil {
			k.decideReal(b, g, to)
		} else {
			k.decide(b, g, to)
		}
	}
}

// decide updates the groups from to to-1.
func (k *packed) decide(b *bench, from, to int) {
	n := to - from
	k.look(&b.surroundings, &k.planes, k.colour, from, to, k.rule.flips())
	mask, rest, hit := b.mask[:n*len(k.thresholds)], b.rest[:n], b.hit[:n]
	k.sorter.Sort(mask, rest, &b.in)
	if len(k.thresholds) > 0 {
		k.key.BernoulliRun(hit, uint64(2*k.done)+uint64(k.colour), uint64(from), mask, k.thresholds)
	} else {
		clear(hit)
	}
	b.hits += int64(bitslice.Flip(k.planes[k.colour][from:to], hit, rest, k.rule == heatBath))
}

func (k *packed) Sweeps() int64 { return k.done }

func (k *packed) Warm() { k.updates, k.hits = 0, 0 }

func (k *packed) Info() map[string]float64 {
	return map[string]float64{k.rule.share(): float64(k.hits) / float64(max(k.updates, 1))}
}

func (k *packed) magnetization() float64 {
	return float64(2*(bitslice.Count(k.planes[0])+bitslice.Count(k.planes[1])) - k.sites)
}

// energy counts unlike neighbours: every bond joins a site of colour 0 to one of colour 1.
func (k *packed) Energy() float64 {
	if k.summed {
		return k.sum
	}
	if k.summed = true; k.real != nil {
		k.sum = k.realEnergy()
		return k.sum
	}
	b, unlike := k.benches[0], 0
	for from := 0; from < k.groups; from += chunkGroups {
		k.look(&b.surroundings, &k.planes, 0, from, min(from+chunkGroups, k.groups), true)
		unlike += b.in.Unlike()
	}
	k.sum = 0 - float64(k.J*float64(k.bonds-2*unlike)) - float64(k.h*k.magnetization())
	return k.sum
}

func (k *packed) Read(dst []int8) {
	for c := range 2 {
		plane := wordsOf(k.planes[c])
		for r := range k.rows {
			bit := r * k.pitch
			for x := k.first(r, c); x < k.side; x += 2 {
				dst[r*k.side+x] = int8(plane[bit>>6]>>(bit&63)&1)<<1 - 1
				bit++
			}
		}
	}
}

func (k *packed) Write(src []int8) {
	k.summed = false
	for c := range 2 {
		plane := wordsOf(k.planes[c])
		clear(plane)
		for r := range k.rows {
			bit := r * k.pitch
			for x := k.first(r, c); x < k.side; x += 2 {
				plane[bit>>6] |= uint64(^src[r*k.side+x]>>7&1) << (bit & 63)
				bit++
			}
		}
	}
}

func (k *packed) Save(w io.Writer) error {
	return saved.Put(w, k.done, int64(k.cursor), k.updates, k.hits, wordsOf(k.planes[0]), wordsOf(k.planes[1]))
}

func (k *packed) Load(r io.Reader) error {
	var done, cursor, updates, hits int64
	var planes [2][]bitslice.Group
	for c := range planes {
		planes[c] = make([]bitslice.Group, k.groups)
	}
	if err := saved.Get(r, &done, &cursor, &updates, &hits, wordsOf(planes[0]), wordsOf(planes[1])); err != nil {
		return err
	}
	if err := walkers.Place(cursor, int64(2*k.groups)); err != nil {
		return err
	}
	for c := range planes { // bits that are no site stay zero
		plane := wordsOf(planes[c])
		clear(plane[k.words:])
		for w := range k.words {
			plane[w] &= k.valid(w, c)
		}
	}
	k.done, k.cursor, k.updates, k.hits, k.planes, k.summed = done, int(cursor), updates, hits, planes, false
	return nil
}

// CopyFrom copies planes.
func (k *packed) CopyFrom(other kernel) bool {
	o, same := other.(*packed)
	if same {
		for c := range k.planes {
			copy(k.planes[c], o.planes[c])
		}
		k.sum, k.summed = o.sum, o.summed
	}
	return same
}

// SwapWith exchanges planes.
func (k *packed) SwapWith(other kernel) bool {
	o, same := other.(*packed)
	if same {
		k.planes, o.planes = o.planes, k.planes
		k.sum, o.sum, k.summed, o.summed = o.sum, k.sum, o.summed, k.summed
	}
	return same
}
