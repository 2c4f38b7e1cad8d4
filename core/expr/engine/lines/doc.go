// Package lines sorts, searches and scans lines of memory: what the engine's stages do along an axis. Nothing here allocates or starts anything.
//
// # Keys
//
// Numbers are sorted as unsigned keys of their width whose order is theirs, NaN (all of them the same) last. The order of keys is total, so
// that a sorted line has one set of bits, whatever sorts it and in how many parts.
package lines

import "math"

// Key is an unsigned key.
type Key interface{ uint32 | uint64 }

const (
	sign64 = 1 << 63
	sign32 = 1 << 31
)

// KeyOf64 is the key of a float64: -0 before 0, NaN last.
func KeyOf64(x float64) uint64 {
	b := math.Float64bits(x)
	b ^= uint64(int64(b)>>63) | sign64
	if x != x {
		b = math.MaxUint64
	}
	return b
}

// ValueOf64 is the float64 of a key.
func ValueOf64(k uint64) float64 {
	if k == math.MaxUint64 {
		return math.NaN()
	}
	return math.Float64frombits(k ^ (uint64(int64(^k)>>63) | sign64))
}

// KeyOf32 is the key of a float32.
func KeyOf32(x float32) uint32 {
	b := math.Float32bits(x)
	b ^= uint32(int32(b)>>31) | sign32
	if x != x {
		b = math.MaxUint32
	}
	return b
}

// ValueOf32 is the float32 of a key.
func ValueOf32(k uint32) float32 {
	if k == math.MaxUint32 {
		return float32(math.NaN())
	}
	return math.Float32frombits(k ^ (uint32(int32(^k)>>31) | sign32))
}

// Equal64 is KeyOf64 with -0 as 0: numbers that are equal have one key.
func Equal64(x float64) uint64 { return KeyOf64(x + 0) }

// Equal32 is KeyOf32 with -0 as 0.
func Equal32(x float32) uint32 { return KeyOf32(x + 0) }
