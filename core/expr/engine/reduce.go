package engine

import (
	"math"
	"slices"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
)

// Every reduction folds the elements of a cell, taken in C order of the reduced axes, as simd.Sum does: leaves of 512 elements over eight
// lanes, then a tree over the leaves. The order depends on the number of elements alone.

// leafLen is the number of elements of a leaf.
const leafLen = simd.Leaf

// folding is how a reduce node runs: over rows of length in a nest, or column by column of a dense value with axes (outer, length, inner).
type folding struct {
	rows                 bool
	view                 *view // of rows: the operand with the reduced axes last
	outer, length, inner int
}

// reduces tells how node n folds; nil if it is no reduction that the nests know.
func (pl *planner) reduces(n *expr.Node) *folding {
	switch n.Op {
	case expr.OpReduceSum, expr.OpReduceProd, expr.OpReduceMax, expr.OpReduceMin, expr.OpReduceAny, expr.OpReduceAll:
	default:
		return nil
	}
	t := pl.node(n.Args[0]).Type
	if folderOf(n.Op, t.Dtype) == nil {
		return nil
	}
	axes := slices.Sorted(slices.Values(n.Attrs.Axes))
	f := &folding{outer: 1, length: 1, inner: 1}
	blocks := 0 // runs of reduced axes
	reducing, trailing := false, true
	for d, m := range t.Shape {
		switch is := slices.Contains(axes, d); {
		case m == 1:
		case is:
			f.length *= m
			if !reducing {
				blocks++
			}
			reducing, trailing = true, true
		case f.length == 1:
			f.outer *= m
		default:
			f.inner *= m
			reducing, trailing = false, false
		}
	}
	if blocks <= 1 && f.inner >= 16 && hasColumns(t.Dtype) {
		return f
	}
	v := pl.viewOf(n.Args[0])
	if blocks <= 1 && trailing {
		f.rows, f.view = true, v
		return f
	}
	var keep []int
	for d := range t.Shape {
		if !slices.Contains(axes, d) {
			keep = append(keep, d)
		}
	}
	f.rows = true
	turn := &expr.Node{Op: expr.OpTranspose, Attrs: &expr.Attrs{Axes: append(keep, axes...)}}
	if f.view = v.of(turn); f.view == nil {
		pl.v[n.Args[0]].need = true
		f.view = whole(n.Args[0], t.Shape).of(turn)
	}
	return f
}

// folder folds elements of one dtype.
type folder struct {
	size int                                    // bytes of a part
	leaf func(part, x unsafe.Pointer, n int)    // of at most 512 elements
	tree func(out, parts unsafe.Pointer, n int) // out is the fold of n parts
	zero func(out unsafe.Pointer)               // out is the fold of nothing
}

// reduction is a fold of rows inside a nest.
type reduction struct {
	op           expr.Op
	f            *folder
	length       int
	leaves, rows int
	parts, out   int32 // memories; parts hold rows x leaves
	size         int   // of an element of x
	outSize      int
}

// placeReduction gives reduce node id its place.
func (pl *planner) placeReduction(id expr.ID) {
	n, v := pl.node(id), &pl.v[id]
	x := n.Args[0]
	f := folderOf(n.Op, pl.node(x).Type.Dtype)
	out := pl.storage(id)
	how := pl.reduces(n)
	switch {
	case pl.node(x).Type.Len() == 0:
		v.stage = pl.addStage(stage{name: n.Op.String(), writes: []int32{out}, run: func(c *call) error {
			for i := range n.Type.Len() {
				f.zero(unsafe.Add(c.ptr(out), i*n.Type.Dtype.Size()))
			}
			return nil
		}})
		return
	case !how.rows:
		v.stage = pl.columns(n, how, pl.inputOf(x), out)
		return
	}
	rows := n.Type.Len()
	length := how.view.len() / rows
	leaves := (length + leafLen - 1) / leafLen
	s, item := pl.read(how.view, length)
	r := &reduction{op: n.Op, f: f, length: length, leaves: leaves, rows: rows, out: out, size: pl.node(x).Type.Dtype.Size(), outSize: n.Type.Dtype.Size()}
	if r.parts = out; leaves > 1 || f.size != r.outSize {
		r.parts = pl.memory(memory{bytes: rows * leaves * f.size})
	}
	s.addReduction(pl, r, item, pl.node(x).Type.Dtype)
	v.stage = s.index
}

