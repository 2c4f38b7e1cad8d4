package rng

import (
	"bytes"
	"fmt"
	"math"
	"testing"
)

// laneU is the 53-bit u of one lane, straight from the definition: bit 52-k is its bit of plane k, word 2 (k mod 2) of a block the upper
// half; the lower 45 bits are the first of its own block.
func laneU(k Key, step, group uint64, lane int) uint64 {
	u := uint64(0)
	for plane := range 8 {
		w := block(k.k, planeBlocks+group*32+uint64(plane/2*8+lane/64), step)
		bit := uint64(w[plane%2*2])<<32 | uint64(w[plane%2*2+1])
		u = u<<1 | bit>>(lane%64)&1
	}
	w := block(k.k, tieBlocks+group*512+uint64(lane), step)
	return u<<45 | (uint64(w[0])<<32|uint64(w[1]))>>19
}

// lanesTwin decides lane by lane.
func lanesTwin(k Key, step, group uint64, class [][8]uint64, p []Threshold) (dst [8]uint64) {
	for lane := range 512 {
		u := laneU(k, step, group, lane)
		for j := range p {
			if class[j][lane/64]>>(lane%64)&1 != 0 && u < uint64(p[j]) {
				dst[lane/64] |= 1 << (lane % 64)
			}
		}
	}
	return dst
}

// partition puts every lane of n groups into one of c classes or none.
func partition(k Key, n, c int) [][8]uint64 {
	class := make([][8]uint64, n*c)
	s := k.Stream(0)
	for g := range n {
		for lane := range 512 {
			if j := s.Below(c + 1); j < c {
				class[g*c+j][lane/64] |= 1 << (lane % 64)
			}
		}
	}
	return class
}

// The kernels of every level against the twin: 0 to 35 classes, probabilities 0, 1, one half, 2^-53, 1 - 2^-53, and those that one lane's u
// meets exactly or misses by 2^-53; runs of many lengths to 40; groups where the block index carries. Catches < turned into <=, a tie
// settled by the bits of another lane or class, a word with two ties settled once, an end of a run.
func TestLanesTwin(t *testing.T) {
	k := New(42).Fold(1)
	onLevels(t, func(t *testing.T) {
		for n := 0; n < 40; n += 1 + n/4 {
			for _, c := range []int{0, 1, 2, 3, 5, 16, 17, 35} {
				if c > 5 && n != 1 && n != 17 {
					continue
				}
				for _, group := range []uint64{0, 5, 1<<23 - 3, 1<<27 - 1, 1<<51 - 40} {
					step := uint64(n)<<40 + 1
					class := partition(k, n, c)
					p := []Threshold{one / 2, 12345678901234, 0, one, 1, one - 1}
					for len(p) < c {
						lane := len(p) * 11
						p = append(p, Threshold(laneU(k, step, group, lane)+uint64(lane%2)))
					}
					if n%2 == 1 && c > 0 && c < 5 { // the lanes next to p itself
						for j := range c {
							p[j] = Threshold(laneU(k, step, group, 100+j) + uint64(j%2))
						}
					}
					p = p[:c]
					dst := make([][8]uint64, n+1)
					k.BernoulliRun(dst[:n], step, group, class, p)
					for g := range n {
						mask := class[g*c : (g+1)*c]
						if want := lanesTwin(k, step, group+uint64(g), mask, p); dst[g] != want {
							t.Fatalf("group %d of %d from %d, %d classes: expected %x, got %x", g, n, group, c, want, dst[g])
						}
						var alone [8]uint64
						if k.BernoulliLanes(&alone, step, group+uint64(g), mask, p); alone != dst[g] {
							t.Fatalf("group %d of %d: one call gives %x, a run %x", g, n, alone, dst[g])
						}
					}
					if dst[n] != [8]uint64{} {
						t.Fatal("wrote beyond the run")
					}
				}
			}
		}
	})
}

