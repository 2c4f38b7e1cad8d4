package expr

import (
	"math"
	"slices"

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
	split   bool // tangents will be transposed: a node's results are all linear in them, or none is
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

// reserve makes room for n more nodes.
func (b *Builder) reserve(n int) { b.p.Nodes = slices.Grow(b.p.Nodes, min(n, longest)) }

func (b *Builder) keep(args []ID) []ID {
	if len(args) == 0 {
		return nil
	}
	if cap(b.slab)-len(b.slab) < len(args) {
		b.slab = make([]ID, 0, max(1024, min(len(b.p.Nodes), 1<<16), len(args)))
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

// addTo is x + y where either may be the symbolic zero; what x scatters on zeros is scattered on y.
func (b *Builder) addTo(x, y ID) ID {
	switch {
	case x == none:
		return y
	case y == none:
		return x
	}
	if n := b.p.Nodes[x]; n.Op == OpScatter && n.Attrs.Mode == "add" && b.is(n.Args[0], 0) {
		last := len(n.Args) - 1
		return b.Scatter("add", n.Attrs.Unique, y, n.Args[last], n.Attrs.Axes, n.Args[1:last]...)
	}
	return b.Add(x, y)
}

// Short forms of the operations; each panics with a *spec.Error where types do not fit.

func (b *Builder) Add(x, y ID) ID   { return b.emit(OpAdd, nil, x, y) }
func (b *Builder) Sub(x, y ID) ID   { return b.emit(OpSub, nil, x, y) }
func (b *Builder) Mul(x, y ID) ID   { return b.emit(OpMul, nil, x, y) }
func (b *Builder) Div(x, y ID) ID   { return b.emit(OpDiv, nil, x, y) }
func (b *Builder) Neg(x ID) ID      { return b.emit(OpNeg, nil, x) }
func (b *Builder) Exp(x ID) ID      { return b.emit(OpExp, nil, x) }
func (b *Builder) Log(x ID) ID      { return b.emit(OpLog, nil, x) }
func (b *Builder) Sqrt(x ID) ID     { return b.emit(OpSqrt, nil, x) }
func (b *Builder) Sin(x ID) ID      { return b.emit(OpSin, nil, x) }
func (b *Builder) Cos(x ID) ID      { return b.emit(OpCos, nil, x) }
func (b *Builder) Tanh(x ID) ID     { return b.emit(OpTanh, nil, x) }
func (b *Builder) Abs(x ID) ID      { return b.emit(OpAbs, nil, x) }
func (b *Builder) Real(x ID) ID     { return b.emit(OpReal, nil, x) }
func (b *Builder) Imag(x ID) ID     { return b.emit(OpImag, nil, x) }
func (b *Builder) Conj(x ID) ID     { return b.emit(OpConj, nil, x) }
func (b *Builder) Square(x ID) ID   { return b.Mul(x, x) }
func (b *Builder) Equal(x, y ID) ID { return b.emit(OpEqual, nil, x, y) }
func (b *Builder) Less(x, y ID) ID  { return b.emit(OpLess, nil, x, y) }

// Apply is any operation with operands of one shape and no attributes.
func (b *Builder) Apply(op Op, x ...ID) ID { return b.emit(op, nil, x...) }

// mulz is t c, but 0 where t is 0 and c infinite or NaN.
func (b *Builder) mulz(t, c ID) ID { return b.emit(OpMulz, nil, t, c) }

// Scale is x times a number.
func (b *Builder) Scale(x ID, v float64) ID { return b.Mul(x, b.like(x, v)) }

// IntegerPow is x^n.
func (b *Builder) IntegerPow(x ID, n int) ID { return b.emit(OpIntegerPow, &Attrs{N: n}, x) }

// Select is x where p, else y.
func (b *Builder) Select(p, x, y ID) ID { return b.emit(OpSelect, nil, p, x, y) }

// Complex is re + i im.
func (b *Builder) Complex(re, im ID) ID { return b.emit(OpComplex, nil, re, im) }

// Convert changes the dtype; a value that has it already is returned.
func (b *Builder) Convert(x ID, d Dtype) ID {
	if b.Type(x).Dtype == d {
		return x
	}
	return b.emit(OpConvert, &Attrs{Dtype: d}, x)
}

// Iota is the index along axis.
func (b *Builder) Iota(d Dtype, shape []int, axis int) ID {
	return b.emit(OpIota, &Attrs{Dtype: d, Shape: shape, Axis: axis})
}

// Broadcast puts axis d of x at axes[d] of shape.
func (b *Builder) Broadcast(x ID, shape, axes []int) ID {
	t := b.Type(x)
	if slices.Equal(t.Shape, shape) {
		return x
	}
	return b.emit(OpBroadcastInDim, &Attrs{Shape: shape, Axes: axes}, x)
}

// BroadcastTo is numpy.broadcast_to: x's axes are the last of shape.
func (b *Builder) BroadcastTo(x ID, shape []int) ID {
	r := b.Type(x).Rank()
	return b.Broadcast(x, shape, span(len(shape)-r, len(shape)))
}

// Reshape keeps the elements in C order.
func (b *Builder) Reshape(x ID, shape []int) ID {
	if slices.Equal(b.Type(x).Shape, shape) {
		return x
	}
	return b.emit(OpReshape, &Attrs{Shape: shape}, x)
}

// Transpose puts axis axes[d] of x at d.
func (b *Builder) Transpose(x ID, axes []int) ID {
	if slices.Equal(axes, span(0, len(axes))) && len(axes) == b.Type(x).Rank() {
		return x
	}
	return b.emit(OpTranspose, &Attrs{Axes: axes}, x)
}

// moveAxis puts axis from at position to.
func (b *Builder) moveAxis(x ID, from, to int) ID {
	axes := slices.Delete(span(0, b.Type(x).Rank()), from, from+1)
	return b.Transpose(x, slices.Insert(axes, to, from))
}

// swapLast exchanges the last two axes.
func (b *Builder) swapLast(x ID) ID {
	r := b.Type(x).Rank()
	axes := span(0, r)
	axes[r-1], axes[r-2] = r-2, r-1
	return b.Transpose(x, axes)
}

// adjoint is the conjugate transpose of the last two axes.
func (b *Builder) adjoint(x ID) ID {
	x = b.swapLast(x)
	if b.Type(x).complex() {
		x = b.Conj(x)
	}
	return x
}

// SliceAxis is x[start:limit] along axis.
func (b *Builder) SliceAxis(x ID, axis, start, limit int) ID {
	t := b.Type(x)
	lo, hi := full(t.Rank(), 0), slices.Clone(t.Shape)
	if start == 0 && limit == hi[axis] {
		return x
	}
	lo[axis], hi[axis] = start, limit
	return b.emit(OpSlice, &Attrs{Start: lo, Limit: hi}, x)
}

// PadAxis adds zeros along axis, or cuts where low or high is negative.
func (b *Builder) PadAxis(x ID, axis, low, high int) ID {
	r := b.Type(x).Rank()
	lo, hi := full(r, 0), full(r, 0)
	lo[axis], hi[axis] = low, high
	return b.emit(OpPad, &Attrs{Low: lo, High: hi}, x)
}

// Reverse flips the axes.
func (b *Builder) Reverse(x ID, axes ...int) ID { return b.emit(OpReverse, &Attrs{Axes: axes}, x) }

// Roll is numpy.roll along axes.
func (b *Builder) Roll(x ID, axes, shift []int) ID {
	return b.emit(OpRoll, &Attrs{Axes: axes, Shift: shift}, x)
}

// Sum adds over axes.
func (b *Builder) Sum(x ID, axes ...int) ID {
	if len(axes) == 0 {
		return x
	}
	return b.emit(OpReduceSum, &Attrs{Axes: axes}, x)
}

// SumAll adds all elements.
func (b *Builder) SumAll(x ID) ID { return b.Sum(x, span(0, b.Type(x).Rank())...) }

// Reduce applies a reduction over axes.
func (b *Builder) Reduce(op Op, x ID, axes ...int) ID { return b.emit(op, &Attrs{Axes: axes}, x) }

// Along applies a cumulative operation, sort or argsort along axis.
func (b *Builder) Along(op Op, x ID, axis int) ID { return b.emit(op, &Attrs{Axis: axis}, x) }

// spread undoes a reduction over axes by repeating.
func (b *Builder) spread(x ID, shape, axes []int) ID {
	return b.Broadcast(x, shape, others(len(shape), axes))
}

// Dot contracts x and y; see dot_general.
func (b *Builder) Dot(x, y ID, contract, batch [2][]int) ID {
	return b.emit(OpDotGeneral, &Attrs{Contract: contract, Batch: batch}, x, y)
}

// MatMul is x @ y over the last two axes; leading axes are equal.
func (b *Builder) MatMul(x, y ID) ID {
	r := b.Type(x).Rank()
	lead := span(0, r-2)
	return b.Dot(x, y, [2][]int{{r - 1}, {r - 2}}, [2][]int{lead, lead})
}

// Gather reads x at index arrays for axes.
func (b *Builder) Gather(x ID, axes []int, index ...ID) ID {
	return b.emit(OpGather, &Attrs{Axes: axes}, append([]ID{x}, index...)...)
}

// Scatter writes u into x at index arrays for axes.
func (b *Builder) Scatter(mode string, unique bool, x, u ID, axes []int, index ...ID) ID {
	return b.emit(OpScatter, &Attrs{Axes: axes, Mode: mode, Unique: unique}, append(append([]ID{x}, index...), u)...)
}

// takeAlong is numpy.take_along_axis.
func (b *Builder) takeAlong(x, index ID, axis int) ID {
	t := b.Type(index)
	at := make([]ID, t.Rank())
	for d := range at {
		at[d] = index
		if d != axis {
			at[d] = b.Iota(t.Dtype, t.Shape, d)
		}
	}
	return b.Gather(x, span(0, t.Rank()), at...)
}

// eye is the unit matrix in the last two of lead + [n, m].
func (b *Builder) eye(d Dtype, lead []int, n, m int) ID {
	shape := cat(lead, []int{n, m})
	r := len(shape)
	same := b.Equal(b.Iota(array.Int64, shape, r-2), b.Iota(array.Int64, shape, r-1))
	return b.Convert(same, d)
}

// triangle keeps the entries with column - row <= k (lower) or >= k (upper) of the last two axes.
func (b *Builder) triangle(x ID, lower bool, k int) ID {
	t := b.Type(x)
	r := t.Rank()
	row, col := b.Iota(array.Int64, t.Shape, r-2), b.Iota(array.Int64, t.Shape, r-1)
	diff := b.Sub(col, row)
	op := OpGreaterEqual
	if lower {
		op = OpLessEqual
	}
	return b.Select(b.Apply(op, diff, b.like(diff, float64(k))), x, b.zeros(t))
}

// diagonal of the last two axes of square matrices.
func (b *Builder) diagonal(x ID) ID {
	t := b.Type(x)
	r := t.Rank()
	e := b.eye(array.Bool, t.Shape[:r-2], t.Shape[r-2], t.Shape[r-1])
	return b.Sum(b.Select(e, x, b.zeros(t)), r-1)
}
