package kinetics

import (
	"io"

	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// body is a walker's configuration with what its changes cost.
type body[T walkers.Value] struct {
	*Spins[T]
	Costs[T]
	x []T
}

func newBody[T walkers.Value](m *Spins[T]) body[T] {
	return body[T]{m, m.Costs(), make([]T, m.sites())}
}

// View is the configuration itself.
func (b *body[T]) View() []T { return b.x }

// Read copies it.
func (b *body[T]) Read(dst []T) { copy(dst, b.x) }

func (b *body[T]) write(src []T) {
	copy(b.x, src)
	b.Sum(b.x)
}

// Energy is summed anew.
func (b *body[T]) Energy() float64 { return b.energy(b.x) }

// Warm has nothing to do: nothing adapts.
func (b *body[T]) Warm() {}

func (b *body[T]) save(w io.Writer) error { return saved.Put(w, b.x, b.kept()) }

// kept are the account's numbers, if it has any.
func (b *body[T]) kept() []float64 {
	if k, ok := b.Costs.(Keeper); ok {
		return k.Kept()
	}
	return nil
}

// load refuses what is no configuration.
func (b *body[T]) load(r io.Reader) error {
	x, kept := make([]T, len(b.x)), make([]float64, len(b.kept()))
	if err := saved.Get(r, x, kept); err != nil {
		return err
	}
	if err := walkers.Admitted(b.Model, x); err != nil {
		return err
	}
	b.write(x)
	copy(b.kept(), kept)
	return nil
}
