package learn

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/expr/traced"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// Purposes of keys of members.
const (
	forSteps = iota
	forOrder
	forEvaluation
)

// Plan is how long a training goes and what is kept of it.
type Plan struct {
	Key           rng.Key
	First         uint64 // number of the first member
	Begin         int64  // steps of trainings that this one goes on from
	Steps         int64
	Every         int64 // steps whose mean is a row of the history
	EvaluateEvery int64
	// Ask has the caller fill the batch; false is the end of the data.
	Ask func(ctx context.Context, step int64) (more bool, err error)
	// Look has the caller evaluate what Show holds.
	Look func(ctx context.Context, after int64) error
	// Source moves beside the training and gives its batches; nil: none.
	Source *Source
	// Afford refuses so many bytes, before they are taken; nil: all can be had.
	Afford func(bytes int) error
}

// Rows of the history.
func (p *Plan) Rows() int64 { return (p.Steps + p.Every - 1) / p.Every }

// Evaluations that a full training makes.
func (p *Plan) Evaluations() int64 {
	if p.EvaluateEvery == 0 {
		return 0
	}
	return (p.Steps + p.EvaluateEvery - 1) / p.EvaluateEvery
}

// Trainer trains.
type Trainer struct {
	*Training
	plan Plan
	// History and Evaluated have a column a name, (members, rows) float64; the caller gives their memory.
	History, Evaluated []*array.Array
	// Batch is the memory of the step's data.
	Batch []*array.Array
	Show  Show

	step     *engine.Executable
	evaluate *engine.Executable
	state    [2][]*array.Array // the present one is state[k&1]; what a step changes in place is the same in both
	check    func() error
	in, out  [2][]*array.Array
	look     [2][]*array.Array
	found    []*array.Array // records of the step
	seen     []*array.Array // of the evaluation
	keys     []int64
	number   []int64
	roots    [3][]rng.Key
	orders   []*order
	rows     []int
	sums     []float64

	k         int64        // finished steps
	filled    atomic.Int64 // rows of the history
	evaluated atomic.Int64
	best      []*array.Array
	least     float64
	bestStep  int64
	waited    int64
	over      bool
	ended     bool // the data, which stay so
}

// Open compiles the programs and copies the state.
func (t *Training) Open(p Plan) (*Trainer, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	r := &Trainer{Training: t, plan: p, least: math.Inf(1), number: make([]int64, 1)}
	shared, err := r.compile()
	if err != nil {
		return nil, err
	}
	r.check = r.finite
	if t.Evaluate.Source() != nil {
		if r.evaluate, err = traced.Compile(t.Evaluate.Source()); err != nil {
			return nil, err
		}
	}
	if p.Afford != nil {
		if err = p.Afford(r.needs()); err != nil {
			return nil, err
		}
	}
	r.keyed()
	for k, a := range t.State {
		c := fresh(a.Dtype, a.Shape, k)
		copy(c.Data, a.Data)
		r.state[0], r.state[1] = append(r.state[0], c), append(r.state[1], c)
		if shared == nil || !shared[k] {
			r.state[1][k] = fresh(a.Dtype, a.Shape, len(t.State)+k)
		}
	}
	for _, d := range t.batch() {
		r.Batch = append(r.Batch, fresh(d.Dtype, d.Shape, 0))
	}
	if p.Source != nil {
		if len(r.Batch) != 1 || t.Members > 0 && !t.Shared {
			return nil, spec.Expected("learn.source", "one column that all members share", len(r.Batch))
		}
		if err = p.Source.fit(r.Batch[0]); err != nil {
			return nil, err
		}
	}
	r.found, r.seen = fresh64(t, len(t.Records)), fresh64(t, len(t.names()))
	r.shown()
	r.sums = make([]float64, len(t.Records)*r.members())
	key := array.Borrow("", array.Int64, t.of(array.Int64).Shape, array.Bytes(r.keys))
	number := array.Borrow("", array.Int64, []int{}, array.Bytes(r.number))
	for side := range r.in {
		r.in[side] = joined(r.state[side], r.Batch, []*array.Array{key, number}, t.Step.Captured())
		r.out[side] = joined(r.found, r.state[1-side])
		if r.evaluate != nil {
			r.look[side] = joined(r.state[side], []*array.Array{key, number}, t.Evaluate.Captured())
		}
	}
	return r, nil
}

