package expr

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
)

// # Derivatives of eigenvalues and singular values
//
// Eigenvectors are defined up to a phase; their derivative is the one that leaves the phase alone, v_i^H dv_i = 0. It holds
// F_ij = 1 / (w_j - w_i), so within a degenerate block it does not exist: entries with |w_i - w_j| <= 4 n eps max|w|, which is what the values are
// known to, are NaN, and what they multiply is NaN unless it is exactly 0.
//
// Of the values alone, and of functions of them that do not change when equal ones are exchanged, derivatives exist. The first, dw = Re diag(v^H da v),
// is spectral_diagonal, whose transpose spectral(a, w, v, g) = v diag(g) v^H is the gradient. There the second derivative is taken: with
// M = v^H da v (A. S. Lewis and H. S. Sendov, SIAM J. Matrix Anal. Appl. 23, 368 (2001))
//
//	d spectral = v (D o M + diag(dg)) v^H,   D_ij = (g_i - g_j) / (w_i - w_j),  or its limit  c = H_ii - H_ij  where w_i = w_j,
//
// with H = dg/dw the Hessian of the function. By its symmetry one product tells all c: H z = c z within every block, for z whose sum over each block
// is 0 (z = 1 - m at the first of m members, 1 at the others). The rule takes it by applying derivatives once more from w to g. D is the limit
// where |w_i - w_j| <= sqrt(eps) max|w| and g_i - g_j agrees with c (w_i - w_j) to 1e-3; where it does not, the function is not symmetric, and D is
// the quotient down to the distance above, NaN within. The quotient loses eps max|g| / |w_i - w_j|, 1e-8 at worst, the limit no more.
//
// Singular values likewise: singular(a, u, s, vh, g) = u diag(g) vh, M = u^H da v = S + K, Hermitian and anti-Hermitian,
//
//	d singular = u (D o S + E o K + diag(dg)) vh + (1 - u u^H) da v diag(E) vh + u diag(E) u^H da (1 - v v^H),   E_ij = (g_i + g_j) / (s_i + s_j),
//
// where E at s_i = s_j = 0 is c for functions that are even in s, and NaN for others (the nuclear norm of a matrix without full rank).
//
// This is so in forward over reverse mode (hessian, hvp) and reverse over reverse. Forward over forward meets F, and is NaN in degenerate blocks.

// spectrumOf are the types of the values: min(m, n) real numbers a matrix.
func spectrumOf(t Type) Type {
	r := t.Rank()
	return Type{realOf(t.Dtype), cat(t.Shape[:max(r-2, 0)], []int{min(t.Shape[r-1], t.Shape[r-2])})}
}

func matrices(what string, t Type) error {
	if t.Rank() < 2 {
		return shapeErr("%s: expected matrices [..., m, n], got %v", what, t)
	}
	return nil
}

func init() {
	table[OpEigh] = &def{arity: 1, dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			if err := square(t[0]); err != nil {
				return t[0], err
			}
			return spectrumOf(t[0]), nil
		},
		results: func(t []Type, _ *Attrs) []Type { return []Type{spectrumOf(t[0]), t[0]} },
		jvps: func(b *Builder, _ *Node, x, y, t []ID) []ID {
			if t[0] == none {
				return []ID{none, none}
			}
			w, v := y[0], y[1]
			m := b.inBasis(v, t[0])
			return []ID{b.emit(OpSpectralDiagonal, nil, x[0], w, v, t[0]), b.MatMul(v, b.mulz(m, b.gaps(w, b.Type(m))))}
		},
		eval: evalEigh,
	}
	table[OpEig] = &def{arity: 1, dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			return complexSpectrum(t[0]), square(t[0])
		},
		results: func(t []Type, _ *Attrs) []Type {
			return []Type{complexSpectrum(t[0]), t[0].with(complexOf(t[0].Dtype))}
		},
		jvps: jvpEig,
		eval: evalEig,
	}
	table[OpSvd] = &def{arity: 1, attrs: "mode", dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if err := matrices("svd", t[0]); err != nil {
				return t[0], err
			}
			return factorTypes(t[0], a)[0], fullMode("svd", a)
		},
		results: func(t []Type, a *Attrs) []Type {
			q := factorTypes(t[0], a)
			return []Type{q[0], spectrumOf(t[0]), q[1]}
		},
		jvps: jvpSvd,
		eval: evalSvd,
	}
	defineSpectra()
}

