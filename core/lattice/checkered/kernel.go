package checkered

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// Planes are what a rule works on: those of both colours, component after component, each Size long.
type Planes[T walkers.Value] [2][]T

// Rule updates the sites of one colour given those of the other. It belongs to one walker, and holds what depends on kT.
type Rule[T walkers.Value] interface {
	SetKT(kT float64)
	// Name is what the share of updates that changed a site is called; none is not reported.
	Name() string
	// Seat makes room for so many workers.
	Seat(workers int)
	// Update updates the sites of a page, the words from to to-1 of a colour, by the random numbers of (key, step) that belong to the page, and returns how many
	// changed. Workers call it at the same time for different pages.
	Update(p *Planes[T], colour, page, from, to, worker int, key rng.Key, step uint64) (changed int)
}

// System is what walkers share.
type System[T walkers.Value] struct {
	*Layout
	Model walkers.Model[T]
	Width int // components of a site
	Words int // of places in a page
	// Energy makes what finds the energy of a walker's planes, whose margins are right.
	Energy func() func(p *Planes[T]) float64
	Coded  func(x []T)                        // values of a configuration as planes have them, which have 0 where a neighbour is missing; nil where they are the model's
	Plain  func(x []T)                        // the way back
	Single func() (walkers.Builder[T], error) // walkers of single sites, for those with a bias
}

const (
	stripWords = 4096 // after so many words of places, fewer where they have many components, a sweep may be interrupted
	teamWords  = 128  // below, one worker does it all
)

// Kernel is a walker of rules that update a colour at once: a sweep goes through the rules, each of which updates colour 0 and then colour 1. Rule r draws for
// colour c in sweep t from step 2 (t * rules + r) + c.
type Kernel[T walkers.Value] struct {
	*System[T]
	p      Planes[T]
	rules  []Rule[T]
	energy func(p *Planes[T]) float64
	key    rng.Key
	done   int64 // sweeps
	cursor int64 // the next strip of the sweep, over rules and colours
	counts []count

	room   []T
	sum    float64 // the energy, where summed says that nothing has moved since
	summed bool

	rule, colour, from, to int // the pages that workers are at
	step                   uint64
	members                []member
	team                   *par.Team
	phase                  func(worker int)
}

type count struct{ Updates, Changed int64 }

type member struct {
	changed int64
	_       [56]byte
}

// New makes a walker.
func New[T walkers.Value](s *System[T], w contract.Walker, rules ...Rule[T]) *Kernel[T] {
	k := &Kernel[T]{System: s, rules: rules, energy: s.Energy(), key: w.Key, counts: make([]count, len(rules))}
	for c := range k.p {
		k.p[c] = make([]T, s.Width*s.Size)
	}
	k.phase = k.work
	k.seat(1)
	k.SetKT(w.Params.KT)
	return k
}

func (k *Kernel[T]) seat(n int) {
	if len(k.members) < n {
		k.members = make([]member, n)
		for _, r := range k.rules {
			r.Seat(n)
		}
	}
}

// Pages is how many a plane has; they count from the first word that has sites.
func (s *System[T]) Pages() int { return (s.Within[1] - s.Within[0] + s.Words - 1) / s.Words }

// Page is the words of page g.
func (s *System[T]) Page(g int) (from, to int) {
	from = s.Within[0] + g*s.Words
	return from, min(from+s.Words, s.Within[1])
}

// strips are what a colour is done in, each of so many pages.
func (s *System[T]) strips() (count int64, pages int) {
	pages = max(stripWords/(s.Words*max(s.Width/4, 1)), 1)
	return int64((s.Pages() + pages - 1) / pages), pages
}

// SweepTo goes from strip to strip.
func (k *Kernel[T]) SweepTo(ctx context.Context, target int64, team *par.Team) error {
	return walkers.StepTo(ctx, &k.done, target, team, k.advance)
}

// advance finishes one strip.
func (k *Kernel[T]) advance(team *par.Team) error {
	k.summed = false
	strips, pages := k.strips()
	part, strip := k.cursor/strips, int(k.cursor%strips)
	k.rule, k.colour = int(part/2), int(part%2)
	k.from, k.to = strip*pages, min((strip+1)*pages, k.Pages())
	k.step = 2*uint64(k.done)*uint64(len(k.rules)) + uint64(part)
	if (k.to-k.from)*k.Words < teamWords {
		team = nil
	}
	k.seat(team.Size())
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
	if int64(strip) == strips-1 {
		k.wrap(k.colour)
		c.Updates += int64(k.Count(k.colour))
	}
	if k.cursor++; k.cursor == 2*strips*int64(len(k.rules)) {
		k.cursor = 0
		k.done++
	}
	return nil
}

func (k *Kernel[T]) wrap(c int) {
	for n := range k.Width {
		Wrap(k.Layout, k.p[c][n*k.Size:(n+1)*k.Size], c)
	}
}

