package expr

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/stretchr/testify/require"
)

// rule is one application of an operation on which its rules are tried.
type rule struct {
	op     Op
	in     []Type
	attrs  *Attrs
	domain []func(float64) float64 // where the operands lie, from numbers in (-1, 1); the last one is for all that follow
	build  func(b *Builder, x []ID) []ID
	ints   map[int][]complex128 // values of integer operands
}

func positive(x float64) float64 { return 1.3 + x }
func free(x float64) float64     { return 2 * x }
func between(lo, hi float64) func(float64) float64 {
	return func(x float64) float64 { return lo + (hi-lo)*(0.5+0.45*x) }
}

func (r rule) values(s *noise, i int, t Type) []complex128 {
	if v, ok := r.ints[i]; ok {
		return v
	}
	if t.Dtype == array.Bool {
		return s.fill(t, func(x float64) float64 { return math.Round(0.5 + 0.5*x) })
	}
	f := free
	if len(r.domain) > 0 {
		f = r.domain[min(i, len(r.domain)-1)]
	}
	if ints.has(t.Dtype) {
		return s.fill(t, func(x float64) float64 { return math.Round(5 * x) })
	}
	return s.fill(t, f)
}

func (r rule) program(in []Type) *Program {
	return program(in, func(b *Builder, x []ID) []ID {
		if r.build != nil {
			return r.build(b, x)
		}
		y := b.emit(r.op, r.attrs, x...)
		out := []ID{y}
		for k := 1; k < (&b.p).Results(y); k++ {
			out = append(out, b.Result(y, k))
		}
		return out
	})
}

