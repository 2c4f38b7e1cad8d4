package expr

import (
	"slices"
)

func init() {
	table[OpInput] = &def{infer: func([]Type, *Attrs) (Type, error) { return Type{}, shapeErr("input: not a node") }}
	table[OpResult] = &def{arity: 1, attrs: "n", infer: func([]Type, *Attrs) (Type, error) { return Type{}, shapeErr("result: made by Builder") }}
	table[OpConst] = &def{attrs: "dtype shape value data",
		infer: func(_ []Type, a *Attrs) (Type, error) {
			if a.Value == nil {
				return Type{}, shapeErr("const: expected value or data")
			}
			return Type{a.Value.Dtype, a.Value.Shape}, nil
		},
		eval: func(_ []*val, n *Node, out []*val) error { *out[0] = *valOf(n.Attrs.Value); return nil },
	}
	table[OpIota] = &def{attrs: "dtype shape axis",
		infer: func(_ []Type, a *Attrs) (Type, error) {
			if a.Axis < 0 || a.Axis >= len(a.Shape) || !numbers.has(a.Dtype) {
				return Type{}, shapeErr("iota: axis %d of shape %v, dtype %s", a.Axis, a.Shape, a.Dtype)
			}
			return Type{a.Dtype, a.Shape}, nil
		},
		eval: func(_ []*val, n *Node, out []*val) error {
			walk(n.Type.Shape, func(k int, at []int) { out[0].set(k, complex(float64(at[n.Attrs.Axis]), 0)) })
			return nil
		},
	}
	table[OpBroadcastInDim] = &def{arity: 1, attrs: "shape axes", infer: inferBroadcast,
		jvp: linearIn(0),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			from := b.Type(n.Args[0])
			var sum, ones []int
			for d, s := range n.Type.Shape {
				at := slices.Index(n.Attrs.Axes, d)
				if at < 0 || from.Shape[at] == 1 && s != 1 {
					sum = append(sum, d)
				}
				if at >= 0 && from.Shape[at] == 1 && s != 1 {
					ones = append(ones, at)
				}
			}
			ct = b.Sum(ct, sum...)
			return []ID{b.Reshape(ct, from.Shape)}
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, size int) ID {
			return b.emit(n.Op, &Attrs{Shape: cat([]int{size}, n.Attrs.Shape), Axes: cat([]int{0}, shifted(n.Attrs.Axes, 1))}, x...)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			st := strides(x[0].Shape)
			walk(n.Type.Shape, func(k int, at []int) {
				j := 0
				for d, axis := range n.Attrs.Axes {
					if x[0].Shape[d] != 1 {
						j += at[axis] * st[d]
					}
				}
				out[0].copyFrom(k, x[0], j)
			})
			return nil
		},
	}
	table[OpReshape] = &def{arity: 1, attrs: "shape",
		infer: func(t []Type, a *Attrs) (Type, error) {
			u := Type{t[0].Dtype, a.Shape}
			if err := u.check(); err != nil {
				return u, err
			}
			if u.Len() != t[0].Len() {
				return u, shapeErr("reshape: %d elements of %v do not fit shape %v", t[0].Len(), t[0], a.Shape)
			}
			return u, nil
		},
		jvp: linearIn(0),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			return []ID{b.Reshape(ct, b.Type(n.Args[0]).Shape)}
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, size int) ID {
			return b.Reshape(x[0], cat([]int{size}, n.Type.Shape))
		},
		eval: func(x []*val, n *Node, out []*val) error {
			for k := range n.Type.Len() {
				out[0].copyFrom(k, x[0], k)
			}
			return nil
		},
	}
	table[OpTranspose] = &def{arity: 1, attrs: "axes",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if len(a.Axes) != t[0].Rank() || !axesOK(a.Axes, t[0].Rank()) {
				return Type{}, shapeErr("transpose: axes %v are not a permutation of the %d axes of %v", a.Axes, t[0].Rank(), t[0])
			}
			return Type{t[0].Dtype, pick(t[0].Shape, a.Axes)}, nil
		},
		jvp: linearIn(0),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			return []ID{b.Transpose(ct, inverse(n.attrs().Axes))}
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, _ int) ID {
			return b.Transpose(x[0], cat([]int{0}, shifted(n.attrs().Axes, 1)))
		},
		eval: func(x []*val, n *Node, out []*val) error {
			st := pick(strides(x[0].Shape), n.attrs().Axes)
			walk(n.Type.Shape, func(k int, at []int) { out[0].copyFrom(k, x[0], offset(at, st)) })
			return nil
		},
	}
	table[OpReverse] = &def{arity: 1, attrs: "axes", infer: inferAxes,
		jvp:       linearIn(0),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID { return []ID{b.Reverse(ct, n.attrs().Axes...)} },
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, _ int) ID {
			return b.Reverse(x[0], shifted(n.attrs().Axes, 1)...)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			st := strides(x[0].Shape)
			walk(n.Type.Shape, func(k int, at []int) {
				j := offset(at, st)
				for _, d := range n.attrs().Axes {
					j += (n.Type.Shape[d] - 1 - 2*at[d]) * st[d]
				}
				out[0].copyFrom(k, x[0], j)
			})
			return nil
		},
	}
	table[OpRoll] = &def{arity: 1, attrs: "axes shift",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if len(a.Axes) != len(a.Shift) {
				return Type{}, shapeErr("roll: %d axes and %d shifts", len(a.Axes), len(a.Shift))
			}
			return inferAxes(t, a)
		},
		jvp: linearIn(0),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			back := make([]int, len(n.attrs().Shift))
			for i, s := range n.attrs().Shift {
				back[i] = -s
			}
			return []ID{b.Roll(ct, n.attrs().Axes, back)}
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, _ int) ID {
			return b.Roll(x[0], shifted(n.attrs().Axes, 1), n.attrs().Shift)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			st := strides(x[0].Shape)
			from := make([]int, len(st))
			walk(n.Type.Shape, func(k int, at []int) {
				copy(from, at)
				for i, d := range n.attrs().Axes {
					from[d] = modulo(from[d]-n.attrs().Shift[i]%n.Type.Shape[d], n.Type.Shape[d])
				}
				out[0].copyFrom(k, x[0], offset(from, st))
			})
			return nil
		},
	}
	defineWindows()
}

