package simd

import (
	"math"
	"unsafe"
)

// Real are the types of the element-wise kernels.
//
// Their operands have the length of dst, or length 1 and are repeated; dst may be one of them. A NaN has the bits that the processor gives it
// (of two NaN operands either): what leaves a chain of these goes through [Canonical].
type Real interface{ float32 | float64 }

type operation uint8

const (
	opAdd operation = iota
	opSub
	opMul
	opDiv
	opMax
	opMin
	opMulZero
	opNeg
	opAbs
	opSqrt
	opSquare
	opFloor
	opCeil
	opTrunc
	opRound
	opCanonical
	opLess
	opLessEqual
	opEqual
	opNotEqual
	opFrom // b - a
)

// Add sets dst[i] = a[i] + b[i].
func Add[T Real](dst, a, b []T) { pairwise(opAdd, dst, a, b) }

// Sub sets dst[i] = a[i] - b[i].
func Sub[T Real](dst, a, b []T) { pairwise(opSub, dst, a, b) }

// Mul sets dst[i] = a[i] b[i].
func Mul[T Real](dst, a, b []T) { pairwise(opMul, dst, a, b) }

// Div sets dst[i] = a[i] / b[i].
func Div[T Real](dst, a, b []T) { pairwise(opDiv, dst, a, b) }

// Max sets dst[i] to the larger of a[i] and b[i], NaN if either is; of two equal ones (0 and -0) b[i].
func Max[T Real](dst, a, b []T) { pairwise(opMax, dst, a, b) }

// Min sets dst[i] to the smaller of a[i] and b[i], NaN if either is; of two equal ones (0 and -0) b[i].
func Min[T Real](dst, a, b []T) { pairwise(opMin, dst, a, b) }

// MulZero sets dst[i] = a[i] b[i], but 0 where a[i] is 0 and b[i] infinite or NaN.
func MulZero[T Real](dst, a, b []T) { pairwise(opMulZero, dst, a, b) }

// Neg sets dst[i] = -a[i].
func Neg[T Real](dst, a []T) { each(opNeg, dst, a) }

// Abs sets dst[i] = |a[i]|.
func Abs[T Real](dst, a []T) { each(opAbs, dst, a) }

// Sqrt sets dst[i] to the square root of a[i].
func Sqrt[T Real](dst, a []T) { each(opSqrt, dst, a) }

// Square sets dst[i] = a[i] a[i].
func Square[T Real](dst, a []T) { each(opSquare, dst, a) }

// Floor rounds down.
func Floor[T Real](dst, a []T) { each(opFloor, dst, a) }

// Ceil rounds up.
func Ceil[T Real](dst, a []T) { each(opCeil, dst, a) }

// Trunc rounds towards 0.
func Trunc[T Real](dst, a []T) { each(opTrunc, dst, a) }

// Round rounds to the nearest whole number, halves to even ones.
func Round[T Real](dst, a []T) { each(opRound, dst, a) }

// Canonical gives every NaN the bits of math.NaN().
func Canonical[T Real](dst, a []T) { each(opCanonical, dst, a) }

// Less sets dst[i] to 1 where a[i] < b[i], 0 elsewhere.
func Less[T Real](dst []byte, a, b []T) { compare(opLess, dst, a, b) }

// LessEqual sets dst[i] to 1 where a[i] <= b[i], 0 elsewhere.
func LessEqual[T Real](dst []byte, a, b []T) { compare(opLessEqual, dst, a, b) }

// Equal sets dst[i] to 1 where a[i] = b[i], 0 elsewhere.
func Equal[T Real](dst []byte, a, b []T) { compare(opEqual, dst, a, b) }

// NotEqual sets dst[i] to 0 where a[i] = b[i], 1 elsewhere.
func NotEqual[T Real](dst []byte, a, b []T) { compare(opNotEqual, dst, a, b) }

// Select sets dst[i] to a[i] where mask[i] is not 0, to b[i] elsewhere.
func Select[T Real](dst []T, mask []byte, a, b []T) {
	var ra, rb [repeats]T
	mask = mask[:len(dst)]
	a, ma := operand(&ra, a, len(dst))
	b, mb := operand(&rb, b, len(dst))
	for i := selectVector(dst, mask, a, b, ma, mb); i < len(dst); i++ {
		if mask[i] != 0 {
			dst[i] = a[i&ma]
		} else {
			dst[i] = b[i&mb]
		}
	}
}