func complexSpectrum(t Type) Type {
	t.Dtype = complexOf(t.Dtype)
	t.Shape = t.Shape[:max(t.Rank()-1, 0)]
	return t
}

// fullMode checks the mode of svd and qr: square u, vh and q in place of min(m, n) columns.
func fullMode(what string, a *Attrs) error {
	if a != nil && a.Mode != "" && a.Mode != "full" {
		return shapeErr("%s: expected mode \"full\" or none, got %q", what, a.Mode)
	}
	return nil
}

// factorTypes are those of the left and the right factor: [..., m, k] and [..., k, n], k = min(m, n), or [..., m, m] and [..., n, n].
func factorTypes(t Type, a *Attrs) []Type {
	r := t.Rank()
	lead, m, n := t.Shape[:r-2], t.Shape[r-2], t.Shape[r-1]
	left, right := min(m, n), min(m, n)
	if a != nil && a.Mode == "full" {
		left, right = m, n
	}
	return []Type{{t.Dtype, cat(lead, []int{m, left})}, {t.Dtype, cat(lead, []int{right, n})}}
}

// defineSpectra: the first derivatives of values and their transposes, see above.
func defineSpectra() {
	spectral := func(t []Type) []Type { return []Type{t[0], spectrumOf(t[0]), t[0]} }
	singular := func(t []Type) []Type {
		q := factorTypes(t[0], nil)
		return []Type{t[0], q[0], spectrumOf(t[0]), q[1]}
	}
	// a, its factors, and what changes: a matrix for the diagonal, numbers for the matrix
	check := func(factors func(t []Type) []Type, numbers bool) func(t []Type, _ *Attrs) (Type, error) {
		return func(t []Type, _ *Attrs) (Type, error) {
			if err := matrices("spectrum", t[0]); err != nil {
				return t[0], err
			}
			last, out := t[0], spectrumOf(t[0])
			if numbers {
				last, out = out, last
			}
			return out, sameTypes("spectrum", append(factors(t), last), t)
		}
	}
	table[OpSpectralDiagonal] = &def{arity: 4, dtypes: inexact, vmap: batchNative, eval: evalComposite,
		infer: check(spectral, false),
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			out := none
			if t[3] != none {
				out = b.emit(n.Op, nil, x[0], x[1], x[2], t[3])
			}
			if t[2] != none {
				out = b.addTo(out, b.Scale(b.realDiagonal(b.adjoint(t[2]), b.MatMul(b.hermitian(x[3]), x[2])), 2))
			}
			return out
		},
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			a := n.Args
			return []ID{none, none, none, b.emit(OpSpectral, nil, b.conj(a[0]), a[1], b.conj(a[2]), ct)}
		},
	}
	table[OpSpectral] = &def{arity: 4, dtypes: inexact, vmap: batchNative, eval: evalComposite, within: jvpSpectral,
		infer: check(spectral, true),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			a := n.Args
			return []ID{none, none, none, b.emit(OpSpectralDiagonal, nil, b.conj(a[0]), a[1], b.conj(a[2]), ct)}
		},
	}
	table[OpSingularDiagonal] = &def{arity: 5, dtypes: inexact, vmap: batchNative, eval: evalComposite,
		infer: check(singular, false),
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			out := none
			if t[4] != none {
				out = b.emit(n.Op, nil, x[0], x[1], x[2], x[3], t[4])
			}
			if t[1] != none {
				out = b.addTo(out, b.realDiagonal(b.adjoint(t[1]), b.MatMul(x[4], b.adjoint(x[3]))))
			}
			if t[3] != none {
				out = b.addTo(out, b.realDiagonal(b.adjoint(x[1]), b.MatMul(x[4], b.adjoint(t[3]))))
			}
			return out
		},
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			a := n.Args
			return []ID{none, none, none, none, b.emit(OpSingular, nil, b.conj(a[0]), b.conj(a[1]), a[2], b.conj(a[3]), ct)}
		},
	}
	table[OpSingular] = &def{arity: 5, dtypes: inexact, vmap: batchNative, eval: evalComposite, within: jvpSingular,
		infer: check(singular, true),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			a := n.Args
			return []ID{none, none, none, none, b.emit(OpSingularDiagonal, nil, b.conj(a[0]), b.conj(a[1]), a[2], b.conj(a[3]), ct)}
		},
	}
}

