package expr

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Builder appends nodes to a program. Its short methods (Mul, Sum, ...) panic with a *spec.Error when types do not fit; exported
// transformations recover, and Emit returns the error instead.
type Builder struct {
	p       Program
	slab    []ID
	scratch []Type
	scalars map[scalarKey]ID
}

// longest is the largest number of nodes: nested transformations of small programs can grow beyond any memory.
const longest = 1 << 23

type scalarKey struct {
	d      Dtype
	re, im uint64
}

// NewBuilder starts an empty program.
func NewBuilder() *Builder { return &Builder{scalars: map[scalarKey]ID{}} }

// catch turns a panic of a Builder into an error.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case *spec.Error:
		*err = r
	default:
		panic(r)
	}
}

func throw(err error) { panic(spec.Of(err)) }

// Input appends an input; all inputs come before the first node.
func (b *Builder) Input(t Type) ID {
	if len(b.p.Nodes) != b.p.Inputs {
		throw(spec.Errorf(spec.InternalError, "an input after the first node"))
	}
	if err := t.check(); err != nil {
		throw(err)
	}
	b.p.Inputs++
	return b.append(Node{Op: OpInput, Type: t})
}

func (b *Builder) append(n Node) ID {
	if len(b.p.Nodes) >= longest {
		throw(spec.Errorf(spec.MemoryError, "a program of more than %d operations", longest))
	}
	b.p.Nodes = append(b.p.Nodes, n)
	return ID(len(b.p.Nodes) - 1)
}

func (b *Builder) keep(args []ID) []ID {
	if len(args) == 0 {
		return nil
	}
	if cap(b.slab)-len(b.slab) < len(args) {
		b.slab = make([]ID, 0, max(1024, len(args)))
	}
	at := len(b.slab)
	b.slab = append(b.slab, args...)
	return b.slab[at:len(b.slab):len(b.slab)]
}

// Emit appends a node after checking its types.
func (b *Builder) Emit(op Op, a *Attrs, args ...ID) (ID, error) {
	b.scratch = b.scratch[:0]
	for _, x := range args {
		if x < 0 || int(x) >= len(b.p.Nodes) {
			return none, spec.Errorf(spec.SpecError, "%s: operand %d is not among the %d values before it", op, x, len(b.p.Nodes))
		}
		b.scratch = append(b.scratch, b.p.Nodes[x].Type)
	}
	if op == OpResult {
		return b.result(a, args)
	}
	t, err := infer(op, b.scratch, a)
	if err != nil {
		return none, err
	}
	return b.append(Node{Op: op, Args: b.keep(args), Attrs: a, Type: t}), nil
}

// result is the k-th result (from 1) of a node that has several.
func (b *Builder) result(a *Attrs, args []ID) (ID, error) {
	if a == nil || len(args) != 1 {
		return none, shapeErr("result: expected one operand and n")
	}
	from := &b.p.Nodes[args[0]]
	d := table[from.Op]
	if d.results == nil {
		return none, shapeErr("result: %s has one result", from.Op)
	}
	t := d.results(b.p.types(from.Args), from.attrs())
	if a.N < 1 || a.N >= len(t) {
		return none, shapeErr("result: n %d is outside [1, %d) of %s", a.N, len(t), from.Op)
	}
	return b.append(Node{Op: OpResult, Args: b.keep(args), Attrs: a, Type: t[a.N]}), nil
}

// emit is Emit that panics.
func (b *Builder) emit(op Op, a *Attrs, args ...ID) ID {
	id, err := b.Emit(op, a, args...)
	if err != nil {
		throw(err)
	}
	return id
}

// Result is result k of a node with several.
func (b *Builder) Result(x ID, k int) ID {
	if k == 0 {
		return x
	}
	return b.emit(OpResult, &Attrs{N: k}, x)
}

// Type is the type of a value.
func (b *Builder) Type(x ID) Type { return b.p.Nodes[x].Type }

// Finish is the program with these outputs, dead nodes removed.
func (b *Builder) Finish(outputs ...ID) *Program {
	p := b.p
	p.Outputs = outputs
	return Prune(&p)
}

// Const embeds a literal; its memory must not change afterwards.
func (b *Builder) Const(v *array.Array) ID {
	return b.emit(OpConst, &Attrs{Value: v, Dtype: v.Dtype, Shape: v.Shape})
}

// Scalar is a literal of rank 0; equal ones share a node.
func (b *Builder) Scalar(d Dtype, v complex128) ID {
	key := scalarKey{d, math.Float64bits(real(v)), math.Float64bits(imag(v))}
	if id, ok := b.scalars[key]; ok {
		return id
	}
	id := b.Const(scalarArray(d, v))
	b.scalars[key] = id
	return id
}

func scalarArray(d Dtype, v complex128) *array.Array {
	out := newVal(Type{Dtype: d})
	out.set(0, v)
	return out.array()
}

// Fill is an array of type t whose elements are all v.
func (b *Builder) Fill(t Type, v float64) ID {
	return b.BroadcastTo(b.Scalar(t.Dtype, complex(v, 0)), t.Shape)
}

// like is Fill with the type of x.
func (b *Builder) like(x ID, v float64) ID { return b.Fill(b.Type(x), v) }

// zeros is the array for a symbolic zero.
func (b *Builder) zeros(t Type) ID { return b.Fill(t, 0) }

// instantiate replaces the symbolic zero by an array.
func (b *Builder) instantiate(x ID, t Type) ID {
	if x == none {
		return b.zeros(t)
	}
	return x
}

// addTo is x + y where either may be the symbolic zero.
func (b *Builder) addTo(x, y ID) ID {
	switch {
	case x == none:
		return y
	case y == none:
		return x
	}
	return b.Add(x, y)
}
