package expr

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/expr/variate"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// binaryRow is an element-wise operation of two operands that keeps the dtype. dx, dy are the derivatives in x and y at the result z; nil: zero.
type binaryRow struct {
	op     Op
	on     class
	f      func(x, y float64) float64
	c      func(x, y complex128) complex128
	i      func(x, y int64) int64
	dx, dy func(b *Builder, x, y, z ID) ID
}

func binaryRows() []binaryRow {
	zero := func(b *Builder, x ID) ID { return b.Equal(x, b.like(x, 0)) }
	return []binaryRow{
		{op: OpMul, on: numbers, f: func(x, y float64) float64 { return x * y }, c: special.Cmul, i: func(x, y int64) int64 { return x * y },
			dx: func(_ *Builder, _, y, _ ID) ID { return y }, dy: func(_ *Builder, x, _, _ ID) ID { return x }},
		{op: OpDiv, on: inexact, f: func(x, y float64) float64 { return x / y }, c: special.Cdiv,
			dx: func(b *Builder, _, y, _ ID) ID { return b.Div(b.like(y, 1), y) },
			dy: func(b *Builder, _, y, z ID) ID { return b.Neg(b.Div(z, y)) }},
		{op: OpPow, on: numbers, f: functions.Pow1, c: special.Cpow, i: intPow,
			dx: func(b *Builder, x, y, _ ID) ID {
				return b.Select(zero(b, y), b.like(x, 0), b.Mul(y, b.Apply(OpPow, x, b.Sub(y, b.like(y, 1)))))
			},
			dy: func(b *Builder, x, _, z ID) ID { return b.Mul(z, b.Log(b.Select(zero(b, x), b.like(x, 1), x))) }},
		{op: OpAtan2, on: floats, f: functions.Atan21,
			dx: func(b *Builder, y, x, _ ID) ID { return b.Div(x, b.Add(b.Square(x), b.Square(y))) },
			dy: func(b *Builder, y, x, _ ID) ID { return b.Neg(b.Div(y, b.Add(b.Square(x), b.Square(y)))) }},
		{op: OpHypot, on: floats, f: functions.Hypot1,
			dx: func(b *Builder, x, _, z ID) ID { return b.Mul(x, b.reciprocalOr0(z)) },
			dy: func(b *Builder, _, y, z ID) ID { return b.Mul(y, b.reciprocalOr0(z)) }},
		{op: OpMod, on: ordered, f: special.Mod, i: intMod, dx: func(b *Builder, x, _, _ ID) ID { return b.like(x, 1) },
			dy: func(b *Builder, x, y, _ ID) ID { return b.Neg(b.Apply(OpFloor, b.Div(x, y))) }},
		{op: OpFmod, on: ordered, f: math.Mod, i: intFmod, dx: func(b *Builder, x, _, _ ID) ID { return b.like(x, 1) },
			dy: func(b *Builder, x, y, _ ID) ID { return b.Neg(b.Apply(OpTrunc, b.Div(x, y))) }},
		{op: OpFloorDivide, on: ordered, f: special.FloorDivide, i: intFloorDivide},
		{op: OpLogaddexp, on: floats, f: functions.Logaddexp1,
			dx: func(b *Builder, x, _, z ID) ID { return b.Exp(b.Sub(x, b.finiteBelow(z))) },
			dy: func(b *Builder, _, y, z ID) ID { return b.Exp(b.Sub(y, b.finiteBelow(z))) }},
		{op: OpXlogy, on: floats, f: functions.Xlogy1, dx: func(b *Builder, _, y, _ ID) ID { return b.Log(y) },
			dy: func(b *Builder, x, y, _ ID) ID { return b.Select(zero(b, x), b.like(x, 0), b.Div(x, y)) }},
		{op: OpXlog1py, on: floats, f: functions.Xlog1py1, dx: func(b *Builder, _, y, _ ID) ID { return b.Apply(OpLog1p, y) },
			dy: func(b *Builder, x, y, _ ID) ID {
				return b.Select(zero(b, x), b.like(x, 0), b.Div(x, b.Add(y, b.like(y, 1))))
			}},
		{op: OpZeta, on: floats, f: special.Zeta,
			dx: noDerivative("zeta has no derivative in its first argument"),
			dy: func(b *Builder, s, q, _ ID) ID { return b.Neg(b.Mul(s, b.Apply(OpZeta, b.Add(s, b.like(s, 1)), q))) }},
		{op: OpGammainc, on: floats, f: special.Gammainc, dx: func(b *Builder, a, x, _ ID) ID { return b.Neg(gammaSlope(b, a, x)) }, dy: gammaDensity},
		{op: OpGammaincc, on: floats, f: special.Gammaincc, dx: func(b *Builder, a, x, _ ID) ID { return gammaSlope(b, a, x) },
			dy: func(b *Builder, a, x, z ID) ID { return b.Neg(gammaDensity(b, a, x, z)) }},
		{op: OpJv, on: floats, f: special.Jv, dx: noOrder, dy: func(b *Builder, v, x, _ ID) ID {
			return b.Scale(b.Sub(beside(b, OpJv, v, x, -1), beside(b, OpJv, v, x, 1)), 0.5)
		}},
		{op: OpYv, on: floats, f: special.Yv, dx: noOrder, dy: func(b *Builder, v, x, _ ID) ID {
			return b.Scale(b.Sub(beside(b, OpYv, v, x, -1), beside(b, OpYv, v, x, 1)), 0.5)
		}},
		{op: OpIve, on: floats, f: special.Ive, dx: noOrder, dy: func(b *Builder, v, x, y ID) ID {
			return b.Sub(b.Scale(b.Add(beside(b, OpIve, v, x, -1), beside(b, OpIve, v, x, 1)), 0.5), b.Mul(b.Apply(OpSign, x), y))
		}},
		{op: OpKve, on: floats, f: special.Kve, dx: noOrder, dy: func(b *Builder, v, x, y ID) ID {
			return b.Sub(y, b.Scale(b.Add(beside(b, OpKve, v, x, -1), beside(b, OpKve, v, x, 1)), 0.5))
		}},
		{op: OpRandomFold, on: int64s, i: func(k, x int64) int64 { return int64(keyOf(k).Fold(uint64(x)).Word()) }},
		{op: OpLoggammaSlope, on: floats, f: variate.LogGammaSlope, dx: noSecond("random_loggamma"), dy: noSecond("random_loggamma")},
		{op: OpVonMisesSlope, on: floats, f: variate.VonMisesSlope, dx: noSecond("random_von_mises"), dy: noSecond("random_von_mises")},
		{op: OpCopysign, on: floats, f: math.Copysign, dx: func(b *Builder, x, y, _ ID) ID {
			one := b.like(x, 1)
			return b.Mul(b.Apply(OpCopysign, one, x), b.Apply(OpCopysign, one, y))
		}},
		{op: OpNextafter, on: floats, dx: func(b *Builder, x, _, _ ID) ID { return b.like(x, 1) }},
		{op: OpAnd, on: ints | bools, i: func(x, y int64) int64 { return x & y }},
		{op: OpOr, on: ints | bools, i: func(x, y int64) int64 { return x | y }},
		{op: OpXor, on: ints | bools, i: func(x, y int64) int64 { return x ^ y }},
		{op: OpShiftLeft, on: ints, i: func(x, y int64) int64 {
			if y < 0 || y > 63 {
				return 0
			}
			return x << uint(y)
		}},
		{op: OpShiftRight, on: ints, i: func(x, y int64) int64 {
			if y < 0 || y > 63 {
				y = 63
			}
			return x >> uint(y)
		}},
	}
}

