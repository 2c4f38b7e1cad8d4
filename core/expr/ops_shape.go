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
			var sum []int
			for d, s := range n.Type.Shape {
				at := slices.Index(n.Attrs.Axes, d)
				if at < 0 || from.Shape[at] == 1 && s != 1 {
					sum = append(sum, d)
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

// defineWindows: slice, pad, concatenate.
func defineWindows() {
	table[OpSlice] = &def{arity: 1, attrs: "start limit stride",
		infer: func(t []Type, a *Attrs) (Type, error) {
			r := t[0].Rank()
			if len(a.Start) != r || len(a.Limit) != r || a.Stride != nil && len(a.Stride) != r {
				return Type{}, shapeErr("slice: start %v, limit %v, stride %v for %v", a.Start, a.Limit, a.Stride, t[0])
			}
			out := make([]int, r)
			for d, n := range t[0].Shape {
				lo, hi, s := a.Start[d], a.Limit[d], at1(a.Stride, d)
				if lo < 0 || hi < lo || hi > n || s < 1 {
					return Type{}, shapeErr("slice: %d:%d:%d of axis %d of %v", lo, hi, s, d, t[0])
				}
				out[d] = (hi - lo) / s
				if (hi-lo)%s > 0 {
					out[d]++
				}
			}
			return Type{t[0].Dtype, out}, nil
		},
		jvp: linearIn(0),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			a, from := n.attrs(), b.Type(n.Args[0])
			r := from.Rank()
			low, high, interior := make([]int, r), make([]int, r), make([]int, r)
			for d, m := range n.Type.Shape {
				interior[d] = at1(a.Stride, d) - 1
				low[d] = a.Start[d]
				high[d] = from.Shape[d] - low[d] - max(m+(m-1)*interior[d], 0)
			}
			return []ID{b.emit(OpPad, &Attrs{Low: low, High: high, Interior: interior}, ct)}
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, size int) ID {
			a := n.attrs()
			c := &Attrs{Start: cat([]int{0}, a.Start), Limit: cat([]int{size}, a.Limit)}
			if a.Stride != nil {
				c.Stride = cat([]int{1}, a.Stride)
			}
			return b.emit(OpSlice, c, x[0])
		},
		eval: func(x []*val, n *Node, out []*val) error {
			a, st := n.attrs(), strides(x[0].Shape)
			base := offset(a.Start, st)
			for d := range st {
				st[d] *= at1(a.Stride, d)
			}
			walk(n.Type.Shape, func(k int, at []int) { out[0].copyFrom(k, x[0], base+offset(at, st)) })
			return nil
		},
	}
	table[OpSliceUpdate] = &def{arity: 2, attrs: "start stride mode",
		infer: func(t []Type, a *Attrs) (Type, error) {
			r := t[0].Rank()
			if len(a.Start) != r || a.Stride != nil && len(a.Stride) != r || t[1].Rank() != r || t[1].Dtype != t[0].Dtype {
				return t[0], shapeErr("slice_update: start %v, stride %v for %v and %v", a.Start, a.Stride, t[0], t[1])
			}
			for d, n := range t[0].Shape {
				lo, m, s := a.Start[d], t[1].Shape[d], at1(a.Stride, d)
				if lo < 0 || s < 1 || lo > n || m > 0 && (m-1) > (n-1-lo)/s || m > n {
					return t[0], shapeErr("slice_update: %d elements from %d by %d on axis %d of %v", m, lo, s, d, t[0])
				}
			}
			if a.Mode != "set" && (a.Mode != "add" || !numbers.has(t[0].Dtype)) {
				return t[0], shapeErr("slice_update: mode %q of %s is not set or add", a.Mode, t[0].Dtype)
			}
			return t[0], nil
		},
		jvp: func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
			if t[1] == none && n.Attrs.Mode == "add" {
				return t[0]
			}
			return linear(b, n, x, y, t)
		},
		transpose: func(b *Builder, n *Node, ct ID, lin []bool) []ID {
			out := []ID{where(lin[0], ct), none}
			u := b.Type(n.Args[1])
			if lin[0] && n.Attrs.Mode == "set" {
				out[0] = b.emit(n.Op, n.Attrs, ct, b.zeros(u))
			}
			if lin[1] {
				limit := slices.Clone(n.Attrs.Start)
				for d, m := range u.Shape {
					if m > 0 {
						limit[d] += (m-1)*at1(n.Attrs.Stride, d) + 1
					}
				}
				out[1] = b.emit(OpSlice, &Attrs{Start: n.Attrs.Start, Limit: limit, Stride: n.Attrs.Stride}, ct)
			}
			return out
		},
		vmap: func(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
			c := &Attrs{Start: cat([]int{0}, n.Attrs.Start), Mode: n.Attrs.Mode}
			if n.Attrs.Stride != nil {
				c.Stride = cat([]int{1}, n.Attrs.Stride)
			}
			return b.emit(n.Op, c, b.batchAll(x, batched, size)...)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			for k := range n.Type.Len() {
				out[0].copyFrom(k, x[0], k)
			}
			st := strides(n.Type.Shape)
			base := offset(n.Attrs.Start, st)
			for d := range st {
				st[d] *= at1(n.Attrs.Stride, d)
			}
			walk(x[1].Shape, func(k int, at []int) { combine(n.Attrs.Mode, out[0], base+offset(at, st), x[1], k) })
			return nil
		},
	}
	table[OpPad] = &def{arity: 1, attrs: "low high interior",
		infer: func(t []Type, a *Attrs) (Type, error) {
			r := t[0].Rank()
			if len(a.Low) != r || len(a.High) != r || a.Interior != nil && len(a.Interior) != r {
				return Type{}, shapeErr("pad: low %v, high %v, interior %v for %v", a.Low, a.High, a.Interior, t[0])
			}
			out := make([]int, r)
			for d, n := range t[0].Shape {
				lo, hi, in := a.Low[d], a.High[d], at0(a.Interior, d)
				if in < 0 || in > most || max(lo, -lo) > most || max(hi, -hi) > most || in > 0 && n > most/in {
					return Type{}, shapeErr("pad: %d, %d, %d on axis %d of %v", lo, hi, in, d, t[0])
				}
				out[d] = lo + hi + n + in*max(n-1, 0)
				if out[d] < 0 {
					return Type{}, shapeErr("pad: %d, %d cut more than axis %d of %v has", lo, hi, d, t[0])
				}
			}
			return Type{t[0].Dtype, out}, nil
		},
		jvp: linearIn(0),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			a, from := n.attrs(), b.Type(n.Args[0])
			r := from.Rank()
			low, high, limit, stride := make([]int, r), make([]int, r), make([]int, r), make([]int, r)
			cut := false
			for d := range r {
				low[d], high[d] = -a.Low[d], -a.High[d]
				stride[d] = at0(a.Interior, d) + 1
				limit[d] = n.Type.Shape[d] + low[d] + high[d]
				cut = cut || low[d] != 0 || high[d] != 0
			}
			if cut { // back to the interior-padded array: cuts what was added, adds zeros for what was cut
				ct = b.emit(OpPad, &Attrs{Low: low, High: high}, ct)
			}
			if at := slices.Max(append(slices.Clone(stride), 1)); at > 1 {
				ct = b.emit(OpSlice, &Attrs{Start: make([]int, r), Limit: limit, Stride: stride}, ct)
			}
			return []ID{ct}
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, _ int) ID {
			a := n.attrs()
			c := &Attrs{Low: cat([]int{0}, a.Low), High: cat([]int{0}, a.High)}
			if a.Interior != nil {
				c.Interior = cat([]int{0}, a.Interior)
			}
			return b.emit(OpPad, c, x[0])
		},
		eval: func(x []*val, n *Node, out []*val) error {
			a, st := n.attrs(), strides(n.Type.Shape)
			walk(x[0].Shape, func(k int, at []int) {
				j := 0
				for d, i := range at {
					to := a.Low[d] + i*(1+at0(a.Interior, d))
					if to < 0 || to >= n.Type.Shape[d] {
						return
					}
					j += to * st[d]
				}
				out[0].copyFrom(j, x[0], k)
			})
			return nil
		},
	}
	table[OpConcatenate] = &def{arity: -1, attrs: "axis",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if a.Axis < 0 || a.Axis >= t[0].Rank() {
				return Type{}, shapeErr("concatenate: axis %d of %v", a.Axis, t[0])
			}
			out := slices.Clone(t[0].Shape)
			for _, u := range t[1:] {
				if u.Rank() != len(out) || u.Dtype != t[0].Dtype {
					return Type{}, shapeErr("concatenate: %v and %v", t[0], u)
				}
				for d, n := range u.Shape {
					if d == a.Axis {
						out[d] += n
					} else if n != out[d] {
						return Type{}, shapeErr("concatenate: %v and %v differ outside axis %d", t[0], u, a.Axis)
					}
				}
			}
			return Type{t[0].Dtype, out}, nil
		},
		jvp: linear,
		transpose: func(b *Builder, n *Node, ct ID, lin []bool) []ID {
			out := make([]ID, len(n.Args))
			at := 0
			for i, x := range n.Args {
				m := b.Type(x).Shape[n.attrs().Axis]
				out[i] = none
				if lin[i] {
					out[i] = b.SliceAxis(ct, n.attrs().Axis, at, at+m)
				}
				at += m
			}
			return out
		},
		vmap: func(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
			return b.emit(OpConcatenate, &Attrs{Axis: n.attrs().Axis + 1}, b.batchAll(x, batched, size)...)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			st := strides(n.Type.Shape)
			start := 0
			for _, v := range x {
				walk(v.Shape, func(k int, at []int) {
					out[0].copyFrom(start*st[n.attrs().Axis]+offset(at, st), v, k)
				})
				start += v.Shape[n.attrs().Axis]
			}
			return nil
		},
	}
}

func at1(x []int, d int) int {
	if x == nil {
		return 1
	}
	return x[d]
}

func at0(x []int, d int) int {
	if x == nil {
		return 0
	}
	return x[d]
}

// batchAll gives every operand the extra axis 0.
func (b *Builder) batchAll(x []ID, batched []bool, size int) []ID {
	out := slices.Clone(x)
	for i := range x {
		if !batched[i] {
			out[i] = b.BroadcastTo(x[i], cat([]int{size}, b.Type(x[i]).Shape))
		}
	}
	return out
}
