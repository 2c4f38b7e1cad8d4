package over

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// ParallelTempering moves walkers at all temperatures of kT=[...] at once, and swaps the configurations of neighbours a, b with probability
//
//	min(1, exp((u_a(x_a) + u_b(x_b)) - (u_a(x_b) + u_b(x_a)))),   u = E/kT,
//
// so that what cold walkers cannot climb over they get round by way of hot ones. Each chain is one ladder of all temperatures; ladders are
// independent. All rungs are samples: run["energy"][t] is at kT[t].
//
// With adapt=True the first half of the warm-up is a pilot ladder, the same for all chains, that moves the inner temperatures to where all neighbours
// swap equally often (S. Syed, A. Bouchard-Cote, G. Deligiannidis, A. Doucet, 2022); the run's coordinates have the temperatures that were found.
//
// # Observables
//
// Beside the system's: "replica", the number of the configuration that stands on the rung (0 began on the first of kT).
//
// # Info
//
//	swap_acceptance   mean probability of the swaps between a temperature and the next higher one; NaN for the highest
//	round_trips       of the ladder: from the coldest rung to the hottest and back, all replicas together
//	flow              share of the replicas on a rung that were last at the hottest end, among those that have been at one; ideally it falls
//	                  linearly with the rung
//
// # Examples
//
//	>>> import numpy as np
//	>>> wells = lambda x: 5 * np.sum((x**2 - 1) ** 2) + 0.5 * np.sum(x)
//	>>> run = erg.sample(wells, erg.ParallelTempering(kernel=erg.HMC()), space=erg.Real(2), kT=[0.3, 1.0, 3.0], draws=1000, seed=1)
//	>>> bool(0.0 < np.mean(run["x"][0] > 0) < 0.3)
//	True
//
// # References
//
// R. H. Swendsen, J.-S. Wang, Phys. Rev. Lett. 57, 2607 (1986); K. Hukushima, K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996).
type ParallelTempering struct {
	// How walkers move between swaps; the system's first method where none is given.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Sweeps between swaps.
	SwapEvery int `spec:"swap_every" default:"1" range:"[1,1e9]"`
	// Pairs that are tried: even and odd ones in turn ("deterministic": replicas do not turn back without a rejection), or either kind at random.
	Swaps string `spec:"swaps" default:"\"deterministic\"" oneof:"deterministic,random"`
	// Whether warm-up places the inner temperatures.
	Adapt bool `spec:"adapt" default:"false"`
}

// Inner is the kernel.
func (m *ParallelTempering) Inner() *contract.Kernel { return &m.Kernel }

const (
	purposeLadder = 1
	purposePilot  = 2
)

// ladders are the walkers of all chains' ladders, temperature by temperature, and the pilot.
type ladders struct {
	contract.Ensemble
	method *ParallelTempering
	chains []*ladder
	pilot  *ladder // nil where nothing adapts
	scout  contract.Ensemble
	length int64 // ticks of the pilot
	// All ladders are swept, and weighed for their swaps, at once; nil where walkers move alone.
	batched contract.Batched
	team    *par.Team
	walkers []int // of the weights
	at      []contract.Params
	u       []float64
	state   struct {
		Tick  int64 // of the pilot and then of all
		Round int64
		Warm  bool
	}
}

// Staff gives ladders a team.
func (ls *ladders) Staff(team *par.Team) { ls.team = team }

// do is par.Do, by the team if there is one of that size.
func do(ctx context.Context, team *par.Team, workers, n int, fn func(i int) error) error {
	if team.Size() != workers || workers < 2 {
		return par.Do(ctx, workers, n, fn)
	}
	var next, failed atomic.Int64
	errs := make([]error, workers)
	failed.Store(int64(n))
	if err := team.Run(func(worker int) {
		for {
			i := int(next.Add(1)) - 1
			if i >= n || failed.Load() < int64(n) {
				return
			}
			if err := fn(i); err != nil {
				errs[worker] = err
				failed.Store(int64(i))
			}
		}
	}); err != nil {
		return err
	}
	return cmp.Or(errs...)
}

