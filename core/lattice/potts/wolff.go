package potts

import (
	"context"
	"fmt"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// involution is a map R of the values with R R = 1 and V(R a, R b) = V(a, b), drawn for a cluster that starts at a site of value a: clusters of sites
// that R would pull apart are mapped by it as a whole (U. Wolff, Phys. Rev. Lett. 62, 361 (1989); J.-S. Wang, R. H. Swendsen, R. Kotecky, ibid. 63, 109
// (1989)).
type involution func(dst []uint8, a uint8, u *rng.Stream)

// exchanges swaps the value of the first site with another one.
func exchanges(q int) involution {
	return func(dst []uint8, a uint8, u *rng.Stream) {
		for b := range dst {
			dst[b] = uint8(b)
		}
		b := (int(a) + 1 + u.Below(q-1)) % q
		dst[a], dst[b] = uint8(b), a
	}
}

// reflections are theta -> axis - theta, for all q axes.
func reflections(q int) involution {
	return func(dst []uint8, _ uint8, u *rng.Stream) {
		r := u.Below(q)
		for b := range dst {
			dst[b] = uint8((r - b + q) % q)
		}
	}
}

// wolff grows clusters one at a time: a neighbour j of a site i of the cluster joins with probability
//
//	p = 1 - exp(-J_ij (V(s_i, s_j) - V(R s_i, s_j)) / kT) where that is positive.
type wolff struct {
	*spins
	model walkers.Model[uint8]
	draw  involution
	s     []uint8
	key   rng.Key
	kT    float64
	state walkers.Clusters
	under walkers.Growth
	head  int // of the queue
	queue []int32
	in    []bool
	image []uint8
	joins []rng.Threshold // (q, q) of the cluster where couplings are one number: by old s_i and s_j
}

func prepareWolff(m walkers.Model[uint8], s *spins, draw involution) (builder, error) {
	if s.site != nil {
		return nil, spec.Mismatch("Wolff", "a model without site fields", fmt.Sprintf("a %s with h", m.Name())).Try("HeatBath()")
	}
	n := s.lattice.Sites()
	return func(w contract.Walker) (kernel, error) {
		k := &wolff{spins: s, model: m, draw: draw, s: make([]uint8, n), key: w.Key, kT: w.Params.KT, state: walkers.NewClusters(),
			queue: make([]int32, 0, n), in: make([]bool, n), image: make([]uint8, s.q), joins: make([]rng.Threshold, s.q*s.q)}
		return k, nil
	}, nil
}

// SweepTo works sweep by sweep.
func (k *wolff) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.state.SweepTo(ctx, target, k.key, len(k.s), k, &k.under)
}

// Begin draws a site and a map.
func (k *wolff) Begin(u *rng.Stream) {
	first := int32(u.Below(len(k.s)))
	k.draw(k.image, k.s[first], u)
	if k.J.Uniform() {
		for a := range k.q {
			for b := range k.q {
				k.joins[a*k.q+b] = k.join(k.J.Scalar, a, b)
			}
		}
	}
	k.head, k.queue = 0, append(k.queue[:0], first)
	k.in[first] = true
}

// Grow goes on breadth first.
func (k *wolff) Grow(u *rng.Stream) bool {
	queue, head := k.queue, k.head
	for end := head + walkers.Looked; head < len(queue) && head < end; head++ {
		i := queue[head]
		a := int(k.s[i])
		for e := k.graph.Start[i]; e < k.graph.Start[i+1]; e++ {
			j := k.graph.To[e]
			if k.in[j] {
				continue
			}
			t := k.joins[a*k.q+int(k.s[j])]
			if !k.J.Uniform() {
				t = k.join(k.J.Values[k.graph.Bond[e]], a, int(k.s[j]))
			}
			if t != 0 && u.Less(t) == 1 {
				k.in[j] = true
				queue = append(queue, j)
			}
		}
	}
	k.queue, k.head = queue, head
	return head == len(queue)
}

// Turn maps the cluster.
func (k *wolff) Turn() int {
	for _, i := range k.queue {
		k.s[i] = k.image[k.s[i]]
		k.in[i] = false
	}
	return len(k.queue)
}

// forget leaves a cluster that was to be of another configuration or temperature.
func (k *wolff) forget() {
	if k.under.Under {
		for _, i := range k.queue {
			k.in[i] = false
		}
		k.under.Under = false
	}
}

func (k *wolff) join(J float64, a, b int) rng.Threshold {
	x := float64(J * (k.pair[a*k.q+b] - k.pair[int(k.image[a])*k.q+b]))
	switch {
	case !(x > 0):
		return 0
	case k.kT == 0:
		return rng.NewThreshold(1)
	}
	return rng.NewThreshold(0 - functions.Expm11(-x/k.kT))
}

// Warm fixes the clusters of a sweep.
func (k *wolff) Warm() { k.state.Warm(len(k.s)) }

func (k *wolff) Sweeps() int64   { return k.state.Done }
func (k *wolff) View() []uint8   { return k.s }
func (k *wolff) Read(d []uint8)  { copy(d, k.s) }
func (k *wolff) Energy() float64 { return k.energy(k.s) }

func (k *wolff) Write(s []uint8) {
	k.forget()
	copy(k.s, s)
}

func (k *wolff) SetKT(kT float64) {
	if kT != k.kT {
		k.forget()
	}
	k.kT = kT
}

func (k *wolff) Info() map[string]float64 { return k.state.Info() }

func (k *wolff) Save(w io.Writer) error { return saved.Put(w, &k.state, k.s) }

func (k *wolff) Load(r io.Reader) error {
	var st walkers.Clusters
	s := make([]uint8, len(k.s))
	if err := saved.Get(r, &st, s); err != nil {
		return err
	}
	if err := st.Check(); err != nil {
		return err
	}
	if err := walkers.Admitted(k.model, s); err != nil {
		return err
	}
	k.forget()
	k.state, k.s = st, s
	return nil
}

func prepareWolffOfPotts(m *Potts, _ *moves.Wolff) (builder, error) {
	return prepareWolff(m, &m.spins, exchanges(m.Q))
}

func prepareWolffOfClock(m *Clock, _ *moves.Wolff) (builder, error) {
	return prepareWolff(m, &m.spins, reflections(m.Q))
}
