package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/learn"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// training is a request to learn.
type training struct {
	Verb          string         `spec:"verb"`
	System        learn.Training `spec:"system"`
	Source        source         `spec:"source" default:"null"`
	Seed          seed           `spec:"seed" default:"null"`
	Steps         int            `spec:"steps" range:"[1,9e15]"`
	Every         int            `spec:"every" default:"1" range:"[1,9e15]"`
	EvaluateEvery int            `spec:"evaluate_every" default:"0" range:"[0,9e15]"`
	FirstStep     int            `spec:"first_step" default:"0" range:"[0,9e15]"`
	FirstMember   int            `spec:"first_member" default:"0" range:"[0,9e15]"`
	Threads       int            `spec:"threads" default:"0" range:"[0,4096]"`
	Saving        saving         `spec:"checkpoint" default:"null"`
	Version       version        `spec:"version" default:"null"`
}

// learning is the runner of a training: its history grows while it runs, its states come at the end.
type learning struct {
	shelf
	trainer *learn.Trainer
	plan    learn.Plan
	saver   *saver
	workers int
	team    *par.Team
	shown   []result // columns of the history
	asked   *Served
	more    []int64 // what the caller says of a batch: whether there is one
	number  []int64 // 0 where a batch is asked for, 1 an evaluation; of which step
	began   int64
}

func newLearning(raw []byte, in spec.Inputs, inputs []*array.Array, alloc memory.Allocator, j *Job) (_ *learning, err error) {
	var t training
	if err = spec.Decode(raw, &t, in); err != nil {
		return nil, err
	}
	l := &learning{shelf: shelf{alloc: alloc}, workers: t.Threads, more: make([]int64, 1), number: make([]int64, 2)}
	if l.workers == 0 {
		l.workers = par.Threads()
	}
	defer func() {
		if err != nil {
			l.release()
		}
	}()
	r := &request{verb: "learn", seed: t.Seed, saving: t.Saving.checkpoint}
	if r.saving != nil {
		if l.saver, err = newSaver(r, raw, inputs); err != nil {
			return nil, err
		}
	}
	if err = r.drawSeed(); err != nil {
		return nil, err
	}
	l.plan = learn.Plan{Key: rng.New(r.seed.value).Fold(forLearning), First: uint64(t.FirstMember), Begin: int64(t.FirstStep), Steps: int64(t.Steps), Every: int64(t.Every),
		EvaluateEvery: int64(t.EvaluateEvery), Ask: func(_ context.Context, step int64) (bool, error) { return l.ask(j, 0, step) },
		Look: func(_ context.Context, after int64) error { _, err := l.ask(j, 1, after); return err }}
	if (t.System.Evaluate.Source() != nil || len(t.System.Asked) > 0) && t.EvaluateEvery == 0 {
		return nil, spec.Expected("learn.evaluate_every", "at least 1", 0)
	}
	if t.System.Sourced {
		if l.plan.Source, err = t.Source.open(r.seed, in); err != nil {
			return nil, err
		}
	}
	l.plan.Afford = func(bytes int) error {
		_, err := planned(bytes, 1, fmt.Sprintf("a training of %d arrays", len(t.System.State)))
		return err
	}
	if l.trainer, err = t.System.Open(l.plan); err != nil {
		return nil, err
	}
	if err = l.columns(&t.System); err != nil {
		return nil, err
	}
	if t.System.Asks || len(t.System.Asked) > 0 {
		l.serve()
	}
	if l.saver != nil && l.saver.resume != nil {
		if err = l.restore(j); err != nil {
			return nil, err
		}
	}
	l.began, _ = l.trainer.Steps()
	j.note("seed", fmt.Sprint(r.seed.value))
	j.note("threads", l.workers)
	j.note("bytes", l.trainer.Bytes())
	l.tell(j)
	return l, nil
}

// Purposes of a training's keys.
const (
	forLearning = 0x6c6561726e
	forSource   = 0x736f75726365
)

// columns takes the memory of the history.
func (l *learning) columns(t *learn.Training) error {
	add := func(names []string, rows int64, axis string) (all []*array.Array, err error) {
		for _, name := range names {
			shape, dims := []int{int(rows)}, []string{axis}
			if t.Members > 0 {
				shape, dims = []int{t.Members, int(rows)}, []string{"member", axis}
			}
			a, err := array.New(l.alloc, array.Float64, shape...)
			if err != nil {
				return all, err
			}
			a.Name = name
			all = append(all, a)
			l.shown = append(l.shown, result{a, shape, dims, axis})
		}
		return all, nil
	}
	var err error
	if l.trainer.History, err = add(t.Records, l.plan.Rows(), "step"); err != nil {
		return err
	}
	l.trainer.Evaluated, err = add(append(t.Evaluations[:len(t.Evaluations):len(t.Evaluations)], t.Asked...), l.plan.Evaluations(), "evaluation")
	return err
}

