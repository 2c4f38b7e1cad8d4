package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample/discrete"
	"github.com/ergodica/ergodica/core/sample/manifold"
	"github.com/ergodica/ergodica/core/spec"
)

// Gibbs moves blocks of coordinates in turn, each by a method of its own at what the others are then (S. Geman, D. Geman, IEEE Trans. Pattern Anal.
// Mach. Intell. 6, 721 (1984); L. Tierney, Ann. Stat. 22, 1701 (1994)). Each method adapts to its block as it does alone. Blocks may be of real numbers,
// of integers, and of surfaces, each with a method that follows it.
type Gibbs struct {
	// Kernels are the methods, in the order in which they move.
	Kernels []contract.Kernel `spec:"kernels"`
	// Sizes are numbers of coordinates, of one part of the space after the other.
	Sizes []int `spec:"sizes"`
	// Of says for each part which of Kernels moves it.
	Of []int `spec:"of"`

	build []builder
}

// Composed: each kernel follows its blocks.
func (*Gibbs) Composed() {}

// gibbsEntry is the line of Gibbs, whose kernels see the shapes of their blocks.
func gibbsEntry(cite ...string) line {
	e := entry[Gibbs]("Gibbs", nil, cite...)
	e.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		t := system.(contract.Target)
		made, err := open(t, walkers, start, func(n int, warmup int64) (kernel, error) {
			return newGibbs(method.(*Gibbs), contract.ShapeOf(t), n, warmup)
		})
		if err != nil {
			return nil, err
		}
		return made, nil
	}
	return e
}

// Traced marks a method whose Python class is written by hand.
func (*Gibbs) Traced() {}

// Check finds the kernels.
func (m *Gibbs) Check() error {
	if len(m.Sizes) != len(m.Of) || len(m.Kernels) == 0 {
		return spec.Errorf(spec.SpecError, "Gibbs: expected a kernel for each part of the space")
	}
	moved := make([]bool, len(m.Kernels))
	m.build = nil
	for i, k := range m.Of {
		if k < 0 || k >= len(m.Kernels) || m.Sizes[i] < 0 {
			return spec.Expected("Gibbs.of", fmt.Sprintf("numbers of kernels from 0 to %d", len(m.Kernels)-1), k)
		}
		moved[k] = moved[k] || m.Sizes[i] > 0
	}
	for i, k := range m.Kernels {
		if !moved[i] {
			return spec.Errorf(spec.SpecError, "Gibbs: kernel %d (%s) moves no coordinate", i, k.Type).With("argument", "blocks")
		}
		decode, ok := decoders()[k.Type]
		if !ok {
			return spec.Errorf(spec.SpecError, "Gibbs: %s moves no block; expected a method of single chains, such as NUTS, Slice, DiscreteGibbs", k.Type).
				With("argument", "blocks")
		}
		b, err := decode(k.Raw, k.In)
		if err != nil {
			return err
		}
		m.build = append(m.build, b)
	}
	return nil
}

// builder makes a kernel for n coordinates of a shape.
type builder = func(shape contract.Blocks, n int, warmup int64) (kernel, error)

type decode = func(json.RawMessage, spec.Inputs) (builder, error)

// plain is for methods that follow no geometry.
func plain[M any](build func(m *M, n int, warmup int64) (kernel, error)) func(m *M, shape contract.Blocks, n int, warmup int64) (kernel, error) {
	return func(m *M, shape contract.Blocks, n int, warmup int64) (kernel, error) {
		if kinds := shape.Curved(); kinds != nil {
			return nil, misplaced(m, kinds[0])
		}
		return build(m, n, warmup)
	}
}

// along is for methods that follow surfaces.
func along[M any](build func(m *M, n int, warmup int64) (kernel, error)) func(m *M, shape contract.Blocks, n int, warmup int64) (kernel, error) {
	return func(m *M, shape contract.Blocks, n int, warmup int64) (kernel, error) {
		if discrete.Among(shape) != nil {
			return nil, misplaced(m, "integers")
		}
		k, err := build(m, n, warmup)
		if err == nil {
			k.(geodesic).follow(manifold.New(shape))
		}
		return k, err
	}
}

