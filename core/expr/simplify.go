package expr

import (
	"math"
	"slices"
)

// simplify gives a value that equals node n (with operands of b already), or none; it may change n into a cheaper node of the same value.
// No rule touches NaN, infinities or the sign of zero: x + 0 stays (-0 + 0 is 0), x * 0 stays.
func (b *Builder) simplify(n *Node) ID {
	x := n.Args
	arg := func(k int) *Node { return &b.p.Nodes[x[k]] }
	switch n.Op {
	case OpAdd:
		if b.is(x[1], math.Copysign(0, -1)) {
			return x[0]
		}
		if b.is(x[0], math.Copysign(0, -1)) {
			return x[1]
		}
		if y := arg(1); y.Op == OpNeg { // x + -y
			*n = Node{Op: OpSub, Args: []ID{x[0], y.Args[0]}, Type: n.Type}
		}
	case OpSub:
		if b.is(x[1], 0) && !n.Type.complex() {
			return x[0]
		}
		if y := arg(1); y.Op == OpNeg {
			*n = Node{Op: OpAdd, Args: []ID{x[0], y.Args[0]}, Type: n.Type}
		}
	case OpMul:
		if n.Type.complex() {
			break
		}
		if b.is(x[1], 1) {
			return x[0]
		}
		if b.is(x[0], 1) {
			return x[1]
		}
	case OpMulz:
		return b.simplifyMulz(n)
	case OpDiv:
		if b.is(x[1], 1) && !n.Type.complex() {
			return x[0]
		}
	case OpNeg:
		if arg(0).Op == OpNeg {
			return arg(0).Args[0]
		}
	case OpConj:
		if arg(0).Op == OpConj {
			return arg(0).Args[0]
		}
	case OpReal, OpImag:
		if arg(0).Op == OpComplex {
			if n.Op == OpReal {
				return arg(0).Args[0]
			}
			return arg(0).Args[1]
		}
	case OpPow:
		b.simplifyPow(n)
		if n.Op == OpIntegerPow {
			return b.simplify(n)
		}
	case OpIntegerPow:
		switch n.attrs().N {
		case 1:
			return x[0]
		case 2:
			*n = Node{Op: OpMul, Args: []ID{x[0], x[0]}, Type: n.Type}
		case -1:
			if !ints.has(n.Type.Dtype) {
				*n = Node{Op: OpDiv, Args: []ID{b.like(x[0], 1), x[0]}, Type: n.Type}
			}
		}
	case OpSelect:
		if x[1] == x[2] {
			return x[1]
		}
		if u, ok := b.uniform(x[0]); ok {
			return x[2-int(real(u))]
		}
	case OpConvert:
		if arg(0).Type.Dtype == n.Type.Dtype {
			return x[0]
		}
	case OpBroadcastInDim:
		if slices.Equal(arg(0).Type.Shape, n.Type.Shape) {
			return x[0]
		}
		if y := arg(0); y.Op == OpBroadcastInDim { // one after another is one
			*n = Node{Op: n.Op, Args: y.Args, Attrs: &Attrs{Shape: n.Attrs.Shape, Axes: pick(n.Attrs.Axes, y.Attrs.Axes)}, Type: n.Type}
			return b.simplify(n)
		}
	case OpReshape:
		if slices.Equal(arg(0).Type.Shape, n.Type.Shape) {
			return x[0]
		}
		if y := arg(0); y.Op == OpReshape {
			*n = Node{Op: n.Op, Args: y.Args, Attrs: n.Attrs, Type: n.Type}
			return b.simplify(n)
		}
	case OpTranspose:
		axes := n.attrs().Axes
		if slices.IsSorted(axes) {
			return x[0]
		}
		if y := arg(0); y.Op == OpTranspose {
			*n = Node{Op: n.Op, Args: y.Args, Attrs: &Attrs{Axes: pick(y.attrs().Axes, axes)}, Type: n.Type}
			return b.simplify(n)
		}
	case OpReverse:
		if len(n.attrs().Axes) == 0 {
			return x[0]
		}
	case OpSlice, OpPad, OpRoll:
		a := n.attrs()
		nothing := func(lists ...[]int) bool {
			return !slices.ContainsFunc(cat(lists...), func(v int) bool { return v != 0 })
		}
		if slices.Equal(arg(0).Type.Shape, n.Type.Shape) && nothing(a.Start, a.Low, a.High, a.Interior, a.Shift) && (n.Op != OpSlice || !slices.ContainsFunc(a.Stride, func(v int) bool { return v != 1 })) {
			return x[0]
		}
	case OpReduceSum, OpReduceProd, OpReduceMax, OpReduceMin, OpReduceAny, OpReduceAll:
		if len(n.attrs().Axes) == 0 {
			return x[0]
		}
	case OpConcatenate:
		if len(x) == 1 {
			return x[0]
		}
	}
	return none
}

// simplifyMulz: with a finite constant on either side it is an ordinary product. The one liberty: a cotangent that is 0 may become -0.
func (b *Builder) simplifyMulz(n *Node) ID {
	t, tok := b.uniform(n.Args[0])
	c, cok := b.uniform(n.Args[1])
	if n.Type.complex() || !(tok && t != 0) && !(cok && finite(c)) {
		return none
	}
	*n = Node{Op: OpMul, Args: n.Args, Type: n.Type}
	return b.simplify(n)
}

// simplifyPow: a constant whole exponent is integer_pow, which is more accurate.
func (b *Builder) simplifyPow(n *Node) {
	e, ok := b.uniform(n.Args[1])
	if v := real(e); ok && imag(e) == 0 && v == math.Trunc(v) && math.Abs(v) <= 64 {
		*n = Node{Op: OpIntegerPow, Args: n.Args[:1], Attrs: &Attrs{N: int(v)}, Type: n.Type}
	}
}
