"""Sums and extremes by segments, and the largest elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import elementwise as e
from ergodica.expr import shapes as s
from ergodica.expr.choosing import argsort
from ergodica.expr.compiled import everywhere
from ergodica.expr.indexing import take_along_axis
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import BOOL, INT64, Value, active, lift


def integers(x: Any, what: str) -> Value:
    v = lift(x)
    if v.dtype.kind != "i":
        raise SpecError(f"{what}: expected integers, got {v.dtype}")
    return s.convert(v, INT64)


def scatter(mode: str, start: Value, index: Value, u: Value) -> Value:
    return active().emit("scatter", (start, index, u), {"axes": (0,), "mode": mode}, start.dtype, start.shape)


def length_of(n: Any, what: str) -> int:
    if isinstance(n, bool) or not hasattr(n, "__index__") or n.__index__() < 0:
        raise SpecError(f"{what}: expected an int >= 0, got {n!r}", "Shapes are static: pass a number, not an array.")
    return int(n.__index__())


def _segments(x: Any, ids: Any, n: Any, what: str) -> tuple[Value, Value, int]:
    v, i = lift(x), integers(ids, f"{what}: ids")
    if i.ndim != 1 or v.shape[:1] != i.shape:
        raise ShapeError(f"{what}: expected x (elements, ...) and ids (elements,), got shapes {v.shape} and {i.shape}")
    return v, i, length_of(n, f"{what}: segments")


@everywhere
def segment_sum(x: Any, ids: Any, segments: int) -> Any:
    r"""Sums of the elements that belong together, as messages to the nodes of a graph.

    .. math:: y_i = \sum_{k:\, \mathrm{ids}_k = i} x_k

    Parameters
    ----------
    x : array (elements, ...)
    ids : int array (elements,)
        The segment of each element, in any order, fastest ascending; added in the order of the elements.
    segments : int
        Their number.

    Returns
    -------
    array (segments, ...)
        0 for a segment without elements.

    Raises
    ------
    ShapeError, SpecError
        Shapes do not fit, ids are no integers or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.segment_sum(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 0]), 3).tolist()
    [4.0, 0.0, 2.0]
    """
    v, i, n = _segments(x, ids, segments, "segment_sum")
    if v.dtype == BOOL:
        v = s.convert(v, INT64)
    return Tracer(scatter("add", s.full((n, *v.shape[1:]), 0, v.dtype), i, v))


def _extreme(mode: str, x: Any, ids: Any, segments: Any) -> Any:
    v, i, n = _segments(x, ids, segments, f"segment_{mode}")
    if v.dtype.kind not in "fi":
        raise SpecError(f"segment_{mode}: expected real numbers, got {v.dtype}")
    if v.dtype.kind == "f":
        empty = -np.inf if mode == "max" else np.inf
    else:
        empty = np.iinfo(v.dtype).min if mode == "max" else np.iinfo(v.dtype).max
    return Tracer(scatter(mode, s.full((n, *v.shape[1:]), empty, v.dtype), i, v))


@everywhere
def segment_max(x: Any, ids: Any, segments: int) -> Any:
    r"""The largest of the elements that belong together.

    .. math:: y_i = \max_{k:\, \mathrm{ids}_k = i} x_k

    Parameters
    ----------
    x : real array (elements, ...)
    ids : int array (elements,)
    segments : int

    Returns
    -------
    array (segments, ...)
        -inf for a segment without elements (of integers, the bound of their dtype). Equal elements share the derivative.

    Raises
    ------
    ShapeError, SpecError
        As :func:`segment_sum`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.segment_max(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]), 2).tolist()
    [2.0, 3.0]
    """
    return _extreme("max", x, ids, segments)


@everywhere
def segment_min(x: Any, ids: Any, segments: int) -> Any:
    r"""The smallest of the elements that belong together.

    .. math:: y_i = \min_{k:\, \mathrm{ids}_k = i} x_k

    Parameters
    ----------
    x : real array (elements, ...)
    ids : int array (elements,)
    segments : int

    Returns
    -------
    array (segments, ...)
        inf for a segment without elements (of integers, the bound of their dtype). Equal elements share the derivative.

    Raises
    ------
    ShapeError, SpecError
        As :func:`segment_sum`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.segment_min(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]), 2).tolist()
    [1.0, 3.0]
    """
    return _extreme("min", x, ids, segments)


@everywhere
def segment_mean(x: Any, ids: Any, segments: int) -> Any:
    r"""Means of the elements that belong together.

    .. math:: y_i = \frac{1}{n_i} \sum_{k:\, \mathrm{ids}_k = i} x_k

    Parameters
    ----------
    x : array (elements, ...)
    ids : int array (elements,)
    segments : int

    Returns
    -------
    array (segments, ...)
        0 for a segment without elements.

    Raises
    ------
    ShapeError, SpecError
        As :func:`segment_sum`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.segment_mean(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]), 3).tolist()
    [1.5, 3.0, 0.0]
    """
    v, i, n = _segments(x, ids, segments, "segment_mean")
    if v.dtype.kind in "bi":
        v = s.convert(v, np.dtype(float))
    total = scatter("add", s.full((n, *v.shape[1:]), 0, v.dtype), i, v)
    number = scatter("add", s.full((n,), 0, v.dtype), i, s.full(i.shape, 1, v.dtype))
    if v.dtype.kind == "c":
        number = s.convert(e.call(np.maximum, e.real_of(number), 1.0), v.dtype)
    else:
        number = e.call(np.maximum, number, 1.0)
    return Tracer(e.call(np.divide, total, s.broadcast_axes(number, total.shape, (0,))))


@everywhere
def top_k(x: Any, k: int) -> Any:
    r"""The k largest elements along the last axis, in descending order, and where they stand.

    .. math:: y_j = x_{i_j}, \qquad x_{i_1} \ge x_{i_2} \ge \dots \ge x_{i_k}

    Parameters
    ----------
    x : real array (..., n)
    k : int
        At most n.

    Returns
    -------
    values : array (..., k)
        Differentiable in ``x``.
    indices : int64 array (..., k)
        Of equal elements the first comes first; NaN is the largest, as in ``np.sort``.

    Raises
    ------
    ShapeError
        k is larger than n, or x is a scalar.
    SpecError
        k is no int >= 0.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> values, indices = erg.top_k(np.array([3.0, 1.0, 4.0, 1.0, 5.0]), 2)
    >>> values.tolist(), indices.tolist()
    ([5.0, 4.0], [4, 2])
    """
    v, k = lift(x), length_of(k, "top_k: k")
    if v.ndim < 1 or k > v.shape[-1]:
        raise ShapeError(f"top_k: {k} elements of the last axis of an array of shape {v.shape}")
    axis, n = v.ndim - 1, v.shape[-1]
    order = argsort(s.reverse(v, (axis,)), axis)  # the last of equal ones is the first of x
    indices = n - 1 - s.cut(s.reverse(order, (axis,)), axis, 0, k)
    return Tracer(take_along_axis(v, indices, axis)), Tracer(indices)
