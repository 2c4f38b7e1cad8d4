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

// width is how many chains are evaluated at once at most, widths how many rows programs are made for.
const width = 256

var widths = [...]int{16, 64, width}

// batch is one caller's access to evaluations of up to width rows.
type batch struct {
	target      contract.Target
	evals       [len(widths)]contract.Evaluator // made on first use, like sheet
	kT, z, u, g []float64
	chains      []*chain
	points      []*point
	sheet       *sheet
	prior       contract.Proposer // made on first use, like
	v, s        []float64         // what it is at rows, and its slopes
	keys        []int64
}

// take lends a batch that nobody uses.
func (e *ensemble) take() *batch {
	e.joined.Lock()
	defer e.joined.Unlock()
	if n := len(e.idle); n > 0 {
		b := e.idle[n-1]
		e.idle = e.idle[:n-1]
		return b
	}
	n := e.target.Size()
	return &batch{target: e.target, kT: make([]float64, width), z: make([]float64, width*n), u: make([]float64, width), g: make([]float64, width*n)}
}

func (e *ensemble) give(b *batch) {
	e.joined.Lock()
	e.idle = append(e.idle, b)
	e.joined.Unlock()
}

// Batch is the number of chains that move together; NUTS and chains with a bias do not, and questions to the library's caller are put together elsewhere.
func (e *ensemble) Batch() int {
	if _, ok := e.chains[0].kernel.(asking); !ok || e.Asked() != nil {
		return 0
	}
	return width
}

// Mixes tells whether chains at different temperatures move together.
func (e *ensemble) Mixes() bool {
	eval := e.chains[0].eval
	if eval.ready(context.Background()) != nil {
		return false
	}
	_, ok := eval.target.(contract.Mixed)
	return ok
}

