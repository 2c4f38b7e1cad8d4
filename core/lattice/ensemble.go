package lattice

import (
	"context"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// builder makes the kernel of one walker; what the walkers of a model share is made once, before it.
type builder func(w contract.Walker) (kernel, error)

// ensemble is a set of walkers of Ising spins, one kernel each.
type ensemble struct {
	model   *Ising
	walkers []contract.Walker
	kernels []kernel
	shape   []int    // of a configuration: the lattice's, or (sites)
	spins   [][]int8 // per walker, made when an observable or a copy needs it
	making  sync.Mutex
	shared  *local // of walkers with a bias whose kernel is packed
}

// timed is an ensemble whose kernels run in continuous time: a sweep is one unit of it.
type timed struct{ *ensemble }

// open makes the walkers of a model that has been checked, and puts them at their start.
func open(m *Ising, walkers []contract.Walker, start contract.Start, build builder) (*ensemble, error) {
	if len(walkers) == 0 {
		return nil, spec.Expected("chains", "at least one walker", 0)
	}
	if n, err := array.Count([]int{len(walkers), m.Lattice.Sites()}); err != nil {
		return nil, err
	} else if _, err = array.Plan(n, 2, fmt.Sprintf("an ensemble of %d walkers of %d sites", len(walkers), m.Lattice.Sites())); err != nil {
		return nil, err
	}
	e := &ensemble{model: m, walkers: append([]contract.Walker(nil), walkers...), shape: m.Lattice.Shape, spins: make([][]int8, len(walkers))}
	if e.shape == nil {
		e.shape = []int{m.Lattice.Sites()}
	}
	for _, w := range walkers {
		if err := checkParams(w.Params); err != nil {
			return nil, err
		}
		k, err := build(w)
		if err != nil {
			return nil, err
		}
		e.kernels = append(e.kernels, k)
	}
	return e, e.begin(start)
}

func checkParams(p contract.Params) error {
	if !(p.KT >= 0) || math.IsInf(p.KT, 0) {
		return spec.Expected("kT", "a finite number, at least 0", p.KT)
	}
	if !(p.Reference >= 0 && p.Reference <= 1) || (p.KT == 0 && p.Reference > 0) {
		return spec.Expected("reference", "a share from 0 to 1, 0 at kT = 0", p.Reference)
	}
	for name := range p.Extra {
		return spec.Errorf(spec.SpecError, "Ising: walkers differ in kT alone, got %s", name).With("argument", name)
	}
	return nil
}

// temperature is that of a state on the path to the reference, which is infinite temperature: (1-r) E/kT.
func temperature(p contract.Params) float64 {
	if p.Reference == 0 {
		return p.KT
	}
	return p.KT / (1 - p.Reference)
}

func (e *ensemble) Size() int { return len(e.kernels) }

func (e *ensemble) SweepTo(ctx context.Context, walker int, target int64, team *par.Team) error {
	return e.kernels[walker].sweepTo(ctx, target, team)
}

// AdvanceTo lets time pass for a walker: every event up to and including it happens.
func (e timed) AdvanceTo(ctx context.Context, walker int, time float64, team *par.Team) error {
	return e.kernels[walker].(interface {
		advanceTo(ctx context.Context, time float64) error
	}).advanceTo(ctx, time)
}

func (e *ensemble) Warm(walker int) { e.kernels[walker].warm() }

// Reduced refuses kT = 0, where weights have no logarithm.
func (e *ensemble) Reduced(walker int, dst []float64, at []contract.Params) error {
	energy := e.kernels[walker].energy()
	for i, p := range at {
		if err := checkParams(p); err != nil {
			return err
		}
		if p.KT == 0 {
			return spec.Expected("kT", "a number above 0 to weigh walkers", p.KT)
		}
		dst[i] = energy / temperature(p)
	}
	return nil
}

func (e *ensemble) SetParams(walker int, p contract.Params) error {
	if err := checkParams(p); err != nil {
		return err
	}
	e.walkers[walker].Params = p
	e.kernels[walker].setKT(temperature(p))
	return nil
}

// CopyWalker gives dst the configuration of src; its key, its counter of sweeps and its kT stay its own.
func (e *ensemble) CopyWalker(dst, src int) {
	a, packs := e.kernels[dst].(*packed)
	if b, both := e.kernels[src].(*packed); packs && both {
		for c := range a.planes {
			copy(a.planes[c], b.planes[c])
		}
		return
	}
	e.kernels[dst].write(e.read(dst, src))
}

// SwapWalkers exchanges two configurations.
func (e *ensemble) SwapWalkers(a, b int) {
	x, packs := e.kernels[a].(*packed)
	if y, both := e.kernels[b].(*packed); packs && both {
		x.planes, y.planes = y.planes, x.planes
		return
	}
	s, t := e.read(a, a), e.read(b, b)
	e.kernels[a].write(t)
	e.kernels[b].write(s)
}

// SetReference: infinite temperature has no place.
func (e *ensemble) SetReference(_, _ []float64) error { return nil }

// DrawReference gives a walker fair coins.
func (e *ensemble) DrawReference(walker int, s *rng.Stream) error {
	if e.spins[walker] == nil {
		e.spins[walker] = make([]int8, e.model.Lattice.Sites())
	}
	for i := 0; i < len(e.spins[walker]); i += 64 {
		bits := s.Uint64()
		for j := range e.spins[walker][i:min(i+64, len(e.spins[walker]))] {
			e.spins[walker][i+j] = int8(bits>>j&1)<<1 - 1
		}
	}
	e.kernels[walker].write(e.spins[walker])
	return nil
}

// LogReference is N log 2.
func (e *ensemble) LogReference() float64 { return float64(e.model.Lattice.Sites()) * math.Ln2 }

// read puts the configuration of walker w into the buffer that belongs to walker owner.
func (e *ensemble) read(owner, w int) []int8 {
	if e.spins[owner] == nil {
		e.spins[owner] = make([]int8, e.model.Lattice.Sites())
	}
	e.kernels[w].read(e.spins[owner])
	return e.spins[owner]
}

func (e *ensemble) Info() map[string][]float64 {
	all := map[string][]float64{}
	for w, k := range e.kernels {
		for name, x := range k.info() {
			if all[name] == nil {
				all[name] = make([]float64, len(e.kernels))
			}
			all[name][w] = x
		}
	}
	return all
}

func (e *ensemble) Save(w io.Writer) error {
	if err := saved.Put(w, int64(len(e.kernels)), int64(e.model.Lattice.Sites())); err != nil {
		return err
	}
	for i, k := range e.kernels {
		if err := saved.Put(w, e.walkers[i].Params.KT, e.walkers[i].Params.Reference); err != nil {
			return err
		}
		if err := k.save(w); err != nil {
			return err
		}
	}
	return nil
}

func (e *ensemble) Load(r io.Reader) error {
	var walkers, sites int64
	if err := saved.Get(r, &walkers, &sites); err != nil {
		return err
	}
	if err := expectSaved("walkers", int64(len(e.kernels)), walkers); err != nil {
		return err
	}
	if err := expectSaved("sites", int64(e.model.Lattice.Sites()), sites); err != nil {
		return err
	}
	for i, k := range e.kernels {
		var kT, share float64
		if err := saved.Get(r, &kT, &share); err != nil {
			return err
		}
		if err := e.SetParams(i, contract.Params{KT: kT, Reference: share}); err != nil {
			return spec.Errorf(spec.CheckpointError, "expected a kT of at least 0, the saved state has %v", kT)
		}
		if err := k.load(r); err != nil {
			return err
		}
	}
	return nil
}

func (e *ensemble) Layout() (array.Dtype, []int) { return array.Int8, e.shape }

func (e *ensemble) Configuration(walker int, dst []byte) {
	e.kernels[walker].read(array.Cast[int8](dst))
}

func (e *ensemble) Work() (float64, string) { return float64(e.model.Lattice.Sites()), "spin updates" }
