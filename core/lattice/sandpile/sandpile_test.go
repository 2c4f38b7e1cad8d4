package sandpile

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/rng"
)

func square(t testing.TB, rows, cols int) *Sandpile {
	l, err := geometry.NewHypercubic([]int{rows, cols}, false)
	require.NoError(t, err)
	m := &Sandpile{Lattice: *l, Periodic: []bool{false}}
	require.NoError(t, m.Check())
	return m
}

func tiny(t *testing.T) map[string]*Sandpile {
	all := map[string]*Sandpile{"2x2": square(t, 2, 2), "2x3": square(t, 2, 3), "1x1": square(t, 1, 1)}
	ring, err := geometry.NewHypercubic([]int{4})
	require.NoError(t, err)
	all["lossy ring"] = &Sandpile{Lattice: *ring, Periodic: []bool{true}, Loss: array.Each([]float64{1, 0, 2, 0})}
	graph, err := geometry.NewNetwork(4, [][2]int32{{0, 1}, {0, 1}, {1, 2}, {2, 3}, {3, 0}})
	require.NoError(t, err)
	all["double bond"] = &Sandpile{Lattice: *graph, Loss: array.Each([]float64{0, 0, 1, 0})}
	kagome, err := geometry.NewCrystal(geometry.Crystal{Name: "kagome", Shape: []int{1, 1}, Periodic: []bool{false}, Shells: 1})
	require.NoError(t, err)
	all["kagome"] = &Sandpile{Lattice: *kagome}
	for _, m := range all {
		require.NoError(t, m.Check())
	}
	return all
}

// laplacian is the toppling matrix.
func laplacian(m *Sandpile) [][]float64 {
	n := m.graph.Sites
	d := make([][]float64, n)
	for i := range d {
		d[i] = make([]float64, n)
		d[i][i] = float64(m.limit[i])
	}
	for _, e := range m.graph.Ends {
		d[e[0]][e[1]]--
		d[e[1]][e[0]]--
	}
	return d
}

// invert gives the inverse and the determinant.
func invert(a [][]float64) ([][]float64, float64) {
	n, det := len(a), 1.0
	m := make([][]float64, n)
	for i := range m {
		m[i] = append(append([]float64(nil), a[i]...), make([]float64, n)...)
		m[i][n+i] = 1
	}
	for k := range n {
		det *= m[k][k]
		for c, s := 0, m[k][k]; c < 2*n; c++ {
			m[k][c] /= s
		}
		for r := range n {
			if f := m[r][k]; r != k {
				for c := range m[r] {
					m[r][c] -= f * m[k][c]
				}
			}
		}
	}
	for i := range m {
		m[i] = m[i][n:]
	}
	return m, det
}

func piles(m *Sandpile) map[string]pile {
	all := map[string]pile{"network": newNetwork(m)}
	if g := newGrid(m); g != nil {
		all["grid"] = g
	}
	return all
}

// Over all recurrent states, which are det Delta in number by the matrix-tree theorem and equally likely: adding grains permutes them, and site j topples
// (Delta^-1)_ij times on average for a grain at i. Both kernels, on every tiny lattice. Catches a missed neighbour, a site that topples
// twice in a generation, a wrong threshold.
func TestRecurrentStates(t *testing.T) {
	for name, m := range tiny(t) {
		inverse, det := invert(laplacian(m))
		n := m.graph.Sites
		for kind, p := range piles(m) {
			after := make([]int32, n)
			counts := make([]int32, n)
			step := func(x []int32, i int) string {
				p.write(x)
				p.add(int32(i))
				var a avalanche
				require.True(t, p.relax(&a, 1<<40))
				p.read(after)
				p.counts(counts)
				_, ok := m.Admits(after)
				require.True(t, ok)
				total, area := int64(0), int64(0)
				for _, c := range counts {
					total += int64(c)
					area += int64(min(c, 1))
				}
				require.Equal(t, []int64{total, area}, []int64{a.Size, a.Area})
				require.Equal(t, a.Size == 0, a.Duration == 0)
				return fmt.Sprint(after)
			}
			// What is reached from the fullest state is recurrent.
			full := make([]int32, n)
			for i := range full {
				full[i] = m.limit[i] - 1
			}
			recurrent := map[string][]int32{fmt.Sprint(full): full}
			for queue := [][]int32{full}; len(queue) > 0; queue = queue[1:] {
				for i := range n {
					if s := step(queue[0], i); recurrent[s] == nil {
						x := append([]int32(nil), after...)
						recurrent[s] = x
						queue = append(queue, x)
					}
				}
			}
			require.InDelta(t, det, float64(len(recurrent)), 1e-6, "%s %s", name, kind)
			for i := range n {
				mean := make([]float64, n)
				seen := map[string]bool{}
				for _, x := range recurrent {
					s := step(x, i)
					require.False(t, seen[s], "a grain permutes the recurrent states")
					seen[s] = true
					for j, c := range counts {
						mean[j] += float64(c) / float64(len(recurrent))
					}
				}
				require.InDeltaSlice(t, inverse[i], mean, 1e-9, "%s %s: grain at %d", name, kind, i)
			}
		}
	}
}

