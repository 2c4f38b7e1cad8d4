package job

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// walk is the runner of sample and simulate: an ensemble of kT x chains walkers that advance independently and are recorded.
//
// Time is counted in ticks: sweeps, or recording intervals of a simulation. Between two synchronisation points, about chunkTime apart, workers
// take walkers from a queue and advance each by a slice. Slices and chunks adapt to the speed; nothing that a walker does depends on them, since
// its random numbers are a function of its key and its own counter.
type walk struct {
	req     *request
	ens     contract.Ensemble
	all     contract.Together // walkers that interact
	remote  contract.Attended // the caller evaluates their target
	columns *columns
	state   []walker
	work    float64 // elementary updates in a tick of a walker
	unit    string
	workers int
	teams   []*par.Team // one a worker where there are fewer walkers than threads
	saver   *saver      // nil without a checkpoint
	buffers *Served     // of the rendezvous
	asks    bool        // Python computes some of the records: walkers meet at each

	limit    int64 // tick that no walker passes before the next meeting
	deadline time.Time
	budget   atomic.Int64 // ticks in a slice
	mu       sync.Mutex
	queue    []int // walkers that have work and no worker; a ring of len(state)
	head, n  int
	from     float64         // work that a checkpoint brought
	finished bool            // the checkpoint was that of a finished run
	warmed   bool            // the event was sent
	told     map[string]bool // columns whose non-finite records were reported
	troubled atomic.Bool
}

// walker is the progress of one walker. tick has been reached, goal is asked for: an interrupted walker stands between.
type walker struct {
	rows       atomic.Int64 // records written
	tick, goal int64
	warm       bool
	bad        []trouble // per column, nil while all is finite
	_          [8]byte   // one walker a cache line
}

// trouble counts non-finite records.
type trouble struct{ count, first int64 }

const (
	chunkTime = 20 * time.Millisecond
	sliceTime = 2 * time.Millisecond
	teamWork  = 1 << 14 // elementary updates in a sweep below which two threads cannot share one
)

// Purposes of keys.
const (
	purposeSample   = 1
	purposeSimulate = 2
	purposeStages   = 3
)

func newWalk(r *request, raw []byte, inputs []*array.Array, alloc memory.Allocator, j *Job) (_ *walk, err error) {
	if err = r.planWalkers(); err != nil {
		return nil, err
	}
	k := &walk{req: r, asks: len(r.python) > 0, state: make([]walker, len(r.kT)*r.chains), told: map[string]bool{}}
	defer func() {
		if err != nil {
			k.release()
		}
	}()
	if r.saving != nil {
		if k.saver, err = newSaver(r, raw, inputs); err != nil {
			return nil, err
		}
	}
	if err = r.drawSeed(); err != nil {
		return nil, err
	}
	if r.entry.Drive != nil {
		k.ens, err = r.entry.Drive(r.system, r.method, r.order())
	} else {
		k.ens, err = r.entry.Open(r.system, r.method, r.walkers(), r.start)
	}
	if err != nil {
		return nil, err
	}
	k.all, _ = k.ens.(contract.Together)
	k.remote, _ = r.system.(contract.Attended)
	if k.columns, err = newColumns(r, k.ens, alloc); err != nil {
		return nil, err
	}
	if k.asks {
		k.buffers = k.columns.served()
	}
	k.work, k.unit = k.ens.Work()
	if r.every > 0 {
		k.work *= r.every
	}
	if k.saver != nil && k.saver.resume != nil {
		if err = k.restore(j); err != nil {
			return nil, err
		}
	}
	k.share() // last: nothing fails after it, so no team stays behind
	j.note("seed", fmt.Sprint(r.seed.value))
	j.note("threads", k.workers*k.teamSize())
	j.report(k.progress())
	return k, nil
}

// share gives every worker a team where there are threads to spare and sweeps long enough.
func (k *walk) share() {
	threads := k.req.threads
	if threads == 0 {
		threads = par.Threads()
	}
	k.budget.Store(1)
	if k.workers = threads; k.all != nil {
		if s, ok := k.all.(contract.Staffed); ok && threads > 1 {
			k.teams = append(k.teams, par.NewTeam(threads))
			s.Staff(k.teams[0])
		}
		return
	}
	if k.remote != nil { // all chains in one batch
		k.workers = len(k.state)
		return
	}
	k.workers = min(threads, len(k.state))
	if size := threads / k.workers; size > 1 && k.work >= teamWork {
		for range k.workers {
			k.teams = append(k.teams, par.NewTeam(size))
		}
	}
}

func (k *walk) teamSize() int {
	if k.teams == nil || k.all != nil {
		return 1
	}
	return k.teams[0].Size()
}

func (k *walk) run(j *Job) error {
	err := k.move(j)
	for _, t := range k.teams {
		t.Close()
	}
	if k.saver != nil {
		defer k.saver.close()
	}
	if err != nil && spec.Of(err).Class == spec.InternalError && !errors.Is(err, context.Canceled) {
		return err // what a kernel left behind cannot be trusted
	}
	if e := k.conclude(j, err); err == nil {
		err = e
	}
	return err
}

