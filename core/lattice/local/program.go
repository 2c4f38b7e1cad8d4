package local

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine"
	"github.com/ergodica/ergodica/core/expr/traced"
	"github.com/ergodica/ergodica/core/spec"
)

// program is one that was traced, compiled on first use.
type program struct {
	source   *expr.Program
	captured []*array.Array
	once     sync.Once
	code     *engine.Executable
	err      error
}

// DecodeSpec reads it.
func (p *program) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) (err error) {
	p.source, p.captured, err = traced.Decode(raw, in, path)
	return err
}

// is compares inputs and results with the shapes of float64 that are wanted.
func (p *program) is(what string, in, out [][]int) error {
	if p.source == nil {
		return spec.Expected(what, "a program", "none")
	}
	types := p.source.InputTypes()
	for _, x := range []struct {
		what string
		got  []expr.Type
		want [][]int
	}{{what + " inputs", types[:len(types)-len(p.captured)], in}, {what + " results", p.source.OutputTypes(), out}} {
		if len(x.got) != len(x.want) {
			return spec.Expected(x.what, fmt.Sprint(len(x.want)), len(x.got))
		}
		for k, shape := range x.want {
			if want := (expr.Type{Dtype: array.Float64, Shape: shape}); !want.Equal(x.got[k]) {
				return spec.Expected(x.what, want.String(), x.got[k].String())
			}
		}
	}
	return nil
}

// call is one caller's access: headers whose memory is set before it runs.
type call struct {
	code    *engine.Executable
	in, out []*array.Array
}

func (p *program) call() (*call, error) {
	p.once.Do(func() { p.code, p.err = traced.Compile(p.source) })
	if p.err != nil {
		return nil, p.err
	}
	c := &call{code: p.code}
	types := p.source.InputTypes()
	for _, t := range types[:len(types)-len(p.captured)] {
		c.in = append(c.in, array.Borrow("", t.Dtype, t.Shape, nil))
	}
	c.in = append(c.in, p.captured...)
	for _, t := range p.source.OutputTypes() {
		c.out = append(c.out, array.Borrow("", t.Dtype, t.Shape, nil))
	}
	return c, nil
}

// use sets the memory of the k-th input or result.
func use(to []*array.Array, k int, x []float64) { to[k].Data = array.Bytes(x) }

func (c *call) run() error { return c.code.Run(context.Background(), nil, c.in, c.out) }
