package walkers

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// Proposer is a rule that can propose another value of a site, as likely from there as back.
type Proposer[T Value] interface {
	// Width is the number of values of a site, which lie side by side.
	Width() int
	Propose(dst, x []T, site int, u *rng.Stream) (dE float64)
}

// Follows is a proposer that keeps sums over the configuration: it is told of what was accepted, before the site changes.
type Follows[T Value] interface {
	Moved(x []T, site int, old []T)
}

// Weighted is a walker with the weight exp(-E/kT + f(E)), by proposals for single sites. As the energy belongs to the whole lattice, its sites are drawn
// one after the other, at random. Sweep t draws block b of 1024 sites from the stream of step t * blocks + b.
type Weighted[T Value] struct {
	*Single[T]
	rule   Proposer[T]
	bias   *contract.Bias
	scale  float64 // what the bias is of: E over this
	kT     float64
	at     int64 // site of the sweep
	total  float64
	stream rng.Stream
	next   []T
}

const resummed = 64 // sweeps after which E is summed anew, against rounding

// WithBias puts a walker of single sites under a bias on energy; from then on its sites are drawn at random, also when the bias is taken away.
func (k *Single[T]) WithBias(w contract.Walker, kT float64, b *contract.Bias) (Kernel[T], error) {
	if b == nil {
		return k, nil
	}
	rule, ok := k.rules[0].(Proposer[T])
	if !ok {
		return nil, spec.Mismatch("a bias on an observable", "a method that proposes values of single sites", "another").Try("kernel=erg.Metropolis()")
	}
	made := &Weighted[T]{Single: k, rule: rule, next: make([]T, rule.Width())}
	if err := made.set(w, kT, b); err != nil {
		return nil, err
	}
	made.sum()
	return made, nil
}

// WithBias gives it another one.
func (k *Weighted[T]) WithBias(w contract.Walker, kT float64, b *contract.Bias) (Kernel[T], error) {
	if b == nil {
		b = &contract.Bias{Observable: "energy", LogWeight: func(float64) float64 { return 0 }}
	}
	return k, k.set(w, kT, b)
}

func (k *Weighted[T]) set(w contract.Walker, kT float64, b *contract.Bias) error {
	switch b.Observable {
	case "energy":
		k.scale = 1
	case contract.Excess:
		k.scale = w.Params.KT
	default:
		return spec.Expected("observable", "energy for a bias on "+k.model.Name(), b.Observable).With("argument", "observable")
	}
	k.bias, k.kT = b, kT
	return nil
}

// SetKT changes the weight of the energy.
func (k *Weighted[T]) SetKT(kT float64) {
	k.kT = kT
	k.Single.SetKT(kT)
}

func (k *Weighted[T]) sum() { k.total = k.energy(k.x) }

// Write sums the energy anew.
func (k *Weighted[T]) Write(src []T) {
	k.Single.Write(src)
	k.sum()
}

// Energy is followed from move to move.
func (k *Weighted[T]) Energy() float64 { return k.total }

// CopyFrom leaves it to Read and Write, as does SwapWith.
func (k *Weighted[T]) CopyFrom(Kernel[T]) bool { return false }

// SwapWith leaves it to Read and Write.
func (k *Weighted[T]) SwapWith(Kernel[T]) bool { return false }

// SweepTo goes block by block.
func (k *Weighted[T]) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	n := int64(k.order.n)
	blocks := uint64((n + BlockSites - 1) / BlockSites)
	for k.done < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		k.stream.Reset(k.key, uint64(k.done)*blocks+uint64(k.at/BlockSites))
		to := min(k.at+BlockSites, n)
		k.counts[0].Changed += k.VisitSome(&k.stream, int(to-k.at))
		k.counts[0].Updates += to - k.at
		if k.at = to; to == n {
			k.at = 0
			if k.done++; k.done%resummed == 0 {
				k.sumUp()
				k.sum()
			}
		}
	}
	return nil
}

// VisitSome tries count sites.
func (k *Weighted[T]) VisitSome(u *rng.Stream, count int) (changed int64) {
	weight, width := k.bias.LogWeight(k.total/k.scale), k.rule.Width()
	moved, follows := k.rule.(Follows[T])
	for range count {
		i := u.Below(k.order.n)
		dE := k.rule.Propose(k.next, k.x, i, u)
		w := k.bias.LogWeight((k.total + dE) / k.scale)
		if d := w - weight - dE/k.kT; d == d && (d >= 0 || u.Less(rng.NewThreshold(functions.Exp1(d))) == 1) { // NaN: from outside a limit to outside
			if follows {
				moved.Moved(k.x, i, k.x[i*width:(i+1)*width])
			}
			copy(k.x[i*width:], k.next)
			k.total, weight = k.total+dE, w
			changed++
		}
		if k.bias.Visit != nil {
			k.bias.Visit(k.total / k.scale)
			weight = k.bias.LogWeight(k.total / k.scale)
		}
	}
	return changed
}

// Save writes where the sweep stands and the energy, which has rounding of its own.
func (k *Weighted[T]) Save(w io.Writer) error {
	if err := saved.Put(w, k.at, k.total); err != nil {
		return err
	}
	return k.Single.Save(w)
}

// Load reads what Save wrote.
func (k *Weighted[T]) Load(r io.Reader) error {
	var at int64
	var total float64
	if err := saved.Get(r, &at, &total); err != nil {
		return err
	}
	if err := Place(at, int64(k.order.n)); err != nil {
		return err
	}
	if err := k.Single.Load(r); err != nil {
		return err
	}
	k.at, k.total = at, total
	return nil
}
