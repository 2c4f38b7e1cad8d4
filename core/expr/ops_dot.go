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
			if free := dims(&c, b.Type(x[0]).Rank(), b.Type(x[1]).Rank()).free; !both && batched[1] && len(c.Batch[0]) == 0 && len(free[1]) == 1 && len(free[0]) > 0 {
				// A x of many x: rows come first without a transposition, and numbers multiplied are the same
				c.Contract[0], c.Contract[1] = c.Contract[1], c.Contract[0]
				return b.emit(OpDotGeneral, &c, x[1], x[0])
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

// convolution is a checked conv: x (images, groups x in, lengths), w (groups x out, in, kernel), result (images, groups x out, places).
type convolution struct {
	images, groups, in, out int
	lengths, kernel, places []int
	a                       *Attrs
}

// span1 is the extent of an axis of n elements at distances of step.
func span1(n, step int) int { return max((n-1)*step+1, 0) }

func convolutionOf(x, w Type, a *Attrs) (c convolution, err error) {
	d := x.Rank() - 2
	if d < 1 || w.Rank() != x.Rank() || w.Dtype != x.Dtype {
		return c, shapeErr("conv: expected x (images, channels, space...) and a kernel (out, channels / groups, space...) of one dtype and rank, got %v and %v", x, w)
	}
	for _, v := range [][]int{a.Stride, a.Low, a.High, a.Interior, a.Dilation} {
		if v != nil && len(v) != d {
			return c, shapeErr("conv: stride %v, low %v, high %v, interior %v, dilation %v for %d axes of space", a.Stride, a.Low, a.High, a.Interior, a.Dilation, d)
		}
	}
	c = convolution{images: x.Shape[0], groups: max(a.N, 1), lengths: x.Shape[2:], kernel: w.Shape[2:], a: a}
	c.in, c.out = w.Shape[1], w.Shape[0]/c.groups
	if a.N < 0 || c.in*c.groups != x.Shape[1] || c.out*c.groups != w.Shape[0] {
		return c, shapeErr("conv: %d groups of %v and kernel %v", a.N, x, w)
	}
	for q := range d {
		s, k := c.lengths[q], c.kernel[q]
		stride, low, high, gap, dilation := at1(a.Stride, q), at0(a.Low, q), at0(a.High, q), at0(a.Interior, q), at1(a.Dilation, q)
		switch {
		case stride < 1 || gap < 0 || dilation < 1 || stride > most:
			return c, shapeErr("conv: stride %d, interior %d, dilation %d on axis %d", stride, gap, dilation, q)
		case k < 1:
			return c, shapeErr("conv: a kernel without elements, %v", w)
		case gap >= most/max(s, 1) || dilation > most/k || max(low, -low, high, -high) > most:
			return c, shapeErr("conv: padding %d, %d, interior %d, dilation %d of %v are too large", low, high, gap, dilation, x)
		}
		n := 0
		if room := span1(s, gap+1) + low + high - span1(k, dilation); room >= 0 {
			n = room/stride + 1
		}
		c.places = append(c.places, n)
	}
	return c, nil
}

func init() {
	table[OpConv] = &def{arity: 2, attrs: "stride low high interior dilation n", dtypes: numbers,
		infer: func(t []Type, a *Attrs) (Type, error) {
			c, err := convolutionOf(t[0], t[1], a)
			return Type{t[0].Dtype, cat([]int{c.images, c.groups * c.out}, c.places)}, err
		},
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			out := none
			if t[0] != none {
				out = b.emit(OpConv, n.Attrs, t[0], x[1])
			}
			if t[1] != none {
				out = b.addTo(out, b.emit(OpConv, n.Attrs, x[0], t[1]))
			}
			return out
		},
		transpose: transposeConv,
		vmap:      vmapConv,
		eval: func(x []*val, n *Node, out []*val) error {
			c, err := convolutionOf(x[0].Type, x[1].Type, n.attrs())
			if err != nil {
				return err
			}
			a := c.a
			sx, sw := strides(x[0].Shape), strides(x[1].Shape)
			walk(n.Type.Shape, func(k int, at []int) {
				var f float64
				var z complex128
				var i int64
				first := at[1] / c.out * c.in
				walk(cat([]int{c.in}, c.kernel), func(_ int, in []int) {
					p, q := at[0]*sx[0]+(first+in[0])*sx[1], at[1]*sw[0]+in[0]*sw[1]
					for d := range c.kernel {
						j := at[2+d]*at1(a.Stride, d) + in[1+d]*at1(a.Dilation, d) - at0(a.Low, d)
						step := at0(a.Interior, d) + 1
						if j < 0 || j%step != 0 || j/step >= c.lengths[d] {
							return
						}
						p, q = p+j/step*sx[2+d], q+in[1+d]*sw[2+d]
					}
					switch {
					case x[0].f != nil:
						f += float64(x[0].f[p] * x[1].f[q])
					case x[0].c != nil:
						z += mul(x[0].c[p], x[1].c[q])
					default:
						i += x[0].i[p] * x[1].i[q]
					}
				})
				switch {
				case out[0].f != nil:
					out[0].f[k] = out[0].round(f)
				case out[0].c != nil:
					out[0].c[k] = out[0].roundc(z)
				default:
					out[0].i[k] = out[0].wrap(i)
				}
			})
			return nil
		},
	}
}

