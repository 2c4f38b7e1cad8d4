package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// instr is one operation on the current tile: pointers by slot (result, then operands).
type instr struct {
	run    func(f *frame, in *instr, n int)
	d      int32
	x      [3]int32
	one    [3]bool // operand is a single element
	load   *load
	reduce *reduction
	loop   *loop
	item   int32 // of the nest
	clean  bool  // only makes the NaNs of the item canonical
}

// kernel computes an element-wise operation; operands at positions in single may be one element, repeated.
type kernel struct {
	run    func(f *frame, in *instr, n int)
	single uint8
}

func vec[T any](f *frame, slot int32, n int) []T { return unsafe.Slice((*T)(f.ptr[slot]), n) }

// operand is the elements of operand k: n of them, or one.
func operand[T any](f *frame, in *instr, k, n int) []T {
	if in.one[k] {
		n = 1
	}
	return unsafe.Slice((*T)(f.ptr[in.x[k]]), n)
}

const all = 7 // every operand may be a single element

// kernelOf is the kernel of an element-wise node with operands of dtype d (of the last operand for select); nil if there is none.
func kernelOf(n *expr.Node, d array.Dtype) *kernel {
	switch n.Op {
	case expr.OpConvert:
		return convertKernel(d, n.Type.Dtype)
	case expr.OpComplex:
		if d == array.Float64 {
			return join[float64, complex128]()
		}
		return join[float32, complex64]()
	}
	switch d {
	case array.Float64:
		return realKernel(n, functions64)
	case array.Float32:
		return realKernel(n, functions32)
	case array.Complex128:
		return complexKernel[float64, complex128](n)
	case array.Complex64:
		return complexKernel[float32, complex64](n)
	case array.Int64:
		return intKernel[int64](n)
	case array.Int32:
		return intKernel[int32](n)
	case array.Bool:
		return boolKernel(n)
	}
	return nil
}

var functions64 = map[expr.Op]func(dst, x []float64){
	expr.OpExp: functions.Exp, expr.OpExpm1: functions.Expm1, expr.OpExp2: functions.Exp2, expr.OpLog: functions.Log, expr.OpLog1p: functions.Log1p, expr.OpLog2: functions.Log2,
	expr.OpLog10: functions.Log10, expr.OpTanh: functions.Tanh, expr.OpExpit: functions.Sigmoid, expr.OpSin: functions.Sin, expr.OpCos: functions.Cos, expr.OpErf: functions.Erf, expr.OpErfc: functions.Erfc,
	expr.OpTan: functions.Tan, expr.OpAsin: functions.Asin, expr.OpAcos: functions.Acos, expr.OpAtan: functions.Atan, expr.OpSinh: functions.Sinh, expr.OpCosh: functions.Cosh,
	expr.OpAsinh: functions.Asinh, expr.OpAcosh: functions.Acosh, expr.OpAtanh: functions.Atanh, expr.OpCbrt: functions.Cbrt,
	expr.OpErfinv: functions.Erfinv, expr.OpNdtr: functions.Ndtr, expr.OpNdtri: functions.Ndtri, expr.OpLogNdtr: functions.LogNdtr, expr.OpLogExpit: functions.LogSigmoid,
}

var functions32 = map[expr.Op]func(dst, x []float32){
	expr.OpExp: functions.Exp32, expr.OpExpm1: functions.Expm132, expr.OpExp2: functions.Exp232, expr.OpLog: functions.Log32, expr.OpLog1p: functions.Log1p32, expr.OpLog2: functions.Log232,
	expr.OpLog10: functions.Log1032, expr.OpTanh: functions.Tanh32, expr.OpExpit: functions.Sigmoid32, expr.OpSin: functions.Sin32, expr.OpCos: functions.Cos32, expr.OpErf: functions.Erf32, expr.OpErfc: functions.Erfc32,
	expr.OpTan: functions.Tan32, expr.OpAsin: functions.Asin32, expr.OpAcos: functions.Acos32, expr.OpAtan: functions.Atan32, expr.OpSinh: functions.Sinh32, expr.OpCosh: functions.Cosh32,
	expr.OpAsinh: functions.Asinh32, expr.OpAcosh: functions.Acosh32, expr.OpAtanh: functions.Atanh32, expr.OpCbrt: functions.Cbrt32,
	expr.OpErfinv: functions.Erfinv32, expr.OpNdtr: functions.Ndtr32, expr.OpNdtri: functions.Ndtri32, expr.OpLogNdtr: functions.LogNdtr32, expr.OpLogExpit: functions.LogSigmoid32,
}

