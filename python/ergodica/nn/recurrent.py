"""Recurrent layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special

from ergodica.errors import ShapeError
from ergodica.nn.dense import keys, last_axis, size, weight_dtype
from ergodica.nn.initialisers import Initialiser, uniform, zeros
from ergodica.nn.module import Module


class GRU(Module):
    r"""A gated recurrent unit (Cho et al. 2014), one layer, over the second axis from the end.

    .. math::
        r = \sigma(W_r x + b_r + U_r h + c_r), \quad z = \sigma(W_z x + b_z + U_z h + c_z), \\
        n = \tanh(W_n x + b_n + r \circ (U_n h + c_n)), \quad h' = (1 - z) \circ n + z \circ h

    Parameters
    ----------
    inputs, features : int
    init : initialiser, default uniform in :math:`\pm 1/\sqrt{features}`
    dtype : default float64
    seed : int or key, default drawn

    Attributes
    ----------
    weight_ih_l0 : (3 features, inputs), weight_hh_l0 : (3 features, features), bias_ih_l0, bias_hh_l0 : (3 features,); rows of r, z, n in turn

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> states, last = erg.nn.GRU(2, 8, seed=0)(np.ones((5, 10, 2)))
    >>> states.shape, last.shape
    ((5, 10, 8), (5, 8))
    """

    weight_ih_l0: np.ndarray
    weight_hh_l0: np.ndarray
    bias_ih_l0: np.ndarray
    bias_hh_l0: np.ndarray

    def __init__(self, inputs: int, features: int, init: Initialiser | None = None, dtype: Any = np.float64, seed: Any = None) -> None:
        n, m, d = size(inputs, "GRU inputs"), size(features, "GRU features"), weight_dtype(dtype)
        plain = uniform(1 / math.sqrt(m))
        a, b, c, e = keys(seed, 4)
        self.weight_ih_l0, self.weight_hh_l0 = (init or plain)(a, (3 * m, n), d), (init or plain)(b, (3 * m, m), d)
        self.bias_ih_l0, self.bias_hh_l0 = ((zeros if init else plain)(k, (3 * m,), d) for k in (c, e))

    def begin(self, lead: tuple[int, ...] = ()) -> Any:
        """The state 0 of shape (*lead, features)."""
        return np.zeros((*lead, np.shape(self.weight_hh_l0)[1]), self.weight_hh_l0.dtype)

    def _moved(self, h: Any, u: Any) -> Any:
        m = np.shape(self.weight_hh_l0)[1]
        v = h @ self.weight_hh_l0.T + self.bias_hh_l0
        gates = scipy.special.expit(u[..., : 2 * m] + v[..., : 2 * m])
        n = np.tanh(u[..., 2 * m :] + gates[..., :m] * v[..., 2 * m :])
        return n + gates[..., m:] * (h - n)

    def step(self, h: Any, x: Any) -> Any:
        """The state after x of shape (..., inputs)."""
        return self._moved(h, x @ self.weight_ih_l0.T + self.bias_ih_l0)

    def __call__(self, x: Any, start: Any = None) -> tuple[Any, Any]:
        """States (..., n, features) after each of n inputs (..., n, inputs), and the last; ``start`` (..., features) is 0 by default."""
        from ergodica.expr.control import scan

        last_axis(x, np.shape(self.weight_ih_l0)[1], "GRU")
        if np.ndim(x) < 2:
            raise ShapeError(f"GRU: expected inputs of shape (..., n, inputs), got {np.shape(x)}")
        u = np.moveaxis(x @ self.weight_ih_l0.T + self.bias_ih_l0, -2, 0)
        h = self.begin(np.shape(x)[:-2]).astype(u.dtype) if start is None else np.broadcast_to(start, (*np.shape(x)[:-2], np.shape(u)[-1] // 3))

        def one(h: Any, u: Any) -> Any:
            h = self._moved(h, u)
            return h, h

        h, states = scan(one, h, u)
        return np.moveaxis(states, 0, -2), h
