package lattice

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

func prepareWolff(m *Ising, _ *moves.Wolff) (builder, error) {
	if !m.H.Zero() {
		has := fmt.Sprintf("h = %v", m.H.Scalar)
		if !m.H.Uniform() {
			has = fmt.Sprintf("h of shape %v", m.H.Shape)
		}
		return nil, spec.Mismatch("Wolff", "a model without site fields", "an Ising with "+has).Try("SwendsenWang()")
	}
	if _, err := array.Plan(m.Lattice.Sites(), 6, fmt.Sprintf("a walker of %d sites", m.Lattice.Sites())); err != nil {
		return nil, err
	}
	body, err := wolffBodies(m)
	if err != nil {
		return nil, err
	}
	return func(at contract.Walker) (kernel, error) { return newWolff(m.Lattice.Sites(), body(), at), nil }, nil
}

// wolffBodies makes bodies with all spins up, in the layout that fits the model.
func wolffBodies(m *Ising) (func() wolffBody, error) {
	if h := newHypercube(&m.Lattice); fitsWolffLattice(m, &h) {
		return func() wolffBody { return newWolffLattice(m.J.Scalar, h) }, nil
	}
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	return func() wolffBody { return newWolffGraph(m, g) }, nil
}

func newWolff(n int, body wolffBody, at contract.Walker) *wolff {
	w := &wolff{body: body, n: n, key: at.Key, state: wolffState{Count: 1, Warming: true}}
	w.cluster.queue = make([]int32, n+1)
	w.SetKT(at.Params.KT)
	return w
}

// wolffBody is a configuration in which clusters grow.
type wolffBody interface {
	// plant makes a site the first of a cluster, grow visits at most visitsPerCheck sites of it, harvest flips it if growing did not.
	plant(c *cluster)
	grow(c *cluster)
	harvest(c *cluster)
	SetKT(kT float64)
	Read(dst []int8)
	Write(src []int8)
	// resume prepares for going on with a cluster that was saved half-grown.
	resume(c *cluster)
	Energy() float64
	magnetization() float64
}

// cluster is one cluster while it grows, breadth first: the sites up to head have been visited, those up to tail have joined.
type cluster struct {
	queue      []int32
	head, tail int
	key        rng.Key    // the walker's
	step       uint64     // sweep
	own        rng.Key    // of this cluster
	stream     rng.Stream // of this cluster, anew at every call of grow
	coins      uint64     // that were dealt in this sweep
}

type wolffState struct {
	Done    int64 // sweeps finished
	Move    int64 // clusters finished in this sweep
	Count   int64 // clusters a sweep, after warm-up
	Visited int64 // sites of the clusters finished in this sweep
	Coins   uint64
	Warming bool
	// Clusters and sites in them: of this and the previous octave of sweeps in warm-up, of all since then.
	Clusters, Sites         int64
	PrevClusters, PrevSites int64
	Tail, Head              int64
}

type wolff struct {
	body    wolffBody
	n       int
	key     rng.Key
	state   wolffState
	cluster cluster
	visits  int // since the last look at the context
}

func (w *wolff) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	s, c := &w.state, &w.cluster
	for s.Done < target {
		for !w.complete() {
			if c.tail == 0 {
				w.start()
			}
			for c.head < c.tail {
				before := c.head
				w.body.grow(c)
				if w.visits += c.head - before + 16; w.visits >= visitsPerCheck {
					w.visits = 0
					if err := ctx.Err(); err != nil {
						return err
					}
				}
			}
			w.body.harvest(c)
			s.Clusters++
			s.Sites += int64(c.tail)
			s.Visited += int64(c.tail)
			c.head, c.tail = 0, 0
			s.Move++
		}
		s.Done++
		s.Move, s.Visited = 0, 0
		c.coins = 0
		if s.Warming && s.Done&(s.Done-1) == 0 {
			// The earlier half is forgotten: what is kept is of this and the previous octave of sweeps.
			s.PrevClusters, s.PrevSites = s.Clusters, s.Sites
			s.Clusters, s.Sites = 0, 0
		}
	}
	return nil
}

func (w *wolff) start() {
	c := &w.cluster
	c.key, c.step = w.key, uint64(w.state.Done)
	c.own = w.key.Fold(uint64(w.state.Move))
	c.stream.Reset(c.own, c.step)
	c.queue[0] = int32(c.stream.Below(w.n))
	c.head, c.tail = 0, 1
	w.body.plant(c)
}

func (w *wolff) complete() bool {
	if w.state.Warming {
		return w.state.Visited >= int64(w.n)
	}
	return w.state.Move >= w.state.Count
}

func (w *wolff) Warm() {
	s := &w.state
	if !s.Warming {
		return
	}
	if s.Done > 0 {
		mean := float64(s.Sites+s.PrevSites) / float64(s.Clusters+s.PrevClusters)
		s.Count = max(1, int64(math.RoundToEven(float64(w.n)/mean)))
	}
	s.Warming = false
	s.Clusters, s.Sites, s.PrevClusters, s.PrevSites = 0, 0, 0, 0
}

func (w *wolff) Sweeps() int64          { return w.state.Done }
func (w *wolff) Read(dst []int8)        { w.body.Read(dst) }
func (w *wolff) Energy() float64        { return w.body.Energy() }
func (w *wolff) magnetization() float64 { return w.body.magnetization() }
func (w *wolff) SetKT(kT float64)       { w.body.SetKT(kT) }

// write drops a cluster that was growing in the configuration it replaces.
func (w *wolff) Write(src []int8) {
	w.cluster.head, w.cluster.tail = 0, 0
	w.body.Write(src)
}

func (w *wolff) Info() map[string]float64 {
	s := &w.state
	return map[string]float64{
		"clusters":           float64(s.Clusters),
		"cluster_size":       float64(s.Sites) / float64(max(s.Clusters, 1)),
		"clusters_per_sweep": float64(s.Count),
	}
}

func (w *wolff) Save(out io.Writer) error {
	s, c := w.state, &w.cluster
	s.Head, s.Tail, s.Coins = int64(c.head), int64(c.tail), c.coins
	spins := make([]int8, w.n)
	w.body.Read(spins)
	return saved.Put(out, &s, c.queue[:c.tail], spins)
}

func (w *wolff) Load(in io.Reader) error {
	var s wolffState
	if err := saved.Get(in, &s); err != nil {
		return err
	}
	if s.Done < 0 || s.Move < 0 || s.Visited < 0 || s.Count < 1 || s.Head < 0 || s.Head > s.Tail || s.Tail > int64(w.n) || s.Clusters < 0 || s.Sites < 0 {
		return spec.Errorf(spec.CheckpointError, "Wolff: expected counters in their range, the saved state has %+v", s)
	}
	queue := make([]int32, s.Tail)
	if err := saved.Get(in, queue); err != nil {
		return err
	}
	for _, i := range queue {
		if i < 0 || int(i) >= w.n {
			return spec.Errorf(spec.CheckpointError, "Wolff: expected sites below %d, the saved cluster has %d", w.n, i)
		}
	}
	spins, err := savedSpins(in, w.n)
	if err != nil {
		return err
	}
	w.Write(spins)
	w.state = s
	c := &w.cluster
	copy(c.queue, queue)
	c.head, c.tail, c.coins = int(s.Head), int(s.Tail), s.Coins
	c.key, c.step, c.own = w.key, uint64(s.Done), w.key.Fold(uint64(s.Move))
	w.visits = 0
	w.body.resume(c)
	return nil
}
