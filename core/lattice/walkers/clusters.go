package walkers

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Clusters is the schedule of a kernel that turns over one cluster a move: a recorded sweep is a fixed number of them, N over the mean size seen in the
// later half of the warm-up, at least 1; sweeps of the warm-up itself end when N sites have been visited. Move k since the beginning draws from the stream of step k.
type Clusters struct {
	Done, Count             int64 // sweeps, clusters a sweep
	Warming                 bool
	Clusters, Sites         int64 // of this octave of the warm-up, of all since then
	PrevClusters, PrevSites int64
	Made                    int64 // moves of all sweeps
	Moves, Visited          int64 // of the sweep that is under way
}

// Grower grows and turns over clusters.
type Grower interface {
	// Begin draws where a cluster starts; Grow goes on for some Looked sites and tells whether it is complete; Turn turns it over and returns its size.
	Begin(u *rng.Stream)
	Grow(u *rng.Stream) bool
	Turn() int
}

// Looked is after about how many sites a kernel of clusters may be interrupted.
const Looked = 1 << 14

// Growth is a cluster that was interrupted: it grows on from there. A saved state has none, and grows it again.
type Growth struct {
	stream rng.Stream
	Under  bool // way
}

// Whole is a move that is made at once.
type Whole struct {
	Move func(u *rng.Stream) int
	size int
}

// Begin has nothing to do.
func (*Whole) Begin(*rng.Stream) {}

// Grow makes the move.
func (m *Whole) Grow(u *rng.Stream) bool {
	m.size = m.Move(u)
	return true
}

// Turn returns its size.
func (m *Whole) Turn() int { return m.size }

// NewClusters begins a warm-up.
func NewClusters() Clusters { return Clusters{Count: 1, Warming: true} }

// SweepTo moves clusters on n sites, sweep by sweep; it may be interrupted between two and while one grows.
func (s *Clusters) SweepTo(ctx context.Context, target int64, key rng.Key, n int, g Grower, under *Growth) error {
	for s.Done < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		since := 0
		for s.Warming && s.Visited < int64(n) || !s.Warming && s.Moves < s.Count {
			if since >= Looked {
				if err := ctx.Err(); err != nil {
					return err
				}
				since = 0
			}
			if !under.Under {
				under.stream.Reset(key, uint64(s.Made))
				g.Begin(&under.stream)
				under.Under = true
			}
			for !g.Grow(&under.stream) {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			under.Under = false
			size := g.Turn()
			since += size
			s.Made++
			s.Moves++
			s.Visited += int64(size)
			s.Clusters++
			s.Sites += int64(size)
		}
		s.Moves, s.Visited = 0, 0
		s.Done++
		if s.Warming && s.Done&(s.Done-1) == 0 {
			s.PrevClusters, s.PrevSites = s.Clusters, s.Sites
			s.Clusters, s.Sites = 0, 0
		}
	}
	return nil
}

// Warm fixes the clusters of a sweep on n sites.
func (s *Clusters) Warm(n int) {
	if !s.Warming {
		return
	}
	if s.Done > 0 {
		mean := float64(s.Sites+s.PrevSites) / float64(s.Clusters+s.PrevClusters)
		s.Count = max(1, int64(math.RoundToEven(float64(n)/mean)))
	}
	*s = Clusters{Done: s.Done, Count: s.Count, Made: s.Made}
}

// Info is what kernels of clusters report.
func (s *Clusters) Info() map[string]float64 {
	return map[string]float64{
		"clusters":           float64(s.Clusters),
		"cluster_size":       float64(s.Sites) / float64(max(s.Clusters, 1)),
		"clusters_per_sweep": float64(s.Count),
	}
}

// Check refuses saved counters out of their range.
func (s *Clusters) Check() error {
	if s.Done < 0 || s.Count < 1 || s.Clusters < 0 || s.Sites < 0 || s.Made < 0 || s.Moves < 0 || s.Visited < 0 {
		return spec.Errorf(spec.CheckpointError, "Wolff: expected counters in their range, the saved state has %+v", *s)
	}
	return nil
}
