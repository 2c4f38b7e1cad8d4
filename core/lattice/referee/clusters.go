package referee

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
)

// Grows interrupts walkers while a cluster grows: one that goes on, and one that is saved and read, by itself or by a fresh one, end as an uninterrupted one. It
// asks for so many interruptions at least.
func Grows(t *testing.T, fresh func() contract.Ensemble, sweeps int64, least int) {
	ctx := context.Background()
	whole, on, read := fresh(), fresh(), fresh()
	none(t, whole.SweepTo(ctx, 0, sweeps, nil))
	stops := 0
	for {
		err := on.SweepTo(&Countdown{ctx, 1}, 0, sweeps, nil)
		if err == nil {
			break
		}
		holds(t, errors.Is(err, context.Canceled), "%v", err)
		stops++
	}
	holds(t, stops >= least, "expected at least %d interruptions, got %d", least, stops)
	for i := 0; ; i++ {
		err := read.SweepTo(&Countdown{ctx, 1 + i%7}, 0, sweeps, nil)
		if err == nil {
			break
		}
		var saved bytes.Buffer
		none(t, read.Save(&saved))
		if i%2 == 0 {
			read = fresh()
		}
		none(t, read.Load(&saved))
	}
	var a, b, c bytes.Buffer
	none(t, whole.Save(&a))
	none(t, on.Save(&b))
	none(t, read.Save(&c))
	holds(t, bytes.Equal(a.Bytes(), b.Bytes()), "a walker that goes on ends elsewhere")
	holds(t, bytes.Equal(a.Bytes(), c.Bytes()), "a walker that was saved ends elsewhere")
}