func (s *nest) addReduction(pl *planner, r *reduction, k int32, d array.Dtype) {
	if k < 0 {
		k = s.repeat(k, d)
	}
	s.add(item{kind: iReduce, args: []int32{k}, mem: -1, red: r, operand: d, size: d.Size(), cost: 0.2})
}

// runReduce folds the leaves of the tile, which holds whole rows or whole leaves of one.
func runReduce(f *frame, in *instr, n int) {
	r := in.reduce
	for i := 0; i < n; {
		part, left := r.part(f, f.start+i)
		m := min(left, n-i)
		r.f.leaf(part, unsafe.Add(f.ptr[in.x[0]], i*r.size), m)
		i += m
	}
}

// finish folds the parts.
func (r *reduction) finish(f *frame) {
	if r.parts == r.out {
		return
	}
	parts, out := f.ptr[r.parts], f.ptr[r.out]
	for k := range r.rows {
		r.f.tree(unsafe.Add(out, k*r.outSize), unsafe.Add(parts, k*r.leaves*r.f.size), r.leaves)
	}
}

// tree folds parts pairwise over their indices; the left branch holds the largest power of two below their number.
func tree[T any](parts []T, f func(x, y T) T) T {
	var stack [48]T
	depth := 0
	for n, s := range parts[:len(parts)-1] {
		for m := n; m&1 != 0; m >>= 1 {
			depth--
			s = f(stack[depth], s)
		}
		stack[depth] = s
		depth++
	}
	s := parts[len(parts)-1]
	for depth > 0 {
		depth--
		s = f(stack[depth], s)
	}
	return s
}

// lanes folds at most a leaf over eight lanes.
func lanes[T any](x []T, zero T, f func(x, y T) T) T {
	l := [8]T{zero, zero, zero, zero, zero, zero, zero, zero}
	for i, v := range x {
		l[i&7] = f(l[i&7], v)
	}
	return f(f(f(l[0], l[4]), f(l[2], l[6])), f(f(l[1], l[5]), f(l[3], l[7])))
}

func folding1[T any](zero T, f func(x, y T) T) *folder {
	return &folder{
		size: int(unsafe.Sizeof(zero)),
		leaf: func(part, x unsafe.Pointer, n int) { *(*T)(part) = canonical(lanes(unsafe.Slice((*T)(x), n), zero, f)) },
		tree: func(out, parts unsafe.Pointer, n int) { *(*T)(out) = canonical(tree(unsafe.Slice((*T)(parts), n), f)) },
		zero: func(out unsafe.Pointer) { *(*T)(out) = zero },
	}
}

// canonical is x with its NaNs as math.NaN().
func canonical[T any](x T) T {
	switch p := any(&x).(type) {
	case *float64:
		simd.Canonical(unsafe.Slice(p, 1), unsafe.Slice(p, 1))
	case *float32:
		simd.Canonical(unsafe.Slice(p, 1), unsafe.Slice(p, 1))
	case *complex128:
		parts := unsafe.Slice((*float64)(unsafe.Pointer(p)), 2)
		simd.Canonical(parts, parts)
	case *complex64:
		parts := unsafe.Slice((*float32)(unsafe.Pointer(p)), 2)
		simd.Canonical(parts, parts)
	}
	return x
}

type number interface {
	float64 | float32 | complex128 | complex64 | int64 | int32
}

func add[T number](x, y T) T { return x + y }
func mul[T number](x, y T) T { return x * y }

func mulComplex[T complexes](x, y T) T { return T(mulNode.Scalar().C2(complex128(x), complex128(y))) }

// larger and smaller are simd.Max and simd.Min at one element.
func larger[T float64 | float32 | int64 | int32](x, y T) T {
	if x > y || x != x {
		return x
	}
	return y
}

func smaller[T float64 | float32 | int64 | int32](x, y T) T {
	if x < y || x != x {
		return x
	}
	return y
}

