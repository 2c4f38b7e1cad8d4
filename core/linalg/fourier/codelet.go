package fourier

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
)

// Real is the type of the parts of the numbers.
type Real interface{ float32 | float64 }

const (
	maxRadix  = 16
	spillRoom = 32 // vectors that a codelet may put aside; then there is one that begins with the scale, and the inputs of a crossed one
)

// radices are the lengths that have codelets.
var radices = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// pass is count transforms of r elements each, an element being a vector of real and one of imaginary parts: transform k has its inputs at
// src + k si + j ss and its outputs at dst + k di + j ds, and factors from factors + k ti on. The assembly knows this layout and counts down.
type pass struct {
	src, dst, factors  unsafe.Pointer
	count              int
	ss, ds, si, di, ti int
	room               unsafe.Pointer // see spillRoom
	ahead              int            // taken: bytes from the inputs to what is needed soon
	dirty              int            // given: not 0 if there was a NaN
}

// motion takes lines of an array to a block and back; the assembly knows this layout and counts down.
type motion struct {
	base           unsafe.Pointer
	offsets        unsafe.Pointer // of lines, in bytes
	block1, block2 unsafe.Pointer
	ahead          int // bytes from here to what is needed soon
	count          int
	step           int    // columns: bytes from one point to the next
	scale          uint64 // bits
	dirty          int    // not 0: something was so large, or not finite, that NaNs may come about
	masks          [2]int // columns: the parts that are there
}

// codelets are the kernels of one type and level.
type codelets struct {
	plain, turned                 [maxRadix + 1]func(*pass)
	scale, scaleLanes, mix, unmix func(*pass)
	// taken is plain with inputs that are complex numbers of all lanes side by side in an array, given is turned with such outputs, times scale; the second
	// has the parts in each other's place. Lanes are in an order of their own between them. They are there for some radices (nil: not).
	taken, given [maxRadix + 1][2]func(*pass)
	// crossed is given with inputs whose lanes are what it transforms over: lane l of element k, of eight that are si/8 apart, is point l of transform k; the
	// next lanes are ss bytes on. Factors are vectors. The last two store past the caches, to cache lines, and have that ended if ahead is not 0.
	crossed [maxRadix + 1][4]func(*pass)
}

// ends are the radices of taken and given; only taken has 1.
var ends = []int{1, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16}

// crossings are the radices of crossed, which doubles have.
var crossings = []int{8, 16}

// crossedLane is the place of number l of eight in the order of lanes that taken and given have, and crossedNumber the way back.
func crossedLane(l int) int   { return 2*(l%4) + l/4 }
func crossedNumber(l int) int { return l/2 + 4*(l%2) }

func fma[T Real](x, y, z T) T {
	if unsafe.Sizeof(x) == 8 {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	return T(simd.FMA32(float32(x), float32(y), float32(z)))
}

var (
	plain64 = kernels{codelets: plainCodelets[float64]()}
	plain32 = kernels{codelets: plainCodelets[float32]()}
)

func plainKernels[T Real]() *kernels {
	if unsafe.Sizeof(*new(T)) == 8 {
		return &plain64
	}
	return &plain32
}