func noDerivative(why string) func(*Builder, ID, ID, ID) ID {
	return func(*Builder, ID, ID, ID) ID {
		throw(shapeErr("%s", why))
		return none
	}
}

var noOrder = noDerivative("Bessel functions have no derivative in their order")

// beside is a Bessel function of order v + d.
func beside(b *Builder, op Op, v, x ID, d float64) ID { return b.Apply(op, b.Add(v, b.like(v, d)), x) }

// betaDensity is x^(a-1) (1-x)^(b-1) / B(a, b).
func betaDensity(b *Builder, p, q, x ID) ID {
	one := b.like(x, 1)
	top := b.Add(b.Apply(OpXlogy, b.Sub(p, one), x), b.Apply(OpXlog1py, b.Sub(q, one), b.Neg(x)))
	return b.Exp(b.Sub(b.Add(top, b.Apply(OpLgamma, b.Add(p, q))), b.Add(b.Apply(OpLgamma, p), b.Apply(OpLgamma, q))))
}

// ternary is the row of a real function of three numbers.
func ternary(f func(x, y, z float64) float64, d [3]func(b *Builder, x []ID) ID) *def {
	return &def{arity: 3, dtypes: floats, infer: inferSame,
		jvp: func(b *Builder, _ *Node, x []ID, _ ID, t []ID) ID {
			out := none
			for k := range x {
				if t[k] != none {
					out = b.addTo(out, b.mulz(t[k], d[k](b, x)))
				}
			}
			return out
		},
		eval: func(x []*val, _ *Node, out []*val) error {
			for k := range x[0].Len() {
				out[0].f[k] = out[0].round(f(x[0].f[k], x[1].f[k], x[2].f[k]))
			}
			return nil
		},
	}
}

