package rng

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Polar fills logs with logarithms of 1 - u, after which it fills sin and cos, of one length, with those of the angles 2 pi u: what draws of directions are made of, many at once.
func (s *Stream) Polar(logs, sin, cos []float64) {
	s.Float64s(logs)
	s.Float64s(cos)
	for i, u := range logs {
		logs[i] = 1 - u
	}
	functions.Log(logs, logs)
	functions.SincosTurns(sin, cos, cos)
}

// Stretch multiplies sines and cosines of angles by sqrt(-2 logs), which makes them standard normal.
func Stretch(logs, sin, cos []float64) {
	for i := stretch(cos, sin, logs); i < len(logs); i++ {
		r := math.Sqrt(-2 * logs[i])
		cos[i], sin[i] = r*cos[i], r*sin[i]
	}
}

// Normals fills dst as len(dst) calls of [Stream.Normal] would, faster.
func (s *Stream) Normals(dst []float64) {
	if s.half && len(dst) > 0 {
		dst[0], dst = s.Normal(), dst[1:]
	}
	const tile = 64 // pairs
	var r, cos, sin [tile]float64
	for len(dst) >= 16 {
		n := min(tile, len(dst)/2)
		for i := range n {
			r[i] = 1 - s.Float64()
			cos[i] = s.Float64()
		}
		toPairs(r[:n], cos[:n], sin[:n])
		for i := range n {
			dst[2*i], dst[2*i+1] = cos[i], sin[i]
		}
		dst = dst[2*n:]
	}
	for i := range dst {
		dst[i] = s.Normal()
	}
}

// toPairs turns 1 - u, in r, and the next u, in cos, into pairs of normals, in cos and sin.
func toPairs(r, cos, sin []float64) {
	functions.Log(r, r)
	functions.SincosTurns(sin, cos, cos)
	Stretch(r, sin, cos)
}

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
	cos, sin := f.cos[:n], f.sin[:n]
	toPairs(f.r[:n], cos, sin)
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
