package job

import (
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// A look gives configurations as they stand, of the walkers asked for, while the job runs, pauses and has ended. Catches: the step over walkers left
// out, and a look that a long sweep keeps waiting.
func TestLook(t *testing.T) {
	j := begin(t, method(ask{"pause": 1000, "parts": 1000}), ask{"sweeps": 1000, "kT": []float64{1, 2}, "chains": 3, "scan": []string{"kT"}})
	dtype, shape, err := j.Layout()
	require.NoError(t, err)
	require.Equal(t, array.Int8, dtype)
	require.Equal(t, []int{3}, shape)
	all, some := make([]byte, 18), make([]byte, 6)
	require.True(t, j.Pause())
	for j.Snapshot().State != Paused {
		time.Sleep(time.Millisecond)
	}
	for dst, from := range map[*[]byte][2]int{&all: {0, 1}, &some: {1, 3}} {
		did, err := j.Look(*dst, from[0], from[1])
		require.NoError(t, err)
		require.True(t, did)
	}
	require.Equal(t, append(append([]byte{}, all[3:6]...), all[12:15]...), some)
	for _, bad := range [][3]int{{6, 0, 6}, {6, -1, 1}, {0, 0, 1}, {7, 0, 1}, {6, 0, 0}, {21, 0, 1}} {
		_, err := j.Look(make([]byte, bad[0]), bad[1], bad[2])
		require.Equal(t, spec.ShapeError, spec.Of(err).Class, bad)
	}
	require.True(t, j.Resume())
	begun := time.Now()
	did, err := j.Look(all, 0, 1)
	require.NoError(t, err)
	require.True(t, did)
	require.Less(t, time.Since(begun), 500*time.Millisecond, "a sweep lasts a second")
	j.Cancel()
	end(t, j)
	did, err = j.Look(all, 0, 1)
	require.NoError(t, err)
	require.False(t, did)
}
