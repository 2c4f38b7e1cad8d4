package simulate

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// ensemble are walkers of one target; it has a clock.
type ensemble struct {
	target  contract.Target
	method  method
	walkers []*walker
	every   float64
}

// attempts is how many random starts a walker has.
const attempts = 100

func open(t contract.Target, m method, walkers []contract.Walker, start contract.Start) (*ensemble, error) {
	n := t.Size()
	e := &ensemble{target: t, method: m}
	var mass []float64
	if f := m.weight(); f != nil {
		var err error
		if mass, err = spread(*f, t, "masses"); err != nil {
			return nil, err
		}
	}
	for k, born := range walkers {
		w := &walker{number: k, of: t, x: make([]float64, n), g: make([]float64, n), mass: mass, kT: born.Params.KT, key: born.Key, h: m.step(), every: 1, as: -1}
		if born.Every > 0 {
			steps := math.Ceil(born.Every / m.step() * (1 - 1e-12))
			if !(steps <= 1<<53) {
				return nil, spec.Expected("dt", "at least every / 2^53", m.step()).With("argument", "dt")
			}
			e.every, w.every, w.h = born.Every, int64(steps), born.Every/steps
		}
		var err error
		if w.target, err = t.Evaluator(1); err != nil {
			return nil, err
		}
		if w.record, err = t.Recorder(); err != nil {
			return nil, err
		}
		if mass != nil {
			w.v = make([]float64, n)
			w.maxwell()
		}
		if err = w.place(start, k, len(walkers)); err != nil {
			return nil, err
		}
		if w.motion, err = m.open(w); err != nil {
			return nil, err
		}
		e.walkers = append(e.walkers, w)
	}
	return e, nil
}

// spread is a field's value for each coordinate, all above 0: one number, n of them, or an array that is broadcast over the first quantity, x.
func spread(f array.Field, t contract.Target, name string) ([]float64, error) {
	n := t.Size()
	x := make([]float64, n)
	shape := []int{n}
	if all := t.Quantities(); len(all) > 0 {
		if size, err := array.Count(all[0].Shape); err == nil && size == n {
			shape = all[0].Shape
		}
	}
	for i := range x {
		at := i
		if !f.Uniform() && len(f.Values) != n {
			index, lack := array.Unravel(i, shape), len(shape)-len(f.Shape)
			at = 0
			for d, size := range f.Shape {
				if lack < 0 || size != 1 && size != shape[d+lack] {
					return nil, spec.Errorf(spec.ShapeError, "%s: expected one number or shape %v, got shape %v", name, shape, f.Shape).With("argument", name)
				}
				if at *= size; size > 1 {
					at += index[d+lack]
				}
			}
		}
		if x[i] = f.At(at); !(x[i] > 0) {
			return nil, spec.Expected(name, "numbers above 0", x[i]).With("argument", name)
		}
	}
	return x, nil
}

// place puts a walker at its start: given, x or x and v one after the other; or uniform in [-2, 2]^n where the energy is finite; or at 0.
func (w *walker) place(start contract.Start, k, walkers int) error {
	ctx, n := context.Background(), len(w.x)
	if a := start.Values; a != nil {
		width := n
		if len(a.Shape) > 0 && w.v != nil && a.Shape[len(a.Shape)-1] == 2*n {
			width = 2 * n
		}
		if a.Dtype != array.Float64 || a.Len() != width && a.Len() != width*walkers {
			return spec.Errorf(spec.ShapeError, "start: expected float64 of shape (%d) or (%d, %d), or twice as wide with velocities, got %s of %v", n, walkers, n, a.Dtype, a.Shape).
				With("argument", "start")
		}
		row := array.View[float64](a)
		if a.Len() > width {
			row = row[k*width:]
		}
		copy(w.x, row[:n])
		if width > n {
			copy(w.v, row[n:2*n])
		}
		for _, v := range w.v {
			if v-v != 0 {
				return spec.Errorf(spec.NonFiniteError, "start: a velocity is %v where chain %d begins", v, k).With("argument", "start")
			}
		}
		if err := w.force(ctx); err != nil {
			if spec.Of(err).Class == spec.NonFiniteError {
				return spec.Errorf(spec.NonFiniteError, "start: the energy is not finite where chain %d begins", k).With("argument", "start")
			}
			return err
		}
		return nil
	}
	s := w.key.Stream(beginning - 1)
	for range attempts {
		for i := range w.x {
			w.x[i] = 0
			if start.Kind == "random" {
				w.x[i] = float64(4*s.Float64()) - 2
			}
		}
		err := w.force(ctx)
		if err == nil || spec.Of(err).Class != spec.NonFiniteError {
			return err
		}
	}
	return spec.Errorf(spec.NonFiniteError, "start: the energy is not finite at %d random places in [-2, 2]", attempts).
		With("argument", "start").Try("start=array of finite energy")
}

func (e *ensemble) Size() int { return len(e.walkers) }

// AdvanceTo goes to a time that is a whole number of records.
func (e *ensemble) AdvanceTo(ctx context.Context, walker int, time float64, team *par.Team) error {
	return e.SweepTo(ctx, walker, int64(math.Round(time/e.every)), team)
}

// SweepTo counts in records. A step that has begun is finished.
func (e *ensemble) SweepTo(ctx context.Context, walker int, target int64, team *par.Team) error {
	w := e.walkers[walker]
	w.team = team
	for w.steps < target*w.every {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.advance(); err != nil {
			return err
		}
		w.steps++
	}
	return nil
}

// advance is one step. Where the caller of the library evaluates the target a cancellation ends a step in its midst; it is taken back.
func (w *walker) advance() error {
	if _, remote := w.of.(contract.Attended); !remote {
		return w.motion.step(context.Background(), w)
	}
	return saved.Attempt(&w.before, w.saved, func() error { return w.motion.step(context.Background(), w) })
}