// onSites is for methods of integers.
func onSites[M any](build func(m *M, s discrete.Sites) (kernel, error)) func(m *M, shape contract.Blocks, n int, warmup int64) (kernel, error) {
	return func(m *M, shape contract.Blocks, _ int, _ int64) (kernel, error) {
		if s := discrete.New(shape); s != nil {
			return build(m, s)
		}
		return nil, misplaced(m, "real numbers")
	}
}

func misplaced(m any, kind string) error {
	try := map[string]string{"integers": "erg.DiscreteGibbs() for them", "real numbers": "erg.NUTS() for them"}[kind]
	if try == "" {
		try = "erg.GeodesicNUTS() for it"
	}
	return spec.Errorf(spec.SpecError, "Gibbs: %s does not follow the geometry of a block's space %s", reflect.TypeOf(m).Elem().Name(), kind).With("argument", "blocks").Try(try)
}

func decoder[M any](build func(m *M, shape contract.Blocks, n int, warmup int64) (kernel, error)) decode {
	return func(raw json.RawMessage, in spec.Inputs) (builder, error) {
		m := new(M)
		if err := spec.Decode(raw, m, in); err != nil {
			return nil, err
		}
		if c, ok := any(m).(interface{ Check() error }); ok {
			if err := c.Check(); err != nil {
				return nil, err
			}
		}
		return func(shape contract.Blocks, n int, warmup int64) (kernel, error) { return build(m, shape, n, warmup) }, nil
	}
}

// block is what a kernel of Gibbs sees: a chain in its own coordinates, of which the density is that of the whole.
type block struct {
	*chain
	of *conditional
}

// conditional evaluates the whole at a block's coordinates.
type conditional struct {
	at    []int      // the block's coordinates
	eval  *evaluator // of the whole chain
	whole *point
	p     point
}

func (t *conditional) Size() int                            { return len(t.at) }
func (t *conditional) Quantities() []contract.Quantity      { return nil }
func (t *conditional) Recorder() (contract.Recorder, error) { return nil, nil }
func (t *conditional) Evaluator(rows int) (contract.Evaluator, error) {
	eval, err := t.eval.from.Evaluator(rows)
	n := len(t.whole.z)
	return &conditionals{conditional: t, eval: eval, z: make([]float64, rows*n)}, err
}

func (t *conditional) place(z []float64) {
	for i, k := range t.at {
		t.whole.z[k] = z[i]
	}
}

func (t *conditional) Gradient(ctx context.Context, _ *par.Team, _ float64, z, u, g []float64) error {
	t.place(z)
	if err := t.eval.at(ctx, t.whole); err != nil {
		return err
	}
	for i, k := range t.at {
		g[i] = t.whole.g[k]
	}
	u[0] = t.whole.u
	return nil
}

func (t *conditional) Value(ctx context.Context, _ *par.Team, _ float64, z, u []float64) error {
	t.place(z)
	err := t.eval.valueAt(ctx, t.whole)
	u[0] = t.whole.u
	return err
}

// conditionals evaluates the whole at many places of a block.
type conditionals struct {
	*conditional
	eval contract.Evaluator
	z    []float64
}

func (t *conditionals) Value(ctx context.Context, team *par.Team, _ float64, z, u []float64) error {
	n, own := len(t.whole.z), len(t.at)
	for r := range u {
		row := t.z[r*n : (r+1)*n]
		copy(row, t.whole.z)
		for i, k := range t.at {
			row[k] = z[r*own+i]
		}
	}
	whole := t.conditional.eval
	if err := t.eval.Value(ctx, team, whole.kT, t.z, u); err != nil {
		return err
	}
	for r := range u {
		t.p.z = t.z[r*n : (r+1)*n]
		if err := whole.settle(ctx, &t.p, u[r], false); err != nil {
			return err
		}
		u[r] = t.p.u
	}
	return nil
}

type gibbs struct {
	blocks []block
	flat   bool // nothing follows a geometry
	whole  point
	now    []float64 // where the blocks that have moved are
	next   int64     // block; not 0 after an interruption
	sloped bool      // some kernel needs gradients
}

