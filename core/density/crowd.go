package density

import (
	"context"
	"fmt"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// Functional is a function F of a cloud of N particles z in R^d, on a space x(z).
type Functional struct {
	// Slope is (z (N, d), lambda) -> u = N F(x(z)) - lambda sum log|dx/dz|, du/dz.
	Slope Program `spec:"slope"`
	// Record is z (d) -> the quantities that can be observed of a particle, by Names.
	Record Program `spec:"record"`
	// Names of the quantities.
	Names []string `spec:"names"`
}

// Game is a payoff F(x, y) that one cloud makes small and another one large; z = (x, y) holds a particle of each.
type Game struct {
	// Slope is (z (N, d), w (K, d), lambda) -> u, du/dz where u is the sum over i of the mean over k of F(x_i, y'_k) - F(x'_k, y_i), w = (x', y'), and
	// of lambda times the energies of the priors.
	Slope Program `spec:"slope"`
	// Record is z (d) -> the quantities that can be observed of a particle, by Names.
	Record Program `spec:"record"`
	// Names of the quantities.
	Names []string `spec:"names"`
	// Split is how many coordinates of z are those of x.
	Split int `spec:"split" range:"[0,1e12]"`
}

// Inverse is the residual R of a least-squares problem, of density exp(-|R(z)|^2 / 2 kT).
type Inverse struct {
	// Residual is z (d) -> R (m).
	Residual Program `spec:"residual"`
	// Record is z (d) -> the quantities that can be observed of a particle, by Names.
	Record Program `spec:"record"`
	// Names of the quantities.
	Names []string `spec:"names"`
}

// Traced marks systems whose Python classes are written by hand.
func (*Functional) Traced() {}
func (*Game) Traced()       {}
func (*Inverse) Traced()    {}

// Size is d.
func (f *Functional) Size() int { return f.Record.in[0].Len() }
func (g *Game) Size() int       { return g.Record.in[0].Len() }
func (v *Inverse) Size() int    { return v.Record.in[0].Len() }

// Quantities can be recorded of a particle.
func (f *Functional) Quantities() []contract.Quantity { return quantities(&f.Record, f.Names) }
func (g *Game) Quantities() []contract.Quantity       { return quantities(&g.Record, g.Names) }
func (v *Inverse) Quantities() []contract.Quantity    { return quantities(&v.Record, v.Names) }

// Recorder is one caller's access to the quantities of a particle.
func (f *Functional) Recorder() (contract.Recorder, error) { return newRecorder(&f.Record) }
func (g *Game) Recorder() (contract.Recorder, error)       { return newRecorder(&g.Record) }
func (v *Inverse) Recorder() (contract.Recorder, error)    { return newRecorder(&v.Record) }

func matrix(shape ...int) expr.Type { return expr.Type{Dtype: array.Float64, Shape: shape} }

// own is the types of the inputs that are not captured.
func (p *Program) own() []expr.Type { return p.in[:max(len(p.in)-len(p.captured), 0)] }

// checkRecord wants names for the results of z (d) -> ...
func checkRecord(name string, record *Program, names []string) (d int, err error) {
	if len(record.in) == 0 || record.in[0].Rank() != 1 {
		return 0, spec.Errorf(spec.SpecError, "%s.record: expected a program of z of shape (d)", name)
	}
	d = record.in[0].Len()
	if err := SameTypes(name+".record inputs", []expr.Type{matrix(d)}, record.own()); err != nil {
		return 0, err
	}
	if len(names) != len(record.out) {
		return 0, spec.Expected(name+".names", "one for each result of record", len(names))
	}
	return d, nil
}

// Check compares the programs' types.
func (f *Functional) Check() error {
	d, err := checkRecord("Functional", &f.Record, f.Names)
	if err != nil {
		return err
	}
	if len(f.Slope.in) == 0 || f.Slope.in[0].Rank() != 2 {
		return spec.Errorf(spec.SpecError, "Functional.slope: expected a program of z of shape (N, d)")
	}
	z := matrix(f.Particles(), d)
	if err := SameTypes("Functional.slope inputs", []expr.Type{z, matrix()}, f.Slope.own()); err != nil {
		return err
	}
	return SameTypes("Functional.slope results", []expr.Type{matrix(), z}, f.Slope.out)
}

// Check compares the programs' types.
func (g *Game) Check() error {
	d, err := checkRecord("Game", &g.Record, g.Names)
	if err != nil {
		return err
	}
	if len(g.Slope.in) < 2 || g.Slope.in[0].Rank() != 2 || g.Slope.in[1].Rank() != 2 {
		return spec.Errorf(spec.SpecError, "Game.slope: expected a program of z of shape (N, d) and w of shape (K, d)")
	}
	if g.Split > d {
		return spec.Expected("Game.split", fmt.Sprintf("at most %d", d), g.Split)
	}
	z := matrix(g.Particles(), d)
	if err := SameTypes("Game.slope inputs", []expr.Type{z, matrix(g.Opponents(), d), matrix()}, g.Slope.own()); err != nil {
		return err
	}
	return SameTypes("Game.slope results", []expr.Type{matrix(), z}, g.Slope.out)
}

// Check compares the programs' types.
func (v *Inverse) Check() error {
	d, err := checkRecord("Inverse", &v.Record, v.Names)
	if err != nil {
		return err
	}
	if err := SameTypes("Inverse.residual inputs", []expr.Type{matrix(d)}, v.Residual.own()); err != nil {
		return err
	}
	if len(v.Residual.out) != 1 || v.Residual.out[0].Rank() != 1 {
		return spec.Errorf(spec.SpecError, "Inverse.residual: expected one result of shape (m)")
	}
	return SameTypes("Inverse.residual results", []expr.Type{matrix(v.Length())}, v.Residual.out)
}

// Particles is N.
func (f *Functional) Particles() int { return f.Slope.in[0].Shape[0] }
func (g *Game) Particles() int       { return g.Slope.in[0].Shape[0] }

// Opponents is K.
func (g *Game) Opponents() int { return g.Slope.in[1].Shape[0] }

// Length is m.
func (v *Inverse) Length() int { return v.Residual.out[0].Len() }

// Field is one caller's access to a program of whole clouds. It allocates nothing.
type Field struct {
	*call
	kT [1]float64
}

// Field compiles the slope.
func (f *Functional) Field() (*Field, error) { return newField(&f.Slope, 1) }

// Field compiles the slope. Against must be called before Gradient.
func (g *Game) Field() (*Field, error) { return newField(&g.Slope, 2) }

func newField(p *Program, at int) (*Field, error) {
	c, err := newCall(p, form{})
	if err != nil {
		return nil, err
	}
	f := &Field{call: c}
	c.in[at].Data = array.Bytes(f.kT[:])
	return f, nil
}

// Against sets w.
func (f *Field) Against(w []float64) { f.in[1].Data = array.Bytes(w) }

// Gradient fills u (1) and g (N, d) for z (N, d) and lambda.
func (f *Field) Gradient(ctx context.Context, team *par.Team, lambda float64, z, u, g []float64) error {
	f.kT[0] = lambda
	f.in[0].Data, f.out[0].Data, f.out[1].Data = array.Bytes(z), array.Bytes(u), array.Bytes(g)
	return f.code.Run(ctx, team, f.in, f.out)
}

// Residuals is one caller's access to the residuals of rows points.
type Residuals struct{ *call }

// Residuals compiles the residual for batches.
func (v *Inverse) Residuals(rows int) (*Residuals, error) {
	c, err := newCall(&v.Residual, form{rows: rows})
	return &Residuals{c}, err
}

// At fills r (rows, m) for z (rows, d).
func (r *Residuals) At(ctx context.Context, team *par.Team, z, to []float64) error {
	r.in[0].Data, r.out[0].Data = array.Bytes(z), array.Bytes(to)
	return r.code.Run(ctx, team, r.in, r.out)
}
