package sample

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
)

// asking is a kernel whose transition is a number of evaluations, each of which it asks for and answers to: those of many chains are made as one
// batch. A row of a batched program has the bits of the row alone, so that chains do not notice.
type asking interface {
	start(c *chain)
	ask(c *chain) *point // nil: no more
	answer(c *chain)
	end(c *chain)
	slope() bool // whether it needs gradients
}

// alone makes a transition without others.
func alone(ctx context.Context, c *chain, k asking) error {
	k.start(c)
	for p := k.ask(c); p != nil; p = k.ask(c) {
		var err error
		if k.slope() {
			err = c.eval.at(ctx, p)
		} else {
			err = c.eval.valueAt(ctx, p)
		}
		if err != nil {
			return err
		}
		k.answer(c)
	}
	k.end(c)
	return nil
}

// width is how many chains are evaluated at once.
const width = 256

// batch is one caller's access to evaluations of width rows.
type batch struct {
	eval    contract.Evaluator
	z, u, g []float64
	chains  []*chain
	points  []*point
	sheet   *sheet // made on first use
}

// take lends a batch that nobody uses.
func (e *ensemble) take() (*batch, error) {
	e.joined.Lock()
	defer e.joined.Unlock()
	if n := len(e.idle); n > 0 {
		b := e.idle[n-1]
		e.idle = e.idle[:n-1]
		return b, nil
	}
	n := e.target.Size()
	eval, err := e.target.Evaluator(width)
	return &batch{eval: eval, z: make([]float64, width*n), u: make([]float64, width), g: make([]float64, width*n)}, err
}

func (e *ensemble) give(b *batch) {
	e.joined.Lock()
	e.idle = append(e.idle, b)
	e.joined.Unlock()
}

// Batch is the number of chains that move together; NUTS and chains with a bias do not.
func (e *ensemble) Batch() int {
	if _, ok := e.chains[0].kernel.(asking); !ok {
		return 0
	}
	return width
}

// SweepBatch moves chains from to to-1 as one where they are alike, else one after the other.
func (e *ensemble) SweepBatch(ctx context.Context, from, to int, target int64) error {
	for ; to-from > width; from += width {
		if err := e.SweepBatch(ctx, from, from+width, target); err != nil {
			return err
		}
	}
	chains := e.chains[from:to]
	alike, together := true, true
	for _, c := range chains {
		_, asks := c.kernel.(asking)
		alike = alike && c.eval.bias == nil && c.eval.kT == chains[0].eval.kT
		together = together && asks && c.ticks == chains[0].ticks && c.begun && !c.warming()
	}
	if alike {
		b, err := e.take()
		if err != nil {
			return err
		}
		defer e.give(b)
		if err := b.fresh(ctx, chains); err != nil || together && chains[0].ticks >= target {
			return err
		}
		for together && chains[0].ticks < target {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := b.tick(ctx, chains); err != nil {
				return err
			}
		}
	}
	for w := from; w < to; w++ {
		if err := e.SweepTo(ctx, w, target, nil); err != nil {
			return err
		}
	}
	return nil
}

// fresh is chain.fresh of many.
func (b *batch) fresh(ctx context.Context, chains []*chain) error {
	b.chains, b.points = b.chains[:0], b.points[:0]
	for _, c := range chains {
		if c.stale {
			b.chains, b.points = append(b.chains, c), append(b.points, &c.at)
		}
	}
	if err := b.evaluate(ctx, true); err != nil {
		return err
	}
	for _, c := range b.chains {
		c.stale = false
	}
	return nil
}

// tick is a transition of all. Those that have asked for all they need drop out.
func (b *batch) tick(ctx context.Context, chains []*chain) error {
	if flat(chains) {
		return b.trajectories(ctx, chains)
	}
	b.chains = append(b.chains[:0], chains...)
	slope := chains[0].kernel.(asking).slope()
	for _, c := range chains {
		c.stream.Reset(c.key, uint64(c.ticks))
		c.kernel.(asking).start(c)
	}
	for {
		b.points = b.points[:0]
		for _, c := range b.chains {
			if p := c.kernel.(asking).ask(c); p != nil {
				b.chains[len(b.points)] = c
				b.points = append(b.points, p)
			}
		}
		if b.chains = b.chains[:len(b.points)]; len(b.chains) == 0 {
			break
		}
		if err := b.evaluate(ctx, slope); err != nil {
			return err
		}
		for _, c := range b.chains {
			c.kernel.(asking).answer(c)
		}
	}
	for _, c := range chains {
		c.kernel.(asking).end(c)
		if err := c.done(ctx); err != nil {
			return err
		}
	}
	return nil
}

// evaluate fills the points, of which there are at most width; rows that are not needed repeat the first.
func (b *batch) evaluate(ctx context.Context, slope bool) (err error) {
	if len(b.points) == 0 {
		return nil
	}
	n := len(b.points[0].z)
	for r := range width {
		p := b.points[0]
		if r < len(b.points) {
			p = b.points[r]
		}
		copy(b.z[r*n:(r+1)*n], p.z)
	}
	kT := b.chains[0].eval.kT
	if slope {
		err = b.eval.Gradient(ctx, nil, kT, b.z, b.u, b.g)
	} else {
		err = b.eval.Value(ctx, nil, kT, b.z, b.u)
	}
	if err != nil {
		return err
	}
	for r, p := range b.points {
		if slope {
			copy(p.g, b.g[r*n:(r+1)*n])
		}
		if err := b.chains[r].eval.settle(ctx, p, b.u[r], slope); err != nil {
			return err
		}
	}
	return nil
}
