package vector

import (
	"context"
	"io"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// mover is what walkers share that move many spins at a time, by a schedule of clusters.
type mover struct {
	*ON
	s     []float64
	key   rng.Key
	kT    float64
	state walkers.Clusters
	under walkers.Growth
}

func newMover(m *ON, w contract.Walker) mover {
	return mover{ON: m, s: make([]float64, m.Lattice.Sites()*m.N), key: w.Key, kT: w.Params.KT, state: walkers.NewClusters()}
}

// sweepTo makes lengths 1 again every 256 sweeps.
func (k *mover) sweepTo(ctx context.Context, target int64, g walkers.Grower) error {
	for k.state.Done < target {
		next := min(target, (k.state.Done/256+1)*256)
		if err := k.state.SweepTo(ctx, next, k.key, k.Lattice.Sites(), g, &k.under); err != nil {
			return err
		}
		if k.state.Done%256 == 0 {
			k.normalise()
		}
	}
	return nil
}

// Warm fixes the moves of a sweep.
func (k *mover) Warm() { k.state.Warm(k.Lattice.Sites()) }

func (k *mover) Sweeps() int64     { return k.state.Done }
func (k *mover) View() []float64   { return k.s }
func (k *mover) Read(d []float64)  { copy(d, k.s) }
func (k *mover) Write(s []float64) { copy(k.s, s) }
func (k *mover) Energy() float64   { return k.energy(k.s) }
func (k *mover) SetKT(kT float64)  { k.kT = kT }

func (k *mover) Info() map[string]float64 { return k.state.Info() }

func (k *mover) Save(w io.Writer) error { return saved.Put(w, &k.state, k.s) }

func (k *mover) Load(r io.Reader) error {
	var st walkers.Clusters
	s := make([]float64, len(k.s))
	if err := saved.Get(r, &st, s); err != nil {
		return err
	}
	if err := st.Check(); err != nil {
		return err
	}
	if err := walkers.Admitted(k.ON, s); err != nil {
		return err
	}
	k.state, k.s = st, s
	return nil
}

// normalise takes back what rounding does to lengths.
func (k *mover) normalise() {
	for i := 0; i < len(k.s); i += k.N {
		s := k.s[i : i+k.N]
		r := 1 / math.Sqrt(dot(s, s))
		for c := range s {
			s[c] *= r
		}
	}
}
