package array

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

func TestNewPlansBeforeItTakes(t *testing.T) {
	defer SetLimit(Limit())
	SetLimit(1000)
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	a, err := New(alloc, Float64, 5, 5)
	require.NoError(t, err)
	require.Equal(t, 25, a.Len())
	for _, x := range View[float64](a) {
		require.Zero(t, x)
	}
	a.Release()
	a.Release()

	_, err = New(alloc, Float64, 126)
	require.Equal(t, spec.MemoryError, spec.Of(err).Class)
	require.ErrorContains(t, err, "1008 bytes, the limit is 1000 bytes")
	_, err = New(alloc, Int8, math.MaxInt, 3)
	require.Equal(t, spec.MemoryError, spec.Of(err).Class)
	_, err = New(alloc, Int8, 3, -1)
	require.Equal(t, spec.ShapeError, spec.Of(err).Class)
	_, err = New(alloc, "float16", 3)
	require.Equal(t, spec.SpecError, spec.Of(err).Class)
	empty, err := New(alloc, Int8, 0, 3)
	require.NoError(t, err)
	require.Empty(t, View[int8](empty))
	empty.Release()
}

func TestColumnRowsAreDisjoint(t *testing.T) {
	c, err := NewColumn(memory.DefaultAllocator, "x", Int32, 3, 4, []int{2}, []string{"r"})
	require.NoError(t, err)
	for w := range 3 {
		for r := range 4 {
			row := Cast[int32](c.Row(w, r))
			row[0], row[1] = int32(w), int32(r)
		}
	}
	x := View[int32](c.Array)
	require.Equal(t, []int32{1, 2, 1, 3, 2, 0}, x[12:18])
	require.Equal(t, []int{3, 4, 2}, c.Shape)
}

func TestJoinRaggedCutsEveryWalkerAtTheSameRow(t *testing.T) {
	a, b := &Ragged{Dtype: Int64}, &Ragged{Dtype: Int64}
	big := make([]int64, 30_000) // more than one chunk
	for i := range big {
		big[i] = int64(i)
	}
	put := func(r *Ragged, x ...int64) { r.Append(FromSlice(Int64, x).Data) }
	put(a, 1, 2)
	put(a)
	put(a, 7)
	put(b, big...)
	put(b, 5)
	offsets, values, err := JoinRagged(memory.DefaultAllocator, []*Ragged{a, b}, 2)
	require.NoError(t, err)
	require.Equal(t, []int64{0, 2, 2, 30_002, 30_003}, View[int64](offsets))
	v := View[int64](values)
	require.Equal(t, []int64{1, 2, 0, 1, 2}, v[:5])
	require.Equal(t, []int64{29_999, 5}, v[30_001:])
}

func TestFieldReadsNumbersListsAndInputs(t *testing.T) {
	in := spec.Inputs{
		FromSlice(Int8, []int8{1, -1, 1, -1}, 2, 2),
		FromSlice(Float64, []float64{1, math.NaN()}),
		FromSlice(Complex128, []complex128{1}),
		"not an array",
	}
	var f Field
	require.NoError(t, f.DecodeSpec(json.RawMessage(`{"input":0}`), in, "J"))
	require.Equal(t, []float64{1, -1, 1, -1}, f.Values)
	require.Equal(t, []int{2, 2}, f.Shape)
	require.NoError(t, f.DecodeSpec(json.RawMessage(`2.5`), in, "J"))
	require.True(t, f.Uniform())
	require.Equal(t, 2.5, f.At(17))
	require.NoError(t, f.DecodeSpec(json.RawMessage(`[0, 0]`), in, "J"))
	require.True(t, f.Zero())
	for text, class := range map[string]spec.Class{
		`{"input":1}`: spec.NonFiniteError, `{"input":2}`: spec.ShapeError, `{"input":3}`: spec.InternalError, `{"input":9}`: spec.SpecError,
		`"inf"`: spec.NonFiniteError, `"x"`: spec.SpecError, `[1,"x"]`: spec.SpecError, `null`: spec.SpecError,
	} {
		err := f.DecodeSpec(json.RawMessage(text), in, "J")
		require.Error(t, err, text)
		require.Equal(t, class, spec.Of(err).Class, text)
	}
}

func TestFloat64sConvertsEveryRealDtype(t *testing.T) {
	for _, a := range []*Array{
		FromSlice(Float32, []float32{1, 2}), FromSlice(Int64, []int64{1, 2}), FromSlice(Int32, []int32{1, 2}), FromSlice(Int8, []int8{1, 2}),
		FromSlice(Uint8, []uint8{1, 2}), FromSlice(Uint64, []uint64{1, 2}), FromSlice(Float64, []float64{1, 2}),
	} {
		x, err := a.Float64s()
		require.NoError(t, err)
		require.Equal(t, []float64{1, 2}, x)
	}
	require.Equal(t, []int{1, 0, 2}, Unravel(8, []int{2, 2, 3}))
}
