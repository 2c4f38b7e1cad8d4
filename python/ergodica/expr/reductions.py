"""Sums, means, extremes and running sums, with NumPy's dtypes, axes, ``keepdims``, ``where`` and ``initial``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr import elementwise as e
from ergodica.expr import shapes as s
from ergodica.expr.refuse import refuse
from ergodica.expr.values import BOOL, FLOAT64, INT64, Value, active, lift

_NONE: Any = np._NoValue


def given(x: Any) -> bool:
    """Whether an optional argument of a NumPy function was passed."""
    return x is not None and x is not _NONE


def reduce(op: str, x: Value, axis: Any, keepdims: Any = False, dtype: Any = None) -> Value:
    """A reduction whose result has the dtype of ``x`` (or ``dtype``)."""
    axes = s.axes_of(axis if axis is not _NONE else None, x.ndim)
    shape = tuple(n for a, n in enumerate(x.shape) if a not in axes)
    y = active().emit(op, (x,), {"axes": axes}, dtype or x.dtype, shape) if axes else x
    if given(keepdims) and keepdims:
        y = s.reshape(y, tuple(1 if a in axes else n for a, n in enumerate(x.shape)))
    return y


def _masked(x: Value, where: Any, identity: Any) -> Value:
    if not given(where) or where is True:
        return x
    if identity is None:
        raise ValueError("reduction operation does not have an identity, so to use a where mask one has to specify 'initial'")
    mask = s.convert(lift(where), BOOL)
    shape = s.common_shape(x.shape, mask.shape)
    return e.select(s.broadcast(mask, shape), s.broadcast(x, shape), s.full(shape, identity, x.dtype))


def _wide(x: Value, dtype: Any) -> Value:
    """Sums and products of booleans and int32 are int64."""
    if given(dtype):
        return s.convert(x, np.dtype(dtype))
    return s.convert(x, INT64) if x.dtype.kind in "bi" else x


def sum_(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = 0, where: Any = True) -> Value:
    x = _masked(_wide(lift(a), dtype), where, 0)
    y = reduce("reduce_sum", x, axis, keepdims)
    return y + initial if given(initial) and not _is(initial, 0) else y


def _is(x: Any, number: float) -> bool:
    return type(x) in (int, float) and x == number


def prod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = 1, where: Any = True) -> Value:
    x = _masked(_wide(lift(a), dtype), where, 1)
    y = reduce("reduce_prod", x, axis, keepdims)
    return y * initial if given(initial) and not _is(initial, 1) else y


def _extreme(op: str, ufunc: np.ufunc, name: str) -> Callable[..., Value]:
    def extreme(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Value:
        x = _masked(lift(a), where, initial if given(initial) else None)
        axes = s.axes_of(axis if axis is not _NONE else None, x.ndim)
        if any(x.shape[k] == 0 for k in axes) and not given(initial):
            raise ValueError(f"zero-size array to reduction operation {name} which has no identity")
        if x.dtype == BOOL:
            y = reduce("reduce_any" if op == "reduce_max" else "reduce_all", x, axis, keepdims)
        elif x.dtype.kind == "c":
            raise refuse(f"{name} of complex numbers", "Take np.abs or np.real first.")
        elif any(x.shape[k] == 0 for k in axes):
            y = s.full(reduce("reduce_sum", x, axis, keepdims).shape, initial, x.dtype)
        else:
            y = reduce(op, x, axis, keepdims)
        return e.call(ufunc, y, initial) if given(initial) else y

    return extreme


max_ = _extreme("reduce_max", np.maximum, "maximum")
min_ = _extreme("reduce_min", np.minimum, "minimum")


def _truth(op: str) -> Callable[..., Value]:
    def truth(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, where: Any = True) -> Value:
        return reduce(op, _masked(s.convert(lift(a), BOOL), where, op == "reduce_all"), axis, keepdims)

    return truth


any_ = _truth("reduce_any")
all_ = _truth("reduce_all")


def count_nonzero(a: Any, axis: Any = None, keepdims: Any = False) -> Value:
    return sum_(s.convert(lift(a), BOOL), axis, keepdims=keepdims)


def _real_dtype(x: Value) -> Value:
    return s.convert(x, FLOAT64) if x.dtype.kind in "bi" else x


def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, where: Any = True) -> Value:
    x = s.convert(lift(a), np.dtype(dtype)) if given(dtype) else _real_dtype(lift(a))
    if given(where) and where is not True:
        counted = sum_(s.broadcast(s.convert(lift(where), BOOL), x.shape), axis, keepdims=keepdims)
        return sum_(x, axis, keepdims=keepdims, where=where) / s.convert(counted, x.dtype)
    n = math.prod(x.shape[k] for k in s.axes_of(axis, x.ndim))
    total = reduce("reduce_sum", x, axis, keepdims)
    return total / s.full(total.shape, n, total.dtype)


def var(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *, where: Any = True, mean: Any = _NONE,
        correction: Any = _NONE) -> Value:  # fmt: skip
    x = s.convert(lift(a), np.dtype(dtype)) if given(dtype) else _real_dtype(lift(a))
    if given(where) and where is not True:
        raise refuse("np.var with where", "Compute it from np.sum(..., where=...).")
    n = math.prod(x.shape[k] for k in s.axes_of(axis, x.ndim))
    d = x - (lift(mean) if given(mean) else _mean(x, axis, keepdims=True))
    square = e.real_of(d * e.call(np.conjugate, d)) if d.dtype.kind == "c" else d * d
    total = reduce("reduce_sum", square, axis, keepdims)
    return total / s.full(total.shape, max(n - (correction if given(correction) else ddof), 0), total.dtype)


_mean = mean


def std(*args: Any, **kwargs: Any) -> Value:
    return e.call(np.sqrt, var(*args, **kwargs))


def _arg(op: str) -> Callable[..., Value]:
    def arg(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Value:
        x = lift(a)
        if axis is None:
            y = active().emit(op, (s.reshape(x, (-1,)),), {"axis": 0}, INT64, ())
            return s.reshape(y, (1,) * x.ndim) if given(keepdims) and keepdims else y
        k = s.axis_of(axis, x.ndim)
        if x.dtype == BOOL:
            x = s.convert(x, INT64)
        y = active().emit(op, (x,), {"axis": k}, INT64, x.shape[:k] + x.shape[k + 1 :])
        return s.reshape(y, (*x.shape[:k], 1, *x.shape[k + 1 :])) if given(keepdims) and keepdims else y

    return arg


argmax = _arg("argmax")
argmin = _arg("argmin")


def running(op: str, x: Value, axis: Any, backwards: bool = False) -> Value:
    """A cumulative operation along one axis (None: of the flattened array)."""
    if axis is None:
        x, axis = s.reshape(x, (-1,)), 0
    attrs: dict[str, Any] = {"axis": s.axis_of(axis, x.ndim)}
    if backwards:
        attrs["reverse"] = True
    return active().emit(op, (x,), attrs, x.dtype, x.shape)


def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Value:
    return running("cumsum", _wide(lift(a), dtype), axis)


def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Value:
    return running("cumprod", _wide(lift(a), dtype), axis)


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: bool = False) -> Any:
    """log(sum(b exp(a))) without overflow, as scipy.special.logsumexp."""
    x = _real_dtype(lift(a))
    if x.dtype.kind == "c" or b is not None or return_sign:
        x = s.unify(x, b)[0] if b is not None else x
        top = reduce("reduce_max", e.real_of(x), axis, True)
        finite = e.call(np.isfinite, top)
        top = active().emit("stop_gradient", (e.select(finite, top, e.like(top, 0)),), None, top.dtype, top.shape)
        t = e.call(np.exp, x - top)
        if b is not None:
            t = t * lift(b)
        total = reduce("reduce_sum", t, axis, True)
        back = total if keepdims else reduce("reduce_sum", total, axis)
        shift = top if keepdims else reduce("reduce_sum", top, axis)
        if return_sign:
            return e.call(np.log, e.call(np.absolute, back)) + shift, e.call(np.sign, back)
        return e.call(np.log, back) + shift
    axes = s.axes_of(axis, x.ndim)
    if not axes:
        return x
    if any(x.shape[k] == 0 for k in axes):
        return s.full(reduce("reduce_sum", x, axis, keepdims).shape, -math.inf, x.dtype)
    return reduce("logsumexp", x, axis, keepdims)


def softmax(x: Any, axis: Any = None) -> Value:
    return e.call(np.exp, log_softmax(x, axis))


def log_softmax(x: Any, axis: Any = None) -> Value:
    v = _real_dtype(lift(x))
    return v - logsumexp(v, axis, keepdims=True)


REDUCE: dict[str, Callable[..., Any]] = {
    "add": sum_, "multiply": prod, "maximum": max_, "minimum": min_, "logical_and": all_, "logical_or": any_, "bitwise_and": all_, "bitwise_or": any_,
}  # fmt: skip
ACCUMULATE = {"add": "cumsum", "multiply": "cumprod", "maximum": "cummax", "minimum": "cummin", "logaddexp": "cumlogsumexp"}


def ufunc_reduce(ufunc: np.ufunc, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _NONE,
                 where: Any = True) -> Value:  # fmt: skip
    """``ufunc.reduce``, natively or one element after the other."""
    x = lift(a)
    name = ufunc.__name__
    kw: dict[str, Any] = {"axis": axis, "keepdims": keepdims, "where": where}
    if given(dtype):
        x = s.convert(x, np.dtype(dtype))
    if name.startswith("bitwise") and x.dtype != BOOL:
        return _one_by_one(ufunc, x, axis, keepdims)
    if name in REDUCE:
        if given(initial) and name in ("add", "multiply", "maximum", "minimum"):
            kw["initial"] = initial
        return REDUCE[name](x, **kw)
    if name == "logaddexp":
        return logsumexp(x, axis, keepdims=keepdims)
    return _one_by_one(ufunc, x, axis, keepdims)


def _one_by_one(ufunc: np.ufunc, x: Value, axis: Any, keepdims: Any) -> Value:
    for k in reversed(s.axes_of(axis, x.ndim)):
        n = x.shape[k]
        if n == 0:
            raise ValueError(f"zero-size array to reduction operation {ufunc.__name__}")
        y = s.cut(x, k, 0, 1)
        for j in range(1, n):
            y = e.call(ufunc, y, s.cut(x, k, j, j + 1))
        x = y if given(keepdims) and keepdims else s.reshape(y, y.shape[:k] + y.shape[k + 1 :])
    return x


def ufunc_accumulate(ufunc: np.ufunc, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Value:
    """``ufunc.accumulate``, natively or one element after the other."""
    x = lift(a)
    if x.ndim == 0:
        raise ShapeError("cannot accumulate on a scalar")
    op = ACCUMULATE.get(ufunc.__name__)
    if op in ("cumsum", "cumprod"):
        x = _wide(x, dtype)
    if op:
        return running(op, x, axis)
    k = s.axis_of(axis, x.ndim)
    parts = [s.cut(x, k, 0, 1)] if x.shape[k] else []
    for j in range(1, x.shape[k]):
        parts.append(e.call(ufunc, parts[-1], s.cut(x, k, j, j + 1)))
    return s.concatenate(s.unify(*parts), k) if parts else x


def ufunc_outer(ufunc: np.ufunc, a: Any, b: Any, **kwargs: Any) -> Value:
    """``ufunc.outer``: every element of ``a`` with every one of ``b``."""
    x, y = e.plain(a), e.plain(b)
    ndim = np.ndim(y) if not isinstance(y, Value) else y.ndim
    if isinstance(x, Value):
        x = s.reshape(x, x.shape + (1,) * ndim)
    elif np.ndim(x):
        x = np.reshape(x, np.shape(x) + (1,) * ndim)
    return e.call(ufunc, x, y)
