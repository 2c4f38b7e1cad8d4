package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
)

// reduction is a def with the type rule, batching and reference loop of a reduction over attribute axes. fold gets the elements of one cell
// in C order of the reduced axes.
func reduction(on class, fold func(cell *val, out *val, k int)) *def {
	return &def{arity: 1, attrs: "axes", dtypes: on,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if !axesOK(a.Axes, t[0].Rank()) {
				return t[0], shapeErr("axes %v are not distinct axes of %v", a.Axes, t[0])
			}
			return Type{t[0].Dtype, without(t[0].Shape, a.Axes)}, nil
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, _ int) ID {
			return b.emit(n.Op, &Attrs{Axes: shifted(n.attrs().Axes, 1)}, x[0])
		},
		eval: func(x []*val, n *Node, out []*val) error {
			cells(x[0], n.attrs().Axes, func(k int, cell *val) { fold(cell, out[0], k) })
			return nil
		},
	}
}

// cells calls f with the elements of x that share their index outside axes.
func cells(x *val, axes []int, f func(k int, cell *val)) {
	st := strides(x.Shape)
	axes = slices.Sorted(slices.Values(axes))
	keep := others(x.Rank(), axes)
	inner := pick(x.Shape, axes)
	cell := newVal(Type{x.Dtype, inner})
	walk(pick(x.Shape, keep), func(k int, at []int) {
		base := offset(at, pick(st, keep))
		walk(inner, func(j int, in []int) { cell.copyFrom(j, x, base+offset(in, pick(st, axes))) })
		f(k, cell)
	})
}

func init() {
	table[OpReduceSum] = reduction(numbers, func(cell, out *val, k int) {
		var s complex128
		for j := range cell.Len() {
			if cell.i != nil {
				out.i[k] = out.wrap(out.i[k] + cell.i[j])
			} else {
				s += cell.get(j)
			}
		}
		if cell.i == nil {
			if cell.f != nil { // complex sums would turn an infinity into NaN
				s = complex(sum(cell.f), 0)
			}
			out.set(k, s)
		}
	})
	table[OpReduceSum].jvp = linearIn(0)
	table[OpReduceSum].transpose = func(b *Builder, n *Node, ct ID, _ []bool) []ID {
		return []ID{b.spread(ct, b.Type(n.Args[0]).Shape, n.attrs().Axes)}
	}
	table[OpReduceProd] = reduction(numbers, func(cell, out *val, k int) {
		p, c, i := 1.0, complex(1, 0), int64(1)
		for j := range cell.Len() {
			switch {
			case cell.f != nil:
				p *= cell.f[j]
			case cell.c != nil:
				c = mul(c, cell.c[j])
			default:
				i *= cell.i[j]
			}
		}
		switch {
		case cell.f != nil:
			out.f[k] = out.round(p)
		case cell.c != nil:
			out.c[k] = out.roundc(c)
		default:
			out.i[k] = out.wrap(i)
		}
	})
	table[OpReduceProd].jvp = jvpProd
	table[OpReduceMax] = extremum(func(x, y float64) float64 { return max(x, y) }, func(x, y int64) int64 { return max(x, y) })
	table[OpReduceMin] = extremum(func(x, y float64) float64 { return min(x, y) }, func(x, y int64) int64 { return min(x, y) })
	table[OpReduceAny] = reduction(bools, func(cell, out *val, k int) { out.i[k] = toBool(slices.Contains(cell.i, 1)) })
	table[OpReduceAll] = reduction(bools, func(cell, out *val, k int) { out.i[k] = toBool(!slices.Contains(cell.i, 0)) })
	table[OpArgmax] = arg(func(x, y float64) bool { return x > y })
	table[OpArgmin] = arg(func(x, y float64) bool { return x < y })
	table[OpLogsumexp] = reduction(floats, func(cell, out *val, k int) { out.f[k] = out.round(special.Logsumexp(cell.f)) })
	table[OpLogsumexp].jvp = func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
		if t[0] == none {
			return none
		}
		weight := b.Exp(b.Sub(x[0], b.spread(b.finiteBelow(y), b.Type(x[0]).Shape, n.attrs().Axes)))
		return b.Sum(b.mulz(t[0], weight), n.attrs().Axes...)
	}
}

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

