package geometry

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

func crystal(t *testing.T, c Crystal) *Lattice {
	l, err := NewCrystal(c)
	require.NoError(t, err)
	return l
}

// Coordination numbers and squared distances of the first shells, in units of the first (standard tables); every bond is as long as its shell says, by
// the positions and the nearest image.
func TestCrystalShells(t *testing.T) {
	for _, c := range []struct {
		name    string
		shape   []int
		sites   int
		z       []int
		squares []float64
		even    bool // bipartite by nearest neighbours
	}{
		{"triangular", []int{6, 6}, 36, []int{6, 6, 6}, []float64{1, 3, 4}, false},
		{"honeycomb", []int{6, 6}, 72, []int{3, 6, 3}, []float64{1, 3, 4}, true},
		{"kagome", []int{5, 5}, 75, []int{4, 4, 6}, []float64{1, 3, 4}, false},
		{"hypercubic", []int{6, 6}, 36, []int{4, 4, 4, 8}, []float64{1, 2, 4, 5}, true},
		{"hypercubic", []int{9}, 9, []int{2, 2, 2}, []float64{1, 4, 9}, false},
		{"hypercubic", []int{6, 6, 6}, 216, []int{6, 12, 8, 6}, []float64{1, 2, 3, 4}, true},
		{"fcc", []int{4, 4, 4}, 256, []int{12, 6, 24, 12}, []float64{1, 2, 3, 4}, false},
		{"bcc", []int{5, 5, 5}, 250, []int{8, 6, 12, 24}, []float64{1, 4. / 3, 8. / 3, 11. / 3}, true},
		{"diamond", []int{3, 3, 3}, 216, []int{4, 12, 12}, []float64{1, 8. / 3, 11. / 3}, true},
		{"pyrochlore", []int{2, 2, 2}, 128, []int{6, 12, 12}, []float64{1, 3, 4}, false},
	} {
		l := crystal(t, Crystal{Name: c.name, Shape: c.shape, Shells: len(c.z)})
		g, err := l.Graph()
		require.NoError(t, err)
		require.Equal(t, c.sites, l.Sites(), c.name)
		bonds := 0
		degree := make([][]int, l.Sites())
		for i := range degree {
			degree[i] = make([]int, len(c.z))
		}
		at, d := l.Crystal.Positions(), len(c.shape)
		for b, e := range g.Ends {
			s := l.Crystal.Shell[b]
			degree[e[0]][s]++
			degree[e[1]][s]++
			require.InDelta(t, l.Crystal.Distances[s], nearest(l.Crystal, at[int(e[0])*d:], at[int(e[1])*d:]), 1e-9, c.name)
		}
		for s, z := range c.z {
			bonds += z * l.Sites() / 2
			require.InDelta(t, math.Sqrt(c.squares[s]), l.Crystal.Distances[s], 1e-12, c.name)
		}
		if c.name == "pyrochlore" { // two cells along a cube's edge: no neighbour of these shells meets itself or its twin
			require.Equal(t, 6, degree[0][0])
		}
		for i := range degree {
			require.Equal(t, c.z, degree[i], "%s: site %d", c.name, i)
		}
		require.Equal(t, bonds, l.Bonds(), c.name)
		one := crystal(t, Crystal{Name: c.name, Shape: c.shape, Shells: 1})
		require.Equal(t, c.even, bipartite(t, one), c.name)
	}
}

// nearest is the distance to the nearest image.
func nearest(c *Crystal, a, b []float64) float64 {
	d, best := len(c.Shape), math.Inf(1)
	by := make([]int, d)
	for k := range by {
		by[k] = -1
	}
	for {
		r2 := 0.0
		for x := range d {
			r := b[x] - a[x]
			for k, n := range by {
				r += float64(n*c.Shape[k]) * c.Vectors[k][x]
			}
			r2 += r * r
		}
		best = math.Min(best, math.Sqrt(r2))
		k := d - 1
		for ; k >= 0; k-- {
			if by[k]++; by[k] <= 1 {
				break
			}
			by[k] = -1
		}
		if k < 0 {
			return best
		}
	}
}

func bipartite(t *testing.T, l *Lattice) bool {
	g, err := l.Graph()
	require.NoError(t, err)
	side := make([]int, g.Sites)
	for root := range side {
		if side[root] != 0 {
			continue
		}
		side[root] = 1
		for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
			i := queue[0]
			for _, j := range g.To[g.Start[i]:g.Start[i+1]] {
				if side[j] == side[i] {
					return false
				}
				if side[j] == 0 {
					side[j] = -side[i]
					queue = append(queue, int(j))
				}
			}
		}
	}
	return true
}

