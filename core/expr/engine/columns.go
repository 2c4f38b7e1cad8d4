package engine

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
)

// columnBlock is the number of columns that are folded together: eight lanes of them stay in the nearest cache.
const columnBlock = 256

// columnRoom is the scratch of a block in bytes: lanes, the fold of a leaf, the tree's stack.
const columnRoom = (8+1+32)*columnBlock*8 + 64

// columns adds a stage that folds the middle axis of x (outer, length, inner) in the order of the rows' folds.
func (pl *planner) columns(n *expr.Node, how *folding, x, out int32) int32 {
	blocks := (how.inner + columnBlock - 1) / columnBlock
	s := stage{name: n.Op.String() + " of columns", reads: []int32{x}, writes: []int32{out}, units: how.outer * blocks, canonical: true}
	s.cost = 0.2 * float64(how.outer*how.length*how.inner)
	single := n.Type.Dtype == array.Float32
	switch {
	case n.Op == expr.OpReduceSum && single:
		s.unit = func(f *frame, u int) { sumBlock[float32](f, how, x, out, u/blocks, u%blocks*columnBlock) }
	case n.Op == expr.OpReduceSum:
		s.unit = func(f *frame, u int) { sumBlock[float64](f, how, x, out, u/blocks, u%blocks*columnBlock) }
	case single:
		c := columnsOf[float32](n.Op)
		s.unit = func(f *frame, u int) { foldBlock(f, c, how, x, out, u/blocks, u%blocks*columnBlock) }
	default:
		c := columnsOf[float64](n.Op)
		s.unit = func(f *frame, u int) { foldBlock(f, c, how, x, out, u/blocks, u%blocks*columnBlock) }
	}
	return pl.addStage(s)
}

// columnFold folds whole rows.
type columnFold[T simd.Real] struct {
	zero T
	fold func(dst, a, b []T)
}

func columnsOf[T simd.Real](op expr.Op) *columnFold[T] {
	switch op {
	case expr.OpReduceProd:
		return &columnFold[T]{1, simd.Mul[T]}
	case expr.OpReduceMax:
		return &columnFold[T]{T(math.Inf(-1)), simd.Max[T]}
	}
	return &columnFold[T]{T(math.Inf(1)), simd.Min[T]}
}

// block is the part of x and out that block from of columns at an outer index has.
func block[T simd.Real](f *frame, how *folding, x, out int32, outer, from int) (rows, result []T) {
	rows = unsafe.Slice((*T)(f.ptr[x]), how.outer*how.length*how.inner)[outer*how.length*how.inner+from:]
	result = unsafe.Slice((*T)(f.ptr[out]), how.outer*how.inner)[outer*how.inner+from:][:min(columnBlock, how.inner-from)]
	return rows, result
}

func foldBlock[T simd.Real](f *frame, c *columnFold[T], how *folding, x, out int32, outer, from int) {
	rows, result := block[T](f, how, x, out, outer, from)
	room := scratch[T](f, columnRoom/8)
	treeOfRows(room[8*columnBlock:], len(result), how.length, c.fold, func(dst []T, at, n int) { c.leaf(dst, room, rows[at*how.inner:], how.inner, n) })
	simd.Canonical(result, room[8*columnBlock:][:len(result)])
}

// sumBlock adds in float64 and rounds once.
func sumBlock[T simd.Real](f *frame, how *folding, x, out int32, outer, from int) {
	rows, result := block[T](f, how, x, out, outer, from)
	if sum, ok := any(result).([]float64); ok && how.length <= leafLen {
		simd.SumColumns(sum, rows, how.inner, how.length)
		simd.Canonical(sum, sum)
		return
	}
	room := scratch[float64](f, columnRoom/8)
	treeOfRows(room, len(result), how.length, simd.Add[float64], func(dst []float64, at, n int) { simd.SumColumns(dst, rows[at*how.inner:], how.inner, n) })
	sum := room[:len(result)]
	simd.Canonical(sum, sum)
	switch result := any(result).(type) {
	case []float64:
		copy(result, sum)
	case []float32:
		simd.Narrow(result, sum)
	}
}

// leaf folds n rows of w columns, stride apart, into dst; room holds the lanes. See the function lanes.
func (c *columnFold[T]) leaf(dst, room, rows []T, stride, n int) {
	w := len(dst)
	lane := func(k int) []T { return room[k*columnBlock:][:w] }
	none := [1]T{c.zero}
	for i := range min(n, 8) {
		c.fold(lane(i), none[:], rows[i*stride:][:w])
	}
	for i := n; i < 8; i++ {
		l := lane(i)
		for j := range l {
			l[j] = c.zero
		}
	}
	for i := 8; i < n; i++ {
		c.fold(lane(i&7), lane(i&7), rows[i*stride:][:w])
	}
	for _, p := range [...][2]int{{0, 4}, {2, 6}, {0, 2}, {1, 5}, {3, 7}, {1, 3}} {
		c.fold(lane(p[0]), lane(p[0]), lane(p[1]))
	}
	c.fold(dst, lane(0), lane(1))
}

// treeOfRows folds rows 0..length-1 of w columns into room[:w], leaf by leaf; see the function tree. The stack stands behind.
func treeOfRows[T simd.Real](room []T, w, length int, fold func(dst, a, b []T), leaf func(dst []T, at, n int)) {
	top := room[:w]
	level := func(k int) []T { return room[(1+k)*columnBlock:][:w] }
	depth := 0
	for at, n := 0, 0; ; n++ {
		rows := min(leafLen, length-at)
		leaf(top, at, rows)
		if at += rows; at == length {
			break
		}
		for m := n; m&1 != 0; m >>= 1 {
			depth--
			fold(top, level(depth), top)
		}
		copy(level(depth), top)
		depth++
	}
	for depth > 0 {
		depth--
		fold(top, level(depth), top)
	}
}
