package expr

import (
	"fmt"
	"strings"

	"github.com/ergodica/ergodica/core/spec"
)

// def is one row of the op table: everything that is known of an operation.
//
// In the rules n is the node (its Args belong to the program it comes from); x are the ids of its operands in the program being built.
type def struct {
	arity  int    // number of operands; -1: any number, at least one
	attrs  string // attributes it has, by their JSON names
	dtypes class  // of the operands that the type rule calls x

	// infer is the type of the (first) result. It refuses what does not fit.
	infer func(t []Type, a *Attrs) (Type, error)
	// results are the types of all results, where there are several.
	results func(t []Type, a *Attrs) []Type

	// jvp gives the tangent of the result y for tangents t of the operands (none is zero), as nodes linear in t. A nil rule is a
	// derivative that is zero (comparisons, rounding, integers).
	jvp func(b *Builder, n *Node, x []ID, y ID, t []ID) ID
	// jvps is jvp of an operation with several results.
	jvps func(b *Builder, n *Node, x []ID, y []ID, t []ID) []ID

	// transpose gives, for the cotangent ct of the result, those of the operands in lin; the operation is linear in them.
	transpose func(b *Builder, n *Node, ct ID, lin []bool) []ID

	// vmap applies the operation to operands of which those in batched have an extra axis 0 of length size; so has the result.
	// nil: element-wise.
	vmap func(b *Builder, n *Node, x []ID, batched []bool, size int) ID

	// eval is the slow reference. It gives all results.
	eval func(x []*val, n *Node, out []*val) error
}

var table [ops]*def

var byName = func() map[string]Op {
	m := map[string]Op{}
	for op, name := range names {
		m[name] = Op(op)
	}
	return m
}()

func (op Op) String() string {
	if int(op) < ops {
		return names[op]
	}
	return fmt.Sprintf("op(%d)", uint8(op))
}

// OpByName is the operation of that name.
func OpByName(name string) (Op, bool) {
	op, ok := byName[name]
	return op, ok
}

// Row is one line of the op table as other sides of the engine see it.
type Row struct {
	Op             Op
	Name           string
	Arity          int      // -1: at least one
	Attrs          []string // JSON names
	Elementwise    bool     // result i depends on element i of each operand alone; operands and result have one shape
	Differentiable bool
	Linear         bool // has a transpose
}

// Table lists every operation.
func Table() []Row {
	rows := make([]Row, 0, ops)
	for op, d := range table {
		if d != nil {
			rows = append(rows, Row{Op(op), names[op], d.arity, strings.Fields(d.attrs), Op(op).Elementwise(),
				d.jvp != nil || d.jvps != nil, d.transpose != nil})
		}
	}
	return rows
}

// Elementwise reports whether element i of the result depends on element i of each operand alone.
func (op Op) Elementwise() bool { return op >= OpNeg && op <= OpSelect }

// Results is the number of results of a node.
func (p *Program) Results(id ID) int {
	n := &p.Nodes[id]
	d := table[n.Op]
	if d.results == nil {
		return 1
	}
	return len(d.results(p.types(n.Args), n.attrs()))
}

// infer is the type of op applied to operands of types t.
func infer(op Op, t []Type, a *Attrs) (Type, error) {
	if int(op) >= ops || table[op] == nil {
		return Type{}, spec.Errorf(spec.SpecError, "unknown operation %s", op)
	}
	d := table[op]
	if d.arity >= 0 && len(t) != d.arity || d.arity < 0 && len(t) == 0 {
		want := fmt.Sprint(d.arity)
		if d.arity < 0 {
			want = "at least 1"
		}
		return Type{}, shapeErr("%s: expected %s operands, got %d", op, want, len(t))
	}
	if len(t) > 0 && d.dtypes != 0 && !d.dtypes.has(t[0].Dtype) {
		return Type{}, shapeErr("%s: expected one of%s, got %s", op, d.dtypes, t[0].Dtype)
	}
	if a == nil {
		a = &noAttrs
	}
	out, err := d.infer(t, a)
	if err != nil {
		return out, err
	}
	if err := out.check(); err != nil {
		return out, shapeErr("%s: %v", op, err)
	}
	return out, nil
}
