r"""Starting values of weights: functions of (key, shape, dtype).

``fan_in`` is the product of all axes but the first (inputs of one output), ``fan_out`` the first times the axes from the third on. Complex weights
have the stated variance of :math:`|w|^2`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError

Initialiser = Callable[[Any, tuple[int, ...], Any], np.ndarray]


def zeros(key: Any, shape: tuple[int, ...], dtype: Any = float) -> np.ndarray:
    """All 0."""
    return np.zeros(shape, dtype)


def ones(key: Any, shape: tuple[int, ...], dtype: Any = float) -> np.ndarray:
    """All 1."""
    return np.ones(shape, dtype)


def normal(std: float = 1.0) -> Initialiser:
    """Normal numbers of this standard deviation.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.nn.initialisers.normal(0.1)(erg.random.key(0), (2, 3), float).shape
    (2, 3)
    """

    def draw(key: Any, shape: tuple[int, ...], dtype: Any = float) -> np.ndarray:
        return np.asarray(random.normal(key, shape, dtype) * np.dtype(dtype).type(std))

    return draw


def uniform(bound: float = 1.0) -> Initialiser:
    """Uniform on [-bound, bound); of complex dtype uniform in the disc of that radius times sqrt(2/3), which has the same variance.

    Examples
    --------
    >>> import ergodica as erg
    >>> w = erg.nn.initialisers.uniform(0.1)(erg.random.key(0), (2, 3), float)
    >>> bool(abs(w).max() <= 0.1)
    True
    """

    def draw(key: Any, shape: tuple[int, ...], dtype: Any = float) -> np.ndarray:
        d = np.dtype(dtype)
        if d.kind == "c":
            part = np.dtype("float32" if d == np.complex64 else "float64")
            u = random.uniform(key, (*shape, 2), part)
            radius = part.type(bound * math.sqrt(2 / 3)) * np.sqrt(u[..., 0])
            return np.asarray(radius * np.exp(part.type(2 * np.pi) * u[..., 1] * np.asarray(1j, d)))
        return np.asarray(random.uniform(key, shape, d) * d.type(2 * bound) - d.type(bound))

    return draw


def variance(scale: float = 1.0, mode: str = "fan_in", distribution: str = "normal") -> Initialiser:
    r"""Weights of the variance scale / fan.

    LeCun (1998): scale 1, fan_in. Glorot and Bengio (2010): 1, fan_avg = (fan_in + fan_out) / 2. He et al. (2015): 2, fan_in.

    Parameters
    ----------
    scale : float, default 1
    mode : {"fan_in", "fan_out", "fan_avg"}
    distribution : {"normal", "uniform"}

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> w = erg.nn.initialisers.variance(2.0)(erg.random.key(0), (300, 200), float)
    >>> bool(abs(np.var(w) * 200 / 2 - 1) < 0.05)
    True
    """
    if mode not in ("fan_in", "fan_out", "fan_avg") or distribution not in ("normal", "uniform"):
        raise SpecError(f"variance: expected mode fan_in, fan_out or fan_avg and distribution normal or uniform, got {mode!r}, {distribution!r}")

    def draw(key: Any, shape: tuple[int, ...], dtype: Any = float) -> np.ndarray:
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
        v = scale / max(fan, 1)
        return normal(math.sqrt(v))(key, shape, dtype) if distribution == "normal" else uniform(math.sqrt(3 * v))(key, shape, dtype)

    return draw


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Inputs of one output and outputs of one input of a weight of shape (outputs, inputs, ...)."""
    if len(shape) < 2:
        n = shape[0] if shape else 1
        return n, n
    return math.prod(shape[1:]), shape[0] * math.prod(shape[2:])


lecun = variance(1.0)
glorot = variance(1.0, "fan_avg", "uniform")
he = variance(2.0)


def orthogonal(scale: float = 1.0) -> Initialiser:
    """Rows (or columns, whichever are fewer) orthonormal times ``scale``, uniform among such matrices (Mezzadri 2007).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> w = erg.nn.initialisers.orthogonal()(erg.random.key(0), (2, 5), float)
    >>> bool(np.allclose(w @ w.T, np.eye(2)))
    True
    """

    def draw(key: Any, shape: tuple[int, ...], dtype: Any = float) -> np.ndarray:
        if len(shape) < 2:
            raise ShapeError(f"orthogonal: expected a shape of two axes or more, got {shape}")
        rows, columns = shape[0], math.prod(shape[1:])
        g = random.normal(key, (max(rows, columns), min(rows, columns)), complex if np.dtype(dtype).kind == "c" else float)
        q, r = np.linalg.qr(g)
        d = np.diagonal(r)
        q = q * (d / np.abs(d))
        return np.asarray(scale * (q if rows >= columns else q.T).reshape(shape)).astype(dtype)

    return draw