// compose writes what has no kernel as products, for execution; none for other operations.
func (b *Builder) compose(n *Node, x []ID) ID {
	switch n.Op {
	case OpSpectralDiagonal:
		return b.realDiagonal(b.adjoint(x[2]), b.MatMul(x[3], x[2]))
	case OpSpectral:
		return b.MatMul(b.scaleColumns(x[2], x[3]), b.adjoint(x[2]))
	case OpSingularDiagonal:
		return b.realDiagonal(b.adjoint(x[1]), b.MatMul(x[4], b.adjoint(x[3])))
	case OpSingular:
		return b.MatMul(b.scaleColumns(x[1], x[4]), x[3])
	case OpPinv:
		return b.composePinv(x[0], x[1])
	}
	return none
}

func evalComposite(x []*val, n *Node, out []*val) error {
	b := NewBuilder()
	ids := make([]ID, len(x))
	for i, v := range x {
		ids[i] = b.Input(v.Type)
	}
	y, err := run(b.Finish(b.compose(n, ids)), x)
	if err == nil {
		*out[0] = *y[0]
	}
	return err
}

// conj is the complex conjugate, x itself where it is real.
func (b *Builder) conj(x ID) ID {
	if b.Type(x).complex() {
		return b.Conj(x)
	}
	return x
}

// inBasis is v^H h v for the Hermitian part h of a.
func (b *Builder) inBasis(v, a ID) ID {
	return b.MatMul(b.MatMul(b.adjoint(v), b.hermitian(a)), v)
}

// realDiagonal is Re diag(x y), x [..., k, m], y [..., m, k].
func (b *Builder) realDiagonal(x, y ID) ID {
	p := b.Mul(x, b.swapLast(y))
	if b.Type(p).complex() {
		p = b.Real(p)
	}
	return b.Sum(p, b.Type(p).Rank()-1)
}

// scaleColumns is x diag(g) for real g.
func (b *Builder) scaleColumns(x, g ID) ID {
	t := b.Type(x)
	r := t.Rank()
	return b.Mul(x, b.Convert(b.Broadcast(g, t.Shape, cat(span(0, r-2), []int{r - 1})), t.Dtype))
}

// columnsAndRows are g_j and g_i at row i, column j of [..., n, n].
func (b *Builder) columnsAndRows(g ID) (col, row ID) {
	s := b.Type(g).Shape
	r := len(s)
	shape := cat(s, []int{s[r-1]})
	return b.Broadcast(g, shape, cat(span(0, r-1), []int{r})), b.Broadcast(g, shape, span(0, r))
}

// scaleOf is max |w| of each matrix, spread over the shape of w, times c.
func (b *Builder) scaleOf(w ID, c float64) ID {
	t := b.Type(w)
	r := t.Rank()
	return b.Scale(b.spread(b.Reduce(OpReduceMax, b.Abs(w), r-1), t.Shape, []int{r - 1}), c)
}

func epsOf(d Dtype) float64 {
	if d == array.Float32 || d == array.Complex64 {
		return 0x1p-23
	}
	return 0x1p-52
}

// known is the distance to which values of size up to max|w| of n x n matrices are known, and the one within which limits stand for quotients.
func (b *Builder) distances(w ID, n int) (known, near ID) {
	eps := epsOf(b.Type(w).Dtype)
	return b.scaleOf(w, 4*float64(n)*eps), b.scaleOf(w, math.Sqrt(eps))
}

