package vector

import (
	"context"
	"io"

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
	head  int // of the queue
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
	return k.sweepTo(ctx, target, k)
}

// Begin draws a site and a plane.
func (k *wolff) Begin(u *rng.Stream) {
	first := int32(u.Below(len(k.in)))
	direction(k.r, u)
	k.head, k.queue, k.seen = 0, append(k.queue[:0], first), append(k.seen[:0], first)
	k.in[first], k.known[first] = true, true
	k.along[first] = k.projected(first)
}

// Grow goes on breadth first.
func (k *wolff) Grow(u *rng.Stream) bool {
	queue, seen, head := k.queue, k.seen, k.head
	for end := head + walkers.Looked; head < len(queue) && head < end; head++ {
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
	k.queue, k.seen, k.head = queue, seen, head
	return head == len(queue)
}

// Turn reflects the cluster.
func (k *wolff) Turn() int {
	n := k.N
	for _, i := range k.queue {
		a := 2 * k.along[i]
		for c, r := range k.r {
			k.s[int(i)*n+c] -= float64(a * r)
		}
	}
	k.clear()
	return len(k.queue)
}

func (k *wolff) clear() {
	for _, i := range k.queue {
		k.in[i] = false
	}
	for _, i := range k.seen {
		k.known[i] = false
	}
}

// forget leaves a cluster that was to be of another configuration or temperature.
func (k *wolff) forget() {
	if k.under.Under {
		k.clear()
		k.under.Under = false
	}
}

// Write replaces the configuration.
func (k *wolff) Write(s []float64) {
	k.forget()
	k.mover.Write(s)
}

// SetKT sets the temperature.
func (k *wolff) SetKT(kT float64) {
	if kT != k.kT {
		k.forget()
	}
	k.mover.SetKT(kT)
}

// Load forgets, too.
func (k *wolff) Load(r io.Reader) error {
	k.forget()
	return k.mover.Load(r)
}

func (k *wolff) projected(i int32) float64 { return dot(k.r, k.s[int(i)*k.N:int(i)*k.N+k.N]) }
