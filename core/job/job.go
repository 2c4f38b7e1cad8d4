package job

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// State is where a job stands.
type State string

// The states of a job; the last three are ends.
const (
	Running   State = "running"
	Request   State = "request" // waits for the caller to evaluate its quantities
	Paused    State = "paused"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

func (s State) ended() bool { return s == Done || s == Failed || s == Cancelled }

// runner is the work of a job: walkers that are recorded, a solver, a statistic.
type runner interface {
	// run does the work on the job's goroutine; ctx.Err() of the job means that it was cancelled.
	run(j *Job) error
	pausable() bool
	saves() bool          // has a checkpoint
	filled() int64        // complete records
	results() []result    // may grow until the end
	info() map[string]any // called once, after the end
	served() *Served      // buffers of the rendezvous, or nil
	release()
}

// Job is one request at work. All methods may be called from any goroutine.
type Job struct {
	ctx    context.Context
	cancel context.CancelFunc
	runner runner
	calls  chan func()   // to be made between two chunks
	ended  chan struct{} // closed at the end
	begun  time.Time

	mu         sync.Mutex
	changed    chan struct{} // closed and made anew when the state changes
	state      State
	pausing    bool
	paused     time.Duration // time spent paused
	lap        context.Context
	breakLap   context.CancelFunc // ends a chunk early
	progress   Progress
	events     []Event
	dropped    int
	asked      int64 // number of requests so far
	answers    chan error
	err        *spec.Error
	notes      map[string]any
	closed     bool
	finishedIn time.Duration
}

// mostEvents are kept between two calls of Wait.
const mostEvents = 1000

// Held tells how many bytes of alloc's kind are in use beside the job that is being planned; the door sets it.
var Held = func() int64 { return 0 }

// Open checks a request, plans and takes its memory from alloc, and starts it. The inputs must live until Close.
func Open(raw []byte, inputs []*array.Array, alloc memory.Allocator) (_ *Job, err error) {
	defer par.Guard(&err)
	var head struct {
		Verb *string `json:"verb"`
	}
	if err := json.Unmarshal(raw, &head); err != nil || head.Verb == nil {
		return nil, spec.Expected("request", `a JSON object with a "verb"`, clip(raw))
	}
	j := &Job{calls: make(chan func(), 16), ended: make(chan struct{}), changed: make(chan struct{}), state: Running, answers: make(chan error, 1), begun: time.Now(), notes: map[string]any{}}
	if j.runner, err = prepare(*head.Verb, raw, inputs, alloc, j); err != nil {
		return nil, err
	}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	j.lap, j.breakLap = context.WithCancel(j.ctx)
	par.Go(func() error {
		j.finish(j.guarded())
		return nil
	})
	return j, nil
}

func prepare(verb string, raw []byte, inputs []*array.Array, alloc memory.Allocator, j *Job) (runner, error) {
	in := make(spec.Inputs, len(inputs))
	for k, a := range inputs {
		in[k] = a
	}
	if verb == "stats" {
		return newStatistic(raw, in, inputs, alloc)
	}
	if verb == "learn" {
		return newLearning(raw, in, inputs, alloc, j)
	}
	r, err := decode(verb, raw, in)
	if err != nil {
		return nil, err
	}
	j.notes["accuracy"], j.notes["cite"] = r.entry.Accuracy, r.entry.Cite
	if m, ok := r.method.(interface{ Accuracy() string }); ok { // of the scheme that it asks for
		j.notes["accuracy"] = m.Accuracy()
	}
	if verb == "solve" {
		return newSolution(r, alloc), nil
	}
	begin := func() (runner, error) {
		if r.entry.Stages != nil {
			return newStages(r, raw, inputs, alloc, j)
		}
		return newWalk(r, raw, inputs, alloc, j)
	}
	if t, ok := r.system.(contract.Attended); ok {
		return newLate(r, t, alloc, begin)
	}
	return begin()
}

func (j *Job) guarded() (err error) {
	defer par.Guard(&err)
	return j.runner.run(j)
}

func (j *Job) finish(err error) {
	info := j.lastInfo()
	j.mu.Lock()
	for k, v := range info {
		j.notes[k] = v
	}
	j.finishedIn = time.Since(j.begun) - j.paused
	switch {
	case err == nil:
		j.state = Done
	case j.ctx.Err() != nil && errors.Is(err, context.Canceled):
		j.state = Cancelled
		j.err = spec.Errorf(spec.Interrupted, "interrupted after %d records", j.runner.filled())
	default:
		j.state, j.err = Failed, spec.Of(err)
	}
	close(j.ended)
	j.tell()
	j.mu.Unlock()
	j.cancel()
}

func (j *Job) lastInfo() (info map[string]any) {
	var err error
	defer par.Guard(&err)
	return j.runner.info()
}

// tell wakes whoever waits for a change of state. The lock is held.
func (j *Job) tell() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// event keeps something that happened for the next Wait.
func (j *Job) event(e Event) {
	j.mu.Lock()
	if len(j.events) < mostEvents {
		j.events = append(j.events, e)
	} else {
		j.dropped++
	}
	j.mu.Unlock()
}

// report takes the runner's progress.
func (j *Job) report(p Progress) {
	j.mu.Lock()
	j.progress = p
	j.mu.Unlock()
}

func (j *Job) note(key string, value any) {
	j.mu.Lock()
	j.notes[key] = value
	j.mu.Unlock()
}

// sync is the runner's stop between two chunks: it makes waiting calls, sleeps while paused, and gives the context of the next chunk, which
// ends early when something waits. The job's ctx.Err() is returned once it is cancelled.
func (j *Job) sync() (context.Context, error) {
	for {
		select {
		case call := <-j.calls:
			call()
			continue
		default:
		}
		if err := j.ctx.Err(); err != nil {
			return nil, err
		}
		j.mu.Lock()
		if !j.pausing {
			if j.lap.Err() != nil {
				j.lap, j.breakLap = context.WithCancel(j.ctx)
			}
			lap, waiting := j.lap, len(j.calls)
			j.mu.Unlock()
			if waiting > 0 {
				continue
			}
			return lap, nil
		}
		if j.state != Paused {
			j.state = Paused
			j.tell()
		}
		change, since := j.changed, time.Now()
		j.mu.Unlock()
		select {
		case <-change:
		case <-j.ctx.Done():
		case call := <-j.calls:
			call()
		}
		j.mu.Lock()
		j.paused += time.Since(since)
		j.mu.Unlock()
	}
}

// interrupt ends the chunk that is running.
func (j *Job) interrupt() {
	j.mu.Lock()
	j.breakLap()
	j.mu.Unlock()
}

// Wait returns the status when the job ends, asks, or pauses, at the latest after the given time, with the events since the last Wait.
func (j *Job) Wait(most time.Duration) *Status {
	timer := time.NewTimer(max(most, 0))
	defer timer.Stop()
	for entered := State(""); ; {
		j.mu.Lock()
		state, change := j.stands(), j.changed
		j.mu.Unlock()
		if entered == "" {
			entered = state
		}
		if state.ended() || state == Request || state != entered || most <= 0 {
			return j.status(true)
		}
		select {
		case <-change:
		case <-timer.C:
			return j.status(true)
		}
	}
}

// Snapshot is the status now, without taking the events: its Filled records are an immutable prefix.
func (j *Job) Snapshot() *Status { return j.status(false) }

// Pause stops the job between two chunks, in the midst of long sweeps too; false where that cannot be.
func (j *Job) Pause() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state.ended() || !j.runner.pausable() {
		return false
	}
	j.pausing = true
	j.breakLap()
	return true
}