func (b *Builder) lessEqual(x, y ID) ID { return b.emit(OpLessEqual, nil, x, y) }
func (b *Builder) both(x, y ID) ID      { return b.emit(OpAnd, nil, x, y) }

// gaps is 1 / (w_j - w_i) at row i, column j, NaN where the difference is not known, and 0 on the diagonal, in the type t of the matrix.
func (b *Builder) gaps(w ID, t Type) ID {
	col, row := b.columnsAndRows(w)
	if t.Len() == 0 {
		return b.zeros(t)
	}
	tol, _ := b.distances(w, t.Shape[t.Rank()-1])
	_, tol = b.columnsAndRows(tol)
	return b.offDiagonalInverse(b.Sub(col, row), tol, t)
}

func (b *Builder) offDiagonalInverse(d, tol ID, t Type) ID {
	r := t.Rank()
	e := b.eye(array.Bool, t.Shape[:r-2], t.Shape[r-2], t.Shape[r-1])
	small := b.lessEqual(b.Abs(d), tol)
	f := b.Select(small, b.like(d, math.NaN()), b.Div(b.like(d, 1), b.Select(small, b.like(d, 1), d)))
	return b.Convert(b.Select(e, b.like(d, 0), f), t.Dtype)
}

// blocks are, for values in order, a vector whose sum over each block of equal ones is 0, 0 where a value stands alone, and the limits of
// quotients that follow from its image.
func (b *Builder) blocks(w, near ID) (z ID) {
	t := b.Type(w)
	axis := t.Rank() - 1
	n := t.Shape[axis]
	step := b.Sub(b.SliceAxis(w, axis, 1, n), b.SliceAxis(w, axis, 0, n-1))
	linked := b.Convert(b.lessEqual(b.Abs(step), b.SliceAxis(near, axis, 1, n)), t.Dtype)
	next, before := b.PadAxis(linked, axis, 0, 1), b.PadAxis(linked, axis, 1, 0)
	after := b.emit(OpLinearRecurrence, &Attrs{Axis: axis, Reverse: true}, next, next)
	return b.Select(b.Equal(before, b.like(before, 0)), b.Neg(after), before)
}

// limits is c from H z: the mean of (H z)_i / z_i of both members, 0 where z is 0.
func (b *Builder) limits(z, hz ID) ID {
	zero := b.Equal(z, b.like(z, 0))
	c := b.Select(zero, b.like(z, 0), b.Div(hz, b.Select(zero, b.like(z, 1), z)))
	col, row := b.columnsAndRows(c)
	return b.Scale(b.Add(col, row), 0.5)
}

// quotients is num / den where den is not small, c where num agrees with c den, and NaN where it does not and den is not known.
func (b *Builder) quotients(num, den, c, largest, known, near ID) ID {
	slope := b.Mul(c, den)
	agrees := b.lessEqual(b.Abs(b.Sub(num, slope)), b.Add(b.Scale(b.Abs(slope), 1e-3), b.Scale(largest, 256*epsOf(b.Type(c).Dtype))))
	size := b.Abs(den)
	small := b.lessEqual(size, known)
	q := b.Select(small, b.like(c, math.NaN()), b.Div(num, b.Select(small, b.like(c, 1), den)))
	return b.Select(b.both(b.lessEqual(size, near), agrees), c, q)
}

// largestOf is max |g| over the last axis, at all [..., n, n].
func (b *Builder) largestOf(g ID) ID {
	_, row := b.columnsAndRows(b.scaleOf(g, 1))
	return row
}

func offDiagonal(b *Builder, m ID) ID {
	t := b.Type(m)
	r := t.Rank()
	return b.Select(b.eye(array.Bool, t.Shape[:r-2], t.Shape[r-2], t.Shape[r-1]), b.like(m, 0), m)
}

