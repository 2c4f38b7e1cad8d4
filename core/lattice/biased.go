package lattice

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// biased is a walker of single-site updates with the weight exp(-E/kT + f(x)), x a function of its energy and magnetization. As these belong to the
// whole lattice, its sites are drawn one after the other, at random (in turn, moves that a flat weight always accepts would never mix).
// Sweep t draws block b of 1024 sites from the stream of step t * blocks + b.
type biased struct {
	graphWalker
	bias   *contract.Bias
	of     func(energy, spins float64) float64
	done   int64
	cursor int64 // site of the sweep
	now    biasedState
	stream rng.Stream
}

// biasedState is E and the sum of the spins.
type biasedState struct{ Energy, Spins float64 }

const resummed = 64 // sweeps after which E is summed anew, against rounding

func newBiased(l *local, w contract.Walker, kT float64, b *contract.Bias) (*biased, error) {
	n := float64(l.graph.Sites)
	k := &biased{graphWalker: graphWalker{siteRule: siteRule{local: l, kT: kT}, spins: make([]int8, l.graph.Sites), key: w.Key}, bias: b}
	switch b.Observable {
	case "energy":
		k.of = func(e, _ float64) float64 { return e }
	case contract.Excess:
		KT := w.Params.KT
		k.of = func(e, _ float64) float64 { return e / KT }
	case "magnetization":
		k.of = func(_, m float64) float64 { return m / n }
	case "|magnetization|":
		k.of = func(_, m float64) float64 { return max(m, 0-m) / n }
	default:
		return nil, spec.Expected("observable", "energy, magnetization or |magnetization| for a bias on Ising spins", b.Observable).With("argument", "observable")
	}
	return k, nil
}

func (k *biased) SetKT(kT float64) { k.kT = kT }

func (k *biased) Write(src []int8) {
	k.graphWalker.Write(src)
	k.sum()
}

func (k *biased) sum() { k.now = biasedState{k.local.Energy(k.spins), float64(total(k.spins))} }

func (k *biased) Energy() float64        { return k.now.Energy }
func (k *biased) magnetization() float64 { return k.now.Spins }
func (k *biased) Sweeps() int64          { return k.done }

func (k *biased) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	n := int64(len(k.spins))
	blocks := uint64((n + walkers.BlockSites - 1) / walkers.BlockSites)
	for k.done < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		k.stream.Reset(k.key, uint64(k.done)*blocks+uint64(k.cursor/walkers.BlockSites))
		to := min(k.cursor+walkers.BlockSites, n)
		k.hits += k.visitSome(&k.stream, int(to-k.cursor))
		k.updates += to - k.cursor
		if k.cursor = to; to == n {
			k.cursor = 0
			if k.done++; k.done%resummed == 0 {
				k.sum()
			}
		}
	}
	return nil
}

// visitSome tries count sites.
func (k *biased) visitSome(u *rng.Stream, count int) (changed int64) {
	weight := k.bias.LogWeight(k.of(k.now.Energy, k.now.Spins))
	for range count {
		i := u.Below(len(k.spins))
		s := float64(k.spins[i])
		next := biasedState{k.now.Energy + float64(2*s*k.field(k.spins, i)), k.now.Spins - 2*s}
		w := k.bias.LogWeight(k.of(next.Energy, next.Spins))
		d := (k.now.Energy-next.Energy)/k.kT + w - weight
		p := 1.0
		switch {
		case d != d: // from outside a limit to outside
			p = 0
		case !k.rule.flips():
			p = 1 / (1 + functions.Exp1(-d)) // of the new value given the other spins
		case d < 0:
			p = functions.Exp1(d)
		}
		if u.Less(rng.NewThreshold(p)) == 1 {
			k.spins[i] = -k.spins[i]
			k.now, weight = next, w
			changed++
		}
		if k.bias.Visit != nil {
			k.bias.Visit(k.of(k.now.Energy, k.now.Spins))
			weight = k.bias.LogWeight(k.of(k.now.Energy, k.now.Spins))
		}
	}
	return changed
}

func (k *biased) Save(w io.Writer) error {
	return saved.Put(w, k.done, k.cursor, k.updates, k.hits, k.now, k.spins)
}

func (k *biased) Load(r io.Reader) error {
	var done, cursor, updates, hits int64
	var now biasedState
	spins := make([]int8, len(k.spins))
	if err := saved.Get(r, &done, &cursor, &updates, &hits, &now, spins); err != nil {
		return err
	}
	if err := walkers.Place(cursor, int64(len(k.spins))); err != nil {
		return err
	}
	if err := signs(spins); err != nil {
		return err
	}
	k.done, k.cursor, k.updates, k.hits, k.now, k.spins = done, cursor, updates, hits, now, spins
	return nil
}

// rebiased is a walker of single spins in the place of another: sites are drawn at random from then on, one byte a spin, also when the bias is taken away.
func rebiased(l *local, old kernel, w contract.Walker, kT float64, b *contract.Bias) (kernel, error) {
	was, had := old.(*biased)
	if b == nil && !had {
		return old, nil
	}
	if b == nil {
		b = &contract.Bias{Observable: "energy", LogWeight: func(float64) float64 { return 0 }}
	}
	k, err := newBiased(l, w, kT, b)
	if err != nil {
		return nil, err
	}
	if k.done = old.Sweeps(); had {
		k.spins, k.now, k.cursor, k.hits, k.updates = was.spins, was.now, was.cursor, was.hits, was.updates
	} else {
		spins := make([]int8, l.graph.Sites)
		old.Read(spins)
		k.Write(spins)
	}
	return k, nil
}

// WithBias gives it another bias.
func (k *biased) WithBias(w contract.Walker, kT float64, b *contract.Bias) (kernel, error) {
	return rebiased(k.local, k, w, kT, b)
}

// WithBias leaves the walker and goes on from its configuration.
func (k *single) WithBias(w contract.Walker, kT float64, b *contract.Bias) (kernel, error) {
	return rebiased(k.local, k, w, kT, b)
}

// WithBias unpacks the walker.
func (k *packed) WithBias(w contract.Walker, kT float64, b *contract.Bias) (kernel, error) {
	l, err := k.unpacked()
	if err != nil {
		return nil, err
	}
	return rebiased(l, k, w, kT, b)
}