// needs is about the memory that Open takes and the programs will, in bytes, math.MaxInt at most.
func (r *Trainer) needs() int {
	total, batch := float64(r.step.Bytes()+8*r.members()), 0.0
	for _, a := range r.State {
		total += float64(3 * len(a.Data))
	}
	for _, d := range r.batch() {
		n := float64(d.Dtype.Size())
		for _, length := range d.Shape {
			n *= float64(length)
		}
		batch += n
	}
	if total += batch; r.plan.Source != nil {
		total += float64(float64(r.plan.Source.Buffer) * batch)
	}
	if len(r.Data) > 0 {
		total += float64(8 * float64(r.Training.Batch))
		if r.Order == "shuffled" {
			total += float64(8 * float64(r.Data[0].Shape[0]) * float64(r.members()))
		}
	}
	if total >= math.MaxInt {
		return math.MaxInt
	}
	return int(total)
}

// leastInPlace is the size of a state in bytes from which on steps change it in place: two of them would not stay in a nearby cache.
const leastInPlace = 1 << 20

// compile makes the step; it tells which arrays of the state it changes in place.
func (r *Trainer) compile() (shared []bool, err error) {
	var o engine.Options
	bytes := 0
	for k, a := range r.State {
		bytes += len(a.Data)
		o.InPlace = append(o.InPlace, [2]int{k, len(r.Records) + k})
	}
	for c := range r.Records {
		if r.watched(c) {
			o.Known = append(o.Known, c)
		}
	}
	if bytes >= leastInPlace {
		if r.step, err = engine.Compile(r.Step.Source(), o); err != nil {
			return nil, err
		}
		if shared = r.step.Shared(); slices.Contains(shared, true) {
			return shared, nil
		}
	}
	r.step, err = traced.Compile(r.Step.Source())
	return nil, err
}

// watched tells that a training ends where record c is no number.
func (r *Trainer) watched(c int) bool { return c == 0 || r.Records[c] == "gradient_norm" }

func (r *Trainer) keyed() {
	r.keys = make([]int64, r.members())
	for m := range r.members() {
		root := r.plan.Key.Fold(r.plan.First + uint64(m))
		for purpose := range r.roots {
			r.roots[purpose] = append(r.roots[purpose], root.Fold(uint64(purpose)))
		}
	}
	if len(r.Data) == 0 {
		return
	}
	seers := r.members()
	if r.Shared {
		seers = 1
	}
	for m := range seers {
		r.orders = append(r.orders, newOrder(r.Order, r.roots[forOrder][m], r.Data[0].Shape[0]))
	}
	r.rows = make([]int, r.Training.Batch)
}

func joined(lists ...[]*array.Array) (all []*array.Array) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// fresh is memory of Go's, in words. Arrays of different places begin at different places of a page: a step goes through many of them at once, which
// would compete for the same lines of the nearest cache.
func fresh(d array.Dtype, shape []int, place int) *array.Array {
	const page, apart = 512, 40 // words
	n := 1
	for _, s := range shape {
		n *= s
	}
	n *= d.Size()
	words, skip := (n+7)/8, 0
	if words >= page {
		skip = place * apart % page
	}
	return array.Borrow("", d, shape, array.Bytes(make([]float64, words+skip)[skip:])[:n])
}

func fresh64(t *Training, n int) (all []*array.Array) {
	for range n {
		all = append(all, fresh(array.Float64, t.of(array.Float64).Shape, 0))
	}
	return all
}

func (r *Trainer) members() int { return max(r.Members, 1) }

// Steps that are finished, and whether that is all of them.
func (r *Trainer) Steps() (k int64, over bool) { return r.k, r.over || r.k == r.plan.Steps && !r.due() }

// Filled rows of the history and of the evaluations.
func (r *Trainer) Filled() (history, evaluations int64) { return r.filled.Load(), r.evaluated.Load() }