// move advances and records the walkers until the last record, or until something stops them.
func (k *walk) move(j *Job) (err error) {
	defer par.Guard(&err)
	if !k.asks {
		return k.reach(j, k.req.last())
	}
	if err = k.reach(j, k.req.warmup); err != nil {
		return err
	}
	for row := k.filled(); row < k.req.records; row++ {
		if err = k.reach(j, k.req.first+row*k.req.stride); err != nil {
			return err
		}
		if err = k.serve(j, row); err != nil {
			return err
		}
	}
	return nil
}

// conclude lays ragged records end to end, keeps the final configurations, and writes the last checkpoint: of a run that is done or was
// cancelled, not of one that failed.
func (k *walk) conclude(j *Job, err error) error {
	if e := k.columns.join(j, k.filled()); e != nil {
		return e
	}
	if e := k.columns.keepFinal(j, k.ens); e != nil {
		return e
	}
	if k.saver == nil || (err != nil && !errors.Is(err, context.Canceled)) || k.finished {
		return nil
	}
	return k.save(j)
}

// reach advances all walkers to a tick; without questions to Python they are recorded on the way.
func (k *walk) reach(j *Job, limit int64) error {
	k.limit = limit
	k.queue, k.head, k.n = make([]int, len(k.state)), 0, len(k.state)
	for w := range k.queue {
		k.queue[w] = w
	}
	for {
		lap, err := j.sync()
		if err != nil {
			return err
		}
		if k.saver != nil && k.saver.due() {
			if err := k.save(j); err != nil {
				return err
			}
		}
		if err := k.chunk(lap); err != nil {
			return err
		}
		k.tell(j)
		if err := k.columns.checkRagged(); err != nil {
			return err
		}
		if k.n == 0 {
			return nil
		}
	}
}

// chunk lets the workers run until the deadline; lap ends it early.
func (k *walk) chunk(lap context.Context) error {
	k.deadline = time.Now().Add(chunkTime)
	if k.all != nil {
		err := k.together(lap)
		if stopped(lap, err) {
			return nil
		}
		return err
	}
	if k.remote != nil {
		err := k.inStep(lap)
		if stopped(lap, err) {
			return nil
		}
		return err
	}
	if k.workers == 1 {
		return k.serveQueue(lap, 0)
	}
	err := par.Do(lap, k.workers, k.workers, func(i int) error { return k.serveQueue(lap, i) })
	if stopped(lap, err) {
		return nil
	}
	return err
}

func stopped(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err())
}

func (k *walk) serveQueue(lap context.Context, worker int) error {
	var team *par.Team
	if k.teams != nil {
		team = k.teams[worker]
	}
	aim := max(min(sliceTime, chunkTime*time.Duration(k.workers)/time.Duration(len(k.state))), 50*time.Microsecond)
	for begun := time.Now(); begun.Before(k.deadline) && lap.Err() == nil; {
		w, ok := k.take()
		if !ok {
			return nil
		}
		budget := k.budget.Load()
		err := k.slice(lap, w, budget, team)
		if !stopped(lap, err) && err != nil {
			return err
		}
		now := time.Now()
		switch took := now.Sub(begun); {
		case took > 2*aim:
			k.budget.Store(max(budget/2, 1))
		case took < aim/2 && budget < 1<<40:
			k.budget.Store(2 * budget)
		}
		begun = now
		k.give(w)
	}
	return nil
}

func (k *walk) take() (w int, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n == 0 {
		return 0, false
	}
	w = k.queue[k.head]
	k.head = (k.head + 1) % len(k.queue)
	k.n--
	return w, true
}

// give puts a walker back that has not reached the limit.
func (k *walk) give(w int) {
	if k.state[w].tick >= k.limit {
		return
	}
	k.mu.Lock()
	k.queue[(k.head+k.n)%len(k.queue)] = w
	k.n++
	k.mu.Unlock()
}

// slice advances a walker by up to budget ticks and records it on the way.
func (k *walk) slice(ctx context.Context, w int, budget int64, team *par.Team) error {
	s, r := &k.state[w], k.req
	for {
		if !s.warm && s.tick >= r.warmup {
			k.ens.Warm(w)
			s.warm = true
		}
		row := s.rows.Load()
		if !k.asks && row < r.records && s.tick == r.first+row*r.stride {
			k.record(w, row)
			row++
			s.rows.Store(row)
		}
		if s.tick >= k.limit || budget <= 0 {
			return nil
		}
		if s.goal <= s.tick {
			stop := r.warmup
			if s.warm {
				stop = r.first + row*r.stride
			}
			s.goal = min(s.tick+budget, stop)
		}
		if err := contract.Advance(ctx, k.ens, w, s.goal, k.req.every, team); err != nil {
			return err
		}
		budget -= s.goal - s.tick
		s.tick = s.goal
	}
}