func jvpSpectral(b *Builder, p pushed, x, t []ID) ID {
	w, v, g := x[1], x[2], x[3]
	out := none
	if t[3] != none {
		out = b.emit(OpSpectral, nil, x[0], w, v, t[3])
	}
	n := b.Type(x[0]).Shape[b.Type(x[0]).Rank()-1]
	if t[0] == none || n < 2 || b.Type(x[0]).Len() == 0 {
		return out
	}
	known, near := b.distances(w, n)
	z := b.blocks(w, near)
	hz := b.instantiate(b.push(p, 1, z, 3), b.Type(g))
	_, known = b.columnsAndRows(known)
	_, near = b.columnsAndRows(near)
	wj, wi := b.columnsAndRows(w)
	gj, gi := b.columnsAndRows(g)
	d := offDiagonal(b, b.quotients(b.Sub(gi, gj), b.Sub(wi, wj), b.limits(z, hz), b.largestOf(g), known, near))
	m := b.inBasis(v, t[0])
	m = b.mulz(m, b.Convert(d, b.Type(m).Dtype))
	return b.addTo(out, b.MatMul(b.MatMul(v, m), b.adjoint(v)))
}

func jvpSingular(b *Builder, p pushed, x, t []ID) ID {
	u, s, vh, g := x[1], x[2], x[3], x[4]
	out := none
	if t[4] != none {
		out = b.emit(OpSingular, nil, x[0], u, s, vh, t[4])
	}
	a := b.Type(x[0])
	if t[0] == none || a.Len() == 0 {
		return out
	}
	rows, cols := a.Shape[a.Rank()-2], a.Shape[a.Rank()-1]
	v := b.adjoint(vh)
	known, near := b.distances(s, max(rows, cols))
	z := b.like(s, 0)
	if min(rows, cols) > 1 {
		z = b.blocks(s, near)
	}
	z = b.Select(b.lessEqual(s, near), b.like(s, 1), z)
	hz := b.instantiate(b.push(p, 2, z, 4), b.Type(g))
	c := b.limits(z, hz)
	_, known = b.columnsAndRows(known)
	_, near = b.columnsAndRows(near)
	sj, si := b.columnsAndRows(s)
	gj, gi := b.columnsAndRows(g)
	largest := b.largestOf(g)
	d := offDiagonal(b, b.quotients(b.Sub(gi, gj), b.Sub(si, sj), c, largest, known, near))
	e := b.quotients(b.Add(gi, gj), b.Add(si, sj), c, largest, known, near)
	m := b.MatMul(b.MatMul(b.adjoint(u), t[0]), v)
	h := b.hermitian(m)
	dtype := a.Dtype
	inner := b.Add(b.mulz(h, b.Convert(d, dtype)), b.mulz(b.Sub(m, h), b.Convert(e, dtype)))
	out = b.addTo(out, b.MatMul(b.MatMul(u, inner), vh))
	e1 := b.Convert(b.diagonal(e), dtype)
	r := a.Rank()
	if rows > cols { // columns outside of u
		y := b.MatMul(t[0], v)
		y = b.Sub(y, b.MatMul(u, m))
		y = b.mulz(y, b.Broadcast(e1, b.Type(y).Shape, cat(span(0, r-2), []int{r - 1})))
		out = b.Add(out, b.MatMul(y, vh))
	}
	if cols > rows { // rows outside of vh
		y := b.MatMul(b.adjoint(u), t[0])
		y = b.Sub(y, b.MatMul(m, vh))
		y = b.mulz(y, b.Broadcast(e1, b.Type(y).Shape, span(0, r-1)))
		out = b.Add(out, b.MatMul(u, y))
	}
	return out
}

// jvpEig: with M = v^-1 da v, dw = diag M, dv = v (F o M) minus its part along v: eigenvectors keep their length and phase.
func jvpEig(b *Builder, _ *Node, _, y, t []ID) []ID {
	if t[0] == none {
		return []ID{none, none}
	}
	w, v := y[0], y[1]
	vt := b.Type(v)
	m := b.emit(OpSolve, nil, v, b.MatMul(b.Convert(t[0], vt.Dtype), v))
	if vt.Len() == 0 {
		return []ID{b.diagonal(m), b.zeros(vt)}
	}
	col, row := b.columnsAndRows(w)
	known, _ := b.distances(b.Abs(w), vt.Shape[vt.Rank()-1])
	_, known = b.columnsAndRows(known)
	d := b.Sub(col, row)
	small := b.lessEqual(b.Abs(d), known)
	f := b.Select(small, b.like(d, math.NaN()), b.Div(b.like(d, 1), b.Select(small, b.like(d, 1), d)))
	dv := b.MatMul(v, b.mulz(m, offDiagonal(b, f)))
	r := vt.Rank()
	along := b.Sum(b.Mul(b.Conj(v), dv), r-2)
	return []ID{b.diagonal(m), b.Sub(dv, b.Mul(v, b.Broadcast(along, vt.Shape, cat(span(0, r-2), []int{r - 1}))))}
}