// sumLeaf is simd.Sum of at most a leaf; a few numbers are added without a call.
func sumLeaf(x []float64) float64 {
	if len(x) > 8 {
		return simd.Sum(x)
	}
	var l [8]float64
	for i, v := range x {
		l[i] = 0 + v // 0 + -0 is 0, as in a lane
	}
	s := ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
	if s != s {
		return math.NaN()
	}
	return s
}

// extremes is lanes of larger (or smaller) without a call for each element.
func extremes[T float64 | float32](zero T, most bool) *folder {
	f := folding1(zero, larger[T])
	if !most {
		f = folding1(zero, smaller[T])
	}
	f.leaf = func(part, x unsafe.Pointer, n int) {
		l := [8]T{zero, zero, zero, zero, zero, zero, zero, zero}
		for i, v := range unsafe.Slice((*T)(x), n) {
			if a := l[i&7]; !(a != a || most && a > v || !most && a < v) {
				l[i&7] = v
			}
		}
		g := smaller[T]
		if most {
			g = larger[T]
		}
		*(*T)(part) = canonical(g(g(g(l[0], l[4]), g(l[2], l[6])), g(g(l[1], l[5]), g(l[3], l[7]))))
	}
	return f
}

func addNumbers(x []float64) float64 {
	s := tree(x, add[float64])
	if s != s {
		return math.NaN()
	}
	return s
}

// sum64 is simd.Sum; sum32 adds in float64 and rounds once.
var sum64 = &folder{
	size: 8,
	leaf: func(part, x unsafe.Pointer, n int) { *(*float64)(part) = sumLeaf(unsafe.Slice((*float64)(x), n)) },
	tree: func(out, parts unsafe.Pointer, n int) {
		*(*float64)(out) = addNumbers(unsafe.Slice((*float64)(parts), n))
	},
	zero: func(out unsafe.Pointer) { *(*float64)(out) = 0 },
}

var sum32 = &folder{
	size: 8,
	leaf: func(part, x unsafe.Pointer, n int) {
		if n <= 8 {
			var few [8]float64
			for i, v := range unsafe.Slice((*float32)(x), n) {
				few[i] = float64(v)
			}
			*(*float64)(part) = sumLeaf(few[:n])
			return
		}
		var wide [leafLen]float64
		simd.Widen(wide[:n], unsafe.Slice((*float32)(x), n))
		*(*float64)(part) = sumLeaf(wide[:n])
	},
	tree: func(out, parts unsafe.Pointer, n int) {
		*(*float32)(out) = float32(addNumbers(unsafe.Slice((*float64)(parts), n)))
	},
	zero: func(out unsafe.Pointer) { *(*float32)(out) = 0 },
}

var folders = map[expr.Op]map[array.Dtype]*folder{
	expr.OpReduceSum: {array.Float64: sum64, array.Float32: sum32, array.Complex128: folding1(0, add[complex128]), array.Complex64: folding1(0, add[complex64]),
		array.Int64: folding1(0, add[int64]), array.Int32: folding1(0, add[int32])},
	expr.OpReduceProd: {array.Float64: folding1(1, mul[float64]), array.Float32: folding1(1, mul[float32]), array.Complex128: folding1(1, mulComplex[complex128]),
		array.Complex64: folding1(1, mulComplex[complex64]), array.Int64: folding1(1, mul[int64]), array.Int32: folding1(1, mul[int32])},
	expr.OpReduceMax: {array.Float64: extremes(math.Inf(-1), true), array.Float32: extremes(float32(math.Inf(-1)), true),
		array.Int64: folding1(math.MinInt64, larger[int64]), array.Int32: folding1(math.MinInt32, larger[int32])},
	expr.OpReduceMin: {array.Float64: extremes(math.Inf(1), false), array.Float32: extremes(float32(math.Inf(1)), false),
		array.Int64: folding1(math.MaxInt64, smaller[int64]), array.Int32: folding1(math.MaxInt32, smaller[int32])},
	expr.OpReduceAny: {array.Bool: folding1(0, func(x, y uint8) uint8 { return x | y })},
	expr.OpReduceAll: {array.Bool: folding1(1, func(x, y uint8) uint8 { return x & y })},
}

func folderOf(op expr.Op, d array.Dtype) *folder { return folders[op][d] }

func hasColumns(d array.Dtype) bool { return d == array.Float64 || d == array.Float32 }
