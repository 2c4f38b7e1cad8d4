package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
)

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

// mulz is t c with 0 where t is 0.
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