// Every state that is drawn is recurrent and all are equally likely: chi-square with a false alarm below 1e-6 (mean k-1, 191 for the square: 4.9 sigma of
// sqrt(2k) and the tail's bend). Catches a tree that is not uniform (walks whose loops are kept), a rank that starts at 1.
func TestRandomRecurrentState(t *testing.T) {
	for name, m := range tiny(t) {
		_, det := invert(laplacian(m))
		k := int(math.Round(det))
		draws := max(200, 60*k)
		counts := map[string]float64{}
		x := make([]int32, m.graph.Sites)
		for d := range uint64(draws) {
			s := rng.New(7).Fold(d).Stream(0)
			m.recurrent(x, &s)
			_, ok := m.Admits(x)
			require.True(t, ok, "%s: %v", name, x)
			counts[fmt.Sprint(x)]++
		}
		require.LessOrEqual(t, len(counts), k, name)
		chi2, each := float64(k-len(counts))*float64(draws)/float64(k), float64(draws)/float64(k)
		for _, c := range counts {
			chi2 += (c - each) * (c - each) / each
		}
		require.Less(t, chi2, float64(k)+4.9*math.Sqrt(2*float64(k))+16, "%s: %d states", name, k)
	}
}

// The order of topplings does not matter: one unstable site after the other, drawn at random, ends in the same state with the same counts as generations do,
// on both kernels and on larger lattices; waves that clusters share say what one avalanche after the other does.
func TestAbelian(t *testing.T) {
	open, err := geometry.NewHypercubic([]int{3, 3, 3}, false)
	require.NoError(t, err)
	cube := &Sandpile{Lattice: *open, Periodic: []bool{false}}
	require.NoError(t, cube.Check())
	others := tiny(t)
	for _, m := range []*Sandpile{square(t, 9, 13), square(t, 20, 7), square(t, 1, 9), square(t, 31, 29), cube, others["double bond"], others["lossy ring"]} {
		n := m.graph.Sites
		x := make([]int32, n)
		s := rng.New(3).Stream(1)
		m.recurrent(x, &s)
		for range 40 {
			at := s.Below(n)
			z, counts := append([]int32(nil), x...), make([]int32, n)
			z[at]++
			for {
				var unstable []int
				for i := range z {
					if z[i] >= m.limit[i] {
						unstable = append(unstable, i)
					}
				}
				if len(unstable) == 0 {
					break
				}
				i := unstable[s.Below(len(unstable))]
				z[i] -= m.limit[i]
				counts[i]++
				for _, j := range m.graph.To[m.graph.Start[i]:m.graph.Start[i+1]] {
					z[j]++
				}
			}
			got, toppled := make([]int32, n), make([]int32, n)
			for kind, p := range piles(m) {
				p.write(x)
				p.add(int32(at))
				var a avalanche
				for !p.relax(&a, 3) { // in pieces
				}
				p.read(got)
				p.counts(toppled)
				require.Equal(t, z, got, kind)
				require.Equal(t, counts, toppled, kind)
			}
			x = z
		}
		// What a grain would do at each site, one try after the other.
		active, sizes, counts := make([]int32, n), make([]int32, n), make([]int32, n)
		p := newNetwork(m)
		for i := range n {
			var a avalanche
			p.write(x)
			p.add(int32(i))
			require.True(t, p.relax(&a, 1<<40))
			sizes[i] = int32(a.Size)
			p.counts(counts)
			for j, c := range counts {
				active[j] += min(c, 1)
			}
		}
		probe := newProbe(m)
		copy(probe.z, x)
		for range 2 { // leaves nothing behind
			probe.run()
			require.Equal(t, active, probe.active)
			require.Equal(t, sizes, probe.sizes)
			require.Equal(t, x, probe.z)
		}
	}
}