// serve lends what the caller fills: the batch, with whether there was one, and evaluations of what it is shown.
func (l *learning) serve() {
	l.asked = &Served{Walkers: 1, Configurations: lent(&array.Array{Name: "number", Dtype: array.Int64, Shape: []int{2}, Data: array.Bytes(l.number)})}
	lend := func(name string, all ...*array.Array) {
		for _, a := range all {
			b := lent(a)
			b.Name = name
			l.asked.Answers = append(l.asked.Answers, b)
		}
	}
	show := l.trainer.Show
	lend("more", array.Borrow("", array.Int64, []int{}, array.Bytes(l.more)))
	lend("batch", l.trainer.Batch...)
	lend("state", show.State...)
	lend("keys", array.Borrow("", array.Int64, []int{len(show.Keys)}, array.Bytes(show.Keys)))
	lend("found", show.Found...)
}

func (l *learning) ask(j *Job, what, step int64) (bool, error) {
	l.number[0], l.number[1], l.more[0] = what, step, 0
	if err := j.ask(); err != nil {
		return false, err
	}
	return l.more[0] != 0, nil
}

func (l *learning) tell(j *Job) {
	k, _ := l.trainer.Steps()
	_, evaluations := l.trainer.Filled()
	j.note("evaluated", evaluations)
	j.note("steps", k)
	j.report(Progress{Done: float64(k), Total: float64(l.plan.Steps), Unit: "step", Phase: "learning", from: float64(l.began)})
}

func (l *learning) run(j *Job) error {
	l.team = par.NewTeam(l.workers)
	defer l.team.Close()
	defer l.trainer.Close()
	if l.saver != nil {
		defer l.saver.close()
	}
	err := l.advance(j)
	for _, s := range l.trainer.Strange() {
		j.event(Event{"nonfinite", fmt.Sprintf("the evaluation %s is not finite, first after step %d", s.Name, s.Step),
			map[string]any{"name": s.Name, "count": s.Count, "step": s.Step, "member": s.Member}})
	}
	if e := l.keepStates(err); e != nil && err == nil {
		err = e
	}
	if l.saver != nil && (err == nil || errors.Is(err, context.Canceled)) {
		if e := l.save(j); err == nil {
			err = e
		}
	}
	l.trainer.Close()
	l.tellSource(j)
	return err
}

// tellSource adds what the kernels of the walkers report that gave the batches, and says where their density was no number.
func (l *learning) tellSource(j *Job) {
	if l.plan.Source == nil {
		return
	}
	info, undefined := l.plan.Source.Ensemble.Info(), 0.0
	for _, x := range info["undefined"] {
		undefined += x
	}
	l.Note("source", info)
	if undefined > 0 {
		j.event(Event{"nonfinite", fmt.Sprintf("the density of the source or its gradient was not a number at %.0f points, which were rejected: what lies there is missing", undefined),
			map[string]any{"count": undefined}})
	}
}

func (l *learning) advance(j *Job) (err error) {
	defer par.Guard(&err)
	for {
		lap, err := j.sync()
		if err != nil {
			return err
		}
		if l.saver != nil && l.saver.due() {
			if err := l.save(j); err != nil {
				return err
			}
		}
		err = l.trainer.Advance(lap, l.team, time.Now().Add(chunkTime))
		l.tell(j)
		if err != nil && !stopped(lap, err) {
			return err
		}
		if _, over := l.trainer.Steps(); over {
			return nil
		}
	}
}

