package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/linalg"
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
	table[OpAssignment] = &def{arity: 1, dtypes: floats, vmap: batchNative,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			r := t[0].Rank()
			if r < 2 || t[0].Shape[r-2] > t[0].Shape[r-1] {
				return t[0], shapeErr("assignment: expected costs [..., n, m] with m >= n, got %v", t[0])
			}
			return Type{array.Int64, t[0].Shape[:r-1]}, nil
		},
		eval: func(x []*val, _ *Node, out []*val) error {
			s := x[0].Shape[x[0].Rank()-2:]
			linalg.Assign(count(x[0].Shape[:x[0].Rank()-2]), s[0], s[1], out[0].i, x[0].f, nil, nil)
			return nil
		},
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
	permutation := func(t Type) Type { return Type{array.Int64, t.Shape[:max(t.Rank()-1, 0)]} }
	table[OpLu] = &def{arity: 1, dtypes: inexact, infer: inferSquare, vmap: batchNative,
		results: func(t []Type, _ *Attrs) []Type { return []Type{t[0], permutation(t[0])} },
		// With m = L^-1 P da U^-1: dL = L low(m), dU = up(m) U.
		jvps: func(b *Builder, _ *Node, _, y, t []ID) []ID {
			if t[0] == none {
				return []ID{none, none}
			}
			lu := y[0]
			m := b.emit(OpTriangularSolve, &Attrs{Lower: true, Unit: true}, lu, b.permuteRows(t[0], y[1]))
			m = b.swapLast(b.emit(OpTriangularSolve, &Attrs{Trans: true}, lu, b.swapLast(m)))
			low, up := b.triangle(m, true, -1), b.triangle(m, false, 0)
			return []ID{b.Add(b.MatMul(b.unitLower(lu), low), b.MatMul(up, b.triangle(lu, false, 0))), none}
		},
		eval: evalLu,
	}
	table[OpLuSolve] = &def{arity: 3, attrs: "trans", dtypes: inexact, vmap: batchColumns,
		infer: func(t []Type, a *Attrs) (Type, error) {
			u, err := inferSolve(t, a)
			if err == nil && !t[1].Equal(permutation(t[0])) {
				err = shapeErr("lu_solve: expected the permutation %v, got %v", permutation(t[0]), t[1])
			}
			return u, err
		},
		// P^T L U x = b, or U^T L^T P x = b: the factors' change moves to the right-hand side.
		jvp: func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
			rhs := t[2]
			if t[0] != none {
				low, up := b.unitLower(x[0]), b.triangle(x[0], false, 0)
				dlow, dup := b.triangle(t[0], true, -1), b.triangle(t[0], false, 0)
				back := b.Along(OpArgsort, x[1], b.Type(x[1]).Rank()-1)
				var d ID
				if n.attrs().Trans {
					z := b.permuteRows(y, x[1])
					d = b.Add(b.MatMul(b.swapLast(dup), b.MatMul(b.swapLast(low), z)), b.MatMul(b.swapLast(up), b.MatMul(b.swapLast(dlow), z)))
				} else {
					d = b.permuteRows(b.Add(b.MatMul(dlow, b.MatMul(up, y)), b.MatMul(low, b.MatMul(dup, y))), back)
				}
				if rhs == none {
					rhs = b.Neg(d)
				} else {
					rhs = b.Sub(rhs, d)
				}
			}
			if rhs == none {
				return none
			}
			return b.emit(n.Op, n.Attrs, x[0], x[1], rhs)
		},
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			return []ID{none, none, b.emit(n.Op, &Attrs{Trans: !n.attrs().Trans}, n.Args[0], n.Args[1], ct)}
		},
		eval: evalLuSolve,
	}
	table[OpQr] = &def{arity: 1, attrs: "mode", dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if err := matrices("qr", t[0]); err != nil {
				return t[0], err
			}
			return qrTypes(t, a)[0], fullMode("qr", a)
		},
		results: qrTypes,
		jvps:    jvpQr,
		eval:    evalQr,
	}
	// da^+ = -a^+ da a^+ + a^+ a^+H da^H (1 - a a^+) + (1 - a^+ a) da^H a^+H a^+ where the rank stays (G. H. Golub and V. Pereyra, SIAM J. Numer. Anal.
	// 10, 413 (1973)).
	table[OpPinv] = &def{arity: 2, dtypes: inexact, vmap: batchNative, eval: evalComposite,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			if err := matrices("pinv", t[0]); err != nil {
				return t[0], err
			}
			r := t[0].Rank()
			lead, m, n := t[0].Shape[:r-2], t[0].Shape[r-2], t[0].Shape[r-1]
			if cut := (Type{realOf(t[0].Dtype), lead}); !t[1].Equal(cut) {
				return t[0], shapeErr("pinv: expected relative cut-offs of type %v, got %v", cut, t[1])
			}
			return Type{t[0].Dtype, cat(lead, []int{n, m})}, nil
		},
		jvp: func(b *Builder, _ *Node, x []ID, y ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			s := b.Type(x[0]).Shape
			r := len(s)
			m, n := s[r-2], s[r-1]
			yh, th := b.adjoint(y), b.adjoint(t[0])
			d := b.Neg(b.MatMul(b.MatMul(y, t[0]), y))
			left := b.Sub(b.eye(b.Type(y).Dtype, s[:r-2], m, m), b.MatMul(x[0], y))
			right := b.Sub(b.eye(b.Type(y).Dtype, s[:r-2], n, n), b.MatMul(y, x[0]))
			d = b.Add(d, b.MatMul(b.MatMul(b.MatMul(y, yh), th), left))
			return b.Add(d, b.MatMul(right, b.MatMul(th, b.MatMul(yh, y))))
		},
	}
}

