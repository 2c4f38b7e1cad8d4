package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/spec"
)

// Density is a target by its programs; z has the shape (n).
type Density struct {
	// Reduced is (z, kT) -> u, du/dz.
	Reduced Program `spec:"reduced"`
	// Value is (z, kT) -> u.
	Value Program `spec:"value"`
	// Record is z -> the quantities that can be observed, by Names.
	Record Program `spec:"record"`
	// Names of the quantities; "energy" is E.
	Names []string `spec:"names"`
}

// Program is compiled as it is decoded; the arrays that it captured are its last inputs.
type Program struct {
	code     *engine.Executable
	in, out  []expr.Type
	captured []*array.Array
}

// DecodeSpec reads {"program": wire form of core/expr, "arrays": [{"input": k}, ...]}.
func (p *Program) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	var w struct {
		Program json.RawMessage   `json:"program"`
		Arrays  []json.RawMessage `json:"arrays"`
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return spec.Errorf(spec.SpecError, "%s: %v", path, err)
	}
	source, err := expr.Decode(w.Program)
	if err != nil {
		return err
	}
	for _, r := range w.Arrays {
		v, ok, err := spec.InputIndex(r, in, path)
		if err != nil {
			return err
		}
		a, isArray := v.(*array.Array)
		if !ok || !isArray {
			return spec.Expected(path+".arrays", `{"input": k}`, string(r))
		}
		p.captured = append(p.captured, a)
	}
	p.in, p.out = source.InputTypes(), source.OutputTypes()
	if len(p.captured) > len(p.in) {
		return spec.Expected(path+".arrays", "at most the program's inputs", len(p.captured))
	}
	for k, a := range p.captured {
		if want, got := p.in[len(p.in)-len(p.captured)+k], (expr.Type{Dtype: a.Dtype, Shape: a.Shape}); !want.Equal(got) {
			return spec.Expected(path+".arrays", want.String(), got.String())
		}
	}
	p.code, err = engine.Compile(source, engine.Options{})
	return err
}

// Traced marks a system whose Python class is written by hand: it traces functions.
func (*Density) Traced() {}

// Size is n.
func (d *Density) Size() int { return d.Reduced.in[0].Len() }

// Check compares the programs' types.
func (d *Density) Check() error {
	if len(d.Reduced.in) == 0 || d.Reduced.in[0].Rank() != 1 {
		return spec.Errorf(spec.SpecError, "Density: expected programs of z of shape (n)")
	}
	z, number := d.Reduced.in[0], expr.Type{Dtype: array.Float64, Shape: []int{}}
	z.Dtype = array.Float64
	for _, c := range []struct {
		name    string
		p       *Program
		in, out []expr.Type
	}{{"reduced", &d.Reduced, []expr.Type{z, number}, []expr.Type{number, z}}, {"value", &d.Value, []expr.Type{z, number}, []expr.Type{number}},
		{"record", &d.Record, []expr.Type{z}, nil}} {
		if err := same("Density."+c.name+" inputs", c.in, c.p.in[:max(len(c.p.in)-len(c.p.captured), 0)]); err != nil {
			return err
		}
		if c.out != nil {
			if err := same("Density."+c.name+" results", c.out, c.p.out); err != nil {
				return err
			}
		}
	}
	if len(d.Names) != len(d.Record.out) {
		return spec.Expected("Density.names", "one for each result of record", len(d.Names))
	}
	return nil
}

func same(what string, want, got []expr.Type) error {
	if len(want) != len(got) {
		return spec.Expected(what, fmt.Sprint(len(want)), len(got))
	}
	for i := range want {
		if !want[i].Equal(got[i]) {
			return spec.Expected(what, want[i].String(), got[i].String())
		}
	}
	return nil
}

// point is a position with the reduced energy and its gradient there.
type point struct {
	z, g []float64
	u    float64
}

func newPoint(n int) point { return point{z: make([]float64, n), g: make([]float64, n)} }

func (p *point) set(q *point) {
	copy(p.z, q.z)
	copy(p.g, q.g)
	p.u = q.u
}

// call is a program with the headers of one caller: running it allocates nothing.
type call struct {
	code    *engine.Executable
	in, out []*array.Array
}

func newCall(p *Program) *call {
	c := &call{code: p.code}
	own := len(p.in) - len(p.captured)
	for _, t := range p.in[:own] {
		c.in = append(c.in, array.Borrow("", t.Dtype, t.Shape, nil))
	}
	c.in = append(c.in, p.captured...)
	for _, t := range p.out {
		c.out = append(c.out, array.Borrow("", t.Dtype, t.Shape, nil))
	}
	return c
}

func bytesOf(x []float64) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 8*len(x))
}

// evaluator computes u for one chain, and counts what is not finite: +inf is zero probability; NaN, -inf and a gradient that is not finite
// where u is are errors of the density.
type evaluator struct {
	slope, value *call
	number       [2]float64 // kT, u
	gradients    int64
	outside      int64
	nonfinite    int64
	where        []float64 // the first z of a nonfinite
}

func newEvaluator(d *Density, kT float64) *evaluator {
	e := &evaluator{slope: newCall(&d.Reduced), value: newCall(&d.Value)}
	e.number[0] = kT
	for _, c := range []*call{e.slope, e.value} {
		c.in[1].Data = bytesOf(e.number[:1])
		c.out[0].Data = bytesOf(e.number[1:])
	}
	return e
}

// at fills u and the gradient at p.z. u is +inf where the density is not to be trusted.
func (e *evaluator) at(ctx context.Context, p *point) error {
	e.gradients++
	e.slope.in[0].Data, e.slope.out[1].Data = bytesOf(p.z), bytesOf(p.g)
	if err := e.slope.code.Run(ctx, nil, e.slope.in, e.slope.out); err != nil {
		return err
	}
	p.u = e.judge(p.z, e.number[1])
	if p.u-p.u == 0 {
		for _, g := range p.g {
			if g-g != 0 {
				p.u = e.judge(p.z, math.NaN())
				break
			}
		}
	}
	return nil
}

// valueAt fills u alone.
func (e *evaluator) valueAt(ctx context.Context, p *point) error {
	e.gradients++
	e.value.in[0].Data = bytesOf(p.z)
	if err := e.value.code.Run(ctx, nil, e.value.in, e.value.out); err != nil {
		return err
	}
	p.u = e.judge(p.z, e.number[1])
	return nil
}

func (e *evaluator) judge(z []float64, u float64) float64 {
	switch {
	case math.IsInf(u, 1):
		e.outside++
	case u-u != 0:
		for _, x := range z {
			if x-x != 0 { // the integrator has left: no fault of the density
				e.outside++
				return math.Inf(1)
			}
		}
		e.nonfinite++
		if e.where == nil {
			e.where = append([]float64{}, z...)
		}
		return math.Inf(1)
	}
	return u
}
