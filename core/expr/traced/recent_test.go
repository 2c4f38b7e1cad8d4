package traced

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/simd"
)

// scaled is v sum of x^2 of ascending x, with an arena of n numbers and more.
func scaled(v float64, n int) json.RawMessage {
	return fmt.Appendf(nil, `{"program":{"version":1,"inputs":[{"dtype":"float64","shape":[%d]}],"ops":["sort","mul","reduce_sum","const"],"code":[0,3,1,2,1],`+
		`"args":[[0],[],[1,0],[3],[4,2]],"attrs":[{"axis":0},{"dtype":"float64","value":%v},{"axes":[0]}],"attr":[0,1,-1,2,-1],"outputs":[5]},"arrays":[]}`, n, v)
}

func load(t *testing.T, raw json.RawMessage) (*expr.Program, *engine.Executable) {
	p, _, err := Decode(raw, nil, "here")
	require.NoError(t, err)
	ex, err := Compile(p)
	require.NoError(t, err)
	return p, ex
}

// The same text has the same executable, another text its own. Catches a key that leaves out a constant, and an entry that is given to another program.
func TestSameTextSameCode(t *testing.T) {
	p, one := load(t, scaled(2.5, 3))
	for range 3 {
		for _, v := range []float64{2.5, -1} {
			q, ex := load(t, scaled(v, 3))
			if v == 2.5 {
				require.Same(t, p, q)
				require.Same(t, one, ex)
			}
			x, y := array.FromSlice(array.Float64, []float64{1, 2, 3}, 3), array.FromSlice(array.Float64, []float64{0}, 1)
			y.Shape = []int{}
			require.NoError(t, ex.Run(context.Background(), nil, []*array.Array{x}, []*array.Array{y}))
			require.Equal(t, 14*v, array.View[float64](y)[0])
		}
	}
}

// Code for other vector instructions is compiled anew. Catches code of a level that is no longer wanted.
func TestCodeIsOfItsLevel(t *testing.T) {
	best := simd.Current()
	defer func() { require.NoError(t, simd.Use(best)) }()
	before := best
	p, code := load(t, scaled(7, 3))
	for _, l := range simd.Levels() {
		require.NoError(t, simd.Use(l))
		q, ex := load(t, scaled(7, 3))
		require.Same(t, p, q)
		require.Equal(t, l == before, ex == code)
		code, before = ex, l
	}
}

// No more is kept than is said, however many programs and arenas there were. Catches a list that grows.
func TestLittleIsKept(t *testing.T) {
	first, code := load(t, scaled(0, 3))
	for k := range 3 * mostRecent {
		load(t, scaled(float64(k+1), 3))
	}
	require.Len(t, recent.list, mostRecent)
	again, other := load(t, scaled(0, 3))
	require.NotSame(t, first, again)
	require.NotSame(t, code, other)
	large := mostMemory / 8 / 3
	for k := range 5 {
		load(t, scaled(float64(k), large))
	}
	bytes := 0
	for _, k := range recent.list {
		if k.executable != nil {
			bytes += k.executable.Bytes()
		}
	}
	require.Greater(t, bytes, 0)
	require.LessOrEqual(t, bytes, mostMemory)
}

// Callers at once get what fits their texts.
func TestReadAtOnce(t *testing.T) {
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for k := range 50 {
				v := float64((w + k) % 20)
				p, _, err := Decode(scaled(v, 3), nil, "here")
				if err == nil {
					_, err = Compile(p)
				}
				if err != nil || array.View[float64](p.Nodes[2].Attrs.Value)[0] != v {
					t.Errorf("%v: %v, %v", v, p, err)
				}
			}
		})
	}
	all.Wait()
}
