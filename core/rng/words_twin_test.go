package rng

import (
	"math"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/stretchr/testify/require"
)

// onLevels runs f under every level that this build and CPU have.
func onLevels(t *testing.T, f func(t *testing.T)) {
	before := simd.Current()
	defer func() {
		if err := simd.Use(before); err != nil {
			t.Fatal(err)
		}
	}()
	for _, l := range simd.Levels() {
		if err := simd.Use(l); err != nil {
			t.Fatal(err)
		}
		t.Run(l.String(), f)
	}
}

// wordAt is word i of (k, step), straight from the definition.
func wordAt(k Key, step, i uint64) uint32 { return block(k.k, i/4, step)[i%4] }

func elementAt(k Key, step, i uint64) uint64 {
	return uint64(wordAt(k, step, 2*i)) | uint64(wordAt(k, step, 2*i+1))<<32
}

// Words, bits and uniforms on every level against the definition, one at a time: every length to 70 and some longer, all alignments, starts
// around the carry from the lower to the upper half of the block index. Catches a dropped carry, a wrong lane order, a tail off by one.
func TestWordsTwin(t *testing.T) {
	k := New(0x0123456789abcdef).Fold(5)
	lengths := []int{127, 128, 129, 512, 1000}
	for n := range 71 {
		lengths = append(lengths, n)
	}
	onLevels(t, func(t *testing.T) {
		for _, step := range []uint64{0, 77, 1<<63 | 3} {
			for _, first := range []uint64{0, 1, 2, 3, 4, 4<<32 - 3, 4<<32 - 32, 4<<32 - 60, 1<<61 + 5} {
				for _, n := range lengths {
					words := make([]uint32, n+1)
					k.Words(words[:n], step, first)
					for i, w := range words[:n] {
						if want := wordAt(k, step, first+uint64(i)); w != want {
							t.Fatalf("word %d of %d from %d: expected %x, got %x", i, n, first, want, w)
						}
					}
					elements := make([]uint64, n+1)
					k.Bits(elements[:n], step, first)
					units := make([]float64, n+1)
					k.Uniforms(units[:n], step, first)
					for i := range n {
						want := elementAt(k, step, first+uint64(i))
						if elements[i] != want {
							t.Fatalf("bits %d of %d from %d: expected %x, got %x", i, n, first, want, elements[i])
						}
						if u := float64(want>>11) / (1 << 53); units[i] != u {
							t.Fatalf("uniform %d of %d from %d: expected %x, got %x", i, n, first, u, units[i])
						}
					}
					if words[n] != 0 || elements[n] != 0 || units[n] != 0 {
						t.Fatalf("wrote beyond %d", n)
					}
				}
			}
		}
	})
}

// Normals have the same bits on every level and however a request is cut. Catches a pair split at an odd start, a tile boundary.
func TestNormalsTwin(t *testing.T) {
	k := New(11)
	var want [700]float64
	for i := range want {
		pair := uint64(i) &^ 1
		u, v := float64(elementAt(k, 4, pair)>>11)/(1<<53), float64(elementAt(k, 4, pair+1)>>11)/(1<<53)
		r := math.Sqrt(-2 * functions.Log1(1-u))
		sin, cos := functions.SincosTurns1(v)
		want[i] = r * [2]float64{cos, sin}[i&1]
	}
	onLevels(t, func(t *testing.T) {
		for _, cut := range []int{1, 2, 3, 5, 8, 255, 256, 257, 700} {
			got := make([]float64, len(want))
			for at := 0; at < len(got); at += cut {
				k.Normals(got[at:min(at+cut, len(got))], 4, uint64(at))
			}
			if !slices.Equal(got, want[:]) {
				t.Fatalf("normals in pieces of %d differ from the definition", cut)
			}
		}
	})
}

// Many normals of a stream are those of as many calls, on every level. Catches a spare that is lost, a tail of odd length, draws that are not in order.
func TestStreamNormalsTwin(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 15, 16, 17, 127, 128, 129, 130, 301} {
			one, many := New(5).Stream(3), New(5).Stream(3)
			for range 4 {
				want, got := make([]float64, n), make([]float64, n)
				for i := range want {
					want[i] = one.Normal()
				}
				many.Normals(got)
				if a, b := one.Normal(), many.Normal(); !slices.Equal(got, want) || a != b {
					t.Fatalf("%d normals differ from as many calls", n)
				}
				if a, b := one.Float64(), many.Float64(); a != b {
					t.Fatalf("after %d normals the streams differ", n)
				}
			}
		}
	})
}

