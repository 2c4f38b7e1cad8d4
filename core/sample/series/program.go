package series

import (
	"encoding/json"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/spec"
)

// Program is a function of one particle; the arrays that it captured are its last inputs. A missing one has no source.
type Program struct {
	density.Program
	source   *expr.Program
	in, out  []expr.Type
	captured []*array.Array
}

// DecodeSpec reads a program, or null.
func (p *Program) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	if err := p.Program.DecodeSpec(raw, in, path); err != nil || p.Source() == nil {
		return err
	}
	p.set(p.Source(), p.Captured())
	return nil
}

func (p *Program) set(source *expr.Program, captured []*array.Array) {
	p.source, p.captured, p.in, p.out = source, captured, source.InputTypes(), source.OutputTypes()
}

// Data is an array beside the request.
type Data struct{ *array.Array }

// DecodeSpec reads {"input": k}.
func (d *Data) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	v, ok, err := spec.InputIndex(raw, in, path)
	if err != nil {
		return err
	}
	a, isArray := v.(*array.Array)
	if !ok || !isArray {
		return spec.Expected(path, `{"input": k}`, string(raw[:min(len(raw), 60)]))
	}
	d.Array = a
	return nil
}

func (p *Program) given() bool { return p.source != nil }

// own are the types of the inputs that are no captured arrays.
func (p *Program) own() []expr.Type { return p.in[:len(p.in)-len(p.captured)] }

// role says what an input is to a batch of particles.
type role int

const (
	shared role = iota // the same for all rows
	row                // one for each row, along a first axis
	keyed              // a key of the block, from which each row has its own numbers; the first input, which becomes two
)

var keyType = expr.Type{Dtype: array.Int64, Shape: []int{}}

// batch is p for rows particles. A keyed input becomes two keys: from the first come the draws that the function makes with its key, or with keys
// that it derives from it by constants alone, for all rows in one stage each; from the second a key for each row, for all other uses.
func (p *Program) batch(rows int, roles ...role) (*expr.Program, error) {
	axes := make([]int, len(p.in))
	for k := range axes {
		axes[k] = -1
		if k < len(roles) && roles[k] != shared {
			axes[k] = 0
		}
	}
	if len(roles) == 0 || roles[0] != keyed {
		return expr.Vmap(p.source, axes, nil, rows)
	}
	noise, rest, err := apart(p.source, rows)
	if err != nil {
		return nil, err
	}
	for range len(rest.InputTypes()) - len(axes) {
		axes = append(axes, 0)
	}
	if rest, err = expr.Vmap(rest, axes, nil, rows); err != nil {
		return nil, err
	}
	return built(func(b *expr.Builder) []expr.ID {
		common, apiece := b.Input(keyType), b.Input(keyType)
		in := []expr.ID{0}
		for _, t := range rest.InputTypes()[1:len(p.in)] {
			in = append(in, b.Input(t))
		}
		numbers := b.Iota(array.Int64, []int{rows}, 0)
		in[0] = b.Apply(expr.OpRandomFold, b.BroadcastTo(apiece, []int{rows}), numbers)
		if noise != nil {
			in = append(in, call(b, noise, common)...)
		}
		return call(b, rest, in...)
	})
}

// call appends all results of a program.
func call(b *expr.Builder, p *expr.Program, in ...expr.ID) []expr.ID {
	first, err := b.Call(p, nil, in...)
	if err != nil {
		panic(spec.Of(err))
	}
	out := make([]expr.ID, len(p.Outputs))
	for k := range out {
		out[k] = b.Result(first, k)
	}
	return out
}

// built is the program that make appends to a builder.
func built(make func(b *expr.Builder) []expr.ID) (p *expr.Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, typed := r.(*spec.Error)
			if !typed {
				panic(r)
			}
			err = e
		}
	}()
	b := expr.NewBuilder()
	return b.Finish(make(b)...), nil
}

