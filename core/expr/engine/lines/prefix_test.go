package lines

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/simd"
)

// prefix runs a line in blocks of the given segments: all maps first, as threads do, or block by block, as one does.
func prefix(a, b []float64, reverse, together bool, segments int) []float64 {
	n := len(a)
	y, starts, ends := make([]float64, n), make([]float64, Segments(n)), make([]float64, Segments(n))
	offsets := ends
	if b == nil {
		offsets = nil
	}
	type block struct{ at, m, s int }
	var blocks []block
	for from := 0; from < n; from += segments * Segment {
		m := min(segments*Segment, n-from)
		at := from
		if reverse {
			at = n - from - m
		}
		blocks = append(blocks, block{at, m, from / Segment})
	}
	before := 0.0
	maps := func(k block) {
		Maps(starts[k.s:k.s+Segments(k.m)], part(offsets, k.s, k.s+Segments(k.m)), a[k.at:k.at+k.m], part(b, k.at, k.at+k.m), reverse)
	}
	chain := func(k block) {
		before = Starts(starts[k.s:k.s+Segments(k.m)], part(offsets, k.s, k.s+Segments(k.m)), before, k.s == 0)
	}
	run := func(k block) {
		e := k.s + Segments(k.m)
		Run(y[k.at:k.at+k.m], ends[k.s:e], starts[k.s:e], a[k.at:k.at+k.m], part(b, k.at, k.at+k.m), k.s == 0, reverse)
	}
	steps := []func(k block){maps, chain, run}
	if together {
		for _, step := range steps {
			for _, k := range blocks {
				step(k)
			}
		}
	} else {
		for _, k := range blocks {
			for _, step := range steps {
				step(k)
			}
		}
	}
	Mend(y, ends, starts, a, b, reverse)
	return y
}

// Every element follows from the one before to 256 roundings, and exactly within segments, whatever the numbers: shrinking and growing, cancelling to what a
// start cannot be computed from, zeros, vanishing and overflowing on the way, NaN and infinities. However the line is cut, it has the same bits,
// on scalars and vectors.
// Catches: a start taken for the end of its segment, a segment that is not mended, an order of reversed segments, a last segment left out.
func TestPrefixFollowsFromItself(t *testing.T) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for kind := range 9 {
		for _, n := range []int{1, 63, 64, 65, 255, 256, 257, 700, 5000} {
			for code := range 4 {
				reverse, products := code&1 != 0, code&2 != 0
				t.Run(fmt.Sprintf("kind %d, %d elements, reverse %v, products %v", kind, n, reverse, products), func(t *testing.T) {
					s := noise(n)
					normal := func() float64 { return float64(int64(s.next())) / (1 << 62) }
					a, b := make([]float64, n), make([]float64, n)
					for i := range a {
						a[i], b[i] = normal(), normal()
						switch kind {
						case 1:
							a[i] = 1 + 0.01*a[i]
						case 2: // stays at 1 by cancellation
							a[i], b[i] = 2, -1
							if i == 0 || i == n-1 {
								b[i] = 1
							}
						case 3:
							a[i] = float64(s.next() % 2)
						case 4:
							a[i] = math.Ldexp(a[i], 400*(int(s.next()%3)-1))
						case 5:
							a[i] *= 1e10
							b[i] = 0
						case 6:
							a[i] = math.Ldexp(1, 600*(1-2*(i/3%2)))
						case 7:
							if s.next()%300 == 0 {
								a[i] = math.NaN()
							}
						case 8:
							if s.next()%300 == 0 {
								b[i] = math.Inf(1)
							}
						}
					}
					if products {
						b = nil
					}
					require.NoError(t, simd.Use(simd.Scalar))
					y := prefix(a, b, reverse, true, 4)
					require.NoError(t, simd.Use(before))
					for _, segments := range []int{1, 3, 8, 1000} {
						for _, together := range []bool{false, true} {
							z := prefix(a, b, reverse, together, segments)
							for i := range y {
								require.True(t, math.Float64bits(y[i]) == math.Float64bits(z[i]) || y[i] != y[i] && z[i] != z[i])
							}
						}
					}
					if reverse {
						y, a, b = slices.Clone(y), slices.Clone(a), slices.Clone(b)
						slices.Reverse(y)
						slices.Reverse(a)
						slices.Reverse(b)
					}
					for i := range y {
						from := func(before float64) float64 {
							switch {
							case i == 0 && products:
								return a[0]
							case i == 0:
								return b[0]
							case products:
								return before * a[i]
							}
							return math.FMA(a[i], before, b[i])
						}
						before := 0.0
						if i > 0 {
							before = y[i-1]
						}
						want, tolerance := from(before), 0.0
						if i%Segment == 0 && i > 0 {
							tolerance = 0x1p-43 * math.Abs(before*a[i])
						}
						if want == y[i] || want != want && y[i] != y[i] {
							continue
						}
						require.InDelta(t, want, y[i], tolerance, "element %d", i)
					}
				})
			}
		}
	}
}