// Words with many open lanes: thresholds whose upper bits leave thousands of lanes of a long run open. Catches a list of open words that
// is compacted over entries not read yet.
func TestLanesManyTies(t *testing.T) {
	k := New(43)
	const n = 16
	class := make([][8]uint64, n*many)
	p := make([]Threshold, many)
	for j := range p {
		p[j] = Threshold(j)<<49 | 1<<44 // class j: lanes whose upper eight bits are those of p[j], as far as there are
	}
	for g := range n {
		for lane := range 512 {
			if u := laneU(k, 1, uint64(g), lane); u>>45&15 == 0 {
				class[g*many+int(u>>49)][lane/64] |= 1 << (lane % 64)
			}
		}
		class[g*many][0] |= 1 // so that no group is empty
	}
	onLevels(t, func(t *testing.T) {
		dst := make([][8]uint64, n)
		k.BernoulliRun(dst, 1, 0, class, p)
		for g := range n {
			if want := lanesTwin(k, 1, uint64(g), class[g*many:(g+1)*many], p); dst[g] != want {
				t.Fatalf("group %d: expected %x, got %x", g, want, dst[g])
			}
		}
	})
}

func BenchmarkBernoulliLanes(b *testing.B) {
	for _, n := range []int{1, 4, 16, 64} {
		class := partition(New(1), n, 2)
		p := []Threshold{NewThreshold(0.1707), NewThreshold(0.0291)}
		dst := make([][8]uint64, n)
		b.Run(fmt.Sprintf("run of %d", n), func(b *testing.B) {
			benchLevels(b, func(b *testing.B) {
				for i := range b.N {
					New(1).BernoulliRun(dst, uint64(i), 0, class, p)
				}
				rate(b, 512*n, "lanes/s")
				b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*n), "ns/group")
			})
		})
	}
}

// eachU is the 53-bit u of a lane with a probability of its own: a byte of 32 blocks, and the first 45 bits of a block of its own.
func eachU(k Key, step, group uint64, lane int) uint64 {
	w := block(k.k, eachBlocks+group*32+uint64(lane/16), step)
	upper := uint64(w[lane/4%4] >> (8 * (lane % 4)) & 0xff)
	w = block(k.k, eachTieBlocks+group*512+uint64(lane), step)
	return upper<<45 | (uint64(w[0])<<32|uint64(w[1]))>>19
}

// BernoulliEach against the definition, on every level: runs of several lengths; probabilities at random, 0, 1, above 1, NaN, below 0, and those that a lane's u
// meets exactly or misses by 2^-53. Catches < turned into <=, a tie settled by another lane's bits, p = 1 that fails.
func TestEachTwin(t *testing.T) {
	k := New(43).Fold(2)
	onLevels(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 3, 4, 5, 9} {
			for _, group := range []uint64{0, 7, 1<<23 - 3, 1<<51 - 40} {
				step, s := uint64(n)<<40+1, k.Stream(uint64(n))
				some, p, dst := partition(k, n, 1), make([]float64, 512*n), make([][8]uint64, n)
				for i := range p {
					u := eachU(k, step, group+uint64(i/512), i%512)
					p[i] = []float64{s.Float64(), 0, 1, math.Inf(1), math.NaN(), -0.3, float64(u) / one, float64(u+1) / one, s.Float64() / 300}[i%9]
				}
				k.BernoulliEach(dst, step, group, some, p)
				for i, q := range p {
					want := some[i/512][i%512/64]>>(i%64)&1 == 1 && eachU(k, step, group+uint64(i/512), i%512) < uint64(NewThreshold(q))
					if got := dst[i/512][i%512/64]>>(i%64)&1 == 1; got != want {
						t.Fatalf("lane %d of %d groups from %d, p = %v: expected %v, got %v", i, n, group, q, want, got)
					}
				}
			}
		}
	})
}