// rules has at least one row for every operation of the table.
func rules() []rule {
	var out []rule
	one := func(op Op, f func(float64) float64, a *Attrs) {
		for _, n := range []int{0, 1, 7} {
			out = append(out, rule{op: op, in: []Type{f64(n)}, attrs: a, domain: []func(float64) float64{f}})
		}
	}
	domains := map[Op]func(float64) float64{
		OpSqrt: positive, OpSqrt0: positive, OpRsqrt: positive, OpCbrt: positive, OpLog: positive, OpLog2: positive, OpLog10: positive, OpLog1p: between(-0.8, 2),
		OpTan: between(-1.2, 1.2), OpAsin: between(-0.9, 0.9), OpAcos: between(-0.9, 0.9), OpAcosh: between(1.2, 4), OpAtanh: between(-0.9, 0.9), OpErfinv: between(-0.9, 0.9),
		OpLgamma: positive, OpDigamma: positive, OpNdtri: between(0.05, 0.95), OpI1e: between(0.5, 12), OpJ1: between(0.5, 9), OpI0e: between(0.3, 12), OpAbs: between(0.3, 3),
		OpExpintE1: positive, OpExpi: positive, OpLambertW: positive,
	}
	for op := OpNeg; op <= OpTrunc; op++ {
		f := domains[op]
		if f == nil {
			f = free
		}
		one(op, f, nil)
		if d := table[op].dtypes; d&complexes != 0 {
			out = append(out, rule{op: op, in: []Type{c128(3)}, domain: []func(float64) float64{between(0.2, 0.8)}})
		}
	}
	for op := OpErf; op <= OpIsInf; op++ {
		f := domains[op]
		if f == nil {
			f = free
		}
		if op == OpPolygamma {
			one(op, positive, &Attrs{N: 1})
			continue
		}
		one(op, f, nil)
	}
	for _, n := range []int{-2, 0, 1, 2, 5} {
		one(OpIntegerPow, positive, &Attrs{N: n})
		out = append(out, rule{op: OpIntegerPow, in: []Type{c128(2)}, attrs: &Attrs{N: n}})
	}
	for _, op := range []Op{OpReal, OpImag, OpConj} {
		out = append(out, rule{op: op, in: []Type{c128(5)}})
	}
	one(OpStopGradient, free, nil)
	out = append(out, rule{op: OpNot, in: []Type{{array.Bool, []int{3}}}},
		rule{op: OpConvert, in: []Type{f64(3)}, attrs: &Attrs{Dtype: array.Complex128}}, rule{op: OpConvert, in: []Type{i64(3)}, attrs: &Attrs{Dtype: array.Float64}})
	two := func(op Op, t Type, fs ...func(float64) float64) {
		for _, n := range []int{0, 1, 7} {
			out = append(out, rule{op: op, in: []Type{{t.Dtype, []int{n}}, {t.Dtype, []int{n}}}, domain: fs})
		}
	}
	for _, op := range []Op{OpAdd, OpSub, OpMul, OpMulz, OpDiv, OpAtan2, OpHypot, OpMax, OpMin, OpLogaddexp, OpCopysign, OpNextafter, OpFloorDivide} {
		two(op, f64(), between(0.3, 2), between(-2, -0.2))
		if table[op].dtypes&complexes != 0 {
			two(op, c128(), between(0.3, 2))
		}
	}
	two(OpPow, f64(), between(0.3, 2), free)
	two(OpPow, c128(), between(0.3, 2), between(0.2, 0.9))
	two(OpMod, f64(), between(5.1, 5.9), between(1.05, 1.2))
	two(OpFmod, f64(), between(5.1, 5.9), between(1.05, 1.2))
	two(OpXlogy, f64(), free, positive)
	two(OpXlog1py, f64(), free, positive)
	out = append(out, rule{op: OpZeta, in: []Type{f64(4)}, domain: []func(float64) float64{positive},
		build: func(b *Builder, x []ID) []ID { return []ID{b.Apply(OpZeta, b.like(x[0], 2.5), x[0])} }})
	for _, op := range []Op{OpGammainc, OpGammaincc} { // second derivatives in x alone
		out = append(out, rule{op: op, in: []Type{f64(4)}, domain: []func(float64) float64{positive},
			build: func(b *Builder, x []ID) []ID { return []ID{b.Apply(op, b.like(x[0], 2.5), x[0])} }})
	}
	for _, op := range []Op{OpJv, OpYv, OpIve, OpKve} {
		for _, v := range []float64{0, 1, 2.5, -0.3} {
			out = append(out, rule{op: op, in: []Type{f64(4)}, domain: []func(float64) float64{positive},
				build: func(b *Builder, x []ID) []ID { return []ID{b.Apply(op, b.like(x[0], v), x[0])} }})
		}
	}
	for _, op := range []Op{OpBetainc, OpBetaincSlopeA, OpBetaincSlopeB} {
		out = append(out, rule{op: op, in: []Type{f64(4)}, domain: []func(float64) float64{between(0.1, 0.9)},
			build: func(b *Builder, x []ID) []ID { return []ID{b.Apply(op, b.like(x[0], 2.5), b.like(x[0], 0.7), x[0])} }})
	}
	for op := OpEqual; op <= OpGreaterEqual; op++ {
		two(op, f64())
	}
	for op := OpAnd; op <= OpShiftRight; op++ {
		two(op, i64())
	}
	two(OpComplex, f64())
	out = append(out, rule{op: OpSelect, in: []Type{{array.Bool, []int{5}}, f64(5), f64(5)}})
	return append(out, slices.Concat(shapeRules(), lineRules(), matrixRules(), convRules(), programRules(), randomRules(), loopRules())...)
}

