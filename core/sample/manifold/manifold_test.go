package manifold

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
)

var shapes = map[string]contract.Blocks{
	"circle":   {{Kind: "sphere", Count: 1, Rows: 2, Cols: 1}},
	"spheres":  {{Kind: "sphere", Count: 3, Rows: 4, Cols: 1}},
	"stiefel":  {{Kind: "stiefel", Count: 2, Rows: 5, Cols: 3}},
	"vector":   {{Kind: "stiefel", Count: 1, Rows: 3, Cols: 1}},
	"O(3)":     {{Kind: "stiefel", Count: 1, Rows: 3, Cols: 3}},
	"SO(2)":    {{Kind: "so", Count: 1, Rows: 2, Cols: 2}},
	"SO(4)":    {{Kind: "so", Count: 2, Rows: 4, Cols: 4}},
	"SU(1)":    {{Kind: "su", Count: 1, Rows: 1, Cols: 1}},
	"SU(2)":    {{Kind: "su", Count: 2, Rows: 2, Cols: 2}},
	"SU(3)":    {{Kind: "su", Count: 1, Rows: 3, Cols: 3}},
	"products": {{Kind: "real", Count: 1, Rows: 2, Cols: 1}, {Kind: "so", Count: 1, Rows: 3, Cols: 3}, {Kind: "torus", Count: 1, Rows: 1, Cols: 1}, {Kind: "sphere", Count: 1, Rows: 3, Cols: 1}},
}

// off is how far the curved points are from their surfaces.
func off(p *Product, x []float64) (most float64) {
	p.each(func(s surface, from, to int) {
		y := append([]float64{}, x[from:to]...)
		s.settle(y)
		for i, a := range y {
			most = max(most, math.Abs(a-x[from+i]))
		}
	}, nil)
	return most
}

func begin(t testing.TB, name string) (p *Product, x, v []float64) {
	t.Helper()
	b, n := shapes[name], 0
	for _, k := range b {
		n += k.Size()
	}
	p, x, v = New(b), make([]float64, n), make([]float64, n)
	s := rng.New(7).Stream(1)
	for i := range v {
		x[i], v[i] = s.Normal(), s.Normal()
	}
	p.Draw(x, &s)
	p.Project(x, v)
	return p, x, v
}

// Flows are geodesics: speed is kept, the acceleration is normal to the surface, flows of s and t make one of s + t, and -t goes back. Flat parts go
// straight on. Catches a wrong factor or order in any of the exponentials.
func TestFlows(t *testing.T) {
	for name := range shapes {
		p, x, v := begin(t, name)
		at := func(time float64) (y, w []float64) {
			y, w = append([]float64{}, x...), append([]float64{}, v...)
			p.Flow(y, w, time)
			return y, w
		}
		require.Less(t, off(p, x), 1e-14, name)
		y, w := at(0.7)
		require.Less(t, off(p, y), 1e-14, name)
		require.InDelta(t, dot(v, v), dot(w, w), 1e-12, name)
		tangent := append([]float64{}, w...)
		p.Project(y, tangent)
		require.InDeltaSlice(t, w, tangent, 1e-13, name)
		const h = 1e-4
		ahead, _ := at(h)
		behind, _ := at(-h)
		speed, bend := make([]float64, len(x)), make([]float64, len(x))
		for i := range x {
			speed[i], bend[i] = (ahead[i]-behind[i])/(2*h), (ahead[i]+behind[i]-2*x[i])/(h*h)
		}
		require.InDeltaSlice(t, v, speed, 1e-6, name)
		p.Project(x, bend)
		require.InDeltaSlice(t, make([]float64, len(x)), bend, 1e-5, name)
		two, u := at(0.3)
		p.Flow(two, u, 0.4)
		require.InDeltaSlice(t, y, two, 1e-13, name)
		require.InDeltaSlice(t, w, u, 1e-13, name)
		p.Flow(y, w, -0.7)
		require.InDeltaSlice(t, x, y, 1e-13, name)
		require.InDeltaSlice(t, v, w, 1e-13, name)
		far, _ := at(1e4)
		require.Less(t, off(p, far), 1e-13, name)
		require.Zero(t, testing.AllocsPerRun(20, func() { p.Flow(y, w, 0.1); p.Project(y, w) }), name)
	}
}

// After 1e5 steps points are on the surface to 1e-12, and velocities tangent and as fast as before.
func TestStays(t *testing.T) {
	steps := 100000
	if testing.Short() {
		steps = 10000
	}
	for _, name := range []string{"circle", "stiefel", "SO(4)", "SU(2)", "products"} {
		p, x, v := begin(t, name)
		before := dot(v, v)
		for range steps {
			p.Flow(x, v, 0.3)
		}
		require.Less(t, off(p, x), 1e-12, name)
		require.InEpsilon(t, before+1, dot(v, v)+1, 1e-9, name)
	}
}

// Projections are orthogonal, of the rank that dim says; origins are points.
func TestProjections(t *testing.T) {
	for name := range shapes {
		p, x, _ := begin(t, name)
		trace, n := 0.0, len(x)
		for i := range n {
			e := make([]float64, n)
			e[i] = 1
			p.Project(x, e)
			trace += e[i]
			twice := append([]float64{}, e...)
			p.Project(x, twice)
			require.InDeltaSlice(t, e, twice, 1e-13, name)
		}
		dim := 0
		p.each(func(s surface, from, to int) { dim += s.dim() }, func(from, to int) { dim += to - from })
		require.InDelta(t, dim, trace, 1e-12, name)
		p.Origin(x)
		require.Less(t, off(p, x), 1e-15, name)
	}
	require.Nil(t, New(contract.Blocks{{Kind: "torus", Count: 1, Rows: 3, Cols: 1}}))
}
