package rng

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Flock draws normals from many streams at once, faster than one stream after the other.
type Flock struct {
	r, cos, sin [flockPairs]float64
	from        [flockPairs]*Stream
	to          [flockPairs][]float64
	pairs       int
}

const flockPairs = 256

// Normals fills dst as len(dst) calls of s.Normal would, at the latest when Done returns; until then neither may be used.
func (f *Flock) Normals(s *Stream, dst []float64) {
	if s.key.script != nil {
		s.refillRaw() // refuses
	}
	if s.half && len(dst) > 0 {
		s.half = false
		dst[0], dst = s.spare, dst[1:]
	}
	for len(dst) > 0 {
		if f.pairs == flockPairs {
			f.Done()
		}
		k := f.pairs
		f.r[k] = 1 - s.Float64()
		f.cos[k] = s.Float64()
		f.from[k], f.to[k] = s, dst[:min(2, len(dst))]
		dst = dst[len(f.to[k]):]
		f.pairs++
	}
}

// Done fills what is still open.
func (f *Flock) Done() {
	n := f.pairs
	f.pairs = 0
	r, cos, sin := f.r[:n], f.cos[:n], f.sin[:n]
	functions.Log(r, r)
	functions.SincosTurns(sin, cos, cos)
	for i := stretch(cos, sin, r); i < n; i++ {
		a := math.Sqrt(-2 * r[i])
		cos[i], sin[i] = a*cos[i], a*sin[i]
	}
	for i, to := range f.to[:n] {
		to[0] = cos[i]
		if len(to) == 2 {
			to[1] = sin[i]
		} else {
			f.from[i].half, f.from[i].spare = true, sin[i]
		}
		f.from[i], f.to[i] = nil, nil
	}
}
