package lattice

import (
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/rng"
)

// wolffGraph grows clusters on any graph, with any couplings.
type wolffGraph struct {
	model *Ising
	graph *geometry.Graph
	state []uint8  // bit 0: spin up; bit 1: in the cluster
	join  []uint64 // parallel to graph.To: the threshold of the bond; bit 63: antiferromagnetic
}

const (
	inCluster = 2
	antiferro = 63
)

func newWolffGraph(m *Ising, g *geometry.Graph) *wolffGraph {
	w := &wolffGraph{model: m, graph: g, state: make([]uint8, g.Sites), join: make([]uint64, len(g.To))}
	for i := range w.state {
		w.state[i] = 1
	}
	return w
}

func (w *wolffGraph) SetKT(kT float64) {
	for e, b := range w.graph.Bond {
		J := w.model.J.At(int(b))
		w.join[e] = uint64(joinThreshold(J, kT))
		if J < 0 {
			w.join[e] |= 1 << antiferro
		}
	}
}

func (w *wolffGraph) plant(c *cluster) { w.state[c.queue[0]] |= inCluster }

func (w *wolffGraph) resume(c *cluster) {
	for _, i := range c.queue[:c.tail] {
		w.state[i] |= inCluster
	}
}

// grow keeps the spins as they were until the cluster is finished: in a frustrated loop an unsatisfied bond lies inside it, and would look
// satisfied with one end flipped.
func (w *wolffGraph) grow(c *cluster) {
	if c.head > 0 {
		c.stream.Reset(c.own.Fold(uint64(c.head)), c.step)
	}
	g := w.graph
	for stop := c.head + visitsPerCheck/16; c.head < min(c.tail, stop); c.head++ {
		i := c.queue[c.head]
		for e := g.Start[i]; e < g.Start[i+1]; e++ {
			j, join := g.To[e], w.join[e]
			if w.state[j]&inCluster != 0 || (uint8(join>>antiferro)^w.state[i]^w.state[j])&1 != 0 {
				continue
			}
			if c.stream.Bernoulli(rng.Threshold(join &^ (1 << antiferro))) {
				w.state[j] |= inCluster
				c.queue[c.tail] = j
				c.tail++
			}
		}
	}
}

func (w *wolffGraph) harvest(c *cluster) {
	for _, i := range c.queue[:c.tail] {
		w.state[i] ^= 1 | inCluster
	}
}

func (w *wolffGraph) Read(dst []int8) {
	for i, x := range w.state {
		dst[i] = int8(x&1)*2 - 1
	}
}

func (w *wolffGraph) Write(src []int8) {
	for i, s := range src {
		w.state[i] = uint8(s+1) >> 1
	}
}

func (w *wolffGraph) Energy() float64 {
	sum := 0.0
	for b, ends := range w.graph.Ends {
		s := int8((w.state[ends[0]]^w.state[ends[1]])&1)*2 - 1
		sum += float64(w.model.J.At(b) * float64(s))
	}
	return sum
}

func (w *wolffGraph) magnetization() float64 {
	up := 0
	for _, x := range w.state {
		up += int(x & 1)
	}
	return float64(2*up - len(w.state))
}
