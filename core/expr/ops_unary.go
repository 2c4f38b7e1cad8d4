package expr

import (
	"math"
	"math/cmplx"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/simd/functions"
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

const (
	sqrt2Pi    = 2.5066282746310005024
	sqrtPiHalf = 0.88622692545275801365 // sqrt(pi) / 2
)

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
		{op: OpSqrt, on: inexact, f: math.Sqrt, c: special.Csqrt, d: func(b *Builder, x, y ID) ID { return b.Div(b.like(x, 0.5), y) }},
		{op: OpSqrt0, on: inexact, f: math.Sqrt, c: special.Csqrt, d: func(b *Builder, x, y ID) ID {
			return b.Select(b.Equal(x, b.like(x, 0)), b.like(x, 0), b.Div(b.like(x, 0.5), y))
		}},
		{op: OpRsqrt, on: inexact, f: rsqrt1, c: func(z complex128) complex128 { return special.Cdiv(1, special.Csqrt(z)) }, d: func(b *Builder, x, y ID) ID {
			return b.Scale(b.Div(y, x), -0.5)
		}},
		{op: OpCbrt, on: floats, f: functions.Cbrt1, d: func(b *Builder, x, y ID) ID { return b.Div(b.like(x, 1./3), b.Square(y)) }},
		{op: OpExp, on: inexact, f: functions.Exp1, c: special.Cexp, d: func(b *Builder, _, y ID) ID { return y }},
		{op: OpExp2, on: inexact, f: functions.Exp21, c: special.Cexp2, d: func(b *Builder, _, y ID) ID { return b.Scale(y, math.Ln2) }},
		{op: OpExpm1, on: inexact, f: functions.Expm11, c: special.Cexpm1, d: func(b *Builder, x, y ID) ID { return b.Exp(x) }},
		{op: OpLog, on: inexact, f: functions.Log1, c: special.Clog, d: func(b *Builder, x, _ ID) ID { return recip(b, x) }},
		{op: OpLog2, on: inexact, f: functions.Log21, c: special.Clog2, d: func(b *Builder, x, _ ID) ID { return b.Div(b.like(x, 1/math.Ln2), x) }},
		{op: OpLog10, on: inexact, f: functions.Log101, c: special.Clog10, d: func(b *Builder, x, _ ID) ID { return b.Div(b.like(x, 1/math.Ln10), x) }},
		{op: OpLog1p, on: inexact, f: functions.Log1p1, c: special.Clog1p, d: func(b *Builder, x, _ ID) ID { return recip(b, b.Add(x, b.like(x, 1))) }},
		{op: OpSin, on: inexact, f: functions.Sin1, c: special.Csin, d: func(b *Builder, x, _ ID) ID { return b.Cos(x) }},
		{op: OpCos, on: inexact, f: functions.Cos1, c: special.Ccos, d: func(b *Builder, x, _ ID) ID { return b.Neg(b.Sin(x)) }},
		{op: OpTan, on: inexact, f: functions.Tan1, c: special.Ctan, d: func(b *Builder, x, y ID) ID { return one(b, y, 1) }},
		{op: OpAsin, on: inexact, f: functions.Asin1, c: special.Casin, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpRsqrt, one(b, x, -1)) }},
		{op: OpAcos, on: inexact, f: functions.Acos1, c: special.Cacos, d: func(b *Builder, x, _ ID) ID { return b.Neg(b.Apply(OpRsqrt, one(b, x, -1))) }},
		{op: OpAtan, on: inexact, f: functions.Atan1, c: special.Catan, d: func(b *Builder, x, _ ID) ID { return recip(b, one(b, x, 1)) }},
		{op: OpSinh, on: inexact, f: functions.Sinh1, c: special.Csinh, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpCosh, x) }},
		{op: OpCosh, on: inexact, f: functions.Cosh1, c: special.Ccosh, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpSinh, x) }},
		{op: OpTanh, on: inexact, f: functions.Tanh1, c: special.Ctanh, d: func(b *Builder, x, y ID) ID { return b.Sub(b.like(x, 1), b.Square(y)) }},
		{op: OpAsinh, on: inexact, f: functions.Asinh1, c: special.Casinh, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpRsqrt, one(b, x, 1)) }},
		{op: OpAcosh, on: inexact, f: functions.Acosh1, c: special.Cacosh, d: func(b *Builder, x, _ ID) ID {
			return b.Mul(b.Apply(OpRsqrt, b.Sub(x, b.like(x, 1))), b.Apply(OpRsqrt, b.Add(x, b.like(x, 1))))
		}},
		{op: OpAtanh, on: inexact, f: functions.Atanh1, c: special.Catanh, d: func(b *Builder, x, _ ID) ID { return recip(b, one(b, x, -1)) }},
		{op: OpFloor, on: ordered, f: math.Floor, i: same},
		{op: OpCeil, on: ordered, f: math.Ceil, i: same},
		{op: OpRound, on: ordered, f: math.RoundToEven, i: same},
		{op: OpTrunc, on: ordered, f: math.Trunc, i: same},
		{op: OpErf, on: floats, f: functions.Erf1, d: func(b *Builder, x, _ ID) ID { return b.Scale(b.Exp(b.Neg(b.Square(x))), 1/sqrtPiHalf) }},
		{op: OpErfc, on: floats, f: functions.Erfc1, d: func(b *Builder, x, _ ID) ID { return b.Scale(b.Exp(b.Neg(b.Square(x))), -1/sqrtPiHalf) }},
		{op: OpErfinv, on: floats, f: functions.Erfinv1, d: func(b *Builder, _, y ID) ID { return b.Scale(b.Exp(b.Square(y)), sqrtPiHalf) }},
		{op: OpLgamma, on: floats, f: functions.Lgamma1, d: func(b *Builder, x, _ ID) ID { return b.Apply(OpDigamma, x) }},
		{op: OpDigamma, on: floats, f: special.Digamma, d: func(b *Builder, x, _ ID) ID { return b.emit(OpPolygamma, &Attrs{N: 1}, x) }},
		{op: OpExpit, on: floats, f: functions.Sigmoid1, d: func(b *Builder, x, y ID) ID { return b.Mul(y, b.Apply(OpExpit, b.Neg(x))) }},
		{op: OpLogExpit, on: floats, f: functions.LogSigmoid1, d: func(b *Builder, x, y ID) ID { return b.Apply(OpExpit, b.Neg(x)) }},
		{op: OpNdtr, on: floats, f: functions.Ndtr1, d: func(b *Builder, x, _ ID) ID { return b.Scale(b.Exp(b.Scale(b.Square(x), -0.5)), 1/sqrt2Pi) }},
		{op: OpNdtri, on: floats, f: functions.Ndtri1, d: func(b *Builder, _, y ID) ID { return b.Scale(b.Exp(b.Scale(b.Square(y), 0.5)), sqrt2Pi) }},
		{op: OpLogNdtr, on: floats, f: functions.LogNdtr1, d: func(b *Builder, x, y ID) ID {
			return b.Scale(b.Exp(b.Sub(b.Scale(b.Square(x), -0.5), y)), 1/sqrt2Pi)
		}},
		{op: OpI0e, on: floats, f: special.I0e, d: func(b *Builder, x, y ID) ID { return b.Sub(b.Apply(OpI1e, x), b.Mul(b.Apply(OpSign, x), y)) }},
		{op: OpI1e, on: floats, f: special.I1e, d: func(b *Builder, x, y ID) ID {
			return b.Sub(b.Sub(b.Apply(OpI0e, x), b.overX(x, y)), b.Mul(b.Apply(OpSign, x), y))
		}},
		{op: OpJ0, on: floats, f: functions.J01, d: func(b *Builder, x, _ ID) ID { return b.Neg(b.Apply(OpJ1, x)) }},
		{op: OpJ1, on: floats, f: functions.J11, d: func(b *Builder, x, y ID) ID { return b.Sub(b.Apply(OpJ0, x), b.overX(x, y)) }},
		{op: OpExpintE1, on: floats, f: special.E1, d: func(b *Builder, x, _ ID) ID { return b.Neg(b.Div(b.Exp(b.Neg(x)), x)) }},
		{op: OpExpi, on: floats, f: special.Expi, d: func(b *Builder, x, _ ID) ID { return b.Div(b.Exp(x), x) }},
		{op: OpLambertW, on: floats, f: special.LambertW, d: func(b *Builder, _, y ID) ID { return b.Div(b.Exp(b.Neg(y)), b.Add(y, b.like(y, 1))) }},
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
	table[OpSign] = unaryRow{on: numbers, c: special.Csign, f: sign, i: func(x int64) int64 {
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
			return b.Scale(b.mulz(t[0], d), float64(k)) // in reverse the factor meets those of the loss first
		},
		eval: func(x []*val, n *Node, out []*val) error {
			k := n.attrs().N
			return mapUnary(x[0], out[0], func(v float64) float64 { return special.IntegerPow(v, k) },
				func(z complex128) complex128 { return special.CintegerPow(z, k) }, func(i int64) int64 { return intPow(i, int64(k)) })
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
			return mapUnary(x[0], out[0], func(v float64) float64 { return special.Polygamma(n.attrs().N, v) }, nil, nil)
		},
	}
	for op, f := range map[Op]func(x complex128) bool{
		OpIsNan:    cmplx.IsNaN,
		OpIsInf:    func(z complex128) bool { return math.IsInf(real(z), 0) || math.IsInf(imag(z), 0) },
		OpIsFinite: finite,
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

// finite reports whether both parts are.
func finite(z complex128) bool {
	return !math.IsInf(real(z), 0) && !math.IsInf(imag(z), 0) && !cmplx.IsNaN(z)
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

// defineLinearUnary: neg, abs, the parts of complex numbers, convert, stop_gradient.
func defineLinearUnary() {
	unlinear := func(f func(b *Builder, n *Node, ct ID) ID) func(b *Builder, n *Node, ct ID, _ []bool) []ID {
		return func(b *Builder, n *Node, ct ID, _ []bool) []ID { return []ID{f(b, n, ct)} }
	}
	table[OpNeg] = unaryRow{on: numbers, f: func(x float64) float64 { return -x }, c: func(z complex128) complex128 { return -z }, i: func(x int64) int64 { return -x }}.def()
	table[OpNeg].jvp = linearIn(0)
	table[OpNeg].transpose = unlinear(func(b *Builder, _ *Node, ct ID) ID { return b.Neg(ct) })

	toReal := func(t []Type, _ *Attrs) (Type, error) { return t[0].with(realOf(t[0].Dtype)), nil }
	table[OpAbs] = &def{arity: 1, dtypes: numbers, infer: toReal,
		jvp: func(b *Builder, _ *Node, x []ID, y ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			s := b.Apply(OpSign, x[0])
			if !b.Type(x[0]).complex() {
				return b.mulz(t[0], s)
			}
			return b.Real(b.mulz(t[0], b.Conj(s)))
		},
		eval: func(x []*val, _ *Node, out []*val) error {
			if x[0].c != nil {
				for k, z := range x[0].c {
					out[0].f[k] = out[0].round(special.Cabs(z))
				}
				return nil
			}
			return mapUnary(x[0], out[0], math.Abs, nil, func(v int64) int64 { return max(v, -v) })
		},
	}
	part := func(f func(complex128) float64) func(x []*val, _ *Node, out []*val) error {
		return func(x []*val, _ *Node, out []*val) error {
			for k, z := range x[0].c {
				out[0].f[k] = f(z)
			}
			return nil
		}
	}
	zero := func(b *Builder, x ID) ID { return b.like(x, 0) }
	table[OpReal] = &def{arity: 1, dtypes: complexes, infer: toReal, jvp: linearIn(0), eval: part(func(z complex128) float64 { return real(z) }),
		transpose: unlinear(func(b *Builder, _ *Node, ct ID) ID { return b.Complex(ct, zero(b, ct)) })}
	table[OpImag] = &def{arity: 1, dtypes: complexes, infer: toReal, jvp: linearIn(0), eval: part(func(z complex128) float64 { return imag(z) }),
		transpose: unlinear(func(b *Builder, _ *Node, ct ID) ID { return b.Complex(zero(b, ct), b.Neg(ct)) })}
	table[OpConj] = unaryRow{on: complexes, c: func(z complex128) complex128 { return complex(real(z), -imag(z)) }}.def()
	table[OpConj].jvp = linearIn(0)
	table[OpConj].transpose = unlinear(func(b *Builder, _ *Node, ct ID) ID { return b.Conj(ct) })

	table[OpComplex] = &def{arity: 2, dtypes: floats,
		infer: func(t []Type, a *Attrs) (Type, error) {
			u, err := inferSame(t, a)
			return u.with(complexOf(u.Dtype)), err
		},
		jvp: linear,
		transpose: func(b *Builder, _ *Node, ct ID, lin []bool) []ID {
			out := []ID{none, none}
			if lin[0] {
				out[0] = b.Real(ct)
			}
			if lin[1] {
				out[1] = b.Neg(b.Imag(ct))
			}
			return out
		},
		eval: func(x []*val, _ *Node, out []*val) error {
			for k := range out[0].c {
				out[0].c[k] = complex(x[0].f[k], x[1].f[k])
			}
			return nil
		},
	}
	table[OpConvert] = &def{arity: 1, attrs: "dtype",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if t[0].complex() && !complexes.has(a.Dtype) && a.Dtype != array.Bool {
				return t[0], shapeErr("convert: %s to %s would drop the imaginary part; take real first", t[0].Dtype, a.Dtype)
			}
			return t[0].with(a.Dtype), nil
		},
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			return b.Convert(t[0], n.Type.Dtype)
		},
		transpose: unlinear(func(b *Builder, n *Node, ct ID) ID {
			to := b.Type(n.Args[0])
			if n.Type.complex() && !to.complex() {
				ct = b.Real(ct)
			}
			return b.Convert(ct, to.Dtype)
		}),
		eval: func(x []*val, n *Node, out []*val) error {
			for k := range n.Type.Len() {
				switch {
				case x[0].i != nil && out[0].i != nil:
					out[0].i[k] = out[0].wrap(x[0].i[k])
				case n.Type.Dtype == array.Bool:
					out[0].i[k] = toBool(x[0].get(k) != 0)
				default:
					out[0].set(k, x[0].get(k))
				}
			}
			return nil
		},
	}
	table[OpStopGradient] = &def{arity: 1, infer: inferSame,
		eval: func(x []*val, n *Node, out []*val) error {
			for k := range n.Type.Len() {
				out[0].copyFrom(k, x[0], k)
			}
			return nil
		},
	}
}
