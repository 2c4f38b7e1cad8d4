"""numpy.fft: one operation along one axis, as often as there are axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ergodica.expr import elementwise as e
from ergodica.expr import shapes as s
from ergodica.expr.linalg import _inexact
from ergodica.expr.values import Value, active, lift


def _complex(x: Value) -> Value:
    return s.convert(x, np.dtype(np.complex64 if x.dtype in (np.float32, np.complex64) else np.complex128))


def _resize(x: Value, axis: int, n: int) -> Value:
    have = x.shape[axis]
    if n <= have:
        return s.cut(x, axis, 0, n)
    high = [0] * x.ndim
    high[axis] = n - have
    return s.pad(x, [0] * x.ndim, high)


def _norm(y: Value, n: int, norm: Any, forward: bool) -> Value:
    """Scaling other than numpy's default ("backward")."""
    if norm in (None, "backward"):
        return y
    if norm == "ortho":
        return y * (1 / math.sqrt(n) if forward else math.sqrt(n))
    if norm == "forward":
        return y * (1 / n if forward else float(n))
    raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')


def _fft1(op: str, forward: bool) -> Any:
    def transform(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Value:
        x = _complex(lift(a))
        k = s.axis_of(axis, x.ndim)
        x = _resize(x, k, int(n)) if n is not None else x
        return _norm(active().emit(op, (x,), {"axis": k}, x.dtype, x.shape), x.shape[k], norm, forward)

    return transform


fft = _fft1("fft", True)
ifft = _fft1("ifft", False)


def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Value:
    x = _inexact(a)
    if x.dtype.kind == "c":
        raise TypeError("rfft needs real input")
    k = s.axis_of(axis, x.ndim)
    x = _resize(x, k, int(n)) if n is not None else x
    dtype = np.dtype(np.complex64 if x.dtype == np.float32 else np.complex128)
    shape = (*x.shape[:k], x.shape[k] // 2 + 1, *x.shape[k + 1 :])
    return _norm(active().emit("rfft", (x,), {"axis": k}, dtype, shape), x.shape[k], norm, True)


def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Value:
    x = _complex(lift(a))
    k = s.axis_of(axis, x.ndim)
    m = int(n) if n is not None else 2 * (x.shape[k] - 1)
    x = _resize(x, k, m // 2 + 1)
    shape = (*x.shape[:k], m, *x.shape[k + 1 :])
    return _norm(active().emit("irfft", (x,), {"axis": k, "n": m}, e.part(x.dtype), shape), m, norm, False)


def _fftn(one: Any, two: bool, last: Any = None, real_first: bool = False) -> Any:
    def transform(a: Any, s: Any = None, axes: Any = (-2, -1) if two else None, norm: Any = None, out: Any = None) -> Value:
        x = lift(a)
        if axes is None:
            axes = tuple(range(-len(s), 0)) if s is not None else tuple(range(x.ndim))
        lengths = list(s) if s is not None else [None] * len(axes)
        order = list(zip(axes, lengths, strict=True))
        if last is not None and real_first:
            x = last(x, order[-1][1], order[-1][0], norm)
            order = order[:-1]
        tail = order[-1:] if last is not None and not real_first else []
        for axis, n in order[: -1 if tail else None]:
            x = one(x, n, axis, norm)
        for axis, n in tail:
            x = last(x, n, axis, norm)
        return x

    return transform


def fftshift(x: Any, axes: Any = None) -> Value:
    v = lift(x)
    ks = s.axes_of(axes, v.ndim)
    return s.roll(v, [v.shape[k] // 2 for k in ks], ks)


def ifftshift(x: Any, axes: Any = None) -> Value:
    v = lift(x)
    ks = s.axes_of(axes, v.ndim)
    return s.roll(v, [-(v.shape[k] // 2) for k in ks], ks)


FUNCTIONS: dict[Any, Any] = {
    np.fft.fft: fft, np.fft.ifft: ifft, np.fft.rfft: rfft, np.fft.irfft: irfft, np.fft.fft2: _fftn(fft, True), np.fft.ifft2: _fftn(ifft, True),
    np.fft.fftn: _fftn(fft, False), np.fft.ifftn: _fftn(ifft, False), np.fft.rfft2: _fftn(fft, True, rfft, True),
    np.fft.rfftn: _fftn(fft, False, rfft, True), np.fft.irfft2: _fftn(ifft, True, irfft), np.fft.irfftn: _fftn(ifft, False, irfft),
    np.fft.fftshift: fftshift, np.fft.ifftshift: ifftshift,
}  # fmt: skip
