"""Operations on shapes: views of the program's values, with every broadcast spelled out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr.values import BOOL, INT64, Shape, Value, active, lift, literal


def axis_of(axis: Any, ndim: int) -> int:
    """``axis`` counted from the front."""
    k = int(axis.__index__())
    if not -ndim <= k < ndim:
        raise np.exceptions.AxisError(k, ndim)
    return k % ndim if ndim else k


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """``axis`` of a reduction (None: all) as a sorted tuple."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, (tuple, list)):
        out = sorted(axis_of(a, ndim) for a in axis)
        if len(set(out)) < len(out):
            raise ValueError("duplicate value in 'axis'")
        return tuple(out)
    return (axis_of(axis, ndim),)


def shape_of(shape: Any) -> Shape:
    """An integer or a sequence of integers as a tuple."""
    if hasattr(shape, "__index__"):
        return (int(shape.__index__()),)
    return tuple(int(n.__index__()) for n in shape)


def broadcast(x: Value, shape: Shape) -> Value:
    """``x`` with NumPy's broadcasting to ``shape``."""
    if x.shape == shape:
        return x
    lead = len(shape) - len(x.shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(x.shape, shape[lead:], strict=True)):
        raise ShapeError(f"cannot broadcast an array of shape {x.shape} to {shape}")
    t = active()
    if not x.shape:
        key = (x.id, id(x.trace), shape)
        v = t._consts.get(key)
        if v is None:
            v = t._consts[key] = t.emit("broadcast_in_dim", (x,), {"shape": shape, "axes": ()}, x.dtype, shape)
        return v
    return t.emit("broadcast_in_dim", (x,), {"shape": shape, "axes": tuple(range(lead, len(shape)))}, x.dtype, shape)


def broadcast_axes(x: Value, shape: Shape, axes: tuple[int, ...]) -> Value:
    """Axis d of ``x`` becomes axis ``axes[d]`` of ``shape``."""
    if x.shape == shape:
        return x
    return active().emit("broadcast_in_dim", (x,), {"shape": shape, "axes": axes}, x.dtype, shape)


def common_shape(*shapes: Shape) -> Shape:
    """NumPy's broadcast shape."""
    first = shapes[0]
    if all(s == first or not s for s in shapes[1:]):
        return first
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"operands of shapes {', '.join(map(str, shapes))} cannot be broadcast together") from None


