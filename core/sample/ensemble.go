package sample

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample/discrete"
	"github.com/ergodica/ergodica/core/sample/manifold"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// kernel moves one chain.
type kernel interface {
	// begin is called once, at the start.
	begin(ctx context.Context, c *chain, s *rng.Stream) error
	// transition moves c.at and fills c.note. Where it fails c.at is as it was.
	transition(ctx context.Context, c *chain, s *rng.Stream) error
	// adapt learns from a transition of the warm-up, warm ends it.
	adapt(ctx context.Context, c *chain, s *rng.Stream, accept float64) error
	warm()
	// state are pointers to numbers and slices that the future depends on, beside the position.
	state() []any
}

// slopeless marks kernels that use values of the density alone.
type slopeless interface{ slopeless() }

// chain is one walker.
type chain struct {
	at     point
	eval   *evaluator
	kernel kernel
	key    rng.Key
	stream rng.Stream
	begun  bool
	random bool // it began at a random place
	warmup int64
	ticks  int64 // finished transitions
	frozen bool
	note   note
	total  totals
	record contract.Recorder
	rows   [][]byte
	as     int64         // transition whose record is held, -1: none
	before *bytes.Buffer // the state before a transition, of a target that the caller evaluates
	stale  bool          // at.u and its gradient are those of another state
	shape  contract.Blocks
	angles []bool // nil where none of the coordinates is one
	sites  discrete.Sites
}

// note is what the latest transition did.
type note struct {
	accept, energy float64
	change         float64 // of the Hamiltonian over a trajectory
	steps, depth   int64
	diverging      bool
}

// totals are sums over transitions after warm-up; of the energies at their beginnings the last, the mean, squares about it and squared jumps.
type totals struct{ Accept, Steps, Divergent, Count, Last, Mean, Squares, Jumps float64 }

func (t *totals) take(n *note) {
	t.Accept += n.accept
	t.Steps += float64(n.steps)
	t.Count++
	if n.diverging {
		t.Divergent++
	}
	if t.Count > 1 {
		t.Jumps += float64((n.energy - t.Last) * (n.energy - t.Last))
	}
	d := n.energy - t.Mean
	t.Mean += d / t.Count
	t.Squares += float64(d * (n.energy - t.Mean))
	t.Last = n.energy
}

func (c *chain) warming() bool { return c.ticks < c.warmup && !c.frozen }

// ensemble are chains of one target.
type ensemble struct {
	target contract.Target
	chains []*chain
	params []contract.Params
	path   *path
	joined sync.Mutex
	idle   []*batch
}

// attempts is how many random starts a chain has.
const attempts = 100

