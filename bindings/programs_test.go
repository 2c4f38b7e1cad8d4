package native

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

const wireSum = `{"version":1,"inputs":[{"dtype":"float64","shape":[%d]}],"ops":["mul","reduce_sum"],"code":[0,1],"args":[[0,0],[1]],"attrs":[{"axes":[0]}],"attr":[-1,0],"outputs":[2]}`

func compileSum(t testing.TB, n int) int64 {
	id, err := ProgramCompile(fmt.Sprintf(`{"program":%s,"outputs":[{"dtype":"float64","shape":[]}]}`, fmt.Sprintf(wireSum, n)))
	require.NoError(t, err)
	return id
}

// held keeps what was lent on the heap: stacks move when they grow.
var held []any

func address[T any](x []T) int64 {
	held = append(held, x)
	return int64(uintptr(unsafe.Pointer(unsafe.SliceData(x))))
}

func TestProgramRunsOnRawMemory(t *testing.T) {
	id := compileSum(t, 3)
	x, y := []float64{1, 2, 3}, []float64{0}
	block := []int64{address(x), address(y)}
	for range 3 {
		ticket, err := ProgramRun(id, address(block))
		require.NoError(t, err)
		require.Zero(t, ticket)
		require.Equal(t, 14.0, y[0])
	}
	for _, form := range []string{"source", "compiled", "stages"} {
		text, err := ProgramShow(id, form)
		require.NoError(t, err)
		require.NotEmpty(t, text)
	}
	did, err := ProgramFree(id)
	require.True(t, did)
	require.NoError(t, err)
	did, err = ProgramFree(id)
	require.False(t, did)
	require.NoError(t, err)
	_, err = ProgramRun(id, address(block))
	require.ErrorContains(t, err, "ClosedError")
}

// A call into missing or wild memory, a wrong form, a wrong expectation: an error each, never the end of the process.
func TestProgramRefuses(t *testing.T) {
	id := compileSum(t, 3)
	y := []float64{0}
	for _, block := range [][]int64{{0, address(y)}, {address(y), 0}, {64, 64}} {
		_, err := ProgramRun(id, address(block))
		require.Error(t, err)
	}
	for _, block := range []int64{0, 3} {
		_, err := ProgramRun(id, block)
		require.ErrorContains(t, err, "block")
	}
	_, err := ProgramShow(id, "picture")
	require.ErrorContains(t, err, "source")
	_, err = ProgramRun(-1, 8)
	require.ErrorContains(t, err, "ClosedError")
	_, err = ProgramWait(12345, 0)
	require.ErrorContains(t, err, "ClosedError")
	did, err := ProgramCancel(12345)
	require.NoError(t, err)
	require.False(t, did)
	p := fmt.Sprintf(wireSum, 3)
	for _, request := range []string{"", "{", "[]", `{"program":{}}`, fmt.Sprintf(`{"program":%s,"outputs":[]}`, p),
		fmt.Sprintf(`{"program":%s,"outputs":[{"dtype":"float32","shape":[]}]}`, p),
		fmt.Sprintf(`{"program":%s,"outputs":[{"dtype":"float64","shape":[1]}]}`, p)} {
		_, err := ProgramCompile(request)
		require.Error(t, err, request)
	}
}

// The two halves of a derivative: x.x and 2 x, from which 2 x.v; x is read by the second, or kept as a residual.
func TestProgramLinearize(t *testing.T) {
	text, err := ProgramLinearize(fmt.Sprintf(`{"program":%s,"wrt":[0]}`, fmt.Sprintf(wireSum, 2)))
	require.NoError(t, err)
	var h halves
	require.NoError(t, json.Unmarshal([]byte(text), &h))
	require.Len(t, h.Reads, 1)
	x, v, y, dy := []float64{1, 2}, []float64{10, 1}, []float64{0}, []float64{0}
	block := []int64{address(x), address(y)}
	var residuals [][]float64
	for _, u := range h.Residuals {
		residuals = append(residuals, make([]float64, u.Len()))
		block = append(block, address(residuals[len(residuals)-1]))
	}
	_, err = ProgramRun(h.Value, address(block))
	require.NoError(t, err)
	block = nil
	for _, r := range residuals {
		block = append(block, address(r))
	}
	block = append(block, address(x), address(v), address(dy))
	_, err = ProgramRun(h.Linear, address(block))
	require.NoError(t, err)
	require.Equal(t, []float64{5, 24}, []float64{y[0], dy[0]})
	p := fmt.Sprintf(wireSum, 2)
	for _, request := range []string{"", "{", "[]", `{"program":{}}`, fmt.Sprintf(`{"program":%s,"wrt":[1]}`, p), fmt.Sprintf(`{"program":%s,"wrt":[-1]}`, p),
		fmt.Sprintf(`{"program":%s,"wrt":[0,0],"reverse":true}`, p), fmt.Sprintf(`{"program":%s,"wrt":"x"}`, p)} {
		_, err := ProgramLinearize(request)
		require.Error(t, err, request)
	}
}

func TestProgramProfileTimesItsStages(t *testing.T) {
	id := compileSum(t, 1000)
	x, y := make([]float64, 1000), []float64{1}
	block := []int64{address(x), address(y)}
	text, err := ProgramProfile(id, address(block), 0, 60000)
	require.NoError(t, err)
	var r profile
	require.NoError(t, json.Unmarshal([]byte(text), &r))
	require.Positive(t, r.Calls)
	require.NotEmpty(t, r.Stages)
	require.Zero(t, y[0])
	var sum float64
	for _, s := range r.Stages {
		sum += s.Seconds
	}
	require.Positive(t, sum)
	require.LessOrEqual(t, sum, r.Total)
	_, err = ProgramProfile(id, 3, 0, 0)
	require.ErrorContains(t, err, "block")
	_, err = ProgramProfile(id, address(block), 12345678, 0)
	require.ErrorContains(t, err, "ClosedError")

	text, err = ProgramProfile(id, address(block), 0, 0) // 20 ms are not over
	require.NoError(t, err)
	r = profile{}
	require.NoError(t, json.Unmarshal([]byte(text), &r))
	did, err := ProgramCancel(r.Ticket)
	require.NoError(t, err)
	require.True(t, did)
	_, err = ProgramProfile(id, address(block), r.Ticket, 0)
	require.ErrorContains(t, err, "ClosedError")
}

// A steady call allocates only what the error path of its deferred functions needs: nothing.
func TestProgramRunAllocatesNothing(t *testing.T) {
	id := compileSum(t, 64)
	x, y := make([]float64, 64), []float64{0}
	block := []int64{address(x), address(y)}
	at := address(block)
	ProgramRun(id, at)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { ProgramRun(id, at) }), 1.0)
}

func FuzzProgramCompile(f *testing.F) {
	f.Add(fmt.Sprintf(`{"program":%s,"outputs":[{"dtype":"float64","shape":[]}]}`, fmt.Sprintf(wireSum, 3)))
	f.Add(`{"program":{"version":1,"inputs":[],"ops":["const"],"code":[0],"args":[[]],"attrs":[{"dtype":"bool","value":true}],"attr":[0],"outputs":[0]},"outputs":[]}`)
	f.Fuzz(func(t *testing.T, request string) {
		id, err := ProgramCompile(request)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "{"))
			return
		}
		ProgramFree(id)
	})
}
