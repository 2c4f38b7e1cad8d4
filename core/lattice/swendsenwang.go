package lattice

import (
	"context"
	"fmt"
	"io"
	"math/bits"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

func prepareSwendsenWang(m *Ising, _ *moves.SwendsenWang) (builder, error) {
	if _, err := array.Plan(m.Lattice.Sites(), 16, fmt.Sprintf("a walker of %d sites", m.Lattice.Sites())); err != nil {
		return nil, err
	}
	if h := newHypercube(&m.Lattice); fitsRows(m, &h) {
		return func(at contract.Walker) (kernel, error) { return newSwendsenWang(m, newRows(m, h), at), nil }, nil
	}
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	return func(at contract.Walker) (kernel, error) { return newSwendsenWang(m, newNetwork(m, g), at), nil }, nil
}

func newSwendsenWang(m *Ising, body partition, at contract.Walker) *swendsenWang {
	s := &swendsenWang{partition: body, n: m.Lattice.Sites(), key: at.Key}
	s.SetKT(at.Params.KT)
	return s
}

// partition is a configuration that is divided into clusters. Node 0 of its forest is the ghost.
type partition interface {
	// update divides and turns clusters over. An update that ctx ends has changed nothing and starts anew.
	update(ctx context.Context, key rng.Key, step uint64, team *par.Team) (clusters int, err error)
	clusterSizes() []int64
	SetKT(kT float64)
	Read(dst []int8)
	Write(src []int8)
	Energy() float64
	magnetization() float64
}

type swendsenWang struct {
	partition
	n    int
	key  rng.Key
	tell swendsenWangState
}

type swendsenWangState struct {
	Done            int64 // updates made
	Counted, Number int64 // updates since warm-up, clusters in them
}

func (s *swendsenWang) SweepTo(ctx context.Context, target int64, team *par.Team) error {
	for s.tell.Done < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		clusters, err := s.update(ctx, s.key, uint64(s.tell.Done), team)
		if err != nil {
			return err
		}
		s.tell.Done++
		s.tell.Counted++
		s.tell.Number += int64(clusters)
	}
	return nil
}

func (s *swendsenWang) Sweeps() int64 { return s.tell.Done }

func (s *swendsenWang) Warm() { s.tell.Counted, s.tell.Number = 0, 0 }

func (s *swendsenWang) Info() map[string]float64 {
	return map[string]float64{
		"clusters":     float64(s.tell.Number) / float64(max(s.tell.Counted, 1)),
		"cluster_size": float64(s.n) * float64(s.tell.Counted) / float64(max(s.tell.Number, 1)),
	}
}

func (s *swendsenWang) Save(w io.Writer) error {
	spins := make([]int8, s.n)
	s.Read(spins)
	return saved.Put(w, &s.tell, spins)
}

func (s *swendsenWang) Load(r io.Reader) error {
	var tell swendsenWangState
	if err := saved.Get(r, &tell); err != nil {
		return err
	}
	if tell.Done < 0 || tell.Counted < 0 || tell.Number < 0 {
		return spec.Errorf(spec.CheckpointError, "SwendsenWang: expected counters of at least 0, the saved state has %+v", tell)
	}
	spins, err := savedSpins(r, s.n)
	if err != nil {
		return err
	}
	s.tell = tell
	s.Write(spins)
	return nil
}

// half is the probability with which a cluster turns over.
var half = []rng.Threshold{rng.NewThreshold(0.5)}

const flipPurpose = 0x666c6970 // folds a walker's key into the one of the clusters' orientations

// orient flattens the forest, tosses a fair coin for every root but the ghost, by the number of its node, and counts them.
func orient(coins, roots [][8]uint64, f walkers.Forest, key rng.Key, step uint64) (clusters int) {
	groups := len(f)/512 + 1
	mark := flat(roots[:groups])
	f.Flatten(mark)
	mark[0] &^= 1
	for _, m := range mark {
		clusters += bits.OnesCount64(m)
	}
	key.Fold(flipPurpose).BernoulliRun(coins[:groups], step, 0, roots[:groups], half)
	return clusters
}

func coin(coins []uint64, node int32) uint64 { return coins[node>>6] >> (node & 63) & 1 }
