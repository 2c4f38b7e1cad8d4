package automata

import (
	"context"
	"fmt"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/transition"
)

func lattice(t testing.TB, shape ...int) geometry.Lattice {
	l, err := geometry.NewHypercubic(shape)
	require.NoError(t, err)
	return *l
}

func open(t testing.TB, m *Elementary) *walker {
	require.NoError(t, m.Check())
	return newWalker(m, m.table(), newPlane(1, m.Lattice.Sites(), false, m.Lattice.Periodic[0]), contract.Walker{Key: rng.New(1)})
}

func openLife(t testing.TB, m *LifeLike) *walker {
	require.NoError(t, m.Check())
	s := m.Lattice.Shape
	return newWalker(m, m.counting(), newPlane(s[0], s[1], m.Lattice.Periodic[0], m.Lattice.Periodic[1]), contract.Walker{Key: rng.New(1)})
}

// All 256 rules, cell by cell by the definition, on lines shorter and longer than a word, open and closed.
func TestElementaryTwin(t *testing.T) {
	for rule := range 256 {
		for _, n := range []int{1, 2, 3, 61, 62, 63, 64, 65, 130} {
			for _, ring := range []bool{true, false} {
				w := open(t, &Elementary{Lattice: lattice(t, n), Rule: array.Is(float64(rule)), Periodic: []bool{ring}})
				x, y := make([]int8, n), make([]int8, n)
				s := rng.New(uint64(rule)).Stream(uint64(n))
				toss(x, 0.5, &s)
				w.Write(x)
				for range 3 {
					next := make([]int8, n)
					for i := range next {
						l, r := int8(0), int8(0)
						if ring || i > 0 {
							l = x[(i+n-1)%n]
						}
						if ring || i < n-1 {
							r = x[(i+1)%n]
						}
						next[i] = int8(rule >> (4*l + 2*x[i] + r) & 1)
					}
					x = next
					w.step()
					w.Read(y)
					require.Equal(t, x, y, "rule %d, %d cells, %v", rule, n, ring)
				}
			}
		}
	}
}

// Life and other outer-totalistic rules against the definition; lattices one and two cells wide have a cell as a neighbour more than once.
func TestLifeTwin(t *testing.T) {
	for _, c := range []LifeLike{
		{Born: []int{3}, Survive: []int{2, 3}, Neighbours: "moore"}, {Born: []int{3, 6, 8}, Survive: []int{0, 2, 4, 8}, Neighbours: "moore"},
		{Born: []int{0, 1, 5, 7}, Survive: []int{}, Neighbours: "moore"}, {Born: []int{1, 3}, Survive: []int{0, 2, 4}, Neighbours: "von neumann"},
	} {
		for _, shape := range [][]int{{1, 1}, {2, 5}, {3, 3}, {5, 62}, {7, 64}, {4, 127}, {9, 1}} {
			for _, periodic := range [][]bool{{true, true}, {false, false}, {true, false}, {false, true}} {
				m := c
				m.Lattice, m.Periodic = lattice(t, shape...), periodic
				w := openLife(t, &m)
				rows, cols := shape[0], shape[1]
				x, y := make([]int8, rows*cols), make([]int8, rows*cols)
				s := rng.New(2).Stream(uint64(cols))
				toss(x, 0.4, &s)
				w.Write(x)
				for range 3 {
					next := make([]int8, len(x))
					for i := range next {
						r, c, n := i/cols, i%cols, 0
						for dr := -1; dr <= 1; dr++ {
							for dc := -1; dc <= 1; dc++ {
								a, b := r+dr, c+dc
								if (dr == 0 && dc == 0) || (m.Neighbours != "moore" && dr*dc != 0) || (!periodic[0] && (a < 0 || a >= rows)) || (!periodic[1] && (b < 0 || b >= cols)) {
									continue
								}
								n += int(x[(a+rows)%rows*cols+(b+cols)%cols])
							}
						}
						set := m.Born
						if x[i] == 1 {
							set = m.Survive
						}
						for _, k := range set {
							if k == n {
								next[i] = 1
							}
						}
					}
					x = next
					w.step()
					w.Read(y)
					require.Equal(t, x, y, "%v %v %v", m.Born, shape, periodic)
				}
			}
		}
	}
}

