package density

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/expr/traced"
	"github.com/ergodica/ergodica/core/spec"
)

// Density is a target by its programs; z has the shape (n).
type Density struct {
	// Reduced is (z, kT) -> u, du/dz.
	Reduced Program `spec:"reduced"`
	// Record is z -> the quantities that can be observed, by Names.
	Record Program `spec:"record"`
	// Hessian is (z, kT) -> the second derivatives of u, (n, n), and the third, (n, n, n), where a method needs them; or a metric and its derivatives.
	Hessian Program `spec:"curvature" default:"null"`
	// Metric tells that Hessian has a metric.
	Metric bool `spec:"metric" default:"false"`
	// Before is z -> -log of the prior's density of z and its gradient, Draw is a key -> z drawn from it with its -log density, where a method begins from a prior.
	Before Program `spec:"prior" default:"null"`
	Draw   Program `spec:"draw" default:"null"`
	// Names of the quantities; "energy" is E.
	Names []string `spec:"names"`
	// Blocks of coordinates; none are R^n.
	Blocks contract.Blocks `spec:"blocks" default:"[]"`
}

// Shape is what the coordinates are.
func (d *Density) Shape() contract.Blocks { return d.Blocks }

// Program is a program with the arrays that it captured, its last inputs. It is compiled on first use.
type Program struct {
	source   *expr.Program
	in, out  []expr.Type
	captured []*array.Array
	mu       sync.Mutex
	compiled map[form]*compiled
	turned   map[int]*array.Array // transposed copies of captured matrices
}

// compiled is a form of a program. Its last inputs are transposed copies of captured arrays.
type compiled struct {
	*engine.Executable
	copies []*array.Array
}

// form is a variant of a program: for one point or for a batch, all results or the first alone.
type form struct {
	rows  int // 0: one point, without an axis of rows
	first bool
	each  bool // rows have temperatures of their own
}

// DecodeSpec reads {"program": wire form of core/expr, "arrays": [{"input": k}, ...]}; null leaves it without a source.
func (p *Program) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	if string(raw) == "null" {
		return nil
	}
	source, captured, err := traced.Decode(raw, in, path)
	if err != nil {
		return err
	}
	p.source, p.captured, p.compiled, p.turned = source, captured, map[form]*compiled{}, map[int]*array.Array{}
	p.in, p.out = source.InputTypes(), source.OutputTypes()
	return nil
}

// Source is the program as it was traced, nil where none was given.
func (p *Program) Source() *expr.Program { return p.source }

// Captured are the arrays that are its last inputs.
func (p *Program) Captured() []*array.Array { return p.captured }

// code compiles a form of the program, once. Of the inputs the first is batched, and the second where each row has its own.
func (p *Program) code(f form) (*compiled, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.compiled[f]; x != nil {
		return x, nil
	}
	source := p.source
	if f.first {
		short := *source
		short.Outputs = source.Outputs[:1]
		source = expr.Prune(&short)
	}
	var err error
	var places []int
	if f.rows > 0 {
		axes := make([]int, source.Inputs)
		for k := range axes {
			axes[k] = -1
		}
		axes[0] = 0
		if f.each {
			axes[1] = 0
		}
		source, err = expr.Vmap(source, axes, nil, f.rows)
	} else {
		source, places, err = laid(source, len(p.in)-len(p.captured))
	}
	if err != nil {
		return nil, err
	}
	x := &compiled{}
	if x.Executable, err = engine.Compile(source, engine.Options{}); err != nil {
		return nil, err
	}
	for _, k := range places {
		if p.turned[k] == nil {
			p.turned[k] = turned(p.captured[k])
		}
		x.copies = append(x.copies, p.turned[k])
	}
	p.compiled[f] = x
	return x, nil
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
	type check struct {
		name    string
		p       *Program
		in, out []expr.Type
	}
	checks := []check{{"reduced", &d.Reduced, []expr.Type{z, number}, []expr.Type{number, z}},
		{"record", &d.Record, []expr.Type{z}, nil}}
	if n := d.Size(); d.Hessian.source != nil {
		matrix, cube := expr.Type{Dtype: array.Float64, Shape: []int{n, n}}, expr.Type{Dtype: array.Float64, Shape: []int{n, n, n}}
		checks = append(checks, check{"curvature", &d.Hessian, []expr.Type{z, number}, []expr.Type{matrix, cube}})
	}
	if d.Before.source != nil {
		checks = append(checks, check{"prior", &d.Before, []expr.Type{z}, []expr.Type{number, z}},
			check{"draw", &d.Draw, []expr.Type{{Dtype: array.Int64, Shape: []int{}}}, []expr.Type{z, number}})
	}
	for _, c := range checks {
		if err := SameTypes("Density."+c.name+" inputs", c.in, c.p.in[:max(len(c.p.in)-len(c.p.captured), 0)]); err != nil {
			return err
		}
		if c.out != nil {
			if err := SameTypes("Density."+c.name+" results", c.out, c.p.out); err != nil {
				return err
			}
		}
	}
	total := 0
	for _, b := range d.Blocks {
		total += b.Size()
	}
	if len(d.Blocks) > 0 && total != z.Len() {
		return spec.Expected("Density.blocks", fmt.Sprintf("%d coordinates in all", z.Len()), total)
	}
	if len(d.Names) != len(d.Record.out) {
		return spec.Expected("Density.names", "one for each result of record", len(d.Names))
	}
	return nil
}

// SameTypes compares the types of a program with those that are wanted.
func SameTypes(what string, want, got []expr.Type) error {
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