// PickEach against its definition, on every level: pages of several lengths, two to four outcomes, few rows and many, cuts that a lane's u meets exactly or misses
// by 2^-53, outcomes that never and always happen. Catches < for <=, a tie settled by another lane's bits, lanes outside some that change.
func TestPicksTwin(t *testing.T) {
	k := New(44).Fold(3)
	onLevels(t, func(t *testing.T) {
		for i, n := range []int{0, 1, 3, 17, 64} {
			for q := 2; q <= PickOutcomes; q++ {
				for _, rows := range []int{1, 21, 64, PickRows} {
					s, step, page := k.Stream(uint64(100*i+q)), uint64(i)<<40+1, []uint64{0, 5, 1<<24 - 1, 1<<49 - 1, 9}[i]
					values := []uint8{3, 250, 1, 7}[:q]
					sums := make([]float64, rows*q)
					for row := range rows {
						sum := 0.0
						for o := range q {
							sum += []float64{s.Float64(), 0, 1, 1e-3}[(row+o)%4]
							sums[row*q+o] = sum
						}
						if sum == 0 {
							sums[row*q+q-1] = 1
						}
						if row%5 == 4 && n > 0 { // what lane row's u is if it is the first tie, or 2^-53 more: its upper bits meet the cut
							w := block(k.k, pickBlocks+page*256+uint64(row/16), step)
							tie := block(k.k, pickTieBlocks+page*2048, step)
							u := uint64(w[row/4%4]>>(8*(row%4))&0xff)<<45 | (uint64(tie[0])|uint64(tie[1])<<32)>>19
							for o := range q {
								sums[row*q+o] = float64(u+uint64(row%2)) / one
							}
							sums[row*q+q-1] = 1
						}
					}
					p := NewPicks(sums, values)
					row, dst, want, some := make([]uint8, 64*n), make([]uint8, 64*n), make([]uint8, 64*n), make([]uint64, n)
					for w := range some {
						some[w] = s.Uint64() | 1<<w
					}
					ties, changed := 0, 0
					for l := range row {
						row[l], dst[l] = uint8(s.Below(rows)), uint8(l)
						if l < rows {
							row[l] = uint8(l)
						}
						want[l] = dst[l]
						if some[l/64]>>(l%64)&1 == 0 {
							continue
						}
						w := block(k.k, pickBlocks+page*256+uint64(l/16), step)
						upper := uint64(w[l/4%4] >> (8 * (l % 4)) & 0xff)
						c, tied, result := sums[int(row[l])*q:][:q], false, 0
						for o := range q - 1 {
							tied = tied || min(uint64(NewThreshold(c[o]/c[q-1]))>>45, 255) == upper
						}
						u := upper << 45
						if tied {
							w = block(k.k, pickTieBlocks+page*2048+uint64(ties/2), step)
							u |= (uint64(w[ties%2*2]) | uint64(w[ties%2*2+1])<<32) >> 19
							ties++
						}
						for result < q-1 && u >= uint64(NewThreshold(c[result]/c[q-1])) {
							result++
						}
						if want[l] = values[result]; want[l] != dst[l] {
							changed++
						}
					}
					if got := k.PickEach(dst, row, some, step, page, p); got != changed || !bytes.Equal(dst, want) {
						t.Fatalf("%d words, %d outcomes, %d rows: expected %d to change, got %d; lanes are as expected: %v", n, q, rows, changed, got, bytes.Equal(dst, want))
					}
				}
			}
		}
	})
}

// The shares of outcomes are those of their weights: chi-square of 2^22 lanes (2 degrees of freedom, 33 at a false alarm of 7e-8). Catches ties that are always
// won, which shift a share by 2^-9.
func TestPicksShares(t *testing.T) {
	c := []float64{0.20117, 0.7017, 1}
	p := NewPicks(c, []uint8{0, 1, 2})
	var counts [3]float64
	row, dst, some := make([]uint8, PickLanes), make([]uint8, PickLanes), make([]uint64, PickLanes/64)
	for w := range some {
		some[w] = ^uint64(0)
	}
	const pages = 1024
	for page := range pages {
		New(45).PickEach(dst, row, some, 3, uint64(page), p)
		for _, x := range dst {
			counts[x]++
		}
	}
	chi, before := 0.0, 0.0
	for o, sum := range c {
		want := (sum - before) * pages * PickLanes
		chi += (counts[o] - want) * (counts[o] - want) / want
		before = sum
	}
	if chi > 33 {
		t.Fatalf("chi-square %v of counts %v", chi, counts)
	}
}

func BenchmarkPickEach(b *testing.B) {
	p := NewPicks([]float64{0.2, 0.7, 1}, []uint8{0, 1, 5})
	row, dst, some := make([]uint8, PickLanes), make([]uint8, PickLanes), make([]uint64, PickLanes/64)
	for w := range some {
		some[w] = ^uint64(0)
	}
	benchLevels(b, func(b *testing.B) {
		for i := range b.N {
			New(1).PickEach(dst, row, some, uint64(i), 0, p)
		}
		rate(b, PickLanes, "lanes/s")
	})
}
