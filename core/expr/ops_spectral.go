package expr

import (
	"github.com/ergodica/ergodica/core/array"
)

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
		eval: func(x []*val, _ *Node, out []*val) error {
			for k, m := range matsOf(x[0]) {
				w, v := jacobi(m)
				for i, e := range w {
					out[0].set(k*m.n+i, complex(e, 0))
				}
				v.store(out[1], k)
			}
			return nil
		},
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
		eval: perMatrix(func(x, out []mat, _ *Attrs) { householder(x[0], out[0], out[1]) }),
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
		eval: func(x []*val, _ *Node, out []*val) error {
			for k, m := range matsOf(x[0]) {
				u, s, vh := jacobiSvd(m)
				u.store(out[0], k)
				for i, e := range s {
					out[1].set(k*len(s)+i, complex(e, 0))
				}
				vh.store(out[2], k)
			}
			return nil
		},
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