var ternaries = map[Op]func(x, y, z float64) float64{OpBetainc: special.Betainc, OpBetaincSlopeA: special.BetaincSlopeA, OpBetaincSlopeB: special.BetaincSlopeB}

func init() {
	never := func(*Builder, []ID) ID {
		return noDerivative("betainc has no second derivative in its first two arguments")(nil, none, none, none)
	}
	apply := func(op Op) func(b *Builder, x []ID) ID {
		return func(b *Builder, x []ID) ID { return b.Apply(op, x...) }
	}
	density := func(b *Builder, x []ID) ID { return betaDensity(b, x[0], x[1], x[2]) }
	moved := func(k int, log func(b *Builder, x ID) ID) func(b *Builder, x []ID) ID { // of the density in argument k
		return func(b *Builder, x []ID) ID {
			psi := b.Sub(b.Apply(OpDigamma, b.Add(x[0], x[1])), b.Apply(OpDigamma, x[k]))
			return b.Mul(density(b, x), b.Add(log(b, x[2]), psi))
		}
	}
	three := [3]func(b *Builder, x []ID) ID{apply(OpBetaincSlopeA), apply(OpBetaincSlopeB), density}
	table[OpBetainc] = ternary(ternaries[OpBetainc], three)
	three = [3]func(b *Builder, x []ID) ID{never, never, moved(0, func(b *Builder, x ID) ID { return b.Log(x) })}
	table[OpBetaincSlopeA] = ternary(ternaries[OpBetaincSlopeA], three)
	three = [3]func(b *Builder, x []ID) ID{never, never, moved(1, func(b *Builder, x ID) ID { return b.Apply(OpLog1p, b.Neg(x)) })}
	table[OpBetaincSlopeB] = ternary(ternaries[OpBetaincSlopeB], three)
}

// gammaDensity is x^(a-1) exp(-x) / Gamma(a).
func gammaDensity(b *Builder, a, x, _ ID) ID {
	return b.Exp(b.Sub(b.Sub(b.Apply(OpXlogy, b.Sub(a, b.like(a, 1)), x), x), b.Apply(OpLgamma, a)))
}

// gammaSlope is -dP/da: a quantile x of P(a, x) moves with a so that P stays.
func gammaSlope(b *Builder, a, x ID) ID {
	inside := b.Apply(OpGreater, x, b.like(x, 0))
	y := b.Select(inside, x, b.like(x, 1))
	slope := b.Mul(b.Mul(y, gammaDensity(b, a, y, none)), b.Apply(OpLoggammaSlope, a, b.Log(y)))
	return b.Select(inside, slope, b.like(x, 0))
}

// finiteBelow is z with -inf replaced by 0, so that exp(x - z) is 0 and not NaN where all of x is -inf.
func (b *Builder) finiteBelow(z ID) ID {
	return b.Select(b.Equal(z, b.like(z, math.Inf(-1))), b.like(z, 0), z)
}

// along is the c with x t = mulz(base, c) where tangent t of y is base times factors alone, none if it is not. The factors meet in the order of
// reverse mode, so that where x or one nearer to the result is zero, an infinite one does not count. Where the first of them has y itself as a
// factor, as expit's has, the product x y is there already.
func (b *Builder) along(t, base, x, y, product ID) ID {
	if t == none || base == none {
		return none
	}
	var factors []ID
	for ; t != base; t = b.p.Nodes[t].Args[0] {
		if b.p.Nodes[t].Op != OpMulz {
			return none
		}
		factors = append(factors, b.p.Nodes[t].Args[1])
	}
	for k, f := range factors {
		if n := &b.p.Nodes[f]; k == 0 && n.Op == OpMul && n.Args[0] == y {
			x, f = product, n.Args[1]
		}
		x = b.mulz(x, f)
	}
	return x
}

