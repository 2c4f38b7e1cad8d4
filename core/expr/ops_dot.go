package expr

import (
	"slices"
)

func init() {
	table[OpDotGeneral] = &def{arity: 2, attrs: "contract batch", dtypes: numbers,
		infer: func(t []Type, a *Attrs) (Type, error) {
			d := dims(a, t[0].Rank(), t[1].Rank())
			for side := range 2 {
				if !axesOK(cat(a.Contract[side], a.Batch[side]), t[side].Rank()) {
					return t[0], shapeErr("dot_general: contract %v and batch %v of %v", a.Contract[side], a.Batch[side], t[side])
				}
			}
			fits := func(axes [2][]int) bool {
				return len(axes[0]) == len(axes[1]) && slices.Equal(pick(t[0].Shape, axes[0]), pick(t[1].Shape, axes[1]))
			}
			if t[0].Dtype != t[1].Dtype || !fits(a.Contract) || !fits(a.Batch) {
				return t[0], shapeErr("dot_general: %v and %v over axes %v with shared axes %v", t[0], t[1], a.Contract, a.Batch)
			}
			return Type{t[0].Dtype, cat(pick(t[0].Shape, a.Batch[0]), pick(t[0].Shape, d.free[0]), pick(t[1].Shape, d.free[1]))}, nil
		},
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			out := none
			if t[0] != none {
				out = b.emit(OpDotGeneral, n.Attrs, t[0], x[1])
			}
			if t[1] != none {
				out = b.addTo(out, b.emit(OpDotGeneral, n.Attrs, x[0], t[1]))
			}
			return out
		},
		// The cotangent has axes (batch, free left, free right). It is contracted with the other operand over that one's free axes; what
		// remains, (batch, own free axes, contracted ones in the other's order) or the like, is put back in place.
		transpose: func(b *Builder, n *Node, ct ID, lin []bool) []ID {
			a := n.attrs()
			d := dims(a, b.Type(n.Args[0]).Rank(), b.Type(n.Args[1]).Rank())
			nb := len(a.Batch[0])
			l := len(d.free[0])
			side, start := 0, nb+l
			if lin[1] {
				side, start = 1, nb
			}
			o := 1 - side
			at := span(start, start+len(d.free[o]))
			rest := slices.Sorted(slices.Values(a.Contract[o])) // order in which the free axes of Args[o] come out
			mine := make([]int, len(rest))
			for i, axis := range rest {
				mine[i] = a.Contract[side][slices.Index(a.Contract[o], axis)]
			}
			var r ID
			if side == 0 { // operands in the order that leaves a plain matrix product untransposed
				r = b.Dot(ct, n.Args[o], [2][]int{at, d.free[o]}, [2][]int{span(0, nb), a.Batch[o]})
				r = b.Transpose(r, inverse(cat(a.Batch[side], d.free[side], mine)))
			} else {
				r = b.Dot(n.Args[o], ct, [2][]int{d.free[o], at}, [2][]int{a.Batch[o], span(0, nb)})
				r = b.Transpose(r, inverse(cat(a.Batch[side], mine, d.free[side])))
			}
			out := []ID{none, none}
			out[side] = r
			return out
		},
		vmap: func(b *Builder, n *Node, x []ID, batched []bool, _ int) ID {
			a := n.attrs()
			both := batched[0] && batched[1]
			var c Attrs
			for s := range 2 {
				k := 0
				if batched[s] {
					k = 1
				}
				c.Contract[s], c.Batch[s] = shifted(a.Contract[s], k), shifted(a.Batch[s], k)
				if both {
					c.Batch[s] = cat([]int{0}, c.Batch[s])
				}
			}
			y := b.emit(OpDotGeneral, &c, x...)
			if both {
				return y
			}
			at := len(a.Batch[0]) // the mapped axis is the first free one of its side
			if batched[1] {
				at += b.Type(x[0]).Rank() - len(a.Batch[0]) - len(a.Contract[0])
			}
			return b.moveAxis(y, at, 0)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			a := n.attrs()
			d := dims(a, x[0].Rank(), x[1].Rank())
			sx, sy := strides(x[0].Shape), strides(x[1].Shape)
			nb, l := len(a.Batch[0]), len(d.free[0])
			inner := pick(x[0].Shape, a.Contract[0])
			walk(n.Type.Shape, func(k int, at []int) {
				px := offset(at[:nb], pick(sx, a.Batch[0])) + offset(at[nb:nb+l], pick(sx, d.free[0]))
				py := offset(at[:nb], pick(sy, a.Batch[1])) + offset(at[nb+l:], pick(sy, d.free[1]))
				var f float64
				var c complex128
				var i int64
				walk(inner, func(_ int, in []int) {
					p, q := px+offset(in, pick(sx, a.Contract[0])), py+offset(in, pick(sy, a.Contract[1]))
					switch {
					case x[0].f != nil:
						f += float64(x[0].f[p] * x[1].f[q])
					case x[0].c != nil:
						c += mul(x[0].c[p], x[1].c[q])
					default:
						i += x[0].i[p] * x[1].i[q]
					}
				})
				switch {
				case out[0].f != nil:
					out[0].f[k] = out[0].round(f)
				case out[0].c != nil:
					out[0].c[k] = out[0].roundc(c)
				default:
					out[0].i[k] = out[0].wrap(i)
				}
			})
			return nil
		},
	}
}

// dotDims are the free axes of both sides.
type dotDims struct{ free [2][]int }

func dims(a *Attrs, r0, r1 int) dotDims {
	return dotDims{[2][]int{others(r0, a.Contract[0], a.Batch[0]), others(r1, a.Contract[1], a.Batch[1])}}
}
