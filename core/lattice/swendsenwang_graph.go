package lattice

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
)

// network divides any graph into clusters, with any couplings and fields. Site i is node i + 1.
type network struct {
	model        *Ising
	graph        *geometry.Graph
	state        []uint8 // 1: up
	join         []rng.Threshold
	ghost        []rng.Threshold // none: no fields
	forest       walkers.Forest
	roots, coins [][8]uint64
	divided      bool
	sizes, tally []int64
}

func newNetwork(m *Ising, g *geometry.Graph) *network {
	n := &network{
		model: m, graph: g, state: make([]uint8, g.Sites), join: make([]rng.Threshold, len(g.Ends)),
		forest: make(walkers.Forest, g.Sites+1), roots: make([][8]uint64, g.Sites/512+2), coins: make([][8]uint64, g.Sites/512+2),
	}
	if !m.H.Zero() {
		n.ghost = make([]rng.Threshold, g.Sites)
	}
	for i := range n.state {
		n.state[i] = 1
	}
	return n
}

func (n *network) SetKT(kT float64) {
	for b := range n.join {
		n.join[b] = joinThreshold(n.model.J.At(b), kT)
	}
	for i := range n.ghost {
		n.ghost[i] = joinThreshold(n.model.H.At(i), kT)
	}
}

func (n *network) update(ctx context.Context, key rng.Key, step uint64, _ *par.Team) (int, error) {
	n.divided = false
	n.forest.Reset()
	stream := key.Stream(step)
	for b, ends := range n.graph.Ends {
		if b%visitsPerCheck == visitsPerCheck-1 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
		}
		broken := n.state[ends[0]] ^ n.state[ends[1]]
		if broken == negative(n.model.J.At(b)) && stream.Bernoulli(n.join[b]) {
			n.forest.Join(ends[0]+1, ends[1]+1)
		}
	}
	for i, t := range n.ghost {
		if n.state[i] != negative(n.model.H.At(i)) && stream.Bernoulli(t) {
			n.forest.Join(0, int32(i)+1)
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	clusters := orient(n.coins, n.roots, n.forest, key, step)
	up := flat(n.coins)
	for i := range n.state {
		n.state[i] ^= uint8(coin(up, n.forest[i+1]))
	}
	n.divided = true
	return clusters, nil
}

// negative is 1 for x < 0.
func negative(x float64) uint8 { return uint8(math.Float64bits(x) >> 63) }

func (n *network) clusterSizes() []int64 {
	n.sizes = n.sizes[:0]
	if !n.divided {
		return n.sizes
	}
	if n.tally == nil {
		n.tally = make([]int64, len(n.forest))
	}
	clear(n.tally)
	for _, root := range n.forest[1:] {
		n.tally[root]++
	}
	for x, root := range n.forest {
		if int(root) == x && (x > 0 || n.ghost != nil) {
			n.sizes = append(n.sizes, n.tally[x])
		}
	}
	return n.sizes
}

func (n *network) Read(dst []int8) {
	for i, x := range n.state {
		dst[i] = int8(x)*2 - 1
	}
}

func (n *network) Write(src []int8) {
	n.divided = false
	for i, s := range src {
		n.state[i] = uint8(s+1) >> 1
	}
}

func (n *network) Energy() float64 {
	sum := 0.0
	for b, ends := range n.graph.Ends {
		sum -= float64(n.model.J.At(b) * spin(1^n.state[ends[0]]^n.state[ends[1]]))
	}
	for i := range n.ghost {
		sum -= float64(n.model.H.At(i) * spin(n.state[i]))
	}
	return sum
}

func (n *network) magnetization() float64 {
	up := 0
	for _, x := range n.state {
		up += int(x)
	}
	return float64(2*up - len(n.state))
}

// spin is +1 for 1 and -1 for 0.
func spin(up uint8) float64 { return float64(2*int(up) - 1) }
