package walkers

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// Rule is what happens at a site: a draw from its distribution given the others, a proposal that is accepted or not, a reflection. It belongs to one
// walker, and holds what depends on kT.
type Rule[T Value] interface {
	SetKT(kT float64)
	// Visit updates the sites given, one after another, and returns how many changed. Calls for sites of one colour may run at the same time.
	Visit(x []T, sites []int32, u *rng.Stream) (changed int64)
	// Name is what the share of updates that changed a site is called: "acceptance", "changed"; none is not reported.
	Name() string
}

// Adaptive is a rule that learns in the warm-up: after each of its sweeps, from the share of the updates that changed a site.
type Adaptive interface {
	Adapt(sweep int64, share float64)
	// Learnt is where it keeps what it has learnt.
	Learnt() *float64
}

// Summed is a rule that keeps sums over the configuration: it is told of every configuration that it did not make itself.
type Summed[T Value] interface{ Sum(x []T) }

// Keeps is a rule whose sums are rounded as their past was: they are part of the state, and go where a configuration goes.
type Keeps interface{ Kept() []float64 }

// Knowing is a Summed rule whose sums follow configurations faster than they are made anew: between rules of one kind.
type Knowing[T Value] interface {
	Swap(other Rule[T])
	Copy(other Rule[T])
}

// Single is a walker of updates of single sites. A sweep goes through its rules one after another; with each it visits every site in its order (or as
// many random ones). Block b of rule r in sweep t draws from the stream of step (t * rules + r) * blocks + b, so that it does not matter who works on it.
type Single[T Value] struct {
	model  Model[T]
	energy func(x []T) float64
	order  *Order
	rules  []Rule[T]
	x      []T
	key    rng.Key

	done    int64 // sweeps
	cursor  int   // the next run of the sweep, over all rules
	counts  []count
	warming bool

	now     run // what the workers are at
	rule    int
	members []member
	team    *par.Team
	phase   func(worker int)
}

type count struct{ Updates, Changed int64 }

// member is what one worker writes to, and where it lists the sites that it visits.
type member struct {
	stream  rng.Stream
	changed int64
	sites   [BlockSites]int32
	_       [64]byte
}

// NewSingle makes a walker; energy is that of a configuration.
func NewSingle[T Value](m Model[T], energy func(x []T) float64, o *Order, w contract.Walker, rules ...Rule[T]) *Single[T] {
	n := 1
	shape, _ := m.Layout()
	for _, l := range shape {
		n *= l
	}
	k := &Single[T]{model: m, energy: energy, order: o, rules: rules, x: make([]T, n), key: w.Key, counts: make([]count, len(rules)), members: make([]member, 1), warming: w.Warmup > 0}
	k.phase = k.work
	k.SetKT(w.Params.KT)
	return k
}

// SweepTo goes from run to run.
func (k *Single[T]) SweepTo(ctx context.Context, target int64, team *par.Team) error {
	return StepTo(ctx, &k.done, target, team, k.step)
}

// step finishes one run.
func (k *Single[T]) step(team *par.Team) error {
	runs := len(k.order.runs)
	k.rule, k.now = k.cursor/runs, k.order.runs[k.cursor%runs]
	if !k.now.parallel || k.now.to-k.now.from < 2*BlockSites {
		team = nil
	}
	for len(k.members) < team.Size() {
		k.members = append(k.members, member{})
	}
	if k.team = team; team == nil {
		k.work(0)
	} else if err := team.Run(k.phase); err != nil {
		return err
	}
	c := &k.counts[k.rule]
	for i := range k.members {
		c.Changed += k.members[i].changed
		k.members[i].changed = 0
	}
	c.Updates += int64(k.now.to - k.now.from)
	if k.cursor++; k.cursor == runs*len(k.rules) {
		k.cursor = 0
		k.done++
		k.adapt()
	}
	return nil
}

func (k *Single[T]) adapt() {
	for i, r := range k.rules {
		if a, ok := r.(Adaptive); ok && k.warming {
			a.Adapt(k.done, float64(k.counts[i].Changed)/float64(max(k.counts[i].Updates, 1)))
			k.counts[i] = count{}
		}
	}
}

// learnt is what the rules have learnt.
func (k *Single[T]) learnt() (all []*float64) {
	for _, r := range k.rules {
		if a, ok := r.(Adaptive); ok {
			all = append(all, a.Learnt())
		}
	}
	return all
}

// kept is what rules keep of the configuration, rounding included.
func (k *Single[T]) kept() (all [][]float64) {
	for _, r := range k.rules {
		if s, ok := r.(Keeps); ok {
			all = append(all, s.Kept())
		}
	}
	return all
}

// work is a worker's share of the blocks of a run.
func (k *Single[T]) work(worker int) {
	me, size := &k.members[worker], k.team.Size()
	blocks := (k.now.to - k.now.from + BlockSites - 1) / BlockSites
	for b := blocks * worker / size; b < blocks*(worker+1)/size; b++ {
		me.stream.Reset(k.key, (uint64(k.done)*uint64(len(k.rules))+uint64(k.rule))*k.order.Blocks()+uint64(k.now.block+b))
		from := k.now.from + b*BlockSites
		to := min(from+BlockSites, k.now.to)
		me.changed += k.Visit(k.rule, from, me.sites[:to-from], &me.stream)
	}
}

