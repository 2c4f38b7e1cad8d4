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

const (
	choiceOfEvent = 0x63686f696365
	looks         = 1024 // events after which a context is looked at
)

// visits are what a site does at a visit: the probabilities of its other values.
type visits struct {
	metropolis bool
	d          []float64 // costs of the other values, then their running sums
}

func newVisits(q int, rates string) visits {
	return visits{rates == "metropolis", make([]float64, q-1)}
}

// to makes of the costs d[k-1] of the k-th other values the running sums of their probabilities, and returns the sum of all.
func (v *visits) to(kT float64) float64 {
	d, sum := v.d, 0.0
	if v.metropolis || len(d) == 1 {
		for k, c := range d {
			sum += probability(v.metropolis, c, kT) / float64(len(d))
			d[k] = sum
		}
		return sum
	}
	least := 0.0
	for _, c := range d {
		least = min(least, c)
	}
	weight := func(c float64) float64 {
		switch {
		case c == least:
			return 1
		case kT == 0:
			return 0
		}
		return functions.Exp1((least - c) / kT)
	}
	total := weight(0)
	for _, c := range d {
		total += weight(c)
	}
	for k, c := range d {
		sum += weight(c) / total
		d[k] = sum
	}
	return sum
}

// nfold is a walker of NFoldWay. tree[1] is the sum of all rates, tree[n] of those of its children 2n and 2n+1, tree[leaves+i] the rate of site i; it is a
// function of configuration and kT alone. Event e draws its waiting time from the stream of step e, what happens from that of another key.
type nfold[T walkers.Value] struct {
	body[T]
	visits
	attempts bool
	key      rng.Key
	kT       float64
	reach    [][]int32
	leaves   int
	tree     []float64

	event   int64   // waiting times drawn so far
	changes int64   // since the start
	clock   float64 // the time that has passed
	next    float64 // of the next event; in attempts the number of the attempt
	stream  rng.Stream
}

func (m *Spins[T]) nfold(method *moves.NFoldWay) (walkers.Builder[T], error) {
	n := m.sites()
	reach := make([][]int32, n)
	for i := range reach {
		reach[i] = m.Reach(i)
	}
	leaves := 1
	for leaves < n {
		leaves *= 2
	}
	return func(w contract.Walker) (walkers.Kernel[T], error) {
		return &nfold[T]{
			body: newBody(m), visits: newVisits(m.Q, method.Rates), attempts: method.Clock == "attempts",
			key: w.Key, kT: w.Params.KT, reach: reach, leaves: leaves, tree: make([]float64, 2*leaves),
		}, nil
	}, nil
}

// costs are those of the other values of a site, for d.
func (k *nfold[T]) costs(i int) {
	for v := 1; v < k.Q; v++ {
		c, f := k.Cost(k.x, i, k.Other(k.x[i], v))
		k.d[v-1] = exact(c+f, c, f)
	}
}

// rate of site i enters the sums.
func (k *nfold[T]) rate(i int) {
	k.costs(i)
	at := k.leaves + i
	k.tree[at] = k.to(k.kT)
	for at /= 2; at > 0; at /= 2 {
		k.tree[at] = k.tree[2*at] + k.tree[2*at+1]
	}
}

// grow makes the tree of a configuration.
func (k *nfold[T]) grow() {
	for i := range k.x {
		k.costs(i)
		k.tree[k.leaves+i] = k.to(k.kT)
	}
	for at := k.leaves - 1; at > 0; at-- {
		k.tree[at] = k.tree[2*at] + k.tree[2*at+1]
	}
}

// draw finds when the next event is, from now on; neither law remembers how long nothing has happened.
func (k *nfold[T]) draw(now float64) {
	k.stream.Reset(k.key, uint64(k.event))
	k.event++
	switch wait := k.stream.Exponential(); {
	case !(k.tree[1] > 0):
		k.next = math.Inf(1)
	case k.attempts:
		p := min(k.tree[1]/float64(k.sites()), 1)
		k.next = now + 1 + math.Floor(wait/(0-functions.Log1p1(-p)))
	default:
		k.next = now + wait/k.tree[1]
	}
}

// now is the time in the units of next.
func (k *nfold[T]) now() float64 {
	if k.attempts {
		return math.Floor(k.clock * float64(k.sites()))
	}
	return k.clock
}

// time of the next event.
func (k *nfold[T]) time() float64 {
	if k.attempts {
		return k.next / float64(k.sites())
	}
	return k.next
}

// choose walks down the tree to a site.
func (k *nfold[T]) choose(u *rng.Stream) int {
	at := 1
	for at < k.leaves {
		left, right := k.tree[2*at], k.tree[2*at+1]
		at *= 2
		if left == 0 || right > 0 && u.Less(rng.NewThreshold(right/(left+right))) == 1 {
			at++
		}
	}
	return at - k.leaves
}

// fire makes one event.
func (k *nfold[T]) fire(u *rng.Stream) {
	i := k.choose(u)
	v := 0
	if k.Q > 2 {
		k.costs(i)
		k.to(k.kT)
		v = u.Pick(k.d)
	}
	k.Set(k.x, i, k.Other(k.x[i], v+1))
	k.rate(i)
	for _, j := range k.reach[i] {
		k.rate(int(j))
	}
	k.changes++
}

// AdvanceTo lets every event up to and including time happen.
func (k *nfold[T]) AdvanceTo(ctx context.Context, time float64) error {
	for k.time() <= time {
		if k.event%looks == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		k.stream.Reset(k.key.Fold(choiceOfEvent), uint64(k.event))
		k.fire(&k.stream)
		k.draw(k.next)
	}
	k.clock = max(k.clock, time)
	return nil
}

// SweepTo lets one unit of time pass for each sweep.
func (k *nfold[T]) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.AdvanceTo(ctx, float64(target))
}

// Sweeps are units of time.
func (k *nfold[T]) Sweeps() int64 { return int64(k.clock) }

// Write replaces the configuration.
func (k *nfold[T]) Write(src []T) {
	k.write(src)
	k.grow()
	k.draw(k.now())
}

// SetKT changes the rates.
func (k *nfold[T]) SetKT(kT float64) {
	k.kT = kT
	k.grow()
	k.draw(k.now())
}

// Info counts.
func (k *nfold[T]) Info() map[string]float64 {
	return map[string]float64{"events": float64(k.changes), "rate": k.tree[1]}
}

// Save writes the clock beside.
func (k *nfold[T]) Save(w io.Writer) error {
	if err := saved.Put(w, k.event, k.changes, k.clock, k.next); err != nil {
		return err
	}
	return k.save(w)
}

// Load grows the tree again.
func (k *nfold[T]) Load(r io.Reader) error {
	var event, changes int64
	var clock, next float64
	if err := saved.Get(r, &event, &changes, &clock, &next); err != nil {
		return err
	}
	if !(event >= 0 && changes >= 0 && clock >= 0 && next > 0) {
		return spec.Errorf(spec.CheckpointError, "expected counters and times of at least 0, the saved state has %d, %d, %v, %v", event, changes, clock, next)
	}
	if err := k.load(r); err != nil {
		return err
	}
	k.event, k.changes, k.clock, k.next = event, changes, clock, next
	k.grow()
	return nil
}