func shapeRules() []rule {
	x, z := f64(3, 5, 2), c128(3, 5, 2)
	out := []rule{
		{op: OpConst, in: []Type{f64()}, build: func(b *Builder, x []ID) []ID { return []ID{b.Scale(x[0], 3)} }},
		{op: OpIota, in: []Type{f64(4)}, build: func(b *Builder, x []ID) []ID { return []ID{b.Mul(x[0], b.Iota(array.Float64, []int{4}, 0))} }},
		{op: OpBroadcastInDim, in: []Type{f64(3, 1)}, attrs: &Attrs{Shape: []int{3, 4, 5}, Axes: []int{0, 2}}},
		{op: OpBroadcastInDim, in: []Type{f64()}, attrs: &Attrs{Shape: []int{0, 2}}},
		{op: OpReshape, in: []Type{x}, attrs: &Attrs{Shape: []int{6, 5}}},
		{op: OpTranspose, in: []Type{z}, attrs: &Attrs{Axes: []int{2, 0, 1}}},
		{op: OpReverse, in: []Type{x}, attrs: &Attrs{Axes: []int{0, 2}}},
		{op: OpRoll, in: []Type{x}, attrs: &Attrs{Axes: []int{1, 0}, Shift: []int{-7, 1}}},
		{op: OpRoll, in: []Type{f64(0)}, attrs: &Attrs{Axes: []int{0}, Shift: []int{1}}},
		{op: OpSlice, in: []Type{x}, attrs: &Attrs{Start: []int{1, 0, 0}, Limit: []int{3, 5, 1}, Stride: []int{1, 3, 1}}},
		{op: OpSlice, in: []Type{f64(6)}, attrs: &Attrs{Start: []int{1}, Limit: []int{6}, Stride: []int{2}}},
		{op: OpSlice, in: []Type{f64(6)}, attrs: &Attrs{Start: []int{2}, Limit: []int{2}}},
		{op: OpSlice, in: []Type{f64(6)}, build: func(b *Builder, x []ID) []ID { // overlapping slices: the second cotangent is added in place
			y := b.Sin(x[0])
			return []ID{b.Mul(b.SliceAxis(y, 0, 1, 5), b.emit(OpSlice, &Attrs{Start: []int{0}, Limit: []int{4}}, y)), b.emit(OpSlice, &Attrs{Start: []int{1}, Limit: []int{6}, Stride: []int{2}}, y)}
		}},
		{op: OpSliceUpdate, in: []Type{f64(6, 2), f64(3, 1)}, attrs: &Attrs{Start: []int{0, 1}, Stride: []int{2, 1}, Mode: "set"}},
		{op: OpSliceUpdate, in: []Type{c128(6), c128(3)}, attrs: &Attrs{Start: []int{2}, Mode: "add"}},
		{op: OpSliceUpdate, in: []Type{f64(3), f64(0)}, attrs: &Attrs{Start: []int{3}, Mode: "set"}},
		{op: OpPad, in: []Type{f64(4, 2)}, attrs: &Attrs{Low: []int{2, -1}, High: []int{-1, 1}, Interior: []int{1, 2}}},
		{op: OpPad, in: []Type{f64(5)}, attrs: &Attrs{Low: []int{-1}, High: []int{-2}}},
		{op: OpPad, in: []Type{f64(0)}, attrs: &Attrs{Low: []int{1}, High: []int{2}, Interior: []int{3}}},
		{op: OpConcatenate, in: []Type{f64(2, 3), f64(2, 0), f64(2, 1)}, attrs: &Attrs{Axis: 1}},
	}
	for _, axes := range [][]int{{}, {1}, {2, 0}, {0, 1, 2}} {
		for _, op := range []Op{OpReduceSum, OpReduceProd, OpReduceMax, OpReduceMin, OpLogsumexp} {
			out = append(out, rule{op: op, in: []Type{x}, attrs: &Attrs{Axes: axes}})
		}
		out = append(out, rule{op: OpReduceSum, in: []Type{z}, attrs: &Attrs{Axes: axes}}, rule{op: OpReduceProd, in: []Type{z}, attrs: &Attrs{Axes: axes}})
		for _, op := range []Op{OpReduceAny, OpReduceAll} {
			out = append(out, rule{op: op, in: []Type{x.with(array.Bool)}, attrs: &Attrs{Axes: axes}})
		}
	}
	out = append(out, rule{op: OpReduceSum, in: []Type{f64(0, 3)}, attrs: &Attrs{Axes: []int{0}}}, rule{op: OpReduceProd, in: []Type{f64(0, 3)}, attrs: &Attrs{Axes: []int{0}}},
		rule{op: OpReduceProd, in: []Type{f64(5)}, attrs: &Attrs{Axes: []int{0}}, domain: []func(float64) float64{func(x float64) float64 { return math.Round(x) }}})
	i1, i2 := reals(0, 2, 1, 1), reals(4, 0, 3, 3)
	at := map[int][]complex128{1: i1, 2: i2}
	out = append(out,
		rule{op: OpGather, in: []Type{x, i64(2, 2), i64(2, 2)}, attrs: &Attrs{Axes: []int{0, 1}}, ints: at},
		rule{op: OpGather, in: []Type{z, i64(4)}, attrs: &Attrs{Axes: []int{1}}, ints: map[int][]complex128{1: i2}})
	for _, mode := range []string{"set", "add", "min", "max"} {
		out = append(out, rule{op: OpScatter, in: []Type{x, i64(2, 2), i64(2, 2), f64(2, 2, 2)}, attrs: &Attrs{Axes: []int{0, 1}, Mode: mode}, ints: at})
	}
	distinct := map[int][]complex128{1: reals(4, 0, 3)}
	for _, mode := range []string{"set", "mul"} {
		out = append(out, rule{op: OpScatter, in: []Type{x, i64(3), f64(3, 3, 2)}, attrs: &Attrs{Axes: []int{1}, Mode: mode, Unique: true}, ints: distinct})
	}
	return out
}