// keepStates adds the last state, the best, and what a step was given that failed.
func (l *learning) keepStates(failed error) error {
	lists := map[string][]*array.Array{"state": l.trainer.Now()}
	if best, step := l.trainer.Best(); best != nil {
		lists["best"] = best
		l.Note("best_step", step)
	}
	if failed != nil && spec.Of(failed).Class == spec.NonFiniteError {
		lists["batch"] = l.trainer.Batch
	}
	for name, list := range lists {
		for k, a := range list {
			if err := l.keep(fmt.Sprintf("%s %d", name, k), a.Dtype, a.Shape, a.Shape, named(name, a.Shape, nil), a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *learning) results() []result {
	return append(l.shown[:len(l.shown):len(l.shown)], l.shelf.results()...)
}
func (l *learning) pausable() bool  { return true }
func (l *learning) saves() bool     { return l.saver != nil }
func (l *learning) served() *Served { return l.asked }

func (l *learning) filled() int64 {
	rows, _ := l.trainer.Filled()
	return rows
}

func (l *learning) release() {
	for _, r := range l.shown {
		r.data.Release()
	}
	l.shown = nil
	l.shelf.release()
	if l.saver != nil {
		l.saver.close()
	}
}

func (l *learning) save(j *Job) error {
	k, _ := l.trainer.Steps()
	err := l.saver.write(func(w io.Writer) error {
		var own bytes.Buffer
		if err := l.trainer.Save(&own); err != nil {
			return err
		}
		return saved.Put(w, int64(own.Len()), own.Bytes())
	})
	if err == nil {
		j.event(Event{"checkpoint", fmt.Sprintf("checkpoint after %d steps", k), map[string]any{"path": l.saver.path, "filled": k, "seconds": l.saver.cost.Seconds()}})
	}
	return err
}

func (l *learning) restore(j *Job) error {
	r, left, err := limited(l.saver.resume)
	var length int64
	if err == nil {
		err = saved.Get(r, &length)
	}
	if err == nil && (length < 0 || length > left) {
		err = errShort
	}
	own := make([]byte, max(length, 0))
	if err == nil {
		_, err = io.ReadFull(r, own)
	}
	if err == nil {
		err = l.trainer.Load(bytes.NewReader(own))
	}
	if err != nil {
		return l.saver.fault("it is damaged: %s", spec.Of(err).Message).Try("again after deleting the file; the run starts anew")
	}
	k, _ := l.trainer.Steps()
	j.note("resumed", map[string]any{"path": l.saver.path, "filled": k})
	j.event(Event{"resumed", fmt.Sprintf("continues %s after %d steps", l.saver.path, k), map[string]any{"path": l.saver.path, "filled": k}})
	return nil
}

// source is a request to sample or simulate, whose walkers give the batches.
type source struct {
	verb    string
	request json.RawMessage
	warmup  int64 // sweeps, or times what lies between two batches
	buffer  int
}

// DecodeSpec reads {"walkers": request, "warmup": n, "buffer": n}; null is none.
func (s *source) DecodeSpec(raw json.RawMessage, _ spec.Inputs, path string) error {
	if string(raw) == "null" {
		return nil
	}
	var w struct {
		Walkers json.RawMessage `json:"walkers"`
		Warmup  int64           `json:"warmup"`
		Buffer  int             `json:"buffer"`
	}
	var of struct {
		Verb string `json:"verb"`
	}
	err := json.Unmarshal(raw, &w)
	if err == nil {
		err = json.Unmarshal(w.Walkers, &of)
	}
	if err != nil || of.Verb != "sample" && of.Verb != "simulate" || w.Warmup < 0 || w.Warmup > 9e15 || w.Buffer < 1 || w.Buffer > 1<<20 {
		return spec.Expected(path, `{"walkers": a request to sample or simulate, "warmup": at least 0, "buffer": at least 1}`, clip(raw))
	}
	s.verb, s.request, s.warmup, s.buffer = of.Verb, w.Walkers, w.Warmup, w.Buffer
	return nil
}

// open makes the walkers, with keys from the training's seed.
func (s *source) open(from seed, in spec.Inputs) (*learn.Source, error) {
	if s.request == nil {
		return nil, spec.Expected("learn.source", "a request to sample or simulate", "null")
	}
	r, err := decode(s.verb, s.request, in)
	if err != nil {
		return nil, err
	}
	if _, asked := r.system.(contract.Attended); asked || r.entry.Open == nil {
		return nil, spec.Expected("learn.source", "walkers that move on their own", "a method that does not")
	}
	if err = r.planWalkers(); err != nil {
		return nil, err
	}
	r.seed = seed{rng.New(from.value).Fold(forSource).Word(), true}
	e, err := r.entry.Open(r.system, r.method, r.walkers(), r.start)
	if err != nil {
		return nil, err
	}
	return &learn.Source{Ensemble: e, Warmup: s.warmup, Sweeps: r.stride, Every: r.every, Buffer: s.buffer, Key: rng.New(r.seed.value).Fold(forSource)}, nil
}