// ladder is one walker at each temperature, by rank: the coldest first.
type ladder struct {
	e       contract.Ensemble
	method  *ParallelTempering
	key     rng.Key
	walkers []int
	kT      []float64
	tick    int64
	accept  []float64 // of a rank and the next: summed probabilities
	tried   []float64
	replica []int64 // on a rank
	last    []int8  // end that a replica saw last: 1 hot, -1 cold
	up      []float64
	seen    []float64
	trips   int64
	stream  rng.Stream
	parity  int
	u       []float64 // four for each pair
}

func newLadder(e contract.Ensemble, m *ParallelTempering, key rng.Key, walkers []int, kT []float64) *ladder {
	n := len(kT)
	l := &ladder{e: e, method: m, key: key, walkers: walkers, kT: slices.Clone(kT), replica: make([]int64, n), last: make([]int8, n), u: make([]float64, 2*n)}
	for r := range l.replica {
		l.replica[r] = int64(r)
	}
	l.count0()
	return l
}

// count0 forgets what was counted.
func (l *ladder) count0() {
	n := len(l.kT)
	l.accept, l.tried, l.up, l.seen, l.trips = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), 0
	l.last = make([]int8, n)
}

// climb is the order of temperatures from the lowest.
func climb(walkers []contract.Walker, chains int) (order []int, kT []float64, err error) {
	n := len(walkers) / chains
	for t := range n {
		order = append(order, t)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return int(math.Copysign(1, walkers[a*chains].Params.KT-walkers[b*chains].Params.KT))
	})
	for r, t := range order {
		kT = append(kT, walkers[t*chains].Params.KT)
		if !(kT[r] > 0) {
			return nil, nil, spec.Expected("kT", "temperatures above 0", kT[r]).With("argument", "kT")
		}
		if r > 0 && kT[r] == kT[r-1] {
			return nil, nil, spec.Expected("kT", "different temperatures", kT).With("argument", "kT")
		}
	}
	return order, kT, nil
}

func openLadders(method any, o contract.Order) (contract.Ensemble, error) {
	m := method.(*ParallelTempering)
	order, kT, err := climb(o.Walkers, o.Chains)
	if err != nil {
		return nil, err
	}
	if len(kT) < 2 {
		return nil, spec.Expected("kT", "a sequence of at least two temperatures, the rungs", kT[0]).With("argument", "kT").Try("kT=[0.5, 1.0, 2.0]")
	}
	ls := &ladders{method: m}
	if m.Adapt {
		ls.length = o.Walkers[0].Warmup / 2
	}
	walkers := slices.Clone(o.Walkers)
	for w := range walkers {
		walkers[w].Warmup -= ls.length
	}
	if ls.Ensemble, err = o.Inner(walkers, o.Start); err != nil {
		return nil, err
	}
	for c := range o.Chains {
		rungs := make([]int, len(order))
		for r, t := range order {
			rungs[r] = t*o.Chains + c
		}
		ls.chains = append(ls.chains, newLadder(ls.Ensemble, m, o.Key.Fold(purposeLadder).Fold(o.First+uint64(c)), rungs, kT))
	}
	if b, ok := ls.Ensemble.(contract.Batched); ok && b.Batch() > 0 && b.Mixes() {
		ls.batched = b
	}
	if ls.length == 0 {
		return ls, nil
	}
	key, scouts, rungs := o.Key.Fold(purposePilot), make([]contract.Walker, len(kT)), make([]int, len(kT))
	for r := range kT {
		scouts[r], rungs[r] = contract.Walker{Params: contract.Params{KT: kT[r]}, Key: key.Fold(uint64(r)), Warmup: ls.length}, r
	}
	begin := o.Start
	if begin.Values != nil {
		begin = contract.Start{Kind: "random"}
	}
	if ls.scout, err = o.Inner(scouts, begin); err != nil {
		return nil, err
	}
	ls.pilot = newLadder(ls.scout, m, key, rungs, kT)
	return ls, nil
}

