package density

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// call is a program with the headers of one caller: running it allocates nothing.
type call struct {
	code    *compiled
	in, out []*array.Array
}

// newCall makes headers whose memory is set later, and those of what was captured.
func newCall(p *Program, f form) (*call, error) {
	code, err := p.code(f)
	if err != nil {
		return nil, err
	}
	c := &call{code: code}
	own := len(p.in) - len(p.captured)
	for k, t := range p.in[:own] {
		if k == 0 || k == 1 && f.each {
			t = f.batched(t)
		}
		c.in = append(c.in, array.Borrow("", t.Dtype, t.Shape, nil))
	}
	c.in = append(append(c.in, p.captured...), code.copies...)
	for k, t := range p.out {
		if k == 0 || !f.first {
			t = f.batched(t)
			c.out = append(c.out, array.Borrow("", t.Dtype, t.Shape, nil))
		}
	}
	return c, nil
}

func (f form) batched(t expr.Type) expr.Type {
	if f.rows > 0 {
		t.Shape = append([]int{f.rows}, t.Shape...)
	}
	return t
}

// evaluator is one caller's access to the reduced energy of rows points.
type evaluator struct {
	density *Density
	rows    int
	slope   *call
	value   *call // made on first use, like those of rows at temperatures of their own
	slopes  *call
	values  *call
	kT      [1]float64
}

// Evaluator compiles the program for batches of rows.
func (d *Density) Evaluator(rows int) (contract.Evaluator, error) {
	e := &evaluator{density: d, rows: rows}
	if err := e.need(&e.slope, e.form(false)); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *evaluator) form(first bool) form {
	if e.rows == 1 {
		return form{first: first}
	}
	return form{rows: e.rows, first: first}
}

// need makes a call on first use.
func (e *evaluator) need(c **call, f form) (err error) {
	if *c == nil {
		if *c, err = newCall(&e.density.Reduced, f); err == nil && !f.each {
			(*c).in[1].Data = array.Bytes(e.kT[:])
		}
	}
	return err
}

func (e *evaluator) Gradient(ctx context.Context, team *par.Team, kT float64, z, u, g []float64) error {
	e.kT[0] = kT
	return e.slope.gradient(ctx, team, z, u, g)
}

func (e *evaluator) Value(ctx context.Context, team *par.Team, kT float64, z, u []float64) error {
	if err := e.need(&e.value, e.form(true)); err != nil {
		return err
	}
	e.kT[0] = kT
	return e.value.first(ctx, team, z, u)
}

// GradientAt is Gradient of rows at their own temperatures.
func (e *evaluator) GradientAt(ctx context.Context, team *par.Team, kT, z, u, g []float64) error {
	if err := e.need(&e.slopes, form{rows: e.rows, each: true}); err != nil {
		return err
	}
	e.slopes.in[1].Data = array.Bytes(kT)
	return e.slopes.gradient(ctx, team, z, u, g)
}

// ValueAt is Value of rows at their own temperatures.
func (e *evaluator) ValueAt(ctx context.Context, team *par.Team, kT, z, u []float64) error {
	if err := e.need(&e.values, form{rows: e.rows, first: true, each: true}); err != nil {
		return err
	}
	e.values.in[1].Data = array.Bytes(kT)
	return e.values.first(ctx, team, z, u)
}

func (c *call) gradient(ctx context.Context, team *par.Team, z, u, g []float64) error {
	c.in[0].Data, c.out[0].Data, c.out[1].Data = array.Bytes(z), array.Bytes(u), array.Bytes(g)
	return c.code.Run(ctx, team, c.in, c.out)
}

func (c *call) first(ctx context.Context, team *par.Team, z, u []float64) error {
	c.in[0].Data, c.out[0].Data = array.Bytes(z), array.Bytes(u)
	return c.code.Run(ctx, team, c.in, c.out)
}

// Quantities are the results of Record, by Names.
func (d *Density) Quantities() []contract.Quantity { return quantities(&d.Record, d.Names) }

// Recorder is one caller's access to the quantities of a point.
func (d *Density) Recorder() (contract.Recorder, error) { return newRecorder(&d.Record) }