// The transition matrix of the shipped step, over every outcome of its draws: a product over cells of the probabilities of the definition, with noise, on
// a ring and an open line. Catches a bit that is drawn for the wrong neighbourhood, draws for cells that are not there, a flip that is applied twice.
func TestTransitionMatrix(t *testing.T) {
	for _, m := range []*Elementary{
		{Lattice: lattice(t, 4), Rule: array.Each([]float64{0, 0.25, 0.5, 0.75, 1, 0.25, 0.125, 0.5}), Flip: 0.25, Periodic: []bool{true}},
		{Lattice: lattice(t, 3), Rule: array.Is(110), Flip: 0.125, Periodic: []bool{false}},
		{Lattice: lattice(t, 4), Rule: array.Each([]float64{0, 0.5, 0, 0.5, 0.5, 0.75, 0.5, 0.75}), Periodic: []bool{false}},
	} {
		w := open(t, m)
		n := m.Lattice.Sites()
		x := make([]int8, n)
		read := func() (k int) {
			w.Read(x)
			for i, y := range x {
				k |= int(y) << i
			}
			return k
		}
		p, err := transition.Matrix(1<<n, func(k int) {
			for i := range x {
				x[i] = int8(k >> i & 1)
			}
			w.Write(x)
		}, read, func(k rng.Key) {
			w.key = k
			w.step()
		})
		require.NoError(t, err)
		want := make(transition.P, 1<<n)
		for a := range want {
			want[a] = make([]float64, 1<<n)
			for b := range want[a] {
				want[a][b] = 1
				for i := range n {
					get := func(j int) int {
						if m.Periodic[0] {
							j = (j + n) % n
						}
						if j < 0 || j >= n {
							return 0
						}
						return a >> j & 1
					}
					k := 4*get(i-1) + 2*get(i) + get(i+1)
					q := float64(int(m.Rule.Scalar) >> k & 1)
					if !m.Rule.Uniform() {
						q = m.Rule.Values[k]
					}
					q = q*(1-m.Flip) + (1-q)*m.Flip
					if b>>i&1 == 0 {
						q = 1 - q
					}
					want[a][b] *= q
				}
			}
		}
		require.Less(t, p.Distance(want), 1e-12)
	}
	life := openLife(t, &LifeLike{Lattice: lattice(t, 2, 2), Born: []int{3}, Survive: []int{2, 3}, Neighbours: "moore", Flip: 0.25, Periodic: []bool{false}})
	x := make([]int8, 4)
	p, err := transition.Matrix(16, func(k int) {
		for i := range x {
			x[i] = int8(k >> i & 1)
		}
		life.Write(x)
	}, func() (k int) {
		life.Read(x)
		return int(x[0]) | int(x[1])<<1 | int(x[2])<<2 | int(x[3])<<3
	}, func(k rng.Key) {
		life.key = k
		life.step()
	})
	require.NoError(t, err)
	for a := range 16 {
		sure := 0
		if bits.OnesCount(uint(a)) >= 3 { // three cells make the fourth, and stay
			sure = 15
		}
		for b := range 16 {
			wrong := bits.OnesCount(uint(b ^ sure))
			q := 1.0
			for i := range 4 {
				if i < wrong {
					q *= 0.25
				} else {
					q *= 0.75
				}
			}
			require.InDelta(t, q, p[a][b], 1e-12, fmt.Sprintf("%b %b", a, b))
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, m := range []*Elementary{
		{Lattice: lattice(t, 4, 4), Rule: array.Is(30)}, {Lattice: lattice(t, 4), Rule: array.Is(256)}, {Lattice: lattice(t, 4), Rule: array.Is(1.5)},
		{Lattice: lattice(t, 4), Rule: array.Each([]float64{1, 0})}, {Lattice: lattice(t, 4), Rule: array.Each([]float64{0, 0, 0, 0, 0, 0, 0, 1.5})},
	} {
		require.Error(t, m.Check())
	}
	require.Error(t, (&LifeLike{Lattice: lattice(t, 4)}).Check())
	require.Error(t, (&LifeLike{Lattice: lattice(t, 4, 4), Born: []int{5}, Neighbours: "von neumann"}).Check())
}

func BenchmarkLife1024(b *testing.B) {
	w := openLife(b, &LifeLike{Lattice: lattice(b, 1024, 1024), Born: []int{3}, Survive: []int{2, 3}, Neighbours: "moore", Periodic: []bool{true}})
	x := make([]int8, 1<<20)
	s := rng.New(2).Stream(0)
	toss(x, 0.4, &s)
	w.Write(x)
	b.SetBytes(1 << 20) // cells
	b.ResetTimer()
	if err := w.AdvanceTo(context.Background(), float64(b.N)); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkRule110(b *testing.B) {
	w := open(b, &Elementary{Lattice: lattice(b, 1<<20), Rule: array.Is(110), Periodic: []bool{true}})
	b.SetBytes(1 << 20)
	if err := w.AdvanceTo(context.Background(), float64(b.N)); err != nil {
		b.Fatal(err)
	}
}