// The simple crystal is the hypercubic lattice, bond by bond, on short axes and with open ends too.
func TestCrystalIsHypercubic(t *testing.T) {
	for _, shape := range [][]int{{5}, {4, 3}, {2, 3}, {1, 4}, {2, 2, 2}, {3, 1, 2}} {
		for _, periodic := range []bool{true, false} {
			h, err := NewHypercubic(shape, periodic)
			require.NoError(t, err)
			g, err := h.Graph()
			require.NoError(t, err)
			require.Equal(t, g.Ends, crystal(t, Crystal{Name: "hypercubic", Shape: shape, Periodic: []bool{periodic}, Shells: 1}).ends, "%v %v", shape, periodic)
		}
	}
}

func TestCrystalBoundaries(t *testing.T) {
	count := func(c Crystal) int { return crystal(t, c).Bonds() }
	require.Equal(t, 3*9, count(Crystal{Name: "triangular", Shape: []int{3, 3}, Shells: 1}))
	require.Equal(t, 6+6+4, count(Crystal{Name: "triangular", Shape: []int{3, 3}, Periodic: []bool{false}, Shells: 1}))
	require.Equal(t, 9+6+6, count(Crystal{Name: "triangular", Shape: []int{3, 3}, Periodic: []bool{true, false}, Shells: 1}))
	require.Equal(t, 4+3, count(Crystal{Name: "hypercubic", Shape: []int{5}, Periodic: []bool{false}, Shells: 2}))
	require.Equal(t, 6, count(Crystal{Name: "hypercubic", Shape: []int{4}, Shells: 2})+count(Crystal{Name: "hypercubic", Shape: []int{1}, Shells: 2})-2, "both bonds across a ring of 4")
	h := crystal(t, Crystal{Name: "hypercubic", Shape: []int{3, 4}, Helical: true, Shells: 1})
	require.Equal(t, [][2]int32{{0, 4}, {0, 1}, {1, 5}, {1, 2}, {2, 6}, {2, 3}, {3, 7}, {3, 4}}, h.ends[:8], "a row ends where the next begins")
	require.Equal(t, [][2]int32{{11, 3}, {11, 0}}, h.ends[22:])
	k := crystal(t, Crystal{Name: "kagome", Shape: []int{3, 4}, Helical: true, Shells: 1})
	g, _ := k.Graph()
	for i := range g.Sites {
		require.Equal(t, 4, g.Degree(i))
	}
}

func TestCustomCrystal(t *testing.T) {
	// The square lattice by a cell of two sites, turned by 45 degrees.
	var l Lattice
	require.NoError(t, l.DecodeSpec(json.RawMessage(`{"crystal":"custom","shape":[4,4],"vectors":[[2,0],[0,2]],"basis":[[0,0],[1,1]],"shells":2}`), nil, "lattice"))
	require.Equal(t, 32, l.Sites())
	require.Equal(t, 2*32+2*32, l.Bonds())
	require.InDeltaSlice(t, []float64{math.Sqrt2, 2}, l.Crystal.Distances, 1e-12)
	for _, text := range []string{
		`{"crystal":"square","shape":[4,4]}`, `{"crystal":"fcc","shape":[4,4]}`, `{"crystal":"kagome","shape":[0,4]}`, `{"crystal":"kagome","shape":[4,4],"shells":0}`,
		`{"crystal":"kagome","shape":[4,4],"periodic":[true,true,true]}`, `{"crystal":"kagome","shape":[4,4],"periodic":false,"helical":true}`,
		`{"crystal":"kagome","shape":[4,4],"vectors":[[1,0],[0,1]]}`, `{"crystal":"custom","shape":[4,4]}`, `{"crystal":"custom","shape":[4,4],"vectors":[[1,0],[0,1]],"basis":[]}`,
		`{"crystal":"custom","shape":[4,4],"vectors":[[1,0],[2,0]],"basis":[[0,0]]}`, `{"crystal":"custom","shape":[4,4],"vectors":[[1,0],[0,1]],"basis":[[0]]}`,
		`{"crystal":"custom","shape":[4,4],"vectors":[[1,0],[0,1]],"basis":[[0,0],[0,0]]}`, `{"crystal":"custom","shape":[4,4],"vectors":[[1,0],[0,"nan"]],"basis":[[0,0]]}`,
		`{"crystal":"custom","shape":[4,4],"vectors":[[1,0],[0,1e-12]],"basis":[[0,0]]}`, `{"crystal":"fcc","shape":[4096,4096,4096]}`, `{"crystal":"kagome"}`,
		`{"crystal":"custom","shape":[4,4],"vectors":[[1,0],[1e5,1]],"basis":[[0,0]],"shells":60}`, `{"crystal":"hypercubic","shape":[1,1,1,1,1,1,1,1,1]}`,
	} {
		require.Error(t, new(Lattice).DecodeSpec(json.RawMessage(text), nil, "lattice"), text)
	}
}

