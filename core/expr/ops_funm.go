package expr

import "github.com/ergodica/ergodica/core/linalg"

// Functions f of square matrices: exp, principal logarithm and square root. Their derivative
//
//	L(a, e) = d/dt f(a + t e) at t = 0  is the upper right block of  f [[a, e], [0, a]]
//
// (R. Mathias, SIAM J. Matrix Anal. Appl. 17, 610 (1996)), whatever the eigenvalues; it is funm_tangent, linear in e, with transpose L(a^T, .). Its own
// derivative in a is again a block, since L(a, e) changes with a as L([[a, e], [0, a]], [[da, 0], [0, da]]) says: so any order follows.

func init() {
	modes := map[string]linalg.Function{"exp": linalg.Exp, "log": linalg.Log, "sqrt": linalg.Root}
	known := func(a *Attrs) error {
		if _, ok := modes[a.Mode]; !ok {
			return shapeErr("funm: expected mode exp, log or sqrt, got %q", a.Mode)
		}
		return nil
	}
	table[OpFunm] = &def{arity: 1, attrs: "mode", dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if err := known(a); err != nil {
				return t[0], err
			}
			return t[0], square(t[0])
		},
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			return b.emit(OpFunmTangent, n.Attrs, x[0], t[0])
		},
		eval: func(x []*val, node *Node, out []*val) error {
			k, n, _ := stackOf(x[0])
			f := modes[node.Attrs.Mode]
			if x[0].c != nil {
				linalg.MatrixFunction(f, k, n, out[0].c, x[0].c, nil, nil)
			} else {
				linalg.MatrixFunction(f, k, n, out[0].f, x[0].f, nil, nil)
			}
			return roundAll(out)
		},
	}
	table[OpFunmTangent] = &def{arity: 2, attrs: "mode", dtypes: inexact, vmap: batchNative,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if err := known(a); err != nil {
				return t[0], err
			}
			if err := square(t[0]); err != nil {
				return t[0], err
			}
			return t[0], sameTypes("funm_tangent", []Type{t[0], t[0]}, t)
		},
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			out := none
			if t[1] != none {
				out = b.emit(n.Op, n.Attrs, x[0], t[1])
			}
			if t[0] != none {
				zero := b.like(t[0], 0)
				l := b.emit(n.Op, n.Attrs, b.twice(x[0], x[1]), b.twice(t[0], zero))
				s := b.Type(x[0]).Shape
				r := len(s)
				l = b.SliceAxis(b.SliceAxis(l, r-2, 0, s[r-1]), r-1, s[r-1], 2*s[r-1])
				out = b.addTo(out, l)
			}
			return out
		},
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			return []ID{none, b.emit(n.Op, n.Attrs, b.swapLast(n.Args[0]), ct)}
		},
		eval: func(x []*val, node *Node, out []*val) error {
			k, n, _ := stackOf(x[0])
			f := modes[node.Attrs.Mode]
			if x[0].c != nil {
				linalg.MatrixFunction(f, k, n, out[0].c, x[0].c, x[1].c, nil)
			} else {
				linalg.MatrixFunction(f, k, n, out[0].f, x[0].f, x[1].f, nil)
			}
			return roundAll(out)
		},
	}
}

// twice is [[x, y], [0, x]].
func (b *Builder) twice(x, y ID) ID {
	r := b.Type(x).Rank()
	row := func(axis int, x, y ID) ID { return b.emit(OpConcatenate, &Attrs{Axis: axis}, x, y) }
	return row(r-2, row(r-1, x, y), row(r-1, b.like(x, 0), x))
}

func evalEig(x []*val, _ *Node, out []*val) error {
	k, n, _ := stackOf(x[0])
	if x[0].c != nil {
		linalg.Eig(k, n, out[0].c, out[1].c, x[0].c, nil)
	} else {
		linalg.Eig(k, n, out[0].c, out[1].c, x[0].f, nil)
	}
	return roundAll(out)
}
