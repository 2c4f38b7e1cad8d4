package bitslice

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

func randomGroups(r *rand.Rand, n int) []Group {
	g := make([]Group, n)
	for i := range g {
		for j := range g[i] {
			g[i][j] = r.Uint64()
		}
	}
	return g
}

// Every lane of every group is in the mask of its own sum, counted one neighbour at a time, on every level. Catches: a carry lost between two
// digits, a missing neighbour counted twice, the own spin's digit at the wrong place, the halves of a group exchanged.
func TestSortMatchesCounting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, level := range simd.Levels() {
		require.NoError(t, simd.Use(level))
		for _, neighbours := range []int{1, 2, 4, 6, 8, 14, 20} {
			for _, missing := range []int{0, 1, 3, neighbours} {
				for kind := range 4 {
					unlike, split := kind&1 > 0, kind&2 > 0
					t.Run(fmt.Sprint(level, neighbours, missing, unlike, split), func(t *testing.T) {
						checkSort(t, r, neighbours, min(missing, neighbours), unlike, split)
					})
				}
			}
		}
	}
	require.NoError(t, simd.Use(simd.Levels()[0]))
}

func checkSort(t *testing.T, r *rand.Rand, neighbours, missing int, unlike, split bool) {
	const groups = 3
	in := Inputs{Own: randomGroups(r, groups), Valid: randomGroups(r, groups)}
	for k := range neighbours {
		nb := randomGroups(r, groups)
		if k < missing {
			m := randomGroups(r, groups)
			for g := range m {
				for i := range 8 {
					m[g][i] &= r.Uint64()
					nb[g][i] &^= m[g][i]
					if unlike {
						nb[g][i] |= m[g][i] & in.Own[g][i]
					}
				}
			}
			in.Missing = append(in.Missing, m)
		}
		in.Neighbours = append(in.Neighbours, nb)
	}
	most := neighbours
	if missing > 0 {
		most *= 2
	}
	values := r.Perm((1 << bits.Len(uint(most))) * (1 + b2i(split)))
	masked, none := values[:len(values)/3], values[len(values)/3:len(values)/2]
	c := NewClasses(unlike, split, most, masked, none)
	mask, rest := randomGroups(r, groups*len(masked)), randomGroups(r, groups)
	c.Sort(mask, rest, &in)
	for g := range groups {
		for lane := range 512 {
			at := func(x []Group) int { return int(x[g][lane/64] >> (lane % 64) & 1) }
			v := 0
			for _, nb := range in.Neighbours {
				x := at(nb)
				if unlike {
					x ^= at(in.Own)
				}
				v += x * (1 + b2i(missing > 0))
			}
			for _, m := range in.Missing {
				v += at(m)
			}
			if split {
				v += at(in.Own) << bits.Len(uint(most))
			}
			left := at(in.Valid)
			for j, want := range masked {
				in := at(in.Valid) * b2i(v == want)
				require.Equal(t, in, int(mask[g*len(masked)+j][lane/64]>>(lane%64)&1), "group %d lane %d sum %d mask of %d", g, lane, v, want)
				left &^= in
			}
			for _, n := range none {
				left &^= b2i(v == n)
			}
			require.Equal(t, left, at(rest), "group %d lane %d sum %d", g, lane, v)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
