package density

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// FeynmanKac is the flow of a measure that N weighted particles carry: what starts them, and one step of all.
type FeynmanKac struct {
	// Start is a key -> x (N, d); null where particles are given.
	Start Program `spec:"start"`
	// Step is (x (N, d), log w (N), key, k) -> x' (N, d), the change of log w (N), coefficients of the control (K).
	Step Program `spec:"step"`
	// Steps from the first time to the last.
	Steps int `spec:"steps" range:"[1,1e12]"`
	// Record is x (d) -> the quantities that can be observed of a particle, by Names.
	Record Program `spec:"record"`
	// Names of the quantities.
	Names []string `spec:"names"`
}

// Traced marks a system whose Python class is written by hand.
func (*FeynmanKac) Traced() {}

// Size is d.
func (f *FeynmanKac) Size() int { return f.Record.in[0].Len() }

// Particles is N.
func (f *FeynmanKac) Particles() int { return f.Step.in[0].Shape[0] }

// Controls is K.
func (f *FeynmanKac) Controls() int { return f.Step.out[2].Len() }

// Quantities can be recorded of a particle.
func (f *FeynmanKac) Quantities() []contract.Quantity { return quantities(&f.Record, f.Names) }

// Recorder is one caller's access to the quantities of a particle.
func (f *FeynmanKac) Recorder() (contract.Recorder, error) { return newRecorder(&f.Record) }

// Check compares the programs' types.
func (f *FeynmanKac) Check() error {
	d, err := checkRecord("FeynmanKac", &f.Record, f.Names)
	if err != nil {
		return err
	}
	if len(f.Step.in) == 0 || f.Step.in[0].Rank() != 2 || len(f.Step.out) != 3 || f.Step.out[2].Rank() != 1 {
		return spec.Errorf(spec.SpecError, "FeynmanKac.step: expected a program of x of shape (N, d) with three results")
	}
	n := f.Particles()
	whole := expr.Type{Dtype: array.Int64, Shape: []int{}}
	if err := SameTypes("FeynmanKac.step inputs", []expr.Type{matrix(n, d), matrix(n), whole, whole}, f.Step.own()); err != nil {
		return err
	}
	if err := SameTypes("FeynmanKac.step results", []expr.Type{matrix(n, d), matrix(n), matrix(f.Controls())}, f.Step.out); err != nil {
		return err
	}
	if f.Start.source == nil {
		return nil
	}
	if err := SameTypes("FeynmanKac.start inputs", []expr.Type{whole}, f.Start.own()); err != nil {
		return err
	}
	return SameTypes("FeynmanKac.start results", []expr.Type{matrix(n, d)}, f.Start.out)
}

// Stepper is one caller's access to the step. It allocates nothing.
type Stepper struct {
	*call
	key, k [1]int64
}

// Stepper compiles the step.
func (f *FeynmanKac) Stepper() (*Stepper, error) {
	c, err := newCall(&f.Step, form{})
	if err != nil {
		return nil, err
	}
	s := &Stepper{call: c}
	c.in[2].Data, c.in[3].Data = array.Bytes(s.key[:]), array.Bytes(s.k[:])
	return s, nil
}

// Step fills x' (N, d), v (N) and theta (K) for step k.
func (s *Stepper) Step(ctx context.Context, team *par.Team, key, k int64, x, logw, to, v, theta []float64) error {
	s.key[0], s.k[0] = key, k
	s.in[0].Data, s.in[1].Data = array.Bytes(x), array.Bytes(logw)
	s.out[0].Data, s.out[1].Data, s.out[2].Data = array.Bytes(to), array.Bytes(v), array.Bytes(theta)
	return s.code.Run(ctx, team, s.in, s.out)
}

// Place fills x (N, d) with draws of the start, where it has one.
func (f *FeynmanKac) Place(ctx context.Context, key int64, x []float64) (there bool, err error) {
	if f.Start.source == nil {
		return false, nil
	}
	c, err := newCall(&f.Start, form{})
	if err != nil {
		return true, err
	}
	c.in[0].Data, c.out[0].Data = array.Bytes([]int64{key}), array.Bytes(x)
	return true, c.code.Run(ctx, nil, c.in, c.out)
}
