package lattice

import (
	"context"
	"fmt"
	"io"
	"math/bits"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// SwendsenWang divides the whole system into clusters and turns each over with probability 1/2. A sweep is one such update.
//
// Every satisfied bond, J_ij s_i s_j > 0, is kept with probability
//
//	p_ij = 1 - exp(-2 |J_ij| / kT);
//
// sites that hang together by kept bonds are a cluster of the representation of Fortuin and Kasteleyn. Any graph and any signs and sizes of
// J_ij are allowed. Fields act through one more spin, the ghost, which site i meets with the strength |h_i|: if h_i s_i > 0 the bond
// between them is kept with probability 1 - exp(-2 |h_i| / kT), and the cluster of the ghost keeps its orientation. The update obeys
// detailed balance with respect to exp(-E/kT). kT = 0 is allowed, but then no cluster ever breaks up. In strong random fields and in
// frustrated systems the method is correct but not fast.
//
// On hypercubic lattices with one J (and at most 16 different |h_i|) bonds are bits of words and clusters are joined from runs of bonded
// sites along the last axis; other systems take a slower general path with the same law.
//
// Beside the observables of every method there are
//
//	cluster_sizes             ragged: the sizes of the clusters of the last update, in the order of their smallest sites; with fields the
//	                          cluster of the ghost, not counting the ghost and possibly empty, comes first
//	cluster_magnetization^2   sum_c (n_c/N)^2, the mean of m^2 over all orientations of these clusters: the improved estimator, for J >= 0
//	                          without fields; in the disordered phase its variance is the smaller one
//
// # Info
//
//	clusters       mean number of clusters in an update since the end of the warm-up, the ghost's not counted
//	cluster_size   N over that
//
// # Examples
//
//	>>> magnet = erg.lattice.Ising((32, 32), h=0.01)
//	>>> run = erg.sample(magnet, erg.SwendsenWang(), kT=2.0, sweeps=2000, warmup=100, seed=1)
//	>>> print(round(float(run["magnetization"].mean()), 1))
//	0.9
//
// # References
//
// R. H. Swendsen, J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987).
type SwendsenWang struct{}

const swendsenWangCite = "R. H. Swendsen, J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86"

func prepareSwendsenWang(m *Ising, _ *SwendsenWang) (builder, error) {
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
	s.setKT(at.Params.KT)
	return s
}

// partition is a configuration that is divided into clusters. Node 0 of its forest is the ghost.
type partition interface {
	// update divides and turns clusters over. An update that ctx ends has changed nothing and starts anew.
	update(ctx context.Context, key rng.Key, step uint64, team *par.Team) (clusters int, err error)
	clusterSizes() []int64
	setKT(kT float64)
	read(dst []int8)
	write(src []int8)
	energy() float64
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

func (s *swendsenWang) sweepTo(ctx context.Context, target int64, team *par.Team) error {
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

func (s *swendsenWang) sweeps() int64 { return s.tell.Done }

func (s *swendsenWang) warm() { s.tell.Counted, s.tell.Number = 0, 0 }

func (s *swendsenWang) info() map[string]float64 {
	return map[string]float64{
		"clusters":     float64(s.tell.Number) / float64(max(s.tell.Counted, 1)),
		"cluster_size": float64(s.n) * float64(s.tell.Counted) / float64(max(s.tell.Number, 1)),
	}
}

func (s *swendsenWang) save(w io.Writer) error {
	spins := make([]int8, s.n)
	s.read(spins)
	return saved.Put(w, &s.tell, spins)
}

func (s *swendsenWang) load(r io.Reader) error {
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
	s.write(spins)
	return nil
}

// half is the probability with which a cluster turns over.
var half = []rng.Threshold{rng.NewThreshold(0.5)}

const flipPurpose = 0x666c6970 // folds a walker's key into the one of the clusters' orientations

// orient flattens the forest, tosses a fair coin for every root but the ghost, by the number of its node, and counts them.
func orient(coins, roots [][8]uint64, f forest, key rng.Key, step uint64) (clusters int) {
	groups := len(f)/512 + 1
	mark := flat(roots[:groups])
	f.flatten(mark)
	mark[0] &^= 1
	for _, m := range mark {
		clusters += bits.OnesCount64(m)
	}
	key.Fold(flipPurpose).BernoulliRun(coins[:groups], step, 0, roots[:groups], half)
	return clusters
}

func coin(coins []uint64, node int32) uint64 { return coins[node>>6] >> (node & 63) & 1 }
