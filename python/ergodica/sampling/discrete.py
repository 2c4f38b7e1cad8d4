"""Spaces of integers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ergodica._base import integer, short
from ergodica.errors import SpecError
from ergodica.sampling.spaces import Space, _shape

__all__ = ["Binary", "Integers"]


class Integers(Space):
    """Whole numbers from ``low`` to ``high``, both included: ``Integers(0, 9)`` one, ``Integers(0, 9, 4, 3)`` a matrix.

    Probabilities are sums over them. The energy is called with float64 that hold whole numbers, so that it has gradients; draws are float64, too.
    Methods: ``erg.DiscreteGibbs`` (the default), ``erg.LocallyInformed``, ``erg.GibbsWithGradients``; beside real numbers in a dict
    ``erg.Gibbs`` with one of these for the integers.

    Parameters
    ----------
    low, high : int
        Of magnitude below 2^52, with at most 2^20 values.
    *shape : int

    Raises
    ------
    SpecError
        ``low`` is above ``high``, or there are too many values.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(lambda x: np.sum(x), space=erg.Integers(0, 3, 2), draws=1000, seed=1)
    >>> p = np.exp(-np.arange(4.0)) / np.exp(-np.arange(4.0)).sum()
    >>> print(abs(run["x"].mean() - p @ np.arange(4)) < 0.06)
    True
    """

    def __init__(self, low: int, high: int, *shape: Any) -> None:
        name = type(self).__name__
        self.low = integer(low, f"{name}: low", -(1 << 52), 1 << 52)
        self.high = integer(high, f"{name}: high", self.low, min(self.low + (1 << 20) - 1, 1 << 52))
        self.shape = _shape(shape, name)
        self.size = math.prod(self.shape)

    def _described(self) -> tuple[Any, ...]:
        return (self.low, self.high, *self.shape)

    def block(self) -> dict[str, Any]:
        return {"kind": "integers", "count": 1, "rows": self.size, "cols": self.high - self.low + 1}

    def to(self, z: Any) -> tuple[Any, Any]:
        """x = low + z."""
        return np.reshape(z if self.low == 0 else z + float(self.low), self.shape), 0.0

    def back(self, x: np.ndarray) -> np.ndarray:
        """z = x - low, refused where x is no value."""
        if not ((x >= self.low) & (x <= self.high) & (x == np.floor(x))).all():
            raise SpecError(f"{self!r}: expected whole numbers from {self.low} to {self.high}, got {short(x)}", fields={"argument": "start"})
        return (x - self.low).reshape(-1)


class Binary(Integers):
    """Zeros and ones: ``Binary(10)``, ``Binary(8, 8)``. It is ``Integers(0, 1, *shape)``: x is float64.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(lambda x: -2.0 * x[0] * x[1], erg.LocallyInformed(), space=erg.Binary(2), draws=1000, seed=1)
    >>> print(abs(run["x"].prod(-1).mean() - np.exp(2) / (np.exp(2) + 3)) < 0.05)
    True
    """

    def __init__(self, *shape: Any) -> None:
        super().__init__(0, 1, *shape)

    def _described(self) -> tuple[Any, ...]:
        return self.shape
