package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Dense linear algebra over the last two axes; leading axes are batches. A matrix that has no Cholesky factor, or is exactly singular in
// solve and inv, gives NaN, not an error: an energy there is NaN, and the caller's on_nonfinite decides.

// batchNative is the batching of operations whose leading axes are batches already.
func batchNative(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
	return b.emit(n.Op, n.Attrs, b.batchAll(x, batched, size)...)
}

func square(t Type) error {
	if r := t.Rank(); r < 2 || t.Shape[r-1] != t.Shape[r-2] {
		return shapeErr("expected square matrices [..., n, n], got %v", t)
	}
	return nil
}

func inferSquare(t []Type, _ *Attrs) (Type, error) { return t[0], square(t[0]) }

// inferSolve: a [..., n, n] and b [..., n, m].
func inferSolve(t []Type, _ *Attrs) (Type, error) {
	a, b := t[0], t[len(t)-1]
	if err := square(a); err != nil {
		return b, err
	}
	r := a.Rank()
	if a.Dtype != b.Dtype || b.Rank() != r || !slices.Equal(a.Shape[:r-1], b.Shape[:r-1]) {
		return b, shapeErr("expected a[..., n, n] and b[..., n, m] of one dtype, got %v and %v", a, b)
	}
	return b, nil
}

func init() {
	defineSolvers()
	defineSpectral()
	table[OpCholesky] = &def{arity: 1, dtypes: inexact, infer: inferSquare, vmap: batchNative,
		// dL = L phi(L^-1 dA L^-H), phi: the lower triangle with half the diagonal.
		jvp: func(b *Builder, _ *Node, _ []ID, l ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			lower := &Attrs{Lower: true}
			x := b.emit(OpTriangularSolve, lower, l, b.hermitian(t[0]))
			x = b.adjoint(b.emit(OpTriangularSolve, lower, l, b.adjoint(x)))
			return b.MatMul(l, b.halfLower(x))
		},
		eval: perMatrix(func(x []mat, out []mat, _ *Attrs) { cholesky(x[0], out[0]) }),
	}
	table[OpSlogdet] = &def{arity: 1, dtypes: inexact,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			if err := square(t[0]); err != nil {
				return t[0], err
			}
			return Type{realOf(t[0].Dtype), t[0].Shape[:t[0].Rank()-2]}, nil
		},
		results: func(t []Type, _ *Attrs) []Type {
			lead := t[0].Shape[:t[0].Rank()-2]
			return []Type{{realOf(t[0].Dtype), lead}, {t[0].Dtype, lead}}
		},
		vmap: batchNative,
		jvps: func(b *Builder, _ *Node, x, y, t []ID) []ID {
			if t[0] == none {
				return []ID{none, none}
			}
			r := b.Type(x[0]).Rank()
			trace := b.Sum(b.Mul(t[0], b.swapLast(b.emit(OpInv, nil, x[0]))), r-2, r-1)
			if !b.Type(trace).complex() {
				return []ID{trace, none}
			}
			im := b.Imag(trace)
			return []ID{b.Real(trace), b.Mul(b.Complex(b.like(im, 0), im), y[1])}
		},
		eval: func(x []*val, n *Node, out []*val) error {
			m := matsOf(x[0])
			for k := range m {
				logdet, sign := slogdet(m[k])
				out[0].set(k, complex(logdet, 0))
				out[1].set(k, sign)
			}
			return nil
		},
	}
}

