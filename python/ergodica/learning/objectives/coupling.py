"""Which noise goes to which datum: couplings within a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError
from ergodica.expr.compiled import Compiled
from ergodica.expr.shapes import convert
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import FLOAT64, INT64, active, current, lift
from ergodica.nn.flows.spline import held

COUPLINGS = ("independent", "sorted", "exact", "sinkhorn")


def coupled(how: str, x0: Any, x1: Any, key: Any, entropy: float, iterations: int, who: str) -> Any:
    """x0 in another order, or with repetitions, so that row k belongs to row k of x1."""
    if how == "independent":
        return x0
    n = np.shape(x1)[0]
    if how == "sorted":
        if np.size(x1) != n:
            raise ShapeError(f"{who}: coupling='sorted' is for one coordinate, got rows of shape {np.shape(x1)[1:]}", "Try coupling='exact'.")
        rank = np.argsort(np.argsort(np.reshape(x1, (n,))))
        return np.take(np.reshape(np.sort(np.reshape(x0, (n,))), np.shape(x0)), rank, axis=0)
    if how == "exact":  # |x0|^2 and |x1|^2 are in every sum
        return np.take(x0, assignment(-np.reshape(x1, (n, -1)) @ np.reshape(x0, (n, -1)).T), axis=0)
    log_plan = plan(np.reshape(x0, (n, -1)), np.reshape(x1, (n, -1)), entropy, iterations)
    return np.take(x0, random.categorical(key, log_plan, axis=0), axis=0)


def assignment(cost: Any) -> Any:
    r"""The optimal assignment of rows to columns of a matrix of costs, in traced functions and outside.

    .. math:: \min_\pi \sum_i C_{i \pi(i)}, \qquad \pi(i) \ne \pi(j) \text{ for } i \ne j

    by shortest augmenting paths, time n^2 m at most: for 512 and 512 points 0.02 s in general position, 0.07 s near a curve. It has no derivative.

    Parameters
    ----------
    cost : (..., n, m), m >= n, float64 or float32
        What is not finite is forbidden; where nothing finite is left, rows get any column that is free.

    Returns
    -------
    int64 (..., n)
        The column of each row. Of equally good assignments it is one that the costs determine.

    References
    ----------
    R. Jonker and A. Volgenant, Computing 38, 325 (1987).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.learning.assignment(np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]])).tolist()
    [1, 0, 2]
    """
    if current() is None:
        return _compiled(cost)
    x = lift(cost)
    if x.ndim < 2 or x.shape[-2] > x.shape[-1] or x.dtype.kind == "c":
        raise ShapeError(f"assignment: expected real costs (..., n, m) with m >= n, got {x.dtype} of shape {x.shape}", fields={"argument": "cost"})
    x = x if x.dtype.kind == "f" else convert(x, FLOAT64)
    return Tracer(active().emit("assignment", (x,), None, INT64, x.shape[:-1]))


_compiled = Compiled(assignment)


def plan(x0: Any, x1: Any, entropy: float, iterations: int) -> Any:
    """log of the entropic plan (rows of x0, rows of x1) for the cost |x0 - x1|^2 / 2 and uniform weights, columns exact: Sinkhorn's iteration on
    potentials, with an entropy that is a share of the mean cost."""
    from ergodica.expr.control import fori_loop

    x0, x1 = held(x0), held(x1)
    n = np.shape(x0)[0]
    cost = 0.5 * (np.sum(x0 * x0, axis=1)[:, None] + np.sum(x1 * x1, axis=1)[None, :]) - x0 @ x1.T
    scaled = -cost / (entropy * np.mean(cost))
    zero = np.zeros(n, x0.dtype)

    def sweep(_: Any, potentials: Any) -> Any:
        f = -log_sum_exp(scaled + potentials[1][None, :], 1)
        return f, -log_sum_exp(scaled + f[:, None], 0)

    f, g = fori_loop(0, iterations, sweep, (zero, zero))
    return scaled + f[:, None] + g[None, :]


def log_sum_exp(x: Any, axis: int) -> Any:
    """log of the sum of exponentials over an axis."""
    top = held(np.max(x, axis=axis, keepdims=True))
    return np.log(np.sum(np.exp(x - top), axis=axis)) + np.squeeze(top, axis=axis)


def check(how: Any, who: str) -> None:
    """Refuse what is none."""
    if how not in COUPLINGS:
        raise SpecError(f"{who}.coupling: expected one of {', '.join(map(repr, COUPLINGS))}; got {how!r}",
                        fields={"argument": "coupling"})  # fmt: skip
