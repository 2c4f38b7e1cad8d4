"""Layers that fix the scale of features."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.nn.dense import last_axis, size, weight_dtype
from ergodica.nn.module import Module


class LayerNorm(Module):
    r"""Features of mean 0 and variance 1 along the last axis, then scaled and shifted (Ba, Kiros, Hinton 2016).

    .. math:: y = \frac{x - \langle x \rangle}{\sqrt{\mathrm{Var}\, x + \epsilon}}\, w + b

    with the biased variance.

    Parameters
    ----------
    features : int
    epsilon : float, default 1e-5
    bias : bool, default True
    dtype : default float64

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> y = erg.nn.LayerNorm(4)(np.array([1.0, 2.0, 3.0, 6.0]))
    >>> bool(abs(y.mean()) < 1e-12 and abs(y.var() - 1) < 1e-4)
    True
    """

    weight: np.ndarray
    bias: np.ndarray | None
    epsilon: float

    def __init__(self, features: int, epsilon: float = 1e-5, bias: bool = True, dtype: Any = np.float64) -> None:
        n, d = size(features, "LayerNorm features"), weight_dtype(dtype)
        self.weight, self.bias, self.epsilon = np.ones(n, d), np.zeros(n, d) if bias else None, float(epsilon)

    def __call__(self, x: Any) -> Any:
        """y of the shape of x, (..., features)."""
        last_axis(x, np.shape(self.weight)[0], "LayerNorm")
        d = x - np.mean(x, axis=-1, keepdims=True)
        y = d / np.sqrt(np.mean(d * d, axis=-1, keepdims=True) + self.epsilon) * self.weight
        return y if self.bias is None else y + self.bias


class RMSNorm(Module):
    r"""Features of mean square 1 along the last axis, then scaled (Zhang, Sennrich 2019).

    .. math:: y = \frac{x}{\sqrt{\langle x^2 \rangle + \epsilon}}\, w

    Parameters
    ----------
    features : int
    epsilon : float, default 1e-6
    dtype : default float64

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.nn.RMSNorm(2)(np.array([3.0, 3.0])).round(4).tolist()
    [1.0, 1.0]
    """

    weight: np.ndarray
    epsilon: float

    def __init__(self, features: int, epsilon: float = 1e-6, dtype: Any = np.float64) -> None:
        self.weight, self.epsilon = np.ones(size(features, "RMSNorm features"), weight_dtype(dtype)), float(epsilon)

    def __call__(self, x: Any) -> Any:
        """y of the shape of x, (..., features)."""
        last_axis(x, np.shape(self.weight)[0], "RMSNorm")
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.epsilon) * self.weight
