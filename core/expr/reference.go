package expr

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Reference runs a program slowly and obviously: one loop per operation, every value kept. It is the twin of the fast executor. float32 and
// complex64 results are those of the operation in double precision, rounded once.
func Reference(p *Program, inputs []*array.Array) (outputs []*array.Array, err error) {
	p, err = Lower(p)
	if err != nil {
		return nil, err
	}
	if len(inputs) != p.Inputs {
		return nil, shapeErr("expected %d inputs, got %d", p.Inputs, len(inputs))
	}
	in := make([]*val, len(inputs))
	for i, a := range inputs {
		if t := (Type{a.Dtype, a.Shape}); !t.Equal(p.Nodes[i].Type) {
			return nil, shapeErr("input %d: expected %v, got %v", i, p.Nodes[i].Type, t)
		}
		if len(a.Data) != a.Len()*a.Dtype.Size() {
			return nil, shapeErr("input %d: %d bytes for %v", i, len(a.Data), p.Nodes[i].Type)
		}
		in[i] = valOf(a)
	}
	out, err := run(p, in)
	for _, v := range out {
		outputs = append(outputs, v.array())
	}
	return outputs, err
}

func run(p *Program, in []*val) ([]*val, error) {
	values := make([]*val, len(p.Nodes))
	copy(values, in)
	several := map[ID][]*val{}
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		if n.Op == OpResult {
			values[i] = several[n.Args[0]][n.Attrs.N]
			continue
		}
		x := make([]*val, len(n.Args))
		for k, a := range n.Args {
			x[k] = values[a]
		}
		types := []Type{n.Type}
		d := table[n.Op]
		if d.results != nil {
			types = d.results(p.types(n.Args), n.attrs())
		}
		out := make([]*val, len(types))
		for k, t := range types {
			out[k] = newVal(t)
		}
		if d.eval == nil {
			return nil, spec.Errorf(spec.InternalError, "%s has no reference", n.Op)
		}
		if err := d.eval(x, n, out); err != nil {
			return nil, spec.Of(err).With("node", i)
		}
		values[i], several[ID(i)] = out[0], out
	}
	out := make([]*val, len(p.Outputs))
	for k, o := range p.Outputs {
		out[k] = values[o]
	}
	return out, nil
}