func init() {
	for _, r := range binaryRows() {
		table[r.op] = r.def()
	}
	table[OpNextafter].eval = func(x []*val, _ *Node, out []*val) error {
		for k := range out[0].f {
			if out[0].Dtype == array.Float32 {
				out[0].f[k] = float64(math.Nextafter32(float32(x[0].f[k]), float32(x[1].f[k])))
			} else {
				out[0].f[k] = math.Nextafter(x[0].f[k], x[1].f[k])
			}
		}
		return nil
	}
	product := table[OpMul].jvp
	table[OpMul].jvp = func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
		if x[0] == x[1] && t[0] != none { // a square: in reverse the 2 meets the factors of the loss first
			return b.Scale(b.mulz(t[0], x[0]), 2)
		}
		for k := range 2 {
			if c := b.along(t[1-k], t[k], x[k], x[1-k], y); c != none { // x f(x): the tangent meets one factor, made of values alone
				return b.mulz(t[k], b.Add(x[1-k], c))
			}
		}
		return product(b, n, x, y, t)
	}
	// mul is transposed in whichever operand is linear.
	table[OpMul].transpose = func(b *Builder, n *Node, ct ID, lin []bool) []ID {
		if lin[0] {
			return []ID{b.Mul(ct, n.Args[1]), none}
		}
		return []ID{none, b.Mul(ct, n.Args[0])}
	}
	// div in its first operand, as the tangents of reduce_max have it.
	table[OpDiv].transpose = func(b *Builder, n *Node, ct ID, _ []bool) []ID { return []ID{b.Div(ct, n.Args[1]), none} }
	add := func(f func(x, y float64) float64, c func(x, y complex128) complex128, i func(x, y int64) int64) *def {
		return binaryRow{on: numbers, f: f, c: c, i: i}.def()
	}
	table[OpAdd] = add(func(x, y float64) float64 { return x + y }, func(x, y complex128) complex128 { return x + y }, func(x, y int64) int64 { return x + y })
	table[OpAdd].jvp = func(b *Builder, _ *Node, _ []ID, _ ID, t []ID) ID { return b.addTo(t[0], t[1]) }
	table[OpAdd].transpose = func(b *Builder, _ *Node, ct ID, lin []bool) []ID {
		return []ID{where(lin[0], ct), where(lin[1], ct)}
	}
	table[OpSub] = add(func(x, y float64) float64 { return x - y }, func(x, y complex128) complex128 { return x - y }, func(x, y int64) int64 { return x - y })
	table[OpSub].jvp = func(b *Builder, _ *Node, _ []ID, _ ID, t []ID) ID {
		switch {
		case t[1] == none:
			return t[0]
		case t[0] == none:
			return b.Neg(t[1])
		}
		return b.Sub(t[0], t[1])
	}
	table[OpSub].transpose = func(b *Builder, _ *Node, ct ID, lin []bool) []ID {
		out := []ID{where(lin[0], ct), none}
		if lin[1] {
			out[1] = b.Neg(ct)
		}
		return out
	}
	table[OpMulz] = binaryRow{on: inexact, f: func(t, c float64) float64 {
		y := t * c
		if y != y && t == 0 {
			return 0
		}
		return y
	}, c: func(t, c complex128) complex128 {
		if t == 0 {
			return 0
		}
		return special.Cmul(t, c)
	}}.def()
	table[OpMulz].jvp = func(b *Builder, _ *Node, x []ID, _ ID, t []ID) ID {
		out := none
		if t[0] != none {
			out = b.mulz(t[0], x[1])
		}
		if t[1] != none { // as mulz, so that t = 0 here and not beside here has its derivatives
			out = b.addTo(out, b.mulz(x[0], t[1]))
		}
		return out
	}
	table[OpMulz].transpose = func(b *Builder, n *Node, ct ID, lin []bool) []ID {
		if lin[0] {
			return []ID{b.mulz(ct, n.Args[1]), none}
		}
		return []ID{none, b.mulz(n.Args[0], ct)}
	}
	// max and min: the tangent of the larger or smaller one, the mean of both at a tie; NaN of either is carried.
	table[OpMax] = binaryRow{on: ordered, f: func(x, y float64) float64 { return max(x, y) }, i: func(x, y int64) int64 { return max(x, y) }}.def()
	table[OpMax].jvp = jvpExtremum(OpGreater, OpLess)
	table[OpMin] = binaryRow{on: ordered, f: func(x, y float64) float64 { return min(x, y) }, i: func(x, y int64) int64 { return min(x, y) }}.def()
	table[OpMin].jvp = jvpExtremum(OpLess, OpGreater)

	compare := func(op Op, on class, f func(x, y float64) bool, i func(x, y int64) bool) {
		table[op] = &def{arity: 2, dtypes: on,
			infer: func(t []Type, a *Attrs) (Type, error) {
				u, err := inferSame(t, a)
				return u.with(array.Bool), err
			},
			eval: func(x []*val, _ *Node, out []*val) error {
				for k := range out[0].i {
					switch {
					case x[0].f != nil:
						out[0].i[k] = toBool(f(x[0].f[k], x[1].f[k]))
					case x[0].c != nil:
						out[0].i[k] = toBool((x[0].c[k] == x[1].c[k]) == (op == OpEqual))
					default:
						out[0].i[k] = toBool(i(x[0].i[k], x[1].i[k]))
					}
				}
				return nil
			},
		}
	}
	compare(OpEqual, anything, func(x, y float64) bool { return x == y }, func(x, y int64) bool { return x == y })
	compare(OpNotEqual, anything, func(x, y float64) bool { return x != y }, func(x, y int64) bool { return x != y })
	compare(OpLess, ordered|bools, func(x, y float64) bool { return x < y }, func(x, y int64) bool { return x < y })
	compare(OpLessEqual, ordered|bools, func(x, y float64) bool { return x <= y }, func(x, y int64) bool { return x <= y })
	compare(OpGreater, ordered|bools, func(x, y float64) bool { return x > y }, func(x, y int64) bool { return x > y })
	compare(OpGreaterEqual, ordered|bools, func(x, y float64) bool { return x >= y }, func(x, y int64) bool { return x >= y })

	table[OpSelect] = &def{arity: 3,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if t[0].Dtype != array.Bool || !t[0].with(t[1].Dtype).Equal(t[1]) {
				return t[1], shapeErr("select: expected a bool condition of the shape of %v, got %v", t[1], t[0])
			}
			return inferSame(t[1:], a)
		},
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			if t[1] == none && t[2] == none {
				return none
			}
			return b.Select(x[0], b.instantiate(t[1], n.Type), b.instantiate(t[2], n.Type))
		},
		transpose: func(b *Builder, n *Node, ct ID, lin []bool) []ID {
			out := []ID{none, none, none}
			if lin[1] {
				out[1] = b.Select(n.Args[0], ct, b.like(ct, 0))
			}
			if lin[2] {
				out[2] = b.Select(n.Args[0], b.like(ct, 0), ct)
			}
			return out
		},
		eval: func(x []*val, n *Node, out []*val) error {
			for k := range n.Type.Len() {
				out[0].copyFrom(k, x[2-x[0].i[k]], k)
			}
			return nil
		},
	}
}

