package contract

import (
	"context"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
)

// Attended is a target that is evaluated by whoever called the library: a function in Python. All evaluators put their rows together and ask once.
type Attended interface {
	Target
	// Attend gives the buffers z (rows, n), u (rows), g (rows, n), kT (rows), and what puts the first rows of them to the caller, with or without
	// gradients; it returns when u and g are answered.
	Attend(b Rendezvous)
	// Enter says that n callers evaluate from now on, each until it Leaves: a question is put when all of them wait for an answer, rows in the
	// order of their evaluators. While nobody has entered each question is put at once.
	Enter(n int)
	Leave()
}

// Rendezvous is where questions are put.
type Rendezvous struct {
	Z, U, G, KT *array.Array
	Ask         func(ctx context.Context, rows int, gradients bool) error
}

// Asks is an ensemble whose target may be evaluated by the library's caller.
type Asks interface{ Asked() Attended } // nil: it is not

// AskedOf is who evaluates an ensemble's target, nil where that is no caller.
func AskedOf(e Ensemble) Attended {
	if a, ok := e.(Asks); ok {
		return a.Asked()
	}
	return nil
}

// Each is par.Do for work on an ensemble's walkers. Where the caller evaluates their target all n are at work at once, so that what they ask for together
// is one question.
func Each(ctx context.Context, e Ensemble, workers, n int, fn func(ctx context.Context, i int) error) error {
	if a := AskedOf(e); a != nil {
		return Company(ctx, a, n, fn)
	}
	return par.Do(ctx, workers, n, func(i int) error { return fn(ctx, i) })
}

// Company runs n callers, each on a goroutine of its own, who ask in step until they are done. The first that fails ends all. All begin, also when ctx is
// done: nobody waits for one who never came.
func Company(ctx context.Context, a Attended, n int, fn func(ctx context.Context, i int) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var first error
	var once sync.Once
	one := func(i int) (err error) {
		defer par.Guard(&err)
		return fn(ctx, i)
	}
	a.Enter(n)
	err := par.Do(context.WithoutCancel(ctx), n, n, func(i int) error {
		defer a.Leave()
		if ctx.Err() != nil {
			return nil
		}
		if err := one(i); err != nil && ctx.Err() == nil {
			once.Do(func() { first = err })
			stop() // those who would wait for it
		}
		return nil
	})
	switch {
	case first != nil:
		return first
	case err != nil:
		return err
	}
	return ctx.Err()
}