func lineRules() (out []rule) {
	x, z := f64(2, 5), c128(2, 5)
	for axis := range 2 {
		for _, back := range []bool{false, true} {
			a := &Attrs{Axis: axis, Reverse: back}
			for _, op := range []Op{OpCumsum, OpCumprod, OpCummax, OpCummin, OpCumlogsumexp} {
				out = append(out, rule{op: op, in: []Type{x}, attrs: a})
			}
			out = append(out, rule{op: OpCumsum, in: []Type{z}, attrs: a}, rule{op: OpCumprod, in: []Type{z}, attrs: a},
				rule{op: OpLinearRecurrence, in: []Type{x, x}, attrs: a}, rule{op: OpLinearRecurrence, in: []Type{z, z}, attrs: a})
		}
		a := &Attrs{Axis: axis}
		for _, op := range []Op{OpSort, OpArgsort, OpArgmax, OpArgmin} {
			out = append(out, rule{op: op, in: []Type{x}, attrs: a})
		}
		out = append(out, rule{op: OpFft, in: []Type{z}, attrs: a}, rule{op: OpIfft, in: []Type{z}, attrs: a}, rule{op: OpRfft, in: []Type{x}, attrs: a})
	}
	for _, n := range []int{1, 2, 5, 6} {
		out = append(out, rule{op: OpIrfft, in: []Type{c128(2, n/2+1)}, attrs: &Attrs{Axis: 1, N: n}}, rule{op: OpRfft, in: []Type{f64(n)}, attrs: &Attrs{}})
	}
	out = append(out, rule{op: OpSearchsorted, in: []Type{f64(4), f64(3)}}, rule{op: OpSearchsorted, in: []Type{f64(2, 4), f64(2, 3)}, attrs: &Attrs{N: 1, Mode: "right"}})
	return out
}

