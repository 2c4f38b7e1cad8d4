package factors

import (
	"container/heap"
	"slices"

	"github.com/ergodica/ergodica/core/spec"
)

const (
	widest  = 1 << 20 // states of the sites that are open at a time
	work    = 2e9     // terms of sums
	regular = 1 << 14 // most sites of a hypercubic lattice for which orders other than layer by layer are tried
)

// plan is an order in which sites are summed over, with those that each of them then still meets.
type plan struct {
	order []int32
	meet  [][]int32
	work  float64
	most  float64 // states of the largest table
}

// plan is the cheapest of a few orders: layer by layer along each axis of a hypercubic lattice, in the order of distances from an end of the graph, always
// the site with the fewest neighbours that are left.
func (m *Model) plan() (*plan, error) {
	near := m.neighbours()
	var best *plan
	take := func(p *plan) {
		if p != nil && (best == nil || p.work < best.work) {
			best = p
		}
	}
	if m.Shape == nil || m.Sites <= regular {
		take(m.greedy(near))
	}
	for axis := range m.Shape {
		if m.Shape[axis] > 1 {
			take(m.follow(near, m.layers(axis)))
		}
	}
	if m.Shape == nil {
		take(m.follow(near, far(near)))
	}
	if best == nil {
		return nil, spec.Mismatch("TransferMatrix", "a strip, a tree or another graph of which few sites are open at a time (tables of at most 2^20 states)", "one that is wider").
			Try("Enumeration() of few sites, or sample")
	}
	if best.work > work {
		return nil, spec.Errorf(spec.SpecError, "TransferMatrix: %.1g operations, more than %.0g", best.work, work).Try("sample")
	}
	return best, nil
}

// layers is the order of sites in which the coordinate along an axis runs slowest.
func (m *Model) layers(axis int) []int32 {
	stride := 1
	for _, n := range m.Shape[axis+1:] {
		stride *= n
	}
	order := make([]int32, 0, m.Sites)
	for x := range m.Shape[axis] {
		for block := x * stride; block < m.Sites; block += stride * m.Shape[axis] {
			for i := block; i < block+stride; i++ {
				order = append(order, int32(i))
			}
		}
	}
	return order
}

// far orders sites by their distance from one that is far from the first, component after component (E. Cuthill, J. McKee, 1969).
func far(near [][]int32) (order []int32) {
	seen := make([]bool, len(near))
	walk := func(from int32, mark []bool) (reached []int32) {
		mark[from] = true
		reached = append(reached, from)
		for k := 0; k < len(reached); k++ {
			next := slices.Clone(near[reached[k]])
			slices.SortStableFunc(next, func(a, b int32) int { return len(near[a]) - len(near[b]) })
			for _, j := range next {
				if !mark[j] {
					mark[j] = true
					reached = append(reached, j)
				}
			}
		}
		return reached
	}
	probe := make([]bool, len(near))
	for i := range near {
		if !seen[i] {
			reached := walk(int32(i), probe)
			order = append(order, walk(reached[len(reached)-1], seen)...)
		}
	}
	return order
}

// sum takes site i out of the graph, joining its neighbours with each other; false where its table would be too large.
func (p *plan) sum(q int, near [][]int32, i int32) bool {
	meet := near[i]
	states := 1.0
	for range meet {
		if states *= float64(q); states > widest {
			return false
		}
	}
	p.order, p.meet = append(p.order, i), append(p.meet, meet)
	p.work += float64(states * float64(q))
	p.most = max(p.most, states)
	for _, a := range meet {
		both := make([]int32, 0, len(near[a])+len(meet)-2)
		x, y := near[a], meet
		for len(x) > 0 || len(y) > 0 {
			var next int32
			switch {
			case len(y) == 0 || (len(x) > 0 && x[0] < y[0]):
				next, x = x[0], x[1:]
			case len(x) == 0 || y[0] < x[0]:
				next, y = y[0], y[1:]
			default:
				next, x, y = x[0], x[1:], y[1:]
			}
			if next != a && next != i {
				both = append(both, next)
			}
		}
		near[a] = both
	}
	return p.work <= 1e3*work
}

func (m *Model) follow(near [][]int32, order []int32) *plan {
	p, near := new(plan), slices.Clone(near)
	for _, i := range order {
		if !p.sum(m.Q, near, i) {
			return nil
		}
	}
	return p
}

// waiting is a heap of sites by the number of their neighbours, then by number.
type waiting [][2]int32

func (w waiting) Len() int { return len(w) }
func (w waiting) Less(a, b int) bool {
	return w[a][0] < w[b][0] || (w[a][0] == w[b][0] && w[a][1] < w[b][1])
}
func (w waiting) Swap(a, b int) { w[a], w[b] = w[b], w[a] }
func (w *waiting) Push(x any)   { *w = append(*w, x.([2]int32)) }
func (w *waiting) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}

func (m *Model) greedy(near [][]int32) *plan {
	p, near := new(plan), slices.Clone(near)
	done := make([]bool, len(near))
	var w waiting
	for i := range near {
		w = append(w, [2]int32{int32(len(near[i])), int32(i)})
	}
	heap.Init(&w)
	for w.Len() > 0 {
		next := heap.Pop(&w).([2]int32)
		i := next[1]
		if done[i] || int(next[0]) != len(near[i]) {
			continue
		}
		done[i] = true
		if !p.sum(m.Q, near, i) {
			return nil
		}
		for _, a := range p.meet[len(p.meet)-1] {
			heap.Push(&w, [2]int32{int32(len(near[a])), a})
		}
	}
	return p
}