// apart cuts from a program of (key, ...) the draws with the key, or with keys made of it and constants: noise is key -> these draws for rows rows,
// rest the program with one row's draws as further inputs. noise is nil where there are none.
func apart(p *expr.Program, rows int) (noise, rest *expr.Program, err error) {
	if p, err = expr.Inline(p); err != nil {
		return nil, nil, err
	}
	const (
		constant = iota
		ofKey
		other
	)
	kind := make([]int, len(p.Nodes))
	var draws []expr.ID
	for i := range p.Nodes {
		n := &p.Nodes[i]
		switch {
		case i == 0:
			kind[i] = ofKey
		case i < p.Inputs:
			kind[i] = other
		}
		for _, x := range n.Args {
			kind[i] = max(kind[i], kind[x])
		}
		switch n.Op {
		case expr.OpRandomBits, expr.OpRandomUniform, expr.OpRandomNormal:
			if kind[i] == ofKey {
				draws = append(draws, expr.ID(i))
				kind[i] = other
			}
		}
	}
	if len(draws) == 0 {
		return nil, p, nil
	}
	copied := func(b *expr.Builder, ids []expr.ID, n *expr.Node) expr.ID {
		args := make([]expr.ID, len(n.Args))
		for k, x := range n.Args {
			args[k] = ids[x]
		}
		id, err := b.Emit(n.Op, n.Attrs, args...)
		if err != nil {
			panic(spec.Of(err))
		}
		return id
	}
	noise, err = built(func(b *expr.Builder) (out []expr.ID) {
		ids := make([]expr.ID, len(p.Nodes))
		ids[0] = b.Input(keyType)
		for i := 1; i < len(p.Nodes); i++ {
			n := &p.Nodes[i]
			if i >= p.Inputs && kind[i] != other {
				ids[i] = copied(b, ids, n)
				continue
			}
			if !slices.Contains(draws, expr.ID(i)) {
				continue
			}
			keys := ids[n.Args[0]]
			shape := slices.Concat([]int{rows}, n.Attrs.Shape)
			x, err := b.Emit(n.Op, &expr.Attrs{Dtype: n.Attrs.Dtype, Shape: shape}, keys)
			if err != nil {
				panic(spec.Of(err))
			}
			order := []int{b.Type(keys).Rank()}
			for d := range b.Type(x).Rank() {
				if d != order[0] {
					order = append(order, d)
				}
			}
			out = append(out, b.Transpose(x, order))
		}
		return out
	})
	if err != nil {
		return nil, nil, err
	}
	rest, err = built(func(b *expr.Builder) (out []expr.ID) {
		ids := make([]expr.ID, len(p.Nodes))
		for i := range p.Inputs {
			ids[i] = b.Input(p.Nodes[i].Type)
		}
		for _, d := range draws {
			ids[d] = b.Input(p.Nodes[d].Type)
		}
		for i := p.Inputs; i < len(p.Nodes); i++ {
			if !slices.Contains(draws, expr.ID(i)) {
				ids[i] = copied(b, ids, &p.Nodes[i])
			}
		}
		for _, o := range p.Outputs {
			out = append(out, ids[o])
		}
		return out
	})
	return noise, rest, err
}

// compiled is a batched program with the arrays that it captured; several callers may use it at once.
type compiled struct {
	code     *engine.Executable
	in, out  []expr.Type
	captured []*array.Array
}

func compile(source *expr.Program, captured []*array.Array) (*compiled, error) {
	code, err := engine.Compile(source, engine.Options{})
	return &compiled{code, source.InputTypes(), source.OutputTypes(), captured}, err
}

// headers is a program with the arrays of one caller: running it allocates nothing.
type headers struct {
	code    *engine.Executable
	in, out []*array.Array
}

func (c *compiled) headers() *headers {
	h := &headers{code: c.code}
	for _, t := range c.in[:len(c.in)-len(c.captured)] {
		h.in = append(h.in, array.Borrow("", t.Dtype, t.Shape, nil))
	}
	h.in = append(h.in, c.captured...)
	for _, t := range c.out {
		h.out = append(h.out, array.Borrow("", t.Dtype, t.Shape, nil))
	}
	return h
}
