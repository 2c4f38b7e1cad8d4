package rng

import (
	"math"
	"math/bits"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Stream is a sequence of draws of one (key, step). Copies repeat what the original draws from there on. It is 600 bytes long: a worker
// keeps one and starts it anew by [Stream.Reset] for every step of every walker.
//
// Every draw starts from a 53-bit number u, an element of [Key.Bits] shifted right by 11. They are drawn in chunks, the first of 16, later
// ones of 64, and used from a chunk's end to its start.
type Stream struct {
	next   uint64 // buffer[:next] are not used yet; under a script it is always empty
	buffer [64]uint64
	key    Key
	step   uint64
	index  uint64 // first block of the next chunk
	spare  float64
	half   bool // spare holds the second number of a pair of normals
}

const firstChunk = 16

// Stream starts at the beginning of (k, step).
func (k Key) Stream(step uint64) Stream {
	return Stream{key: k, step: step, index: streamBlocks}
}

// Reset makes s the same as k.Stream(step), cheaper: the buffer is not cleared.
func (s *Stream) Reset(k Key, step uint64) {
	s.next = 0
	s.key = k
	s.step = step
	s.index = streamBlocks
	s.half = false
}

// refill draws a chunk. Under a script it puts one number there that decides u < t as the script wants it.
func (s *Stream) refill(t Threshold) {
	if s.key.script != nil {
		s.buffer[0] = one * uint64(1-s.key.script.bernoulli(t))
		s.next = 1
		return
	}
	s.chunk()
}

func (s *Stream) chunk() {
	s.next = uint64(len(s.buffer))
	if s.index == streamBlocks {
		s.next = firstChunk
	}
	elements(s.buffer[:s.next], s.key.k, s.index, s.step, as53)
	s.index += s.next / 2
}

// refillRaw refuses to go on under a script.
func (s *Stream) refillRaw() {
	s.key.raw("raw number")
	s.chunk()
}

// Less is 1 with the probability of t, else 0, without a branch on the outcome.
func (s *Stream) Less(t Threshold) uint32 { // must stay within the inliner's budget, of which it uses all
	if s.next == 0 {
		s.refill(t)
	}
	s.next--
	return uint32((s.buffer[s.next] - uint64(t)) >> 63)
}

// Bernoulli is true with the probability of t.
func (s *Stream) Bernoulli(t Threshold) bool { return s.Less(t) != 0 }

// bits53 is the next u as an integer.
func (s *Stream) bits53() uint64 {
	if s.next == 0 {
		s.refillRaw()
	}
	s.next--
	return s.buffer[s.next]
}

// Below is uniform on 0, ..., n-1 without bias (D. Lemire, ACM TOMACS 29, 3 (2019)). 1 <= n <= 2^53. Most draws use one u.
func (s *Stream) Below(n int) int {
	if s.next != 0 {
		if high, low := bits.Mul64(s.buffer[s.next-1]<<11, uint64(n)); low>>11 > uint64(n) {
			s.next--
			return int(high)
		}
	}
	return s.belowSlow(n)
}

func (s *Stream) belowSlow(n int) int {
	if n < 1 || n > one {
		panic("rng: Below needs 1 <= n <= 2^53")
	}
	if s.key.script != nil {
		return s.key.script.below(n)
	}
	least := uint64(one) % uint64(n)
	for {
		if high, low := bits.Mul64(s.bits53()<<11, uint64(n)); low>>11 >= least {
			return int(high)
		}
	}
}

// Pick is index i with the probability (c[i] - c[i-1]) / c[n-1], from running sums c that do not fall and end above 0.
func (s *Stream) Pick(c []float64) int {
	if s.key.script != nil {
		return s.key.script.pick(c)
	}
	x, i := s.Float64()*c[len(c)-1], 0
	if c = c[:len(c)-1]; len(c) <= 8 { // all, as where a branch would go can not be guessed
		for _, v := range c {
			if v <= x {
				i++
			}
		}
		return i
	}
	for i < len(c) && c[i] <= x {
		i++
	}
	return i
}

// Uint32 is 32 fair bits.
func (s *Stream) Uint32() uint32 { return uint32(s.bits53() >> 21) }

// Uint64 is 64 fair bits, from two u: the high half comes first.
func (s *Stream) Uint64() uint64 {
	high := s.bits53() >> 21
	return high<<32 | s.bits53()>>21
}

// Float64 is uniform on [0, 1), a multiple of 2^-53.
func (s *Stream) Float64() float64 { return float64(int64(s.bits53())) * 0x1p-53 }

// Float64s fills dst as len(dst) calls of s.Float64 would.
func (s *Stream) Float64s(dst []float64) {
	for len(dst) > 0 {
		if s.next == 0 {
			s.refillRaw()
		}
		n := min(len(dst), int(s.next))
		from := s.buffer[int(s.next)-n : s.next]
		for i := units(dst[:n], from); i < n; i++ {
			dst[i] = float64(int64(from[n-1-i])) * 0x1p-53
		}
		dst = dst[n:]
		s.next -= uint64(n)
	}
}

// Exponential has density exp(-x), x >= 0: -log(1-u).
func (s *Stream) Exponential() float64 { return 0 - functions.Log1(1-s.Float64()) }

// Normal is standard normal. A pair comes from two u as in [Key.Normals]; the second one is kept for the next call.
func (s *Stream) Normal() float64 {
	if s.half {
		s.half = false
		return s.spare
	}
	r := math.Sqrt(-2 * functions.Log1(1-s.Float64()))
	sin, cos := functions.SincosTurns1(s.Float64())
	s.half = true
	s.spare = r * sin
	return r * cos
}
