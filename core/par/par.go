// Package par is the one place that starts goroutines. Everything it runs is recovered: a panic in any worker becomes an
// InternalError with its stack, never the end of the process.
package par

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/ergodica/ergodica/core/spec"
)

var threads atomic.Int64

// Threads is the number of workers that a job may use; by default the number of CPUs.
func Threads() int {
	if n := threads.Load(); n > 0 {
		return int(n)
	}
	return runtime.NumCPU()
}

// SetThreads fixes the number of workers; n < 1 restores the default. No result depends on it.
func SetThreads(n int) { threads.Store(int64(n)) }

// Guard recovers a panic into *err: a *spec.Error as itself (an allocator without memory), a cancellation too, anything else as an InternalError with its stack.
// It is deferred at the top of every export and goroutine.
func Guard(err *error) {
	if r := recover(); r != nil {
		if e, typed := r.(*spec.Error); typed {
			*err = e
			return
		}
		if e, typed := r.(error); typed && errors.Is(e, context.Canceled) { // of an evaluation in the midst of what returns no error
			*err = e
			return
		}
		e := spec.Errorf(spec.InternalError, "%v", r)
		e.Stack = string(debug.Stack())
		*err = e
	}
}

// Go runs fn on its own goroutine and sends its error, or what it panicked with.
func Go(fn func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		defer Guard(&err)
		debug.SetPanicOnFault(true)
		err = fn()
	}()
	return done
}

// Do calls fn(0..n-1) on at most workers goroutines (0: Threads()), in any order. After the first error, or when ctx is done, no further
// call starts; the error of the smallest index is returned, or ctx.Err().
func Do(ctx context.Context, workers, n int, fn func(i int) error) error {
	if workers < 1 {
		workers = Threads()
	}
	workers = min(workers, n)
	call := func(i int) (err error) {
		defer Guard(&err)
		return fn(i)
	}
	if workers <= 1 {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := call(i); err != nil {
				return err
			}
		}
		return nil
	}
	var (
		next  atomic.Int64
		stop  atomic.Bool
		mu    sync.Mutex
		first = n
		cause error
		wait  sync.WaitGroup
	)
	for range workers {
		wait.Go(func() {
			debug.SetPanicOnFault(true)
			for !stop.Load() && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := call(i); err != nil {
					stop.Store(true)
					mu.Lock()
					if i < first {
						first, cause = i, err
					}
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	if cause != nil {
		return cause
	}
	return ctx.Err()
}
