package expr

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/simd"
)

// unaryRow is an element-wise operation of one operand that keeps the dtype. d is the derivative at x, y being the result; nil: zero.
type unaryRow struct {
	op   Op
	on   class
	f    func(float64) float64
	c    func(complex128) complex128
	i    func(int64) int64
	d    func(b *Builder, x, y ID) ID
	attr string
}

func unaryRows() []unaryRow {
	recip := func(b *Builder, x ID) ID { return b.Div(b.like(x, 1), x) }
	rsqrt1 := func(x float64) float64 { return 1 / math.Sqrt(x) }
	one := func(b *Builder, x ID, sign float64) ID { // 1 + sign x^2
		if sign > 0 {
			return b.Add(b.like(x, 1), b.Square(x))
		}
		return b.Mul(b.Sub(b.like(x, 1), x), b.Add(b.like(x, 1), x))
	}
	return []unaryRow{
		{op: OpSqrt, on: inexact, f: math.Sqrt, c: csqrt, d: func(b *Builder, x, y ID) ID { return b.Div(b.like(x, 0.5), y) }},
		{op: OpSqrt0, on: inexact, f: math.Sqrt, c: csqrt, d: func(b *Builder, x, y ID) ID {
			return b.Select(b.Equal(x, b.like(x, 0)), b.like(x, 0), b.Div(b.like(x, 0.5), y))
		}},
		{op: OpRsqrt, on: inexact, f: rsqrt1, c: func(z complex128) complex128 { return 1 / csqrt(z) }, d: func(b *Builder, x, y ID) ID {
			return b.Scale(b.Div(y, x), -0.5)
		}},
		{op: OpCbrt, on: floats, f: simd.Cbrt1, d: func(b *Builder, x, y ID) ID { return b.Div(b.like(x, 1./3), b.Square(y)) }},
		{op: OpExp, on: inexact, f: simd.Exp1, c: cexp, d: func(b *Builder, _, y ID) ID { return y }},
		{op: OpExp2, on: inexact, f: simd.Exp21, c: cexp2, d: func(b *Builder, _, y ID) ID { return b.Scale(y, math.Ln2) }},
		{op: OpExpm1, on: inexact, f: simd.Expm11, c: cexpm1, d: func(b *Builder, x, y ID) ID { return b.Exp(x) }},
		{op: OpLog, on: inexact, f: simd.Log1, c: clog, d: func(b *Builder, x, _ ID) ID { return recip(b, x) }},
		{op: OpLog2, on: inexact, f: simd.Log21, c: clog2, d: func(b *Builder, x, _ ID) ID { return b.Div(b.like(x, 1/math.Ln2), x) }},
		{op: OpLog10, on: inexact, f: simd.Log101, c: clog10, d: func(b *Builder, x, _ ID) ID { return b.Div(b.like(x, 1/math.Ln10), x) }},
		{op: OpLog1p, on: inexact, f: simd.Log1p1, c: clog1p, d: func(b *Builder, x, _ ID) ID { return recip(b, b.Add(x, b.like(x, 1))) }},
		{op: OpSin, on: inexact, f: simd.Sin1, c: csin, d: func(b *Builder, x, _ ID) ID { return b.Cos(x) }},
		{op: OpCos, on: inexact, f: simd.Cos1, c: ccos, d: func(b *Builder, x, _ ID) ID { return b.Neg(b.Sin(x)) }},
		{op: OpTan, on: inexact, f: simd.Tan1, c: ctan, d: func(b *Builder, x, y ID) ID { return one(b, y, 1) }},
		{op: OpAsin, on: inexact, f: simd.Asin1, c: casin, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpRsqrt, one(b, x, -1)) }},
		{op: OpAcos, on: inexact, f: simd.Acos1, c: cacos, d: func(b *Builder, x, _ ID) ID { return b.Neg(b.Apply(OpRsqrt, one(b, x, -1))) }},
		{op: OpAtan, on: inexact, f: simd.Atan1, c: catan, d: func(b *Builder, x, _ ID) ID { return recip(b, one(b, x, 1)) }},
		{op: OpSinh, on: inexact, f: simd.Sinh1, c: csinh, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpCosh, x) }},
		{op: OpCosh, on: inexact, f: simd.Cosh1, c: ccosh, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpSinh, x) }},
		{op: OpTanh, on: inexact, f: simd.Tanh1, c: ctanh, d: func(b *Builder, x, y ID) ID { return one(b, y, -1) }},
		{op: OpAsinh, on: inexact, f: simd.Asinh1, c: casinh, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpRsqrt, one(b, x, 1)) }},
		{op: OpAcosh, on: inexact, f: simd.Acosh1, c: cacosh, d: func(b *Builder, x, _ ID) ID {
			return b.Mul(b.Apply(OpRsqrt, b.Sub(x, b.like(x, 1))), b.Apply(OpRsqrt, b.Add(x, b.like(x, 1))))
		}},
		{op: OpAtanh, on: inexact, f: simd.Atanh1, c: catanh, d: func(b *Builder, x, _ ID) ID { return recip(b, one(b, x, -1)) }},
		{op: OpFloor, on: ordered, f: math.Floor, i: same},
		{op: OpCeil, on: ordered, f: math.Ceil, i: same},
		{op: OpRound, on: ordered, f: math.RoundToEven, i: same},
		{op: OpTrunc, on: ordered, f: math.Trunc, i: same},
		{op: OpErf, on: floats, f: simd.Erf1, d: func(b *Builder, x, _ ID) ID { return b.Scale(b.Exp(b.Neg(b.Square(x))), 1/sqrtPiHalf) }},
		{op: OpErfc, on: floats, f: simd.Erfc1, d: func(b *Builder, x, _ ID) ID { return b.Scale(b.Exp(b.Neg(b.Square(x))), -1/sqrtPiHalf) }},
		{op: OpErfinv, on: floats, f: simd.Erfinv1, d: func(b *Builder, _, y ID) ID { return b.Scale(b.Exp(b.Square(y)), sqrtPiHalf) }},
		{op: OpLgamma, on: floats, f: simd.Lgamma1, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpDigamma, x) }},
		{op: OpDigamma, on: floats, f: Digamma, d: func(b *Builder, x, _ ID) ID { return b.emit(OpPolygamma, &Attrs{N: 1}, x) }},
		{op: OpExpit, on: floats, f: Expit, d: func(b *Builder, x, y ID) ID { return b.Mul(y, b.Apply(OpExpit, b.Neg(x))) }},
		{op: OpLogExpit, on: floats, f: LogExpit, d: func(b *Builder, x, y ID) ID { return b.Apply(OpExpit, b.Neg(x)) }},
		{op: OpNdtr, on: floats, f: Ndtr, d: func(b *Builder, x, _ ID) ID { return b.Scale(b.Exp(b.Scale(b.Square(x), -0.5)), 1/sqrt2Pi) }},
		{op: OpNdtri, on: floats, f: Ndtri, d: func(b *Builder, _, y ID) ID { return b.Scale(b.Exp(b.Scale(b.Square(y), 0.5)), sqrt2Pi) }},
		{op: OpLogNdtr, on: floats, f: LogNdtr, d: func(b *Builder, x, y ID) ID {
			return b.Scale(b.Exp(b.Sub(b.Scale(b.Square(x), -0.5), y)), 1/sqrt2Pi)
		}},
		{op: OpI0e, on: floats, f: I0e, d: func(b *Builder, x, y ID) ID { return b.Sub(b.Apply(OpI1e, x), b.Mul(b.Apply(OpSign, x), y)) }},
		{op: OpI1e, on: floats, f: I1e, d: func(b *Builder, x, y ID) ID {
			return b.Sub(b.Sub(b.Apply(OpI0e, x), b.overX(x, y)), b.Mul(b.Apply(OpSign, x), y))
		}},
		{op: OpJ0, on: floats, f: simd.J01, d: func(b *Builder, x, _ ID) ID { return b.Neg(b.Apply(OpJ1, x)) }},
		{op: OpJ1, on: floats, f: simd.J11, d: func(b *Builder, x, y ID) ID { return b.Sub(b.Apply(OpJ0, x), b.overX(x, y)) }},
	}
}