// jvpProd: each factor's tangent times the product of all others, by exclusive products from both sides, so that zeros are right.
func jvpProd(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
	if t[0] == none {
		return none
	}
	shape := b.Type(x[0]).Shape
	axes := slices.Sorted(slices.Values(n.attrs().Axes))
	keep := others(len(shape), axes)
	r := len(keep)
	flat := func(v ID) ID { // reduced axes last and as one
		return b.Reshape(b.Transpose(v, cat(keep, axes)), append(pick(shape, keep), count(pick(shape, axes))))
	}
	v := flat(x[0])
	m := b.Type(v).Shape[r]
	if m == 0 {
		return none
	}
	before := func(reverse bool) ID {
		p := b.emit(OpCumprod, &Attrs{Axis: r, Reverse: reverse}, v)
		ones := b.Fill(Type{b.Type(v).Dtype, append(pick(shape, keep), 1)}, 1)
		if reverse {
			return b.emit(OpConcatenate, &Attrs{Axis: r}, b.SliceAxis(p, r, 1, m), ones)
		}
		return b.emit(OpConcatenate, &Attrs{Axis: r}, ones, b.SliceAxis(p, r, 0, m-1))
	}
	return b.Sum(b.mulz(flat(t[0]), b.Mul(before(false), before(true))), r)
}

func extremum(f func(x, y float64) float64, i func(x, y int64) int64) *def {
	d := reduction(ordered, func(cell, out *val, k int) {
		for j := range cell.Len() {
			switch {
			case j == 0:
				out.copyFrom(k, cell, 0)
			case cell.f != nil:
				out.f[k] = f(out.f[k], cell.f[j])
			default:
				out.i[k] = i(out.i[k], cell.i[j])
			}
		}
	})
	reduced := d.infer
	d.infer = func(t []Type, a *Attrs) (Type, error) {
		u, err := reduced(t, a)
		if err == nil && t[0].Len() == 0 && u.Len() > 0 {
			err = shapeErr("the extremum of no elements, %v over axes %v", t[0], a.Axes)
		}
		return u, err
	}
	// All elements that attain the extremum share its tangent equally.
	d.jvp = func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
		if t[0] == none {
			return none
		}
		shape, axes := b.Type(x[0]).Shape, n.attrs().Axes
		hit := b.Equal(x[0], b.spread(y, shape, axes))
		mean := b.Div(b.Sum(b.Select(hit, t[0], b.like(t[0], 0)), axes...), b.Sum(b.Convert(hit, n.Type.Dtype), axes...))
		return mean
	}
	return d
}

func arg(better func(x, y float64) bool) *def {
	return &def{arity: 1, attrs: "axis", dtypes: ordered | bools,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if a.Axis < 0 || a.Axis >= t[0].Rank() || t[0].Shape[a.Axis] == 0 {
				return t[0], shapeErr("axis %d of %v", a.Axis, t[0])
			}
			return Type{array.Int64, without(t[0].Shape, []int{a.Axis})}, nil
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, _ int) ID {
			return b.emit(n.Op, &Attrs{Axis: n.attrs().Axis + 1}, x[0])
		},
		eval: func(x []*val, n *Node, out []*val) error {
			cells(x[0], []int{n.attrs().Axis}, func(k int, cell *val) {
				at := 0
				for j := range cell.Len() {
					if cell.f != nil && cell.f[j] != cell.f[j] {
						at = j
						break
					}
					if cell.f != nil && better(cell.f[j], cell.f[at]) || cell.i != nil && better(float64(cell.i[j]), float64(cell.i[at])) {
						at = j
					}
				}
				out[0].i[k] = int64(at)
			})
			return nil
		},
	}
}
