"""NumPy's functions that choose, count, round and sort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr import elementwise as e
from ergodica.expr import reductions as r
from ergodica.expr import shapes as s
from ergodica.expr.arrays import select, where
from ergodica.expr.indexing import take
from ergodica.expr.refuse import refuse
from ergodica.expr.values import BOOL, INT64, Value, active, lift


def extract_real(val: Any) -> Value:
    return e.real_of(lift(val))


def extract_imag(val: Any) -> Value:
    return e.imag_of(lift(val))


def angle(z: Any, deg: bool = False) -> Value:
    x = lift(z)
    y = e.call(np.arctan2, e.imag_of(x), e.real_of(x)) if x.dtype.kind == "c" else e.call(np.arctan2, 0.0, x)
    return y * (180 / np.pi) if deg else y


def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    x = lift(a)
    if x.dtype.kind in "bi" and decimals >= 0:
        return x
    if decimals == 0:
        return e.call(np.rint, x)
    tens = 10.0 ** abs(decimals)
    return e.call(np.rint, x * tens) / tens if decimals > 0 else e.call(np.rint, x / tens) * tens


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    v = lift(x)
    if v.dtype.kind not in "fc":
        return v
    if v.dtype.kind == "c":
        parts = [nan_to_num(p, True, nan, posinf, neginf) for p in (e.real_of(v), e.imag_of(v))]
        return active().emit("complex", tuple(parts), None, v.dtype, v.shape)
    info = np.finfo(v.dtype)
    v = where(e.call(np.isnan, v), nan, v)
    v = where(v == np.inf, float(info.max) if posinf is None else posinf, v)
    return where(v == -np.inf, float(info.min) if neginf is None else neginf, v)


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    x, y = s.unify(a, b)
    return (abs(x - y) <= atol + rtol * abs(y)) | (x == y)


def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Value:
    return r.all_(isclose(a, b, rtol, atol))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    x, y = lift(a1), lift(a2)
    return r.all_(e.call(np.equal, x, y)) if x.shape == y.shape else False


def sinc(x: Any) -> Any:
    v = s.unify(x, 1.0)[0] * np.pi
    zero = v == 0
    safe = where(zero, 1.0, v)
    return where(zero, 1.0 - v * v / 6.0, e.call(np.sin, safe) / safe)


def refuse_shape(name: str, instead: str) -> Any:
    def f(*args: Any, **kwargs: Any) -> Any:
        raise refuse(f"np.{name} of a traced array: the shape of the result would depend on values", instead)

    return f


def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Value:
    x = lift(a)
    if axis is None:
        x, axis = s.reshape(x, (-1,)), -1
    return active().emit("sort", (x,), {"axis": s.axis_of(axis, x.ndim)}, x.dtype, x.shape)


def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Value:
    x = lift(a)
    if axis is None:
        x, axis = s.reshape(x, (-1,)), -1
    return active().emit("argsort", (x,), {"axis": s.axis_of(axis, x.ndim)}, INT64, x.shape)


def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: Any = None) -> Value:
    """A sorted array is partitioned at every place."""
    _check_kth(a, kth, axis)
    return sort(a, axis)


def argpartition(a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: Any = None) -> Value:
    _check_kth(a, kth, axis)
    return argsort(a, axis)


def _check_kth(a: Any, kth: Any, axis: Any) -> None:
    x = lift(a)
    n = x.size if axis is None else x.shape[s.axis_of(axis, x.ndim)]
    for k in np.atleast_1d(kth).tolist():
        if not -n <= k < n:
            raise ValueError(f"kth(={k}) out of bounds ({n})")


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Value:
    x, y = s.unify(a, v)
    if x.ndim != 1:
        raise ShapeError("searchsorted: the first array must be one-dimensional")
    if sorter is not None:
        x = take(x, sorter)
    if x.dtype == BOOL:
        x, y = s.convert(x, INT64), s.convert(y, INT64)
    return active().emit("searchsorted", (x, y), {"n": 0, "mode": side} if side == "right" else {"mode": side}, INT64, y.shape)


def digitize(x: Any, bins: Any, right: bool = False) -> Value:
    return searchsorted(bins, x, "left" if right else "right")


def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Value:
    return quantile(a, 0.5, axis, keepdims=keepdims)


def quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: Any = False, **kwargs: Any
) -> Value:
    if method != "linear" or np.ndim(q) > 1 or hasattr(q, "_value"):
        raise refuse("np.quantile with a traced q or another method than linear", "Use np.sort and np.take.")
    x = s.unify(a, 1.0)[0]
    axes = s.axes_of(axis, x.ndim)
    rest = [k for k in range(x.ndim) if k not in axes]
    flat = s.reshape(s.transpose(x, (*rest, *axes)), (*[x.shape[k] for k in rest], -1))
    n = flat.shape[-1]
    flat = sort(flat, -1)
    at = np.asarray(q, float) * (n - 1)
    low = np.clip(np.floor(at).astype(int), 0, max(n - 2, 0))
    t = at - low
    out_ = take(flat, low, -1) * (1 - t) + take(flat, np.minimum(low + 1, n - 1), -1) * t
    if np.ndim(q):
        out_ = s.move_axis(out_, out_.ndim - 1, 0)
    if r.given(keepdims) and keepdims:
        kept = tuple(1 if k in axes else m for k, m in enumerate(x.shape))
        out_ = s.reshape(out_, (*out_.shape[: np.ndim(q)], *kept))
    return out_


def percentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Value:
    return quantile(a, np.asarray(q) / 100, *args, **kwargs)


def _nan(reduction: Any, fill: float) -> Any:
    def f(a: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
        x = lift(a)
        return reduction(where(e.call(np.isnan, x), fill, x) if x.dtype.kind in "fc" else x, axis, *args, **kwargs)

    return f


def nanmean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **kwargs: Any) -> Any:
    x = lift(a)
    ok = e.call(np.logical_not, e.call(np.isnan, x))
    return r.sum_(where(ok, x, 0.0), axis, keepdims=keepdims) / s.convert(r.sum_(ok, axis, keepdims=keepdims), x.dtype)


def nanvar(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: Any = False, **kwargs: Any) -> Any:
    x = lift(a)
    ok = e.call(np.logical_not, e.call(np.isnan, x))
    d = where(ok, x - nanmean(x, axis, keepdims=True), 0.0)
    return r.sum_(d * d, axis, keepdims=keepdims) / (s.convert(r.sum_(ok, axis, keepdims=keepdims), x.dtype) - ddof)


def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    raise refuse("np.apply_along_axis", "Use erg.vmap(function), or functions with an axis.")


def average(a: Any, axis: Any = None, weights: Any = None, keepdims: Any = False) -> Any:
    if weights is None:
        return r.mean(a, axis, keepdims=keepdims)
    x, w = s.unify(a, weights)
    if w.shape != x.shape:
        k = s.axis_of(axis, x.ndim)
        w = s.reshape(w, tuple(n if j == k else 1 for j, n in enumerate(x.shape)))
        w = s.broadcast(w, x.shape)
    return r.sum_(x * w, axis, keepdims=keepdims) / r.sum_(w, axis, keepdims=keepdims)


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kwargs: Any) -> Value:
    """Every branch is computed everywhere; where one is not finite, its derivative is not used either."""
    v = lift(x)
    conditions = list(condlist) if isinstance(condlist, (list, tuple)) else [condlist]
    values = [wrapped(f, v, args, kwargs) if callable(f) else f for f in funclist]
    default: Any = values.pop() if len(values) == len(conditions) + 1 else 0.0
    return s.convert(select(conditions[::-1], values[::-1], default), v.dtype)


def wrapped(f: Any, v: Value, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A user's function, which wants a handle."""
    from ergodica.expr.tracer import wrap

    return f(wrap(v), *args, **kwargs)