func qrTypes(t []Type, a *Attrs) []Type {
	r := t[0].Rank()
	lead, m, n := t[0].Shape[:r-2], t[0].Shape[r-2], t[0].Shape[r-1]
	k := min(m, n)
	if a != nil && a.Mode == "full" {
		k = m
	}
	return []Type{{t[0].Dtype, cat(lead, []int{m, k})}, {t[0].Dtype, cat(lead, []int{k, n})}}
}

// jvpQr, of the first min(m, n) columns a1 = q r1: with c = q^H da1 r1^-1, q^H dq = low(c) - low(c)^H (and i Im of the diagonal, which keeps r's real).
// The columns after them are q^H a.
func jvpQr(b *Builder, n *Node, x, y, t []ID) []ID {
	if t[0] == none {
		return []ID{none, none}
	}
	q, r, da := y[0], y[1], t[0]
	s := b.Type(x[0]).Shape
	last := len(s) - 1
	rows, cols := s[last-1], s[last]
	if n.attrs().Mode == "full" && rows > cols {
		throw(shapeErr("qr of %v with mode=\"complete\" has no derivative: the last columns of q are any basis", b.Type(x[0])).Try("mode=\"reduced\""))
	}
	k := min(rows, cols)
	r1, da1 := b.SliceAxis(r, last, 0, k), b.SliceAxis(da, last, 0, k)
	// da1 r1^-1 by a triangular solve with r1^T from the left
	e := b.swapLast(b.emit(OpTriangularSolve, &Attrs{Trans: true}, r1, b.swapLast(da1)))
	c := b.MatMul(b.adjoint(q), e)
	low := b.triangle(c, true, -1)
	turn := b.Sub(low, b.adjoint(low))
	if b.Type(c).complex() {
		on := b.eye(array.Bool, b.lead(c), k, k)
		im := b.Imag(c)
		turn = b.Add(turn, b.Select(on, b.Complex(b.like(im, 0), im), b.like(c, 0)))
	}
	dq := b.Add(b.MatMul(q, b.Sub(turn, c)), e)
	dr := b.MatMul(b.Sub(c, turn), r1)
	if cols > k {
		a2, da2 := b.SliceAxis(x[0], last, k, cols), b.SliceAxis(da, last, k, cols)
		dr2 := b.Add(b.MatMul(b.adjoint(dq), a2), b.MatMul(b.adjoint(q), da2))
		dr = b.emit(OpConcatenate, &Attrs{Axis: last}, dr, dr2)
	}
	return []ID{dq, dr}
}

func (b *Builder) lead(x ID) []int {
	s := b.Type(x).Shape
	return s[:len(s)-2]
}

// unitLower is L of packed factors.
func (b *Builder) unitLower(lu ID) ID {
	t := b.Type(lu)
	r := t.Rank()
	return b.Add(b.triangle(lu, true, -1), b.eye(t.Dtype, t.Shape[:r-2], t.Shape[r-2], t.Shape[r-1]))
}

// permuteRows puts row perm[i] of x at i.
func (b *Builder) permuteRows(x, perm ID) ID {
	s := b.Type(x).Shape
	return b.takeAlong(x, b.Broadcast(perm, s, span(0, len(s)-1)), len(s)-2)
}

