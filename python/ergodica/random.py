r"""Random numbers in programs: every draw is a function of a key.

>>> import ergodica as erg
>>> key = erg.random.key(1)
>>> x = erg.random.normal(key, (3,))
>>> bool((x == erg.random.normal(key, (3,))).all())  # the same key, the same draw
True
>>> first, second = erg.random.split(key)

A key is one int64, the word of a Philox4x32-10 generator (Salmon, Moraes, Dror, Shaw, SC 2011); element k of a draw depends on (key, k) alone, so
that neither threads nor batches change it. Use a key for one draw; get others by :func:`split` and :func:`fold_in`. All functions work on numbers, in
traced functions, and under ``erg.vmap`` over keys. Draws differentiate in their parameters where a reparametrisation is known: by location and scale,
through the inverse distribution function, and implicitly for gamma, beta, Dirichlet, Student and von Mises draws.
"""

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

__all__ = [
    "bernoulli", "beta", "bits", "categorical", "cauchy", "choice", "dirichlet", "exponential", "fold_in", "gamma", "gumbel", "key", "laplace",
    "loggamma", "logistic", "multivariate_normal", "normal", "permutation", "poisson", "rademacher", "randint", "split", "student_t",
    "truncated_normal", "uniform", "von_mises",
]  # fmt: skip

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
        return _checked(seed)
    if seed is None:
        seed = secrets.randbits(64)
    if isinstance(seed, (bool, np.bool_)) or not hasattr(seed, "__index__"):
        raise SpecError(f"random.key: expected an integer seed, got {seed!r}")
    n = seed.__index__()
    if not 0 <= n < 1 << 64:
        raise SpecError(f"random.key: expected 0 <= seed < 2^64, got {n}")
    return np.uint64(n).astype(np.int64)


def _checked(k: Any) -> Tracer:
    """A key in a trace."""
    if isinstance(k, (bool, int)) and not isinstance(k, np.generic):
        raise SpecError(f"expected a key, got the number {k}", f"Try erg.random.key({k}).")
    v = lift(k)
    if v.dtype != np.int64:
        raise SpecError(f"expected a key (an int64), got {v.dtype} of shape {v.shape}", "Try erg.random.key(seed).")
    if v.shape:
        raise ShapeError(f"expected one key, got an array of keys of shape {v.shape}", "Take one, keys[0], or map over all with erg.vmap.")
    return Tracer(v)


def _drawing(f: Callable[..., Any]) -> Callable[..., Any]:
    """Outside of traces: compiled once for each kind of arguments."""
    program = Compiled(f)

    def draw(*args: Any, **kwargs: Any) -> Any:
        if current() is not None:
            return f(*args, **kwargs)
        if args and isinstance(args[0], (bool, int)) and not isinstance(args[0], np.generic):
            _checked(args[0])
        return program(*args, **kwargs)

    return functools.wraps(f)(draw)


def _shape(shape: Any) -> tuple[int, ...]:
    out = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    if any(not hasattr(n, "__index__") or n < 0 for n in out):
        raise ShapeError(f"random numbers: expected a shape of lengths >= 0, got {shape!r}")
    return tuple(int(n) for n in out)


def _float(dtype: Any) -> np.dtype:
    d = np.dtype(dtype)
    if d not in (np.float64, np.float32):
        raise SpecError(f"random numbers: expected dtype float64 or float32, got {d}")
    return d


def _emit(op: str, k: Any, shape: Any, dtype: np.dtype) -> Any:
    s = _shape(shape)
    return Tracer(active().emit(op, (_checked(k)._value(),), {"dtype": DTYPES[dtype], "shape": s}, dtype, s))


def _with(op: str, k: Any, parameter: Any, shape: Any, dtype: np.dtype | None = None) -> Any:
    """A draw for each element of a parameter."""
    p = np.asarray(parameter) if not isinstance(parameter, Tracer) else parameter
    if p.dtype.kind in "iub":
        p = p.astype(np.float64)
    if shape is not None:
        p = np.broadcast_to(p, _shape(shape))
    v = lift(p)
    return Tracer(active().emit(op, (_checked(k)._value(), v), None, dtype or v.dtype, v.shape))