func matrixRules() (out []rule) {
	dots := []struct {
		x, y []int
		a    Attrs
	}{
		{[]int{4, 3, 5}, []int{4, 5, 2}, Attrs{Contract: [2][]int{{2}, {1}}, Batch: [2][]int{{0}, {0}}}},
		{[]int{5, 4, 3}, []int{2, 3, 5, 4}, Attrs{Contract: [2][]int{{0}, {2}}, Batch: [2][]int{{2, 1}, {1, 3}}}},
		{[]int{2, 3, 4}, []int{4, 2, 5}, Attrs{Contract: [2][]int{{0, 2}, {1, 0}}}},
		{[]int{3}, []int{2}, Attrs{}}, {[]int{3}, []int{3}, Attrs{Contract: [2][]int{{0}, {0}}}}, {[]int{2, 0}, []int{0, 3}, Attrs{Contract: [2][]int{{1}, {0}}}},
	}
	for _, d := range dots {
		for _, t := range []Dtype{array.Float64, array.Complex128} {
			out = append(out, rule{op: OpDotGeneral, in: []Type{{t, d.x}, {t, d.y}}, attrs: &d.a})
		}
	}
	out = append(out, rule{op: OpAssignment, in: []Type{f64(3, 4)}}, rule{op: OpAssignment, in: []Type{f64(2, 3, 3)}})
	for _, d := range []Dtype{array.Float64, array.Complex128} {
		a, rhs := Type{d, []int{2, 3, 3}}, Type{d, []int{2, 3, 2}}
		solid := func(b *Builder, x ID) ID { // away from singular
			t := b.Type(x)
			return b.Add(x, b.Scale(b.eye(t.Dtype, t.Shape[:t.Rank()-2], t.Shape[t.Rank()-1], t.Shape[t.Rank()-1]), 4))
		}
		definite := func(b *Builder, x ID) ID { return solid(b, b.MatMul(x, b.adjoint(x))) }
		real1 := func(b *Builder, x ID) ID {
			if b.Type(x).complex() {
				return b.Real(x)
			}
			return x
		}
		for _, lower := range []bool{false, true} {
			for _, trans := range []bool{false, true} {
				for _, unit := range []bool{false, true} {
					at := &Attrs{Lower: lower, Trans: trans, Unit: unit}
					out = append(out, rule{op: OpTriangularSolve, in: []Type{a, rhs}, build: func(b *Builder, x []ID) []ID { return []ID{b.emit(OpTriangularSolve, at, solid(b, x[0]), x[1])} }})
				}
			}
			at := &Attrs{Trans: lower}
			out = append(out, rule{op: OpSolve, in: []Type{a, rhs}, build: func(b *Builder, x []ID) []ID { return []ID{b.emit(OpSolve, at, solid(b, x[0]), x[1])} }},
				rule{op: OpLuSolve, in: []Type{a, rhs}, build: func(b *Builder, x []ID) []ID { // rows exchanged, factors taken as they are
					back := b.Reverse(b.Iota(array.Int64, []int{2, 3}, 1), 1)
					return []ID{b.emit(OpLuSolve, at, solid(b, x[0]), back, x[1])}
				}},
				rule{op: OpLuSolve, in: []Type{rhs}, build: func(b *Builder, x []ID) []ID {
					lu := b.emit(OpLu, nil, solid(b, b.Fill(a, 1)))
					return []ID{b.emit(OpLuSolve, at, lu, b.Result(lu, 1), x[0])}
				}})
		}
		out = append(out,
			rule{op: OpCholesky, in: []Type{a}, build: func(b *Builder, x []ID) []ID { return []ID{b.emit(OpCholesky, nil, definite(b, x[0]))} }},
			rule{op: OpInv, in: []Type{a}, build: func(b *Builder, x []ID) []ID { return []ID{b.emit(OpInv, nil, solid(b, x[0]))} }},
			rule{op: OpSlogdet, in: []Type{a}},
			rule{op: OpLu, in: []Type{a}, build: func(b *Builder, x []ID) []ID {
				lu := b.emit(OpLu, nil, b.Reverse(solid(b, x[0]), 1))
				return []ID{lu, b.Result(lu, 1)}
			}},
			rule{op: OpPinv, in: []Type{{d, []int{2, 2, 4}}}, build: func(b *Builder, x []ID) []ID {
				return []ID{b.emit(OpPinv, nil, x[0], b.Fill(f64(2), 1e-15))}
			}},
			rule{op: OpPinv, in: []Type{{d, []int{3, 2}}, {d, []int{2, 3}}}, build: func(b *Builder, x []ID) []ID { // of rank 2
				return []ID{b.emit(OpPinv, nil, b.MatMul(x[0], x[1]), b.Fill(f64(), 1e-12))}
			}},
			rule{op: OpFunm, in: []Type{a}, attrs: &Attrs{Mode: "exp"}},
			rule{op: OpFunmTangent, in: []Type{a, a}, attrs: &Attrs{Mode: "exp"}},
			// vectors only through what does not depend on their phases: projectors
			rule{op: OpEigh, in: []Type{a}, build: func(b *Builder, x []ID) []ID {
				w := b.emit(OpEigh, nil, b.hermitian(x[0]))
				v := b.Result(w, 1)
				s := b.Type(v).Shape
				scaled := b.Mul(v, b.Broadcast(b.Convert(b.Sin(w), d), s, []int{0, 2}))
				return []ID{w, b.MatMul(scaled, b.adjoint(v))}
			}},
		)
		for _, mode := range []string{"log", "sqrt"} {
			out = append(out, rule{op: OpFunm, in: []Type{a}, build: func(b *Builder, x []ID) []ID { return []ID{b.emit(OpFunm, &Attrs{Mode: mode}, solid(b, x[0]))} }})
		}
		spectrum := func(op Op, on Op) rule { // m is the matrix or the numbers
			m := a
			if op == OpSpectral || op == OpSingular {
				m = spectrumOf(a)
			}
			return rule{op: op, in: []Type{a, m}, build: func(b *Builder, x []ID) []ID {
				if on == OpEigh {
					x[0] = b.hermitian(x[0])
				}
				first := b.emit(on, nil, x[0])
				args := []ID{x[0], first, b.Result(first, 1)}
				if on == OpSvd {
					args = append(args, b.Result(first, 2))
				}
				return []ID{b.emit(op, nil, append(args, x[1])...)}
			}}
		}
		out = append(out, spectrum(OpSpectralDiagonal, OpEigh), spectrum(OpSpectral, OpEigh), spectrum(OpSingularDiagonal, OpSvd), spectrum(OpSingular, OpSvd),
			rule{op: OpEig, in: []Type{a}, build: func(b *Builder, x []ID) []ID { // what has no order and no phase: power sums, and projectors with weights
				w := b.emit(OpEig, nil, x[0])
				v := b.Result(w, 1)
				s := b.Type(v).Shape
				scaled := b.Mul(v, b.Broadcast(b.Sin(w), s, []int{0, 2}))
				return []ID{b.Sum(b.Exp(w), 1), b.emit(OpSolve, &Attrs{Trans: true}, v, b.swapLast(scaled)), b.Sum(b.Abs(v), 2)}
			}})
		for _, s := range [][]int{{4, 3}, {3, 3}, {3, 4}} {
			t := Type{d, s}
			out = append(out, rule{op: OpQr, in: []Type{t}})
			out = append(out, rule{op: OpSvd, in: []Type{t}, build: func(b *Builder, x []ID) []ID {
				u := b.emit(OpSvd, nil, x[0])
				sv, vh := b.Result(u, 1), b.Result(u, 2)
				k := b.Type(u).Shape
				scaled := b.Mul(u, b.Broadcast(b.Convert(b.Square(sv), d), k, []int{1}))
				return []ID{sv, b.MatMul(scaled, vh), b.MatMul(u, b.adjoint(u)), real1(b, b.MatMul(b.adjoint(vh), vh))}
			}})
		}
	}
	return out
}

