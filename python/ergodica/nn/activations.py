"""Element-wise functions between layers, and softmax."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special

from ergodica.expr.tracer import Tracer
from ergodica.expr.values import active, lift


def held(x: Any) -> Any:
    """The value as a constant to derivatives."""
    if not isinstance(x, Tracer):
        return x
    v = lift(x)
    return Tracer(active().emit("stop_gradient", (v,), None, v.dtype, v.shape))


def identity(x: Any) -> Any:
    """x."""
    return x


def relu(x: Any) -> Any:
    """max(x, 0); its slope at 0 is 1/2.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.nn.relu(np.array([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    return np.maximum(x, 0)


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x for x > 0, else slope x."""
    return np.where(x > 0, x, slope * x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x for x > 0, else alpha (exp(x) - 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return scipy.special.expit(x)


def silu(x: Any) -> Any:
    """x / (1 + exp(-x)), also called swish."""
    return x * scipy.special.expit(x)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(x, 0)


def gelu(x: Any, approximate: bool = False) -> Any:
    """x times the normal distribution function; approximate: by tanh, as in Hendrycks and Gimpel (2016)."""
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * scipy.special.ndtr(x)


def log_cosh(x: Any) -> Any:
    """log(cosh(x)), without overflow: the activation of restricted Boltzmann machines; of complex x too."""
    y = np.where(np.real(x) < 0, -x, x)
    return y + np.log1p(np.exp(-2 * y)) - math.log(2)


def softmax(x: Any, axis: int = -1, where: Any = None) -> Any:
    """exp(x) / sum exp(x) along an axis; 0 where ``where`` is False, and 0 everywhere on a line that is False throughout.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.nn.softmax(np.zeros(4), where=np.array([True, True, False, False])).tolist()
    [0.5, 0.5, 0.0, 0.0]
    """
    e, total = weights(x, axis, where)
    return e / total


def weights(x: Any, axis: int = -1, where: Any = None) -> tuple[Any, Any]:
    """Weights in the ratios of softmax, at most 1, and their sum along the axis; 1 instead of a sum of nothing."""
    if where is not None:
        x = np.where(where, x, -np.inf)
    top = np.max(x, axis=axis, keepdims=True)
    e = np.exp(x - held(np.where(np.isfinite(top), top, 0)))  # whatever is subtracted cancels, in derivatives too
    total = np.sum(e, axis=axis, keepdims=True)
    return e, np.where(total == 0, 1, total)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """x - log sum exp(x) along an axis."""
    return x - scipy.special.logsumexp(x, axis=axis, keepdims=True)


_OURS = (identity, relu, leaky_relu, elu, sigmoid, silu, softplus, gelu, log_cosh)
NAMED = {f.__name__: f for f in _OURS} | {"tanh": np.tanh, "sin": np.sin, "exp": np.exp}