// overX is y/x for Bessel functions with y'(0) = 1/2.
func (b *Builder) overX(x, y ID) ID {
	zero := b.Equal(x, b.like(x, 0))
	return b.Select(zero, b.like(x, 0.5), b.Div(y, b.Select(zero, b.like(x, 1), x)))
}

func same(x int64) int64 { return x }

func init() {
	for _, r := range unaryRows() {
		table[r.op] = r.def()
	}
	defineLinearUnary()
	table[OpSign] = unaryRow{on: numbers, c: csign, f: sign, i: func(x int64) int64 {
		if x > 0 {
			return 1
		}
		return x >> 63
	}}.def()
	table[OpSign].jvp = jvpSign
	table[OpIntegerPow] = &def{arity: 1, attrs: "n", dtypes: numbers, infer: inferSame,
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			k := n.attrs().N
			switch {
			case t[0] == none || k == 0:
				return none
			case k == 1:
				return t[0]
			}
			d := x[0]
			if k != 2 {
				d = b.IntegerPow(x[0], k-1)
			}
			return b.mulz(t[0], b.Scale(d, float64(k)))
		},
		eval: func(x []*val, n *Node, out []*val) error {
			k := n.attrs().N
			return mapUnary(x[0], out[0], func(v float64) float64 { return integerPow(v, k) },
				func(z complex128) complex128 { return cintegerPow(z, k) }, func(i int64) int64 { return intPow(i, int64(k)) })
		},
	}
	table[OpPolygamma] = &def{arity: 1, attrs: "n", dtypes: floats,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if a.N < 0 || a.N > 170 {
				return t[0], shapeErr("polygamma: n %d is outside [0, 170]", a.N)
			}
			return t[0], nil
		},
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			return b.mulz(t[0], b.emit(OpPolygamma, &Attrs{N: n.attrs().N + 1}, x[0]))
		},
		eval: func(x []*val, n *Node, out []*val) error {
			return mapUnary(x[0], out[0], func(v float64) float64 { return Polygamma(n.attrs().N, v) }, nil, nil)
		},
	}
	for op, f := range map[Op]func(x complex128) bool{
		OpIsNan:    func(z complex128) bool { return z != z },
		OpIsInf:    func(z complex128) bool { return math.IsInf(real(z), 0) || math.IsInf(imag(z), 0) },
		OpIsFinite: func(z complex128) bool { return z-z == 0 },
	} {
		table[op] = &def{arity: 1, dtypes: numbers,
			infer: func(t []Type, _ *Attrs) (Type, error) { return t[0].with(array.Bool), nil },
			eval: func(x []*val, _ *Node, out []*val) error {
				for k := range out[0].i {
					out[0].i[k] = toBool(f(x[0].get(k)))
				}
				return nil
			},
		}
	}
	table[OpNot] = &def{arity: 1, dtypes: ints | bools, infer: inferSame,
		eval: func(x []*val, _ *Node, out []*val) error {
			return mapUnary(x[0], out[0], nil, nil, func(v int64) int64 {
				if x[0].Dtype == array.Bool {
					return 1 - v
				}
				return ^v
			})
		},
	}
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	case x == 0:
		return 0 // of -0 too
	}
	return x
}