// MulAdd sets dst[i] = a[i] b[i] + c[i], rounded once.
func MulAdd[T Real](dst, a, b, c []T) {
	var ra, rb, rc [repeats]T
	a, ma := operand(&ra, a, len(dst))
	b, mb := operand(&rb, b, len(dst))
	c, mc := operand(&rc, c, len(dst))
	for i := mulAddVector(dst, a, b, c, ma, mb, mc); i < len(dst); i++ {
		if unsafe.Sizeof(dst[i]) == 8 {
			dst[i] = T(math.FMA(float64(a[i&ma]), float64(b[i&mb]), float64(c[i&mc])))
		} else {
			dst[i] = T(FMA32(float32(a[i&ma]), float32(b[i&mb]), float32(c[i&mc])))
		}
	}
}

const repeats = 16 // lanes of the widest vector

// operand is a slice and a mask for its indices, so that x[i&mask] is the operand's element i.
func operand[T Real](room *[repeats]T, x []T, n int) ([]T, int) {
	if len(x) != 1 || n == 1 {
		return x[:n], -1
	}
	for i := range room {
		room[i] = x[0]
	}
	return room[:], 0
}

func pairwise[T Real](op operation, dst, a, b []T) {
	var ra, rb [repeats]T
	a, ma := operand(&ra, a, len(dst))
	b, mb := operand(&rb, b, len(dst))
	i := binaryVector(op, dst, a, b, ma, mb)
	switch op {
	case opAdd:
		for ; i < len(dst); i++ {
			dst[i] = a[i&ma] + b[i&mb]
		}
	case opSub:
		for ; i < len(dst); i++ {
			dst[i] = a[i&ma] - b[i&mb]
		}
	case opMul:
		for ; i < len(dst); i++ {
			dst[i] = a[i&ma] * b[i&mb]
		}
	case opDiv:
		for ; i < len(dst); i++ {
			dst[i] = a[i&ma] / b[i&mb]
		}
	case opMax:
		for ; i < len(dst); i++ {
			x, y := a[i&ma], b[i&mb]
			if x > y || x != x {
				y = x
			}
			dst[i] = y
		}
	case opMulZero:
		for ; i < len(dst); i++ {
			x := a[i&ma]
			y := x * b[i&mb]
			if y != y && x == 0 {
				y = 0
			}
			dst[i] = y
		}
	case opMin:
		for ; i < len(dst); i++ {
			x, y := a[i&ma], b[i&mb]
			if x < y || x != x {
				y = x
			}
			dst[i] = y
		}
	}
}

func each[T Real](op operation, dst, a []T) {
	a = a[:len(dst)]
	for i := unaryVector(op, dst, a); i < len(dst); i++ {
		x := a[i]
		switch op {
		case opNeg:
			x = -x
		case opAbs:
			x = T(math.Abs(float64(x)))
		case opSqrt:
			x = T(math.Sqrt(float64(x))) // one rounding in effect, of float32 too
		case opSquare:
			x *= x
		case opFloor:
			x = T(math.Floor(float64(x)))
		case opCeil:
			x = T(math.Ceil(float64(x)))
		case opTrunc:
			x = T(math.Trunc(float64(x)))
		case opRound:
			x = T(math.RoundToEven(float64(x)))
		case opCanonical:
			if x != x {
				x = T(math.NaN())
			}
		}
		dst[i] = x
	}
}

func compare[T Real](op operation, dst []byte, a, b []T) {
	var ra, rb [repeats]T
	a, ma := operand(&ra, a, len(dst))
	b, mb := operand(&rb, b, len(dst))
	for i := compareVector(op, dst, a, b, ma, mb); i < len(dst); i++ {
		x, y := a[i&ma], b[i&mb]
		var is bool
		switch op {
		case opLess:
			is = x < y
		case opLessEqual:
			is = x <= y
		case opEqual:
			is = x == y
		case opNotEqual:
			is = x != y
		}
		dst[i] = 0
		if is {
			dst[i] = 1
		}
	}
}

// Step is one of the operations of a chain.
type Step = operation

// The steps of a chain; From takes the number so far from the operand.
const (
	StepAdd  Step = opAdd
	StepSub  Step = opSub
	StepMul  Step = opMul
	StepFrom Step = opFrom
)

// Chain sets dst[i] = (a[i] first b[i]) second c[i], both rounded: first is StepAdd, StepSub or StepMul, second may be StepFrom too.
func Chain[T Real](first, second Step, dst, a, b, c []T) {
	var ra, rb, rc [repeats]T
	a, ma := operand(&ra, a, len(dst))
	b, mb := operand(&rb, b, len(dst))
	c, mc := operand(&rc, c, len(dst))
	for i := chainVector(first, second, dst, a, b, c, ma, mb, mc); i < len(dst); i++ {
		dst[i] = step(second, step(first, a[i&ma], b[i&mb]), c[i&mc])
	}
}

func step[T Real](op Step, x, y T) T {
	switch op {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opFrom:
		return y - x
	}
	return T(x * y)
}
