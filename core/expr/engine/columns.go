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

// columnRoom is the scratch of a block in bytes: lanes, one widened row, the tree's stack.
const columnRoom = (8 + 1 + 32) * columnBlock * 8

// columns adds a stage that folds the middle axis of x (outer, length, inner) in the order of the rows' folds.
func (pl *planner) columns(n *expr.Node, how *folding, x, out int32) int32 {
	blocks := (how.inner + columnBlock - 1) / columnBlock
	units := how.outer * blocks
	cost := 0.2 * float64(how.outer*how.length*how.inner)
	unit := func(f *frame, u int) {
		outer, from := u/blocks, u%blocks*columnBlock
		w := min(columnBlock, how.inner-from)
		at := outer*how.length*how.inner + from
		px, po := f.ptr[x], f.ptr[out]
		if n.Type.Dtype == array.Float64 {
			foldColumns(f, n.Op, unsafe.Slice((*float64)(po), how.outer*how.inner)[outer*how.inner+from:][:w],
				unsafe.Slice((*float64)(px), how.outer*how.length*how.inner)[at:], how.length, how.inner)
			return
		}
		x32 := unsafe.Slice((*float32)(px), how.outer*how.length*how.inner)[at:]
		out32 := unsafe.Slice((*float32)(po), how.outer*how.inner)[outer*how.inner+from:][:w]
		foldColumns32(f, n.Op, out32, x32, how.length, how.inner)
	}
	return pl.addStage(stage{name: n.Op.String() + " of columns", reads: []int32{x}, writes: []int32{out}, units: units, unit: unit, cost: cost})
}

// column is the pair of kernels of a fold.
func column[T simd.Real](op expr.Op) (zero T, f func(dst, a, b []T)) {
	switch op {
	case expr.OpReduceProd:
		return 1, simd.Mul[T]
	case expr.OpReduceMax:
		return T(math.Inf(-1)), simd.Max[T]
	case expr.OpReduceMin:
		return T(math.Inf(1)), simd.Min[T]
	}
	return 0, simd.Add[T]
}

func foldColumns[T simd.Real](f *frame, op expr.Op, out, x []T, length, stride int) {
	zero, fold := column[T](op)
	room := scratch[T](f, columnRoom/8)
	columnTree(room, zero, fold, len(out), length, func(i int) []T { return x[i*stride:][:len(out)] })
	copy(out, room[:len(out)])
	if op == expr.OpReduceSum {
		simd.Canonical(out, out)
	}
}

// foldColumns32 adds in float64 and rounds once; other folds need no more digits.
func foldColumns32(f *frame, op expr.Op, out, x []float32, length, stride int) {
	if op != expr.OpReduceSum {
		foldColumns(f, op, out, x, length, stride)
		return
	}
	zero, fold := column[float64](op)
	room := scratch[float64](f, columnRoom/8)
	wide := room[8*columnBlock : 9*columnBlock][:len(out)]
	columnTree(room, zero, fold, len(out), length, func(i int) []float64 {
		simd.Widen(wide, x[i*stride:][:len(out)])
		return wide
	})
	simd.Canonical(room[:len(out)], room[:len(out)])
	simd.Narrow(out, room[:len(out)])
}

// columnTree folds rows 0..length-1 of w columns into room[:w]; see tree and lanes.
func columnTree[T any](room []T, zero T, fold func(dst, a, b []T), w, length int, row func(i int) []T) {
	lane := func(k int) []T { return room[k*columnBlock:][:w] }
	stack := room[9*columnBlock:]
	level := func(k int) []T { return stack[k*columnBlock:][:w] }
	depth := 0
	none := [1]T{zero}
	for leaf := 0; ; leaf++ {
		from := leaf * leafLen
		rows := min(leafLen, length-from)
		for i := range min(rows, 8) {
			fold(lane(i), none[:], row(from+i))
		}
		for i := rows; i < 8; i++ {
			l := lane(i)
			for j := range l {
				l[j] = zero
			}
		}
		for i := 8; i < rows; i++ {
			fold(lane(i&7), lane(i&7), row(from+i))
		}
		for _, p := range [...][2]int{{0, 4}, {2, 6}, {0, 2}, {1, 5}, {3, 7}, {1, 3}, {0, 1}} {
			fold(lane(p[0]), lane(p[0]), lane(p[1]))
		}
		if from+rows == length {
			break
		}
		for m := leaf; m&1 != 0; m >>= 1 {
			depth--
			fold(lane(0), level(depth), lane(0))
		}
		copy(level(depth), lane(0))
		depth++
	}
	for depth > 0 {
		depth--
		fold(lane(0), level(depth), lane(0))
	}
}
