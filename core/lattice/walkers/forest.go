package walkers

// Forest is a set of nodes in trees; every parent is smaller than its child, so the root of a tree is its smallest node.
type Forest []int32

// Reset makes every node a tree.
func (f Forest) Reset() {
	for x := range f {
		f[x] = int32(x)
	}
}

// Root halves the path that it walks. A node and its child take the same way through it, so that few of its branches surprise.
func (f Forest) Root(x int32) int32 {
	for {
		p := f[x]
		g := f[p]
		f[x] = g
		if p == g {
			return p
		}
		x = g
	}
}

// Join makes one tree of two.
func (f Forest) Join(x, y int32) {
	x, y = f.Root(x), f.Root(y)
	f[max(x, y)] = min(x, y)
}

// Flatten makes every parent a root, and marks the roots, one bit a node.
func (f Forest) Flatten(roots []uint64) {
	for k := range roots {
		first := 64 * k
		part := f[min(first, len(f)):min(first+64, len(f))]
		mark := uint64(0)
		for i, p := range part {
			p = f[p]
			part[i] = p
			mark |= zero(uint32(p)-uint32(first+i)) << i
		}
		roots[k] = mark
	}
}

// zero is 1 for 0, else 0.
func zero(x uint32) uint64 { return (uint64(x) - 1) >> 63 }
