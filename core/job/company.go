package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/ergodica/ergodica/core/contract"
)

// inStep advances walkers whose target is evaluated elsewhere, each on a goroutine of its own, so that all of them ask at once; without a
// deadline, so that which of them do depends on nothing but their numbers.
func (k *walk) inStep(lap context.Context) error {
	err := contract.Company(lap, k.remote, len(k.state), func(ctx context.Context, w int) error { return k.slice(ctx, w, 1<<40, nil) })
	if err == nil {
		k.n = 0
	}
	return err
}

// together advances walkers that interact, all at once. It ends behind the marks and records of the tick that was reached, where a checkpoint can be
// written.
func (k *walk) together(lap context.Context) error {
	for {
		s, r := &k.state[0], k.req
		if !s.warm && s.tick >= r.warmup {
			for w := range k.state {
				k.ens.Warm(w)
				k.state[w].warm = true
			}
		}
		row := s.rows.Load()
		if !k.asks && row < r.records && s.tick == r.first+row*r.stride {
			for w := range k.state {
				k.record(w, row)
				k.state[w].rows.Store(row + 1)
			}
			row++
		}
		if s.tick >= k.limit {
			k.n = 0
			return nil
		}
		if lap.Err() != nil || !time.Now().Before(k.deadline) {
			return nil
		}
		if s.goal <= s.tick {
			stop := r.warmup
			if s.warm {
				stop = r.first + row*r.stride
			}
			s.goal = min(s.tick+k.budget.Load(), stop, max(k.limit, s.tick+1))
		}
		begun := time.Now()
		if err := k.allTo(lap, s.goal); err != nil {
			return err
		}
		switch took := time.Since(begun); {
		case took > 2*sliceTime:
			k.budget.Store(max(k.budget.Load()/2, 1))
		case took < sliceTime/2 && k.budget.Load() < 1<<40:
			k.budget.Store(2 * k.budget.Load())
		}
		for w := range k.state {
			k.state[w].tick, k.state[w].goal = s.goal, s.goal
		}
	}
}

// allTo takes back what a cancellation ended in the midst of an evaluation by the caller.
func (k *walk) allTo(lap context.Context, goal int64) error {
	if k.remote == nil {
		return k.all.AllTo(lap, goal, k.workers)
	}
	return attempt(k.ens, func() error { return k.all.AllTo(lap, goal, k.workers) })
}

// attempt calls f, and brings back the state from before where it was cancelled.
func attempt(state interface {
	Save(w io.Writer) error
	Load(r io.Reader) error
}, f func() error) error {
	var before bytes.Buffer
	if err := state.Save(&before); err != nil {
		return err
	}
	err := f()
	if errors.Is(err, context.Canceled) {
		if e := state.Load(&before); e != nil {
			return e
		}
	}
	return err
}