// to advances a ladder to a tick; its walkers' sweeps lag by the pilot's.
func (l *ladder) to(ctx context.Context, target, lag int64, workers int, team *par.Team) error {
	every := int64(l.method.SwapEvery)
	for l.tick < target {
		next := min(target, l.tick-l.tick%every+every)
		if workers > 1 {
			if err := do(ctx, team, workers, len(l.walkers), func(r int) error { return l.e.SweepTo(ctx, l.walkers[r], next-lag, nil) }); err != nil {
				return err
			}
		} else {
			for _, w := range l.walkers {
				if err := l.e.SweepTo(ctx, w, next-lag, nil); err != nil {
					return err
				}
			}
		}
		if l.tick = next; next%every == 0 {
			l.choose(next)
			if err := l.weigh(); err != nil {
				return err
			}
			l.swap(l.u)
		}
	}
	return nil
}

// inStep advances ladders of equal ticks whose target is evaluated elsewhere: all walkers ask together.
func inStep(ctx context.Context, all []*ladder, target, lag int64) error {
	e, rungs, every := all[0].e, len(all[0].walkers), int64(all[0].method.SwapEvery)
	for all[0].tick < target {
		next := min(target, all[0].tick-all[0].tick%every+every)
		if err := contract.Each(ctx, e, 0, len(all)*rungs, func(ctx context.Context, i int) error {
			return e.SweepTo(ctx, all[i/rungs].walkers[i%rungs], next-lag, nil)
		}); err != nil {
			return err
		}
		for _, l := range all {
			if l.tick = next; next%every == 0 {
				l.choose(next)
				if err := l.weigh(); err != nil {
					return err
				}
				l.swap(l.u)
			}
		}
	}
	return nil
}

// weigh fills u.
func (l *ladder) weigh() error {
	for r := l.parity; r+1 < len(l.walkers); r += 2 {
		at := []contract.Params{{KT: l.kT[r]}, {KT: l.kT[r+1]}}
		for k := range 2 {
			if err := l.e.Reduced(l.walkers[r+k], l.u[2*(r-l.parity+k):][:2], at); err != nil {
				return err
			}
		}
	}
	return nil
}

// choose says which pairs are tried at a tick: of ranks (parity, parity+1), (parity+2, parity+3), ...
func (l *ladder) choose(tick int64) {
	l.stream.Reset(l.key, uint64(tick))
	l.parity = int(tick / int64(l.method.SwapEvery) & 1)
	if l.method.Swaps == "random" {
		l.parity = l.stream.Below(2)
	}
}

// swap tries the pairs (a, b) by u: for each u_a(x_a), u_b(x_a), u_a(x_b), u_b(x_b).
func (l *ladder) swap(u []float64) {
	s := &l.stream
	for r := l.parity; r+1 < len(l.walkers); r += 2 {
		a, b := l.walkers[r], l.walkers[r+1]
		p := 1.0
		if d := (u[0] + u[3]) - (u[2] + u[1]); d < 0 {
			p = functions.Exp1(d)
		} else if d != d {
			p = 0
		}
		u = u[4:]
		l.accept[r] += p
		l.tried[r]++
		if s.Less(rng.NewThreshold(p)) == 1 {
			l.e.SwapWalkers(a, b)
			l.replica[r], l.replica[r+1] = l.replica[r+1], l.replica[r]
		}
	}
	top := len(l.kT) - 1
	if l.last[l.replica[0]] == 1 {
		l.trips++
	}
	l.last[l.replica[0]], l.last[l.replica[top]] = -1, 1
	for r, x := range l.replica {
		if l.last[x] != 0 {
			l.seen[r]++
			l.up[r] += float64((l.last[x] + 1) / 2)
		}
	}
}

