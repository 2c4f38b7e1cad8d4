package engine

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Kernels of complex numbers, integers and booleans: plain loops.

type complexes interface{ complex128 | complex64 }

type integers interface{ int64 | int32 }

func complexKernel[T simd.Real, C complexes](n *expr.Node) *kernel {
	switch n.Op {
	case expr.OpAdd:
		return map2(func(x, y C) C { return x + y })
	case expr.OpSub:
		return map2(func(x, y C) C { return x - y })
	case expr.OpMulz:
		s := mulNode.Scalar()
		return map2(func(t, c C) C {
			if t == 0 {
				return 0
			}
			return C(s.C2(complex128(t), complex128(c)))
		})
	case expr.OpNeg:
		return map1(func(x C) C { return -x })
	case expr.OpConj:
		return map1(func(x C) C { z := complex128(x); return C(complex(real(z), -imag(z))) })
	case expr.OpReal:
		return map1(func(x C) T { return T(real(complex128(x))) })
	case expr.OpImag:
		return map1(func(x C) T { return T(imag(complex128(x))) })
	case expr.OpAbs:
		return map1(func(x C) T { z := complex128(x); return T(functions.Hypot1(real(z), imag(z))) })
	case expr.OpEqual:
		return map2(func(x, y C) bool { return x == y })
	case expr.OpNotEqual:
		return map2(func(x, y C) bool { return x != y })
	case expr.OpSelect:
		return &kernel{run: selectAny[C]}
	case expr.OpIsNan:
		return test(func(x C) bool { return isNaN(complex128(x)) })
	case expr.OpIsInf:
		return test(func(x C) bool { return isInf(complex128(x)) })
	case expr.OpIsFinite:
		return test(func(x C) bool { return !isNaN(complex128(x)) && !isInf(complex128(x)) })
	}
	switch s := n.Scalar(); {
	case s.C1 != nil:
		return map1(func(x C) C { return C(s.C1(complex128(x))) })
	case s.C2 != nil:
		return map2(func(x, y C) C { return C(s.C2(complex128(x), complex128(y))) })
	}
	return nil
}

var mulNode = &expr.Node{Op: expr.OpMul}

// isNaN: one part is NaN and none infinite.
func isNaN(z complex128) bool { return !isInf(z) && (real(z) != real(z) || imag(z) != imag(z)) }

func isInf(z complex128) bool { return math.IsInf(real(z), 0) || math.IsInf(imag(z), 0) }

func join[T simd.Real, C complexes]() *kernel {
	return map2(func(re, im T) C { return C(complex(float64(re), float64(im))) })
}

func selectAny[T any](f *frame, in *instr, n int) {
	d, p, x, y := vec[T](f, in.d, n), vec[byte](f, in.x[0], n), operand[T](f, in, 1, n), operand[T](f, in, 2, n)
	for i := range d {
		if p[i] != 0 {
			d[i] = x[i]
		} else {
			d[i] = y[i]
		}
	}
}

func intKernel[T integers](n *expr.Node) *kernel {
	switch n.Op {
	case expr.OpAdd:
		return map2(func(x, y T) T { return x + y })
	case expr.OpSub:
		return map2(func(x, y T) T { return x - y })
	case expr.OpMul:
		return map2(func(x, y T) T { return x * y })
	case expr.OpMax:
		return map2(func(x, y T) T { return max(x, y) })
	case expr.OpMin:
		return map2(func(x, y T) T { return min(x, y) })
	case expr.OpNeg:
		return map1(func(x T) T { return -x })
	case expr.OpAbs:
		return map1(func(x T) T { return max(x, -x) })
	case expr.OpNot:
		return map1(func(x T) T { return ^x })
	case expr.OpIsNan, expr.OpIsInf:
		return test(func(T) bool { return false })
	case expr.OpIsFinite:
		return test(func(T) bool { return true })
	case expr.OpSelect:
		return &kernel{run: selectAny[T]}
	}
	if k := ordering[T](n.Op); k != nil {
		return k
	}
	switch s := n.Scalar(); {
	case s.I1 != nil:
		return map1(func(x T) T { return T(s.I1(int64(x))) })
	case s.I2 != nil:
		return map2(func(x, y T) T { return T(s.I2(int64(x), int64(y))) })
	}
	return nil
}