// Resume lets a paused job go on.
func (j *Job) Resume() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state.ended() || !j.pausing {
		return false
	}
	j.pausing = false
	if j.state == Paused {
		j.state = Running
	}
	j.tell()
	return true
}

// Cancel ends the job within 0.1 s; its complete records are kept. False if it had ended.
func (j *Job) Cancel() bool {
	j.mu.Lock()
	ended := j.state.ended()
	j.mu.Unlock()
	j.cancel()
	return !ended
}

// Checkpoint writes one now and returns when it is on disk; false if the job had ended (it wrote one then).
func (j *Job) Checkpoint() (bool, error) {
	w, ok := j.runner.(interface{ save(j *Job) error })
	if !ok || !j.runner.saves() {
		return false, spec.Errorf(spec.CheckpointError, "this run has no checkpoint").Try(`checkpoint="run.ckpt" in the call that starts it`)
	}
	reply := make(chan error, 1)
	select {
	case <-j.ended:
		return false, nil
	case j.calls <- func() { reply <- w.save(j) }:
	}
	j.interrupt()
	select {
	case err := <-reply:
		return err == nil, err
	case <-j.ended:
		return false, nil
	}
}

// Take gives result k, retained: the caller releases its buffer.
func (j *Job) Take(k int) (*array.Array, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil, spec.Errorf(spec.ClosedError, "this job is closed")
	}
	all := j.runner.results()
	if k < 0 || k >= len(all) {
		return nil, spec.Expected("result", "an index below the number of results", k)
	}
	a := *all[k].data
	if b := a.Buffer(); b != nil {
		b.Retain()
	}
	return &a, nil
}

