package gauge

import (
	"context"
	"io"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/gauge/lanes"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

type (
	kernel  = walkers.Kernel[float64]
	builder = walkers.Builder[float64]
)

// Sites is the number of links, which are updated one by one.
func (t *theory) Sites() int { return t.d * t.sites }

// Unit is theirs.
func (*theory) Unit() string { return "link updates" }

// Draw makes random links by Haar's measure.
func (t *theory) Draw(dst []float64, s *rng.Stream) {
	s.Normals(dst)
	c := lanes.NewLinks(t.layout, t.Group)
	c.Load(dst)
	c.Unitary()
	c.Store(dst)
}

// LogReference is that of Haar's measure, which is normalised.
func (*theory) LogReference() float64 { return 0 }

// LogVolume is that of the numbers' measure beside Haar's: of SU(2) the area of the sphere, 2 pi^2; SU(3) has Haar's own.
func (t *theory) LogVolume() float64 {
	if t.Group == 3 {
		return 0
	}
	return float64(t.Sites()) * functions.Log1(2*math.Pi*math.Pi)
}

// Ordered: identities.
func (t *theory) Ordered(dst []float64) { lanes.NewLinks(t.layout, t.Group).Store(dst) }

// bath is a walker of heat baths and reflections: a sweep updates every link once with each, colour by colour and axis by axis.
type bath struct {
	*theory
	b           *lanes.Bath
	key         rng.Key
	strength    float64 // beta/(N kT)
	reflections int
	batches     []batch
	done        int64
	cursor      int64 // the next batch of the sweep, over reflections and heat bath
}

// batch is a set of blocks of links along an axis.
type batch struct {
	mu    int
	from  int32
	count int
}

// polish is after how many sweeps links are put back on the group.
const polish = 16

func (t *theory) newBath(w contract.Walker, reflections int) *bath {
	k := &bath{theory: t, b: lanes.NewBath(lanes.NewLinks(t.layout, t.Group)), key: w.Key, reflections: reflections}
	k.SetKT(w.Params.KT)
	add := func(mu, from, to, size int) {
		for ; from < to; from += size {
			k.batches = append(k.batches, batch{mu, int32(from), min(size, to-from)})
		}
	}
	for mu := range t.d {
		if even := t.layout.Even; even > 0 {
			add(mu, 0, even, lanes.Batch)
			add(mu, even, t.layout.Blocks, lanes.Batch)
		} else { // one after another: neighbours share plaquettes
			add(mu, 0, t.layout.Blocks, 1)
		}
	}
	return k
}

func (k *bath) SweepTo(ctx context.Context, target int64, team *par.Team) error {
	return walkers.StepTo(ctx, &k.done, target, team, k.step)
}

// step is a batch.
func (k *bath) step(*par.Team) error {
	all := int64(len(k.batches))
	total := all * int64(k.reflections+1)
	x := k.batches[k.cursor%all]
	k.b.Update(x.mu, x.from, x.count, k.strength, k.key, uint64(k.done*total+k.cursor)*3, k.cursor < all*int64(k.reflections))
	if k.cursor++; k.cursor == total {
		k.cursor = 0
		if k.done++; k.done%polish == 0 {
			k.b.Unitary()
		}
	}
	return nil
}

func (k *bath) Sweeps() int64      { return k.done }
func (k *bath) Read(dst []float64) { k.b.Store(dst) }
func (k *bath) Write(src []float64) {
	k.b.Load(src)
}
func (k *bath) Energy() float64          { return k.beta * k.sum(k.b.Links, nil) }
func (k *bath) SetKT(kT float64)         { k.strength = k.beta / kT / float64(k.Group) }
func (k *bath) Warm()                    {}
func (k *bath) Info() map[string]float64 { return nil }

// WithBias refuses: links are moved side by side, the energy belongs to all.
func (k *bath) WithBias(_ contract.Walker, _ float64, b *contract.Bias) (kernel, error) {
	if b == nil {
		return k, nil
	}
	return nil, spec.Mismatch("a bias on an observable", "a kernel that proposes links", "one that draws or reflects them").Try("kernel=erg.Metropolis()")
}

func (k *bath) Save(w io.Writer) error { return saved.Put(w, k.done, k.cursor, k.b.U) }

func (k *bath) Load(r io.Reader) error {
	var done, cursor int64
	u := make([]float64, len(k.b.U))
	if err := saved.Get(r, &done, &cursor, u); err != nil {
		return err
	}
	if err := walkers.Place(cursor, int64(len(k.batches)*(k.reflections+1))); err != nil {
		return err
	}
	k.done, k.cursor = done, cursor
	copy(k.b.U, u)
	return nil
}

// checkerboard refuses other orders.
func checkerboard(order string) error {
	if order != "checkerboard" && order != "" {
		return spec.Expected("order", "checkerboard, in which links of matrices are updated", order).With("argument", "order")
	}
	return nil
}

// matrixModel is SU2 or SU3.
type matrixModel interface {
	walkers.Model[float64]
	own() *theory
}

func (t *theory) own() *theory { return t }

func matrixHeatBath[M matrixModel](m M, method *moves.HeatBath) (builder, error) {
	return func(w contract.Walker) (kernel, error) { return m.own().newBath(w, 0), nil }, checkerboard(method.Order)
}

func matrixOverRelaxation[M matrixModel](m M, method *moves.OverRelaxation) (builder, error) {
	return func(w contract.Walker) (kernel, error) { return m.own().newBath(w, method.Reflections), nil }, checkerboard(method.Order)
}