// together is ladder.to of all ladders, in step.
func (ls *ladders) together(ctx context.Context, target int64, workers int) error {
	every, size := int64(ls.method.SwapEvery), ls.Size()
	piece := min(ls.batched.Batch(), max(16, (size+workers-1)/workers))
	sweep := func(to int64) error {
		return do(ctx, ls.team, workers, (size+piece-1)/piece, func(i int) error {
			return ls.batched.SweepBatch(ctx, i*piece, min((i+1)*piece, size), to-ls.length)
		})
	}
	for {
		tick := target
		for _, l := range ls.chains {
			tick = min(tick, l.tick)
		}
		if tick == target {
			return sweep(target) // what was swapped is evaluated
		}
		next := min(target, tick-tick%every+every)
		if err := sweep(next); err != nil {
			return err
		}
		ls.walkers, ls.at = ls.walkers[:0], ls.at[:0]
		for _, l := range ls.chains {
			if l.tick < next && next%every == 0 {
				l.choose(next)
				for r := l.parity; r+1 < len(l.walkers); r += 2 {
					a, b := contract.Params{KT: l.kT[r]}, contract.Params{KT: l.kT[r+1]}
					ls.walkers = append(ls.walkers, l.walkers[r], l.walkers[r], l.walkers[r+1], l.walkers[r+1])
					ls.at = append(ls.at, a, b, a, b)
				}
			}
		}
		if len(ls.u) < len(ls.at) {
			ls.u = make([]float64, 2*size)
		}
		if err := ls.batched.ReducedBatch(ls.walkers, ls.u[:len(ls.at)], ls.at); err != nil {
			return err
		}
		u := ls.u
		for _, l := range ls.chains {
			if l.tick >= next {
				continue
			}
			if l.tick = next; next%every == 0 {
				l.swap(u)
				u = u[(len(l.walkers)-l.parity)/2*4:]
			}
		}
	}
}

// AllTo is the pilot's ticks and then those of the ladders.
func (ls *ladders) AllTo(ctx context.Context, target int64, workers int) error {
	s := &ls.state
	for s.Tick < min(target, ls.length) {
		end := ls.length * (2<<s.Round - 1) / (1<<rounds - 1)
		next := min(end, target)
		var err error
		if contract.AskedOf(ls.Ensemble) != nil {
			err = inStep(ctx, []*ladder{ls.pilot}, next, 0)
		} else {
			err = ls.pilot.to(ctx, next, 0, workers, ls.team)
		}
		if err != nil {
			return err
		}
		if s.Tick = next; next == end {
			if err := ls.place(); err != nil {
				return err
			}
			s.Round++
		}
	}
	if target <= ls.length {
		return nil
	}
	each := 1
	if len(ls.chains) < workers {
		if work, _ := ls.Work(); work >= 1<<12 {
			each = workers
		}
	}
	for _, l := range ls.chains {
		l.tick = max(l.tick, ls.length)
	}
	if contract.AskedOf(ls.Ensemble) != nil {
		if err := inStep(ctx, ls.chains, target, ls.length); err != nil {
			return err
		}
	} else if ls.batched != nil {
		if err := ls.together(ctx, target, workers); err != nil {
			return err
		}
	} else if each > 1 {
		for _, l := range ls.chains {
			if err := l.to(ctx, target, ls.length, each, ls.team); err != nil {
				return err
			}
		}
	} else if err := do(ctx, ls.team, workers, len(ls.chains), func(c int) error { return ls.chains[c].to(ctx, target, ls.length, 1, nil) }); err != nil {
		return err
	}
	s.Tick = target
	return nil
}

// rounds of the pilot, each twice as long as the one before.
const rounds = 4

// place moves the pilot's inner temperatures to equal shares of the summed rejections, interpolated in log kT; after the last round those of all.
func (ls *ladders) place() error {
	l := ls.pilot
	n := len(l.kT)
	reach, x := make([]float64, n), make([]float64, n)
	for r := range n {
		x[r] = functions.Log1(l.kT[r])
		if r > 0 {
			reach[r] = reach[r-1] + max(1-l.accept[r-1]/max(l.tried[r-1], 1), 1e-3)
		}
	}
	kT, k := slices.Clone(l.kT), 0
	for r := 1; r < n-1; r++ {
		goal := reach[n-1] * float64(r) / float64(n-1)
		for reach[k+1] < goal {
			k++
		}
		kT[r] = functions.Exp1(x[k] + float64((x[k+1]-x[k])*((goal-reach[k])/(reach[k+1]-reach[k]))))
	}
	l.count0()
	return ls.set(kT)
}

