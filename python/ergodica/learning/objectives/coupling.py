"""Which noise goes to which datum: couplings within a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError
from ergodica.nn.flows.spline import held

COUPLINGS = ("independent", "sorted", "sinkhorn")


def coupled(how: str, x0: Any, x1: Any, key: Any, entropy: float, iterations: int, who: str) -> Any:
    """x0 in another order, or with repetitions, so that row k belongs to row k of x1."""
    if how == "independent":
        return x0
    n = np.shape(x1)[0]
    if how == "sorted":
        if np.size(x1) != n:
            raise ShapeError(f"{who}: coupling='sorted' is for one coordinate, got rows of shape {np.shape(x1)[1:]}", "Try coupling='sinkhorn'.")
        rank = np.argsort(np.argsort(np.reshape(x1, (n,))))
        return np.take(np.reshape(np.sort(np.reshape(x0, (n,))), np.shape(x0)), rank, axis=0)
    log_plan = plan(np.reshape(x0, (n, -1)), np.reshape(x1, (n, -1)), entropy, iterations)
    return np.take(x0, random.categorical(key, log_plan, axis=0), axis=0)


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
                        "Exact assignments come as data: an iterable of pairs (x0, x1).", {"argument": "coupling"})  # fmt: skip
