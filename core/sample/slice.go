package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Slice draws a level under the density at the present point, steps out an interval around the point along a line until its ends lie below the level,
// and draws from it until a point lies above, each failure cutting the interval there (R. M. Neal, Ann. Stat. 31, 705 (2003)). The lines are the
// coordinate axes in turn, or random directions (hit and run). It needs no gradient, no step size to be right, and may have jumps in the density;
// what it is slow at is many correlated coordinates. Widths are adapted in warm-up to the intervals that were found.
type Slice struct {
	// Lines: the axes, each once a pass, or as many random directions.
	Lines string `spec:"lines" default:"\"axes\"" oneof:"axes,random"`
	// First guess of the intervals' widths, in unconstrained coordinates; without warm-up it stays.
	Width float64 `spec:"width" default:"1.0" range:"(0,inf)"`
	// Passes of one draw.
	Passes int `spec:"passes" default:"1" range:"[1,1e9]"`
	// Widths that an interval has at most.
	MaxWidths int `spec:"max_widths" default:"100" range:"[1,1e9]"`
}

type slice struct {
	Slice
	width []float64
	along []float64
	count float64 // passes of the warm-up
	mean  []float64
	wave  []float64
	next  point
}

func newSlice(m *Slice, n int, _ int64) (kernel, error) {
	row := func() []float64 { return make([]float64, n) }
	k := &slice{Slice: *m, width: row(), along: row(), mean: row(), wave: row(), next: newPoint(n)}
	for i := range k.width {
		k.width[i] = m.Width
	}
	return k, nil
}

func (k *slice) begin(context.Context, *chain, *rng.Stream) error { return nil }
func (k *slice) slopeless()                                       {}
func (k *slice) warm()                                            {}
func (k *slice) state() []any                                     { return []any{k.width, k.mean, k.wave, &k.count} }

func (k *slice) adapt(context.Context, *chain, *rng.Stream, float64) error { return nil }

func (k *slice) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	c.note.steps, c.note.accept, c.note.energy, c.note.diverging = 0, 1, c.at.u, false
	for range k.Passes {
		k.count++
		for i := range k.width {
			if k.Lines == "axes" {
				clear(k.along)
				k.along[i] = k.width[i]
			} else {
				for j, w := range k.width {
					k.along[j] = w * s.Normal()
				}
			}
			most := k.MaxWidths
			if c.angles != nil && c.angles[i] && k.Lines == "axes" { // once round is the whole line
				k.along[i] = min(k.width[i], 2*math.Pi)
				most = min(most, int(2*math.Pi/k.along[i]))
			}
			length, err := k.line(ctx, c, s, most)
			if err != nil {
				return err
			}
			if c.warming() && k.Lines == "axes" && length > 0 {
				k.width[i] = k.along[i] * functions.Exp1(functions.Log1(length)/min(k.count, 50))
			}
		}
		if c.warming() && k.Lines == "random" {
			k.spread(c.at.z)
		}
	}
	c.visit()
	return nil
}

// spread makes the widths of random directions the standard deviations of what was seen.
func (k *slice) spread(z []float64) {
	welford(k.mean, k.wave, z, k.count)
	for i, w := range k.wave {
		if sd := math.Sqrt(w / k.count); k.count >= 10 && sd > 1e-300 {
			k.width[i] = sd
		}
	}
}

// line moves along a line, and gives the length of the interval at the end, in widths, of which it has at most so many.
func (k *slice) line(ctx context.Context, c *chain, s *rng.Stream, most int) (float64, error) {
	level := c.at.u - functions.Log1p1(-s.Float64())
	low := -s.Float64()
	high := low + 1
	left := s.Below(most)
	right := most - 1 - left
	for ; left > 0; left-- {
		inside, err := k.above(ctx, c, low, level)
		if err != nil {
			return 0, err
		}
		if !inside {
			break
		}
		low--
	}
	for ; right > 0; right-- {
		inside, err := k.above(ctx, c, high, level)
		if err != nil {
			return 0, err
		}
		if !inside {
			break
		}
		high++
	}
	for {
		t := low + float64((high-low)*s.Float64())
		inside, err := k.above(ctx, c, t, level)
		if err != nil {
			return 0, err
		}
		if inside {
			c.at.set(&k.next)
			return high - low, nil
		}
		if t < 0 {
			low = t
		} else {
			high = t
		}
		if high-low < 1e-14 { // rounding alone is left: the chain stays
			return 0, nil
		}
	}
}

// above tells whether the density at a place on the line is above the level.
func (k *slice) above(ctx context.Context, c *chain, t, level float64) (bool, error) {
	for i, d := range k.along {
		k.next.z[i] = c.at.z[i] + float64(t*d)
	}
	c.note.steps++
	err := c.eval.valueAt(ctx, &k.next)
	return k.next.u < level && !math.IsInf(k.next.u, 1), err
}