@_drawing
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
    s = _shape(num)
    n = int(np.prod(s, dtype=np.int64))
    parts = np.arange(n, dtype=np.int64).reshape(s) + np.iinfo(np.int64).min  # fold_in has the numbers from 0 on
    return _fold(key, parts)


def _fold(key: Any, data: Any) -> Any:
    d = lift(data)
    if d.dtype.kind not in "ib":
        raise SpecError(f"random.fold_in: expected integers, got {d.dtype}")
    x = Tracer(d).astype(np.int64)
    k = np.broadcast_to(_checked(key), x.shape)
    return Tracer(active().emit("random_fold", (lift(k), lift(x)), None, np.dtype(np.int64), x.shape))


@_drawing
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
    return _fold(key, data)


@_drawing
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
    return _emit("random_bits", key, shape, d)


@_drawing
def uniform(key: Any, shape: Shape = (), dtype: Any = np.float64, minval: Any = 0.0, maxval: Any = 1.0) -> Any:
    r"""Uniform on [minval, maxval), in steps of :math:`2^{-53}` (float32: :math:`2^{-24}`) of its length.

    Parameters
    ----------
    key : key
    shape : int or tuple of int, default ()
    dtype : float64 (default) or float32
    minval, maxval : float or arrays that broadcast to ``shape``, default 0 and 1

    Examples
    --------
    >>> import ergodica as erg
    >>> u = erg.random.uniform(erg.random.key(0), (1000,), minval=-1.0)
    >>> bool(-1 <= u.min() < u.max() < 1)
    True
    """
    u = _emit("random_uniform", key, shape, _float(dtype))
    if _is(minval, 0) and _is(maxval, 1):
        return u
    return minval + (maxval - minval) * u


def _is(x: Any, value: float) -> bool:
    return type(x) in (int, float) and x == value