// exchange swaps, inside each group, axes (groups x n, m, ...) to (groups x m, n, ...).
func (b *Builder) exchange(x ID, groups int) ID {
	s := b.Type(x).Shape
	n, m, rest := s[0]/groups, s[1], s[2:]
	axes := cat([]int{0, 2, 1}, span(3, 3+len(rest)))
	x = b.Transpose(b.Reshape(x, cat([]int{groups, n, m}, rest)), axes)
	return b.Reshape(x, cat([]int{groups * m, n}, rest))
}

// transposeConv: with index i (interior + 1) = p stride + k dilation - low of x, place p and kernel element k, both cotangents are convolutions.
// That of x takes the cotangent spread by the stride and the kernel turned around, that of the kernel has images and channels exchanged and
// takes the cotangent as a kernel of dilation stride.
func transposeConv(b *Builder, n *Node, ct ID, lin []bool) []ID {
	x, w := b.Type(n.Args[0]), b.Type(n.Args[1])
	c, err := convolutionOf(x, w, n.attrs())
	if err != nil {
		throw(err)
	}
	a, d := c.a, len(c.kernel)
	out := []ID{none, none}
	k := 0
	if lin[1] {
		k = 1
	}
	if n.Type.Len() == 0 || x.Len() == 0 || w.Len() == 0 {
		out[k] = b.zeros(b.Type(n.Args[k]))
		return out
	}
	back := &Attrs{Stride: full(d, 1), Low: full(d, 0), High: full(d, 0), Interior: full(d, 0), Dilation: full(d, 1), N: a.N}
	for q := range d {
		stride, low, step, dilation := at1(a.Stride, q), at0(a.Low, q), at0(a.Interior, q)+1, at1(a.Dilation, q)
		kernel, places, length := span1(c.kernel[q], dilation), span1(c.places[q], stride), span1(c.lengths[q], step)
		if k == 0 {
			back.Stride[q], back.Dilation[q], back.Interior[q] = step, dilation, stride-1
			back.Low[q] = kernel - 1 - low
			back.High[q] = length - 1 + kernel - places - back.Low[q]
		} else {
			back.Stride[q], back.Dilation[q], back.Interior[q] = dilation, stride, step-1
			back.Low[q] = low
			back.High[q] = kernel - 1 + places - length - low
		}
	}
	if k == 0 {
		turned := b.Reverse(b.exchange(n.Args[1], c.groups), span(2, 2+d)...)
		out[0] = b.emit(OpConv, back, ct, turned)
		return out
	}
	// (images, groups x m, ...) as (m, groups x images, ...) and as (groups x m, images, ...)
	space := span(3, 3+d)
	split := func(y ID, m int) (ID, []int) {
		rest := b.Type(y).Shape[2:]
		return b.Reshape(y, cat([]int{c.images, c.groups, m}, rest)), rest
	}
	u, lengths := split(n.Args[0], c.in)
	u = b.Reshape(b.Transpose(u, cat([]int{2, 1, 0}, space)), cat([]int{c.in, c.groups * c.images}, lengths))
	v, places := split(ct, c.out)
	v = b.Reshape(b.Transpose(v, cat([]int{1, 2, 0}, space)), cat([]int{c.groups * c.out, c.images}, places))
	out[1] = b.Transpose(b.emit(OpConv, back, u, v), cat([]int{1, 0}, span(2, 2+d)))
	return out
}

// vmapConv makes the mapped axis part of the images, of the channels that come out, or of the groups.
func vmapConv(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
	a := n.attrs()
	g := max(a.N, 1)
	tail := func(y ID, k int) []int { return b.Type(y).Shape[k:] }
	if !batched[1] {
		s := b.Type(x[0]).Shape
		y := b.emit(OpConv, a, b.Reshape(x[0], cat([]int{size * s[1]}, s[2:])), x[1])
		return b.Reshape(y, cat([]int{size, s[1]}, tail(y, 1)))
	}
	w := b.Type(x[1]).Shape
	out := w[1] / g
	c := *a
	if batched[0] {
		c.N = size * g
		s := b.Type(x[0]).Shape
		u := b.Reshape(b.moveAxis(x[0], 0, 1), cat([]int{s[1], size * s[2]}, s[3:]))
		y := b.emit(OpConv, &c, u, b.Reshape(x[1], cat([]int{size * w[1]}, w[2:])))
		return b.moveAxis(b.Reshape(y, cat([]int{s[1], size, w[1]}, tail(y, 2))), 1, 0)
	}
	v := b.moveAxis(b.Reshape(x[1], cat([]int{size, g, out}, w[2:])), 1, 0)
	y := b.emit(OpConv, &c, x[0], b.Reshape(v, cat([]int{size * w[1]}, w[2:])))
	images, places := b.Type(y).Shape[0], slices.Clone(tail(y, 2))
	y = b.Reshape(y, cat([]int{images, g, size, out}, places))
	y = b.Transpose(y, cat([]int{2, 0, 1, 3}, span(4, 4+len(places))))
	return b.Reshape(y, cat([]int{size, images, w[1]}, places))
}
