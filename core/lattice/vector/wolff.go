package vector

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

type (
	kernel   = walkers.Kernel[float64]
	builder  = walkers.Builder[float64]
	ensemble = walkers.Ensemble[float64]
)

// wolff reflects clusters at a random plane through the origin, of normal r: a neighbour j of a site i of the cluster joins with probability
//
//	p = 1 - exp(-2 J_ij (s_i . r) (s_j . r) / kT) where that is positive, s_i before its reflection.
type wolff struct {
	mover
	along []float64 // s . r of the sites that were looked at for this cluster
	known []bool
	r     []float64
	queue []int32
	seen  []int32
	in    []bool
}

func prepareWolff(m *ON, _ *moves.Wolff) (builder, error) {
	if m.h != nil {
		return nil, spec.Mismatch("Wolff", "a model without site fields", "an ON with h").Try("OverRelaxation()")
	}
	n := m.Lattice.Sites()
	return func(w contract.Walker) (kernel, error) {
		return &wolff{mover: newMover(m, w), along: make([]float64, n), known: make([]bool, n), in: make([]bool, n), r: make([]float64, m.N),
			queue: make([]int32, 0, n), seen: make([]int32, 0, n)}, nil
	}, nil
}

// SweepTo reflects clusters.
func (k *wolff) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.sweepTo(ctx, target, k.reflect)
}

// reflect grows and turns over one cluster, breadth first, and returns its size.
func (k *wolff) reflect(u *rng.Stream) int {
	first := int32(u.Below(len(k.in)))
	direction(k.r, u)
	queue, seen := append(k.queue[:0], first), append(k.seen[:0], first)
	k.in[first], k.known[first] = true, true
	k.along[first] = k.projected(first)
	for head := 0; head < len(queue); head++ {
		i := queue[head]
		for e := k.graph.Start[i]; e < k.graph.Start[i+1]; e++ {
			j := k.graph.To[e]
			if k.in[j] {
				continue
			}
			if !k.known[j] {
				k.known[j], k.along[j] = true, k.projected(j)
				seen = append(seen, j)
			}
			x := float64(2 * k.J.At(int(k.graph.Bond[e])) * float64(k.along[i]*k.along[j]))
			if x > 0 && (k.kT == 0 || u.Float64() < 0-functions.Expm11(-x/k.kT)) {
				k.in[j] = true
				queue = append(queue, j)
			}
		}
	}
	n := k.N
	for _, i := range queue {
		a := 2 * k.along[i]
		for c, r := range k.r {
			k.s[int(i)*n+c] -= float64(a * r)
		}
		k.in[i] = false
	}
	for _, i := range seen {
		k.known[i] = false
	}
	return len(queue)
}

func (k *wolff) projected(i int32) float64 { return dot(k.r, k.s[int(i)*k.N:int(i)*k.N+k.N]) }
