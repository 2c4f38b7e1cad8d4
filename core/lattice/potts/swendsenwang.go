package potts

import (
	"context"
	"fmt"
	"io"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// swendsenWang keeps every bond between equal values with probability 1 - exp(-J_ij/kT) and gives each cluster c of the sites that hang together a new
// value, P(a) ~ exp(sum_(i in c) U_i(a) / kT).
type swendsenWang struct {
	*Potts
	s      []uint8
	key    rng.Key
	kT     float64
	join   []rng.Threshold // one, or one a bond
	forest walkers.Forest
	value  []uint8   // of a cluster, at its root
	weight []float64 // (sites, q) at the roots where there are fields: sums of U
	sizes  []int64
	tally  []int64
	cut    bool // the forest is of the last update
	state  struct{ Done, Counted, Number int64 }
}

const visitsPerCheck = 1 << 16

func prepareSwendsenWang(m *Potts, _ *moves.SwendsenWang) (builder, error) {
	for b := range max(1, len(m.J.Values)) {
		if m.J.At(b) < 0 {
			return nil, spec.Mismatch("SwendsenWang", "J >= 0", fmt.Sprintf("a Potts with J = %v at bond %d", m.J.At(b), b)).Try("Wolff()")
		}
	}
	n := m.Lattice.Sites()
	if m.site != nil {
		if _, err := array.Plan(n*m.Q, 8, "the fields of a walker's clusters"); err != nil {
			return nil, err
		}
	}
	return func(w contract.Walker) (kernel, error) {
		k := &swendsenWang{Potts: m, s: make([]uint8, n), key: w.Key, join: make([]rng.Threshold, max(1, len(m.J.Values))), forest: make(walkers.Forest, n), value: make([]uint8, n)}
		if m.site != nil {
			k.weight = make([]float64, n*m.Q)
		}
		k.SetKT(w.Params.KT)
		return k, nil
	}, nil
}

func (k *swendsenWang) SetKT(kT float64) {
	k.kT = kT
	for b := range k.join {
		k.join[b] = 0
		if J := k.Potts.J.At(b); J > 0 {
			k.join[b] = rng.NewThreshold(-functions.Expm11(-J / kT))
		}
	}
}

func (k *swendsenWang) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	for k.state.Done < target {
		clusters, err := k.update(ctx)
		if err != nil {
			return err
		}
		k.state.Done++
		k.state.Counted++
		k.state.Number += clusters
	}
	return nil
}

// update makes clusters and gives them values. Until all are made nothing has changed.
func (k *swendsenWang) update(ctx context.Context) (clusters int64, err error) {
	k.cut = false
	k.forest.Reset()
	u := k.key.Stream(uint64(k.state.Done))
	one := k.Potts.J.Uniform()
	for b, ends := range k.graph.Ends {
		if b%visitsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
		}
		if k.s[ends[0]] != k.s[ends[1]] {
			continue
		}
		t := k.join[0]
		if !one {
			t = k.join[b]
		}
		if u.Less(t) == 1 {
			k.forest.Join(ends[0], ends[1])
		}
	}
	q := k.Q
	var sums [256]float64
	if k.weight != nil {
		clear(k.weight)
		for i := range k.forest {
			root := int(k.forest.Root(int32(i)))
			for a, x := range k.fields(i) {
				k.weight[root*q+a] += x
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for i := range k.forest { // a root comes before its tree
		root := k.forest.Root(int32(i))
		k.forest[i] = root
		if int(root) == i {
			clusters++
			if k.weight == nil {
				k.value[i] = uint8(u.Below(q))
			} else {
				running(sums[:q], k.weight[i*q:(i+1)*q], k.kT)
				k.value[i] = uint8(u.Pick(sums[:q]))
			}
		}
		k.s[i] = k.value[root]
	}
	k.cut = true
	return clusters, nil
}

func (k *swendsenWang) Sweeps() int64   { return k.state.Done }
func (k *swendsenWang) View() []uint8   { return k.s }
func (k *swendsenWang) Read(d []uint8)  { copy(d, k.s) }
func (k *swendsenWang) Energy() float64 { return k.energy(k.s) }
func (k *swendsenWang) Warm()           { k.state.Counted, k.state.Number = 0, 0 }

func (k *swendsenWang) Write(s []uint8) {
	k.cut = false
	copy(k.s, s)
}

func (k *swendsenWang) Info() map[string]float64 {
	return map[string]float64{
		"clusters":     float64(k.state.Number) / float64(max(k.state.Counted, 1)),
		"cluster_size": float64(len(k.s)) * float64(k.state.Counted) / float64(max(k.state.Number, 1)),
	}
}

func (k *swendsenWang) Save(w io.Writer) error { return saved.Put(w, &k.state, k.s) }

func (k *swendsenWang) Load(r io.Reader) error {
	st, s := k.state, make([]uint8, len(k.s))
	if err := saved.Get(r, &st, s); err != nil {
		return err
	}
	if st.Done < 0 || st.Counted < 0 || st.Number < 0 {
		return spec.Errorf(spec.CheckpointError, "SwendsenWang: expected counters of at least 0, the saved state has %+v", st)
	}
	if err := walkers.Admitted(k.Potts, s); err != nil {
		return err
	}
	k.Write(s)
	k.state = st
	return nil
}

// clusterSizes are those of the last update, in the order of their smallest sites.
func (k *swendsenWang) clusterSizes() []int64 {
	k.sizes = k.sizes[:0]
	if !k.cut {
		return k.sizes
	}
	if k.tally == nil {
		k.tally = make([]int64, len(k.s))
	}
	clear(k.tally)
	for _, root := range k.forest {
		k.tally[root]++
	}
	for i, root := range k.forest {
		if int(root) == i {
			k.sizes = append(k.sizes, k.tally[i])
		}
	}
	return k.sizes
}

func clusterSizes(e *ensemble) (contract.Observable, error) {
	if _, ok := e.Kernels[0].(*swendsenWang); !ok {
		return contract.Observable{}, spec.Mismatch("cluster_sizes", "SwendsenWang", "another method").Try("erg.SwendsenWang()")
	}
	return contract.Observable{Dtype: array.Int64, Dims: []string{"cluster"}, Ragged: func(w int) []byte {
		return array.Bytes(e.Kernels[w].(*swendsenWang).clusterSizes())
	}}, nil
}