func ordering[T int64 | int32 | uint8](op expr.Op) *kernel {
	switch op {
	case expr.OpEqual:
		return map2(func(x, y T) bool { return x == y })
	case expr.OpNotEqual:
		return map2(func(x, y T) bool { return x != y })
	case expr.OpLess:
		return map2(func(x, y T) bool { return x < y })
	case expr.OpLessEqual:
		return map2(func(x, y T) bool { return x <= y })
	case expr.OpGreater:
		return map2(func(x, y T) bool { return x > y })
	case expr.OpGreaterEqual:
		return map2(func(x, y T) bool { return x >= y })
	}
	return nil
}

func boolKernel(n *expr.Node) *kernel {
	switch n.Op {
	case expr.OpNot:
		return map1(func(x uint8) uint8 { return 1 - min(x, 1) })
	case expr.OpAnd:
		return map2(func(x, y uint8) uint8 { return min(x, 1) & min(y, 1) })
	case expr.OpOr:
		return map2(func(x, y uint8) uint8 { return min(x|y, 1) })
	case expr.OpXor:
		return map2(func(x, y uint8) uint8 { return min(x, 1) ^ min(y, 1) })
	case expr.OpSelect:
		return &kernel{run: selectAny[uint8]}
	}
	return ordering[uint8](n.Op)
}

func convertKernel(from, to array.Dtype) *kernel {
	switch from {
	case array.Float64:
		if to == array.Float32 {
			return &kernel{run: func(f *frame, in *instr, n int) {
				simd.Narrow(vec[float32](f, in.d, n), operand[float64](f, in, 0, n))
			}}
		}
		return convertFrom(to, func(x float64) float64 { return x }, truncate)
	case array.Float32:
		if to == array.Float64 {
			return &kernel{run: func(f *frame, in *instr, n int) {
				simd.Widen(vec[float64](f, in.d, n), operand[float32](f, in, 0, n))
			}}
		}
		return convertFrom(to, func(x float32) float64 { return float64(x) }, func(x float32) int64 { return truncate(float64(x)) })
	case array.Int64:
		return convertFrom(to, func(x int64) float64 { return float64(x) }, func(x int64) int64 { return x })
	case array.Int32:
		return convertFrom(to, func(x int32) float64 { return float64(x) }, func(x int32) int64 { return int64(x) })
	case array.Bool:
		return convertFrom(to, func(x uint8) float64 { return float64(min(x, 1)) }, func(x uint8) int64 { return int64(min(x, 1)) })
	case array.Complex128:
		switch to {
		case array.Complex64:
			return map1(func(z complex128) complex64 { return complex64(z) })
		case array.Bool:
			return map1(func(z complex128) bool { return z != 0 })
		}
	case array.Complex64:
		switch to {
		case array.Complex128:
			return map1(func(z complex64) complex128 { return complex128(z) })
		case array.Bool:
			return map1(func(z complex64) bool { return z != 0 })
		}
	}
	return nil
}

func convertFrom[S any](to array.Dtype, number func(S) float64, whole func(S) int64) *kernel {
	switch to {
	case array.Float64:
		return map1(number)
	case array.Float32:
		return map1(func(x S) float32 { return float32(number(x)) })
	case array.Complex128:
		return map1(func(x S) complex128 { return complex(number(x), 0) })
	case array.Complex64:
		return map1(func(x S) complex64 { return complex64(complex(number(x), 0)) })
	case array.Int64:
		return map1(whole)
	case array.Int32:
		return map1(func(x S) int32 { return int32(whole(x)) })
	case array.Bool:
		return map1(func(x S) bool { return number(x) != 0 })
	}
	return nil
}

// truncate is NumPy's conversion: what does not fit becomes the smallest integer.
func truncate(x float64) int64 {
	if x != x || x >= 0x1p63 || x < -0x1p63 {
		return math.MinInt64
	}
	return int64(x)
}
