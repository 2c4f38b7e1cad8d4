package lines

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/simd"
)

type noise uint64

func (s *noise) next() uint64 {
	*s = *s*6364136223846793005 + 1442695040888963407
	x := uint64(*s)
	return (x ^ x>>29) * 0xbf58476d1ce4e5b9
}

var lengths = []int{0, 1, 2, 7, 8, 9, 23, 24, 25, 63, 64, 65, 66, 100, 127, 128, 129, 160, 161, 200, 1000, 4097, 30011}

// kinds of lines: noise, few values, one value, ascending, descending, the largest key among others.
func lineOf(s *noise, kind, n int) []uint64 {
	x := make([]uint64, n)
	for i := range x {
		switch v := s.next(); kind {
		case 0:
			x[i] = v
		case 1:
			x[i] = v % 5
		case 2:
			x[i] = 1 << 63
		case 3:
			x[i] = uint64(i) << 20
		case 4:
			x[i] = uint64(n - i)
		default:
			x[i] = math.MaxUint64 - v%2
		}
	}
	return x
}

func TestSort(t *testing.T) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for _, level := range simd.Levels() {
		require.NoError(t, simd.Use(level))
		s := noise(1)
		for kind := range 6 {
			for _, n := range lengths {
				x := lineOf(&s, kind, n)
				want := slices.Clone(x)
				slices.Sort(want)
				got := slices.Clone(x)
				Sort(got, make([]uint64, n))
				require.Equal(t, want, got, "%v, %d of kind %d", level, n, kind)
				narrow, few := make([]uint32, n), make([]uint32, n)
				pairs, ordered := make([]Pair, n), make([]Pair, n)
				for i, k := range x {
					narrow[i], few[i], pairs[i], ordered[i] = uint32(k>>17), uint32(k>>17), Pair{k, int64(i)}, Pair{k, int64(i)}
				}
				slices.Sort(few)
				Sort(narrow, make([]uint32, n))
				require.Equal(t, few, narrow)
				slices.SortStableFunc(ordered, func(a, b Pair) int {
					if a.Key < b.Key {
						return -1
					}
					if a.Key > b.Key {
						return 1
					}
					return 0
				})
				SortPairs(pairs, make([]Pair, n))
				require.Equal(t, ordered, pairs)
			}
		}
	}
}

func TestMergeInParts(t *testing.T) {
	s := noise(2)
	for kind := range 6 {
		for _, n := range lengths {
			x := lineOf(&s, kind, n)
			half := n / 3
			slices.Sort(x[:half])
			slices.Sort(x[half:])
			want := slices.Clone(x)
			slices.Sort(want)
			got := make([]uint64, n)
			pairs, merged := make([]Pair, n), make([]Pair, n)
			for i, k := range x {
				pairs[i] = Pair{k, int64(i)}
			}
			for from := 0; from < n; from += 10 {
				to := min(n, from+10)
				i := Split(x[:half], x[half:], from)
				Merge(got[from:to], x[i:half], x[half+from-i:])
				i = SplitPairs(pairs[:half], pairs[half:], from)
				MergePairs(merged[from:to], pairs[i:half], pairs[half+from-i:])
			}
			require.Equal(t, want, got)
			for i := 1; i < n; i++ {
				a, b := merged[i-1], merged[i]
				require.True(t, a.Key < b.Key || a.Key == b.Key && a.At < b.At)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	x := []float64{math.Inf(-1), -1e308, -1, -5e-324, math.Copysign(0, -1), 0, 5e-324, 1, math.Inf(1), math.NaN()}
	for i, v := range x {
		require.Equal(t, math.Float64bits(v), math.Float64bits(ValueOf64(KeyOf64(v))))
		require.Equal(t, math.Float32bits(float32(v)), math.Float32bits(ValueOf32(KeyOf32(float32(v)))))
		if i > 0 {
			require.Less(t, KeyOf64(x[i-1]), KeyOf64(v))
			require.LessOrEqual(t, KeyOf32(float32(x[i-1])), KeyOf32(float32(v)))
		}
	}
	require.Equal(t, KeyOf64(-math.NaN()), KeyOf64(math.NaN()))
	require.Equal(t, Equal64(0), Equal64(math.Copysign(0, -1)))
}

func TestSearch(t *testing.T) {
	s := noise(3)
	nan := math.NaN()
	v := []float64{math.Inf(-1), 0, 1, 2.5, 3, 4, math.Copysign(0, -1), nan, math.Inf(1), 5, 1, 2}
	for _, n := range []int{0, 1, 2, 3, 7, 100, 1000} {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(s.next() % 5)
		}
		slices.Sort(x)
		for i := n - n/7; i < n; i++ {
			x[i] = nan
		}
		for _, right := range []bool{false, true} {
			got := make([]int64, len(v))
			Search(got, x, v, right)
			for i, k := range v {
				want := 0
				for _, u := range x {
					if u < k || k != k && u == u || right && (u == k || u != u && k != k) {
						want++
					}
				}
				require.EqualValues(t, want, got[i], "%v among %d, %v", k, n, right)
			}
		}
	}
}

func BenchmarkSort(b *testing.B) {
	for _, n := range []int{100, 1000, 1000000} {
		s := noise(1)
		x := lineOf(&s, 0, n)
		y, spare := make([]uint64, n), make([]uint64, n)
		p, q := make([]Pair, n), make([]Pair, n)
		b.Run("keys", func(b *testing.B) {
			for range b.N {
				copy(y, x)
				Sort(y, spare)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/key")
		})
		b.Run("radix", func(b *testing.B) {
			for range b.N {
				copy(y, x)
				radix(y, spare)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/key")
		})
		b.Run("pairs", func(b *testing.B) {
			for range b.N {
				for i, k := range x {
					p[i] = Pair{k, int64(i)}
				}
				SortPairs(p, q)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/key")
		})
	}
}
