package geometry

import (
	"encoding/json"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

func TestHypercubicBonds(t *testing.T) {
	for _, c := range []struct {
		shape    []int
		periodic []bool
		bonds    int
	}{
		{[]int{5}, nil, 5}, {[]int{5}, []bool{false}, 4}, {[]int{1}, nil, 0}, {[]int{2}, nil, 2}, {[]int{3, 4}, nil, 24},
		{[]int{3, 4}, []bool{false}, 17}, {[]int{3, 4}, []bool{true, false}, 21}, {[]int{2, 2, 2}, nil, 24}, {[]int{3, 1, 2}, []bool{false, true, false}, 7},
	} {
		l, err := NewHypercubic(c.shape, c.periodic...)
		require.NoError(t, err)
		g, err := l.Graph()
		require.NoError(t, err)
		require.Equal(t, c.bonds, l.Bonds(), c)
		require.Len(t, g.Ends, c.bonds)
		// neighbour differ by one step on one axis
		for _, e := range g.Ends {
			a, b, steps := array.Unravel(int(e[0]), c.shape), array.Unravel(int(e[1]), c.shape), 0
			for d := range a {
				if a[d] != b[d] {
					steps++
					require.Contains(t, []int{1, c.shape[d] - 1}, (b[d]-a[d]+c.shape[d])%c.shape[d])
				}
			}
			require.Equal(t, 1, steps)
		}
	}
	l, _ := NewHypercubic([]int{3, 3})
	g, _ := l.Graph()
	require.Equal(t, [][2]int32{{0, 3}, {0, 1}, {1, 4}, {1, 2}, {2, 5}, {2, 0}}, g.Ends[:6], "site by site, axis by axis")
	require.Equal(t, 4, g.Degree(4))
}

func TestColourSeparatesNeighbours(t *testing.T) {
	for _, shape := range [][]int{{4, 6}, {3, 3}, {5}, {2, 2, 2}, {1}} {
		l, err := NewHypercubic(shape)
		require.NoError(t, err)
		g, _ := l.Graph()
		sites, start := g.Colour()
		require.Len(t, sites, g.Sites)
		colour := make([]int, g.Sites)
		for c := range len(start) - 1 {
			for _, i := range sites[start[c]:start[c+1]] {
				colour[i] = c
			}
		}
		for _, e := range g.Ends {
			require.NotEqual(t, colour[e[0]], colour[e[1]])
		}
		if shape[0] == 4 {
			require.Len(t, start, 3, "even sides are two-coloured")
		}
	}
}

func TestLatticeRefusals(t *testing.T) {
	in := spec.Inputs{
		array.FromSlice(array.Int64, []int64{0, 1, 1, 2}, 2, 2),
		array.FromSlice(array.Float64, []float64{0, 1}, 1, 2),
		array.FromSlice(array.Int64, []int64{0, 1 << 40}, 1, 2),
		array.FromSlice(array.Int64, []int64{1, 1}, 1, 2),
		array.FromSlice(array.Int64, []int64{}, 0, 2),
	}
	var l Lattice
	require.NoError(t, l.DecodeSpec(json.RawMessage(`{"sites":4,"edges":{"input":0}}`), in, "lattice"))
	require.Equal(t, 2, l.Bonds())
	require.NoError(t, l.DecodeSpec(json.RawMessage(`{"sites":4,"edges":{"input":4}}`), in, "lattice"), "no bonds is a lattice too")
	for _, text := range []string{
		`{}`, `3`, `{"shape":[]}`, `{"shape":[0]}`, `{"shape":[-3,2]}`, `{"shape":[1099511627776]}`, `{"shape":[1048576,1048576]}`, `{"shape":[2.5]}`,
		`{"sites":2,"edges":{"input":0}}`, `{"sites":4,"edges":{"input":1}}`, `{"sites":4,"edges":{"input":2}}`, `{"sites":4,"edges":{"input":3}}`,
		`{"sites":0,"edges":{"input":4}}`, `{"edges":{"input":0}}`, `{"sites":4,"edges":3}`, `{"shape":[2],"sites":4,"edges":{"input":0}}`,
	} {
		require.Error(t, l.DecodeSpec(json.RawMessage(text), in, "lattice"), text)
	}
	made, err := NewHypercubic([]int{3, 3})
	require.NoError(t, err)
	require.Error(t, made.SetPeriodic([]bool{true, true, false}))
}
