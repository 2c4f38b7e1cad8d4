package walkers

import (
	"context"
	"fmt"
	"io"
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// Ensemble is a set of walkers of one model, one kernel each.
type Ensemble[T Value] struct {
	Model   Model[T]
	Walkers []contract.Walker
	Kernels []Kernel[T]
	shape   []int
	dims    []string
	size    int   // values of a configuration
	buffers [][]T // per walker, made when an observable or a copy needs it
}

// Timed is an ensemble whose kernels run in continuous time.
type Timed[T Value] struct{ *Ensemble[T] }

// Open makes the walkers of a model that has been checked, and puts them at their start.
func Open[T Value](m Model[T], walkers []contract.Walker, start contract.Start, build Builder[T]) (*Ensemble[T], error) {
	if len(walkers) == 0 {
		return nil, spec.Expected("chains", "at least one walker", 0)
	}
	shape, dims := m.Layout()
	var one T
	size, err := array.Count(shape)
	if err != nil {
		return nil, err
	}
	if n, err := array.Count([]int{len(walkers), size}); err != nil {
		return nil, err
	} else if _, err = array.Plan(n, 2*int(unsafe.Sizeof(one)), fmt.Sprintf("an ensemble of %d walkers of %d values", len(walkers), size)); err != nil {
		return nil, err
	}
	e := &Ensemble[T]{Model: m, Walkers: append([]contract.Walker(nil), walkers...), shape: shape, dims: dims, size: size, buffers: make([][]T, len(walkers))}
	for _, w := range walkers {
		if err := e.check(w.Params); err != nil {
			return nil, err
		}
		w.Params.KT = Temperature(w.Params)
		k, err := build(w)
		if err != nil {
			return nil, err
		}
		e.Kernels = append(e.Kernels, k)
	}
	return e, e.begin(start)
}

func (e *Ensemble[T]) check(p contract.Params) error {
	if !(p.KT >= 0) || math.IsInf(p.KT, 0) {
		return spec.Expected("kT", "a finite number, at least 0", p.KT)
	}
	if !(p.Reference >= 0 && p.Reference <= 1) || (p.KT == 0 && p.Reference > 0) {
		return spec.Expected("reference", "a share from 0 to 1, 0 at kT = 0", p.Reference)
	}
	for name := range p.Extra {
		return spec.Errorf(spec.SpecError, "%s: walkers differ in kT alone, got %s", e.Model.Name(), name).With("argument", name)
	}
	return nil
}

// Temperature is that of a state on the path to the reference, which is infinite temperature: (1-r) E/kT.
func Temperature(p contract.Params) float64 {
	if p.Reference == 0 {
		return p.KT
	}
	return p.KT / (1 - p.Reference)
}

// Size is the number of walkers.
func (e *Ensemble[T]) Size() int { return len(e.Kernels) }

// SweepTo advances a walker.
func (e *Ensemble[T]) SweepTo(ctx context.Context, walker int, target int64, team *par.Team) error {
	return e.Kernels[walker].SweepTo(ctx, target, team)
}

// AdvanceTo lets time pass for a walker.
func (e Timed[T]) AdvanceTo(ctx context.Context, walker int, time float64, _ *par.Team) error {
	return e.Kernels[walker].(Clocked).AdvanceTo(ctx, time)
}

// Warm ends a walker's warm-up.
func (e *Ensemble[T]) Warm(walker int) { e.Kernels[walker].Warm() }

// Reduced refuses kT = 0, where weights have no logarithm.
func (e *Ensemble[T]) Reduced(walker int, dst []float64, at []contract.Params) error {
	energy := e.Kernels[walker].Energy()
	for i, p := range at {
		if err := e.check(p); err != nil {
			return err
		}
		if p.KT == 0 {
			return spec.Expected("kT", "a number above 0 to weigh walkers", p.KT)
		}
		dst[i] = energy / Temperature(p)
	}
	return nil
}

// SetParams moves a walker to another state.
func (e *Ensemble[T]) SetParams(walker int, p contract.Params) error {
	if err := e.check(p); err != nil {
		return err
	}
	e.Walkers[walker].Params = p
	e.Kernels[walker].SetKT(Temperature(p))
	return nil
}

// SetBias gives a walker a bias on what its kernel offers. A state that was saved with a bias is read by a walker that has one.
func (e *Ensemble[T]) SetBias(walker int, b *contract.Bias) error {
	k, ok := e.Kernels[walker].(Biased[T])
	if !ok {
		if b == nil {
			return nil
		}
		return spec.Mismatch("a bias on an observable", "a kernel of single spins", "one of clusters or in continuous time").Try("kernel=erg.Metropolis()")
	}
	made, err := k.WithBias(e.Walkers[walker], Temperature(e.Walkers[walker].Params), b)
	if err == nil {
		e.Kernels[walker] = made
	}
	return err
}

// CopyWalker gives dst the configuration of src; its key, its counter of sweeps and its kT stay its own.
func (e *Ensemble[T]) CopyWalker(dst, src int) {
	if k, ok := e.Kernels[dst].(Paired[T]); ok && k.CopyFrom(e.Kernels[src]) {
		return
	}
	e.Kernels[dst].Write(e.Read(dst, src))
}

// SwapWalkers exchanges two configurations.
func (e *Ensemble[T]) SwapWalkers(a, b int) {
	if k, ok := e.Kernels[a].(Paired[T]); ok && k.SwapWith(e.Kernels[b]) {
		return
	}
	x, y := e.Read(a, a), e.Read(b, b)
	e.Kernels[a].Write(y)
	e.Kernels[b].Write(x)
}

// SetReference: infinite temperature has no place.
func (e *Ensemble[T]) SetReference(_, _ []float64) error { return nil }

// DrawReference gives a walker a configuration of infinite temperature.
func (e *Ensemble[T]) DrawReference(walker int, s *rng.Stream) error {
	x := e.buffer(walker)
	e.Model.Draw(x, s)
	e.Kernels[walker].Write(x)
	return nil
}

// LogReference is the logarithm of the number of states.
func (e *Ensemble[T]) LogReference() float64 { return e.Model.LogReference() }

// Grades are the model's, where it knows them.
func (e *Ensemble[T]) Grades(observable string) (low, high float64, n int) {
	if m, ok := e.Model.(contract.Graded); ok {
		return m.Grades(observable)
	}
	return 0, 0, 0
}

func (e *Ensemble[T]) buffer(walker int) []T {
	if e.buffers[walker] == nil {
		e.buffers[walker] = make([]T, e.size)
	}
	return e.buffers[walker]
}

// Read puts the configuration of walker w into the buffer that belongs to walker owner.
func (e *Ensemble[T]) Read(owner, w int) []T {
	x := e.buffer(owner)
	e.Kernels[w].Read(x)
	return x
}

// View is a walker's configuration, to be read only, until it moves.
func (e *Ensemble[T]) View(walker int) []T {
	if k, ok := e.Kernels[walker].(Viewed[T]); ok {
		return k.View()
	}
	return e.Read(walker, walker)
}

// Info is one value per walker and name.
func (e *Ensemble[T]) Info() map[string][]float64 {
	all := map[string][]float64{}
	for w, k := range e.Kernels {
		for name, x := range k.Info() {
			if all[name] == nil {
				all[name] = make([]float64, len(e.Kernels))
			}
			all[name][w] = x
		}
	}
	return all
}

// Save writes the walkers one after the other.
func (e *Ensemble[T]) Save(w io.Writer) error {
	if err := saved.Put(w, int64(len(e.Kernels)), int64(e.size)); err != nil {
		return err
	}
	for i, k := range e.Kernels {
		if err := saved.Put(w, e.Walkers[i].Params.KT, e.Walkers[i].Params.Reference); err != nil {
			return err
		}
		if err := k.Save(w); err != nil {
			return err
		}
	}
	return nil
}

// Load refuses another number of walkers or sites.
func (e *Ensemble[T]) Load(r io.Reader) error {
	var walkers, size int64
	if err := saved.Get(r, &walkers, &size); err != nil {
		return err
	}
	if err := Same("walkers", int64(len(e.Kernels)), walkers); err != nil {
		return err
	}
	if err := Same("sites", int64(e.size), size); err != nil {
		return err
	}
	for i, k := range e.Kernels {
		var kT, share float64
		if err := saved.Get(r, &kT, &share); err != nil {
			return err
		}
		if err := e.SetParams(i, contract.Params{KT: kT, Reference: share}); err != nil {
			return spec.Errorf(spec.CheckpointError, "expected a kT of at least 0, the saved state has %v", kT)
		}
		if err := k.Load(r); err != nil {
			return err
		}
	}
	return nil
}

// Layout is that of a configuration.
func (e *Ensemble[T]) Layout() (array.Dtype, []int) { return dtype[T](), e.shape }

// Configuration writes a walker's configuration.
func (e *Ensemble[T]) Configuration(walker int, dst []byte) {
	e.Kernels[walker].Read(array.Cast[T](dst))
}

// Work is the number of updates in a sweep.
func (e *Ensemble[T]) Work() (float64, string) { return float64(e.Model.Sites()), e.Model.Unit() }