@_drawing
def normal(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Standard normal numbers, by Box and Muller (1958); of complex dtype with :math:`\langle |z|^2 \rangle = 1`.

    Parameters
    ----------
    key : key
    shape : int or tuple of int, default ()
    dtype : float64 (default), float32, complex128 or complex64

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = erg.random.normal(erg.random.key(0), (10000,))
    >>> bool(abs(np.mean(x)) < 0.05 and abs(np.var(x) - 1) < 0.07)
    True
    """
    d = np.dtype(dtype)
    if d.kind == "c":
        pair = _emit("random_normal", key, (*_shape(shape), 2), np.dtype(np.float64 if d == np.complex128 else np.float32))
        return (pair[..., 0] + 1j * pair[..., 1]) * np.sqrt(pair.dtype.type(0.5))
    return _emit("random_normal", key, shape, _float(dtype))


@_drawing
def exponential(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Density :math:`e^{-x}`, :math:`x \ge 0`.

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(erg.random.exponential(erg.random.key(0)) >= 0)
    True
    """
    return -np.log1p(-_emit("random_uniform", key, shape, _float(dtype)))


@_drawing
def laplace(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Density :math:`e^{-|x|} / 2`.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.laplace(erg.random.key(0), (3,))
    """
    u = _emit("random_uniform", key, shape, _float(dtype)) - 0.5  # [-1/2, 1/2)
    return -np.sign(u) * np.log1p(-2 * np.minimum(np.abs(u), np.nextafter(u.dtype.type(0.5), u.dtype.type(0))))


@_drawing
def logistic(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Distribution function :math:`1 / (1 + e^{-x})`.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.logistic(erg.random.key(0), (3,))
    """
    u = _open(key, shape, dtype)
    return np.log(u) - np.log1p(-u)


@_drawing
def cauchy(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Density :math:`1 / (\pi (1 + x^2))`.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.cauchy(erg.random.key(0), (3,))
    """
    u = _open(key, shape, dtype)
    return np.tan(u.dtype.type(np.pi) * (u - 0.5))


@_drawing
def gumbel(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Distribution function :math:`\exp(-e^{-x})`.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.gumbel(erg.random.key(0), (3,))
    """
    return -np.log(-np.log(_open(key, shape, dtype)))


def _open(key: Any, shape: Shape, dtype: Any) -> Any:
    """Uniform on (0, 1): the middles of the steps."""
    d = _float(dtype)
    u = _emit("random_uniform", key, shape, d)
    half = d.type(2.0**-54 if d == np.float64 else 2.0**-25)
    return np.minimum(u + half, np.nextafter(d.type(1), d.type(0)))


@_drawing
def rademacher(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    """-1 or 1, with equal probability.

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(abs(erg.random.rademacher(erg.random.key(0), (3,))).min() == 1)
    True
    """
    d = np.dtype(dtype)
    return np.where(_emit("random_bits", key, shape, np.dtype(np.int32)) < 0, d.type(-1), d.type(1))


@_drawing
def bernoulli(key: Any, p: Any = 0.5, shape: Shape | None = None) -> Any:
    """True with probability ``p``, exactly to 2^-53.

    Parameters
    ----------
    key : key
    p : float or array, default 0.5
    shape : int or tuple of int, default that of ``p``

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(erg.random.bernoulli(erg.random.key(0), 1.0))
    True
    """
    s = np.shape(p) if shape is None else _shape(shape)
    return _emit("random_uniform", key, s, np.dtype(np.float64)) < p


@_drawing
def randint(key: Any, shape: Shape, minval: Any, maxval: Any, dtype: Any = np.int64) -> Any:
    """Integers minval, ..., maxval - 1 with equal probability, to a relative 2^-53 (maxval - minval).

    Parameters
    ----------
    key : key
    shape : int or tuple of int
    minval, maxval : int or integer arrays; maxval - minval <= 2^53
    dtype : int64 (default) or int32

    Examples
    --------
    >>> import ergodica as erg
    >>> dice = erg.random.randint(erg.random.key(0), (5,), 1, 7)
    >>> bool(dice.min() >= 1 and dice.max() <= 6)
    True
    """
    u = _emit("random_uniform", key, shape, np.dtype(np.float64))
    return (np.floor(u * (maxval - minval)).astype(np.int64) + minval).astype(dtype)


@_drawing
def categorical(key: Any, logits: Any, axis: int = -1, shape: Shape | None = None) -> Any:
    r"""Index i with probability :math:`e^{l_i} / \sum_j e^{l_j}`, by the largest of :math:`l_i` and a Gumbel number.

    Parameters
    ----------
    key : key
    logits : array
        Unnormalised log probabilities; -inf is never drawn.
    axis : int, default -1
        Along which the categories lie.
    shape : int or tuple of int, default that of ``logits`` without ``axis``
        Must end with that shape, or broadcast from it.

    Returns
    -------
    int64 array of this shape

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> int(erg.random.categorical(erg.random.key(0), np.array([-np.inf, 0.0])))
    1
    """
    l = np.moveaxis(_array(logits), axis, -1)
    batch = l.shape[:-1] if shape is None else _shape(shape)
    if l.shape[-1] == 0:
        raise ShapeError("random.categorical: there is no category")
    d = np.dtype(np.float32) if l.dtype == np.float32 else np.dtype(np.float64)
    noise = -np.log(-np.log(_open(key, (*batch, l.shape[-1]), d)))
    return np.argmax(np.broadcast_to(l, noise.shape) + noise, axis=-1)


def _array(x: Any) -> Any:
    return x if isinstance(x, Tracer) else Tracer(lift(x))


@_drawing
def permutation(key: Any, x: Any, axis: int = 0) -> Any:
    """Elements of ``x`` along an axis in random order; of an int n, of 0, ..., n - 1.

    Every order is equally likely but for ties of 64-bit numbers, of probability n^2 2^-65.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> sorted(erg.random.permutation(erg.random.key(0), 4).tolist())
    [0, 1, 2, 3]
    """
    if isinstance(x, (int, np.integer)) and not isinstance(x, Tracer):
        return np.argsort(_emit("random_bits", key, int(x), np.dtype(np.int64)), kind="stable")
    a = _array(x)
    if not a.shape:
        raise ShapeError("random.permutation: expected an int or an array with an axis")
    order = np.argsort(_emit("random_bits", key, a.shape[axis], np.dtype(np.int64)), kind="stable")
    return np.take(a, order, axis=axis)


@_drawing
def choice(key: Any, a: Any, shape: Shape = (), replace: bool = True, p: Any = None, axis: int = 0) -> Any:
    """Elements of ``a`` (or of 0, ..., a - 1) drawn with or without replacement.

    Parameters
    ----------
    key : key
    a : int or array
    shape : int or tuple of int, default ()
    replace : bool, default True
    p : array of probabilities along ``axis``, default all equal
    axis : int, default 0

    Raises
    ------
    ShapeError
        More than there are are drawn without replacement.

    Examples
    --------
    >>> import ergodica as erg
    >>> sorted(erg.random.choice(erg.random.key(0), 3, (3,), replace=False).tolist())
    [0, 1, 2]
    """
    s = _shape(shape)
    count = int(np.prod(s, dtype=np.int64))
    whole = isinstance(a, (int, np.integer)) and not isinstance(a, Tracer)
    n = int(a) if whole else _array(a).shape[axis]
    if n < 1 or (not replace and count > n):
        raise ShapeError(f"random.choice: {count} of {n} without replacement" if n else "random.choice: there is nothing to choose from")
    if replace:
        u = _emit("random_uniform", key, (count,), np.dtype(np.float64))
        if p is None:
            index = np.floor(u * n).astype(np.int64)
        else:
            edges = np.cumsum(_array(p))
            index = np.minimum(np.searchsorted(edges, u * edges[-1], side="right"), n - 1)
    elif p is None:
        index = np.argsort(_emit("random_bits", key, n, np.dtype(np.int64)), kind="stable")[:count]
    else:
        w = _array(p) * 1.0
        races = -np.log(_open(key, n, np.float64)) / np.where(w > 0, w, 0.0)  # exponential times of rates p; who arrives first is drawn
        index = np.argsort(races, kind="stable")[:count]
    index = np.reshape(index, s)
    return index if whole else np.take(_array(a), index, axis=axis)


@_drawing
def loggamma(key: Any, a: Any, shape: Shape | None = None) -> Any:
    r"""log z of z with the density :math:`z^{a-1} e^{-z} / \Gamma(a)`, also where z is too small for a float.

    By Marsaglia and Tsang (2000). The derivative in ``a`` is the implicit one (Figurnov, Mohamed, Mnih, NeurIPS 2018), relative error 1e-11.

    Parameters
    ----------
    key : key
    a : float or array, a >= 0
    shape : int or tuple of int, default that of ``a``

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.loggamma(erg.random.key(0), 1e-3)
    """
    return _with("random_loggamma", key, a, shape)


@_drawing
def gamma(key: Any, a: Any, shape: Shape | None = None) -> Any:
    r"""Density :math:`z^{a-1} e^{-z} / \Gamma(a)`; differentiable in ``a``, see :func:`loggamma`.

    Parameters
    ----------
    key : key
    a : float or array, a >= 0
    shape : int or tuple of int, default that of ``a``

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> key = erg.random.key(0)
    >>> slope = erg.grad(lambda a: np.mean(erg.random.gamma(key, a, (10000,))))(2.0)  # of the mean, which is a
    >>> bool(abs(slope - 1) < 0.05)
    True
    """
    return np.exp(_with("random_loggamma", key, a, shape))


@_drawing
def beta(key: Any, a: Any, b: Any, shape: Shape | None = None) -> Any:
    r"""Density proportional to :math:`x^{a-1} (1-x)^{b-1}`; differentiable in both.

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(0 <= erg.random.beta(erg.random.key(0), 0.5, 0.5) <= 1)
    True
    """
    one, two = _split_traced(key)
    s = np.broadcast_shapes(np.shape(a), np.shape(b)) if shape is None else _shape(shape)
    x, y = _with("random_loggamma", one, a, s), _with("random_loggamma", two, b, s)
    return np.exp(x - np.logaddexp(x, y))


def _split_traced(key: Any) -> Any:
    k = _fold(key, np.arange(2) + np.iinfo(np.int64).min)
    return k[0], k[1]


@_drawing
def dirichlet(key: Any, alpha: Any, shape: Shape = ()) -> Any:
    r"""Density proportional to :math:`\prod_i x_i^{\alpha_i - 1}` on the simplex; differentiable in ``alpha``.

    Parameters
    ----------
    key : key
    alpha : array, the last axis counts the components
    shape : int or tuple of int, default ()
        Draws; the result has the shape ``shape + alpha.shape``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> round(float(erg.random.dirichlet(erg.random.key(0), np.ones(3)).sum()), 12)
    1.0
    """
    y = _with("random_loggamma", key, alpha, (*_shape(shape), *np.shape(alpha)))
    y = y - np.max(y, axis=-1, keepdims=True)
    e = np.exp(y)
    return e / np.sum(e, axis=-1, keepdims=True)


@_drawing
def student_t(key: Any, df: Any, shape: Shape | None = None) -> Any:
    r"""Student's t with ``df`` degrees of freedom; differentiable in them.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.student_t(erg.random.key(0), 3.0, (4,))
    """
    one, two = _split_traced(key)
    half = _array(df) * 0.5
    y = _with("random_loggamma", one, half, shape)
    z = _emit("random_normal", two, y.shape, y.dtype)
    return z * np.exp(0.5 * (np.log(half) - y))


@_drawing
def poisson(key: Any, lam: Any, shape: Shape | None = None) -> Any:
    r"""Counts of probability :math:`\lambda^k e^{-\lambda} / k!`, as int64; -1 where the rate is negative, NaN or over :math:`2^{62}`.

    By Hormann's transformed rejection (1993). There is no derivative in the rate (it is 0).

    Examples
    --------
    >>> import ergodica as erg
    >>> int(erg.random.poisson(erg.random.key(0), 0.0))
    0
    """
    return _with("random_poisson", key, lam, shape, np.dtype(np.int64))


@_drawing
def von_mises(key: Any, kappa: Any, shape: Shape | None = None) -> Any:
    r"""Angles in :math:`[-\pi, \pi]` of the density :math:`e^{\kappa \cos t} / (2 \pi I_0(\kappa))`; differentiable in ``kappa``.

    By Best and Fisher (1979); the derivative is implicit.

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(abs(erg.random.von_mises(erg.random.key(0), 1e8)) < 1e-2)
    True
    """
    return _with("random_von_mises", key, kappa, shape)


@_drawing
def truncated_normal(key: Any, lower: Any, upper: Any, shape: Shape | None = None) -> Any:
    r"""Standard normal numbers between ``lower`` and ``upper``, through the inverse distribution function.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> bool(erg.random.truncated_normal(erg.random.key(0), 2.0, np.inf, (100,)).min() >= 2)
    True
    """
    from scipy.special import ndtr, ndtri

    s = np.broadcast_shapes(np.shape(lower), np.shape(upper)) if shape is None else _shape(shape)
    lo, hi = np.broadcast_to(_array(lower) * 1.0, s), np.broadcast_to(_array(upper) * 1.0, s)
    flip = lo > 0  # where the distribution function is nearest to 1, its mirror image has the digits
    a, b = np.where(flip, -hi, lo), np.where(flip, -lo, hi)
    u = _open(key, s, lo.dtype)
    x = ndtri(ndtr(a) + u * (ndtr(b) - ndtr(a)))
    return np.clip(np.where(flip, -x, x), lo, hi)


@_drawing
def multivariate_normal(key: Any, mean: Any, cov: Any, shape: Shape = ()) -> Any:
    r"""Normal vectors of this mean and covariance: :math:`\mu + L z`, :math:`L L^T = \Sigma`; differentiable in both.

    Parameters
    ----------
    key : key
    mean : array of shape (n,)
    cov : array of shape (n, n), positive definite (else NaN)
    shape : int or tuple of int, default ()
        Draws; the result has the shape ``shape + (n,)``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.random.multivariate_normal(erg.random.key(0), np.zeros(2), np.eye(2), (5,)).shape
    (5, 2)
    """
    m, c = _array(mean) * 1.0, _array(cov)
    if m.ndim != 1 or c.shape != (m.shape[0], m.shape[0]):
        raise ShapeError(f"random.multivariate_normal: expected a mean of shape (n,) and a covariance of shape (n, n), got {m.shape} and {c.shape}")
    z = _emit("random_normal", key, (*_shape(shape), m.shape[0]), m.dtype)
    return m + z @ np.swapaxes(np.linalg.cholesky(c), -1, -2)
