package cmem

import (
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

var _ memory.Allocator = Allocator{}

func TestAlignedZeroedCounted(t *testing.T) {
	var a Allocator
	before := Held()
	for _, n := range []int{1, 7, 64, 1000, 1 << 20} {
		b := a.Allocate(n)
		require.Zero(t, uintptr(unsafe.Pointer(&b[0]))%64)
		require.Equal(t, make([]byte, n), b)
		for i := range b {
			b[i] = 0xff // the next block of this place must be zeroed
		}
		b = a.Reallocate(2*n, b)
		require.EqualValues(t, 0xff, b[n-1])
		require.Zero(t, b[n])
		b = a.Reallocate(1, b)
		require.Equal(t, before+1, Held())
		a.Free(b)
	}
	a.Free(a.Allocate(0))
	a.Free(a.Reallocate(0, a.Allocate(64)))
	a.Free(nil)
	require.Equal(t, before, Held())
	require.Positive(t, Physical())
}

func TestNoMemoryIsAnError(t *testing.T) {
	for _, n := range []int{1 << 62, -1} {
		err := func() (err error) {
			defer par.Guard(&err)
			Allocator{}.Allocate(n)
			return nil
		}()
		require.Equal(t, spec.MemoryError, spec.Of(err).Class)
	}
	err := func() (err error) {
		defer par.Guard(&err)
		_, err = array.New(Allocator{}, array.Int8, 1<<62)
		return err
	}()
	require.Equal(t, spec.MemoryError, spec.Of(err).Class)
	require.Zero(t, Held())
}