// linearIn is the JVP of an operation that is linear in operand k, the others being data without derivative.
func linearIn(k int) func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
	return func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
		if t[k] == none {
			return none
		}
		args := slices.Clone(x)
		args[k] = t[k]
		return b.emit(n.Op, n.Attrs, args...)
	}
}

// linear is the JVP of an operation that is linear in all operands together.
func linear(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
	args := slices.Clone(t)
	for i := range args {
		args[i] = b.instantiate(args[i], b.Type(x[i]))
	}
	return b.emit(n.Op, n.Attrs, args...)
}

func inferBroadcast(t []Type, a *Attrs) (Type, error) {
	u := Type{t[0].Dtype, a.Shape}
	if len(a.Axes) != t[0].Rank() || !axesOK(a.Axes, len(a.Shape)) || !slices.IsSorted(a.Axes) {
		return u, shapeErr("broadcast_in_dim: axes %v must place the %d axes of %v in shape %v, ascending", a.Axes, t[0].Rank(), t[0], a.Shape)
	}
	for d, axis := range a.Axes {
		if s := t[0].Shape[d]; s != 1 && s != a.Shape[axis] {
			return u, shapeErr("broadcast_in_dim: length %d of axis %d does not fit %d in shape %v", s, d, a.Shape[axis], a.Shape)
		}
	}
	return u, nil
}

// inferAxes: the operand's type, for distinct axes within its rank.
func inferAxes(t []Type, a *Attrs) (Type, error) {
	if !axesOK(a.Axes, t[0].Rank()) {
		return t[0], shapeErr("axes %v are not distinct axes of %v", a.Axes, t[0])
	}
	return t[0], nil
}

func inverse(perm []int) []int {
	out := make([]int, len(perm))
	for i, p := range perm {
		out[p] = i
	}
	return out
}

func modulo(x, n int) int {
	x %= n
	if x < 0 {
		x += n
	}
	return x
}