// composePinv is v diag(1/s) u^H, with 0 for s not above cut max s.
func (b *Builder) composePinv(x, cut ID) ID {
	u := b.emit(OpSvd, nil, x)
	s, vh := b.Result(u, 1), b.Result(u, 2)
	t := b.Type(s)
	r := t.Rank()
	if t.Len() == 0 {
		at := b.Type(x).Shape
		return b.zeros(Type{b.Type(x).Dtype, cat(at[:r-1], []int{at[r], at[r-1]})})
	}
	limit := b.Mul(b.Reduce(OpReduceMax, s, r-1), cut)
	big := b.emit(OpGreater, nil, s, b.spread(limit, t.Shape, []int{r - 1}))
	nan := b.emit(OpNotEqual, nil, s, s) // of a matrix without singular values
	inverse := b.Select(big, b.Div(b.like(s, 1), b.Select(big, s, b.like(s, 1))), b.Select(nan, s, b.like(s, 0)))
	return b.MatMul(b.scaleColumns(b.adjoint(vh), inverse), b.adjoint(u))
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

// mul is a product that no compiler fuses with a sum.
func mul(x, y complex128) complex128 { return special.Cmul(x, y) }

// stackOf is a batch of matrices: how many, rows, columns.
func stackOf(x *val) (n, rows, cols int) {
	r := x.Rank()
	return count(x.Shape[:r-2]), x.Shape[r-2], x.Shape[r-1]
}

// roundAll stores the results of core/linalg, which are in double precision, in their dtypes.
func roundAll(out []*val) error {
	for _, v := range out {
		for k, x := range v.f {
			v.f[k] = v.round(x)
		}
		for k, x := range v.c {
			v.c[k] = v.roundc(x)
		}
	}
	return nil
}

func evalCholesky(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.Cholesky(k, n, out[0].c, x[0].c, nil)
	} else {
		linalg.Cholesky(k, n, out[0].f, x[0].f, nil)
	}
	return roundAll(out)
}

func evalSlogdet(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.LogDet(k, n, out[0].f, out[1].c, x[0].c, nil)
	} else {
		linalg.LogDet(k, n, out[0].f, out[1].f, x[0].f, nil)
	}
	return roundAll(out)
}

func evalTriangularSolve(x []*val, node *Node, out []*val) error {
	k, n, m := stackOf(x[1])
	a := node.attrs()
	if x[0].c != nil {
		linalg.TriangularSolve(k, n, m, out[0].c, x[0].c, x[1].c, a.Lower, a.Trans, a.Unit, nil)
	} else {
		linalg.TriangularSolve(k, n, m, out[0].f, x[0].f, x[1].f, a.Lower, a.Trans, a.Unit, nil)
	}
	return roundAll(out)
}

func evalSolve(x []*val, node *Node, out []*val) error {
	k, n, m := stackOf(x[1])
	trans := node.attrs().Trans
	if x[0].c != nil {
		linalg.Solve(k, n, m, out[0].c, x[0].c, x[1].c, trans, nil)
	} else {
		linalg.Solve(k, n, m, out[0].f, x[0].f, x[1].f, trans, nil)
	}
	return roundAll(out)
}

func evalInv(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.Inverse(k, n, out[0].c, x[0].c, nil)
	} else {
		linalg.Inverse(k, n, out[0].f, x[0].f, nil)
	}
	return roundAll(out)
}

func evalLu(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.LU(k, n, out[0].c, out[1].i, x[0].c, nil)
	} else {
		linalg.LU(k, n, out[0].f, out[1].i, x[0].f, nil)
	}
	return roundAll(out)
}

func evalLuSolve(x []*val, node *Node, out []*val) error {
	k, n, m := stackOf(x[2])
	trans := node.attrs().Trans
	if x[0].c != nil {
		linalg.LUSolve(k, n, m, out[0].c, x[0].c, x[1].i, x[2].c, trans, nil)
	} else {
		linalg.LUSolve(k, n, m, out[0].f, x[0].f, x[1].i, x[2].f, trans, nil)
	}
	return roundAll(out)
}

func evalEigh(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.Eigh(k, n, out[0].f, out[1].c, x[0].c, nil)
	} else {
		linalg.Eigh(k, n, out[0].f, out[1].f, x[0].f, nil)
	}
	return roundAll(out)
}

func evalQr(x []*val, node *Node, out []*val) error {
	k, m, n := stackOf(x[0])
	if x[0].c != nil {
		linalg.QR(k, m, n, out[0].c, out[1].c, x[0].c, node.attrs().Mode == "full", nil)
	} else {
		linalg.QR(k, m, n, out[0].f, out[1].f, x[0].f, node.attrs().Mode == "full", nil)
	}
	return roundAll(out)
}

func evalSvd(x []*val, node *Node, out []*val) error {
	k, m, n := stackOf(x[0])
	if x[0].c != nil {
		linalg.SVD(k, m, n, out[0].c, out[1].f, out[2].c, x[0].c, node.attrs().Mode == "full", nil)
	} else {
		linalg.SVD(k, m, n, out[0].f, out[1].f, out[2].f, x[0].f, node.attrs().Mode == "full", nil)
	}
	return roundAll(out)
}
