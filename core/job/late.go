package job

import (
	"context"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// late is the runner of work on a target that the caller evaluates: it is prepared when the job runs and the caller answers, not before.
type late struct {
	req     *request
	target  contract.Attended
	prepare func() (runner, error)
	buffers []*array.Array // z, u, g, kT, what
	shown   *Served
	mu      sync.Mutex
	inner   runner
}

// What a question is about: the first number of the buffer "what"; the others are rows, and 1 for gradients.
const (
	askObservables = 0
	askEnergies    = 1
)

const reportTime = 100 * time.Millisecond

func newLate(r *request, t contract.Attended, alloc memory.Allocator, prepare func() (runner, error)) (l *late, err error) {
	l = &late{req: r, target: t, prepare: prepare}
	defer func() {
		if err != nil {
			l.release()
		}
	}()
	n := t.Size()
	rows := max(len(r.kT)*r.chains, min(1024, 1<<22/(n+1)))
	if _, err = planned(rows, 16*(n+1), "the questions to a function"); err != nil {
		return nil, err
	}
	for _, c := range []struct {
		name  string
		dtype array.Dtype
		shape []int
	}{{"z", array.Float64, []int{rows, n}}, {"u", array.Float64, []int{rows}}, {"g", array.Float64, []int{rows, n}}, {"kT", array.Float64, []int{rows}}, {"what", array.Int64, []int{3}}} {
		a, err := array.New(alloc, c.dtype, c.shape...)
		if err != nil {
			return nil, err
		}
		a.Name = c.name
		l.buffers = append(l.buffers, a)
	}
	l.shown = &Served{}
	for _, a := range l.buffers {
		l.shown.Energy = append(l.shown.Energy, lent(a))
	}
	return l, nil
}

func (l *late) run(j *Job) error {
	b, told := l.buffers, time.Now()
	l.target.Attend(contract.Rendezvous{Z: b[0], U: b[1], G: b[2], KT: b[3], Ask: func(_ context.Context, rows int, gradients bool) error {
		what := array.View[int64](b[4])
		what[0], what[1], what[2] = askEnergies, int64(rows), 0
		if gradients {
			what[2] = 1
		}
		if k, ok := l.now().(*walk); ok && time.Since(told) > reportTime { // all who move walkers wait for the answer
			k.tell(j)
			told = time.Now()
		}
		err := j.put(false)
		what[0] = askObservables
		return err
	}})
	inner, err := l.prepare()
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.inner = inner
	l.mu.Unlock()
	return inner.run(j)
}

func (l *late) now() runner {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inner
}

func (l *late) pausable() bool { return true }
func (l *late) saves() bool    { return l.req.saving != nil }

func (l *late) save(j *Job) error {
	if in, ok := l.now().(interface{ save(j *Job) error }); ok {
		return in.save(j)
	}
	return spec.Errorf(spec.CheckpointError, "this run has not begun")
}

func (l *late) filled() int64 {
	if in := l.now(); in != nil {
		return in.filled()
	}
	return 0
}

func (l *late) results() []result {
	if in := l.now(); in != nil {
		return in.results()
	}
	return nil
}

func (l *late) info() map[string]any {
	if in := l.now(); in != nil {
		return in.info()
	}
	return nil
}

func (l *late) served() *Served {
	s := *l.shown
	if in := l.now(); in != nil {
		if own := in.served(); own != nil {
			s.Walkers, s.Configurations, s.Answers = own.Walkers, own.Configurations, own.Answers
		}
	}
	return &s
}

func (l *late) release() {
	if in := l.now(); in != nil {
		in.release()
	}
	for _, a := range l.buffers {
		a.Release()
	}
	l.buffers = nil
}
