package engine

import (
	"slices"

	"github.com/ergodica/ergodica/core/expr"
)

// axis is one axis of a view: index i goes to step * ((i - roll) mod n) along axis src of the root; src < 0: nowhere (repeated).
type axis struct {
	src, n, step, roll int
}

// view is a value read from the dense memory of another one, its root:
//
//	value[i_0, i_1, ...] = root[..., start[a] + sum over axes d with src a of step_d ((i_d - roll_d) mod n_d), ...].
//
// A flat view has lost the value's shape (a reshape that no axes express): only its C order counts.
type view struct {
	root  expr.ID
	shape []int // of the root, as the axes see it
	start []int
	axes  []axis
	flat  bool
}

// whole is a value as a view of itself, seen with the given shape.
func whole(root expr.ID, shape []int) *view {
	v := &view{root: root, shape: shape, start: make([]int, len(shape)), axes: make([]axis, len(shape))}
	for d, n := range shape {
		v.axes[d] = axis{src: d, n: n, step: 1}
	}
	return v
}

// of applies the view operation n to v; nil if the result is no view of the same root.
func (v *view) of(n *expr.Node) *view {
	switch n.Op {
	case expr.OpReshape:
		return v.reshape(n.Type.Shape)
	case expr.OpStopGradient, expr.OpConvert: // to the same dtype
		return v
	}
	if v.flat {
		return nil
	}
	w := &view{root: v.root, shape: v.shape, start: slices.Clone(v.start)}
	a := n.Attrs
	switch n.Op {
	case expr.OpTranspose:
		for _, d := range a.Axes {
			w.axes = append(w.axes, v.axes[d])
		}
	case expr.OpBroadcastInDim:
		w.axes = make([]axis, len(a.Shape))
		for d, m := range a.Shape {
			w.axes[d] = axis{src: -1, n: m}
		}
		for d, to := range a.Axes {
			if v.axes[d].n == a.Shape[to] {
				w.axes[to] = v.axes[d]
			}
		}
	case expr.OpSlice:
		w.axes = slices.Clone(v.axes)
		for d := range w.axes {
			x := &w.axes[d]
			stride := 1
			if a.Stride != nil {
				stride = a.Stride[d]
			}
			if x.src < 0 || n.Type.Shape[d] == x.n && stride == 1 {
				x.n = n.Type.Shape[d]
				continue
			}
			if x.roll != 0 {
				return nil
			}
			w.start[x.src] += x.step * a.Start[d]
			x.step, x.n = x.step*stride, n.Type.Shape[d]
		}
	case expr.OpReverse:
		w.axes = slices.Clone(v.axes)
		for _, d := range a.Axes {
			if x := &w.axes[d]; x.src >= 0 && x.n > 0 {
				w.start[x.src] += x.step * (x.n - 1)
				x.step, x.roll = -x.step, wrap(-x.roll, x.n)
			}
		}
	case expr.OpRoll:
		w.axes = slices.Clone(v.axes)
		for i, d := range a.Axes {
			if x := &w.axes[d]; x.src >= 0 && x.n > 0 {
				x.roll = wrap(x.roll+a.Shift[i]%x.n, x.n)
			}
		}
	default:
		return nil
	}
	return w
}

func wrap(i, n int) int {
	if i %= n; i < 0 {
		i += n
	}
	return i
}

// reshape keeps the C order: axes of length 1 come and go, others must match or split; else the view becomes flat.
func (v *view) reshape(shape []int) *view {
	if v.isWhole() {
		return whole(v.root, shape)
	}
	w := &view{root: v.root, shape: v.shape, start: v.start, flat: true}
	if v.flat {
		w.axes = v.axes
		return w
	}
	var from []axis
	for _, x := range v.axes {
		if x.n != 1 {
			from = append(from, x)
		}
	}
	var to []axis
	left := 1 // of the axis being split
	for _, n := range shape {
		switch {
		case n == 1:
			to = append(to, axis{src: -1, n: 1})
			continue
		case left == 1:
			if len(from) == 0 {
				w.axes = v.axes
				return w
			}
			left = from[0].n
		}
		x := from[0]
		if n == 0 || left%n != 0 || x.roll != 0 && n != x.n {
			w.axes = v.axes
			return w
		}
		left /= n
		if x.src >= 0 {
			x.step *= left
		}
		x.n = n
		to = append(to, x)
		if left == 1 {
			from = from[1:]
		}
	}
	if left != 1 || len(from) != 0 {
		w.axes = v.axes
		return w
	}
	w.axes, w.flat = to, false
	return w
}

// after is the view of w's root that v, a view of a value with the axes of w, makes: v reads u, u is the view w. nil if none.
func (v *view) after(w *view) *view {
	if v.flat || w.flat || len(v.shape) != len(w.axes) {
		return nil
	}
	out := &view{root: w.root, shape: w.shape, start: slices.Clone(w.start), axes: slices.Clone(v.axes)}
	used := make([]int, len(w.axes))
	for d, x := range v.axes {
		if x.src < 0 {
			continue
		}
		y := w.axes[x.src]
		used[x.src]++
		if y.src < 0 {
			out.axes[d] = axis{src: -1, n: x.n}
			continue
		}
		if y.roll != 0 {
			if x.n != y.n || x.step != 1 || v.start[x.src] != 0 || used[x.src] > 1 {
				return nil
			}
			out.axes[d] = axis{src: y.src, n: x.n, step: y.step, roll: wrap(x.roll+y.roll, x.n)}
			continue
		}
		out.axes[d] = axis{src: y.src, n: x.n, step: y.step * x.step, roll: x.roll}
	}
	for a, y := range w.axes {
		if y.roll != 0 && used[a] != 1 && y.src >= 0 {
			return nil
		}
		if y.src >= 0 {
			out.start[y.src] += y.step * v.start[a]
		}
	}
	return out
}

func (v *view) len() int {
	n := 1
	for _, x := range v.axes {
		n *= x.n
	}
	return n
}

// isWhole tells that the view's C order is the root's memory.
func (v *view) isWhole() bool {
	m := v.layout()
	return m.n == count(v.shape) && m.dense() && m.offset == 0
}

// run is an axis in memory: index i is at stride * ((i - roll) mod n).
type run struct{ n, stride, roll int }

// layout is a view in memory, in elements: the fewest runs that give its C order, the last one fastest.
type layout struct {
	n, offset int
	runs      []run
}

func (v *view) layout() layout {
	m := layout{n: v.len()}
	st := strides(v.shape)
	for a, s := range v.start {
		m.offset += s * st[a]
	}
	for _, x := range v.axes {
		if x.n == 1 {
			continue // its roll is 0
		}
		r := run{n: x.n}
		if x.src >= 0 {
			r.stride, r.roll = x.step*st[x.src], x.roll
		}
		if r.stride == 0 {
			r.roll = 0
		}
		if k := len(m.runs) - 1; k >= 0 && r.roll == 0 && m.runs[k].stride == r.n*r.stride {
			o := m.runs[k]
			m.runs[k] = run{o.n * r.n, r.stride, o.roll * r.n}
			continue
		}
		m.runs = append(m.runs, r)
	}
	return m
}

// dense tells that the elements follow each other in memory.
func (m *layout) dense() bool {
	return m.n <= 1 || len(m.runs) == 1 && m.runs[0].stride == 1 && m.runs[0].roll == 0
}

// single tells that all elements are one.
func (m *layout) single() bool {
	return m.n == 1 || len(m.runs) == 1 && m.runs[0].stride == 0
}

func strides(shape []int) []int {
	s := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

func count(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}
