package checkered

import (
	"math/bits"
	"testing"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

func layout(t *testing.T, shape []int, periodic ...bool) (*Layout, *geometry.Graph) {
	l, err := geometry.NewHypercubic(shape, periodic...)
	require.NoError(t, err)
	g, err := l.Graph()
	require.NoError(t, err)
	m := Lay(l)
	require.NotNil(t, m, "%v", shape)
	return m, g
}

var shapes = []struct {
	shape    []int
	periodic []bool
}{
	{[]int{2}, nil}, {[]int{6}, nil}, {[]int{7}, []bool{false}}, {[]int{2, 2}, nil}, {[]int{4, 6}, nil}, {[]int{3, 5}, []bool{false}},
	{[]int{5, 6}, []bool{false, true}}, {[]int{6, 5}, []bool{true, false}}, {[]int{4, 2, 6}, nil}, {[]int{1, 4, 1, 6}, nil}, {[]int{4, 1}, nil},
	{[]int{4, 3, 5}, []bool{true, false, false}}, {[]int{70, 140}, nil}, {[]int{2, 4, 4, 6}, nil}, {[]int{12, 12, 24}, nil},
}

// A site's neighbours, as places say, are those of the graph, with copies at the ends and nothing beyond open ones; what is gathered is what was scattered, and
// sums and counts are those of the graph, on every level. Catches a margin copied from the wrong end, Ahead of the other colour, a row's parity.
func TestPlacesHaveTheirNeighbours(t *testing.T) {
	for _, s := range shapes {
		m, g := layout(t, s.shape, s.periodic...)
		x := make([]int32, g.Sites)
		for i := range x {
			x[i] = int32(i + 1)
		}
		planes := [2][]int32{make([]int32, m.Size), make([]int32, m.Size)}
		Scatter(m, &planes, x, 1)
		back := make([]int32, g.Sites)
		Gather(m, back, 1, &planes)
		require.Equal(t, x, back)
		sites := 0
		for c := range 2 {
			Wrap(m, planes[c], c)
			sites += m.Count(c)
		}
		require.Equal(t, g.Sites, sites)
		l, err := geometry.NewHypercubic(s.shape, s.periodic...)
		require.NoError(t, err)
		J := make([]float64, len(g.Ends))
		for b := range J {
			J[b] = float64(b + 1)
		}
		bonds := m.Bonds(l, J)
		for c := range 2 {
			for w, in := range m.Sites[c] {
				for ; in != 0; in &= in - 1 {
					b := bits.TrailingZeros64(in)
					p, other := 64*w+b, planes[1-c]
					near := []int32{other[p], other[p-1+2*int(m.Ahead[c][w]>>b&1)]}
					for _, d := range m.Across {
						near = append(near, other[p-d], other[p+d])
					}
					i := planes[c][p] - 1
					var got, want [][2]int32 // neighbours and bonds
					for d, j := range near {
						if J := bonds[c][d*m.Size+p]; j != 0 || J != 0 {
							got = append(got, [2]int32{j - 1, int32(J) - 1})
						}
					}
					for e := g.Start[i]; e < g.Start[i+1]; e++ {
						want = append(want, [2]int32{g.To[e], g.Bond[e]})
					}
					require.ElementsMatch(t, want, got, "%v: site %d", s.shape, i)
				}
			}
		}
	}
}

func TestBytes(t *testing.T) {
	for _, s := range shapes {
		m, g := layout(t, s.shape, s.periodic...)
		u := rng.New(7).Stream(uint64(g.Sites))
		x := make([]uint8, g.Sites)
		for i := range x {
			x[i] = uint8(1 + 4*u.Below(3))
		}
		p := Planes[uint8]{make([]uint8, m.Size), make([]uint8, m.Size)}
		Scatter(m, (*[2][]uint8)(&p), x, 1)
		sums, alike := make([]uint8, g.Sites), 0
		for _, e := range g.Ends {
			sums[e[0]] += x[e[1]]
			sums[e[1]] += x[e[0]]
			if x[e[0]] == x[e[1]] {
				alike++
			}
		}
		for c := range 2 {
			Wrap(m, p[c], c)
		}
		twin.OnLevels(t, func(t *testing.T) {
			q := [2][]uint8{make([]uint8, m.Size), make([]uint8, m.Size)}
			for c := range 2 {
				require.Equal(t, alike, m.Alike(p[c], p[1-c], c))
				m.Sums(q[c][64*m.Within[0]:64*m.Within[1]], p[1-c], c, m.Within[0], m.Within[1])
			}
			for _, v := range []uint8{0, 1, 5, 9} {
				want := 0
				for _, a := range x {
					if a == v {
						want++
					}
				}
				require.Equal(t, want, m.Number(&p, v))
			}
			got := make([]uint8, g.Sites)
			Gather(m, got, 1, &q)
			require.Equal(t, sums, got)
		})
	}
}

// Lattices that two colours do not tile, graphs, and those of which margins are most are left to others.
func TestRefusals(t *testing.T) {
	for _, s := range shapes[:3] {
		l, err := geometry.NewHypercubic(append([]int{5}, s.shape...))
		require.NoError(t, err)
		require.Nil(t, Lay(l))
	}
	for _, shape := range [][]int{{1}, {1, 1}, {2, 2, 2, 2, 2, 2, 2, 2}} {
		l, err := geometry.NewHypercubic(shape)
		require.NoError(t, err)
		require.Nil(t, Lay(l))
	}
	l, err := geometry.NewNetwork(2, [][2]int32{{0, 1}})
	require.NoError(t, err)
	require.Nil(t, Lay(l))
}