// A walker that is saved in the midst of an avalanche goes on to the same state, and damaged states are refused.
func TestSaveInAnAvalanche(t *testing.T) {
	for _, m := range []*Sandpile{square(t, 12, 11), tiny(t)["kagome"]} {
		w := contract.Walker{Key: rng.New(5)}
		a, b := newDrive(m, w), newDrive(m, w)
		a.listing, b.listing = true, true
		x := make([]int32, m.graph.Sites)
		for i := range x {
			x[i] = m.limit[i] - 1
		}
		a.Write(x)
		a.pile.add(a.sites[0])
		a.falling = true
		if a.pile.relax(&a.last, 5) {
			continue
		}
		a.topplings = a.last.Size
		var state bytes.Buffer
		require.NoError(t, a.Save(&state))
		require.NoError(t, b.Load(bytes.NewReader(state.Bytes())))
		ctx := context.Background()
		require.NoError(t, a.AdvanceTo(ctx, 700))
		require.NoError(t, b.AdvanceTo(ctx, 700))
		y := make([]int32, len(x))
		a.Read(x)
		b.Read(y)
		require.Equal(t, x, y)
		require.Equal(t, a.lists, b.lists)
		require.Equal(t, a.Info(), b.Info())
		for cut := range state.Len() {
			require.Error(t, newDrive(m, w).Load(bytes.NewReader(state.Bytes()[:cut])))
		}
	}
}

func TestRefusals(t *testing.T) {
	closed, err := geometry.NewHypercubic([]int{3, 3})
	require.NoError(t, err)
	require.Error(t, (&Sandpile{Lattice: *closed, Periodic: []bool{true}}).Check())
	parts, err := geometry.NewNetwork(4, [][2]int32{{0, 1}, {2, 3}})
	require.NoError(t, err)
	require.Error(t, (&Sandpile{Lattice: *parts, Loss: array.Each([]float64{1, 0, 0, 0})}).Check())
	for _, loss := range []array.Field{array.Is(-1), array.Is(0.5), array.Is(math.NaN()), array.Each([]float64{1, 2})} {
		require.Error(t, (&Sandpile{Lattice: *parts, Loss: loss}).Check())
	}
	_, ok := square(t, 2, 2).Admits([]int32{0, 4, 0, 0})
	require.False(t, ok)
}

func benchmarkPile(b *testing.B, size int) {
	m := square(b, size, size)
	w := newDrive(m, contract.Walker{Key: rng.New(1)})
	x := make([]int32, size*size)
	s := rng.New(2).Stream(0)
	m.recurrent(x, &s)
	w.Write(x)
	b.ResetTimer()
	for w.topplings < int64(b.N) {
		if err := w.AdvanceTo(context.Background(), float64(w.done+1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkToppling64(b *testing.B)   { benchmarkPile(b, 64) }
func BenchmarkToppling1024(b *testing.B) { benchmarkPile(b, 1024) }

func benchmarkActivity(b *testing.B, size int) {
	m := square(b, size, size)
	p := newProbe(m)
	s := rng.New(2).Stream(0)
	m.recurrent(p.z, &s)
	total := 0
	b.ResetTimer()
	for total < b.N {
		p.run()
		for _, a := range p.sizes {
			total += int(a)
		}
	}
}

func BenchmarkActivity64(b *testing.B)  { benchmarkActivity(b, 64) }
func BenchmarkActivity160(b *testing.B) { benchmarkActivity(b, 160) }