func realKernel[T simd.Real](n *expr.Node, table map[expr.Op]func(dst, x []T)) *kernel {
	switch n.Op {
	case expr.OpAdd:
		return &kernel{addReal[T], all}
	case expr.OpSub:
		return &kernel{subReal[T], all}
	case expr.OpMul:
		return &kernel{mulReal[T], all}
	case expr.OpDiv:
		return pair(simd.Div[T])
	case expr.OpMax:
		return pair(simd.Max[T])
	case expr.OpMin:
		return pair(simd.Min[T])
	case expr.OpMulz:
		return pair(simd.MulZero[T])
	case expr.OpNeg:
		return single(simd.Neg[T])
	case expr.OpAbs:
		return single(simd.Abs[T])
	case expr.OpSqrt, expr.OpSqrt0:
		return single(simd.Sqrt[T])
	case expr.OpRsqrt:
		return &kernel{rsqrt[T], 0}
	case expr.OpFloor:
		return single(simd.Floor[T])
	case expr.OpCeil:
		return single(simd.Ceil[T])
	case expr.OpTrunc:
		return single(simd.Trunc[T])
	case expr.OpRound:
		return single(simd.Round[T])
	case expr.OpPow:
		return pairOf[T](functions.Pow, functions.Pow32)
	case expr.OpAtan2:
		return pairOf[T](functions.Atan2, functions.Atan232)
	case expr.OpHypot:
		return pairOf[T](functions.Hypot, functions.Hypot32)
	case expr.OpLogaddexp:
		return pairOf[T](functions.Logaddexp, functions.Logaddexp32)
	case expr.OpXlogy:
		return pairOf[T](functions.Xlogy, functions.Xlogy32)
	case expr.OpXlog1py:
		return pairOf[T](functions.Xlog1py, functions.Xlog1py32)
	case expr.OpIntegerPow:
		if k := n.Attrs.N; k >= 2 && k <= 4 {
			return &kernel{run: func(f *frame, in *instr, m int) {
				x, d := operand[T](f, in, 0, m), vec[T](f, in.d, m)
				t := scratch[T](f, m)
				simd.Square(t, x)
				switch k {
				case 2:
					copy(d, t)
				case 3:
					simd.Mul(d, t, x)
				case 4:
					simd.Square(d, t)
				}
			}}
		}
	case expr.OpLess:
		return compare(simd.Less[T], false)
	case expr.OpLessEqual:
		return compare(simd.LessEqual[T], false)
	case expr.OpGreater:
		return compare(simd.Less[T], true)
	case expr.OpGreaterEqual:
		return compare(simd.LessEqual[T], true)
	case expr.OpEqual:
		return compare(simd.Equal[T], false)
	case expr.OpNotEqual:
		return compare(simd.NotEqual[T], false)
	case expr.OpSelect:
		return &kernel{selectReal[T], 6}
	case expr.OpIsNan:
		return test(func(x T) bool { return x != x })
	case expr.OpIsFinite:
		return test(func(x T) bool { return x-x == 0 })
	case expr.OpIsInf:
		return test(func(x T) bool { return x-x != 0 && x == x })
	}
	if f := table[n.Op]; f != nil {
		return single(f)
	}
	switch s := n.Scalar(); {
	case s.F1 != nil:
		return map1(func(x T) T { return T(s.F1(float64(x))) })
	case s.F2 != nil:
		return map2(func(x, y T) T { return T(s.F2(float64(x), float64(y))) })
	case s.F3 != nil:
		return &kernel{run: func(f *frame, in *instr, n int) {
			x, y, z := operand[T](f, in, 0, n), operand[T](f, in, 1, n), operand[T](f, in, 2, n)
			for i, d := 0, vec[T](f, in.d, n); i < n; i++ {
				d[i] = T(s.F3(float64(x[i]), float64(y[i]), float64(z[i])))
			}
		}}
	}
	return nil
}

// few is the number of elements up to which a plain loop is faster than a vector kernel's call.
const few = 8

func addReal[T simd.Real](f *frame, in *instr, n int) {
	d, a, b := vec[T](f, in.d, n), operand[T](f, in, 0, n), operand[T](f, in, 1, n)
	if n <= few && len(a) == n && len(b) == n {
		for i := range d {
			d[i] = a[i] + b[i]
		}
		return
	}
	simd.Add(d, a, b)
}

func subReal[T simd.Real](f *frame, in *instr, n int) {
	d, a, b := vec[T](f, in.d, n), operand[T](f, in, 0, n), operand[T](f, in, 1, n)
	if n <= few && len(a) == n && len(b) == n {
		for i := range d {
			d[i] = a[i] - b[i]
		}
		return
	}
	simd.Sub(d, a, b)
}

func mulReal[T simd.Real](f *frame, in *instr, n int) {
	d, a, b := vec[T](f, in.d, n), operand[T](f, in, 0, n), operand[T](f, in, 1, n)
	if n <= few && len(a) == n {
		if len(b) == n {
			for i := range d {
				d[i] = a[i] * b[i]
			}
		} else {
			for i := range d {
				d[i] = a[i] * b[0]
			}
		}
		return
	}
	simd.Mul(d, a, b)
}

