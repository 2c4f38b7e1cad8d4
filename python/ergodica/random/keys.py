"""Keys, and what all draws share."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr.compiled import Compiled
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import DTYPES, active, current, lift

Shape = int | tuple[int, ...]


def key(seed: int | None = None) -> Any:
    """The key of a seed.

    Parameters
    ----------
    seed : int, 0 <= seed < 2^64; None draws one from the system
        A traced int64 is a key already.

    Returns
    -------
    numpy.int64

    Raises
    ------
    SpecError
        The seed is no integer, or out of range.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.random.key(7)
    np.int64(7)
    """
    if isinstance(seed, Tracer):
        return checked(seed)
    if seed is None:
        seed = secrets.randbits(64)
    if isinstance(seed, (bool, np.bool_)) or not hasattr(seed, "__index__"):
        raise SpecError(f"random.key: expected an integer seed, got {seed!r}")
    n = seed.__index__()
    if not 0 <= n < 1 << 64:
        raise SpecError(f"random.key: expected 0 <= seed < 2^64, got {n}")
    return np.uint64(n).astype(np.int64)


def checked(k: Any) -> Tracer:
    """A key in a trace."""
    if isinstance(k, (bool, int)) and not isinstance(k, np.generic):
        raise SpecError(f"expected a key, got the number {k}", f"Try erg.random.key({k}).")
    v = lift(k)
    if v.dtype != np.int64:
        raise SpecError(f"expected a key (an int64), got {v.dtype} of shape {v.shape}", "Try erg.random.key(seed).")
    if v.shape:
        raise ShapeError(f"expected one key, got an array of keys of shape {v.shape}", "Take one, keys[0], or map over all with erg.vmap.")
    return Tracer(v)


def drawing(f: Callable[..., Any]) -> Callable[..., Any]:
    """Outside of traces: compiled once for each kind of arguments."""
    program = Compiled(f)

    def draw(*args: Any, **kwargs: Any) -> Any:
        if current() is not None:
            return f(*args, **kwargs)
        if args and isinstance(args[0], (bool, int)) and not isinstance(args[0], np.generic):
            checked(args[0])
        return program(*args, **kwargs)

    return functools.wraps(f)(draw)


def shape_of(shape: Any) -> tuple[int, ...]:
    out = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    if any(not hasattr(n, "__index__") or n < 0 for n in out):
        raise ShapeError(f"random numbers: expected a shape of lengths >= 0, got {shape!r}")
    return tuple(int(n) for n in out)


def float_of(dtype: Any) -> np.dtype:
    d = np.dtype(dtype)
    if d not in (np.float64, np.float32):
        raise SpecError(f"random numbers: expected dtype float64 or float32, got {d}")
    return d


def emit(op: str, k: Any, shape: Any, dtype: np.dtype) -> Any:
    s = shape_of(shape)
    return Tracer(active().emit(op, (checked(k)._value(),), {"dtype": DTYPES[dtype], "shape": s}, dtype, s))


def draw_with(op: str, k: Any, parameter: Any, shape: Any, dtype: np.dtype | None = None) -> Any:
    """A draw for each element of a parameter."""
    p = np.asarray(parameter) if not isinstance(parameter, Tracer) else parameter
    if p.dtype.kind in "iub":
        p = p.astype(np.float64)
    if shape is not None:
        p = np.broadcast_to(p, shape_of(shape))
    v = lift(p)
    return Tracer(active().emit(op, (checked(k)._value(), v), None, dtype or v.dtype, v.shape))


def as_tracer(x: Any) -> Any:
    return x if isinstance(x, Tracer) else Tracer(lift(x))


def open_uniform(key: Any, shape: Shape, dtype: Any) -> Any:
    """Uniform on (0, 1): the middles of the steps."""
    d = float_of(dtype)
    u = emit("random_uniform", key, shape, d)
    half = d.type(2.0**-54 if d == np.float64 else 2.0**-25)
    return np.minimum(u + half, np.nextafter(d.type(1), d.type(0)))


@drawing
def split(key: Any, num: Shape = 2) -> Any:
    """Independent keys from one, which is used up by this.

    Parameters
    ----------
    key : key
    num : int or tuple of int, default 2
        How many, or the shape of an array of them.

    Returns
    -------
    array of int64 of shape (num,)

    Examples
    --------
    >>> import ergodica as erg
    >>> a, b, c = erg.random.split(erg.random.key(0), 3)
    """
    s = shape_of(num)
    n = int(np.prod(s, dtype=np.int64))
    parts = np.arange(n, dtype=np.int64).reshape(s) + np.iinfo(np.int64).min  # fold_in has the numbers from 0 on
    return folded(key, parts)


def folded(key: Any, data: Any) -> Any:
    d = lift(data)
    if d.dtype.kind not in "ib":
        raise SpecError(f"random.fold_in: expected integers, got {d.dtype}")
    x = Tracer(d).astype(np.int64)
    k = np.broadcast_to(checked(key), x.shape)
    return Tracer(active().emit("random_fold", (lift(k), lift(x)), None, np.dtype(np.int64), x.shape))


@drawing
def fold_in(key: Any, data: Any) -> Any:
    """The key for part ``data`` of what ``key`` is for: a step, a layer, a particle.

    Parameters
    ----------
    key : key
    data : int or array of integers

    Returns
    -------
    key, or an array of keys of the shape of ``data``

    Examples
    --------
    >>> import ergodica as erg
    >>> step_key = erg.random.fold_in(erg.random.key(0), 17)
    """
    return folded(key, data)


def two_keys(key: Any) -> Any:
    k = folded(key, np.arange(2) + np.iinfo(np.int64).min)
    return k[0], k[1]


@drawing
def bits(key: Any, shape: Shape = (), dtype: Any = np.int64) -> Any:
    """Fair bits, as int64 or int32.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.random.bits(erg.random.key(0), (2,)).dtype
    dtype('int64')
    """
    d = np.dtype(dtype)
    if d not in (np.int64, np.int32):
        raise SpecError(f"random.bits: expected dtype int64 or int32, got {d}")
    return emit("random_bits", key, shape, d)