// work is a worker's share of a strip.
func (k *Kernel[T]) work(worker int) {
	n, size := k.to-k.from, k.team.Size()
	r := k.rules[k.rule]
	for g := k.from + n*worker/size; g < k.from+n*(worker+1)/size; g++ {
		from, to := k.Page(g)
		k.members[worker].changed += int64(r.Update(&k.p, k.colour, g, from, to, worker, k.key, k.step))
	}
}

// Sweeps is the number of finished ones.
func (k *Kernel[T]) Sweeps() int64 { return k.done }

// SetKT tells the rules.
func (k *Kernel[T]) SetKT(kT float64) {
	for _, r := range k.rules {
		r.SetKT(kT)
	}
}

// Warm starts the counts again.
func (k *Kernel[T]) Warm() { clear(k.counts) }

// Info is the share of updates that changed a site, by the rules' names.
func (k *Kernel[T]) Info() map[string]float64 {
	all := map[string]float64{}
	for i, r := range k.rules {
		if name := r.Name(); name != "" {
			all[name] = float64(k.counts[i].Changed) / float64(max(k.counts[i].Updates, 1))
		}
	}
	return all
}

// Energy is that of the planes.
func (k *Kernel[T]) Energy() float64 {
	if !k.summed {
		k.sum, k.summed = k.energy(&k.p), true
	}
	return k.sum
}

// Planes are where the configuration is, to be read only.
func (k *Kernel[T]) Planes() *Planes[T] { return &k.p }

// Rules are what the walker goes through.
func (k *Kernel[T]) Rules() []Rule[T] { return k.rules }

// Read writes the configuration in C order.
func (k *Kernel[T]) Read(dst []T) {
	for n := range k.Width {
		Gather(k.Layout, dst[n:], k.Width, k.p.component(n, k.Size))
	}
	if k.Plain != nil {
		k.Plain(dst)
	}
}

func (p *Planes[T]) component(n, size int) *[2][]T {
	return &[2][]T{p[0][n*size : (n+1)*size], p[1][n*size : (n+1)*size]}
}

func (k *Kernel[T]) spare() []T {
	if k.room == nil {
		k.room = make([]T, k.Model.Sites()*k.Width)
	}
	return k.room
}

// Write replaces the configuration.
func (k *Kernel[T]) Write(src []T) {
	k.summed = false
	if k.Coded != nil {
		copy(k.spare(), src)
		k.Coded(k.room)
		src = k.room
	}
	for n := range k.Width {
		Scatter(k.Layout, k.p.component(n, k.Size), src[n:], k.Width)
	}
	k.wrap(0)
	k.wrap(1)
}

// CopyFrom copies planes.
func (k *Kernel[T]) CopyFrom(other walkers.Kernel[T]) bool {
	o, same := other.(*Kernel[T])
	if same {
		for c := range k.p {
			copy(k.p[c], o.p[c])
		}
		k.sum, k.summed = o.sum, o.summed
	}
	return same
}

// SwapWith exchanges planes.
func (k *Kernel[T]) SwapWith(other walkers.Kernel[T]) bool {
	o, same := other.(*Kernel[T])
	if same {
		k.p, o.p = o.p, k.p
		k.sum, o.sum, k.summed, o.summed = o.sum, k.sum, o.summed, k.summed
	}
	return same
}

// WithBias goes on from the configuration as a walker of single sites.
func (k *Kernel[T]) WithBias(w contract.Walker, kT float64, b *contract.Bias) (walkers.Kernel[T], error) {
	if b == nil {
		return k, nil
	}
	build, err := k.Single()
	if err != nil {
		return nil, err
	}
	plain := w
	plain.Params = contract.Params{KT: kT}
	made, err := build(plain)
	if err != nil {
		return nil, err
	}
	one := made.(*walkers.Single[T])
	x := make([]T, k.Model.Sites()*k.Width)
	k.Read(x)
	one.Write(x)
	one.GoOn(k.done)
	return one.WithBias(w, kT, b)
}

// Save writes counters and configuration.
func (k *Kernel[T]) Save(w io.Writer) error {
	x := make([]T, k.Model.Sites()*k.Width)
	k.Read(x)
	return saved.Put(w, k.done, k.cursor, k.counts, x)
}

// Load refuses what is no configuration.
func (k *Kernel[T]) Load(r io.Reader) error {
	var done, cursor int64
	counts, x := make([]count, len(k.counts)), make([]T, k.Model.Sites()*k.Width)
	if err := saved.Get(r, &done, &cursor, counts, x); err != nil {
		return err
	}
	strips, _ := k.strips()
	if err := walkers.Place(cursor, 2*strips*int64(len(k.rules))); err != nil {
		return err
	}
	if err := walkers.Admitted(k.Model, x); err != nil {
		return err
	}
	k.done, k.cursor, k.counts = done, cursor, counts
	k.Write(x)
	return nil
}
