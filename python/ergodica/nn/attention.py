"""Attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr.tracer import Tracer
from ergodica.nn.activations import weights
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
    if mask is not None:
        mask = sees(mask, (*np.broadcast_shapes(np.shape(q)[:-2], np.shape(k)[:-2]), np.shape(q)[-2], np.shape(k)[-2]))
    s = (q * (1 / math.sqrt(np.shape(q)[-1]) if scale is None else scale)) @ np.swapaxes(k, -1, -2)
    if bias is not None:
        s = s + bias
    e, total = weights(s, where=mask)
    return (e @ v) * (1 / total)  # a factor for each element of the result, no quotient for each pair


def sees(mask: Any, scores: tuple[int, ...]) -> Any:
    """A mask, if it says who may look at whom for scores of this shape."""
    mask = mask if hasattr(mask, "dtype") else np.asarray(mask)
    if mask.dtype.kind not in "biu":
        raise SpecError(f"attention mask: expected True where one may look, got {mask.dtype}", "Try bias= for numbers that are added to the scores.",
                        {"argument": "mask"})  # fmt: skip
    shape = np.shape(mask)
    if len(shape) > len(scores) or any(a not in (1, b) for a, b in zip(shape[::-1], scores[::-1], strict=False)):
        raise ShapeError(f"attention mask: expected a shape that broadcasts to that of the scores {scores}, got {shape}",
                         "Of padding (batch, m), before heads, try mask[:, None, None, :].", {"argument": "mask"})  # fmt: skip
    return mask if mask.dtype.kind == "b" else mask != 0


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
            True where position i may look at j; of padding, (batch, 1, 1, m).
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
        q, k, v = (np.swapaxes(self._heads(z, part), -2, -3) for part, z in enumerate((x, y, y)))
        z = np.swapaxes(attention(q, k, v, mask, bias), -2, -3)
        return self.out_proj(np.reshape(z, (*np.shape(z)[:-2], n)))

    def _heads(self, x: Any, part: int) -> Any:
        """q, k or v, as (..., heads, features / heads)."""
        n = np.shape(self.in_proj_weight)[1]
        p = x @ self.in_proj_weight[part * n : (part + 1) * n].T
        if self.in_proj_bias is not None:
            p = p + self.in_proj_bias[part * n : (part + 1) * n]
        return np.reshape(p, (*np.shape(p)[:-1], self.heads, n // self.heads))

    def step(self, x: Any, cache: tuple[Any, Any], i: Any) -> tuple[Any, tuple[Any, Any]]:
        """Attention of place i to itself and the places before it, whose keys and values are known.

        Parameters
        ----------
        x : (..., features)
            What stands at place i.
        cache : pair of arrays (..., heads, length, features / heads)
            Keys and values of the places before i; begin with zeros.
        i : int, may be traced

        Returns
        -------
        y : (..., features)
        cache : pair of arrays
            With those of x at place i.

        Examples
        --------
        >>> import numpy as np
        >>> import ergodica as erg
        >>> layer = erg.nn.MultiHeadAttention(4, 2, seed=0)
        >>> x, cache = np.linspace(-1, 1, 12).reshape(3, 4), (np.zeros((2, 3, 2)), np.zeros((2, 3, 2)))
        >>> for i in range(3):
        ...     y, cache = layer.step(x[i], cache, i)
        >>> bool(np.allclose(y, layer(x)[2]))
        True
        """
        n = np.shape(self.in_proj_weight)[1]
        last_axis(x, n, "MultiHeadAttention")
        q, k, v = (self._heads(x, part) for part in range(3))
        keys_, values = (written(c, new, i) for c, new in zip(cache, (k, v), strict=True))
        seen = np.arange(np.shape(keys_)[-2]) <= i
        y = attention(np.expand_dims(q, -2), keys_, values, seen)
        return self.out_proj(np.reshape(y, (*np.shape(y)[:-3], n))), (keys_, values)


def written(x: Any, row: Any, i: Any) -> Any:
    """x with ``row`` at place i of the second axis from the end."""
    if isinstance(x, Tracer):
        return x.at[..., i, :].set(row)
    if isinstance(row, Tracer) or isinstance(i, Tracer):
        return np.where((np.arange(np.shape(x)[-2]) == i)[:, None], np.expand_dims(row, -2), x)
    x = x.copy()
    x[..., i, :] = row
    return x
