package expr

import (
	"cmp"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

func init() {
	table[OpGather] = &def{arity: -1, attrs: "axes",
		infer: func(t []Type, a *Attrs) (Type, error) {
			index, err := inferIndex(t, t[1:], a)
			return Type{t[0].Dtype, cat(index, without(t[0].Shape, a.Axes))}, err
		},
		jvp: linearIn(0),
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			out := make([]ID, len(n.Args))
			for i := range out {
				out[i] = none
			}
			out[0] = b.Scatter("add", b.distinct(n.Args[1:]), b.zeros(b.Type(n.Args[0])), ct, n.attrs().Axes, n.Args[1:]...)
			return out
		},
		vmap: func(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
			a := n.attrs()
			indexed := slices.Contains(batched[1:], true)
			switch {
			case !batched[0]:
				return b.Gather(x[0], a.Axes, b.batchAll(x[1:], batched[1:], size)...)
			case !indexed: // the mapped axis is the first one that is not indexed
				y := b.Gather(x[0], shifted(a.Axes, 1), x[1:]...)
				return b.moveAxis(y, b.Type(x[1]).Rank(), 0)
			}
			index := b.batchAll(x[1:], batched[1:], size)
			t := b.Type(index[0])
			return b.Gather(x[0], cat([]int{0}, shifted(a.Axes, 1)), append([]ID{b.Iota(t.Dtype, t.Shape, 0)}, index...)...)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			st, rest := strides(x[0].Shape), without(x[0].Shape, n.Attrs.Axes)
			stRest := pick(st, others(x[0].Rank(), n.Attrs.Axes))
			m := count(rest)
			return positions(x[0].Type, x[1:], n.Attrs.Axes, st, func(k, base int) {
				walk(rest, func(j int, at []int) { out[0].copyFrom(k*m+j, x[0], base+offset(at, stRest)) })
			})
		},
	}
	table[OpScatter] = &def{arity: -1, attrs: "axes mode unique",
		infer: func(t []Type, a *Attrs) (Type, error) {
			if len(t) < 3 {
				return t[0], shapeErr("scatter: expected x, index arrays and updates, got %d operands", len(t))
			}
			last := t[len(t)-1]
			index, err := inferIndex(t, t[1:len(t)-1], a)
			if err != nil {
				return t[0], err
			}
			if want := (Type{t[0].Dtype, cat(index, without(t[0].Shape, a.Axes))}); !want.Equal(last) {
				return t[0], shapeErr("scatter: expected updates %v, got %v", want, last)
			}
			on := map[string]class{"set": anything, "add": numbers, "mul": numbers, "min": ordered, "max": ordered}[a.Mode]
			if on == 0 {
				return t[0], shapeErr("scatter: mode %q is none of set, add, mul, min, max", a.Mode)
			}
			if !on.has(t[0].Dtype) {
				return t[0], shapeErr("scatter: mode %s of %s", a.Mode, t[0].Dtype)
			}
			return t[0], nil
		},
		jvp:       jvpScatter,
		transpose: transposeScatter,
		vmap: func(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
			a := n.attrs()
			last := len(x) - 1
			all := b.batchAll(x, batched, size)
			if !slices.Contains(batched[1:last], true) {
				// updates: index axes first, so the mapped axis goes behind them; x has it in front
				r := b.Type(x[1]).Rank()
				return b.Scatter(a.Mode, a.Unique, all[0], b.moveAxis(all[last], 0, r), shifted(a.Axes, 1), x[1:last]...)
			}
			index := all[1:last]
			t := b.Type(index[0])
			return b.Scatter(a.Mode, a.Unique, all[0], all[last], cat([]int{0}, shifted(a.Axes, 1)), append([]ID{b.Iota(t.Dtype, t.Shape, 0)}, index...)...)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			last := len(x) - 1
			st, rest := strides(x[0].Shape), without(x[0].Shape, n.Attrs.Axes)
			stRest := pick(st, others(x[0].Rank(), n.Attrs.Axes))
			m := count(rest)
			for k := range x[0].Len() {
				out[0].copyFrom(k, x[0], k)
			}
			return positions(x[0].Type, x[1:last], n.Attrs.Axes, st, func(k, base int) {
				walk(rest, func(j int, at []int) { combine(n.Attrs.Mode, out[0], base+offset(at, stRest), x[last], k*m+j) })
			})
		},
	}
}

