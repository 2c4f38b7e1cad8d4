package expr

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
)

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
					out[0].f[k] = out[0].round(cabs(z))
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
