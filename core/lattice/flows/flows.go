// Package flows is gradient flow of lattice fields as the face asks for it: of many configurations, up to times at which they are looked at.
package flows

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/field"
	"github.com/ergodica/ergodica/core/lattice/gauge"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/vector"
	"github.com/ergodica/ergodica/core/lattice/villain"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/stats"
)

// systems that flow.
var systems = map[string]func() measure.Flowing{
	"lattice.ON":      func() measure.Flowing { return new(vector.ON) },
	"lattice.Phi4":    func() measure.Flowing { return new(field.Phi4) },
	"lattice.SU2":     func() measure.Flowing { return new(gauge.SU2) },
	"lattice.SU3":     func() measure.Flowing { return new(gauge.SU3) },
	"lattice.U1":      func() measure.Flowing { return new(gauge.U1) },
	"lattice.Villain": func() measure.Flowing { return new(villain.Villain) },
}

// Registry lists what the face asks of this package.
func Registry() []stats.Entry {
	return []stats.Entry{{
		Name: "GradientFlow",
		New:  func() any { return new(gradientFlow) },
		Run: func(ctx context.Context, params any, in []*array.Array, out stats.Results) error {
			return params.(*gradientFlow).run(ctx, in, out)
		},
	}}
}

// system is one of the systems.
type system struct{ measure.Flowing }

// DecodeSpec reads an object by its type.
func (s *system) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil || systems[head.Type] == nil {
		var names []string
		for name := range systems {
			names = append(names, name)
		}
		slices.Sort(names)
		return spec.Expected(path, fmt.Sprint("one of ", names), strconv.Quote(head.Type)).With("argument", "system")
	}
	s.Flowing = systems[head.Type]()
	if err := spec.Decode(raw, s.Flowing, in); err != nil {
		return err
	}
	if c, ok := s.Flowing.(interface{ Check() error }); ok {
		return c.Check()
	}
	return nil
}

// gradientFlow follows rows of configurations, the last of its inputs, to growing times; steps are equal and at most Step, or with a Tolerance such that
// a step's result of order 2 differs from that of order 3 by no more.
type gradientFlow struct {
	System    system    `spec:"system"`
	Times     []float64 `spec:"times" range:"[0,1e6]"`
	Step      float64   `spec:"step" default:"0.02" range:"(0,1e3]"`
	Tolerance float64   `spec:"tolerance" default:"0.0" range:"[0,1]"`
}

// most is how many steps there may be.
const most = 1e8

func (p *gradientFlow) run(ctx context.Context, in []*array.Array, out stats.Results) error {
	size, times := p.System.Size(), len(p.Times)
	if len(in) == 0 {
		return spec.Errorf(spec.ShapeError, "configurations: expected an array").With("argument", "configurations")
	}
	a := in[len(in)-1]
	if size == 0 || a.Len()%size != 0 || a.Dtype != array.Float64 {
		return spec.Errorf(spec.ShapeError, "configurations: expected float64 rows of %d numbers, got %s of shape %v", size, a.Dtype, a.Shape).With("argument", "configurations")
	}
	last := 0.0
	for _, t := range p.Times {
		if !(t >= last) {
			return spec.Expected("t", "times of at least 0 that do not fall", fmt.Sprint(p.Times)).With("argument", "t")
		}
		last = t
	}
	if last/p.Step > most {
		return spec.Expected("step", fmt.Sprintf("at most %g steps", most), p.Step).With("argument", "step")
	}
	z := array.View[float64](a)
	rows := len(z) / size
	if _, err := array.Plan(rows*times*size, 8, "flowed configurations"); err != nil {
		return err
	}
	r := &record{make([]float64, rows*times*size), make([]float64, rows*times), make([]float64, rows*times), make([]int64, rows)}
	has := false
	for k, x := range z {
		if x-x != 0 {
			return spec.Errorf(spec.NonFiniteError, "configurations: expected finite numbers, got %v in number %d", x, k/size).With("argument", "configurations")
		}
	}
	workers := min(rows, par.Threads())
	flowers := make(chan measure.Flower, max(workers, 1))
	for range workers {
		f, err := p.System.Flower()
		if err != nil {
			return err
		}
		_, has = f.Charge()
		flowers <- f
	}
	if c, ok := p.System.Flowing.(contract.Confined); ok {
		for k := range rows {
			if err := c.Belongs(z[k*size : (k+1)*size]); err != nil {
				e := spec.Of(err)
				e.Message = fmt.Sprintf("configurations: number %d: %s", k, e.Message)
				return e.With("argument", "configurations")
			}
		}
	}
	err := par.Do(ctx, workers, rows, func(k int) error {
		f := <-flowers
		defer func() { flowers <- f }()
		return p.follow(ctx, f, z[k*size:(k+1)*size], r.of(k, times, size))
	})
	if err != nil {
		return err
	}
	if err := out.Add("configurations", array.Float64, []int{rows, times, size}, []string{"row", "t", "coordinate"}, r.z); err != nil {
		return err
	}
	if err := out.Add("energy", array.Float64, []int{rows, times}, []string{"row", "t"}, r.energy); err != nil {
		return err
	}
	if has {
		if err := out.Add("charge", array.Float64, []int{rows, times}, []string{"row", "t"}, r.charge); err != nil {
			return err
		}
	}
	return out.Add("steps", array.Int64, []int{rows}, []string{"row"}, r.steps)
}

// record is what is found.
type record struct {
	z, energy, charge []float64
	steps             []int64
}

func (r *record) of(k, times, size int) record {
	return record{r.z[k*times*size : (k+1)*times*size], r.energy[k*times : (k+1)*times], r.charge[k*times : (k+1)*times], r.steps[k : k+1]}
}

// follow is the flow of one configuration.
func (p *gradientFlow) follow(ctx context.Context, f measure.Flower, z []float64, to record) error {
	f.Begin(z)
	now, eps := 0.0, p.Step
	step := func(h float64) (off float64, err error) {
		if to.steps[0]++; to.steps[0] > most {
			return 0, spec.Errorf(spec.ConvergenceError, "gradient_flow: more than %g steps up to t = %v", most, now).Try("a larger tolerance")
		}
		return f.Step(h, p.Tolerance > 0), ctx.Err()
	}
	for k, end := range p.Times {
		if p.Tolerance == 0 {
			if n := math.Ceil((end - now) / p.Step * (1 - 1e-12)); n > 0 {
				for range int(n) {
					if _, err := step((end - now) / n); err != nil {
						return err
					}
				}
			}
			now = end
		}
		for now < end {
			h := min(eps, end-now)
			if end-now-h < 0.01*h {
				h = end - now
			}
			off, err := step(h)
			if err != nil {
				return err
			}
			grow := 5.0
			if off > 0 {
				grow = min(max(0.95*functions.Cbrt1(p.Tolerance/off), 0.2), 5)
			}
			switch {
			case !(off <= p.Tolerance):
				f.Back()
				if off != off {
					grow = 0.2
				}
				eps = h * grow
				if eps = float64(eps); now+eps == now {
					return spec.Errorf(spec.ConvergenceError, "gradient_flow: no step keeps the tolerance at t = %v", now).Try("a larger tolerance")
				}
				continue
			case h < eps: // cut short by a time that is looked at
				eps = max(eps, h*grow)
			default:
				eps = h * grow
			}
			if now += h; end-now < 1e-12*end {
				now = end
			}
		}
		row := to.z[k*len(z) : (k+1)*len(z)]
		f.At(row)
		to.energy[k] = f.Energy()
		to.charge[k], _ = f.Charge()
	}
	return nil
}
