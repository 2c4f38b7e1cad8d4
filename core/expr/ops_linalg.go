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

// batchColumns is batchNative of solvers: mapped right-hand sides of one matrix become more columns, and its factorisation stays one.
func batchColumns(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
	last := len(x) - 1
	if slices.Contains(batched[:last], true) {
		return batchNative(b, n, x, batched, size)
	}
	r := n.Type.Rank()
	wide := cat(n.Type.Shape[:r-1], []int{size, n.Type.Shape[r-1]})
	rhs := b.Reshape(b.moveAxis(x[last], 0, r-1), cat(wide[:r-1], []int{size * wide[r]}))
	y := b.emit(n.Op, n.Attrs, append(slices.Clone(x[:last]), rhs)...)
	return b.moveAxis(b.Reshape(y, wide), r-1, 0)
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
		eval: evalCholesky,
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
		eval: evalSlogdet,
	}
}

func defineSolvers() {
	table[OpTriangularSolve] = &def{arity: 2, attrs: "lower trans unit", dtypes: inexact, infer: inferSolve, vmap: batchColumns,
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
		eval:      evalTriangularSolve,
	}
	table[OpSolve] = &def{arity: 2, attrs: "trans", dtypes: inexact, infer: inferSolve, vmap: batchColumns,
		jvp:       func(b *Builder, n *Node, x []ID, y ID, t []ID) ID { return b.solveTangent(n, x, y, t[0], t[1]) },
		transpose: transposeSolve,
		eval:      evalSolve,
	}
	table[OpInv] = &def{arity: 1, dtypes: inexact, infer: inferSquare, vmap: batchNative,
		jvp: func(b *Builder, _ *Node, _ []ID, y ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			return b.Neg(b.MatMul(b.MatMul(y, t[0]), y))
		},
		eval: evalInv,
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
		eval:    evalLu,
	}
	table[OpLuSolve] = &def{arity: 3, attrs: "trans", dtypes: inexact, vmap: batchColumns,
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
		eval: evalLuSolve,
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

// defineSpectral: eigh, qr, svd.
//
// Eigenvectors are defined up to a phase; their derivative is the one that leaves the phase alone, v_i^H dv_i = 0. Where two eigenvalues
// (singular values) coincide, derivatives of vectors, and second derivatives of values, are infinite or NaN unless what multiplies them is
// zero; first derivatives of symmetric functions of the values are exact there.
func defineSpectral() {
	values := func(t Type) Type {
		r := t.Rank()
		return Type{realOf(t.Dtype), cat(t.Shape[:max(r-2, 0)], []int{min(t.Shape[r-1], t.Shape[r-2])})}
	}
	table[OpEigh] = &def{arity: 1, dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			if err := square(t[0]); err != nil {
				return t[0], err
			}
			return values(t[0]), nil
		},
		results: func(t []Type, _ *Attrs) []Type { return []Type{values(t[0]), t[0]} },
		jvps: func(b *Builder, _ *Node, _, y, t []ID) []ID {
			if t[0] == none {
				return []ID{none, none}
			}
			w, v := y[0], y[1]
			m := b.MatMul(b.MatMul(b.adjoint(v), b.hermitian(t[0])), v)
			dw := b.diagonal(m)
			if b.Type(m).complex() {
				dw = b.Real(dw)
			}
			return []ID{dw, b.MatMul(v, b.mulz(m, b.gaps(w, b.Type(m))))}
		},
		eval: evalEigh,
	}
	table[OpQr] = &def{arity: 1, dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			if t[0].Rank() < 2 {
				return t[0], shapeErr("qr: expected matrices [..., m, n], got %v", t[0])
			}
			return qrTypes(t, nil)[0], nil
		},
		results: qrTypes,
		jvps: func(b *Builder, _ *Node, x, y, t []ID) []ID {
			if t[0] == none {
				return []ID{none, none}
			}
			if s := b.Type(x[0]).Shape; s[len(s)-2] < s[len(s)-1] {
				throw(shapeErr("qr of %v has no derivative: it needs at least as many rows as columns", b.Type(x[0])))
			}
			q, r := y[0], y[1]
			// t R^-1 by a triangular solve with R^T from the left
			s := b.swapLast(b.emit(OpTriangularSolve, &Attrs{Trans: true}, r, b.swapLast(t[0])))
			c := b.MatMul(b.adjoint(q), s)
			low := b.triangle(c, true, -1)
			turn := b.Sub(low, b.adjoint(low))
			if b.Type(c).complex() {
				e := b.eye(array.Bool, b.lead(c), b.Type(c).Shape[b.Type(c).Rank()-1], b.Type(c).Shape[b.Type(c).Rank()-1])
				im := b.Imag(c)
				turn = b.Add(turn, b.Select(e, b.Complex(b.like(im, 0), im), b.like(c, 0)))
			}
			return []ID{b.Add(b.MatMul(q, b.Sub(turn, c)), s), b.MatMul(b.Sub(c, turn), r)}
		},
		eval: evalQr,
	}
	table[OpSvd] = &def{arity: 1, dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			if t[0].Rank() < 2 {
				return t[0], shapeErr("svd: expected matrices [..., m, n], got %v", t[0])
			}
			return qrTypes(t, nil)[0], nil
		},
		results: func(t []Type, _ *Attrs) []Type {
			q := qrTypes(t, nil)
			return []Type{q[0], values(t[0]), q[1]}
		},
		jvps: jvpSvd,
		eval: evalSvd,
	}
}