func convRules() []rule {
	return []rule{
		{op: OpConv, in: []Type{f64(2, 3, 5), f64(4, 3, 3)}},
		{op: OpConv, in: []Type{f64(2, 4, 9), f64(6, 2, 3)}, attrs: &Attrs{Stride: []int{2}, Low: []int{2}, High: []int{-1}, Dilation: []int{2}, N: 2}},
		{op: OpConv, in: []Type{f64(1, 2, 4), f64(2, 1, 2)}, attrs: &Attrs{Low: []int{-1}, High: []int{3}, Interior: []int{2}, Stride: []int{2}, N: 2}},
		{op: OpConv, in: []Type{c128(2, 1, 4, 3), c128(2, 1, 2, 2)}, attrs: &Attrs{Low: []int{1, 0}, High: []int{1, 1}}},
		{op: OpConv, in: []Type{f64(1, 1, 3, 2, 4), f64(1, 1, 2, 1, 3)}, attrs: &Attrs{Stride: []int{1, 1, 2}, Low: []int{0, 1, 1}, High: []int{0, 0, 1}}},
		{op: OpConv, in: []Type{f64(2, 1, 2), f64(1, 1, 4)}}, {op: OpConv, in: []Type{f64(0, 1, 4), f64(1, 1, 2)}},
	}
}

// programRules: cube has both kinds of rules of its own, made wrong by a factor nowhere, so that differences must agree.
func programRules() []rule {
	cube := program([]Type{f64(3), i64()}, func(b *Builder, x []ID) []ID { return []ID{b.IntegerPow(x[0], 3), b.Add(x[1], x[1])} })
	jvp := program([]Type{f64(3), i64(), f64(3)}, func(b *Builder, x []ID) []ID { return []ID{b.Mul(x[2], b.Scale(b.Square(x[0]), 3))} })
	fwd := program([]Type{f64(3), i64()}, func(b *Builder, x []ID) []ID {
		return []ID{b.IntegerPow(x[0], 3), b.Add(x[1], x[1]), b.Scale(b.Square(x[0]), 3)}
	})
	bwd := program([]Type{f64(3), f64(3)}, func(b *Builder, x []ID) []ID { return []ID{b.Mul(x[1], x[0])} })
	in := []Type{f64(3), i64()}
	use := func(rules ...*Program) func(b *Builder, x []ID) []ID {
		return func(b *Builder, x []ID) []ID {
			y := must(b.Custom(cube, rules, x...))
			return []ID{y, b.Result(y, 1)}
		}
	}
	return []rule{
		{op: OpCall, in: in, build: func(b *Builder, x []ID) []ID {
			y := must(b.Call(cube, []Transform{{Kind: "vjp"}}, x[0], x[1], b.Sin(x[0])))
			return []ID{y, b.Result(y, 1), b.Result(y, 2)}
		}},
		{op: OpCustomJvp, in: in, build: use(jvp)},
		{op: OpCustomVjp, in: in, build: use(fwd, bwd)},
	}
}