func where(p bool, x ID) ID {
	if p {
		return x
	}
	return none
}

func jvpExtremum(wins, loses Op) func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
	return func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
		if t[0] == none && t[1] == none {
			return none
		}
		u, v := b.instantiate(t[0], n.Type), b.instantiate(t[1], n.Type)
		tie := b.Scale(b.addTo(t[0], t[1]), 0.5)
		return b.Select(b.Apply(wins, x[0], x[1]), u, b.Select(b.Apply(loses, x[0], x[1]), v, tie))
	}
}

func (r binaryRow) def() *def {
	d := &def{arity: 2, dtypes: r.on, infer: inferSame,
		eval: func(x []*val, _ *Node, out []*val) error {
			for k := range x[0].Len() {
				switch {
				case x[0].f != nil:
					out[0].f[k] = out[0].round(r.f(x[0].f[k], x[1].f[k]))
				case x[0].c != nil:
					out[0].c[k] = out[0].roundc(r.c(x[0].c[k], x[1].c[k]))
				default:
					out[0].i[k] = out[0].wrap(r.i(x[0].i[k], x[1].i[k]))
				}
			}
			return nil
		},
	}
	if r.dx != nil || r.dy != nil {
		d.jvp = func(b *Builder, _ *Node, x []ID, z ID, t []ID) ID {
			out := none
			if t[0] != none && r.dx != nil {
				out = b.mulz(t[0], r.dx(b, x[0], x[1], z))
			}
			if t[1] != none && r.dy != nil {
				out = b.addTo(out, b.mulz(t[1], r.dy(b, x[0], x[1], z)))
			}
			return out
		}
	}
	return d
}

// Integer division by zero gives 0, as in NumPy.
func intFloorDivide(x, y int64) int64 {
	if y == 0 {
		return 0
	}
	q := x / y
	if x%y != 0 && (x < 0) != (y < 0) {
		q--
	}
	return q
}

func intMod(x, y int64) int64 {
	if y == 0 {
		return 0
	}
	m := x % y
	if m != 0 && (m < 0) != (y < 0) {
		m += y
	}
	return m
}

func intFmod(x, y int64) int64 {
	if y == 0 {
		return 0
	}
	return x % y
}

// intPow wraps around; negative exponents give the truncated power (0 except for bases 1 and -1).
func intPow(x, y int64) int64 {
	if y < 0 {
		switch {
		case x == 1 || x == -1 && y%2 == 0:
			return 1
		case x == -1:
			return -1
		}
		return 0
	}
	out := int64(1)
	for ; y > 0; y >>= 1 {
		if y&1 == 1 {
			out *= x
		}
		x *= x
	}
	return out
}