// Now is the present state.
func (r *Trainer) Now() []*array.Array { return r.state[r.k&1] }

// Best is the state at the smallest value of the monitored evaluation, with its step; nil where none was looked at.
func (r *Trainer) Best() ([]*array.Array, int64) { return r.best, r.bestStep }

// Bytes is the memory that a training of this plan takes beside its data: the state, twice where steps do not change it in place, once more where the
// best is kept, buffers of the programs.
func (r *Trainer) Bytes() int {
	n := r.step.Bytes()
	for k, a := range r.State {
		n += 2 * len(a.Data)
		if r.state[0][k] != r.state[1][k] {
			n += len(a.Data)
		}
	}
	for _, a := range append(r.Batch[:len(r.Batch):len(r.Batch)], r.Show.State...) {
		n += len(a.Data)
	}
	return n
}

// Advance makes steps until the time is over or the training is; with ctx.Err() it stands between two steps.
func (r *Trainer) Advance(ctx context.Context, team *par.Team, until time.Time) error {
	for {
		if _, over := r.Steps(); over {
			return nil
		}
		if err := r.once(ctx, team); err != nil {
			return err
		}
		if time.Now().After(until) {
			return ctx.Err()
		}
	}
}

// due tells that the present state is still to be evaluated.
func (r *Trainer) due() bool {
	if !r.looks() || r.over {
		return false
	}
	seen := r.k / r.plan.EvaluateEvery
	if (r.k == r.plan.Steps || r.ended) && r.k%r.plan.EvaluateEvery != 0 {
		seen++
	}
	return r.evaluated.Load() < seen
}

// once makes a step and what follows it. What was stopped is made again: a step until k has moved, then the evaluation.
func (r *Trainer) once(ctx context.Context, team *par.Team) error {
	if !r.due() {
		more, err := r.feed(ctx)
		if err != nil {
			return err
		}
		if r.ended = !more; more {
			for m := range r.keys {
				r.keys[m] = int64(r.roots[forSteps][m].Fold(uint64(r.plan.Begin + r.k)).Word())
			}
			r.number[0] = r.plan.Begin + r.k
			side := r.k & 1
			if err := r.step.Step(ctx, team, r.in[side], r.out[side], r.check); err != nil {
				return err
			}
			r.record()
			r.k++
		}
	}
	if r.due() {
		if err := r.evaluation(ctx, team); err != nil {
			return err
		}
	}
	if r.over || r.ended {
		r.finish()
	}
	return nil
}

// feed fills the batch; false is the end of the data.
func (r *Trainer) feed(ctx context.Context) (more bool, err error) {
	if r.Asks {
		return r.plan.Ask(ctx, r.k)
	}
	if s := r.plan.Source; s != nil {
		return true, s.fill(ctx, r.k)
	}
	b := int64(len(r.rows))
	for m, o := range r.orders {
		if err = o.fill(ctx, r.rows, (r.plan.Begin+r.k)*b); err != nil {
			return false, err
		}
		for c, a := range r.Data {
			share := len(r.Batch[c].Data) / len(r.orders)
			gather(r.Batch[c].Data[m*share:(m+1)*share], a, r.rows)
		}
	}
	return true, nil
}

// finish ends a training before its last step: the row that is begun has the mean of its steps.
func (r *Trainer) finish() {
	r.over = true
	if rest := r.k % r.plan.Every; rest != 0 && r.k < r.plan.Steps {
		r.row(r.k/r.plan.Every, rest)
	}
}

// finite refuses to go on with a loss that is not a number.
func (r *Trainer) finite() error {
	for c, a := range r.found {
		for m, x := range array.View[float64](a) {
			if x-x != 0 && r.watched(c) {
				step := r.plan.Begin + r.k
				return spec.Errorf(spec.NonFiniteError, "%s is %v at step %d", r.Records[c], x, step).With("step", step).With("record", r.Records[c]).
					With("member", m).With("key", fmt.Sprint(r.keys[m]))
			}
		}
	}
	return nil
}