// jvpSign: the phase z/|z| turns with the part of t across it, d = (t - s Re(conj(s) t)) / |z|; real signs don't change.
func jvpSign(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
	if t[0] == none || !n.Type.complex() {
		return none
	}
	along := b.Real(b.Mul(t[0], b.Conj(y)))
	across := b.Sub(t[0], b.Mul(b.toComplex(along), y))
	return b.mulz(across, b.toComplex(b.reciprocalOr0(b.Abs(x[0]))))
}

// reciprocalOr0 is 1/x, and 0 at 0.
func (b *Builder) reciprocalOr0(x ID) ID {
	zero := b.Equal(x, b.like(x, 0))
	return b.Select(zero, b.like(x, 0), b.Div(b.like(x, 1), b.Select(zero, b.like(x, 1), x)))
}

func (b *Builder) toComplex(x ID) ID { return b.Convert(x, complexOf(b.Type(x).Dtype)) }

func inferSame(t []Type, _ *Attrs) (Type, error) {
	for _, u := range t[1:] {
		if !u.Equal(t[0]) {
			return t[0], shapeErr("operands must have one dtype and shape, got %v and %v; insert convert or broadcast_in_dim", t[0], u)
		}
	}
	return t[0], nil
}

func (r unaryRow) def() *def {
	d := &def{arity: 1, dtypes: r.on, attrs: r.attr, infer: inferSame,
		eval: func(x []*val, _ *Node, out []*val) error { return mapUnary(x[0], out[0], r.f, r.c, r.i) }}
	if r.d != nil {
		d.jvp = func(b *Builder, _ *Node, x []ID, y ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			return b.mulz(t[0], r.d(b, x[0], y))
		}
	}
	return d
}

func mapUnary(x, out *val, f func(float64) float64, c func(complex128) complex128, i func(int64) int64) error {
	switch {
	case x.f != nil:
		for k, v := range x.f {
			out.f[k] = out.round(f(v))
		}
	case x.c != nil:
		for k, v := range x.c {
			out.c[k] = out.roundc(c(v))
		}
	default:
		for k, v := range x.i {
			out.i[k] = out.wrap(i(v))
		}
	}
	return nil
}

func toBool(p bool) int64 {
	if p {
		return 1
	}
	return 0
}
