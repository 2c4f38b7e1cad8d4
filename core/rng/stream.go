package rng

import (
	"math"
	"math/bits"

	"github.com/ergodica/ergodica/core/simd"
)

const streamBuffer = 32 // words

// Stream is a sequence of draws of one (key, step). Copies repeat what the original draws from there on. It is 200 bytes long: a walker
// keeps one and starts it anew by [Stream.Reset] at every step.
type Stream struct {
	buffer [streamBuffer]uint32 // words next, next+1, ... are not used yet; under a script it is always empty
	next   uint32
	half   bool // spare holds the second number of a pair of normals
	key    Key
	step   uint64
	index  uint64 // block that follows the buffer
	spare  float64
}

// Stream starts at the first word of (k, step).
func (k Key) Stream(step uint64) Stream {
	return Stream{next: streamBuffer, key: k, step: step, index: streamBlocks}
}

// Reset makes s the same as k.Stream(step), cheaper: the buffer is not cleared.
func (s *Stream) Reset(k Key, step uint64) {
	s.next = streamBuffer
	s.half = false
	s.key = k
	s.step = step
	s.index = streamBlocks
}

func (s *Stream) word() uint32 {
	if s.next >= streamBuffer {
		s.refill()
	}
	w := s.buffer[s.next&(streamBuffer-1)]
	s.next++
	return w
}

func (s *Stream) refill() {
	n := uint32(refillWords())
	s.next = streamBuffer - n
	fill(s.buffer[s.next:], s.key.k, s.index, s.step)
	s.index += uint64(n / 4)
}

// Less is 1 with the probability of t, else 0. It uses one word, a second one if the first leaves u < p open (once in 2^32).
func (s *Stream) Less(t Threshold) uint32 {
	if i := s.next; i < streamBuffer {
		if d := uint64(s.buffer[i]) - uint64(t>>21); d != 0 {
			s.next = i + 1
			return uint32(d >> 63)
		}
	}
	return s.lessSlow(t)
}

func (s *Stream) lessSlow(t Threshold) uint32 {
	if s.key.script != nil {
		return s.key.script.bernoulli(t)
	}
	if d := uint64(s.word()) - uint64(t>>21); d != 0 {
		return uint32(d >> 63)
	}
	return uint32((uint64(s.word()>>11) - uint64(t&(1<<21-1))) >> 63)
}

// Bernoulli is true with the probability of t. See [Stream.Less].
func (s *Stream) Bernoulli(t Threshold) bool { return s.Less(t) != 0 }

// Below is uniform on 0, ..., n-1 without bias (D. Lemire, ACM TOMACS 29, 3 (2019)): one word for n < 2^32, rarely more. n >= 1.
func (s *Stream) Below(n int) int {
	if i := s.next; i < streamBuffer && uint64(n)>>32 == 0 {
		if m := uint64(s.buffer[i]) * uint64(n); uint32(m) > uint32(n) {
			s.next = i + 1
			return int(m >> 32)
		}
	}
	return s.belowSlow(n)
}

func (s *Stream) belowSlow(n int) int {
	switch {
	case n < 1:
		panic("rng: Below needs n >= 1")
	case s.key.script != nil:
		return s.key.script.below(n)
	case n == 1:
		s.word()
		return 0
	case uint64(n)>>32 == 0:
		m := uint64(s.word()) * uint64(n)
		if uint32(m) < uint32(n) {
			for least := -uint32(n) % uint32(n); uint32(m) < least; {
				m = uint64(s.word()) * uint64(n)
			}
		}
		return int(m >> 32)
	}
	high, low := bits.Mul64(s.Uint64(), uint64(n))
	if low < uint64(n) {
		for least := -uint64(n) % uint64(n); low < least; {
			high, low = bits.Mul64(s.Uint64(), uint64(n))
		}
	}
	return int(high)
}

// Uint32 is the next word.
func (s *Stream) Uint32() uint32 {
	s.key.raw("Uint32")
	return s.word()
}

// Uint64 is two words, the low half first.
func (s *Stream) Uint64() uint64 {
	s.key.raw("Uint64")
	low := s.word()
	return uint64(low) | uint64(s.word())<<32
}

// Float64 is uniform on [0, 1), a multiple of 2^-53. It uses two words.
func (s *Stream) Float64() float64 { return unit(s.Uint64()) }

// Exponential has density exp(-x), x >= 0: -log(1-u).
func (s *Stream) Exponential() float64 { return 0 - simd.Log1(1-s.Float64()) }

// Normal is standard normal. Two come from four words as in [Key.Normals]; the second is kept for the next call.
func (s *Stream) Normal() float64 {
	if s.half {
		s.half = false
		return s.spare
	}
	r := math.Sqrt(-2 * simd.Log1(1-s.Float64()))
	sin, cos := simd.SincosTurns1(s.Float64())
	s.half = true
	s.spare = r * sin
	return r * cos
}
