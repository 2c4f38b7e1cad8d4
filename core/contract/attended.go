package contract

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
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