// A stream gives the same draws on every level, and its u are the elements of its chunks from their end. Catches an index that advances by
// the wrong number of blocks.
func TestStreamTwin(t *testing.T) {
	k := New(3)
	var want []uint64
	for index, n := uint64(streamBlocks), 16; len(want) < 200; n = 64 {
		chunk := make([]uint64, n)
		for i := range chunk {
			w := block(k.k, index+uint64(i/2), 9)
			chunk[i] = (uint64(w[i%2*2]) | uint64(w[i%2*2+1])<<32) >> 11
		}
		slices.Reverse(chunk)
		want = append(want, chunk...)
		index += uint64(n / 2)
	}
	onLevels(t, func(t *testing.T) {
		s := k.Stream(8)
		s.Normal()
		s.Reset(k, 9)
		for i := range 40 {
			p := Threshold(want[i] + uint64(i%2)) // u < p exactly for odd i
			if got := s.Less(p); got != uint32(i%2) {
				t.Fatalf("draw %d: expected u < u + %d to be %d, got %d", i, i%2, i%2, got)
			}
		}
		for i := 40; i < 200; i++ {
			if got := s.Float64(); got != float64(want[i])/(1<<53) {
				t.Fatalf("draw %d: expected u = %d 2^-53, got %x", i, want[i], got)
			}
		}
	})
}

// Many uniform numbers at once are those one by one, across chunks. Catches the order within a chunk.
func TestFloat64sTwin(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		one := New(3).Stream(7)
		many := one
		for _, n := range []int{0, 1, 14, 2, 63, 200} {
			got := make([]float64, n)
			many.Float64s(got)
			for i, x := range got {
				if y := one.Float64(); x != y {
					t.Fatalf("number %d of %d: %v, alone %v", i, n, x, y)
				}
			}
		}
	})
}

// Logarithms and directions at once are those one by one, and stretched they are normal numbers. Catches angles from the numbers of the logarithms.
func TestPolarTwin(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		one := New(3).Stream(7)
		many := one
		logs, sin, cos := make([]float64, 30), make([]float64, 21), make([]float64, 21)
		many.Polar(logs, sin, cos)
		for _, x := range logs {
			require.Equal(t, functions.Log1(1-one.Float64()), x)
		}
		want := slices.Clone(sin)
		for i := range sin {
			s, c := functions.SincosTurns1(one.Float64())
			require.Equal(t, [2]float64{s, c}, [2]float64{sin[i], cos[i]})
			want[i] = math.Sqrt(-2*logs[9+i]) * s
		}
		Stretch(logs[9:], sin, cos)
		require.Equal(t, want, sin)
	})
}

// Normals of many streams, drawn together, against each alone, with what the streams give afterwards: rows of any length, more pairs than there is room
// for, a stream that holds the second number of a pair. Catches a spare that is lost, and rows that are exchanged.
func TestFlockTwin(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 5, 10, 63, 700} {
			var f Flock
			one, many := make([]Stream, 70), make([]Stream, 70)
			got := make([][]float64, len(one))
			for i := range one {
				one[i] = New(3).Fold(uint64(i)).Stream(7)
				if i%3 == 0 {
					one[i].Normal()
				}
				many[i] = one[i]
				got[i] = make([]float64, n)
				f.Normals(&many[i], got[i])
			}
			f.Done()
			for i := range one {
				for k := range n {
					if x := one[i].Normal(); math.Float64bits(x) != math.Float64bits(got[i][k]) {
						t.Fatalf("stream %d, number %d of %d: %v, alone %v", i, k, n, got[i][k], x)
					}
				}
				if one[i].Normal() != many[i].Normal() || one[i].Float64() != many[i].Float64() {
					t.Fatalf("stream %d goes on otherwise after %d numbers", i, n)
				}
			}
		}
	})
}
