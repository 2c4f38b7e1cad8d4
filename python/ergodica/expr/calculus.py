"""Differences, integrals, interpolation, polynomials and convolutions of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr import arrays as arr
from ergodica.expr import choosing
from ergodica.expr import elementwise as e
from ergodica.expr import products as lin
from ergodica.expr import reductions as r
from ergodica.expr import shapes as s
from ergodica.expr.indexing import take
from ergodica.expr.refuse import refuse
from ergodica.expr.values import BOOL, FLOAT64, INT64, Value, active, lift


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Value:
    x = lift(a)
    k = s.axis_of(axis, x.ndim)
    parts: list[Any] = []
    for y, here in ((prepend, True), (x, False), (append, True)):
        if y is None or y is np._NoValue:
            continue
        v = lift(y)
        parts.append(s.broadcast(v, (*x.shape[:k], 1, *x.shape[k + 1 :])) if here and v.ndim == 0 else v)
    if len(parts) > 1:
        x = arr.concatenate(parts, k)
    for _ in range(n):
        m = x.shape[k]
        high, low = s.cut(x, k, min(1, m), m), s.cut(x, k, 0, max(m - 1, 0))
        x = high != low if x.dtype == BOOL else high - low
    return x


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Value:
    parts = [p for p in (to_begin, diff(s.reshape(lift(ary), (-1,))), to_end) if p is not None]
    return arr.concatenate([s.reshape(lift(p), (-1,)) for p in parts])


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    v = lift(y)
    k = s.axis_of(axis, v.ndim)
    n = v.shape[k]
    if x is None:
        step: Any = dx
    else:
        w = lift(x)
        d = diff(w, 1, -1 if w.ndim == 1 else k)
        step = s.reshape(d, tuple(d.size if j == k else 1 for j in range(v.ndim))) if d.ndim == 1 else d
    return r.sum_((s.cut(v, k, 1, n) + s.cut(v, k, 0, n - 1)) * 0.5 * step, k)


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    x = s.unify(f, 1.0)[0]
    axes = s.axes_of(axis, x.ndim)
    spacing = list(varargs) or [1.0]
    if len(spacing) == 1:
        spacing = spacing * len(axes)
    out = [_gradient(x, h, k, edge_order) for h, k in zip(spacing, axes, strict=True)]
    return out[0] if len(out) == 1 else tuple(out)


def _gradient(x: Value, h: Any, k: int, edge_order: int) -> Value:
    n = x.shape[k]
    if n < edge_order + 1:
        raise ValueError("Shape of array too small to calculate a numerical gradient")
    c = lambda i, j: s.cut(x, k, i, j)
    at = e.plain(h)
    if np.ndim(at) == 0 if not isinstance(at, Value) else at.ndim == 0:
        inside = (c(2, n) - c(0, n - 2)) / (2.0 * at) if n > 2 else None
        if edge_order == 1:
            first, last = (c(1, 2) - c(0, 1)) / at, (c(n - 1, n) - c(n - 2, n - 1)) / at
        else:
            first = (-1.5 * c(0, 1) + 2.0 * c(1, 2) - 0.5 * c(2, 3)) / at
            last = (1.5 * c(n - 1, n) - 2.0 * c(n - 2, n - 1) + 0.5 * c(n - 3, n - 2)) / at
    else:
        if edge_order != 1:
            raise refuse("np.gradient with uneven spacing and edge_order=2", "Use edge_order=1.")
        d = diff(lift(at))
        d = s.reshape(d, tuple(d.size if j == k else 1 for j in range(x.ndim)))
        hd, hs = s.cut(d, k, 1, n - 1), s.cut(d, k, 0, n - 2)
        inside = None
        if n > 2:
            inside = (hs * hs * c(2, n) + (hd * hd - hs * hs) * c(1, n - 1) - hd * hd * c(0, n - 2)) / (hs * hd * (hd + hs))
        first, last = (c(1, 2) - c(0, 1)) / s.cut(d, k, 0, 1), (c(n - 1, n) - c(n - 2, n - 1)) / s.cut(d, k, n - 2, n - 1)
    return s.concatenate([v for v in (first, inside, last) if v is not None], k)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """numpy.interp: piecewise linear; the derivative is that of the segment."""
    v, p, f = (s.unify(y, 1.0)[0] for y in (x, xp, fp))
    if period is not None:
        raise refuse("np.interp with period", "Wrap x first: x % period, with xp and fp extended by one point on either side.")
    n = p.shape[0]
    if n == 0 or f.shape != p.shape:
        raise ShapeError(f"interp: xp of shape {p.shape} and fp of shape {f.shape}")
    if n == 1:
        return arr.where(v < p, f if left is None else left, arr.where(v > p, f if right is None else right, f))
    j = choosing.searchsorted(p, v, "right") - 1
    j = e.call(np.minimum, e.call(np.maximum, j, 0), n - 2)
    x0, x1, f0, f1 = take(p, j), take(p, j + 1), take(f, j), take(f, j + 1)
    y = f0 + (f1 - f0) / (x1 - x0) * (v - x0)
    low, high = s.at(p, 0, 0), s.at(p, 0, n - 1)
    y = arr.where(v < low, s.at(f, 0, 0) if left is None else left, y)
    return arr.where(v > high, s.at(f, 0, n - 1) if right is None else right, y)


def polyval(p: Any, x: Any) -> Any:
    c = lift(p)
    v = e.plain(x)
    y: Any = None
    for k in range(c.shape[0]):
        a = s.at(c, 0, k)
        y = a if y is None else y * lift(v) + a
    return y if y.shape == np.shape(v) or (isinstance(v, Value) and y.shape == v.shape) else y + lift(v) * 0


def convolve(a: Any, v: Any, mode: str = "full") -> Value:
    """numpy.convolve: a convolution of one image and channel with the shorter array, turned around."""
    x, y = s.unify(a, v)
    if x.ndim > 1 or y.ndim > 1:
        raise ShapeError(f"convolve: expected one-dimensional arrays, got shapes {x.shape} and {y.shape}")
    x, y = s.reshape(x, (-1,)), s.reshape(y, (-1,))
    if not x.size or not y.size:
        raise ValueError("a cannot be empty" if not x.size else "v cannot be empty")
    if x.dtype == BOOL:
        x, y = s.convert(x, INT64), s.convert(y, INT64)
    if x.shape[0] < y.shape[0]:
        x, y = y, x
    n, m = x.shape[0], y.shape[0]
    ends = {"full": (m - 1, m - 1), "valid": (0, 0), "same": (m - 1 - (m - 1) // 2, (m - 1) // 2)}
    if mode not in ends:
        raise ValueError("mode must be one of 'full', 'same', 'valid'")
    low, high = ends[mode]
    kernel = s.reshape(s.reverse(y, (0,)), (1, 1, m))
    k = n + low + high - m + 1
    out = active().emit("conv", (s.reshape(x, (1, 1, n)), kernel), {"low": (low,), "high": (high,)}, x.dtype, (1, 1, k))
    return s.reshape(out, (k,))


def correlate(a: Any, v: Any, mode: str = "valid") -> Value:
    """numpy.correlate: sum_n a_(n+k) conj(v_n)."""
    x, y = s.unify(a, v)
    if x.size < y.size:
        return s.reverse(e.call(np.conjugate, correlate(y, x, mode)), (0,))
    return convolve(x, s.reverse(e.call(np.conjugate, y), (0,)), mode)


def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, **kwargs: Any) -> Any:
    x = s.unify(m, 1.0)[0]
    if y is not None or kwargs.get("fweights") is not None or kwargs.get("aweights") is not None:
        raise refuse("np.cov with y or weights", "Stack the variables first, with np.vstack.")
    x = s.reshape(x, (1, -1)) if x.ndim == 1 else x if rowvar else s.swap_last(x)
    d = x - r.mean(x, 1, keepdims=True)
    n = x.shape[1] - (ddof if ddof is not None else 0 if bias else 1)
    return arr.squeeze(lin.matmul(d, e.call(np.conjugate, s.swap_last(d))) / float(n))


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, **kwargs: Any) -> Any:
    c = cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    sd = e.call(np.sqrt, e.real_of(lin.diagonal(c)))
    return c / s.reshape(sd, (-1, 1)) / s.reshape(sd, (1, -1))


def vander(x: Any, N: Any = None, increasing: bool = False) -> Value:
    v = lift(x)
    n = v.shape[0] if N is None else int(N)
    powers = [e.call(np.power, v, k) for k in range(n)]
    return s.stack(s.unify(*(powers if increasing else powers[::-1])), 1)


def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Value:
    """numpy.bincount; of traced positions with minlength, which is then the length."""
    from ergodica.expr.indexing import Index

    index = e.plain(x)
    if isinstance(index, Value):
        if not minlength:
            raise refuse("np.bincount of traced positions: its length would depend on values", "Pass minlength=n, where every position is below n.")
        n = int(minlength)
        index = s.reshape(s.convert(index, INT64), (-1,)) if index.dtype.kind in "bi" else index
        w = s.full(index.shape, 1, INT64) if weights is None else s.convert(lift(weights), FLOAT64)
        start = s.full((n,), 0, w.dtype)
        return active().emit("scatter", (start, index, w), {"axes": (0,), "mode": "add"}, w.dtype, (n,))
    w = s.convert(lift(weights), FLOAT64)
    n = max(int(index.max()) + 1 if index.size else 0, minlength)
    return Index((n,), (index,)).write(s.full((n,), 0.0, w.dtype), w, "add")


def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """numpy.histogram with edges, or a number of bins and a range. Counts have no derivative, weighted ones have it in the weights."""
    if isinstance(bins, (int, np.integer)):
        if range is None:
            raise refuse("np.histogram without range: its bins would depend on values", "Pass range=(low, high), or the edges of the bins.")
        bins = np.histogram_bin_edges(np.zeros(0), int(bins), range)
    elif isinstance(bins, str):
        raise refuse(f"np.histogram with bins={bins!r}: their number would depend on values", "Pass the edges of the bins.")
    x, edges = s.unify(s.reshape(lift(a), (-1,)), bins)
    n = edges.shape[0] - 1
    place = choosing.searchsorted(edges, x, "right")  # 0: below, n + 1: above
    place = arr.where(e.call(np.equal, x, s.at(edges, 0, n)), n, place)
    w = s.full(x.shape, 1, INT64) if weights is None else s.reshape(lift(weights), (-1,))
    total = active().emit("scatter", (s.full((n + 2,), 0, w.dtype), place, w), {"axes": (0,), "mode": "add"}, w.dtype, (n + 2,))
    counts = s.cut(total, 0, 1, n + 1)
    if density:
        counts = counts / diff(edges) / r.sum_(counts)
    return counts, edges


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Value:
    """numpy.unwrap."""
    x = lift(p)
    k = s.axis_of(axis, x.ndim)
    d = diff(x, axis=k)
    whole = x.dtype.kind in "bi" and isinstance(period, (int, np.integer))
    high = period // 2 if whole else period / 2
    low = -high
    jump = e.call(np.remainder, d - low, period) + low
    if not whole or period % 2 == 0:
        jump = arr.where(e.call(np.logical_and, jump == low, d > 0), high, jump)
    correct = arr.where(abs(d) < (high if discont is None else discont), 0, jump - d)
    first = s.cut(x, k, 0, 1)
    rest = s.cut(x, k, 1, x.shape[k]) + r.cumsum(correct, k)
    return s.concatenate([s.convert(first, rest.dtype), rest], k)


FUNCTIONS: dict[Any, Any] = {
    np.diff: diff, np.ediff1d: ediff1d, np.trapezoid: trapezoid, np.gradient: gradient, np.interp: interp, np.polyval: polyval,
    np.convolve: convolve, np.correlate: correlate, np.cov: cov, np.corrcoef: corrcoef, np.vander: vander, np.bincount: bincount,
    np.histogram: histogram, np.unwrap: unwrap,
}  # fmt: skip