FUNCTIONS: dict[Any, Any] = {
    np.piecewise: piecewise,
    np.real: extract_real, np.imag: extract_imag, np.angle: angle, np.round: round_, np.around: round_, np.nan_to_num: nan_to_num,
    np.isclose: isclose, np.allclose: allclose, np.array_equal: array_equal, np.sinc: sinc, np.fix: lambda x, out=None: e.call(np.trunc, x),
    np.compress: lambda condition, a, axis=None, out=None: take(lift(a), np.nonzero(np.asarray(condition))[0], axis),
    np.sum: r.sum_, np.prod: r.prod, np.max: r.max_, np.min: r.min_, np.amax: r.max_, np.amin: r.min_, np.any: r.any_, np.all: r.all_,
    np.mean: r.mean, np.var: r.var, np.std: r.std, np.argmax: r.argmax, np.argmin: r.argmin, np.cumsum: r.cumsum, np.cumprod: r.cumprod,
    np.count_nonzero: r.count_nonzero,
    np.ptp: lambda a, axis=None, out=None, keepdims=False: r.max_(a, axis, keepdims=keepdims) - r.min_(a, axis, keepdims=keepdims),
    np.average: lambda a, axis=None, weights=None, returned=False, *, keepdims=False: average(a, axis, weights, keepdims),
    np.sort: sort, np.argsort: argsort, np.partition: partition, np.argpartition: argpartition,
    np.searchsorted: searchsorted, np.digitize: digitize, np.median: median, np.quantile: quantile,
    np.percentile: percentile, np.nansum: _nan(r.sum_, 0.0), np.nanprod: _nan(r.prod, 1.0), np.nanmax: _nan(r.max_, -np.inf),
    np.nanmin: _nan(r.min_, np.inf), np.nanmean: nanmean, np.nanvar: nanvar, np.nanstd: lambda *a, **k: e.call(np.sqrt, nanvar(*a, **k)),
    np.cumulative_sum: lambda x, /, *, axis=None, dtype=None, out=None, include_initial=False: r.cumsum(x, axis, dtype),
    np.cumulative_prod: lambda x, /, *, axis=None, dtype=None, out=None, include_initial=False: r.cumprod(x, axis, dtype),
    np.nonzero: refuse_shape("nonzero", "Use np.where(mask, a, b)."), np.argwhere: refuse_shape("argwhere", "Use np.where(mask, a, b)."),
    np.flatnonzero: refuse_shape("flatnonzero", "Use np.where(mask, a, b)."), np.extract: refuse_shape("extract", "Use np.where(mask, a, b)."),
    np.unique: refuse_shape("unique", "Use np.sort(x) and np.diff."), np.apply_along_axis: apply_along_axis,
}  # fmt: skip