// set gives the pilot its temperatures, and the ladders theirs.
func (ls *ladders) set(kT []float64) error {
	for _, l := range append([]*ladder{ls.pilot}, ls.chains...) {
		copy(l.kT, kT)
		for r, w := range l.walkers {
			if err := l.e.SetParams(w, contract.Params{KT: kT[r]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// SweepTo is not how ladders move.
func (ls *ladders) SweepTo(context.Context, int, int64, *par.Team) error {
	return spec.Errorf(spec.InternalError, "walkers of a ladder move together")
}

// Warm ends the adaptation of a walker's kernel; swaps are counted from here on.
func (ls *ladders) Warm(walker int) {
	ls.Ensemble.Warm(walker)
	if !ls.state.Warm {
		ls.state.Warm = true
		for _, l := range ls.chains {
			l.count0()
		}
	}
}

// Observable has "replica" beside the system's.
func (ls *ladders) Observable(name string) (contract.Observable, error) {
	if name != "replica" {
		return ls.Ensemble.Observable(name)
	}
	return contract.Observable{Name: name, Dtype: array.Int64, Record: func(w int, row []byte) {
		l := ls.chains[w%len(ls.chains)]
		array.Cast[int64](row)[0] = l.replica[slices.Index(l.walkers, w)]
	}}, nil
}

// Info is that of the kernels and of the swaps.
func (ls *ladders) Info() map[string][]float64 {
	all := ls.Ensemble.Info()
	put := func(name string, f func(l *ladder, r int) float64) {
		x := make([]float64, ls.Size())
		for _, l := range ls.chains {
			for r, w := range l.walkers {
				x[w] = f(l, r)
			}
		}
		all[name] = x
	}
	put("swap_acceptance", func(l *ladder, r int) float64 { return l.accept[r] / l.tried[r] })
	put("round_trips", func(l *ladder, _ int) float64 { return float64(l.trips) })
	put("flow", func(l *ladder, r int) float64 { return l.up[r] / l.seen[r] })
	if ls.pilot != nil {
		put("kT", func(l *ladder, r int) float64 { return l.kT[r] })
	}
	return all
}

func (l *ladder) saved() []any {
	return []any{&l.tick, l.kT, l.accept, l.tried, l.replica, l.last, l.up, l.seen, &l.trips}
}

// Save writes the state of all.
func (ls *ladders) Save(w io.Writer) error {
	if err := saved.Put(w, &ls.state); err != nil {
		return err
	}
	return ls.each(func(l *ladder) error { return saved.Put(w, l.saved()...) }, func(e contract.Ensemble) error { return e.Save(w) })
}

// Load reads it.
func (ls *ladders) Load(r io.Reader) error {
	if err := saved.Get(r, &ls.state); err != nil {
		return err
	}
	return ls.each(func(l *ladder) error {
		if err := saved.Get(r, l.saved()...); err != nil {
			return err
		}
		for _, x := range l.replica {
			if x < 0 || int(x) >= len(l.replica) {
				return spec.Errorf(spec.CheckpointError, "expected replicas below %d, the saved state has %d", len(l.replica), x)
			}
		}
		return nil
	}, func(e contract.Ensemble) error { return e.Load(r) })
}

func (ls *ladders) each(l func(*ladder) error, e func(contract.Ensemble) error) error {
	all, ensembles := ls.chains, []contract.Ensemble{ls.Ensemble}
	if ls.pilot != nil {
		all, ensembles = append(slices.Clone(all), ls.pilot), append(ensembles, ls.scout)
	}
	for _, x := range all {
		if err := l(x); err != nil {
			return err
		}
	}
	for _, x := range ensembles {
		if err := e(x); err != nil {
			return err
		}
	}
	return nil
}
