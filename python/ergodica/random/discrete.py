"""Draws of integers, truth values and orders."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import active, lift
from ergodica.random.keys import Shape, as_tracer, checked, draw_with, drawing, emit, open_uniform, shape_of


@drawing
def rademacher(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    """-1 or 1, with equal probability.

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(abs(erg.random.rademacher(erg.random.key(0), (3,))).min() == 1)
    True
    """
    d = np.dtype(dtype)
    return np.where(emit("random_bits", key, shape, np.dtype(np.int32)) < 0, d.type(-1), d.type(1))


@drawing
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
    s = np.shape(p) if shape is None else shape_of(shape)
    return emit("random_uniform", key, s, np.dtype(np.float64)) < p


@drawing
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
    u = emit("random_uniform", key, shape, np.dtype(np.float64))
    return (np.floor(u * (maxval - minval)).astype(np.int64) + minval).astype(dtype)


@drawing
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
    l = np.moveaxis(as_tracer(logits), axis, -1)
    batch = l.shape[:-1] if shape is None else shape_of(shape)
    if l.shape[-1] == 0:
        raise ShapeError("random.categorical: there is no category")
    d = np.dtype(np.float32) if l.dtype == np.float32 else np.dtype(np.float64)
    noise = -np.log(-np.log(open_uniform(key, (*batch, l.shape[-1]), d)))
    return np.argmax(np.broadcast_to(l, noise.shape) + noise, axis=-1)


@drawing
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
        return np.argsort(emit("random_bits", key, int(x), np.dtype(np.int64)), kind="stable")
    a = as_tracer(x)
    if not a.shape:
        raise ShapeError("random.permutation: expected an int or an array with an axis")
    order = np.argsort(emit("random_bits", key, a.shape[axis], np.dtype(np.int64)), kind="stable")
    return np.take(a, order, axis=axis)


@drawing
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
    s = shape_of(shape)
    count = int(np.prod(s, dtype=np.int64))
    whole = isinstance(a, (int, np.integer)) and not isinstance(a, Tracer)
    n = int(a) if whole else as_tracer(a).shape[axis]
    if n < 1 or (not replace and count > n):
        raise ShapeError(f"random.choice: {count} of {n} without replacement" if n else "random.choice: there is nothing to choose from")
    if replace:
        u = emit("random_uniform", key, (count,), np.dtype(np.float64))
        if p is None:
            index = np.floor(u * n).astype(np.int64)
        else:
            edges = np.cumsum(as_tracer(p))
            index = np.minimum(np.searchsorted(edges, u * edges[-1], side="right"), n - 1)
    elif p is None:
        index = np.argsort(emit("random_bits", key, n, np.dtype(np.int64)), kind="stable")[:count]
    else:
        w = as_tracer(p) * 1.0
        races = -np.log(open_uniform(key, n, np.float64)) / np.where(w > 0, w, 0.0)  # exponential times of rates p; who arrives first is drawn
        index = np.argsort(races, kind="stable")[:count]
    index = np.reshape(index, s)
    return index if whole else np.take(as_tracer(a), index, axis=axis)


@drawing
def poisson(key: Any, lam: Any, shape: Shape | None = None) -> Any:
    r"""Counts of probability :math:`\lambda^k e^{-\lambda} / k!`, as int64; -1 where the rate is negative, NaN or over :math:`2^{62}`.

    By Hormann's transformed rejection (1993). There is no derivative in the rate (it is 0).

    Examples
    --------
    >>> import ergodica as erg
    >>> int(erg.random.poisson(erg.random.key(0), 0.0))
    0
    """
    return draw_with("random_poisson", key, lam, shape, np.dtype(np.int64))


@drawing
def binomial(key: Any, n: Any, p: Any, shape: Shape | None = None) -> Any:
    r"""Counts of probability :math:`\binom{n}{k} p^k (1-p)^{n-k}`, as int64.

    It is -1 where n is no whole number in [0, :math:`2^{53}`] or p is outside of [0, 1].

    By Hormann's transformed rejection (1993). There is no derivative in p (it is 0).

    Parameters
    ----------
    key : key
    n, p : array_like
        Trials and probability of success, broadcast against each other.
    shape : tuple of int, optional
        Of the draws, to which n and p are broadcast.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.random.binomial(erg.random.key(0), [0, 5], [0.5, 1.0]).tolist()
    [0, 5]
    """
    trials, chance = as_tracer(n), as_tracer(p)
    dtype = np.result_type(chance.dtype, np.float32) if chance.dtype.kind == "f" else np.dtype(np.float64)
    s = shape_of(shape) if shape is not None else np.broadcast_shapes(trials.shape, chance.shape)
    operands = [lift(np.broadcast_to(x.astype(dtype), s)) for x in (trials, chance)]
    return Tracer(active().emit("random_binomial", (checked(key)._value(), *operands), None, np.dtype(np.int64), s))
