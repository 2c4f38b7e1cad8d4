package sample

import (
	"bytes"
	"context"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/stretchr/testify/require"
)

// wide is u = sum_i (1 + i mod 7) z_i^2 / 2 in many dimensions.
type wide struct{}

func (wide) Size() int                                 { return long }
func (wide) Evaluator(int) (contract.Evaluator, error) { return wide{}, nil }
func (wide) Quantities() []contract.Quantity           { return nil }
func (wide) Recorder() (contract.Recorder, error)      { return nil, nil }

func (wide) Gradient(_ context.Context, _ *par.Team, kT float64, z, u, g []float64) error {
	u[0] = 0
	for i, x := range z {
		slope := float64(1+i%7) * x / kT
		u[0] += float64(0.5 * slope * x)
		if g != nil {
			g[i] = slope
		}
	}
	return nil
}

func (w wide) Value(ctx context.Context, team *par.Team, kT float64, z, u []float64) error {
	return w.Gradient(ctx, team, kT, z, u, nil)
}

// patience is a context that is done after so many looks at it.
type patience struct {
	context.Context
	left int
}

func (p *patience) Err() error {
	if p.left--; p.left < 0 {
		return context.Canceled
	}
	return nil
}

// In many dimensions a cancellation ends a transition in its midst, also one of the warm-up and while a step is looked for; the chain goes on to the same
// bits. Catches a kernel that waits for its last gradient, a state that is not put back.
func TestLongTransitionsAreCut(t *testing.T) {
	for _, name := range []string{"NUTS", "HMC", "MALA"} {
		state := func(e *ensemble) string {
			var b bytes.Buffer
			require.NoError(t, e.Save(&b))
			return b.String()
		}
		whole, parts := chains(t, wide{}, 1, 4, builders[name]), chains(t, wide{}, 1, 4, builders[name])
		cuts := 0
		for ticks := int64(1); ticks <= 6; ticks++ {
			require.NoError(t, whole.SweepTo(context.Background(), 0, ticks, nil))
			for after := 1; ; after = after*2 + 1 {
				begun := parts.chains[0].eval.gradients
				err := parts.SweepTo(&patience{context.Background(), after}, 0, ticks, nil)
				if err == nil {
					break
				}
				require.ErrorIs(t, err, context.Canceled)
				require.Equal(t, begun, parts.chains[0].eval.gradients, name)
				cuts++
			}
			require.Equal(t, state(whole), state(parts), "%s, tick %d", name, ticks)
		}
		require.Greater(t, cuts, 6, name)
	}
}