// record writes a row of every column of the ensemble's own observables.
func (k *walk) record(w int, row int64) {
	for c, col := range k.columns.own {
		if col.ragged != nil {
			k.columns.append(c, w, col.observable.Ragged(w))
			continue
		}
		at := col.dense.Row(w, int(row))
		col.observable.Record(w, at)
		if col.scalar {
			if x := array.Cast[float64](at)[0]; x-x != 0 {
				k.state[w].trouble(c, row, k.columns.count())
				k.troubled.Store(true)
			}
		}
	}
}

// trouble counts a non-finite record.
func (s *walker) trouble(column int, row int64, columns int) {
	if s.bad == nil {
		s.bad = make([]trouble, columns)
	}
	if s.bad[column].count == 0 {
		s.bad[column].first = row
	}
	s.bad[column].count++
}

// tell reports progress and what happened in the last chunk.
func (k *walk) tell(j *Job) {
	j.report(k.progress())
	for name, where := range k.nonfinite() {
		if !k.told[name] {
			k.told[name] = true
			j.event(Event{"nonfinite", name + " is not finite", where.(map[string]any)})
		}
	}
	if k.warmed || k.req.warmup == 0 {
		return
	}
	for w := range k.state {
		if !k.state[w].warm {
			return
		}
	}
	k.warmed = true
	j.event(Event{"warmup", fmt.Sprintf("warm-up of %d sweeps finished", k.req.warmup), map[string]any{"sweeps": k.req.warmup}})
}

func (k *walk) progress() Progress {
	ticks, least := 0.0, int64(math.MaxInt64)
	for w := range k.state {
		ticks += float64(k.state[w].tick)
		least = min(least, k.state[w].tick)
	}
	p := Progress{Unit: k.unit, Phase: "sampling", from: k.from}
	p.Done = ticks * k.work
	p.Total = float64(k.req.last()) * float64(len(k.state)) * k.work
	switch {
	case k.req.every > 0:
		p.Phase = "simulating"
	case least < k.req.warmup:
		p.Phase = "warm-up"
	}
	return p
}

func (k *walk) filled() int64 {
	least := int64(math.MaxInt64)
	for w := range k.state {
		least = min(least, k.state[w].rows.Load())
	}
	return least
}

func (k *walk) pausable() bool    { return true }
func (k *walk) saves() bool       { return k.saver != nil }
func (k *walk) results() []result { return k.columns.shown }
func (k *walk) served() *Served   { return k.buffers }

func (k *walk) info() map[string]any {
	info := map[string]any{"kernel": k.ens.Info()}
	if bad := k.nonfinite(); bad != nil {
		info["nonfinite"] = bad
	}
	return info
}

// nonfinite is the number of records that are NaN or infinite, and where the first of the first walker is.
func (k *walk) nonfinite() map[string]any {
	if !k.troubled.Load() {
		return nil
	}
	var all map[string]any
	for c, name := range k.columns.names() {
		count, walker, record := int64(0), -1, int64(0)
		for w := range k.state {
			if bad := k.state[w].bad; bad != nil && bad[c].count > 0 {
				if walker < 0 {
					walker, record = w, bad[c].first
				}
				count += bad[c].count
			}
		}
		if count > 0 {
			if all == nil {
				all = map[string]any{}
			}
			all[name] = map[string]any{"count": count, "walker": walker, "record": record}
		}
	}
	return all
}

func (k *walk) release() {
	if k.columns != nil {
		k.columns.release()
	}
	if k.saver != nil {
		k.saver.close()
	}
}

// planWalkers refuses a number of walkers or records that no memory holds, before anything is taken.
func (r *request) planWalkers() error {
	walkers, err := array.Count([]int{len(r.kT), r.chains})
	if err != nil {
		return err
	}
	if _, err = planned(walkers, 256, fmt.Sprintf("an ensemble of %d walkers", walkers)); err != nil {
		return err
	}
	what := fmt.Sprintf("%d records of %d walkers", r.records, walkers)
	n, err := array.Count([]int{walkers, int(r.records), max(len(r.observe)+len(r.python), 1)})
	if err != nil {
		return spec.Errorf(spec.MemoryError, "%s are more than any memory holds", what)
	}
	_, err = planned(n, 1, what)
	return err
}

// planned is array.Plan beside what is held already.
func planned(n, size int, what string) (int, error) {
	bytes, err := array.Plan(n, size, what)
	if err != nil {
		return 0, err
	}
	if held := Held(); held > 0 {
		if _, err := array.Plan(int(held)+min(bytes, math.MaxInt-int(held)), 1, fmt.Sprintf("%s, beside %d bytes of earlier results,", what, held)); err != nil {
			e := spec.Of(err)
			e.Suggest = "Delete runs that are no longer needed, record less, or raise erg.config.memory."
			return 0, e
		}
	}
	return bytes, nil
}