// randomRules: keys 3 and 7; what is drawn has no differences to compare a derivative with (see TestImplicitDerivatives).
func randomRules() (out []rule) {
	keys := map[int][]complex128{0: {3, 7}}
	positives := func(b *Builder, x ID) ID { return b.Scale(b.Exp(b.Scale(b.Convert(x, array.Float64), 0.3)), 0.5) }
	for _, d := range []Dtype{array.Float64, array.Float32, array.Int64, array.Int32} {
		for op := OpRandomBits; op <= OpRandomNormal; op++ {
			if floats.has(d) == (op == OpRandomBits) {
				continue
			}
			out = append(out, rule{op: op, in: []Type{i64(2)}, ints: keys, build: func(b *Builder, x []ID) []ID {
				return []ID{b.emit(op, &Attrs{Dtype: d, Shape: []int{3, 5}}, x[0]), b.emit(op, &Attrs{Dtype: d, Shape: []int{0}}, x[0])}
			}})
		}
	}
	for _, op := range []Op{OpRandomLoggamma, OpRandomVonMises, OpRandomPoisson} {
		out = append(out, rule{op: op, in: []Type{i64(2), i64(2, 5)}, ints: keys,
			build: func(b *Builder, x []ID) []ID { return []ID{b.emit(op, nil, x[0], positives(b, x[1]))} }})
	}
	out = append(out, rule{op: OpRandomBinomial, in: []Type{i64(2), i64(2, 5)}, ints: keys, build: func(b *Builder, x []ID) []ID {
		return []ID{b.emit(OpRandomBinomial, nil, x[0], b.Convert(b.Apply(OpAbs, x[1]), array.Float64), b.Apply(OpExpit, b.Convert(x[1], array.Float64)))}
	}})
	for _, op := range []Op{OpLoggammaSlope, OpVonMisesSlope} {
		out = append(out, rule{op: op, in: []Type{i64(5), i64(5)},
			build: func(b *Builder, x []ID) []ID { return []ID{b.emit(op, nil, positives(b, x[0]), positives(b, x[1]))} }})
	}
	return append(out, rule{op: OpRandomFold, in: []Type{i64(2), i64(2)}, ints: keys,
		build: func(b *Builder, x []ID) []ID { return []ID{b.Apply(OpRandomFold, x[0], x[1])} }})
}

func (r rule) name() string { return fmt.Sprintf("%s%v%+v", r.op, r.in, r.attrs) }

func TestEveryOperationHasARule(t *testing.T) {
	have := map[Op]bool{OpInput: true, OpResult: true, OpCustomLinear: true}
	for _, r := range rules() {
		have[r.op] = true
	}
	for op := range ops {
		require.True(t, have[Op(op)], "%s has no rule in the tests", Op(op))
		require.NotNil(t, table[op], "%s has no row in the table", Op(op))
	}
}

// First and second derivatives, forward against differences and reverse against forward, <u, J v> = <J' u, v>. Catches a wrong, missing or
// conjugated derivative and transpose of any operation.
func TestDerivatives(t *testing.T) {
	for _, r := range rules() {
		s := noise(11)
		p := r.program(r.in)
		x := make([][]complex128, len(r.in))
		var wrt []int
		for i, u := range r.in {
			x[i] = r.values(&s, i, u)
			if u.inexact() {
				wrt = append(wrt, i)
			}
		}
		if len(wrt) == 0 || r.op == OpStopGradient {
			continue
		}
		forward := r.op != OpCustomVjp
		checkDerivative(t, r.name(), p, wrt, x, &s, forward, 1e-8)
		// the gradient as a function: cotangents fixed, second derivatives
		v := must(Vjp(p, wrt))
		g := *v
		g.Outputs = v.Outputs[len(p.Outputs):]
		for _, u := range v.InputTypes()[p.Inputs:] {
			x = append(x, s.fill(u, nil))
		}
		checkDerivative(t, "second "+r.name(), Prune(&g), wrt, x, &s, forward, 1e-6)
	}
}