// Close cancels, waits for the end, and releases everything; false if it was closed.
func (j *Job) Close() bool {
	j.cancel()
	<-j.ended
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return false
	}
	j.closed = true
	j.runner.release()
	return true
}

// ask puts a request to the caller and waits for its answer; calls are made meanwhile.
func (j *Job) ask() error { return j.put(true) }

// put is ask, or, where walkers stand in the midst of a step, leaves calls for later.
func (j *Job) put(calls bool) error {
	var made chan func()
	if calls {
		made = j.calls
	}

	j.mu.Lock()
	j.asked++
	j.state = Request
	j.tell()
	j.mu.Unlock()
	for {
		select {
		case err := <-j.answers:
			return err
		case call := <-made:
			call()
		case <-j.ctx.Done():
			j.mu.Lock()
			if j.state == Request {
				j.state = Running
			}
			j.mu.Unlock()
			return j.ctx.Err()
		}
	}
}

// stands is the state as it is told: once cancelled, a job asks for nothing. The lock is held.
func (j *Job) stands() State {
	if j.state == Request && j.ctx.Err() != nil {
		return Running
	}
	return j.state
}

// answer hands an answer to the runner, if request is the one that waits.
func (j *Job) answer(request int64, err error) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != Request || j.asked != request {
		return false
	}
	j.state = Running
	j.tell()
	j.answers <- err
	return true
}

// Next answers a request (0: none) and waits for the next one: its number, 0 when the job has ended, -1 when time is over.
func (j *Job) Next(answered int64, most time.Duration) (int64, error) {
	if answered != 0 && !j.answer(answered, nil) {
		select {
		case <-j.ended: // cancelled meanwhile
			return 0, nil
		default:
		}
		if j.ctx.Err() == nil {
			return 0, spec.Expected("answered", "the number of the request that waits, or 0", answered)
		}
	}
	timer := time.NewTimer(max(most, 0))
	defer timer.Stop()
	for {
		j.mu.Lock()
		state, asked, change := j.stands(), j.asked, j.changed
		j.mu.Unlock()
		if state.ended() {
			return 0, nil
		}
		if state == Request {
			return asked, nil
		}
		select {
		case <-change:
		case <-timer.C:
			return -1, nil
		}
	}
}

// Fail ends the job with a PythonError: the evaluation of a request raised. False if that request does not wait.
func (j *Job) Fail(request int64, message string) bool {
	return j.answer(request, spec.Errorf(spec.PythonError, "%s", message))
}

func (j *Job) status(take bool) *Status {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := &Status{State: j.stands(), Progress: j.progress, Filled: j.runner.filled(), Python: j.runner.served(), Error: j.err, Info: maps.Clone(j.notes)}
	if s.State == Request {
		s.Request = j.asked
	}
	s.Progress.Seconds = j.finishedIn.Seconds()
	if !j.state.ended() {
		s.Progress.Seconds = (time.Since(j.begun) - j.paused).Seconds()
	}
	if made := s.Progress.Done - s.Progress.from; made > 0 && s.Progress.Seconds > 0 {
		s.Progress.Rate = made / s.Progress.Seconds
	}
	if !j.closed {
		for _, r := range j.runner.results() {
			s.Results = append(s.Results, r.shown(s.Filled))
		}
	}
	s.Events = slices.Clone(j.events)
	if j.dropped > 0 {
		s.Events = append(s.Events, Event{Kind: "dropped", Message: "more events than are kept", Fields: map[string]any{"count": j.dropped}})
	}
	if take {
		j.events, j.dropped = nil, 0
	}
	return s
}