func newGibbs(m *Gibbs, shape contract.Blocks, n int, warmup int64) (kernel, error) {
	k := &gibbs{whole: newPoint(n), now: make([]float64, n), flat: shape.Curved() == nil}
	at, shapes := make([][]int, len(m.Kernels)), make([]contract.Blocks, len(m.Kernels))
	from := 0
	for i, size := range m.Sizes {
		for j := range size {
			at[m.Of[i]] = append(at[m.Of[i]], from+j)
		}
		if len(shape) > 0 && (len(shape) != len(m.Sizes) || shape[i].Size() != size) {
			return nil, spec.Errorf(spec.ShapeError, "Gibbs: expected sizes of the %d parts of the space", len(shape))
		}
		if len(shape) > 0 {
			shapes[m.Of[i]] = append(shapes[m.Of[i]], shape[i])
		}
		from += size
	}
	if from != n {
		return nil, spec.Errorf(spec.ShapeError, "Gibbs: expected parts of %d coordinates together, got %d", n, from)
	}
	for b, build := range m.build {
		inner, err := build(shapes[b], len(at[b]), warmup)
		if err != nil {
			return nil, err
		}
		_, none := inner.(slopeless)
		k.sloped = k.sloped || !none
		t := &conditional{at: at[b], whole: &k.whole}
		k.blocks = append(k.blocks, block{&chain{at: newPoint(len(at[b])), eval: &evaluator{from: t, target: t, kT: 1, flat: none}, kernel: inner, warmup: warmup, as: -1,
			shape: shapes[b], angles: shapes[b].Angles(), sites: discrete.Among(shapes[b])}, t})
	}
	if !k.sloped {
		return slopelessGibbs{k}, nil
	}
	return k, nil
}

// slopelessGibbs has kernels that use values alone.
type slopelessGibbs struct{ *gibbs }

func (slopelessGibbs) slopeless() {}

func (k *gibbs) begin(ctx context.Context, c *chain, _ *rng.Stream) error {
	if sites := discrete.Among(c.shape); sites != nil {
		c.eval.whole = make([]bool, len(sites))
		for i, values := range sites {
			c.eval.whole[i] = values > 0
		}
	}
	if k.sloped && k.flat {
		return c.descend(ctx)
	}
	return nil
}

func (k *gibbs) transition(ctx context.Context, c *chain, _ *rng.Stream) error {
	if k.next == 0 {
		copy(k.now, c.at.z)
		c.note = note{energy: c.at.u}
	}
	for ; k.next < int64(len(k.blocks)); k.next++ {
		b := k.blocks[k.next]
		b.key = c.key.Fold(uint64(k.next) + 1)
		b.of.eval = c.eval
		b.random = c.random && !k.flat && b.shape.Curved() == nil && c.eval.share == 0 && c.eval.bias == nil // it goes down by itself
		copy(k.whole.z, k.now)
		for i, j := range b.of.at {
			b.at.z[i] = k.now[j]
		}
		b.moved() // the others have, so that its density is another
		if err := b.tick(ctx); err != nil {
			return err
		}
		for i, j := range b.of.at {
			k.now[j] = b.at.z[i]
		}
		c.note.accept += b.note.accept / float64(len(k.blocks))
		c.note.steps += b.note.steps
		c.note.depth = max(c.note.depth, b.note.depth)
		c.note.diverging = c.note.diverging || b.note.diverging
	}
	copy(k.whole.z, k.now)
	evaluate := c.eval.at
	if !k.sloped {
		evaluate = c.eval.valueAt
	}
	if err := evaluate(ctx, &k.whole); err != nil {
		return err
	}
	k.next = 0
	c.at.set(&k.whole)
	c.visit()
	return nil
}

// adapt: the blocks have.
func (k *gibbs) adapt(context.Context, *chain, *rng.Stream, float64) error { return nil }

func (k *gibbs) warm() {
	for _, b := range k.blocks {
		b.kernel.warm()
		b.frozen = true
	}
}

func (k *gibbs) state() []any {
	all := []any{&k.next, k.now}
	for _, b := range k.blocks {
		all = append(all, b.saved()...)
	}
	return all
}
