package sample

import (
	"context"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Independence proposes draws from a distribution q that was made beforehand, wherever the chain is: a trained flow, of an erg.Proposed target, or the
// prior of an erg.Posterior. A proposal y replaces x with probability (L. Tierney, Ann. Stat. 22, 1701 (1994))
//
//	min(1, p(y) q(x) / (p(x) q(y))).
//
// Draws of the target are independent as long as proposals are accepted; where q is too small by a factor w a chain stays some w proposals at a place, so
// that weights p/q without a bound make chains without a rate. All proposals of a transition are drawn at once.
type Independence struct {
	// Proposals of one draw.
	Steps int `spec:"steps" default:"10" range:"[1,1e6]"`
}

type independence struct {
	n, count int
	from     contract.Proposer
	keys     []int64
	drawn    []float64 // (count, n)
	own      []float64 // -log q of each
	here     []float64 // where the chain was left, and
	at       float64   // -log q there
	known    bool
	slope    []float64
	next     point
}

func newIndependence(m *Independence, n int, _ int64) (kernel, error) {
	if m.Steps*n > 1<<28 {
		return nil, spec.Expected("steps", "at most 2^28 numbers in the proposals of a draw", m.Steps).With("argument", "steps")
	}
	return &independence{n: n, count: m.Steps, keys: make([]int64, m.Steps), drawn: make([]float64, m.Steps*n), own: make([]float64, m.Steps),
		here: make([]float64, n), slope: make([]float64, n), next: newPoint(n)}, nil
}

func (k *independence) begin(context.Context, *chain, *rng.Stream) error          { return nil }
func (k *independence) slopeless()                                                {}
func (k *independence) warm()                                                     {}
func (k *independence) state() []any                                              { return []any{k.here, &k.at, &k.known} }
func (k *independence) adapt(context.Context, *chain, *rng.Stream, float64) error { return nil }

// suits makes the access to q.
func (k *independence) suits(t contract.Target) error {
	if t, ok := t.(contract.HasPrior); ok {
		p, err := t.Prior()
		if err != nil {
			return err
		}
		k.from, _ = p.(contract.Proposer)
	}
	if k.from == nil {
		return spec.Mismatch("Independence", "a target with a distribution to draw from", "a function alone").Try("erg.Proposed(energy, flow), or an erg.Posterior of laws")
	}
	return nil
}

func (k *independence) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	c.note.steps, c.note.accept, c.note.energy, c.note.diverging = 0, 0, c.at.u, false
	if !k.known || !slices.Equal(k.here, c.at.z) { // it begins, or was put elsewhere
		at, err := k.from.Gradient(ctx, c.at.z, k.slope)
		if err != nil {
			return err
		}
		copy(k.here, c.at.z)
		k.at, k.known = at, true
	}
	for i := range k.keys {
		k.keys[i] = int64(s.Uint64())
	}
	if err := k.from.Propose(ctx, k.keys, k.drawn, k.own); err != nil {
		return err
	}
	sum := 0.0
	for i := range k.count {
		copy(k.next.z, k.drawn[i*k.n:(i+1)*k.n])
		if err := c.eval.valueAt(ctx, &k.next); err != nil {
			return err
		}
		accept := 0.0
		if !math.IsInf(k.next.u, 1) && k.own[i]-k.own[i] == 0 {
			change := (c.at.u - k.at) - (k.next.u - k.own[i])
			if change != change || math.IsInf(k.at, 1) { // q is 0 where the chain is
				change = 0
			}
			accept = functions.Exp1(min(change, 0))
		}
		if s.Float64() < accept {
			c.at.set(&k.next)
			copy(k.here, k.next.z)
			k.at = k.own[i]
		}
		c.visit()
		sum += accept
		c.note.steps++
	}
	c.note.accept, c.note.energy = sum/float64(k.count), c.at.u
	return nil
}
