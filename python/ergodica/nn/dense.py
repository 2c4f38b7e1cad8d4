"""Dense layers: Linear, Embedding, Sequential."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError
from ergodica.expr.intercept import called
from ergodica.nn.activations import NAMED
from ergodica.nn.initialisers import Initialiser, normal, uniform, zeros
from ergodica.nn.module import Module

Seed = int | np.integer | None
Activation = str | Callable[[Any], Any]


def seeded(seed: Any) -> Any:
    """The key of a seed: an int, a key, or None for one drawn from the system."""
    return seed if isinstance(seed, np.int64) else random.key(seed)


def keys(seed: Any, count: int) -> list[Any]:
    """As many keys from a seed."""
    return list(random.split(seeded(seed), count)) if count else []


def lengths(hidden: Any, what: str) -> list[int]:
    """Widths of hidden layers."""
    if isinstance(hidden, (str, bytes)) or not hasattr(hidden, "__len__"):
        raise SpecError(f"{what} hidden: expected a sequence of widths such as [64, 64], got {hidden!r}")
    return [size(n, f"{what} hidden") for n in hidden]


def size(n: Any, what: str) -> int:
    """A length of at least 1."""
    if isinstance(n, bool) or not hasattr(n, "__index__") or n.__index__() < 1:
        raise SpecError(f"{what}: expected a number of at least 1, got {n!r}")
    return int(n.__index__())


def weight_dtype(dtype: Any) -> np.dtype:
    d = np.dtype(dtype)
    if d not in (np.float64, np.float32, np.complex128, np.complex64):
        raise SpecError(f"a layer's dtype must be float64, float32, complex128 or complex64, got {d}")
    return d


def activation_of(f: Activation) -> Callable[[Any], Any]:
    """A function, or that of a name."""
    if isinstance(f, str):
        if f not in NAMED:
            raise SpecError(f"activation {f!r} is none of {', '.join(NAMED)}", "Or pass any function of arrays.")
        return NAMED[f]
    return f


def last_axis(x: Any, n: int, what: str) -> None:
    if not np.ndim(x) or np.shape(x)[-1] != n:
        raise ShapeError(f"{what}: expected {n} along the last axis, got shape {np.shape(x)}")


class Linear(Module):
    r"""An affine map of the last axis.

    .. math:: y = x W^T + b

    Parameters
    ----------
    inputs, outputs : int
    bias : bool, default True
    init : initialiser of the weight, default uniform in :math:`\pm 1/\sqrt{inputs}`
        The bias is drawn alike with the default, and 0 else.
    dtype : default float64
    seed : int or key, default drawn

    Attributes
    ----------
    weight : (outputs, inputs), bias : (outputs,) or None

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.nn.Linear(2, 3, seed=0)(np.ones((5, 4, 2))).shape
    (5, 4, 3)
    """

    weight: np.ndarray
    bias: np.ndarray | None

    def __init__(
        self, inputs: int, outputs: int, bias: bool = True, init: Initialiser | None = None, dtype: Any = np.float64, seed: Any = None
    ) -> None:
        inputs, outputs, d = size(inputs, "Linear inputs"), size(outputs, "Linear outputs"), weight_dtype(dtype)
        one, two = keys(seed, 2)
        plain = uniform(1 / math.sqrt(inputs))
        self.weight = (init or plain)(one, (outputs, inputs), d)
        self.bias = (zeros if init else plain)(two, (outputs,), d) if bias else None

    def __call__(self, x: Any) -> Any:
        """y of shape (..., outputs) for x of shape (..., inputs)."""
        last_axis(x, np.shape(self.weight)[1], "Linear")
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


class Embedding(Module):
    """A vector for each of ``count`` symbols.

    Parameters
    ----------
    count, features : int
    init : initialiser, default normal
    dtype : default float64
    seed : int or key, default drawn

    Attributes
    ----------
    weight : (count, features)

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.nn.Embedding(5, 3, seed=0)(np.array([[0, 4]])).shape
    (1, 2, 3)
    """

    weight: np.ndarray

    def __init__(self, count: int, features: int, init: Initialiser | None = None, dtype: Any = np.float64, seed: Any = None) -> None:
        shape = size(count, "Embedding count"), size(features, "Embedding features")
        self.weight = (init or normal())(keys(seed, 1)[0], shape, weight_dtype(dtype))

    def __call__(self, index: Any) -> Any:
        """Vectors of shape index.shape + (features,) for integers in [0, count)."""
        if np.asarray(index).dtype.kind not in "iu" if not hasattr(index, "dtype") else index.dtype.kind not in "iu":
            raise SpecError("Embedding: expected integers", "Try index.astype(int).")
        return np.take(self.weight, index, axis=0)


class Sequential(Module):
    """Layers, or any functions, one after the other.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.Sequential(erg.nn.Linear(2, 8, seed=0), np.tanh, erg.nn.Linear(8, 1, seed=1))
    >>> model(np.zeros(2)).shape
    (1,)
    """

    layers: list[Any]

    def __init__(self, *layers: Any) -> None:
        for k, f in enumerate(layers):
            if not callable(f):
                raise SpecError(f"Sequential: layer {k} is no function, it is {f!r}")
        self.layers = list(layers)

    def __call__(self, x: Any) -> Any:
        """The last layer's result."""
        for f in self.layers:
            x = called(f, x)
        return x