func quantities(p *Program, names []string) (all []contract.Quantity) {
	for k, t := range p.out {
		all = append(all, contract.Quantity{Name: names[k], Dtype: t.Dtype, Shape: t.Shape})
	}
	return all
}

type recorder struct {
	*call
	rows [][]byte
}

func newRecorder(p *Program) (*recorder, error) {
	c, err := newCall(p, form{})
	if err != nil {
		return nil, err
	}
	r := &recorder{call: c}
	for k, t := range p.out {
		bytes := t.Len() * t.Dtype.Size()
		r.rows = append(r.rows, array.Bytes(make([]float64, (bytes+7)/8))[:bytes])
		c.out[k].Data = r.rows[k]
	}
	return r, nil
}

func (r *recorder) Record(ctx context.Context, z []float64) ([][]byte, error) {
	r.in[0].Data = array.Bytes(z)
	return r.rows, r.code.Run(ctx, nil, r.in, r.out)
}

type curvature struct {
	*call
	kT     [1]float64
	metric bool
}

// Curvature is one caller's access to second and third derivatives.
func (d *Density) Curvature() (contract.Curvature, error) {
	if d.Hessian.source == nil {
		return nil, spec.Errorf(spec.SpecError, "this density was made without its second derivatives")
	}
	c, err := newCall(&d.Hessian, form{})
	if err != nil {
		return nil, err
	}
	e := &curvature{call: c, metric: d.Metric}
	c.in[1].Data = array.Bytes(e.kT[:])
	return e, nil
}

func (e *curvature) Metric() bool { return e.metric }

func (e *curvature) Curve(ctx context.Context, kT float64, z, h, dh []float64) error {
	e.kT[0] = kT
	e.in[0].Data, e.out[0].Data, e.out[1].Data = array.Bytes(z), array.Bytes(h), array.Bytes(dh)
	return e.code.Run(ctx, nil, e.in, e.out)
}

type prior struct {
	slope, draw   *call
	slopes, draws map[int]*call // of many rows, made on first use
	density       *Density
	u             [1]float64
	key           [1]int64
}

// Prior is one caller's access to the prior, nil where there is none.
func (d *Density) Prior() (contract.Prior, error) {
	if d.Before.source == nil {
		return nil, nil
	}
	p := &prior{density: d, slopes: map[int]*call{}, draws: map[int]*call{}}
	var err error
	if p.slope, err = newCall(&d.Before, form{}); err != nil {
		return nil, err
	}
	if p.draw, err = newCall(&d.Draw, form{first: true}); err != nil {
		return nil, err
	}
	p.slope.out[0].Data, p.draw.in[0].Data = array.Bytes(p.u[:]), array.Bytes(p.key[:])
	return p, nil
}

func (p *prior) Gradient(ctx context.Context, z, g []float64) (float64, error) {
	c := p.slope
	c.in[0].Data, c.out[1].Data = array.Bytes(z), array.Bytes(g)
	err := c.code.Run(ctx, nil, c.in, c.out)
	return p.u[0], err
}

func (p *prior) Draw(ctx context.Context, key int64, z []float64) error {
	p.key[0] = key
	p.draw.out[0].Data = array.Bytes(z)
	return p.draw.code.Run(ctx, nil, p.draw.in, p.draw.out)
}

// Propose draws a row for each key.
func (p *prior) Propose(ctx context.Context, keys []int64, z, u []float64) error {
	c, err := wide(p.draws, &p.density.Draw, len(keys))
	if err != nil {
		return err
	}
	c.in[0].Data, c.out[0].Data, c.out[1].Data = array.Bytes(keys), array.Bytes(z), array.Bytes(u)
	return c.code.Run(ctx, nil, c.in, c.out)
}

// Gradients are those of rows.
func (p *prior) Gradients(ctx context.Context, z, u, g []float64) error {
	c, err := wide(p.slopes, &p.density.Before, len(u))
	if err != nil {
		return err
	}
	c.in[0].Data, c.out[0].Data, c.out[1].Data = array.Bytes(z), array.Bytes(u), array.Bytes(g)
	return c.code.Run(ctx, nil, c.in, c.out)
}

func wide(made map[int]*call, p *Program, rows int) (c *call, err error) {
	if c = made[rows]; c == nil {
		c, err = newCall(p, form{rows: rows})
		made[rows] = c
	}
	return c, err
}
