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

// columnRoom is the scratch of a block in bytes: lanes, one widened row, the tree's stack, the fold of nothing.
const columnRoom = (8+1+32)*columnBlock*8 + 64

// columns adds a stage that folds the middle axis of x (outer, length, inner) in the order of the rows' folds.
func (pl *planner) columns(n *expr.Node, how *folding, x, out int32) int32 {
	blocks := (how.inner + columnBlock - 1) / columnBlock
	s := stage{name: n.Op.String() + " of columns", reads: []int32{x}, writes: []int32{out}, units: how.outer * blocks}
	s.cost = 0.2 * float64(how.outer*how.length*how.inner)
	switch {
	case n.Type.Dtype == array.Float64:
		c := columnsOf[float64](n.Op)
		s.unit = func(f *frame, u int) { foldBlock(f, c, how, x, out, u/blocks, u%blocks*columnBlock) }
	case n.Op == expr.OpReduceSum:
		c := columnsOf[float64](n.Op)
		s.unit = func(f *frame, u int) { foldWide(f, c, how, x, out, u/blocks, u%blocks*columnBlock) }
	default:
		c := columnsOf[float32](n.Op)
		s.unit = func(f *frame, u int) { foldBlock(f, c, how, x, out, u/blocks, u%blocks*columnBlock) }
	}
	return pl.addStage(s)
}

// columnFold folds whole rows.
type columnFold[T simd.Real] struct {
	zero T
	fold func(dst, a, b []T)
	sum  bool
}

func columnsOf[T simd.Real](op expr.Op) *columnFold[T] {
	switch op {
	case expr.OpReduceProd:
		return &columnFold[T]{1, simd.Mul[T], false}
	case expr.OpReduceMax:
		return &columnFold[T]{T(math.Inf(-1)), simd.Max[T], false}
	case expr.OpReduceMin:
		return &columnFold[T]{T(math.Inf(1)), simd.Min[T], false}
	}
	return &columnFold[T]{0, simd.Add[T], true}
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
	c.tree(room, len(result), how.length, func(i int) []T { return rows[i*how.inner:][:len(result)] })
	copy(result, room)
	if c.sum {
		simd.Canonical(result, result)
	}
}

// foldWide adds float32 in float64 and rounds once.
func foldWide(f *frame, c *columnFold[float64], how *folding, x, out int32, outer, from int) {
	rows, result := block[float32](f, how, x, out, outer, from)
	room := scratch[float64](f, columnRoom/8)
	wide := room[8*columnBlock:][:len(result)]
	c.tree(room, len(result), how.length, func(i int) []float64 {
		simd.Widen(wide, rows[i*how.inner:][:len(result)])
		return wide
	})
	sum := room[:len(result)]
	simd.Canonical(sum, sum)
	simd.Narrow(result, sum)
}

// tree folds rows 0..length-1 of w columns into room[:w]; see the functions tree and lanes.
func (c *columnFold[T]) tree(room []T, w, length int, row func(i int) []T) {
	lane := func(k int) []T { return room[k*columnBlock:][:w] }
	level := func(k int) []T { return room[(9+k)*columnBlock:][:w] }
	none := room[len(room)-1:]
	none[0] = c.zero
	depth := 0
	for leaf := 0; ; leaf++ {
		from := leaf * leafLen
		rows := min(leafLen, length-from)
		for i := range min(rows, 8) {
			c.fold(lane(i), none, row(from+i))
		}
		for i := rows; i < 8; i++ {
			l := lane(i)
			for j := range l {
				l[j] = c.zero
			}
		}
		for i := 8; i < rows; i++ {
			c.fold(lane(i&7), lane(i&7), row(from+i))
		}
		for _, p := range [...][2]int{{0, 4}, {2, 6}, {0, 2}, {1, 5}, {3, 7}, {1, 3}, {0, 1}} {
			c.fold(lane(p[0]), lane(p[0]), lane(p[1]))
		}
		if from+rows == length {
			break
		}
		for m := leaf; m&1 != 0; m >>= 1 {
			depth--
			c.fold(lane(0), level(depth), lane(0))
		}
		copy(level(depth), lane(0))
		depth++
	}
	for depth > 0 {
		depth--
		c.fold(lane(0), level(depth), lane(0))
	}
}