func defineSolvers() {
	table[OpTriangularSolve] = &def{arity: 2, attrs: "lower trans unit", dtypes: inexact, infer: inferSolve, vmap: batchNative,
		jvp: func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
			a := n.attrs()
			ta := t[0]
			if ta != none {
				k := 0
				if a.Unit {
					k = -1
				}
				if !a.Lower {
					k = -k
				}
				ta = b.triangle(ta, a.Lower, k)
			}
			return b.solveTangent(n, x, y, ta, t[1])
		},
		transpose: transposeSolve,
		eval:      perMatrix(func(x, out []mat, a *Attrs) { triangularSolve(x[0], x[1], out[0], a.Lower, a.Trans, a.Unit) }),
	}
	table[OpSolve] = &def{arity: 2, attrs: "trans", dtypes: inexact, infer: inferSolve, vmap: batchNative,
		jvp:       func(b *Builder, n *Node, x []ID, y ID, t []ID) ID { return b.solveTangent(n, x, y, t[0], t[1]) },
		transpose: transposeSolve,
		eval: perMatrix(func(x, out []mat, a *Attrs) {
			lu, perm := luFactor(x[0])
			luSolve(lu, perm, x[1], out[0], a.Trans)
		}),
	}
	table[OpInv] = &def{arity: 1, dtypes: inexact, infer: inferSquare, vmap: batchNative,
		jvp: func(b *Builder, _ *Node, _ []ID, y ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			return b.Neg(b.MatMul(b.MatMul(y, t[0]), y))
		},
		eval: perMatrix(func(x, out []mat, _ *Attrs) {
			lu, perm := luFactor(x[0])
			luSolve(lu, perm, unit(x[0].n), out[0], false)
		}),
	}
	noDerivative := func(name string) func(b *Builder, n *Node, x, y, t []ID) []ID {
		return func(_ *Builder, _ *Node, _, y, t []ID) []ID {
			if slices.Max(t) != none {
				throw(spec.Errorf(spec.SpecError, "%s has no derivative; differentiate solve", name))
			}
			return make([]ID, 0)
		}
	}
	permutation := func(t Type) Type { return Type{array.Int64, t.Shape[:max(t.Rank()-1, 0)]} }
	table[OpLu] = &def{arity: 1, dtypes: inexact, infer: inferSquare, vmap: batchNative, jvps: noDerivative("lu"),
		results: func(t []Type, _ *Attrs) []Type { return []Type{t[0], permutation(t[0])} },
		eval: func(x []*val, _ *Node, out []*val) error {
			for k, m := range matsOf(x[0]) {
				lu, perm := luFactor(m)
				lu.store(out[0], k)
				for i, p := range perm {
					out[1].i[k*m.n+i] = int64(p)
				}
			}
			return nil
		},
	}
	table[OpLuSolve] = &def{arity: 3, attrs: "trans", dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, a *Attrs) (Type, error) {
			u, err := inferSolve(t, a)
			if err == nil && !t[1].Equal(permutation(t[0])) {
				err = shapeErr("lu_solve: expected the permutation %v, got %v", permutation(t[0]), t[1])
			}
			return u, err
		},
		jvp: func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
			if t[0] != none {
				throw(spec.Errorf(spec.SpecError, "lu_solve has no derivative in the factors; differentiate solve"))
			}
			return linearIn(2)(b, n, x, y, t)
		},
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			return []ID{none, none, b.emit(n.Op, &Attrs{Trans: !n.attrs().Trans}, n.Args[0], n.Args[1], ct)}
		},
		eval: func(x []*val, n *Node, out []*val) error {
			rhs := matsOf(x[2])
			for k, m := range matsOf(x[0]) {
				perm := make([]int, m.n)
				for i := range perm {
					perm[i] = int(min(max(x[1].i[k*m.n+i], 0), int64(m.n-1)))
				}
				y := newMat(rhs[k].n, rhs[k].m)
				luSolve(m, perm, rhs[k], y, n.attrs().Trans)
				y.store(out[0], k)
			}
			return nil
		},
	}
}

// solveTangent is op(a)^-1 (tb - op(ta) y) for y = op(a)^-1 b.
func (b *Builder) solveTangent(n *Node, x []ID, y, ta, tb ID) ID {
	rhs := tb
	if ta != none {
		if n.attrs().Trans {
			ta = b.swapLast(ta)
		}
		ta = b.MatMul(ta, y)
		if rhs == none {
			rhs = b.Neg(ta)
		} else {
			rhs = b.Sub(rhs, ta)
		}
	}
	if rhs == none {
		return none
	}
	return b.emit(n.Op, n.Attrs, x[0], rhs)
}

func transposeSolve(b *Builder, n *Node, ct ID, _ []bool) []ID {
	a := *n.attrs()
	a.Trans = !a.Trans
	return []ID{none, b.emit(n.Op, &a, n.Args[0], ct)}
}

// hermitian is (x + x^H) / 2.
func (b *Builder) hermitian(x ID) ID { return b.Scale(b.Add(x, b.adjoint(x)), 0.5) }

// halfLower keeps the lower triangle and half the diagonal.
func (b *Builder) halfLower(x ID) ID {
	t := b.Type(x)
	r := t.Rank()
	row, col := b.Iota(array.Int64, t.Shape, r-2), b.Iota(array.Int64, t.Shape, r-1)
	zero := b.zeros(t)
	return b.Select(b.Less(col, row), x, b.Select(b.Equal(col, row), b.Scale(x, 0.5), zero))
}