// Simple graphs of one degree, alike for one seed. Of the graphs of degree 2 on 6 sites 60 are hexagons and 10 pairs of triangles; of degree 3 there are 70,
// 10 of them complete bipartite and 60 prisms.
func TestRandomRegular(t *testing.T) {
	key := rng.New(3)
	for _, c := range [][2]int{{1, 0}, {2, 1}, {6, 3}, {10, 9}, {50, 7}, {1000, 3}, {30, 20}} {
		ends, err := RandomRegular(c[0], c[1], key)
		require.NoError(t, err)
		again, _ := RandomRegular(c[0], c[1], key)
		require.Equal(t, ends, again)
		seen := map[[2]int32]bool{}
		for _, e := range ends {
			require.Less(t, e[0], e[1])
			require.False(t, seen[e])
			seen[e] = true
		}
		g, err := NewGraph(c[0], ends)
		require.NoError(t, err)
		for i := range g.Sites {
			require.Equal(t, c[1], g.Degree(i))
		}
	}
	for _, c := range [][2]int{{3, 1}, {4, 4}, {0, 0}, {5, -1}, {1 << 30, 1 << 29}} {
		_, err := RandomRegular(c[0], c[1], key)
		require.Error(t, err)
	}
	triangles := 0
	const draws = 4000
	for k := range uint64(draws) {
		ends, err := RandomRegular(6, 3, key.Fold(k))
		require.NoError(t, err)
		l, err := NewNetwork(6, ends)
		require.NoError(t, err)
		if !bipartite(t, l) {
			triangles++
		}
	}
	share := float64(triangles) / draws
	require.Greater(t, share, 0.7, "prisms are most of them; pairing without its weights makes it 6/7 in the limit of large graphs only")
}

// Bonds of a random graph: mean p n(n-1)/2, and each pair as often as any other, by chi-square (false alarm 1e-6: 5.1 sigma and 94 for 44 degrees of freedom).
func TestErdosRenyi(t *testing.T) {
	const n, draws, p = 10, 20000, 0.3
	counts := map[[2]int32]float64{}
	total := 0.0
	for k := range uint64(draws) {
		ends, err := ErdosRenyi(n, p, rng.New(5).Fold(k))
		require.NoError(t, err)
		seen := map[[2]int32]bool{}
		for _, e := range ends {
			require.Less(t, e[0], e[1])
			require.False(t, seen[e])
			seen[e] = true
			counts[e]++
			total++
		}
	}
	require.InDelta(t, p*45, total/draws, 5.1*math.Sqrt(45*p*(1-p)/draws))
	chi2 := 0.0
	for _, c := range counts {
		chi2 += (c - p*draws) * (c - p*draws) / (p * (1 - p) * draws)
	}
	require.Len(t, counts, 45)
	require.Less(t, chi2, 106.0)
	for _, c := range []struct {
		n, bonds int
		p        float64
	}{{1, 0, 0.5}, {5, 0, 0}, {5, 10, 1}, {100, 0, 1e-300}} {
		ends, err := ErdosRenyi(c.n, c.p, rng.New(1))
		require.NoError(t, err)
		require.Len(t, ends, c.bonds)
	}
	for _, p := range []float64{-0.1, 1.1, math.NaN()} {
		_, err := ErdosRenyi(5, p, rng.New(1))
		require.Error(t, err)
	}
}

func TestCompleteAndBethe(t *testing.T) {
	ends, err := Complete(5)
	require.NoError(t, err)
	require.Len(t, ends, 10)
	_, err = Complete(1 << 20)
	require.Error(t, err)
	for _, c := range [][3]int{{3, 0, 1}, {3, 1, 4}, {3, 3, 22}, {4, 2, 17}, {2, 5, 11}, {1, 5, 2}} {
		n, ends, err := Cayley(c[0], c[1])
		require.NoError(t, err)
		require.Equal(t, c[2], n)
		g, err := NewGraph(n, ends)
		require.NoError(t, err)
		require.Len(t, ends, n-1)
		for i := range n {
			require.Contains(t, []int{1, c[0], 0}, g.Degree(i))
		}
		if c[1] > 0 {
			require.Equal(t, c[0], g.Degree(0))
		}
	}
	_, _, err = Cayley(1000, 1000)
	require.Equal(t, spec.SpecError, spec.Of(err).Class)
}
