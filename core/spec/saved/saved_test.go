package saved

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/spec"
)

// What was put is got, in an order of bytes that no machine changes; a state that is cut anywhere is refused by its class.
func TestPutGet(t *testing.T) {
	type pair struct {
		A int32
		B float64
	}
	var b bytes.Buffer
	require.NoError(t, Put(&b, int64(-2), &pair{3, 0.5}, []int8{1, -1}, uint32(0x01020304)))
	require.Equal(t, []byte{4, 3, 2, 1}, b.Bytes()[b.Len()-4:])
	for n := range b.Len() + 1 {
		var x int64
		var p pair
		s, u := make([]int8, 2), uint32(0)
		err := Get(bytes.NewReader(b.Bytes()[:n]), &x, &p, s, &u)
		if n < b.Len() {
			require.Equal(t, spec.CheckpointError, spec.Of(err).Class, "%d bytes", n)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []any{int64(-2), pair{3, 0.5}, []int8{1, -1}, uint32(0x01020304)}, []any{x, p, s, u})
	}
}
