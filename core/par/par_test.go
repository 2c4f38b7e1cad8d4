package par

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

func TestDoVisitsEveryIndexOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 7} {
		seen := make([]atomic.Int32, 1000)
		require.NoError(t, Do(context.Background(), workers, len(seen), func(i int) error { seen[i].Add(1); return nil }))
		for i := range seen {
			require.EqualValues(t, 1, seen[i].Load())
		}
	}
	require.NoError(t, Do(context.Background(), 3, 0, func(int) error { return errors.New("never") }))
}

func TestDoReturnsPanicsAndErrors(t *testing.T) {
	err := Do(context.Background(), 2, 10, func(i int) error {
		if i == 3 {
			var none []int
			_ = none[i]
		}
		return nil
	})
	require.Equal(t, spec.InternalError, spec.Of(err).Class)
	require.Contains(t, spec.Of(err).Stack, "par_test")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, Do(ctx, 2, 10, func(int) error { return nil }), context.Canceled)
}

func TestGoRecovers(t *testing.T) {
	require.Equal(t, spec.InternalError, spec.Of(<-Go(func() error { panic("x") })).Class)
	require.NoError(t, <-Go(func() error { return nil }))
}

func TestTeamRunsPhasesInOrder(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		team := NewTeam(n)
		var total atomic.Int64
		for phase := range 2000 {
			require.NoError(t, team.Run(func(int) { total.Add(1) }))
			require.EqualValues(t, (phase+1)*n, total.Load())
		}
		err := team.Run(func(w int) {
			if w == n-1 {
				panic("member")
			}
		})
		require.Equal(t, spec.InternalError, spec.Of(err).Class)
		require.NoError(t, team.Run(func(int) {}))
		team.Close()
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the helpers run when the caller lets them: it takes their shares
	team := NewTeam(3)
	defer team.Close()
	for range 2000 {
		var seen [3]atomic.Int32
		require.NoError(t, team.Run(func(w int) { seen[w].Add(1) }))
		for w := range seen {
			require.EqualValues(t, 1, seen[w].Load())
		}
	}
	var none *Team
	require.Equal(t, 1, none.Size())
	require.NoError(t, none.Run(func(int) {}))
	none.Close()
}
