"""Attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.nn.activations import softmax
from ergodica.nn.dense import Linear, keys, last_axis, size, weight_dtype
from ergodica.nn.initialisers import Initialiser, glorot, zeros
from ergodica.nn.module import Module


def attention(q: Any, k: Any, v: Any, mask: Any = None, bias: Any = None, scale: float | None = None) -> Any:
    r"""Scaled dot-product attention (Vaswani et al. 2017).

    .. math:: y_i = \sum_j \mathrm{softmax}_j\left(\frac{q_i \cdot k_j}{\sqrt{d}} + b_{ij}\right) v_j

    Parameters
    ----------
    q : (..., n, d), k : (..., m, d), v : (..., m, e)
    mask : bool, broadcasts to (..., n, m), optional
        True where i may look at j; a row that may look nowhere gives 0.
    bias : broadcasts to (..., n, m), optional
    scale : float, default 1 / sqrt(d)

    Returns
    -------
    (..., n, e)

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.eye(3)
    >>> erg.nn.attention(x, x, x, mask=np.tri(3, dtype=bool))[0].tolist()  # the first looks at itself alone
    [1.0, 0.0, 0.0]
    """
    s = q @ np.swapaxes(k, -1, -2) * (1 / math.sqrt(np.shape(q)[-1]) if scale is None else scale)
    if bias is not None:
        s = s + bias
    return softmax(s, where=mask) @ v


class MultiHeadAttention(Module):
    r"""Attention in several heads: :math:`q, k, v` are linear maps of the features, heads share them out, and a linear map joins the results.

    Parameters
    ----------
    features : int
        Also the width of the result.
    heads : int, divides ``features``
    bias : bool, default True
    init : initialiser, default that of Glorot and Bengio, uniform
    dtype : default float64
    seed : int or key, default drawn

    Attributes
    ----------
    in_proj_weight : (3 features, features), rows of q, k, v in turn; in_proj_bias : (3 features,) or None; out_proj : Linear

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> layer = erg.nn.MultiHeadAttention(8, 2, seed=0)
    >>> layer(np.ones((5, 10, 8)), mask=np.tri(10, dtype=bool)).shape
    (5, 10, 8)
    """

    in_proj_weight: np.ndarray
    in_proj_bias: np.ndarray | None
    out_proj: Linear
    heads: int

    def __init__(self, features: int, heads: int, bias: bool = True, init: Initialiser = glorot, dtype: Any = np.float64, seed: Any = None) -> None:
        n, h, d = size(features, "MultiHeadAttention features"), size(heads, "MultiHeadAttention heads"), weight_dtype(dtype)
        if n % h:
            raise SpecError(f"MultiHeadAttention: {h} heads do not divide {n} features")
        one, two = keys(seed, 2)
        self.in_proj_weight = init(one, (3 * n, n), d)
        self.in_proj_bias = zeros(one, (3 * n,), d) if bias else None
        self.out_proj = Linear(n, n, bias, init, d, two)
        self.heads = h

    def __call__(self, x: Any, context: Any = None, mask: Any = None, bias: Any = None) -> Any:
        """Attention of x to itself or to ``context``.

        Parameters
        ----------
        x : (..., n, features)
        context : (..., m, features), default x
        mask : bool, broadcasts to (..., heads, n, m), optional
            True where position i may look at j.
        bias : broadcasts to (..., heads, n, m), optional
            Added to the scores.

        Returns
        -------
        (..., n, features)
        """
        n = np.shape(self.in_proj_weight)[1]
        last_axis(x, n, "MultiHeadAttention")
        y = x if context is None else context
        last_axis(y, n, "MultiHeadAttention context")
        w, b = self.in_proj_weight, self.in_proj_bias

        def part(z: Any, k: int) -> Any:
            p = z @ w[k * n : (k + 1) * n].T
            if b is not None:
                p = p + b[k * n : (k + 1) * n]
            return np.swapaxes(np.reshape(p, (*np.shape(p)[:-1], self.heads, n // self.heads)), -2, -3)

        z = np.swapaxes(attention(part(x, 0), part(y, 1), part(y, 2), mask, bias), -2, -3)
        return self.out_proj(np.reshape(z, (*np.shape(z)[:-2], n)))