// SweepBatch moves chains from to to-1 as one where they are alike, else one after the other.
func (e *ensemble) SweepBatch(ctx context.Context, from, to int, target int64) error {
	for ; to-from > width; from += width {
		if err := e.SweepBatch(ctx, from, from+width, target); err != nil {
			return err
		}
	}
	chains := e.chains[from:to]
	free, alike, together := true, true, true
	for _, c := range chains {
		_, asks := c.kernel.(asking)
		free = free && c.eval.bias == nil
		alike = alike && c.eval.kT == chains[0].eval.kT
		together = together && asks && c.ticks == chains[0].ticks && c.begun
	}
	if free && (alike || e.Mixes()) {
		b := e.take()
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

// ReducedBatch is Reduced of each of the walkers at one state.
func (e *ensemble) ReducedBatch(walkers []int, dst []float64, at []contract.Params) error {
	for ; len(walkers) > width; walkers, dst, at = walkers[width:], dst[width:], at[width:] {
		if err := e.ReducedBatch(walkers[:width], dst[:width], at[:width]); err != nil {
			return err
		}
	}
	b := e.take()
	defer e.give(b)
	for i := range walkers {
		if err := checkParams(at[i]); err != nil {
			return err
		}
	}
	if err := b.ahead(e, walkers, at); err != nil {
		return err
	}
	mixes := e.Mixes()
	b.chains, b.points = b.chains[:0], b.points[:0]
	for i, w := range walkers {
		if c := e.chains[w]; mixes && at[i].Reference < 1 && (at[i].KT != c.eval.kT || c.stale) {
			b.kT[len(b.chains)] = at[i].KT
			b.chains, b.points = append(b.chains, c), append(b.points, &c.at)
		}
	}
	if len(b.chains) > 0 {
		eval, rows, err := b.rows(len(b.points))
		if err != nil {
			return err
		}
		if err := b.values(context.Background(), eval, rows); err != nil {
			return err
		}
	}
	found, told := 0, 0
	for i, w := range walkers {
		c := e.chains[w]
		if at[i].Reference > 0 {
			if err := b.tell(c.eval, told); err != nil {
				return err
			}
			told++
		}
		err := error(nil)
		if mixes && at[i].Reference < 1 && (at[i].KT != c.eval.kT || c.stale) {
			c.eval.gradients++
			dst[i], err = e.along(c, c.eval.judge(c.at.z, b.u[found]), at[i])
			found++
		} else {
			err = e.Reduced(w, dst[i:i+1], at[i:i+1])
		}
		if c.eval.told = false; err != nil {
			return err
		}
	}
	return nil
}

// ahead finds the prior where walkers stand that are to be weighed by it.
func (b *batch) ahead(e *ensemble, walkers []int, at []contract.Params) error {
	if e.path.prior == nil {
		return nil
	}
	b.chains, b.points = b.chains[:0], b.points[:0]
	for i, w := range walkers {
		if at[i].Reference > 0 {
			b.chains, b.points = append(b.chains, e.chains[w]), append(b.points, &e.chains[w].at)
		}
	}
	if len(b.points) == 0 {
		return nil
	}
	return b.references(context.Background(), widths[b.lay(len(b.points))])
}

// fitting is the number of the narrowest programs that take so many rows.
func fitting(count int) (k int) {
	for widths[k] < count {
		k++
	}
	return k
}

// before is the access to a reference that is a prior of many rows; nil where it is none.
func (b *batch) before(r *path) (contract.Proposer, error) {
	if r.prior == nil || b.prior != nil {
		return b.prior, nil
	}
	p, err := r.prior.Prior()
	if many, ok := p.(contract.Proposer); ok && err == nil {
		b.prior, b.v, b.s = many, make([]float64, width), make([]float64, width*b.target.Size())
	}
	return b.prior, err
}

// references fills v and s with the prior at all rows, where the points' chains look at one.
func (b *batch) references(ctx context.Context, rows int) error {
	e, n := b.chains[0].eval, b.target.Size()
	prior, err := b.before(e.path)
	if prior == nil || err != nil {
		return err
	}
	return prior.Gradients(ctx, b.z[:rows*n], b.v[:rows], b.s[:rows*n])
}

// tell lets an evaluator know what references found at row r, until told is false again.
func (b *batch) tell(e *evaluator, r int) error {
	if b.prior == nil {
		return nil
	}
	n := b.target.Size()
	if err := e.before(n); err != nil {
		return err
	}
	copy(e.slope, b.s[r*n:(r+1)*n])
	e.there, e.told = b.v[r], true
	return nil
}

// rows lays the points out for the narrowest program that takes so many.
func (b *batch) rows(count int) (eval contract.Evaluator, rows int, err error) {
	k := b.lay(count)
	if b.evals[k] == nil {
		b.evals[k], err = b.target.Evaluator(widths[k])
	}
	return b.evals[k], widths[k], err
}

// lay copies the points to rows, of which those that are not needed repeat the first, and gives the number of the programs for so many.
func (b *batch) lay(count int) int {
	k, n := fitting(count), b.target.Size()
	for r := range widths[k] {
		if r < len(b.points) {
			copy(b.z[r*n:(r+1)*n], b.points[r].z)
		} else if r >= count {
			copy(b.z[r*n:(r+1)*n], b.z[:n])
			b.kT[r] = b.kT[0]
		}
	}
	return k
}

// mixed tells whether rows have temperatures of their own.
func (b *batch) mixed(rows int) bool {
	for _, kT := range b.kT[1:rows] {
		if kT != b.kT[0] {
			return true
		}
	}
	return false
}

func (b *batch) values(ctx context.Context, eval contract.Evaluator, rows int) error {
	n := b.target.Size()
	if b.mixed(rows) {
		return eval.(contract.Mixed).ValueAt(ctx, nil, b.kT[:rows], b.z[:rows*n], b.u[:rows])
	}
	return eval.Value(ctx, nil, b.kT[0], b.z[:rows*n], b.u[:rows])
}

func (b *batch) gradients(ctx context.Context, eval contract.Evaluator, rows int, mixed bool) error {
	n := b.target.Size()
	z, u, g := b.z[:rows*n], b.u[:rows], b.g[:rows*n]
	if mixed {
		return eval.(contract.Mixed).GradientAt(ctx, nil, b.kT[:rows], z, u, g)
	}
	return eval.Gradient(ctx, nil, b.kT[0], z, u, g)
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

// evaluate fills the points, of which there are at most width.
func (b *batch) evaluate(ctx context.Context, slope bool) (err error) {
	if len(b.points) == 0 {
		return nil
	}
	n := b.target.Size()
	for r, c := range b.chains {
		b.kT[r] = c.eval.kT
	}
	eval, rows, err := b.rows(len(b.points))
	if err != nil {
		return err
	}
	if slope {
		err = b.gradients(ctx, eval, rows, b.mixed(rows))
	} else {
		err = b.values(ctx, eval, rows)
	}
	if err != nil {
		return err
	}
	apart := false
	for _, c := range b.chains {
		apart = apart || c.eval.share > 0
	}
	if apart {
		if err = b.references(ctx, rows); err != nil {
			return err
		}
	}
	for r, p := range b.points {
		if slope {
			copy(p.g, b.g[r*n:(r+1)*n])
		}
		e := b.chains[r].eval
		if apart {
			if err := b.tell(e, r); err != nil {
				return err
			}
		}
		err := e.settle(ctx, p, b.u[r], slope)
		if e.told = false; err != nil {
			return err
		}
	}
	return nil
}
