package sample

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Gibbs moves blocks of coordinates in turn, each by a method of its own at what the others are then (S. Geman, D. Geman, IEEE Trans. Pattern Anal.
// Mach. Intell. 6, 721 (1984); L. Tierney, Ann. Stat. 22, 1701 (1994)). Each method adapts to its block as it does alone.
type Gibbs struct {
	// Kernels are the methods, in the order in which they move.
	Kernels []contract.Kernel `spec:"kernels"`
	// Sizes are numbers of coordinates, of one part of the space after the other.
	Sizes []int `spec:"sizes"`
	// Of says for each part which of Kernels moves it.
	Of []int `spec:"of"`

	build []builder
}

// Traced marks a method whose Python class is written by hand.
func (*Gibbs) Traced() {}

// Check finds the kernels.
func (m *Gibbs) Check() error {
	if len(m.Sizes) != len(m.Of) || len(m.Kernels) == 0 {
		return spec.Errorf(spec.SpecError, "Gibbs: expected a kernel for each part of the space")
	}
	moved := make([]bool, len(m.Kernels))
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
			return spec.Errorf(spec.SpecError, "Gibbs: %s moves no block; expected a method of single chains, such as NUTS, Slice, RandomWalk", k.Type).
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

// builder makes a kernel for n coordinates.
type builder = func(n int, warmup int64) (kernel, error)

func decoder[M any](build func(m *M, n int, warmup int64) (kernel, error)) func(json.RawMessage, spec.Inputs) (builder, error) {
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
		return func(n int, warmup int64) (kernel, error) { return build(m, n, warmup) }, nil
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

type gibbs struct {
	blocks []block
	whole  point
	now    []float64 // where the blocks that have moved are
	next   int64     // block; not 0 after an interruption
	sloped bool      // some kernel needs gradients
}

func newGibbs(m *Gibbs, n int, warmup int64) (kernel, error) {
	k := &gibbs{whole: newPoint(n), now: make([]float64, n)}
	at := make([][]int, len(m.Kernels))
	from := 0
	for i, size := range m.Sizes {
		for j := range size {
			at[m.Of[i]] = append(at[m.Of[i]], from+j)
		}
		from += size
	}
	if from != n {
		return nil, spec.Errorf(spec.ShapeError, "Gibbs: expected parts of %d coordinates together, got %d", n, from)
	}
	for b, build := range m.build {
		inner, err := build(len(at[b]), warmup)
		if err != nil {
			return nil, err
		}
		if _, none := inner.(slopeless); !none {
			k.sloped = true
		}
		t := &conditional{at: at[b], whole: &k.whole}
		k.blocks = append(k.blocks, block{&chain{at: newPoint(len(at[b])), eval: &evaluator{target: t, kT: 1}, kernel: inner, warmup: warmup, as: -1}, t})
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
	if k.sloped {
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