// qrTypes are those of q [..., m, k] and r [..., k, n], k = min(m, n).
func qrTypes(t []Type, _ *Attrs) []Type {
	r := t[0].Rank()
	lead, m, n := t[0].Shape[:r-2], t[0].Shape[r-2], t[0].Shape[r-1]
	k := min(m, n)
	return []Type{{t[0].Dtype, cat(lead, []int{m, k})}, {t[0].Dtype, cat(lead, []int{k, n})}}
}

func (b *Builder) lead(x ID) []int {
	s := b.Type(x).Shape
	return s[:len(s)-2]
}

// gaps is 1 / (w_j - w_i) at row i, column j, and 0 on the diagonal, in the type t of the matrix.
func (b *Builder) gaps(w ID, t Type) ID {
	r := t.Rank()
	lead := span(0, r-2)
	col := b.Broadcast(w, t.Shape, cat(lead, []int{r - 1}))
	row := b.Broadcast(w, t.Shape, cat(lead, []int{r - 2}))
	return b.offDiagonalInverse(b.Sub(col, row), t)
}

func (b *Builder) offDiagonalInverse(d ID, t Type) ID {
	r := t.Rank()
	e := b.eye(array.Bool, t.Shape[:r-2], t.Shape[r-2], t.Shape[r-1])
	d = b.Select(e, b.like(d, 1), d)
	return b.Convert(b.Select(e, b.like(d, 0), b.Div(b.like(d, 1), d)), t.Dtype)
}

// jvpSvd: with D = U^H dA V, ds = Re diag D, dU = U (F o (D S + S D^H) + i Im diag(D)/s), dV = V (F o (S D + D^H S)),
// F_ij = 1/(s_j^2 - s_i^2), plus the parts outside the ranges (J. Townsend, "Differentiating the singular value decomposition", 2016).
func jvpSvd(b *Builder, _ *Node, x, y, t []ID) []ID {
	if t[0] == none {
		return []ID{none, none, none}
	}
	a := b.Type(x[0])
	r := a.Rank()
	m, n := a.Shape[r-2], a.Shape[r-1]
	u, s, vh := y[0], y[1], y[2]
	v := b.adjoint(vh)
	d := b.MatMul(b.MatMul(b.adjoint(u), t[0]), v)
	dt := b.Type(d)
	lead := span(0, r-2)
	col := b.Broadcast(s, dt.Shape, cat(lead, []int{r - 1}))
	row := b.Broadcast(s, dt.Shape, cat(lead, []int{r - 2}))
	f := b.offDiagonalInverse(b.Mul(b.Add(col, row), b.Sub(col, row)), dt)
	colc, rowc := b.Convert(col, dt.Dtype), b.Convert(row, dt.Dtype)
	ds := b.diagonal(d)
	ds0, sd := b.Mul(d, colc), b.Mul(d, rowc)
	du := b.mulz(b.Add(ds0, b.adjoint(ds0)), f)
	dv := b.mulz(b.Add(sd, b.adjoint(sd)), f)
	if dt.complex() {
		ds = b.Real(ds)
		e := b.eye(array.Bool, b.lead(d), dt.Shape[r-2], dt.Shape[r-1])
		im := b.Imag(d)
		phase := b.Select(e, b.Complex(b.like(im, 0), im), b.like(d, 0))
		du = b.Add(du, b.mulz(phase, b.Div(b.like(colc, 1), colc)))
	}
	du, dv = b.MatMul(u, du), b.MatMul(v, dv)
	outside := func(z, q ID) ID { // (z - q q^H z) / s
		z = b.Sub(z, b.MatMul(q, b.MatMul(b.adjoint(q), z)))
		zt := b.Type(z)
		sc := b.Convert(b.Broadcast(s, zt.Shape, cat(lead, []int{r - 1})), zt.Dtype)
		return b.mulz(z, b.Div(b.like(sc, 1), sc))
	}
	if m > n {
		du = b.Add(du, outside(b.MatMul(t[0], v), u))
	}
	if n > m {
		dv = b.Add(dv, outside(b.MatMul(b.adjoint(t[0]), u), v))
	}
	return []ID{du, ds, b.adjoint(dv)}
}