func open(t contract.Target, walkers []contract.Walker, start contract.Start, build func(n int, warmup int64) (kernel, error)) (*ensemble, error) {
	n := t.Size()
	shape := contract.ShapeOf(t)
	e := &ensemble{target: t, path: newPath(n, shape)}
	sites, angles := discrete.Among(shape), shape.Angles()
	chains, evals, rows := make([]chain, len(walkers)), make([]evaluator, len(walkers)), make([]float64, 2*n*len(walkers)) // side by side for large populations
	for w, walker := range walkers {
		if err := checkParams(walker.Params); err != nil {
			return nil, err
		}
		k, err := build(n, walker.Warmup)
		if err != nil {
			return nil, err
		}
		_, none := k.(slopeless)
		if !none && !hasGradient(t) {
			return nil, spec.Errorf(spec.SpecError, "this function has no gradient, and the method needs one").With("argument", "method").
				Try("erg.black_box(function, gradient=...), or a method that needs none, such as erg.RandomWalk()")
		}
		if b, ok := k.(interface{ suits(contract.Target) error }); ok {
			if err := b.suits(t); err != nil {
				return nil, err
			}
		}
		if b, ok := k.(interface{ bend(contract.Curvature) }); ok {
			curved, ok := t.(contract.Curved)
			if !ok {
				return nil, spec.Errorf(spec.SpecError, "the method needs second and third derivatives, which a function in Python does not give").
					With("argument", "method").Try("a function in NumPy that can be traced")
			}
			curve, err := curved.Curvature()
			if err != nil {
				return nil, err
			}
			b.bend(curve)
		}
		c, at := &chains[w], point{z: rows[:n:n], g: rows[n : 2*n : 2*n]}
		rows = rows[2*n:]
		*c = chain{at: at, kernel: k, key: walker.Key, warmup: walker.Warmup, as: -1, shape: shape, angles: angles, sites: sites}
		c.eval = &evals[w]
		*c.eval = evaluator{from: t, kT: walker.Params.KT, path: e.path, share: walker.Params.Reference, flat: none && sites != nil}
		if w == 0 { // what does not compile is said now
			if err := c.eval.ready(context.Background()); err != nil {
				return nil, err
			}
		}
		_, remote := t.(contract.Attended)
		if c.eval.stops = n >= long; remote || c.eval.stops {
			c.before = new(bytes.Buffer)
		}
		if remote {
			if err := c.eval.ready(context.Background()); err != nil { // its place among the rows is that of the chain
				return nil, err
			}
		}
		c.random = start.Kind == "random"
		e.chains, e.params = append(e.chains, c), append(e.params, walker.Params)
	}
	place := func(w int) error {
		if c := e.chains[w]; walkers[w].Params.Reference < 1 {
			return c.place(start, w, len(walkers), n)
		}
		e.chains[w].stale = true // it is drawn from
		return nil
	}
	if a := e.Asked(); a != nil {
		return e, contract.Company(context.Background(), a, len(walkers), func(_ context.Context, w int) error { return place(w) })
	}
	for w := range walkers {
		if err := place(w); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func checkParams(p contract.Params) error {
	switch {
	case !(p.KT > 0) || math.IsInf(p.KT, 0):
		return spec.Expected("kT", "a finite number above 0", p.KT).With("argument", "kT")
	case !(p.Reference >= 0 && p.Reference <= 1):
		return spec.Expected("reference", "a share from 0 to 1", p.Reference)
	case len(p.Extra) > 0:
		return spec.Errorf(spec.SpecError, "a density has no parameters but kT")
	}
	return nil
}

// place puts the chain at its start: given, or uniform in [-2, 2]^n where the density is finite.
func (c *chain) place(start contract.Start, w, walkers, n int) error {
	ctx := context.Background()
	if a := start.Values; a != nil {
		if a.Dtype != array.Float64 || a.Len() != n && a.Len() != n*walkers {
			return spec.Errorf(spec.ShapeError, "start: expected float64 of shape (%d) or (%d, %d), got %s of %d", n, walkers, n, a.Dtype, a.Len()).With("argument", "start")
		}
		at := 0
		if a.Len() > n {
			at = w * n
		}
		copy(c.at.z, array.View[float64](a)[at:at+n])
		if !c.sites.Holds(c.at.z) {
			return spec.Errorf(spec.SpecError, "start: expected values of the space, got others where chain %d begins", w).With("argument", "start")
		}
		if t, ok := c.eval.from.(contract.Confined); ok {
			if err := t.Belongs(c.at.z); err != nil {
				return spec.Of(err).With("argument", "start")
			}
		}
		if err := c.eval.at(ctx, &c.at); err != nil {
			return err
		}
		if c.at.u-c.at.u != 0 {
			return spec.Errorf(spec.NonFiniteError, "start: the density is zero or not finite where chain %d begins", w).With("argument", "start")
		}
		c.eval.outside, c.eval.gradients = 0, 0
		return nil
	}
	s := c.key.Stream(startStep)
	curved := manifold.New(c.shape)
	for range attempts {
		for i := range c.at.z {
			if c.random {
				c.at.z[i] = float64(4*s.Float64()) - 2
			} else {
				c.at.z[i] = 0
			}
		}
		switch {
		case curved != nil && c.random:
			curved.Draw(c.at.z, &s)
			c.sites.Draw(c.at.z, &s)
		case curved != nil:
			curved.Origin(c.at.z)
		}
		if err := c.eval.at(ctx, &c.at); err != nil {
			return err
		}
		if c.at.u-c.at.u == 0 {
			c.eval.outside, c.eval.nonfinite, c.eval.gradients, c.eval.where = 0, 0, 0, nil
			return nil
		}
	}
	where := "unconstrained coordinates in [-2, 2]"
	if c.sites != nil && !c.shape.Mixed() {
		where = "all values equally likely"
	}
	return spec.Errorf(spec.NonFiniteError, "start: the density is zero or not finite at %d random places (%s)", attempts, where).
		With("argument", "start").Try("start=array of finite density")
}

func (e *ensemble) Size() int { return len(e.chains) }

// Asked is the target where the caller evaluates it.
func (e *ensemble) Asked() contract.Attended {
	a, _ := e.target.(contract.Attended)
	return a
}

func (e *ensemble) SweepTo(ctx context.Context, walker int, target int64, _ *par.Team) error {
	c := e.chains[walker]
	for c.ticks < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.tick(ctx); err != nil {
			return err
		}
	}
	return nil
}

// long is the number of dimensions from which a transition is too long to wait for its end.
const long = 1 << 14

// tick is one transition. Where the caller of the library evaluates the target, or dimensions are many, a cancellation ends one in its midst, also while
// a step size is looked for; the chain then is put back, so that it goes on to the bits of one that was not cancelled.
func (c *chain) tick(ctx context.Context) error {
	if c.before == nil {
		return c.step(ctx)
	}
	err := saved.Attempt(c.before, c.saved, func() error { return c.step(ctx) })
	if err != nil {
		c.as = -1
	}
	return err
}

func (c *chain) step(ctx context.Context) error {
	if err := c.fresh(ctx); err != nil {
		return err
	}
	c.stream.Reset(c.key, uint64(c.ticks))
	s := &c.stream
	if !c.begun {
		if err := c.kernel.begin(ctx, c, s); err != nil {
			return err
		}
		c.begun = true
		s.Reset(c.key, uint64(c.ticks))
	}
	if err := c.kernel.transition(ctx, c, s); err != nil {
		return err
	}
	return c.done(ctx)
}

// done counts a transition, and learns from it.
func (c *chain) done(ctx context.Context) error {
	if c.warming() {
		if err := c.kernel.adapt(ctx, c, &c.stream, c.note.accept); err != nil {
			return err
		}
	} else {
		c.total.take(&c.note)
	}
	if c.ticks++; c.ticks == c.warmup { // what warm-up met on its way is not missing from the draws
		c.eval.outside, c.eval.nonfinite = 0, 0
	}
	c.wind()
	return nil
}

// beyond tells whether an angle has left [-pi, pi].
func (c *chain) beyond(z []float64) bool {
	for i, angle := range c.angles {
		if angle && math.Abs(z[i]) > math.Pi {
			return true
		}
	}
	return false
}

// wind brings angles back to [-pi, pi], where they mean the same.
func (c *chain) wind() {
	for i, angle := range c.angles {
		if z := c.at.z[i]; angle && math.Abs(z) > math.Pi {
			c.at.z[i] = z - float64(2*math.Pi*math.Round(z/(2*math.Pi)))
		}
	}
}

// fresh evaluates the position anew where the state, the bias or the position was changed from outside.
func (c *chain) fresh(ctx context.Context) error {
	if !c.stale {
		return nil
	}
	if err := c.eval.at(ctx, &c.at); err != nil {
		return err
	}
	c.stale = false
	return nil
}

// moved says that the chain was put elsewhere.
func (c *chain) moved() { c.stale, c.as = true, -1 }

func (e *ensemble) Warm(walker int) {
	c := e.chains[walker]
	c.kernel.warm()
	c.frozen = true
}

func (e *ensemble) SetParams(walker int, p contract.Params) error {
	if err := checkParams(p); err != nil {
		return err
	}
	c := e.chains[walker]
	if p.KT != e.params[walker].KT || p.Reference != e.params[walker].Reference {
		c.stale = true
	}
	e.params[walker], c.eval.kT, c.eval.share = p, p.KT, p.Reference
	return nil
}

func (e *ensemble) CopyWalker(dst, src int) {
	d, s := e.chains[dst], e.chains[src]
	d.at.set(&s.at)
	d.moved()
	d.stale = s.stale || !e.alike(dst, src)
}

func (e *ensemble) SwapWalkers(a, b int) {
	x, y := e.chains[a], e.chains[b]
	x.at, y.at = y.at, x.at
	stale := x.stale || y.stale || !e.alike(a, b)
	x.moved()
	y.moved()
	x.stale, y.stale = stale, stale
}

// alike tells whether two walkers weigh a position equally.
func (e *ensemble) alike(a, b int) bool {
	x, y := e.chains[a].eval, e.chains[b].eval
	return x.kT == y.kT && x.share == y.share && x.bias == nil && y.bias == nil
}

// Observable: the record program's quantities, and what kernels note.
func (e *ensemble) Observable(name string) (contract.Observable, error) {
	all := e.target.Quantities()
	if k := slices.IndexFunc(all, func(q contract.Quantity) bool { return q.Name == name }); k >= 0 {
		q := all[k]
		dims := q.Dims
		for i := len(dims); i < len(q.Shape); i++ {
			dims = append(dims, fmt.Sprintf("%s_dim_%d", name, i))
		}
		return contract.Observable{Name: name, Dtype: q.Dtype, Shape: q.Shape, Dims: dims, Record: func(w int, row []byte) {
			c := e.chains[w]
			if c.as != c.ticks {
				if c.record == nil {
					c.record = e.recorder()
				}
				if m, ok := c.record.(contract.Meter); ok {
					if err := m.Measure(context.Background(), c.eval.kT, c.at.z, k, row); err != nil {
						panic(err) // the energy ran at this point
					}
					return
				}
				var err error
				if r, ok := c.record.(contract.Rescaler); ok && c.at.kT > 0 {
					c.rows, err = r.RecordAt(context.Background(), c.at.z, c.at.kT, c.at.part)
				} else {
					c.rows, err = c.record.Record(context.Background(), c.at.z)
				}
				if err != nil {
					panic(err) // the energy ran at this point
				}
				c.as = c.ticks
			}
			copy(row, c.rows[k])
		}}, nil
	}
	f, ok := notes[name]
	if !ok {
		var names []string
		for _, q := range all {
			names = append(names, q.Name)
		}
		for n := range notes {
			names = append(names, n)
		}
		slices.Sort(names)
		return contract.Observable{}, spec.Expected("observe", "one of "+strings.Join(names, ", "), fmt.Sprintf("%q", name)).With("argument", "observe")
	}
	return contract.Observable{Name: name, Dtype: array.Float64, Record: func(w int, row []byte) {
		array.Cast[float64](row)[0] = f(e, e.chains[w])
	}}, nil
}

// recorder is one more caller of a program that has run.
func (e *ensemble) recorder() contract.Recorder {
	r, err := e.target.Recorder()
	if err != nil {
		panic(err)
	}
	return r
}

// notes are observables of the kernels, of the latest transition.
var notes = map[string]func(e *ensemble, c *chain) float64{
	"acceptance": func(_ *ensemble, c *chain) float64 { return c.note.accept },
	"steps":      func(_ *ensemble, c *chain) float64 { return float64(c.note.steps) },
	"depth":      func(_ *ensemble, c *chain) float64 { return float64(c.note.depth) },
	"diverging": func(_ *ensemble, c *chain) float64 {
		if c.note.diverging {
			return 1
		}
		return 0
	},
	"hamiltonian": func(_ *ensemble, c *chain) float64 { return c.note.energy },
	"dH":          func(_ *ensemble, c *chain) float64 { return c.note.change },
	"exp(-dH)":    func(_ *ensemble, c *chain) float64 { return functions.Exp1(-c.note.change) },
	"step_size":   func(_ *ensemble, c *chain) float64 { return c.stepSize() },
	"log_density": func(e *ensemble, c *chain) float64 {
		if c.stale && c.at.kT > 0 && c.eval.share == 0 && c.eval.bias == nil && e.Asked() != nil {
			u, err := e.known(c, c.eval.kT)
			if err != nil {
				panic(err) // it ran before
			}
			return -u
		}
		if err := c.fresh(context.Background()); err != nil {
			panic(err) // it ran before
		}
		return -c.at.u
	},
}

func (c *chain) stepSize() float64 {
	if h, ok := c.kernel.(interface{ step() float64 }); ok {
		return h.step()
	}
	return math.NaN()
}

func (h *hamiltonian) step() float64 { return h.steps.Step }

func (e *ensemble) Info() map[string][]float64 {
	all := map[string][]float64{}
	for _, c := range e.chains {
		n := max(c.total.Count, 1)
		add := func(name string, x float64) { all[name] = append(all[name], x) }
		add("acceptance", c.total.Accept/n)
		add("steps", c.total.Steps/n)
		add("divergences", c.total.Divergent)
		add("evaluations", float64(c.eval.gradients))
		add("outside", float64(c.eval.outside))
		add("undefined", float64(c.eval.nonfinite))
		if _, ok := c.kernel.(interface{ step() float64 }); ok {
			add("step_size", c.stepSize())
			add("bfmi", c.total.Jumps/c.total.Squares)
		}
	}
	return all
}

func (e *ensemble) Layout() (array.Dtype, []int) {
	return array.Float64, contract.ArrangementOf(e.target)
}

func (e *ensemble) Configuration(walker int, dst []byte) {
	copy(dst, array.Bytes(e.chains[walker].at.z))
}

func (e *ensemble) Work() (float64, string) { return 1, "draws" }

func (e *ensemble) Save(w io.Writer) error {
	if err := saved.Put(w, int64(len(e.chains)), int64(e.target.Size())); err != nil {
		return err
	}
	for i, c := range e.chains {
		if err := saved.Put(w, e.params[i].KT, e.params[i].Reference); err != nil {
			return err
		}
		if err := saved.Put(w, c.saved()...); err != nil {
			return err
		}
	}
	return nil
}

func (e *ensemble) Load(r io.Reader) error {
	var chains, n int64
	if err := saved.Get(r, &chains, &n); err != nil {
		return err
	}
	if chains != int64(len(e.chains)) || n != int64(e.target.Size()) {
		return spec.Errorf(spec.CheckpointError, "expected %d chains in %d dimensions, the saved state has %d in %d", len(e.chains), e.target.Size(), chains, n)
	}
	for i, c := range e.chains {
		var p contract.Params
		if err := saved.Get(r, &p.KT, &p.Reference); err != nil {
			return err
		}
		if err := e.SetParams(i, p); err != nil {
			return spec.Errorf(spec.CheckpointError, "expected a state of a walker, the saved one is %v", p)
		}
		if err := saved.Get(r, c.saved()...); err != nil {
			return err
		}
		c.as = -1
	}
	return nil
}

// saved are pointers to everything that a chain's future depends on.
func (c *chain) saved() []any {
	return append([]any{c.at.z, c.at.g, &c.at.u, &c.at.part, &c.at.kT, &c.at.x, &c.stale, &c.begun, &c.ticks, &c.frozen, &c.total, &c.note.accept, &c.note.energy, &c.note.change, &c.note.steps, &c.note.depth, &c.note.diverging, &c.eval.gradients, &c.eval.outside, &c.eval.nonfinite}, c.kernel.state()...)
}