func (e *ensemble) Warm(int) {}

func (e *ensemble) Reduced(walker int, dst []float64, at []contract.Params) error {
	w := e.walkers[walker]
	if err := w.force(context.Background()); err != nil {
		return err
	}
	for i, p := range at {
		if err := plain(p); err != nil {
			return err
		}
		dst[i] = w.energy / p.KT
	}
	return nil
}

func (e *ensemble) SetParams(walker int, p contract.Params) error {
	if err := plain(p); err != nil {
		return err
	}
	w := e.walkers[walker]
	w.kT = p.KT
	moved, err := e.method.open(w)
	if err == nil {
		w.motion = moved
	}
	return err
}

// plain refuses states beside temperatures.
func plain(p contract.Params) error {
	if !(p.KT > 0) || p.Reference != 0 || len(p.Extra) > 0 {
		return spec.Expected("kT", "a number above 0, and no other parameter of a state", p.KT)
	}
	return nil
}

// SetBias: forces follow the energy alone.
func (e *ensemble) SetBias(_ int, b *contract.Bias) error {
	if b == nil {
		return nil
	}
	return spec.Mismatch("a dynamics in time", "no bias", "one on "+b.Observable)
}

func (e *ensemble) SwapWalkers(a, b int) {
	c, d := e.walkers[a], e.walkers[b]
	c.x, d.x, c.v, d.v, c.g, d.g = d.x, c.x, d.v, c.v, d.g, c.g
	c.energy, d.energy, c.fresh, d.fresh, c.as, d.as = d.energy, c.energy, d.fresh, c.fresh, -1, -1
}

func (e *ensemble) CopyWalker(dst, src int) {
	d, s := e.walkers[dst], e.walkers[src]
	copy(d.x, s.x)
	copy(d.v, s.v)
	d.fresh, d.as = false, -1
}

// Observable: the record program's quantities, and what belongs to the motion.
func (e *ensemble) Observable(name string) (contract.Observable, error) {
	all := e.target.Quantities()
	if k := slices.IndexFunc(all, func(q contract.Quantity) bool { return q.Name == name }); k >= 0 {
		q := all[k]
		return contract.Observable{Name: name, Dtype: q.Dtype, Shape: q.Shape, Dims: q.Dims, Record: func(i int, row []byte) {
			w := e.walkers[i]
			if w.as != w.steps {
				var err error
				if m, ok := w.record.(contract.Meter); ok {
					if err = m.Measure(context.Background(), w.kT, w.x, k, row); err != nil {
						panic(err) // the energy ran at this point
					}
					return
				}
				if w.rows, err = w.record.Record(context.Background(), w.x); err != nil {
					panic(err) // the energy ran at this point
				}
				w.as = w.steps
			}
			copy(row, w.rows[k])
		}}, nil
	}
	var names []string
	for _, q := range all {
		names = append(names, q.Name)
	}
	number := func(f func(w *walker) float64) contract.Observable {
		return contract.Observable{Name: name, Dtype: array.Float64, Record: func(i int, row []byte) { array.Cast[float64](row)[0] = f(e.walkers[i]) }}
	}
	if e.method.weight() != nil {
		names = append(names, "kinetic", "velocities")
		switch name {
		case "kinetic":
			return number((*walker).kinetic), nil
		case "velocities": // in the shape of x where there is one x
			shape := []int{e.target.Size()}
			if size, err := array.Count(all[0].Shape); err == nil && size == shape[0] {
				shape = all[0].Shape
			}
			return contract.Observable{Name: name, Dtype: array.Float64, Shape: shape, Record: func(i int, row []byte) { copy(row, array.Bytes(e.walkers[i].v)) }}, nil
		}
	}
	if _, ok := e.walkers[0].motion.(conserving); ok {
		if name == "conserved" {
			return number(func(w *walker) float64 {
				if w.force(context.Background()) != nil {
					return math.NaN()
				}
				kinetic := w.kinetic()
				return w.energy + kinetic + w.motion.(conserving).added(w)
			}), nil
		}
		names = append(names, "conserved")
	}
	slices.Sort(names)
	return contract.Observable{}, spec.Expected("observe", "one of "+strings.Join(names, ", "), fmt.Sprintf("%q", name)).With("argument", "observe")
}

// Info: dt is the step that was taken.
func (e *ensemble) Info() map[string][]float64 {
	all := map[string][]float64{}
	for _, w := range e.walkers {
		all["dt"] = append(all["dt"], w.h)
		all["steps"] = append(all["steps"], float64(w.steps))
		all["evaluations"] = append(all["evaluations"], float64(w.forces))
	}
	return all
}

// Layout: a configuration is x, or x and v one after the other.
func (e *ensemble) Layout() (array.Dtype, []int) {
	if e.method.weight() != nil {
		return array.Float64, []int{2 * e.target.Size()}
	}
	return array.Float64, []int{e.target.Size()}
}

func (e *ensemble) Configuration(walker int, dst []byte) {
	w := e.walkers[walker]
	copy(dst[copy(dst, array.Bytes(w.x)):], array.Bytes(w.v))
}

// Work is in steps, per unit of time.
func (e *ensemble) Work() (float64, string) { return 1 / e.walkers[0].h, "steps" }

func (e *ensemble) Save(out io.Writer) error {
	for _, w := range e.walkers {
		if err := saved.Put(out, w.saved()...); err != nil {
			return err
		}
	}
	return nil
}

func (e *ensemble) Load(in io.Reader) error {
	for _, w := range e.walkers {
		if err := saved.Get(in, w.saved()...); err != nil {
			return err
		}
		w.as = -1
	}
	return nil
}