func (r *Trainer) record() {
	at := 0
	for _, a := range r.found {
		for _, x := range array.View[float64](a) {
			r.sums[at] += x
			at++
		}
	}
	if after := r.k + 1; after%r.plan.Every == 0 {
		r.row(r.k/r.plan.Every, r.plan.Every)
	} else if after == r.plan.Steps {
		r.row(r.k/r.plan.Every, after%r.plan.Every)
	}
}

// row writes the means of the last n steps.
func (r *Trainer) row(row, n int64) {
	at, rows := 0, r.plan.Rows()
	for _, h := range r.History {
		to := array.View[float64](h)
		for m := range int64(r.members()) {
			to[m*rows+row] = r.sums[at] / float64(n)
			r.sums[at] = 0
			at++
		}
	}
	r.filled.Store(row + 1)
}

// evaluation looks at the present state.
func (r *Trainer) evaluation(ctx context.Context, team *par.Team) error {
	after := r.k
	for m := range r.keys {
		r.keys[m] = int64(r.roots[forEvaluation][m].Fold(uint64(r.plan.Begin + after)).Word())
	}
	r.number[0] = r.plan.Begin + after
	if r.evaluate != nil {
		if err := r.evaluate.Run(ctx, team, r.look[after&1], r.seen[:len(r.Evaluations)]); err != nil {
			return err
		}
	}
	if err := r.ask(ctx, r.Now(), after); err != nil {
		return err
	}
	row, rows, mean := r.evaluated.Load(), r.plan.Evaluations(), 0.0
	watched := r.monitor()
	for c, a := range r.seen {
		to := array.View[float64](r.Evaluated[c])
		for m, x := range array.View[float64](a) {
			to[int64(m)*rows+row] = x
			if c == watched {
				mean += x / float64(r.members())
			}
		}
	}
	r.evaluated.Store(row + 1)
	if watched < 0 {
		return nil
	}
	r.waited++
	if mean-mean == 0 && (r.best == nil || mean < r.least) {
		if mean < r.least-r.Least || r.best == nil {
			r.waited = 0
		}
		r.keep(r.Now())
		r.least, r.bestStep = mean, after
	}
	r.over = r.Patience > 0 && r.waited >= int64(r.Patience)
	return nil
}

func (r *Trainer) keep(state []*array.Array) {
	for k, a := range state {
		if len(r.best) <= k {
			r.best = append(r.best, fresh(a.Dtype, a.Shape, 0))
		}
		copy(r.best[k].Data, a.Data)
	}
}

// Save writes all that the future depends on.
func (r *Trainer) Save(w io.Writer) error {
	has := int64(len(r.best))
	err := saved.Put(w, r.k, r.filled.Load(), r.evaluated.Load(), r.least, r.bestStep, r.waited, r.over, has, r.sums)
	for _, list := range [][]*array.Array{r.Now(), r.best, r.History, r.Evaluated} {
		for _, a := range list {
			if err == nil {
				_, err = w.Write(a.Data)
			}
		}
	}
	if r.plan.Source != nil && err == nil {
		err = r.plan.Source.save(w)
	}
	return err
}

// Close ends what moves beside the training.
func (r *Trainer) Close() {
	if r.plan.Source != nil {
		r.plan.Source.close()
	}
}

// Load reads what Save wrote.
func (r *Trainer) Load(from io.Reader) error {
	var has, filled, evaluated int64
	if err := saved.Get(from, &r.k, &filled, &evaluated, &r.least, &r.bestStep, &r.waited, &r.over, &has, r.sums); err != nil {
		return err
	}
	if r.k < 0 || r.k > r.plan.Steps || (has != 0 && has != int64(len(r.State))) {
		return spec.Errorf(spec.CheckpointError, "the saved state is damaged")
	}
	if has > 0 {
		r.keep(r.State)
	}
	for _, list := range [][]*array.Array{r.Now(), r.best, r.History, r.Evaluated} {
		for _, a := range list {
			if _, err := io.ReadFull(from, a.Data); err != nil {
				return spec.Errorf(spec.CheckpointError, "the saved state ends early")
			}
		}
	}
	r.filled.Store(filled)
	r.evaluated.Store(evaluated)
	if r.plan.Source != nil {
		return r.plan.Source.load(from)
	}
	return nil
}
