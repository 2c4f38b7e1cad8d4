package sample

import (
	"bytes"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// rollback holds a chain's state from before a transition. Where the caller of the library evaluates the target, a cancellation ends a transition in
// its midst, also while a step size is looked for; the chain then is put back, so that it goes on to the bits of one that was not cancelled.
type rollback struct{ state bytes.Buffer }

func attended(t contract.Target) bool {
	_, ok := t.(contract.Attended)
	return ok
}

func (r *rollback) keep(c *chain) error {
	r.state.Reset()
	return saved.Put(&r.state, c.saved()...)
}

func (r *rollback) back(c *chain) error {
	c.as = -1
	return saved.Get(&r.state, c.saved()...)
}