// chains are the pairs of steps that simd.Chain runs in one pass over the tile.
func chainOf[T simd.Real](first, second simd.Step) func(f *frame, in *instr, n int) {
	return func(f *frame, in *instr, n int) {
		simd.Chain(first, second, vec[T](f, in.d, n), operand[T](f, in, 0, n), operand[T](f, in, 1, n), operand[T](f, in, 2, n))
	}
}

func stepOf(op expr.Op) (simd.Step, bool) {
	switch op {
	case expr.OpAdd:
		return simd.StepAdd, true
	case expr.OpSub:
		return simd.StepSub, true
	case expr.OpMul:
		return simd.StepMul, true
	}
	return 0, false
}

// pairOf is a function of two arrays of the same length.
func pairOf[T simd.Real](f64 func(dst, x, y []float64), f32 func(dst, x, y []float32)) *kernel {
	return &kernel{run: func(f *frame, in *instr, n int) {
		d, x, y := vec[T](f, in.d, n), operand[T](f, in, 0, n), operand[T](f, in, 1, n)
		switch d := any(d).(type) {
		case []float64:
			f64(d, any(x).([]float64), any(y).([]float64))
		case []float32:
			f32(d, any(x).([]float32), any(y).([]float32))
		}
	}}
}

func rsqrt[T simd.Real](f *frame, in *instr, n int) {
	d := vec[T](f, in.d, n)
	one := [1]T{1}
	simd.Sqrt(d, operand[T](f, in, 0, n))
	simd.Div(d, one[:], d)
}

func selectReal[T simd.Real](f *frame, in *instr, n int) {
	simd.Select(vec[T](f, in.d, n), vec[byte](f, in.x[0], n), operand[T](f, in, 1, n), operand[T](f, in, 2, n))
}

// makesNaN tells that a node's NaNs may have any bits: those of the functions of core/simd have not.
func makesNaN(n *expr.Node) bool {
	return functions64[n.Op] == nil || n.Type.Dtype != array.Float64 && n.Type.Dtype != array.Float32
}

func canonicalOf(d array.Dtype) func(f *frame, in *instr, n int) {
	switch d {
	case array.Float64:
		return runCanonical[float64, float64]
	case array.Float32:
		return runCanonical[float32, float32]
	case array.Complex128:
		return runCanonical[float64, complex128]
	}
	return runCanonical[float32, complex64]
}

func runCanonical[T simd.Real, E any](f *frame, in *instr, n int) {
	var e E
	var x T
	d := vec[T](f, in.d, n*int(unsafe.Sizeof(e)/unsafe.Sizeof(x)))
	simd.Canonical(d, d)
}

// scratch is room for n elements that lasts for one instruction.
func scratch[T any](f *frame, n int) []T { return unsafe.Slice((*T)(unsafe.Pointer(&f.room[0])), n) }

func single[T any](g func(dst, x []T)) *kernel {
	return &kernel{run: func(f *frame, in *instr, n int) { g(vec[T](f, in.d, n), operand[T](f, in, 0, n)) }}
}

func pair[T any](g func(dst, x, y []T)) *kernel {
	return &kernel{func(f *frame, in *instr, n int) {
		g(vec[T](f, in.d, n), operand[T](f, in, 0, n), operand[T](f, in, 1, n))
	}, all}
}

func compare[T simd.Real](g func(dst []byte, x, y []T), swap bool) *kernel {
	a, b := 0, 1
	if swap {
		a, b = 1, 0
	}
	return &kernel{func(f *frame, in *instr, n int) {
		g(vec[byte](f, in.d, n), operand[T](f, in, a, n), operand[T](f, in, b, n))
	}, all}
}

func test[T any](g func(x T) bool) *kernel {
	return &kernel{run: func(f *frame, in *instr, n int) {
		d, x := vec[bool](f, in.d, n), operand[T](f, in, 0, n)
		for i := range d {
			d[i] = g(x[i])
		}
	}}
}

func map1[S, T any](g func(x S) T) *kernel {
	return &kernel{run: func(f *frame, in *instr, n int) {
		d, x := vec[T](f, in.d, n), operand[S](f, in, 0, n)
		for i := range d {
			d[i] = g(x[i])
		}
	}}
}

func map2[S, T any](g func(x, y S) T) *kernel {
	return &kernel{run: func(f *frame, in *instr, n int) {
		d, x, y := vec[T](f, in.d, n), operand[S](f, in, 0, n), operand[S](f, in, 1, n)
		for i := range d {
			d[i] = g(x[i], y[i])
		}
	}}
}