// jvpSvd: with D = U^H dA V, ds = Re diag D, dU = U (F o (D S + S D^H) + i Im diag(D)/s), dV = V (F o (S D + D^H S)),
// F_ij = 1/(s_j^2 - s_i^2), plus the parts outside the ranges (J. Townsend, "Differentiating the singular value decomposition", 2016).
func jvpSvd(b *Builder, n *Node, x, y, t []ID) []ID {
	if t[0] == none {
		return []ID{none, none, none}
	}
	a := b.Type(x[0])
	r := a.Rank()
	rows, cols := a.Shape[r-2], a.Shape[r-1]
	u, s, vh := y[0], y[1], y[2]
	if full := n.attrs().Mode == "full"; full && rows != cols {
		throw(shapeErr("svd of %v with full matrices has no derivative: the vectors beyond min(m, n) are any basis", a).Try("full_matrices=False"))
	}
	if a.Len() == 0 {
		return []ID{b.zeros(b.Type(u)), b.zeros(b.Type(s)), b.zeros(b.Type(vh))}
	}
	ds := b.emit(OpSingularDiagonal, nil, x[0], u, s, vh, t[0])
	v := b.adjoint(vh)
	d := b.MatMul(b.MatMul(b.adjoint(u), t[0]), v)
	dt := b.Type(d)
	lead := span(0, r-2)
	col, row := b.columnsAndRows(s)
	known, _ := b.distances(s, max(rows, cols))
	_, tol := b.columnsAndRows(known)
	// 1 / (s_j - s_i) / (s_j + s_i), both known
	sum := b.Add(col, row)
	f := b.mulz(b.offDiagonalInverse(b.Sub(col, row), tol, dt), b.offDiagonalInverse(sum, tol, dt))
	colc, rowc := b.Convert(col, dt.Dtype), b.Convert(row, dt.Dtype)
	ds0, sd := b.Mul(d, colc), b.Mul(d, rowc)
	du := b.mulz(b.Add(ds0, b.adjoint(ds0)), f)
	dv := b.mulz(b.Add(sd, b.adjoint(sd)), f)
	small := b.lessEqual(s, known)
	inverse := b.Convert(b.Select(small, b.like(s, math.NaN()), b.Div(b.like(s, 1), b.Select(small, b.like(s, 1), s))), dt.Dtype)
	if dt.complex() {
		e := b.eye(array.Bool, b.lead(d), dt.Shape[r-2], dt.Shape[r-1])
		im := b.Imag(d)
		phase := b.Select(e, b.Complex(b.like(im, 0), im), b.like(d, 0))
		du = b.Add(du, b.mulz(phase, b.Broadcast(inverse, dt.Shape, cat(lead, []int{r - 1}))))
	}
	du, dv = b.MatMul(u, du), b.MatMul(v, dv)
	outside := func(z, q ID) ID { // (z - q q^H z) / s
		z = b.Sub(z, b.MatMul(q, b.MatMul(b.adjoint(q), z)))
		return b.mulz(z, b.Broadcast(inverse, b.Type(z).Shape, cat(lead, []int{r - 1})))
	}
	if rows > cols {
		du = b.Add(du, outside(b.MatMul(t[0], v), u))
	}
	if cols > rows {
		dv = b.Add(dv, outside(b.MatMul(b.adjoint(t[0]), u), v))
	}
	return []ID{du, ds, b.adjoint(dv)}
}
