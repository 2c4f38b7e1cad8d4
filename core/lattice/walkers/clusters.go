package walkers

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Clusters is the schedule of a kernel that turns over one cluster a move: a recorded sweep is a fixed number of them, N over the mean size seen in the
// later half of the warm-up, at least 1; sweeps of the warm-up itself end when N sites have been visited.
type Clusters struct {
	Done, Count             int64 // sweeps, clusters a sweep
	Warming                 bool
	Clusters, Sites         int64 // of this octave of the warm-up, of all since then
	PrevClusters, PrevSites int64
}

// NewClusters begins a warm-up.
func NewClusters() Clusters { return Clusters{Count: 1, Warming: true} }

// SweepTo moves clusters on n sites by flip, which returns a cluster's size, sweep by sweep; between two it may be interrupted.
func (s *Clusters) SweepTo(ctx context.Context, target int64, key rng.Key, n int, flip func(u *rng.Stream) int) error {
	var stream rng.Stream
	for s.Done < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		stream.Reset(key, uint64(s.Done))
		for move, visited := int64(0), 0; s.Warming && visited < n || !s.Warming && move < s.Count; move++ {
			size := flip(&stream)
			visited += size
			s.Clusters++
			s.Sites += int64(size)
		}
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
	*s = Clusters{Done: s.Done, Count: s.Count}
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
	if s.Done < 0 || s.Count < 1 || s.Clusters < 0 || s.Sites < 0 {
		return spec.Errorf(spec.CheckpointError, "Wolff: expected counters in their range, the saved state has %+v", *s)
	}
	return nil
}