def reshape(x: Value, shape: Any) -> Value:
    """NumPy's reshape in C order; one length may be -1."""
    new = shape_of(shape)
    if -1 in new:
        rest = math.prod(n for n in new if n != -1)
        if new.count(-1) > 1 or rest == 0 or x.size % rest:
            raise ShapeError(f"cannot reshape an array of shape {x.shape} into {new}")
        new = tuple(x.size // rest if n == -1 else n for n in new)
    if math.prod(new) != x.size:
        raise ShapeError(f"cannot reshape an array of shape {x.shape} into {new}")
    return x if new == x.shape else active().emit("reshape", (x,), {"shape": new}, x.dtype, new)


def transpose(x: Value, axes: Sequence[int]) -> Value:
    """Axis d of the result is axis ``axes[d]`` of ``x``."""
    order = tuple(axes)
    if order == tuple(range(x.ndim)):
        return x
    return active().emit("transpose", (x,), {"axes": order}, x.dtype, tuple(x.shape[a] for a in order))


def swap_last(x: Value) -> Value:
    """The matrix transpose."""
    return transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def move_axis(x: Value, source: int, to: int) -> Value:
    """Axis ``source`` moved to ``to``; the others keep their order."""
    order = [a for a in range(x.ndim) if a != source]
    order.insert(to, source)
    return transpose(x, order)


def slice_(x: Value, start: Sequence[int], limit: Sequence[int], stride: Sequence[int] | None = None) -> Value:
    """Positive steps on every axis."""
    step = tuple(stride) if stride else (1,) * x.ndim
    shape = tuple(max(0, -(-(b - a) // s)) for a, b, s in zip(start, limit, step, strict=True))
    if shape == x.shape and all(s == 1 for s in step):
        return x
    attrs: dict[str, Any] = {"start": tuple(start), "limit": tuple(limit)}
    if any(s != 1 for s in step):
        attrs["stride"] = step
    return active().emit("slice", (x,), attrs, x.dtype, shape)


def cut(x: Value, axis: int, start: int, stop: int) -> Value:
    """Elements start ... stop - 1 along an axis."""
    a, b = [0] * x.ndim, list(x.shape)
    a[axis], b[axis] = start, stop
    return slice_(x, a, b)


def at(x: Value, axis: int, k: int) -> Value:
    """Element k along an axis, which is dropped."""
    return reshape(cut(x, axis, k, k + 1), x.shape[:axis] + x.shape[axis + 1 :])


def pad(x: Value, low: Sequence[int], high: Sequence[int], interior: Sequence[int] | None = None) -> Value:
    """Zeros around, and ``interior`` zeros between neighbours."""
    inner = tuple(interior) if interior else (0,) * x.ndim
    shape = tuple(n + a + b + max(n - 1, 0) * c for n, a, b, c in zip(x.shape, low, high, inner, strict=True))
    if shape == x.shape and not any(low):
        return x
    attrs: dict[str, Any] = {"low": tuple(low), "high": tuple(high)}
    if any(inner):
        attrs["interior"] = inner
    return active().emit("pad", (x,), attrs, x.dtype, shape)


def concatenate(parts: Sequence[Value], axis: int) -> Value:
    """Values of one dtype joined along an axis."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    for p in parts[1:]:
        if p.ndim != first.ndim or any(a != axis and n != m for a, (n, m) in enumerate(zip(p.shape, first.shape, strict=True))):
            raise ShapeError(f"cannot concatenate arrays of shapes {first.shape} and {p.shape} along axis {axis}")
    n = sum(p.shape[axis] for p in parts)
    shape = (*first.shape[:axis], n, *first.shape[axis + 1 :])
    return active().emit("concatenate", tuple(parts), {"axis": axis}, first.dtype, shape)


def reverse(x: Value, axes: Sequence[int]) -> Value:
    """Order turned around along axes."""
    return active().emit("reverse", (x,), {"axes": tuple(axes)}, x.dtype, x.shape) if axes else x


def roll(x: Value, shifts: Sequence[int], axes: Sequence[int]) -> Value:
    """numpy.roll along distinct axes."""
    return active().emit("roll", (x,), {"axes": tuple(axes), "shift": tuple(shifts)}, x.dtype, x.shape) if axes else x


def iota(n: int, dtype: np.dtype = INT64) -> Value:
    """0, 1, ..., n - 1."""
    return active().emit("iota", (), {"dtype": dtype.name, "shape": (n,), "axis": 0}, dtype, (n,))


def full(shape: Shape, x: Any, dtype: np.dtype) -> Value:
    """One number everywhere."""
    return broadcast(literal(x, dtype), shape)


def convert(x: Value, dtype: np.dtype) -> Value:
    """``x`` in another dtype. Complex to real keeps the real part, as NumPy does with its warning."""
    if x.dtype == dtype:
        return Value(x.trace, x.id, x.dtype, x.shape) if x.weak else x
    if dtype not in _known():
        from ergodica.expr.refuse import refuse

        raise refuse(
            f"dtype {dtype} of a traced value; programs have float64, float32, complex128, complex64, int64, int32, bool", "Use one of these."
        )
    t = active()
    if dtype == BOOL:
        return t.emit("not_equal", (x, full(x.shape, 0, x.dtype)), None, BOOL, x.shape)
    if x.dtype.kind == "c" and dtype.kind != "c":
        part = np.dtype(np.float32 if x.dtype == np.complex64 else np.float64)
        x = t.emit("real", (x,), None, part, x.shape)
        if part == dtype:
            return x
    return t.emit("convert", (x,), {"dtype": dtype.name}, dtype, x.shape)


def _known() -> Any:
    from ergodica.expr.values import DTYPES

    return DTYPES


def weakest(x: Any) -> Any:
    """What numpy.result_type wants for an operand: a dtype, or the Python type of a number that adapts."""
    if isinstance(x, Value):
        return 0.0 if x.weak else x.dtype
    if isinstance(x, (bool, np.generic)):
        return np.dtype(type(x))
    if isinstance(x, (int, float, complex)):
        return x
    return np.asarray(x).dtype


def unify(*xs: Any) -> list[Value]:
    """Values of one dtype by NumPy's promotion."""
    operands = [x if type(x) in (int, float, complex) or _is_scalar(x) else lift(x) for x in xs]
    dtype = np.result_type(*[weakest(x) for x in operands])
    return [convert(x, dtype) if isinstance(x, Value) else literal(x, dtype) for x in operands]


def _is_scalar(x: Any) -> bool:
    return isinstance(x, np.generic) and not hasattr(x, "_value")


def nested(x: Any) -> Value:
    """Nested lists of numbers, arrays and traced values as one array."""
    if not traced_inside(x):
        return active().array(np.asarray(x))
    parts = [nested(y) if isinstance(y, (list, tuple)) else y for y in x]
    values = unify(*parts)
    for v in values[1:]:
        if v.shape != values[0].shape:
            raise ShapeError(f"an array of parts of shapes {values[0].shape} and {v.shape} is ragged")
    return stack(values, 0)


def traced_inside(x: Any) -> bool:
    """Whether nested lists hold a traced value."""
    if isinstance(x, (list, tuple)):
        return any(traced_inside(y) for y in x)
    return isinstance(x, Value) or hasattr(x, "_value")


def stack(values: Sequence[Value], axis: int) -> Value:
    """Values of one type along a new axis."""
    s = values[0].shape
    return concatenate([reshape(v, (*s[:axis], 1, *s[axis:])) for v in values], axis)