// inferIndex checks index arrays and gives their shape.
func inferIndex(t, index []Type, a *Attrs) ([]int, error) {
	if len(index) == 0 || len(index) != len(a.Axes) || !axesOK(a.Axes, t[0].Rank()) {
		return nil, shapeErr("expected one index array for each of axes %v of %v, got %d", a.Axes, t[0], len(index))
	}
	for _, u := range index {
		if !ints.has(u.Dtype) || !u.Equal(index[0]) {
			return nil, shapeErr("index arrays must be integers of one dtype and shape, got %v and %v", index[0], u)
		}
	}
	return index[0].Shape, nil
}

// positions gives, for index k of the index arrays, the offset into x that they name.
func positions(t Type, index []*val, axes, st []int, f func(k, base int)) error {
	for k := range index[0].Len() {
		base := 0
		for i, axis := range axes {
			j := index[i].i[k]
			if j < 0 || j >= int64(t.Shape[axis]) {
				return spec.Errorf(spec.SpecError, "index %d is out of bounds for axis %d of length %d", j, axis, t.Shape[axis])
			}
			base += int(j) * st[axis]
		}
		f(k, base)
	}
	return nil
}

func combine(mode string, out *val, k int, u *val, j int) {
	switch {
	case mode == "set":
		out.copyFrom(k, u, j)
	case mode == "add" && out.c != nil:
		out.c[k] = out.roundc(out.c[k] + u.c[j])
	case mode == "mul" && out.c != nil:
		out.c[k] = out.roundc(mul(out.c[k], u.c[j]))
	case out.f != nil:
		out.f[k] = out.round(pair(mode, out.f[k], u.f[j]))
	default:
		out.i[k] = out.wrap(pair(mode, out.i[k], u.i[j]))
	}
}

func pair[T float64 | int64](mode string, x, y T) T {
	switch mode {
	case "add":
		return x + y
	case "mul":
		return x * y
	case "min":
		return min(x, y)
	}
	return max(x, y)
}

// distinct reports whether index arrays name no position twice, as far as can be seen: one of them is an iota over every index axis.
func (b *Builder) distinct(index []ID) bool {
	r := b.Type(index[0]).Rank()
	var seen uint64
	for _, x := range index {
		if n := &b.p.Nodes[x]; n.Op == OpIota {
			seen |= 1 << uint(n.Attrs.Axis)
		}
	}
	return seen == 1<<uint(r)-1
}

func jvpScatter(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
	a, last := n.attrs(), len(x)-1
	if t[0] == none && t[last] == none {
		return none
	}
	index := x[1:last]
	tx, tu := b.instantiate(t[0], n.Type), b.instantiate(t[last], b.Type(x[last]))
	scatter := func(mode string, x, u ID) ID { return b.Scatter(mode, a.Unique, x, u, a.Axes, index...) }
	switch a.Mode {
	case "set", "add":
		return scatter(a.Mode, tx, tu)
	case "mul":
		if !a.Unique {
			throw(shapeErr("scatter mul has a derivative only where no index occurs twice").Try("x.at[i].set(x[i] * u) with distinct i"))
		}
		old := b.Gather(x[0], a.Axes, index...)
		told := b.Gather(tx, a.Axes, index...)
		return scatter("set", tx, b.Add(b.mulz(told, x[last]), b.mulz(tu, old)))
	}
	// min, max: all that attain the result share equally
	d := n.Type.Dtype
	hitX, hitU := b.Equal(x[0], y), b.Equal(x[last], b.Gather(y, a.Axes, index...))
	zx, zu := b.like(tx, 0), b.like(tu, 0)
	share := scatter("add", b.Convert(hitX, d), b.Convert(hitU, d))
	return b.Div(scatter("add", b.Select(hitX, tx, zx), b.Select(hitU, tu, zu)), share)
}

