"""numpy.fft and scipy.fft: one operation along one axis, as often as there are axes, which the core runs in one array."""

from __future__ import annotations

import math
from collections.abc import Callable
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


def _points(n: Any, given: int) -> int:
    n = given if n is None else int(n)
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    return n


def _norm(y: Value, n: int, norm: Any, forward: bool) -> Value:
    """Scaling other than numpy's default ("backward"); n is the number of points of all axes."""
    if norm in (None, "backward"):
        return y
    if norm == "ortho":
        return e.scale(y, 1 / math.sqrt(n) if forward else math.sqrt(n))
    if norm == "forward":
        return e.scale(y, 1 / n if forward else float(n))
    raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')


def _along(op: str, x: Value, k: int, n: int) -> Value:
    """One transform, in numpy's "backward" scaling, of ``n`` points: cut or padded with zeros."""
    if op == "irfft":
        x = _resize(x, k, n // 2 + 1)
        return active().emit(op, (x,), {"axis": k, "n": n}, e.part(x.dtype), (*x.shape[:k], n, *x.shape[k + 1 :]))
    x = _resize(x, k, n)
    if op == "rfft":
        dtype = np.dtype(np.complex64 if x.dtype == np.float32 else np.complex128)
        return active().emit(op, (x,), {"axis": k}, dtype, (*x.shape[:k], n // 2 + 1, *x.shape[k + 1 :]))
    return active().emit(op, (x,), {"axis": k}, x.dtype, x.shape)


def _real(a: Any, name: str) -> Value:
    x = _inexact(a)
    if x.dtype.kind == "c":
        raise TypeError(f"{name} needs real input")
    return x


def _fft1(op: str) -> Callable[..., Value]:
    forward = op in ("fft", "rfft")

    def transform(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Value:
        x = _real(a, op) if op == "rfft" else _complex(lift(a))
        k = s.axis_of(axis, x.ndim)
        m = _points(n, 2 * (x.shape[k] - 1) if op == "irfft" else x.shape[k])
        return _norm(_along(op, x, k, m), m, norm, forward)

    transform.__name__ = op
    return transform


fft, ifft, rfft, irfft = (_fft1(op) for op in ("fft", "ifft", "rfft", "irfft"))
_SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _swapped(norm: Any) -> str:
    if norm not in _SWAPPED:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return _SWAPPED[norm]


def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Value:
    return irfft(e.one("conj", _complex(lift(a))), n, axis, _swapped(norm))


def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Value:
    return e.one("conj", rfft(a, n, axis, _swapped(norm)))


def _several(x: Value, shape: Any, axes: Any, half: bool = False) -> tuple[list[int], list[int]]:
    """Axes and numbers of points; the last axis of a half spectrum has twice its points less two."""
    if axes is None:
        axes = range(x.ndim) if shape is None else range(-len(shape), 0)
    ks = [s.axis_of(k, x.ndim) for k in ([axes] if isinstance(axes, (int, np.integer)) else axes)]
    lengths = [None] * len(ks) if shape is None else [None if n in (-1, None) else n for n in np.ravel(shape).tolist()]
    if len(lengths) != len(ks):
        raise ValueError("Shape and axes have different lengths.")
    given = [x.shape[k] for k in ks]
    if half and given and lengths[-1] is None:
        given[-1] = 2 * (given[-1] - 1)
    return ks, [_points(n, m) for n, m in zip(lengths, given, strict=True)]


def _fftn(op: str, two: bool) -> Callable[..., Value]:
    forward = op in ("fft", "rfft")

    def transform(a: Any, s: Any = None, axes: Any = (-2, -1) if two else None, norm: Any = None, out: Any = None) -> Value:
        x = _real(a, op) if op == "rfft" else _complex(lift(a))
        ks, ns = _several(x, s, axes, op == "irfft")
        if not ks:
            if op in ("rfft", "irfft"):
                raise ValueError("at least 1 axis must be transformed")
            return x
        one = {"rfft": "fft", "irfft": "ifft"}.get(op, op)
        pairs = list(zip(ks, ns, strict=True))
        if op == "irfft":
            pairs.reverse()
        for i, (k, n) in enumerate(reversed(pairs)):
            last = i == 0 if op == "rfft" else op == "irfft" and i == len(pairs) - 1
            x = _along(op if last else one, x, k, n)
        return _norm(x, math.prod(ns), norm, forward)

    return transform


def fftshift(x: Any, axes: Any = None) -> Value:
    v = lift(x)
    ks = s.axes_of(axes, v.ndim)
    return s.roll(v, [v.shape[k] // 2 for k in ks], ks)


def ifftshift(x: Any, axes: Any = None) -> Value:
    v = lift(x)
    ks = s.axes_of(axes, v.ndim)
    return s.roll(v, [-(v.shape[k] // 2) for k in ks], ks)


# numpy.fft of several axes, and scipy's names
_N = {f"{op}{tail}": _fftn(op, tail == "2") for op in ("fft", "ifft", "rfft", "irfft") for tail in ("2", "n")}
FUNCTIONS: dict[Any, Any] = {
    **{getattr(np.fft, name): f for name, f in _N.items()},
    np.fft.fft: fft, np.fft.ifft: ifft, np.fft.rfft: rfft, np.fft.irfft: irfft, np.fft.hfft: hfft, np.fft.ihfft: ihfft,
    np.fft.fftshift: fftshift, np.fft.ifftshift: ifftshift,
}  # fmt: skip


def _scipy(f: Callable[..., Value]) -> Callable[..., Value]:
    """``f`` behind SciPy's further arguments, which change no value."""

    def call(x: Any, n: Any = None, axis: Any = -1, norm: Any = None, overwrite_x: bool = False, workers: Any = None, *, plan: Any = None) -> Value:
        return f(x, n, axis, norm)

    return call


def _scipy_n(f: Callable[..., Value], two: bool) -> Callable[..., Value]:
    axes_given = (-2, -1) if two else None

    def call(
        x: Any, s: Any = None, axes: Any = axes_given, norm: Any = None, overwrite_x: bool = False, workers: Any = None, *, plan: Any = None
    ) -> Value:
        return f(x, s, axes, norm)

    return call


def _turns(x: Value, angles: np.ndarray, k: int) -> Value:
    """Factors exp(i angles) along axis k, in the precision of x."""
    shape = [1] * x.ndim
    shape[k] = len(angles)
    dtype = np.complex64 if x.dtype in (np.float32, np.complex64) else np.complex128
    return s.broadcast(lift(np.exp(1j * angles).astype(dtype).reshape(shape)), (*x.shape[:k], len(angles), *x.shape[k + 1 :]))


def _turned(x: Value, angles: np.ndarray, k: int) -> Value:
    return e.two("mul", _complex(x), _turns(x, angles, k))


def _picked(x: Value, k: int, start: int, step: int) -> Value:
    low, stride = [0] * x.ndim, [1] * x.ndim
    low[k], stride[k] = start, step
    return s.slice_(x, low, x.shape, stride)


def _dct2(x: Value, k: int) -> Value:
    """2 sum_n x_n cos(pi j (2n+1) / 2N), by the transform of x_0, x_2, ..., x_3, x_1 (J. Makhoul, IEEE Trans. ASSP 28, 27 (1980))."""
    n = x.shape[k]
    if n == 1:
        return e.scale(x, 2.0)
    v = s.concatenate([_picked(x, k, 0, 2), s.reverse(_picked(x, k, 1, 2), [k])], k)
    h = n // 2 + 1
    y = e.scale(_turned(_along("rfft", v, k, n), -np.pi / (2 * n) * np.arange(h), k), 2.0)
    back = s.reverse(s.cut(e.imag_of(y), k, 1, n - h + 1), [k])
    return s.concatenate([e.real_of(y), e.one("neg", back)], k)


def _dct3(x: Value, k: int) -> Value:
    """x_0 + 2 sum_(n>0) x_n cos(pi n (2j+1) / 2N): 2N times the inverse of the second kind."""
    n = x.shape[k]
    if n == 1:
        return x
    h = n // 2 + 1
    mirrored = s.reverse(s.cut(x, k, n - h + 1, n), [k])  # x_(N-j), j = 1, ..., h-1
    zero = s.full((*x.shape[:k], 1, *x.shape[k + 1 :]), 0.0, x.dtype)
    first = s.cut(x, k, 0, h)
    dtype = np.dtype(np.complex64 if x.dtype == np.float32 else np.complex128)
    spectrum = active().emit("complex", (first, e.one("neg", s.concatenate([zero, mirrored], k))), None, dtype, first.shape)
    v = e.scale(_along("irfft", _turned(spectrum, np.pi / (2 * n) * np.arange(h), k), k, n), float(n))
    even, odd = s.cut(v, k, 0, (n + 1) // 2), s.reverse(s.cut(v, k, (n + 1) // 2, n), [k])
    low, high, gaps = [0] * x.ndim, [0] * x.ndim, [0] * x.ndim
    gaps[k] = 1
    high[k] = 1 - n % 2
    a = s.pad(even, low, high, gaps)
    low[k], high[k] = 1, n % 2
    return e.two("add", a, s.pad(odd, low, high, gaps))


def _dct4(x: Value, k: int) -> Value:
    """2 sum_n x_n cos(pi (2j+1) (2n+1) / 4N), by a transform of 2N points, half of them zero."""
    n = x.shape[k]
    y = _along("fft", _turned(x, -np.pi / (2 * n) * np.arange(n), k), k, 2 * n)
    return e.scale(e.real_of(_turned(s.cut(y, k, 0, n), -np.pi / (4 * n) * (2 * np.arange(n) + 1), k)), 2.0)


def _dct1(x: Value, k: int) -> Value:
    """x_0 + (-1)^j x_(N-1) + 2 sum x_n cos(pi j n / (N-1)) over the others, by its even continuation."""
    n = x.shape[k]
    if n < 2:
        raise ValueError("DCT-I is not defined for size < 2")
    v = s.concatenate([x, s.reverse(s.cut(x, k, 1, n - 1), [k])], k) if n > 2 else x
    return e.real_of(_along("rfft", v, k, 2 * (n - 1)))


def _dst1(x: Value, k: int) -> Value:
    """2 sum_n x_n sin(pi (j+1) (n+1) / (N+1)), by its odd continuation."""
    n = x.shape[k]
    zero = s.full((*x.shape[:k], 1, *x.shape[k + 1 :]), 0.0, x.dtype)
    v = s.concatenate([zero, x, zero, e.one("neg", s.reverse(x, [k]))], k)
    return e.one("neg", s.cut(e.imag_of(_along("rfft", v, k, 2 * (n + 1))), k, 1, n + 1))


def _alternating(x: Value, k: int) -> Value:
    signs = 1.0 - 2.0 * (np.arange(x.shape[k]) % 2)
    return e.two("mul", x, s.broadcast(lift(signs.astype(x.dtype).reshape([-1] + [1] * (x.ndim - 1 - k))), x.shape))


_COSINES: dict[tuple[bool, int], Callable[[Value, int], Value]] = {
    (False, 1): _dct1, (False, 2): _dct2, (False, 3): _dct3, (False, 4): _dct4, (True, 1): _dst1,
    (True, 2): lambda x, k: s.reverse(_dct2(_alternating(x, k), k), [k]), (True, 3): lambda x, k: _alternating(_dct3(s.reverse(x, [k]), k), k),
    (True, 4): lambda x, k: _alternating(_dct4(s.reverse(x, [k]), k), k),
}  # fmt: skip


def _ends(x: Value, k: int, sine: bool, kind: int, c: float, after: bool) -> Value:
    """The factors of sqrt(2) that make a transform orthogonal: before it in the first and third kind, after it in the first and second."""
    n = x.shape[k]
    f = np.ones(n)
    if kind == 1 and not sine:
        f[0] = f[-1] = 1 / c if after else c
    elif kind == 2 and after:
        f[-1 if sine else 0] = 1 / c
    elif kind == 3 and not after:
        f[-1 if sine else 0] = c
    else:
        return x
    return e.two("mul", x, s.broadcast(lift(f.astype(x.dtype).reshape([-1] + [1] * (x.ndim - 1 - k))), x.shape))


def _cosine(x: Value, k: int, n: int, sine: bool, kind: int, norm: Any, inverse: bool, orthogonal: bool) -> Value:
    if (sine, kind) not in _COSINES:
        raise ValueError("Type must be 1, 2, 3, or 4")
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f'Invalid norm value {norm!r}; should be "backward", "ortho" or "forward".')
    x = _resize(x, k, n)
    if x.dtype.kind == "c":
        parts = [_cosine(p, k, n, sine, kind, norm, inverse, orthogonal) for p in (e.real_of(x), e.imag_of(x))]
        return active().emit("complex", tuple(parts), None, x.dtype, x.shape)
    if inverse:
        kind = {1: 1, 2: 3, 3: 2, 4: 4}[kind]
    if orthogonal:
        x = _ends(x, k, sine, kind, math.sqrt(2), False)
    y = _COSINES[sine, kind](x, k)
    if orthogonal:
        y = _ends(y, k, sine, kind, math.sqrt(2), True)
    period = 2 * (n + (0 if kind > 1 else 1 if sine else -1))
    if norm == "ortho":
        return e.scale(y, 1 / math.sqrt(period))
    return e.scale(y, 1 / period) if (norm == "forward") != inverse else y


def _cosines(sine: bool, inverse: bool, several: bool) -> Callable[..., Value]:
    def one(
        x: Any,
        type: int = 2,
        n: Any = None,
        axis: int = -1,
        norm: Any = None,
        overwrite_x: bool = False,
        workers: Any = None,
        *,
        orthogonalize: Any = None,
    ) -> Value:
        v = _inexact(x)
        k = s.axis_of(axis, v.ndim)
        return _cosine(v, k, _points(n, v.shape[k]), sine, type, norm, inverse, norm == "ortho" if orthogonalize is None else orthogonalize)

    def many(
        x: Any,
        type: int = 2,
        s: Any = None,
        axes: Any = None,
        norm: Any = None,
        overwrite_x: bool = False,
        workers: Any = None,
        *,
        orthogonalize: Any = None,
    ) -> Value:
        v = _inexact(x)
        for k, n in zip(*_several(v, s, axes), strict=True):
            v = _cosine(v, k, n, sine, type, norm, inverse, norm == "ortho" if orthogonalize is None else orthogonalize)
        return v

    return many if several else one


def scipy_functions() -> dict[str, Callable[..., Value]]:
    """What stands for the functions of scipy.fft, by their names."""
    out: dict[str, Callable[..., Value]] = {f.__name__: _scipy(f) for f in (fft, ifft, rfft, irfft, hfft, ihfft)}
    out |= {name: _scipy_n(f, name.endswith("2")) for name, f in _N.items()}
    for sine in (False, True):
        for inverse in (False, True):
            name = ("i" if inverse else "") + ("dst" if sine else "dct")
            out |= {name: _cosines(sine, inverse, False), name + "n": _cosines(sine, inverse, True)}
    return out | {"fftshift": fftshift, "ifftshift": ifftshift}
