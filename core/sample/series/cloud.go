package series

import (
	"context"
	"math"
	"slices"
	"sync/atomic"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// generation is a cloud at one time. Weights w are relative to the largest of their block; the particles' means of exp(log w - shift) is 1.
type generation struct {
	x, logw, w []float64
	parts      []part
	shift      float64
	total      float64 // sum of weights relative to the largest
	most       float64 // log of the largest
	ess        float64
}

// part sums up a block: the largest log weight m, sums of w = exp(log w - m) and w^2, means and summed squares about them.
type part struct{ M, S, Q [1]float64 }

// cloud is n weighted particles of one chain.
type cloud struct {
	*plan
	key          rng.Key
	theta        []float64
	time         int64 // times that are done
	now, next    generation
	parents      []float64 // of the next generation, where it was resampled
	start        []float64 // log weights after resampling
	ancestors    []int32
	drawn        bool // parents hold this step's
	points       []float64
	means, sums  []float64 // of blocks, (blocks, f)
	mean, spread []float64 // of the cloud now
	logZ         float64   // log p(y_0..t)
	step         float64   // of the last time
	resampled    int64
	past         *history // nil: nothing is kept
	path         []float64
	scratch      []*worker
	stream       rng.Stream
	task         task

	moveBlock, lookBlock, childrenOf func(worker, block int) error

	pair         []*pairing // one a worker, where parents are drawn backwards
	backDraws    int
	tau, tauNext []float64 // of the particles, (n, k)
	carried      int64     // times whose terms tau holds
	held         []float64 // room for a path
	firstZ       float64   // log evidence of the pass that holds no path
	zeros        []float64
	seen         generation // as it looks ahead, with log eta
	eta          []float64
	edges        []float64
	ancestor     func(ctx context.Context) (int, error) // of particle 0 on its path; nil: particle 0
}

// history are all generations, for smoothing.
type history struct {
	x, logw   [][]float64
	ancestors [][]int32
}

// worker are the headers of one thread.
type worker struct {
	whole, last [kinds]*headers
	keys        [2]int64
	time        [1]int64
	shift       [1]float64
}

func newGeneration(p *plan) generation {
	return generation{x: make([]float64, p.n*p.d), logw: make([]float64, p.n), w: make([]float64, p.n), parts: make([]part, p.blocks)}
}

func newCloud(p *plan, workers int, keep bool) (*cloud, error) {
	c := &cloud{plan: p, now: newGeneration(p), next: newGeneration(p), parents: make([]float64, p.n*p.d), zeros: make([]float64, p.n), start: make([]float64, p.n),
		ancestors: make([]int32, p.n), points: make([]float64, p.n), means: make([]float64, p.blocks*p.f), sums: make([]float64, p.blocks*p.f),
		mean: make([]float64, p.f), spread: make([]float64, p.f), edges: make([]float64, p.blocks+1)}
	if p.whole[looking] != nil {
		c.eta = make([]float64, p.n)
		c.seen = generation{logw: make([]float64, p.n), w: make([]float64, p.n), parts: make([]part, p.blocks)}
	}
	c.moveBlock, c.lookBlock, c.childrenOf = c.moveOne, c.lookOne, c.chooseOne
	c.room(workers)
	if keep {
		if err := c.keep(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// keep makes room for all generations.
func (c *cloud) keep() error {
	T := c.model.times()
	if _, err := array.Plan(c.n*T, 8*c.d+12, "the generations of a cloud"); err != nil {
		return err
	}
	c.past = &history{}
	for range T {
		c.past.x = append(c.past.x, make([]float64, c.n*c.d))
		c.past.logw = append(c.past.logw, make([]float64, c.n))
		c.past.ancestors = append(c.past.ancestors, make([]int32, c.n))
	}
	return nil
}

// t is the number of times that are done.
func (c *cloud) t() int { return int(c.time) }

// room makes headers for more workers.
func (c *cloud) room(workers int) {
	for len(c.scratch) < workers {
		w := &worker{}
		for k := range c.whole {
			if c.whole[k] != nil {
				w.whole[k] = c.whole[k].headers()
			}
			if c.last[k] == c.whole[k] {
				w.last[k] = w.whole[k]
			} else {
				w.last[k] = c.last[k].headers()
			}
		}
		c.scratch = append(c.scratch, w)
	}
}

// begin takes the cloud back to before t = 0.
func (c *cloud) begin(key rng.Key, theta []float64) {
	c.key, c.theta, c.time, c.drawn, c.logZ, c.step, c.resampled = key, theta, 0, false, 0, 0, 0
}

// advance does one time. Where it fails, or ctx ends it, the cloud is as it was.
func (c *cloud) advance(ctx context.Context, team *par.Team) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	at := c.key.Fold(uint64(c.t()))
	kind := opening
	if c.model.missing[c.t()] {
		kind = openingBlind
	}
	c.drawn = false
	x, logw, shift := c.now.x, c.now.logw, c.now.shift
	if c.t() > 0 {
		kind += stepping
		logs, ess := &c.now, c.now.ess
		ahead := kind == stepping && c.whole[looking] != nil
		if ahead {
			if err := c.look(ctx, team, &c.seen); err != nil {
				return err
			}
			logs, ess = &c.seen, c.seen.ess
		}
		if c.threshold >= 1 || ess < c.threshold*float64(c.n) {
			c.stream.Reset(at, math.MaxUint64)
			if err := c.resample(ctx, team, logs); err != nil {
				return err
			}
			c.drawn = true
			x, logw, shift = c.parents, c.zeros, 0
			if ahead {
				for k, a := range c.ancestors {
					c.start[k] = c.seen.shift - c.eta[a]
				}
				logw = c.start
			}
		}
	} else {
		logw, shift = c.zeros, 0
	}
	if err := c.move(ctx, team, kind, at, x, logw, shift); err != nil {
		return err
	}
	c.step = c.next.shift
	c.logZ += c.step
	c.now, c.next = c.next, c.now
	if c.past != nil {
		copy(c.past.x[c.t()], c.now.x)
		for i, l := range c.now.logw {
			c.past.logw[c.t()][i] = l - c.now.shift
		}
		if !c.drawn {
			for i := range c.ancestors {
				c.ancestors[i] = int32(i)
			}
		}
		copy(c.past.ancestors[c.t()], c.ancestors)
	}
	if c.drawn {
		c.resampled++
	}
	c.time++
	return nil
}

// share lets the members of the team take the numbers 0..n-1.
func share(team *par.Team, n int, do func(worker, i int) error) error {
	if team.Size() == 1 || n == 1 {
		for i := range n {
			if err := do(0, i); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	errs := make([]error, team.Size())
	err := team.Run(func(w int) {
		for errs[w] == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			errs[w] = do(w, i)
		}
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	return err
}

// span are the particles of a block.
func (c *cloud) span(block int) (from, to int) {
	return block * c.rows, min((block+1)*c.rows, c.n)
}

// headersOf are those for a kind of step and a block.
func (w *worker) headersOf(kind, block int, c *cloud) *headers {
	if c.conditioned && block == 0 && c.path != nil && kind != looking {
		return w.whole[kind+opening0]
	}
	if block == c.blocks-1 {
		return w.last[kind]
	}
	return w.whole[kind]
}

// task is what workers do to blocks, kept so that a step allocates nothing.
type task struct {
	ctx     context.Context
	kind    int
	at      rng.Key
	x, logw []float64
	shift   float64
	g       *generation // that is looked at or resampled
	first   int         // children before those that are drawn
	points  []float64
}

// move makes and weighs the next generation.
func (c *cloud) move(ctx context.Context, team *par.Team, kind int, at rng.Key, x, logw []float64, shift float64) error {
	c.task = task{ctx: ctx, kind: kind, at: at, x: x, logw: logw, shift: shift}
	if err := share(team, c.blocks, c.moveBlock); err != nil {
		return err
	}
	if err := c.sum(&c.next); err != nil {
		return err
	}
	c.average(&c.next)
	return nil
}

func (c *cloud) moveOne(worker, block int) error {
	w, job, g := c.scratch[worker], &c.task, &c.next
	from, to := c.span(block)
	h := w.headersOf(job.kind, block, c)
	w.keys = [2]int64{int64(job.at.Fold(uint64(2 * block)).Word()), int64(job.at.Fold(uint64(2*block + 1)).Word())}
	w.time[0], w.shift[0] = c.time, job.shift
	h.in[0].Data, h.in[1].Data = array.Bytes(w.keys[:1]), array.Bytes(w.keys[1:])
	k := 2
	if c.t() > 0 {
		h.in[k].Data = array.Bytes(job.x[from*c.d : to*c.d])
		k++
	}
	h.in[k].Data = c.model.observation(c.t())
	k++
	if c.t() > 0 {
		h.in[k].Data = array.Bytes(w.time[:])
		k++
	}
	h.in[k].Data, h.in[k+1].Data, h.in[k+2].Data = array.Bytes(c.theta), array.Bytes(job.logw[from:to]), array.Bytes(w.shift[:])
	if c.conditioned && block == 0 && c.path != nil {
		h.in[k+3].Data = array.Bytes(c.path[c.t()*c.d : (c.t()+1)*c.d])
	}
	p := &g.parts[block]
	for i, data := range [][]float64{g.x[from*c.d : to*c.d], g.logw[from:to], g.w[from:to], p.M[:], p.S[:], p.Q[:],
		c.means[block*c.f : (block+1)*c.f], c.sums[block*c.f : (block+1)*c.f]} {
		h.out[i].Data = array.Bytes(data)
	}
	return h.code.Run(job.ctx, nil, h.in, h.out)
}

// look weighs the generation by how well it foresees y_t.
func (c *cloud) look(ctx context.Context, team *par.Team, seen *generation) error {
	c.task = task{ctx: ctx, g: seen}
	if err := share(team, c.blocks, c.lookBlock); err != nil {
		return err
	}
	return c.sum(seen)
}

func (c *cloud) lookOne(worker, block int) error {
	w, seen := c.scratch[worker], c.task.g
	from, to := c.span(block)
	h := w.headersOf(looking, block, c)
	w.time[0], w.shift[0] = c.time, c.now.shift
	p := &seen.parts[block]
	for i, data := range [][]byte{array.Bytes(c.now.x[from*c.d : to*c.d]), c.model.observation(c.t()), array.Bytes(w.time[:]), array.Bytes(c.theta),
		array.Bytes(c.now.logw[from:to]), array.Bytes(w.shift[:])} {
		h.in[i].Data = data
	}
	for i, data := range [][]float64{c.eta[from:to], seen.logw[from:to], seen.w[from:to], p.M[:], p.S[:], p.Q[:]} {
		h.out[i].Data = array.Bytes(data)
	}
	return h.code.Run(c.task.ctx, nil, h.in, h.out)
}

// sum adds the blocks, in their order.
func (c *cloud) sum(g *generation) error {
	most, bad := math.Inf(-1), false
	for b := range g.parts {
		p := &g.parts[b]
		if p.S[0] > 0 && p.M[0] > most {
			most = p.M[0]
		}
		bad = bad || p.S[0]-p.S[0] != 0 || math.IsInf(p.M[0], 1)
	}
	if bad || math.IsInf(most, -1) {
		return c.fault(g)
	}
	g.most, g.total = most, 0
	squares := 0.0
	for b := range g.parts {
		p := &g.parts[b]
		if p.S[0] > 0 {
			f := functions.Exp1(p.M[0] - most)
			g.total += float64(p.S[0] * f)
			squares += float64(p.Q[0] * f * f)
		}
	}
	g.ess = g.total * g.total / squares
	g.shift = most + functions.Log1(g.total/float64(c.n))
	return nil
}

// fault says which particle has no proper weight.
func (c *cloud) fault(g *generation) error {
	for i, l := range g.logw {
		if l != l || math.IsInf(l, 1) {
			what := "log weight"
			if math.IsInf(l, 1) {
				what = "infinite log weight"
			}
			return spec.Errorf(spec.NonFiniteError, "time %d: expected log weights that are finite or -inf, got the %s %v of particle %d, whose parent is at %v and which is at %v", c.t(), what, l, i,
				c.place(c.now.x, i), c.place(g.x, i)).With("time", c.t()).With("particle", i).Try("a log_observation that is finite where particles go")
		}
	}
	return spec.Errorf(spec.NonFiniteError, "time %d: all %d particles have the weight zero: none of them could have made this observation", c.t(), c.n).With("time", c.t()).
		Try("more particles, a guided filter, or an observation density with wider tails")
}

func (c *cloud) place(x []float64, i int) []float64 {
	if c.t() == 0 && &x[0] == &c.now.x[0] || len(x) == 0 {
		return nil
	}
	return slices.Clone(x[i*c.d : i*c.d+min(c.d, 8)])
}

// average joins the blocks' means and squares (T. F. Chan, G. H. Golub, R. J. LeVeque (1979)).
func (c *cloud) average(g *generation) {
	for j := range c.f {
		weight, mean, squares := 0.0, 0.0, 0.0
		for b := range g.parts {
			p := &g.parts[b]
			if !(p.S[0] > 0) {
				continue
			}
			f := functions.Exp1(p.M[0] - g.most)
			w := float64(p.S[0] * f)
			d := c.means[b*c.f+j] - mean
			weight += w
			mean += float64(d * (w / weight))
			squares += float64(c.sums[b*c.f+j]*f) + float64(float64(d*d)*float64((weight-w)*(w/weight)))
		}
		c.mean[j], c.spread[j] = mean, squares/weight
	}
}

// draw is the number of a particle, with the probabilities of its weights.
func (c *cloud) draw(g *generation, u float64) int {
	u *= g.total
	chosen, f := 0, 0.0
	for b := range g.parts {
		p := &g.parts[b]
		if !(p.S[0] > 0) {
			continue
		}
		chosen, f = b, functions.Exp1(p.M[0]-g.most)
		if u < float64(p.S[0]*f) {
			break
		}
		u -= float64(p.S[0] * f)
	}
	from, to := c.span(chosen)
	return from + pick(g.w[from:to], u/f)
}

// pick is the first index at which the partial sum of w is above u; by rounding alone it may be the last of positive weight.
func pick(w []float64, u float64) int {
	last := 0
	for i, v := range w {
		if v > 0 {
			last = i
			if u -= v; u < 0 {
				break
			}
		}
	}
	return last
}