func transposeScatter(b *Builder, n *Node, ct ID, lin []bool) []ID {
	a, last := n.attrs(), len(n.Args)-1
	index := n.Args[1:last]
	out := make([]ID, len(n.Args))
	for i := range out {
		out[i] = none
	}
	u := b.Type(n.Args[last])
	unique := a.Unique || b.Type(index[0]).Len() == 1
	if lin[0] {
		out[0] = ct
		if a.Mode == "set" {
			out[0] = b.Scatter("set", unique, ct, b.zeros(u), a.Axes, index...)
		}
	}
	if !lin[last] {
		return out
	}
	out[last] = b.Gather(ct, a.Axes, index...)
	if a.Mode == "set" && !unique { // only the last update of a place counts
		it := Type{array.Int64, b.Type(index[0]).Shape}
		k := b.Reshape(b.Iota(array.Int64, []int{it.Len()}, 0), it.Shape)
		at := Type{array.Int64, pick(n.Type.Shape, a.Axes)}
		owner := b.Scatter("set", false, b.zeros(at), k, span(0, len(a.Axes)), index...)
		wins := b.Equal(b.Gather(owner, span(0, len(a.Axes)), index...), k)
		out[last] = b.Select(b.Broadcast(wins, u.Shape, span(0, it.Rank())), out[last], b.zeros(u))
	}
	return out
}

func init() {
	table[OpSort] = &def{arity: 1, attrs: "axis", dtypes: anything, infer: inferAxis, vmap: vmapAxis,
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			return b.takeAlong(t[0], b.Along(OpArgsort, x[0], n.attrs().Axis), n.attrs().Axis)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			lines(n.Type, n.attrs(), func(at []int) {
				for j, k := range order(x[0], at) {
					out[0].copyFrom(at[j], x[0], at[k])
				}
			})
			return nil
		},
	}
	table[OpArgsort] = &def{arity: 1, attrs: "axis", dtypes: anything, vmap: vmapAxis,
		infer: func(t []Type, a *Attrs) (Type, error) {
			u, err := inferAxis(t, a)
			return u.with(array.Int64), err
		},
		eval: func(x []*val, n *Node, out []*val) error {
			lines(n.Type, n.attrs(), func(at []int) {
				for j, k := range order(x[0], at) {
					out[0].i[at[j]] = int64(k)
				}
			})
			return nil
		},
	}
	table[OpSearchsorted] = &def{arity: 2, attrs: "n mode", dtypes: ordered,
		infer: func(t []Type, a *Attrs) (Type, error) {
			k := a.N
			ok := k >= 0 && t[0].Rank() == k+1 && t[1].Rank() >= k && t[0].Dtype == t[1].Dtype && (a.Mode == "" || a.Mode == "left" || a.Mode == "right")
			if !ok || !slices.Equal(t[0].Shape[:k], t[1].Shape[:k]) {
				return t[0], shapeErr("searchsorted: %v in %v with %d shared axes, mode %q", t[1], t[0], k, a.Mode)
			}
			return t[1].with(array.Int64), nil
		},
		vmap: func(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
			a := n.attrs()
			if !batched[0] && a.N == 0 {
				return b.emit(n.Op, a, x...)
			}
			return b.emit(n.Op, &Attrs{N: a.N + 1, Mode: a.Mode}, b.batchAll(x, batched, size)...)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			m := x[0].Shape[n.attrs().N]
			per := count(x[1].Shape[n.attrs().N:])
			for k := range out[0].i {
				base := k / per * m
				for j := range m {
					c := compareAt(x[0], base+j, x[1], k)
					if c < 0 || c == 0 && n.attrs().Mode == "right" {
						out[0].i[k] = int64(j + 1)
					}
				}
			}
			return nil
		},
	}
}

// order is the stable ascending permutation of the elements at the given positions.
func order(x *val, at []int) []int {
	p := span(0, len(at))
	slices.SortStableFunc(p, func(i, j int) int { return compareAt(x, at[i], x, at[j]) })
	return p
}

// compareAt orders numbers with NaN last, complex ones by real, then imaginary part.
func compareAt(x *val, i int, y *val, j int) int {
	switch {
	case x.f != nil:
		return compareFloat(x.f[i], y.f[j])
	case x.c != nil:
		if c := compareFloat(real(x.c[i]), real(y.c[j])); c != 0 {
			return c
		}
		return compareFloat(imag(x.c[i]), imag(y.c[j]))
	}
	return cmp.Compare(x.i[i], y.i[j])
}

func compareFloat(x, y float64) int {
	switch {
	case x < y || y != y && x == x:
		return -1
	case x > y || x != x && y == y:
		return 1
	}
	return 0
}