// Visit makes the visits number from, from+1, ... of a sweep, as many as there is room to list, with one rule.
func (k *Single[T]) Visit(rule, from int, room []int32, u *rng.Stream) (changed int64) {
	sites := room
	if k.order.Sites != nil {
		sites = k.order.Sites[from : from+len(room)]
	} else {
		for v := range sites {
			if sites[v] = int32(from + v); k.order.Kind == "random" {
				sites[v] = int32(u.Below(k.order.n))
			}
		}
	}
	return k.rules[rule].Visit(k.x, sites, u)
}

// View is the configuration itself.
func (k *Single[T]) View() []T { return k.x }

// Read copies the configuration.
func (k *Single[T]) Read(dst []T) { copy(dst, k.x) }

// Write replaces it.
func (k *Single[T]) Write(src []T) {
	copy(k.x, src)
	k.sumUp()
}

func (k *Single[T]) sumUp() {
	for _, r := range k.rules {
		if s, ok := r.(Summed[T]); ok {
			s.Sum(k.x)
		}
	}
}

// Energy is summed anew.
func (k *Single[T]) Energy() float64 { return k.energy(k.x) }

// Sweeps is the number of finished ones.
func (k *Single[T]) Sweeps() int64 { return k.done }

// GoOn makes the counter of finished sweeps that of a walker in whose place it comes.
func (k *Single[T]) GoOn(sweeps int64) { k.done = sweeps }

// SetKT tells the rules.
func (k *Single[T]) SetKT(kT float64) {
	for _, r := range k.rules {
		r.SetKT(kT)
	}
}

// Warm starts the counts again.
func (k *Single[T]) Warm() {
	k.warming = false
	clear(k.counts)
}

// Info is the share of updates that changed a site, by the rules' names.
func (k *Single[T]) Info() map[string]float64 {
	all := map[string]float64{}
	for i, r := range k.rules {
		if name := r.Name(); name != "" {
			all[name] = float64(k.counts[i].Changed) / float64(max(k.counts[i].Updates, 1))
		}
	}
	return all
}

// CopyFrom copies without a buffer between.
func (k *Single[T]) CopyFrom(other Kernel[T]) bool {
	o, same := other.(*Single[T])
	if !same {
		return false
	}
	mine, theirs := k.kept(), o.kept()
	copy(k.x, o.x)
	if mine == nil {
		k.follow(o, Knowing[T].Copy, k)
	}
	for i, x := range theirs {
		copy(mine[i], x)
	}
	return true
}

// SwapWith exchanges the slices.
func (k *Single[T]) SwapWith(other Kernel[T]) bool {
	o, same := other.(*Single[T])
	if !same {
		return false
	}
	k.x, o.x = o.x, k.x
	mine, theirs := k.kept(), o.kept()
	if mine == nil {
		k.follow(o, Knowing[T].Swap, k, o)
	}
	for i, x := range theirs {
		for j, v := range x {
			x[j], mine[i][j] = mine[i][j], v
		}
	}
	return true
}

// follow lets rules take what those of the other walker know, or sums anew for all whose configuration has changed.
func (k *Single[T]) follow(o *Single[T], take func(Knowing[T], Rule[T]), changed ...*Single[T]) {
	for i, r := range k.rules {
		if knows, ok := r.(Knowing[T]); ok {
			take(knows, o.rules[i])
			continue
		}
		for _, w := range changed {
			if s, ok := w.rules[i].(Summed[T]); ok {
				s.Sum(w.x)
			}
		}
	}
}

// Save writes counters and configuration.
func (k *Single[T]) Save(w io.Writer) error {
	if err := saved.Put(w, k.done, int64(k.cursor), k.warming, k.counts, k.x); err != nil {
		return err
	}
	for _, x := range k.learnt() {
		if err := saved.Put(w, *x); err != nil {
			return err
		}
	}
	for _, x := range k.kept() {
		if err := saved.Put(w, x); err != nil {
			return err
		}
	}
	return nil
}

// Load refuses what is no configuration.
func (k *Single[T]) Load(r io.Reader) error {
	var done, cursor int64
	var warming bool
	counts, x := make([]count, len(k.counts)), make([]T, len(k.x))
	if err := saved.Get(r, &done, &cursor, &warming, counts, x); err != nil {
		return err
	}
	learnt := make([]float64, len(k.learnt()))
	if err := saved.Get(r, learnt); err != nil {
		return err
	}
	kept := k.kept()
	for i, x := range kept {
		kept[i] = make([]float64, len(x))
		if err := saved.Get(r, kept[i]); err != nil {
			return err
		}
	}
	if err := Place(cursor, int64(len(k.order.runs)*len(k.rules))); err != nil {
		return err
	}
	if err := Admitted(k.model, x); err != nil {
		return err
	}
	for i, to := range k.learnt() {
		*to = learnt[i]
	}
	k.done, k.cursor, k.warming, k.counts, k.x = done, int(cursor), warming, counts, x
	k.sumUp()
	for i, x := range k.kept() {
		copy(x, kept[i])
	}
	return nil
}
