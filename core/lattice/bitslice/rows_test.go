package bitslice

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

func bitAt(x []Group, i int) int { return int(x[i/512][i%512/64] >> (i % 64) & 1) }

// Beside moves every lane of every row by one, around the ends, on every level and for every way to lay out rows. Catches a row turned at the
// wrong bit, a bit taken from the row beside it, a row that looks to the wrong side.
func TestBesideMatchesRotation(t *testing.T) {
	defer func() { _ = simd.Use(simd.Levels()[0]) }()
	r := rand.New(rand.NewPCG(3, 4))
	for _, level := range simd.Levels() {
		require.NoError(t, simd.Use(level))
		for _, n := range []int{1, 2, 3, 4, 7, 8, 16, 17, 31, 32, 33, 48, 64, 65, 100, 128, 130, 192, 250, 256, 300, 500, 512, 700, 1000, 1024} {
			t.Run(fmt.Sprint(level, n), func(t *testing.T) { checkBeside(t, r, n) })
		}
	}
}

func checkBeside(t *testing.T, r *rand.Rand, n int) {
	rows := Rows{Bits: n, Width: (n + 63) / 64, Slot: 64}
	pitch := 64 * rows.Width
	if n <= 32 {
		for rows.Slot = 1; rows.Slot < n; rows.Slot *= 2 {
		}
		pitch = rows.Slot
	}
	const groups = 16
	count := 512 * groups / pitch
	other := make([]Group, groups)
	right := make([]bool, count)
	rows.Right = make([]uint64, 8*groups+1)
	for row := range count {
		right[row] = r.Uint64()&1 != 0
		for j := range pitch {
			i := row*pitch + j
			if j < n {
				other[i/512][i%512/64] |= r.Uint64() & 1 << (i % 64)
			}
			if rows.Slot < 64 && right[row] {
				rows.Right[i/64] |= 1 << (i % 64)
			}
		}
		if rows.Slot == 64 && right[row] {
			rows.Right[row/64] |= 1 << (row % 64)
		}
	}
	for _, from := range []int{0, 5} {
		for _, flip := range []uint64{0, ^uint64(0)} {
			dst := randomGroups(r, groups-from)
			rows.Beside(dst, other, from, flip)
			for i := 512 * from; i < 512*groups; i++ {
				row, j := i/pitch, i%pitch
				if row >= count || j >= n {
					continue
				}
				side := n - 1
				if right[row] != (flip != 0) {
					side = 1
				}
				require.Equal(t, bitAt(other, row*pitch+(j+side)%n), bitAt(dst, i-512*from), "row %d lane %d from %d", row, j, from)
			}
		}
	}
}

// Flip, Unlike and Count against one lane after the other, on every level.
func TestCounts(t *testing.T) {
	defer func() { _ = simd.Use(simd.Levels()[0]) }()
	r := rand.New(rand.NewPCG(5, 6))
	for _, level := range simd.Levels() {
		require.NoError(t, simd.Use(level))
		for _, groups := range []int{0, 1, 5} {
			for _, draw := range []bool{false, true} {
				own, hit, rest := randomGroups(r, groups), randomGroups(r, groups), randomGroups(r, groups)
				before := append([]Group(nil), own...)
				changed := Flip(own, hit, rest, draw)
				want, up := 0, 0
				for i := range 512 * groups {
					x := bitAt(hit, i) | bitAt(rest, i)
					if !draw {
						x ^= bitAt(before, i)
					}
					require.Equal(t, x, bitAt(own, i))
					want += x ^ bitAt(before, i)
					up += x
				}
				require.Equal(t, want, changed)
				require.Equal(t, up, Count(own))
			}
			in := Inputs{Own: randomGroups(r, groups), Valid: randomGroups(r, groups), Neighbours: [][]Group{randomGroups(r, groups), randomGroups(r, groups)}}
			unlike := 0
			for i := range 512 * groups {
				for _, nb := range in.Neighbours {
					unlike += (bitAt(nb, i) ^ bitAt(in.Own, i)) & bitAt(in.Valid, i)
				}
			}
			require.Equal(t, unlike, in.Unlike())
		}
	}
}

// Gather and Bond against one lane after the other, on every level, from groups at both ends of what is in reach. Catches a shift by whole words that is
// off by one, a mask that is turned, a missing bond that turns its lane.
func TestShiftAndBond(t *testing.T) {
	defer func() { _ = simd.Use(simd.Levels()[0]) }()
	r := rand.New(rand.NewPCG(7, 8))
	for _, level := range simd.Levels() {
		require.NoError(t, simd.Use(level))
		for _, s := range []Shift{{Near: 8, Far: -120}, {Near: -8, Far: 120}, {Near: 64, Far: -512}, {Near: -1, Far: 0}, {Near: 513, Far: -577}} {
			s.Mask = randomGroups(r, 3)
			plane, first, n := randomGroups(r, 9), 2, 5
			words := make([]uint64, 0, 72)
			for _, g := range plane {
				words = append(words, g[:]...)
			}
			got := randomGroups(r, n)
			s.Gather(got, words, 0, first)
			for i := range 512 * n {
				at := 512*first + i
				from := at + s.Near
				if bitAt(s.Mask, at%(3*512)) == 1 {
					from = at + s.Far
				}
				require.Equal(t, bitAt(plane, from), bitAt(got, i), "%s, lane %d", level, i)
			}
			own, negative := randomGroups(r, n), randomGroups(r, n)
			for _, missing := range [][]Group{nil, randomGroups(r, n)} {
				for _, instead := range [][]Group{nil, own} {
					dst := randomGroups(r, n)
					Bond(dst, got, negative, missing, instead)
					for i := range 512 * n {
						want := bitAt(got, i) ^ bitAt(negative, i)
						if missing != nil && bitAt(missing, i) == 1 {
							if want = 0; instead != nil {
								want = bitAt(own, i)
							}
						}
						require.Equal(t, want, bitAt(dst, i))
					}
				}
			}
		}
	}
}