func checkDerivative(t *testing.T, name string, p *Program, wrt []int, x [][]complex128, s *noise, forward bool, tol float64) {
	t.Helper()
	v := make([][]complex128, len(wrt))
	for k, w := range wrt {
		v[k] = s.fill(p.Nodes[w].Type, nil)
	}
	f := func(h float64) [][]complex128 {
		y := slices.Clone(x)
		for k, w := range wrt {
			y[w] = along(x[w], v[k], h)
		}
		out := eval(t, p, y...)
		var smooth [][]complex128
		for _, k := range p.smooth() {
			smooth = append(smooth, out[k])
		}
		return smooth
	}
	const h = 1e-3
	a, b, c, d := f(h), f(-h), f(2*h), f(-2*h)
	var jv, u [][]complex128
	for k := range a {
		diff := make([]complex128, len(a[k]))
		for i := range diff {
			diff[i] = (8*(a[k][i]-b[k][i]) - (c[k][i] - d[k][i])) / (12 * h)
		}
		jv = append(jv, diff)
	}
	if forward {
		out := eval(t, must(Jvp(p, wrt)), append(slices.Clone(x), v...)...)[len(p.Outputs):]
		for k := range jv {
			near(t, jv[k], out[k], tol, name)
		}
		jv = out
	}
	left := 0.0
	for k, o := range p.smooth() {
		u = append(u, s.fill(p.Nodes[p.Outputs[o]].Type, nil))
		left += pairing(u[k], jv[k])
	}
	grads := eval(t, must(Vjp(p, wrt)), append(slices.Clone(x), u...)...)[len(p.Outputs):]
	right := 0.0
	for k := range grads {
		right += pairing(grads[k], v[k])
	}
	if forward {
		tol = 1e-11
	}
	require.InDelta(t, left, right, tol*max(1, math.Abs(left)), name)
}

// vmap over every subset of the operands gives the bits of a loop.
func TestVmapIsALoop(t *testing.T) {
	const size = 3
	for _, r := range rules() {
		p := r.program(r.in)
		for mask := 1; mask < 1<<len(r.in); mask++ {
			s := noise(5)
			axes := full(len(r.in), -1)
			x, one := make([][]complex128, len(r.in)), make([][][]complex128, size)
			for i, u := range r.in {
				for k := range size {
					v := r.values(&s, i, u)
					if mask>>i&1 == 0 && k > 0 {
						v = one[0][i]
					}
					one[k] = append(one[k], v)
				}
				x[i] = one[0][i]
				if mask>>i&1 == 1 {
					axes[i] = 0
					x[i] = slices.Concat(one[0][i], one[1][i], one[2][i])
				}
			}
			q, err := Vmap(p, axes, nil, size)
			require.NoError(t, err, r.name())
			got := eval(t, q, x...)
			for o := range p.Outputs {
				var want []complex128
				for k := range size {
					want = append(want, eval(t, p, one[k]...)[o]...)
				}
				near(t, want, got[o], 1e-15, r.name(), mask)
			}
		}
	}
}

// Every dtype that the table admits is accepted and evaluated; the narrow ones agree with the wide ones to their precision.
func TestEveryDtype(t *testing.T) {
	narrow := map[Dtype]Dtype{array.Float64: array.Float32, array.Complex128: array.Complex64, array.Int64: array.Int32}
	for _, r := range rules() {
		if r.build != nil || r.op == OpConvert || r.op == OpConst || r.op == OpNextafter {
			continue
		}
		s := noise(3)
		x, in := make([][]complex128, len(r.in)), slices.Clone(r.in)
		for i, u := range r.in {
			x[i] = r.values(&s, i, u)
			if d := narrow[u.Dtype]; d != "" {
				in[i].Dtype = d
			}
			for k, z := range x[i] {
				x[i][k] = complex128(complex64(z))
			}
		}
		wide, small := eval(t, r.program(r.in), x...), eval(t, r.program(in), x...)
		for o := range wide {
			near(t, wide[o], small[o], 2e-5, r.name())
		}
	}
	for op, d := range table {
		for _, dt := range []Dtype{array.Float64, array.Float32, array.Complex128, array.Complex64, array.Int64, array.Int32, array.Bool} {
			if !Op(op).Elementwise() || d.dtypes == 0 || d.arity > 2 {
				continue
			}
			in := full32T(d.arity, Type{Dtype: dt})
			for i := range in {
				in[i].Shape = []int{2}
			}
			_, err := infer(Op(op), in, nil)
			require.Equal(t, d.dtypes.has(dt), err == nil, "%s of %s", Op(op), dt)
			if err == nil {
				x := make([][]complex128, d.arity)
				for i := range x {
					x[i] = reals(1, 1)
				}
				eval(t, rule{op: Op(op), in: in}.program(in), x...)
			}
		}
	}
}
