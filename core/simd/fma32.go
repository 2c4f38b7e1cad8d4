package simd

import "math"

// FMA32 is x*y + z rounded once to float32, as the vector instruction does it. The product is exact in float64, but its sum with z may be
// rounded there to the middle between two float32, or lie below their normal range; then the sum is rounded to odd first
// (S. Boldo, G. Melquiond, IEEE Trans. Comput. 57, 462 (2008)).
func FMA32(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	s := p + c // p is exact
	if b := math.Float64bits(s); b&(1<<29-1) != 1<<28 && b<<1 > 0x381<<53 {
		return float32(s)
	}
	return float32(roundToOdd(p, c, s))
}

// roundToOdd is p + c, whose rounded sum is s, cut off at 53 bits with the last one set if anything was lost.
func roundToOdd(p, c, s float64) float64 {
	t := s - p                      // p is exact
	lost := (p - (s - t)) + (c - t) // p is exact
	b := math.Float64bits(s)
	if !(lost != 0) || lost-lost != 0 || b&1 != 0 {
		return s
	}
	if (lost > 0) == (s > 0) {
		return math.Float64frombits(b + 1)
	}
	return math.Float64frombits(b - 1)
}
