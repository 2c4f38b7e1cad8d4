// Package simd holds the dispatch to vector registers and the kernels under everything numerical: element-wise arithmetic, conversions and
// reductions; transcendental functions stand in [github.com/ergodica/ergodica/core/simd/functions].
//
// Every kernel exists for each [Level] and gives the same bits on all of them: the scalar code performs, element by element, the very
// operations of the vector code (math.FMA where the vector code fuses, a rounded product elsewhere), and reductions run over eight virtual
// lanes and a tree over element indices whatever the width of the registers.
package simd

import (
	"sync/atomic"

	"github.com/ergodica/ergodica/core/spec"
)

// Level is a width of vector registers.
type Level int32

const (
	Scalar Level = iota // pure Go
	AVX2                // 256 bits, with FMA
	AVX512              // 512 bits: F, CD, BW, DQ, VL
)

func (l Level) String() string {
	switch l {
	case Scalar:
		return "scalar"
	case AVX2:
		return "AVX2"
	case AVX512:
		return "AVX-512"
	}
	return "unknown"
}

var (
	best    = detect()
	current atomic.Int32
)

func init() { current.Store(int32(best)) }

// Current is the level in use; at the start the best one.
func Current() Level { return Level(current.Load()) }

// Levels lists the levels that this build offers on this CPU, the best first; Scalar is always the last.
func Levels() []Level {
	var all []Level
	for l := best; l >= Scalar; l-- {
		all = append(all, l)
	}
	return all
}

// Use sets the level for the whole process and refuses one that this build or CPU lacks. Results do not depend on it.
func Use(l Level) error {
	if l < Scalar || l > best {
		return spec.Errorf(spec.SpecError, "expected a SIMD level among %v on this CPU and build, got %v", Levels(), l)
	}
	current.Store(int32(l))
	return nil
}
