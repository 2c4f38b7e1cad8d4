package engine

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/simd"
)

// chain joins sums, differences and products of two in one instruction where the first result has no other use: the tile is read and written
// half as often, and every number is rounded as before.
func (s *nest) chain() {
	if s.n <= few {
		return
	}
	uses := make([]int32, len(s.items))
	for i := range s.items {
		for _, a := range s.items[i].args {
			if a >= 0 {
				uses[a]++
			}
		}
	}
	for i := range s.items {
		it := &s.items[i]
		if !it.chains() {
			continue
		}
		second, _ := stepOf(it.node.Op)
		for k := 1; k >= 0; k-- {
			a := it.args[k]
			if a < 0 || uses[a] != 1 || s.items[a].mem >= 0 || !s.items[a].chains() {
				continue
			}
			from := &s.items[a]
			first, _ := stepOf(from.node.Op)
			if k == 1 && it.node.Op == expr.OpSub {
				second, it.from = simd.StepFrom, true
			}
			it.args = []int32{from.args[0], from.args[1], it.args[1-k]}
			it.also, it.cost = from.node, it.cost+0.05
			from.kind, from.args = iNothing, nil
			if it.node.Type.Dtype == array.Float64 {
				it.run = chainOf[float64](first, second)
			} else {
				it.run = chainOf[float32](first, second)
			}
			break
		}
	}
}

// chains tells that an item can be a part of a pair.
func (it *item) chains() bool {
	if it.kind != iCompute || it.also != nil || !hasColumns(it.node.Type.Dtype) {
		return false
	}
	_, ok := stepOf(it.node.Op)
	return ok
}
