package sandpile

import "github.com/ergodica/ergodica/core/rng"

// recurrent draws a recurrent state uniformly. Wilson's loop-erased walks make a uniform spanning tree towards the sink: edge e of site i leads to its e-th
// neighbour, or out where e is not below its degree. The tree is burnt from the sink: a site at distance d of the sink that has N edges to sites nearer
// than d and whose edge in the tree is number k of those to sites at d - 1 gets Delta_ii - N + k grains, so that it burns in step d and not
// before (Majumdar and Dhar).
func (m *Sandpile) recurrent(x []int32, u *rng.Stream) {
	g, n := m.graph, m.graph.Sites
	edge := make([]int32, n)  // by which the walk left a site for the last time
	depth := make([]int32, n) // in the tree; 0 outside
	to := func(i, e int32) int32 {
		if at := g.Start[i] + e; at < g.Start[i+1] {
			return g.To[at]
		}
		return -1
	}
	var path []int32
	for root := range int32(n) {
		i := root
		for i >= 0 && depth[i] == 0 {
			edge[i] = int32(u.Below(int(m.limit[i])))
			i = to(i, edge[i])
		}
		base := int32(0)
		if i >= 0 {
			base = depth[i]
		}
		path = path[:0]
		for i = root; i >= 0 && depth[i] == 0; i = to(i, edge[i]) {
			path = append(path, i)
		}
		for k, i := range path {
			depth[i] = base + int32(len(path)-k)
		}
	}
	for i := range int32(n) {
		nearer, rank := int32(0), int32(0)
		for e := range m.limit[i] {
			d := int32(0)
			if j := to(i, e); j >= 0 {
				d = depth[j]
			}
			if d < depth[i] {
				nearer++
			}
			if d == depth[i]-1 && e < edge[i] {
				rank++
			}
		}
		x[i] = m.limit[i] - nearer + rank
	}
}
